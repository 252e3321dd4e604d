"""Saddles: between minima of a glass that are all known, and between a small network and its copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from .. import checks, rng
from ..formatting import number
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, picture, sentence
from .settings import Settings, setting, whole
from .subjects import Subject

_HEADING = "Saddles"
_SEED = 32  # of the instances, among those derived from the seed of the settings
_SAMPLES, _INPUTS, _UNITS, _STARTS = 300, 4, 4, 12  # of the small network whose units are merged
_TEACHER = 12  # hidden units of the network that it learns from


def _few_spins(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=4, maximum=10)  # 1023 complex critical points up to scale, in seconds


@dataclass(frozen=True)
class SaddleSettings(Settings):
    """Settings of saddles."""

    saddle_spins: int = setting(
        8, "spins of the glass of order 3 whose critical points are all looked for", _few_spins, _HEADING
    )
    band_images: int = setting(15, "images of an elastic band between two minima", whole(1), _HEADING)
    saddle_outputs: int = setting(3, "outputs of the small network whose units are merged", whole(1), _HEADING)


def _critical(*, n_spins: int, instance: int) -> sl.CriticalPoints:
    return sl.critical_points(sl.SphericalSpinGlass(n_spins, 3, instance), method="algebra")


def _transitions(critical: sl.CriticalPoints, *, n_spins: int, instance: int) -> sl.TransitionStates:
    """What the saddles of index 1 join."""
    glass = sl.SphericalSpinGlass(n_spins, 3, instance)
    points, index = np.asarray(critical.points), np.asarray(critical.index)
    return sl.transition_states(glass, points[index == 1], points[index == 0])


def _tree(critical: sl.CriticalPoints, states: sl.TransitionStates) -> sl.Tree:
    return sl.disconnectivity(np.asarray(critical.energy)[np.asarray(critical.index) == 0], states)


def _hierarchy(critical: sl.CriticalPoints) -> sl.Hierarchy:
    return sl.hierarchy(np.asarray(critical.points)[np.asarray(critical.index) == 0])


def _merged(*, outputs: int, seed: int) -> sl.PermutationSaddle:
    """Two units of a small network that has learnt from a larger one, in float64; of several starts the best."""
    x = rng.normals(seed, rng.Purpose.DATA, 0, 0, _SAMPLES * _INPUTS).reshape(_SAMPLES, _INPUTS)
    teacher = sl.ReLUNetwork((_INPUTS, _TEACHER, outputs))
    (hidden, hidden_bias), (out, out_bias) = teacher.layers(3 * teacher.initialize(1, seed, dtype="float64")[0])
    y = np.maximum(x @ hidden.T + hidden_bias, 0) @ out.T + out_bias
    network = sl.ReLUNetwork((_INPUTS, _UNITS, outputs))
    landscape = sl.NetworkLandscape(network, x, y, "mse", "float64")
    found = sl.minimize(landscape, 2 * network.initialize(_STARTS, seed, dtype="float64"), 1e-9)
    smooth = np.where(found.converged, found.values, np.inf)
    best = int(np.argmin(smooth if found.converged.any() else found.values))
    return sl.permutation_saddle(landscape, found.points[best], 0, (0, 1), n=21)


def _band(subject: Subject, found: Any, *, n_images: int) -> sl.Band:
    """Between the first two minima."""
    first, second = np.asarray(subject.points(found, 2, 2))
    return sl.elastic_band(subject.landscape, first, second, n_images)


def _saddle(subject: Subject, band: sl.Band) -> sl.Saddle:
    return sl.saddle(subject.landscape, np.asarray(band.images)[band.highest])


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    for subject in book.with_many:
        if subject.kind == "glass":
            band, key, images = subject.name("band"), subject.key, {"n_images": c.band_images}
            yield Stage(band, f"elastic band between two {subject.many}", _band, (subject.solutions,), images, key)
            yield Stage(subject.name("saddle"), "saddle at its highest image", _saddle, (band,), subject=key)
    one = {"n_spins": c.saddle_spins, "instance": book.seed(_SEED)}
    critical, states = "saddles/critical", "saddles/transitions"
    yield Stage(critical, f"all critical points of a glass of {c.saddle_spins} spins", _critical, arguments=one)
    yield Stage(states, "what its saddles join", _transitions, (critical,), one)
    yield Stage("saddles/tree", "tree of its barriers", _tree, (critical, states))
    yield Stage("saddles/hierarchy", "tree of the distances of its minima", _hierarchy, (critical,))
    merged = {"outputs": c.saddle_outputs, "seed": book.seed(_SEED, 1) % 2**32}
    yield Stage("saddles/merged", "two units of a small network merged", _merged, arguments=merged)


def _find(book: Any) -> Finding | None:
    numbers = Numbers()
    clauses = [*_bands(book, numbers), *_trees(book, numbers), *_merging(book, numbers)]
    return numbers.finding("saddles", sentence(*clauses)) if clauses else None


def _bands(book: Any, numbers: Numbers) -> Iterator[str]:
    for subject, found in book.about(book.with_many, "saddle"):
        height = numbers.stated(f"{subject.label}, saddle between two minima, {subject.unit}", found.value)
        numbers.keep(f"{subject.label}, index of that saddle", found.index)
        numbers.keep(f"{subject.label}, gradient norm there", found.residual)
        yield f"an elastic band between two {subject.many} leads to a saddle of index {found.index} at {height}"


def _trees(book: Any, numbers: Numbers) -> Iterator[str]:
    critical, tree, distances = (book.get(f"saddles/{part}") for part in ("critical", "tree", "hierarchy"))
    if tree is None or critical is None:
        return
    numbers.keep("merges over saddles of index 1", tree.n_joined, against="out of", exact=len(tree.minima) - 1)
    known = "all critical points are known" if critical.complete else "not all critical points are known"
    yield f"of a glass of {critical.n_spins} spins, where {known}, saddles join {len(tree.minima)} minima"
    if same := trees_compared(numbers, tree, distances):
        yield f"the energies of the merges {same}"


def trees_compared(numbers: Numbers, tree: Any, distances: Any) -> str:
    """How energies of merges go with heights in the tree of distances, and by chance; empty where nothing is known."""
    same = np.nan if distances is None else tree.faithfulness(distances.cophenetic)
    if not np.isfinite(same):
        return ""
    p, spread = tree.chance(distances.cophenetic)
    name = "correlation of merges over saddles and by distance"
    told = numbers.stated(name, same, 2, p=p, against="minima in random order", exact=0.0)
    by_chance = numbers.stated("spread of that correlation in random order", spread, 2)
    return (
        f"and the heights in the tree of distances have a correlation of {told}, where minima in random order spread "
        f"by {by_chance} (p = {p:.2g})"
    )


def _merging(book: Any, numbers: Numbers) -> Iterator[str]:
    merged = book.get("saddles/merged")
    if merged is None:
        return
    cost = numbers.stated("loss of the merged network less that of the solution", merged.barrier)
    rise = float(np.max(merged.values) - merged.values[0])
    top = numbers.stated("highest loss on the way less that of the solution", rise)
    numbers.keep("gradient norm at the permutation point", merged.residual)
    numbers.keep("index of the permutation point", int(merged.index[-1]))
    numbers.keep("spread of the loss on the plateau", float(np.ptp(merged.plateau)))
    if merged.breaks is not None:
        numbers.keep("breaks of the way there", len(merged.breaks))
        numbers.keep("fall of the loss at all of them", float(merged.breaks[:, 2].sum()))
        numbers.keep("kinks at the permutation point", merged.n_kinks)
    flat, all_of_them = merged.n_flat, len(merged.antisymmetric)
    name = f"flat directions at the permutation point, of {all_of_them}"
    numbers.keep(name, flat, against="units of the next layer", exact=merged.n_next)
    yield (
        f"merging two units of a small network leads to a critical point of index {merged.index[-1]}, {cost} above the "
        f"solution, by a way that rises to {top} above it; they change places there, and {flat} of the {all_of_them} "
        f"directions that move them apart are flat (units of the next layer: {merged.n_next})"
    )


_TEXT = (
    "A saddle of index 1 is where the lowest way from one minimum to another passes. For a glass of a few spins all "
    "critical points are known, so the tree of barriers is complete. For a network, symmetry alone makes saddles: "
    "between a solution and its copy with two hidden units exchanged."
)


def _write(book: Any) -> Section | None:
    figures = [*_pictures_of_bands(book), *_pictures(book)]
    return Section("Saddles", "Saddles between solutions", _TEXT, figures) if figures else None


def _pictures_of_bands(book: Any) -> Iterator[Picture]:
    for subject, band in book.about(book.with_many, "band"):
        saddle = book.get(subject.name("saddle"))
        yield picture(
            sl.figures.band_profile(band, saddle=saddle, value_label=subject.value_label),
            f"Elastic band between two {subject.many}: values of its images by length. The highest has climbed to the "
            "saddle, which eigenvector following then finds to the last digits.",
        )


def _pictures(book: Any) -> Iterator[Picture]:
    critical, tree, merged = (book.get(f"saddles/{part}") for part in ("critical", "tree", "merged"))
    if tree is not None and critical is not None:
        yield picture(
            sl.figures.disconnectivity_graph(tree, hierarchy=book.get("saddles/hierarchy")),
            f"Minima of one spherical 3-spin glass of {critical.n_spins} spins: joined at the energies of the saddles "
            "between them, and by their Euclidean distances. The set of critical points is "
            + " ".join(critical.evidence[:1])
            + ".",
        )
    if merged is not None:
        yield picture(
            sl.figures.permutation_path(merged),
            "Two hidden units of a small network are brought together, all else at its lowest, by small steps; "
            f"the height does not depend on how many places are drawn. The way {_breaks(merged)}. Merged, the loss "
            "depends on the sum of their outgoing weights alone, a plateau; and they part with their places exchanged "
            f"(Brea et al. 2019). Gradient norm at the permutation point: {number(merged.residual, 2)}.",
        )


def _breaks(merged: Any) -> str:
    """What the way over the permutation point does between its places."""
    if merged.breaks is None:
        return "was not followed step by step"
    if not len(merged.breaks):
        return "has no break"
    most = number(float(merged.breaks[:, 2].max()), 2)
    return f"breaks {len(merged.breaks)} times (dotted), where a minimum ends: the loss falls by {most} at most"


SADDLES = Chapter(
    "saddles",
    "saddles between solutions",
    _steps,
    _find,
    _write,
    kernels={"network": ("saddles",), "glass": ("saddles",)},
)
