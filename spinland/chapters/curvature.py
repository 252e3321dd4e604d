"""Curvature: spectra of the Hessian at solutions, what symmetry says of them, and the edge of stability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import number
from ..statistics.judging import mean_of
from .chapter import Chapter, DataStage, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture, sentence
from .settings import Settings, setting, whole
from .settings import number as real
from .subjects import of_kind

SEED_CURVATURE = 29
_HEADING = "Curvature"
_DENSE = 3000  # parameters of a network whose whole Hessian is formed, in seconds
_PLACES = 16  # along the descent
_NETWORK, _GLASS = "curvature/network", "curvature/glass"
_DESCENT, _HISTORY, _ZEROS = "curvature/descent", "curvature/history", "curvature/zeros"


@dataclass(frozen=True)
class CurvatureSettings(Settings):
    """Settings of curvature."""

    curvature_solutions: int = setting(
        3, "solutions whose Hessians are looked at, at most all there are", whole(2), _HEADING
    )
    curvature_extremes: int = setting(20, "eigenvalues computed one by one, outliers among them", whole(1), _HEADING)
    curvature_probes: int = setting(10, "random vectors for a spectral density", whole(2), _HEADING)
    curvature_steps: int = setting(60, "steps of Lanczos for each of them", whole(4), _HEADING)
    curvature_descent: int = setting(
        1000, "steps of full-batch gradient descent on whose way the curvature is followed", whole(2), _HEADING
    )
    curvature_rate: float = setting(
        0.25,
        "learning rate of that descent in units of 2/λ_max at its start: at 1 it begins at the edge of stability",
        real(above=0),
        _HEADING,
    )


def _exact(subject: Any, dataset: Any) -> sl.NetworkLandscape:
    """Training loss in float64, in which small eigenvalues can be told from zero."""
    return sl.NetworkLandscape(
        subject.network,
        dataset.x_train,
        dataset.y_train,
        loss=subject.landscape.loss,
        dtype="float64",
        device=subject.device,
        quantity="training loss",
    )


def _of_network(subject: Any, found: Any, *, dataset: Any, row: int, **arguments: Any) -> sl.SpectralDensity:
    solutions = subject.points(found, row + 1)
    if len(solutions) <= row:
        raise ArgumentError("curvature_solutions", f"at most the {len(solutions)} that did not diverge", row + 1)
    return _density(_exact(subject, dataset), solutions[row], **arguments)


def _of_glass(subject: Any, found: Any, *, row: int, **arguments: Any) -> sl.SpectralDensity:
    return _density(subject.landscape, subject.points(found, row + 1)[row], **arguments)


def _density(landscape: Any, point: Any, *, extremes: int, **arguments: Any) -> sl.SpectralDensity:
    return sl.spectral_density(landscape, point, n_extremes=min(extremes, landscape.dim - 2), **arguments)


def _zeros(subject: Any, found: Any, *, dataset: Any) -> sl.NearZeroModes:
    return sl.near_zero_modes(_exact(subject, dataset), subject.points(found, 1)[0])


def _places(steps: int) -> list[int]:
    """Steps, about evenly in their logarithms, the first and the last among them."""
    return sorted({0, *np.geomspace(1, steps, _PLACES).round().astype(int).tolist()})


def _descent(subject: Any, *, dataset: Any, rate: float, steps: int, seed: int) -> sl.Ensemble:
    start = subject.network.initialize(1, seed, dtype="float64")
    bent = sl.curvature_history(_exact(subject, dataset), start, seed=seed).largest[0, 0]
    return sl.train(
        subject.network,
        dataset,
        1,
        sl.SGD(2 * rate / float(bent)),
        len(dataset.x_train),
        steps,
        seed,
        loss=subject.landscape.loss,
        dtype=subject.dtype,
        snapshots=_places(steps),
        evaluate="none",
        device=subject.device,
        precision=subject.precision,
    )


def _history(subject: Any, found: Any, *, dataset: Any, seed: int) -> sl.CurvatureHistory:
    snapshots = np.asarray(found.snapshots[0])
    alive = np.isfinite(snapshots).all(axis=1)
    times = np.asarray(found.snapshot_epochs, np.float64)[alive]
    return sl.curvature_history(_exact(subject, dataset), snapshots[alive], times, split=True, seed=seed)


def _names(book: Any, subject: Any, of: str) -> list[str]:
    """Where densities are kept: of so many solutions of a network, of one minimum of a glass."""
    count = min(book.config.curvature_solutions, book.source.config.replicas) if subject.kind == "network" else 1
    return [f"{of}/{row}" for row in range(count)]


def _steps(book: Any) -> Iterator[Stage]:
    c, seed = book.config, book.seed(SEED_CURVATURE)
    network, glass = of_kind(book, "network"), of_kind(book, "glass")
    same = {"extremes": c.curvature_extremes, "n_probes": c.curvature_probes, "n_steps": c.curvature_steps}
    if network is not None:
        for row, name in enumerate(_names(book, network, _NETWORK)):
            arguments = {"row": row, "seed": seed, **same}
            title = f"spectrum of the Hessian at solution {row + 1}"
            yield DataStage(name, title, _of_network, (network.solutions,), arguments, network.key)
        if network.network.n_params <= _DENSE:
            title = "near-zero eigenvalues at a solution, and symmetries"
            yield DataStage(_ZEROS, title, _zeros, (network.solutions,), {}, network.key)
        arguments = {"rate": c.curvature_rate, "steps": c.curvature_descent, "seed": seed}
        yield DataStage(_DESCENT, "full-batch gradient descent", _descent, (), arguments, network.key)
        yield DataStage(_HISTORY, "curvature along it", _history, (_DESCENT,), {"seed": seed}, network.key)
    if glass is not None:
        for row, name in enumerate(_names(book, glass, _GLASS)):
            arguments = {"row": row, "seed": seed, **same}
            yield Stage(name, "spectrum at a minimum of the glass", _of_glass, (glass.solutions,), arguments, glass.key)


def _densities(book: Any, kind: str, of: str) -> tuple[Any, list[Any]]:
    """The subject of a kind, and its densities that are there."""
    subject = of_kind(book, kind)
    found = [] if subject is None else [book.get(name) for name in _names(book, subject, of)]
    return subject, [density for density in found if density is not None]


def _find(book: Any) -> Finding | None:
    numbers = Numbers()
    clauses = [*_outliers(book, numbers), *_symmetric(book, numbers), *_along(book, numbers), *_shifted(book, numbers)]
    return numbers.finding("curvature", " ".join(sentence(clause) for clause in clauses)) if clauses else None


def _outliers(book: Any, numbers: Numbers) -> Iterator[str]:
    subject, densities = _densities(book, "network", _NETWORK)
    if not densities:
        return
    largest = numbers.tell("largest eigenvalue at solutions", mean_of([float(d.extremes.max()) for d in densities]))
    outputs = subject.network.widths[-1]
    beside = {"against": "classes, less one", "exact": outputs - 1} if subject.classifies else {}
    name, found = "outliers of the Hessian at solutions", [len(d.outliers) for d in densities]
    if len({*found}) == 1:
        numbers.keep(name, found[0], **beside)
        count = str(found[0])
    else:
        count = numbers.tell(name, mean_of(found), **beside)
    gap = numbers.tell("widest gap beyond the rest, as a ratio", mean_of([float(d.gaps[0]) for d in densities]))
    yield (
        f"at {len(densities)} solutions the largest eigenvalue of the Hessian is {largest} on average, and {count} lie "
        f"beyond the widest gap, a ratio of {gap} (outputs: {outputs})"
    )


def _symmetric(book: Any, numbers: Numbers) -> Iterator[str]:
    zeros = book.get(_ZEROS)
    if zeros is None:
        return
    numbers.keep("eigenvalues below 1e-6 of the largest", zeros.n_zero, against="out of", exact=zeros.n_all)
    numbers.keep("dimensions of these that are symmetries", zeros.n_symmetric)
    numbers.keep("symmetry modes along which the Hessian is not near zero", zeros.n_bent)
    yield (
        f"at the first of them {zeros.n_zero} of {zeros.n_all} eigenvalues are below 1e-6 of the largest; "
        f"{zeros.n_symmetric} dimensions of these are symmetries and {zeros.n_other} are not, while along "
        f"{zeros.n_bent} symmetry modes, rescalings where there is a gradient, the Hessian bends"
    )


def _along(book: Any, numbers: Numbers) -> Iterator[str]:
    history, descent = book.get(_HISTORY), book.get(_DESCENT)
    if history is None or descent is None:
        return
    rate = descent.learning_rate
    edge, share = history.stability(rate), history.residual_share
    most = numbers.stated("largest λ_max η / 2 along gradient descent", float(edge.max()))
    last = numbers.stated("λ_max η / 2 at its end", float(edge[-1]))
    first_share, last_share = (
        numbers.stated(f"|R|/|H| at the {word} of it", float(value))
        for word, value in (("beginning", share[0]), ("end", share[-1]))
    )
    yield (
        f"along {history.times[-1]:g} steps of full-batch gradient descent with η = {number(rate, 3)}, λ_max η/2 rises "
        f"to {most} at most and ends at {last}; what the Gauss–Newton matrix leaves of the Hessian, |R|/|H|, goes from "
        f"{first_share} to {last_share}"
    )


def _shifted(book: Any, numbers: Numbers) -> Iterator[str]:
    glass, densities = _densities(book, "glass", _GLASS)
    for density in densities:
        theory = sl.theory.hessian_semicircle(glass.order, density.value)
        mean = numbers.stated(
            "mean eigenvalue at a minimum of the glass",
            density.extent * density.mean,
            against="−p times the energy per spin",
            exact=theory.centre,
        )
        away, own = _away(density, theory)
        told = numbers.tell("share of its density outside the semicircle of theory", away, own)
        yield (
            f"at a minimum of the glass the mean eigenvalue is {mean}, and −pE is {number(theory.centre, 3)}; a share "
            f"of {told} of the density lies elsewhere than in the semicircle that the energy shifts; outliers: "
            f"{len(density.outliers)}"
        )


def _away(density: Any, theory: Any) -> tuple[float, float]:
    """Half of ∫ |ρ − semicircle|, both broadened alike, and half of the integral of the density's own error."""
    x = density.extent * density.grid
    beside = theory.density(x, density.extent * density.width)
    return (
        float(0.5 * np.trapezoid(np.abs(density.density / density.extent - beside), x)),
        float(0.5 * np.trapezoid(density.error / density.extent, x)),
    )


