"""Disconnectivity: minima and the saddles between them, of a glass and of a small network modulo its symmetries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from .. import checks, rng
from ..critical.completeness import Saturation, saturation
from ..dynamics.distinct import distinct
from ..errors import ArgumentError
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .saddles import trees_compared
from .sections import Picture, Section, picture, sentence
from .settings import Settings, setting, whole

_HEADING = "Disconnectivity"
_SEED = 34  # of the instance, among those derived from the seed of the settings
_MOST = 40  # minima between which saddles are looked for
_WIDTHS, _TEACHER, _SAMPLES, _STARTS, _MOST_NETWORKS = (2, 2, 3), 10, 400, 30, 6  # of the small network


def _spins(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=4, maximum=60)


@dataclass(frozen=True)
class DisconnectivitySettings(Settings):
    """Settings of disconnectivity."""

    tree_spins: int = setting(24, "spins of the glass of order 3 whose minima are sampled and joined", _spins, _HEADING)
    tree_starts: int = setting(600, "descents to its minima", whole(10), _HEADING)
    tree_neighbours: int = setting(3, "nearest others that a minimum is tried with", whole(1), _HEADING)


def _minima(*, n_spins: int, instance: int, n_starts: int, seed: int) -> sl.MinimaEnsemble:
    return sl.glass_minima(sl.SphericalSpinGlass(n_spins, 3, instance), n_starts, seed)


def _lowest(minima: sl.MinimaEnsemble) -> np.ndarray[Any, Any]:
    """Numbers of the lowest different minima."""
    first = np.asarray(minima.distinct)
    return np.asarray(first[np.argsort(np.asarray(minima.values)[first], kind="stable")][:_MOST])


def _saddles(minima: sl.MinimaEnsemble, *, n_spins: int, instance: int, n_neighbours: int) -> sl.TransitionStates:
    glass = sl.SphericalSpinGlass(n_spins, 3, instance)
    return sl.neighbour_saddles(glass, np.asarray(minima.params)[_lowest(minima)], n_neighbours)


def _tree(minima: sl.MinimaEnsemble, states: sl.TransitionStates) -> sl.Tree:
    return sl.disconnectivity(np.asarray(minima.values)[_lowest(minima)], states)


def _hierarchy(minima: sl.MinimaEnsemble) -> sl.Hierarchy:
    return sl.hierarchy(np.asarray(minima.params)[_lowest(minima)])


def _network(*, seed: int) -> sl.TransitionStates:
    """Saddles between minima, modulo symmetry, of a small network that learns from one with more units.

    Squared error of a teacher, as cross-entropy has no minimum. Minima are those off the kinks, at which the rescalings
    of the hidden units are the only flat directions.
    """
    inputs, units, outputs = _WIDTHS
    x = rng.normals(seed, rng.Purpose.DATA, 0, 0, _SAMPLES * inputs).reshape(_SAMPLES, inputs)
    teacher = sl.ReLUNetwork((inputs, _TEACHER, outputs))
    (hidden, hidden_bias), (out, out_bias) = teacher.layers(3 * teacher.initialize(1, seed, dtype="float64")[0])
    y = np.maximum(x @ hidden.T + hidden_bias, 0) @ out.T + out_bias
    network = sl.ReLUNetwork(_WIDTHS)
    landscape = sl.NetworkLandscape(network, x, y, "mse", "float64")
    ends = sl.minimize(landscape, network.initialize(_STARTS, seed, dtype="float64"), 1e-9)
    different: list[np.ndarray[Any, Any]] = []
    for k in np.argsort(ends.values, kind="stable"):
        here = sl.saddle(landscape, ends.points[k], index=0, max_iterations=5)
        if not ends.converged[k] or not here.converged or here.index or here.n_zero != units:
            continue
        size = float(np.linalg.norm(here.point))
        if all(float(sl.align(network, other, here.point).distance) > 1e-4 * size for other in different):
            different.append(here.point)
    if len(different) < 2:
        raise ArgumentError("seed", "one that gives a small network two minima off the kinks", seed)
    return sl.neighbour_saddles(landscape, np.array(different[:_MOST_NETWORKS]), 2, max_iterations=100)


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    one = {"n_spins": c.tree_spins, "instance": book.seed(_SEED)}
    minima, states = "disconnectivity/minima", "disconnectivity/saddles"
    drawn = {**one, "n_starts": c.tree_starts, "seed": book.seed(_SEED, 1)}
    yield Stage(minima, f"minima of a glass of {c.tree_spins} spins", _minima, arguments=drawn)
    near = {**one, "n_neighbours": c.tree_neighbours}
    yield Stage(states, "saddles between neighbouring minima", _saddles, (minima,), near)
    yield Stage("disconnectivity/tree", "tree of their barriers", _tree, (minima, states))
    yield Stage("disconnectivity/hierarchy", "tree of their distances", _hierarchy, (minima,))
    yield Stage(
        "disconnectivity/network",
        "saddles between minima of a small network",
        _network,
        arguments={"seed": book.seed(_SEED, 2) % 2**32},
    )


def _seen(minima: Any) -> Saturation:
    return saturation(distinct(np.asarray(minima.params), bool(minima.symmetric))[1])


def _find(book: Any) -> Finding | None:
    minima, states, tree = (book.get(f"disconnectivity/{part}") for part in ("minima", "saddles", "tree"))
    if minima is None:
        return None
    numbers, n_spins = Numbers(), minima.params.shape[1]
    clauses = [_sampled(numbers, minima, n_spins)]
    if states is not None and tree is not None:
        clauses += _joined(numbers, states, tree, book.get("disconnectivity/hierarchy"))
    small = book.get("disconnectivity/network")
    if small is not None:
        clauses.append(_of_a_network(numbers, small))
    return numbers.finding("disconnectivity", sentence(*clauses))


def _of_a_network(numbers: Numbers, states: Any) -> str:
    """What became of the candidates for saddles between minima of a network."""
    found = len(states.values)
    numbers.keep("saddles between minima of a small network", found, against="out of bands", exact=states.n_tried)
    refused = _refused(numbers, states, "network")
    return (
        f"between minima of a small ReLU network modulo permutation and rescaling, {found} of {states.n_tried} bands "
        f"lead to a smooth saddle of index 1{refused}"
    )


def _refused(numbers: Numbers, states: Any, of: str) -> str:
    """How many bands led to no saddle for each reason, kept and told; empty where all did."""
    told = []
    for why in states.refused:
        count, reason = why.split(": ", 1)
        numbers.keep(f"bands of the {of} refused: {reason}", int(count))
        told.append(f"{count} as {reason}")
    return f" (refused: {'; '.join(told)})" if told else ""


def _sampled(numbers: Numbers, minima: Any, n_spins: int) -> str:
    """How many minima were met, and the estimate of what is missing."""
    seen, n = _seen(minima), len(minima.params)
    numbers.keep(f"different minima of {n_spins} spins", len(minima.distinct), against="out of descents", exact=n)
    error = np.sqrt(seen.singletons * (1 - seen.singletons / n) + 2 * seen.doubletons) / n
    told = numbers.tell("chance that a descent ends in a known minimum", seen.coverage, float(max(error, 1 / n)))
    numbers.keep("minima not met, estimated at least", seen.unseen)
    return (
        f"{n} descents of a glass of {n_spins} spins end in {len(minima.distinct)} minima, which is a sample and no "
        f"proof: a further one ends in one of them with chance {told}"
    )


def _joined(numbers: Numbers, states: Any, tree: Any, distances: Any) -> Iterator[str]:
    """What saddles join, and whether the two trees agree by more than chance."""
    merges = len(tree.minima) - 1
    numbers.keep("merges over saddles of index 1", tree.n_joined, against="out of", exact=merges)
    numbers.keep("bands that led to a saddle", len(states.values), against="out of", exact=states.n_tried)
    refused = _refused(numbers, states, "glass")
    yield (
        f"{len(states.values)} of {states.n_tried} bands between neighbours lead to a saddle of index 1{refused}, and "
        f"these saddles make {tree.n_joined} of {merges} merges, at energies that are upper bounds"
    )
    if same := trees_compared(numbers, tree, distances):
        yield f"their energies {same}"


_TEXT = (
    "Minima below many random starts, and saddles between nearest ones: an elastic band whose highest image climbs, "
    "eigenvector following to a gradient below 1e-8, index 1, and the ways down from it. Nothing here is known to be "
    "complete; the chapter on saddles has a glass of few spins where it is. The estimate of what is missing is Good's "
    "coverage, from minima met once and twice, with an error that is one descent at least: a minimum of a tiny basin "
    "escapes it. Barriers are those of known saddles: others may be lower. The correlation of the two trees is "
    "compared with that of minima in random order (Mantel 1967), as pairs are no independent sample. Of a network only "
    "smooth saddles are taken: where a unit's input is 0 at a sample there is no Hessian, and what is found there is "
    "refused and counted."
)


def _write(book: Any) -> Section | None:
    figures = list(_pictures(book))
    return Section("Disconnectivity", "Minima and the saddles between them", _TEXT, figures) if figures else None


def _pictures(book: Any) -> Iterator[Picture]:
    minima, tree = book.get("disconnectivity/minima"), book.get("disconnectivity/tree")
    if minima is not None and tree is not None:
        yield picture(
            sl.figures.disconnectivity_graph(tree, hierarchy=book.get("disconnectivity/hierarchy")),
            f"The {len(tree.minima)} lowest minima that were met of one spherical 3-spin glass of "
            f"{minima.params.shape[1]} spins: joined at the energies of the saddles found between them, and by their "
            "Euclidean distances.",
        )


DISCONNECTIVITY = Chapter(
    "disconnectivity",
    "minima and the saddles between neighbours",
    _steps,
    _find,
    _write,
    kernels={"network": ("saddles",), "glass": ("saddles",)},
)
