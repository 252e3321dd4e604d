"""Simplexes of low loss between solutions, and ensembles drawn from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import given
from ..statistics.judging import independent, mean_of
from .chapter import Chapter, DataStage, Stage, Step
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture
from .settings import Settings, number, setting, several, whole
from .subjects import of_kind

SEED_SIMPLEX = 13
_HEADING = "Simplexes"
_POINTS, _BATCH = 200, 128
_DRAWN, _ALONE = "simplexes/ensembles/drawn", "simplexes/ensembles/independent"


@dataclass(frozen=True)
class SimplexSettings(Settings):
    """Settings of simplexes between solutions."""

    simplex_vertices: tuple[int, ...] = setting(
        (1, 2, 4), "vertices that are grown between two solutions", several(whole(1)), _HEADING
    )
    simplex_steps: int = setting(100, "steps of training for each vertex", whole(1), _HEADING)
    simplex_rate: float = setting(0.01, "learning rate of Adam for vertices", number(above=0), _HEADING)
    simplex_volume: float = setting(
        0.01, "weight λ of the logarithm of the volume, in units of the loss", number(minimum=0), _HEADING
    )
    simplex_groups: int = setting(
        6,
        "groups of two solutions for ensembles, each with a complex of its own; at most all there are",
        whole(2),
        _HEADING,
    )
    simplex_members: int = setting(
        8, "members of an ensemble; at most half as many as there are solutions", whole(2), _HEADING
    )


def _grown(
    subject: Any, ensemble: Any, *, first: int, vertices: int, volume: float, steps: int, rate: float, seed: int
) -> sl.SimplicialComplex:
    """A complex about two solutions, from number ``first`` on, trained on all training samples."""
    two = np.asarray(subject.points(ensemble, first + 2, first + 2)[first : first + 2])
    landscape = subject.training_landscape
    batch = min(_BATCH, landscape.n_samples)
    grown = sl.grow_simplex(landscape, two, vertices, volume, steps, 4, batch, sl.Adam(rate), seed)
    if grown.diverged.any():
        raise ArgumentError("simplex_rate", "one at which vertices stay finite", f"{rate:g}, where they diverge")
    return grown


def _values(subject: Any, complex_: Any, *, null: bool, seed: int) -> sl.SimplexValues:
    """Values in a complex, or in its null model."""
    return sl.simplex_values(subject.landscape, sl.random_vertices(complex_, seed) if null else complex_, _POINTS, seed)


def _sizes(solutions: int, groups: int, members: int) -> tuple[int, int]:
    """Groups of two solutions each, and members of an ensemble, as far as there are solutions for two of them."""
    return min(groups, solutions // 2), min(members, solutions // 2)


def _ensembles(
    subject: Any, ensemble: Any, *, dataset: Any, groups: int, members: int, seed: int, **growth: Any
) -> sl.EnsembleCurve:
    """Ensembles of points drawn from one complex for each group."""
    groups, members = _sizes(len(subject.points(ensemble, None, 4)), groups, members)
    drawn = []
    for g in range(groups):
        own = _grown(subject, ensemble, first=2 * g, seed=seed + g, **growth)
        drawn.append(own.sample(members, seed + g))
    return sl.ensemble_curve(subject.network, np.array(drawn).astype(ensemble.params.dtype), dataset)


def _alone(subject: Any, ensemble: Any, *, dataset: Any, groups: int, members: int) -> sl.EnsembleCurve:
    """Ensembles of independent solutions, in disjoint groups."""
    solutions = np.asarray(subject.points(ensemble, None, 4))
    groups, members = _sizes(len(solutions), groups, members)
    groups = min(groups, len(solutions) // members)
    chosen = solutions[: groups * members].reshape(groups, members, -1)
    return sl.ensemble_curve(subject.network, chosen, dataset)


def _name(vertices: int, part: str) -> str:
    return f"simplexes/{vertices}/{part}"


def _steps(book: Any) -> Iterator[Step]:
    c, subject, seed = book.config, of_kind(book, "network"), book.seed(SEED_SIMPLEX)
    if subject is None:
        return
    key = subject.key
    growth = {"volume": c.simplex_volume, "steps": c.simplex_steps, "rate": c.simplex_rate}
    solutions = (subject.solutions,)
    for n in c.simplex_vertices:
        arguments = {"first": 0, "vertices": n, "seed": seed, **growth}
        made = _name(n, "complex")
        yield Stage(made, f"simplexes with {n} grown vertices", _grown, solutions, arguments, key)
        for part, null in (("values", False), ("null", True)):
            title = f"loss in {'random ' if null else ''}simplexes, {n} vertices"
            yield Stage(_name(n, part), title, _values, (made,), {"null": null, "seed": seed}, key)
    if subject.classifies:
        vertices = sorted(c.simplex_vertices)[len(c.simplex_vertices) // 2]
        sizes = {"groups": c.simplex_groups, "members": c.simplex_members}
        arguments = {**sizes, "seed": seed, "vertices": vertices, **growth}
        yield DataStage(_DRAWN, "ensembles drawn from simplexes", _ensembles, solutions, arguments, key)
        yield DataStage(_ALONE, "ensembles of independent solutions", _alone, solutions, sizes, key)


def _found(book: Any, part: str) -> list[Any]:
    found: dict[str, Any] = book.all_of({str(n): _name(n, part) for n in sorted(book.config.simplex_vertices)})
    return list(found.values())


def _find(book: Any) -> Finding | None:
    grown, null = _found(book, "values"), _found(book, "null")
    if not grown or len(null) != len(grown):
        return None
    numbers, large, random = Numbers(), grown[-1], null[-1]
    unit = of_kind(book, "network").unit
    name = f"mean training loss in simplexes of dimension {large.dimension}, {unit}"
    inside = numbers.tell(name, mean_of(large.values))
    outside = numbers.tell("the same with random vertices as far away", mean_of(random.values))
    worst = numbers.stated("largest loss of points drawn", float(large.values.max()))
    numbers.keep("logarithm of the volume, grown", large.log_volume)
    numbers.keep("logarithm of the volume, random vertices", random.log_volume)
    text = (
        f"Simplexes of dimension {large.dimension} about two solutions have a mean training loss of {inside} {unit} "
        f"(at most {worst} at {len(large.values)} points drawn uniformly), those with random vertices at the same "
        f"distances {outside}; the logarithms of their volumes are {large.log_volume:.1f} and {random.log_volume:.1f}, "
        "so that size alone tells nothing."
    )
    drawn, alone = book.get(_DRAWN), book.get(_ALONE)
    if drawn is not None and alone is not None:
        change = independent(mean_of(100 * drawn.accuracy[:, -1]), mean_of(100 * alone.accuracy[:, -1]))
        name = "accuracy of independent solutions less that of points drawn, %"
        numbers.keep(name, change, p=change.p, against="zero")
        words = change.word("worse than", "not distinguishable from", "better than")
        text += (
            f" With {drawn.accuracy.shape[1]} forward passes an ensemble of independent solutions is {words} one drawn "
            f"from a complex of two of them, in test accuracy (by {change} %, {change.chance}, Welch's test of "
            f"{len(alone.accuracy)} and {len(drawn.accuracy)} groups of solutions)."
        )
    return numbers.finding("simplexes", text)


def _write(book: Any) -> Section | None:
    grown, null = _found(book, "values"), _found(book, "null")
    if not grown or len(null) != len(grown):
        return None
    c = book.config
    figures = [
        picture(
            sl.figures.simplex_spread(grown, null),
            f"Training loss at {_POINTS} points drawn uniformly from complexes of simplexes about two solutions, and "
            "from their null models with random vertices at the same distances. Left: share of the points below. "
            "Middle: mean ± standard error. Right: the size of the complexes as a length.",
        )
    ]
    curves = book.all_of({"drawn from simplexes": _DRAWN, "independent solutions": _ALONE})
    if curves:
        figures.append(
            picture(
                sl.figures.ensemble_passes(
                    list(curves.values()), labels=list(curves), unit=of_kind(book, "network").unit
                ),
                "Ensembles against the number of forward passes. Mean ± standard error over groups of solutions: "
                f"{' and '.join(f'{len(curve.accuracy)} of {name}' for name, curve in curves.items())}. "
                "Vertices of simplexes were trained on for longer than the solutions they join, which lowers their "
                "loss by itself.",
            )
        )
    rows = [
        (str(g.dimension), mean_text(g.values), mean_text(n.values), f"{g.log_volume:.1f}", f"{n.log_volume:.1f}")
        for g, n in zip(grown, null, strict=True)
    ]
    header = ["k", *("grown", "random") * 2]
    groups = (("", 1), ("mean training loss", 2), ("log V", 2))
    caption = "Mean ± standard error over points drawn uniformly; natural logarithms of volumes."
    return Section(
        "Simplexes",
        "Simplexes between solutions",
        "Vertices are grown one after the other, joined to two solutions each, down the mean loss over the complex "
        f"less λ log V, λ = {given(c.simplex_volume)}, {c.simplex_steps} steps each in batches of all training samples "
        "(Benton et al., arXiv:2102.13042); losses are those of the samples for the probes. "
        "Volumes are sums over simplexes, from Cholesky factors; those of different dimension k are not in one unit.",
        figures,
        [Table(header, rows, caption, groups=groups)],
    )


def _open_settings(book: Any) -> dict[str, Any]:
    """Groups and members of ensembles: no more than there are solutions for."""
    subject, drawn = of_kind(book, "network"), book.get(_DRAWN)
    solved = None if subject is None or not subject.classifies else book.get(subject.solutions)
    if drawn is not None:
        groups, members = drawn.accuracy.shape
    elif solved is not None and np.sum(~solved.diverged) >= 4:
        wanted = book.config.simplex_groups, book.config.simplex_members
        groups, members = _sizes(int(np.sum(~solved.diverged)), *wanted)
    else:
        return {}
    return {"simplex_groups": groups, "simplex_members": members}


SIMPLEXES = Chapter(
    "simplexes",
    "simplexes between solutions",
    _steps,
    _find,
    _write,
    _open_settings,
    kernels={"network": ("gradients", "losses")},
)
