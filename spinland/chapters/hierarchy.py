"""Distances and overlaps of the solutions, their tree, and whether it is ultrametric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

import spinland as sl

from ..formatting import number, plus_minus
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, mean_text, picture, sentence
from .settings import Settings, one_of, setting, whole
from .subjects import Subject

_HEADING = "Hierarchy"
_EUCLIDEAN_ONLY = ("ward", "centroid", "median")


@dataclass(frozen=True)
class HierarchySettings(Settings):
    """Settings of the comparison of solutions, pair by pair and triangle by triangle."""

    linkage: str = setting(
        "average",
        "single, complete, average, weighted, ward, centroid or median",
        one_of("single", "complete", "average", "weighted", *_EUCLIDEAN_ONLY),
        _HEADING,
    )
    bootstrap: int = setting(200, "resamples for the errors of rank correlations and of triangles", whole(10), _HEADING)
    null_draws: int = setting(
        199, "draws of each null model; a verdict at the level 0.01 takes 199", whole(10), _HEADING
    )


def pairs_of(subject: Subject, found: Any, *, least: int = 1) -> sl.PairStatistics:
    """Distances and overlaps of all pairs of solutions."""
    return sl.pair_statistics(subject.points(found, least=least), unsigned=subject.unsigned(found))


def _tree(subject: Subject, found: Any, *, method: str) -> sl.Hierarchy:
    if subject.unsigned(found) and method not in _EUCLIDEAN_ONLY:
        return sl.hierarchy(subject.points(found), method, metric="projective")
    return sl.hierarchy(subject.points(found), method)


def _overlaps(pairs: Any) -> sl.OverlapDistribution:
    return sl.overlap_distribution(pairs)


def _triangles(subject: Subject, found: Any, pairs: Any, **settings: Any) -> sl.Ultrametricity:
    """Of points whose norms tell them apart; on a sphere, where they do not, of their distances."""
    items = subject.points(found) if subject.order is None else pairs.distances
    return sl.ultrametricity(items, **settings)


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    for subject in book.with_many:
        pairs = subject.name("pairs")
        of = f" of the {subject.many}"
        yield Stage(pairs, f"distances and overlaps{of}", pairs_of, (subject.solutions,), {"least": 3}, subject.key)
        yield Stage(subject.name("overlap-distribution"), f"overlap distribution{of}", _overlaps, (pairs,))
        yield Stage(
            subject.name("tree"),
            f"hierarchical clustering{of}",
            _tree,
            (subject.solutions,),
            {"method": c.linkage},
            subject.key,
        )
        yield Stage(
            subject.name("ultrametricity"),
            f"ultrametric triangles{of} and null models",
            _triangles,
            (subject.solutions, pairs),
            {"n_splits": c.bootstrap, "n_null": c.null_draws, "seed": c.seed},
            subject.key,
        )
    for subject in book.sweep:
        yield Stage(
            subject.name("pairs"), f"distances, {subject.label}", pairs_of, (subject.solutions,), {}, subject.key
        )


@dataclass(frozen=True)
class _Results:
    """What there is of one subject."""

    subject: Subject
    solutions: Any
    pairs: Any
    overlaps: Any
    tree: Any
    triangles: Any


def _results(book: Any) -> list[_Results]:
    parts = ("pairs", "overlap-distribution", "tree", "ultrametricity")
    found = [
        _Results(subject, book.get(subject.solutions), *(book.get(subject.name(part)) for part in parts))
        for subject in book.subjects
    ]
    return [results for results in found if results.pairs is not None]


def _find(book: Any) -> Finding | None:
    numbers = Numbers()
    found = _results(book)
    if not found:
        return None
    sentences = [_told(numbers, results, results is not found[0]) for results in found]
    verdicts = [r.triangles.told(_called(r.subject)) for r in found if r.triangles is not None]
    return numbers.finding("hierarchy", " ".join(sentences), verdicts[0] if verdicts else "")


def _called(subject: Subject) -> str:
    """What the points of triangles are called: several trained networks are replicas."""
    return "replicas" if subject.order is None else subject.many


def _leaves(subject: Subject) -> tuple[str, str]:
    """What a leaf of its tree is called, and several."""
    return "replica" if subject.order is None else subject.one, _called(subject)


def _told(numbers: Numbers, results: _Results, named: bool) -> str:
    pairs, tree, triangles, many = results.pairs, results.tree, results.triangles, results.subject.many

    def tell(name: str, value: float, error: float) -> str:
        return numbers.tell(f"{name} of the {many}", value, error)

    clause = (
        f"the mean distance of {pairs.n_replicas} {many} is "
        f"{tell('mean distance', pairs.mean_distance, pairs.mean_distance_error)}"
    )
    spread = tell("spread of the distances", pairs.std_distance, pairs.std_distance_error)
    relative = plus_minus(100 * pairs.relative_spread, 100 * pairs.relative_spread_error)
    numbers.keep(
        f"relative spread of the distances of the {many}, %",
        100 * pairs.relative_spread,
        100 * pairs.relative_spread_error,
    )
    overlap = tell("mean overlap", pairs.mean_overlap, pairs.mean_overlap_error)
    width = tell("spread of the overlaps", pairs.std_overlap, pairs.std_overlap_error)
    clause += (
        f", the spread between pairs {spread} ({relative} %); the mean overlap is {overlap} with a spread of {width}"
    )
    if results.subject.order is not None:
        clause += f" (1/√N = {number(results.solutions.params.shape[1] ** -0.5)})"
    if tree is not None:
        clause += (
            "; cophenetic correlation "
            f"{tell('cophenetic correlation', tree.cophenetic_correlation, tree.cophenetic_correlation_error)}"
        )
    text = sentence(clause)
    if triangles is None:
        return text
    for k, model in enumerate(triangles.null_models):
        numbers.keep(
            f"deviation of the {many} from ultrametricity",
            triangles.deviation,
            triangles.deviation_error,
            p=float(triangles.deviation_p[k]),
            against=f"null model: {model}",
            exact=float(triangles.null_deviation[k].mean()),
        )
    verdict = triangles.told(_called(results.subject))
    if named:
        verdict = f"{many[:1].upper()}{many[1:]}: {verdict[:1].lower()}{verdict[1:]}"
    return f"{text} {verdict}"


_INTRODUCTION = (
    "{many} are compared pair by pair. If replica symmetry were broken as in mean-field spin glasses, their distances "
    "would be ultrametric: in every triangle the two longer sides would be equal. In high dimension independent "
    "points are nearly equidistant, which looks ultrametric by itself; so the deviation is compared with null models "
    "that know of no hierarchy and have the norms of the {few}."
)


def _write(book: Any) -> Section | None:
    found = _results(book)
    if not found:
        return None
    main, widths = found[0], book.of_widths("pairs")
    figures = [*_of_widths(widths), *_overlap_pictures(main), *_tree_pictures(main), *_null_picture(main)]
    if main.subject.order is None:
        figures.insert(
            0,
            picture(
                sl.figures.distance_histogram(main.pairs),
                "Euclidean distances between all pairs of solutions. Compare figure 4 of arXiv:2407.20724.",
            ),
        )
    for other in found[1:]:
        figures += [*_beside(main, other), *_null_picture(other)]
    network = main.subject.order is None
    tables = [_width_table(widths)] if widths else []
    return Section(
        "Protocol 3" if network else "Hierarchy",
        "Protocol 3: hierarchy of the solutions" if network else "Hierarchy of the minima",
        _INTRODUCTION.format(
            many="Independently trained replicas" if network else "Different minima of one instance",
            few="replicas" if network else "minima",
        ),
        figures,
        tables,
    )


def _overlap_pictures(results: _Results) -> list[Picture]:
    if results.overlaps is None:
        return []
    words = (
        "Overlap distribution P(q), q = w·w'/(|w||w'|). Error bars over replicas. A single peak is the "
        "replica-symmetric picture; several peaks or a continuous part would speak for its breaking."
        if results.subject.order is None
        else "Distribution of the overlaps of all pairs of different minima, errors over minima."
    )
    return [picture(sl.figures.overlap_histogram(results.overlaps), words)]


def _overlap_matrix(results: _Results) -> Any:
    return scipy.spatial.distance.squareform(np.asarray(results.pairs.overlaps))


def _tree_pictures(results: _Results) -> list[Picture]:
    tree = results.tree
    if tree is None:
        return []
    if results.subject.order is None:
        return [
            picture(
                sl.figures.dendrogram_matrix(tree),
                f"Dendrogram ({tree.method} linkage) and the distance matrix in its order. Blocks along the diagonal "
                "would be clusters of solutions. Compare figure 5 of arXiv:2407.20724.",
            )
        ]
    drawn = sl.figures.dendrogram_matrix(
        tree,
        matrix=_overlap_matrix(results),
        matrix_label=rf"{sl.figures.OVERLAP}$_{{ab}}$",
        called=_leaves(results.subject),
    )
    return [
        picture(
            drawn,
            (
                f"Tree of the minima ({tree.method} linkage) and their overlaps in its order. Blocks would be "
                "families of minima."
            ),
        )
    ]


def _null_picture(results: _Results) -> list[Picture]:
    if results.triangles is None:
        return []
    words = (
        "Deviation from ultrametricity: measured, with its error over replicas, against the null models."
        if results.subject.order is None
        else "Deviation of the triangles of minima from ultrametricity, with its error over minima, against the null "
        "models. The same test "
        "as of trained replicas."
    )
    name: dict[str, Any] = {} if results.subject.order is None else {"name": "minima of the glass"}
    return [picture(sl.figures.ultrametricity_null(results.triangles, **name), words)]


def _beside(first: _Results, second: _Results) -> list[Picture]:
    trees, overlaps = [first.tree, second.tree], [first.overlaps, second.overlaps]
    if None in trees or None in overlaps:
        return []
    return [
        picture(
            sl.figures.hierarchy_pair(
                trees,
                overlaps,
                [_overlap_matrix(first), _overlap_matrix(second)],
                called=[_leaves(first.subject), _leaves(second.subject)],
            ),
            "Trees of the trained networks and of the minima, with their overlaps in the order of the leaves. Below: "
            "distribution P(q) of the overlaps of all pairs on one scale, errors over replicas. Minima that two "
            "descents found count once.",
        )
    ]


def _of_widths(found: dict[int, Any]) -> list[Picture]:
    """The distances of networks of several widths M."""
    if len(found) < 2:
        return []
    results = list(found.values())
    return [
        picture(
            sl.figures.distance_histogram(results, labels=[f"M = {m}" for m in found], relative=True),
            "The same for several widths M, in units of the mean distance.",
        ),
        picture(
            sl.figures.width_spread(results, list(found)),
            "Relative width of the distance distribution against M; errors over replicas. Dashed: the power law that "
            "fits best. Vectors of independent coordinates would have M^(−1/2).",
        ),
    ]


def _width_table(found: dict[int, Any]) -> Table:
    rows = [
        (
            f"M = {m}",
            str(r.n_replicas),
            plus_minus(r.mean_distance, r.mean_distance_error),
            plus_minus(r.std_distance, r.std_distance_error),
            plus_minus(r.relative_spread, r.relative_spread_error),
            plus_minus(r.mean_overlap, r.mean_overlap_error),
            mean_text(r.radius),
        )
        for m, r in found.items()
    ]
    header = ("", "replicas", "mean distance", "std of distance", "std/mean", "mean overlap", "mean |w|")
    return Table(header, rows, "Distances by width; errors over replicas.")


HIERARCHY = Chapter(
    "hierarchy",
    "distances, overlaps and hierarchy",
    _steps,
    _find,
    _write,
    kernels={"network": ("distances", "distances of long points", "triangles"), "glass": ("distances", "triangles")},
)