_TEXT = (
    "The Hessian at a solution tells how the landscape bends around it. Its extreme eigenvalues are computed one by "
    "one, with their residuals, the density of the rest by stochastic Lanczos quadrature, broadened by a stated width. "
    "Networks have a bulk near zero and a few outliers, about as many as classes (Sagun et al., arXiv:1706.04454; "
    "Papyan, arXiv:1811.07062); a glass has a semicircle that its energy shifts. Symmetries make directions of no "
    "curvature: everywhere where they only shift parameters, and where the gradient is zero for rescalings of units."
)


def _write(book: Any) -> Section | None:
    figures = [*_pictures_of_densities(book), *_pictures_of_descent(book)]
    tables = [*_tables(book)]
    return Section("Curvature", "Curvature at solutions", _TEXT, figures, tables) if figures else None


def _pictures_of_densities(book: Any) -> Iterator[Picture]:
    _, densities = _densities(book, "network", _NETWORK)
    if densities:
        labels = [f"solution {row + 1}" for row in range(len(densities))]
        yield picture(
            sl.figures.spectral_density(densities, labels=labels),
            "Spectra of the Hessian at solutions. Triangles: eigenvalues beyond the widest gap. Each eigenvalue is "
            f"broadened to a standard deviation of {number(densities[0].width, 2)}; bands: spread over random vectors "
            "and truncation.",
        )
    glass, of_glass = _densities(book, "glass", _GLASS)
    for density in of_glass:
        theory = sl.theory.hessian_semicircle(glass.order, density.value)
        x = density.extent * density.grid
        curve = np.stack([x, theory.density(x, density.extent * density.width)])
        yield picture(
            sl.figures.spectral_density(density, labels=["minimum of the glass"], theory=curve),
            "Spectrum of the Hessian at a minimum of the glass. Dashed: the semicircle of infinitely many spins at "
            "this energy, broadened alike.",
        )


def _pictures_of_descent(book: Any) -> Iterator[Picture]:
    history, descent = book.get(_HISTORY), book.get(_DESCENT)
    if history is not None and descent is not None:
        yield picture(
            sl.figures.stability_edge(history, [descent.learning_rate]),
            "Largest eigenvalue along full-batch gradient descent. Above the dashed line a step overshoots a quadratic "
            "valley (Cohen et al., arXiv:2103.00065).",
        )
        yield picture(
            sl.figures.gauss_newton_share(history),
            "What the Gauss–Newton matrix leaves of the Hessian along full-batch gradient descent. Norms are largest "
            "eigenvalues by size.",
        )


def _tables(book: Any) -> Iterator[Table]:
    _, densities = _densities(book, "network", _NETWORK)
    if densities:
        rows = [
            [
                str(row + 1),
                number(density.value, 3),
                str(len(density.outliers)),
                number(float(density.gaps[0]), 3),
                number(float(density.extremes.max()), 3),
                number(float(density.extremes.min()), 3),
                number(float(density.residuals.max()), 1),
            ]
            for row, density in enumerate(densities)
        ]
        header = ["solution", "loss", "outliers", "widest gap", "largest λ", "smallest of the extremes", "residual"]
        yield Table(header, rows, "Extreme eigenvalues at solutions; the residual is the largest |Hv − λv| of them.")


CURVATURE = Chapter(
    "curvature",
    "curvature at solutions, and along training",
    _steps,
    _find,
    _write,
    kernels={"network": ("curvature", "training", "losses"), "glass": ("glass curvature",)},
)
