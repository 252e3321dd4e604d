"""Chapter: protocol 3, hierarchical clustering of the solutions."""

from __future__ import annotations

from typing import Any

from ..figures.hierarchy import dendrogram_matrix
from ..figures.nulls import ultrametricity_null
from ..figures.pairs import distance_histogram, overlap_histogram, width_spread
from ..formatting import plus_minus
from ..study import names
from .parts import Chapter, Picture, Table, mean_text, picture
from .reader import StudyReader


def hierarchy_chapter(study: StudyReader) -> Chapter | None:
    """Distances, overlaps, the tree and the test of ultrametricity."""
    pairs = study.get(names.PAIRS)
    if pairs is None:
        return None
    tree, overlaps, triangles = (study.get(n) for n in (names.TREE, names.OVERLAPS, names.ULTRAMETRICITY))
    figures = [
        picture(
            distance_histogram(pairs),
            "Euclidean distances between all pairs of solutions. Compare figure 4 of arXiv:2407.20724.",
        )
    ]
    widths, results = study.of_widths("pairs")
    if len(widths) > 1:
        figures += _width_figures(widths, results)
    if overlaps is not None:
        figures.append(
            picture(
                overlap_histogram(overlaps),
                "Overlap distribution P(q), q = w·w'/(|w||w'|). Error bars over replicas. A single peak is "
                "the replica-symmetric picture; several peaks or a continuous part would speak for its breaking.",
            )
        )
    if tree is not None:
        figures.append(
            picture(
                dendrogram_matrix(tree),
                f"Dendrogram ({tree.method} linkage) and the distance matrix in its order. Blocks along the diagonal would be "
                "clusters of solutions. Compare figure 5 of arXiv:2407.20724.",
            )
        )
    if triangles is not None:
        figures.append(
            picture(
                ultrametricity_null(triangles),
                "Deviation from ultrametricity: measured, with its error over replicas, against the null models.",
            )
        )
    return Chapter(
        "hierarchy", "Protocol 3", "Protocol 3: hierarchy of the solutions",
        "Independently trained replicas are compared pair by pair. If replica symmetry were broken as in mean-field spin "
        "glasses, their distances would be ultrametric: in every triangle the two longer sides would be equal. In high "
        "dimension independent points are nearly equidistant, which looks ultrametric by itself; so the deviation is "
        "compared with null models that know of no hierarchy and have the norms of the replicas.",
        _finding(pairs, tree, triangles),
        figures,
        [_width_table(widths, results)] if results else [],
        "" if triangles is None else triangles.verdict,
    )  # fmt: skip


def _width_figures(widths: list[int], results: list[Any]) -> list[Picture]:
    labels = [f"M = {m}" for m in widths]
    return [
        picture(
            distance_histogram(results, labels=labels, relative=True),
            "The same for several widths M, in units of the mean distance.",
        ),
        picture(
            width_spread(results, widths),
            "Relative width of the distance distribution against M; errors over replicas. Dashed: the power law that fits "
            "best. Vectors of independent coordinates would have M^(−1/2).",
        ),
    ]


def _finding(pairs: Any, tree: Any, triangles: Any) -> str:
    text = (
        f"The mean distance of {pairs.n_replicas} replicas is {plus_minus(pairs.mean_distance, pairs.mean_distance_error)}, the spread "
        f"between pairs {plus_minus(pairs.std_distance, pairs.std_distance_error)} ({plus_minus(100 * pairs.relative_spread, 100 * pairs.relative_spread_error)} %); the mean overlap is {plus_minus(pairs.mean_overlap, pairs.mean_overlap_error)}"
    )
    if tree is not None:
        text += f"; cophenetic correlation {plus_minus(tree.cophenetic_correlation, tree.cophenetic_correlation_error)}"
    text += "."
    if triangles is not None:
        text += " " + triangles.verdict
    return text


def _width_table(widths: list[int], results: list[Any]) -> Table:
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
        for m, r in zip(widths, results, strict=True)
    ]
    header = ("", "replicas", "mean distance", "std of distance", "std/mean", "mean overlap", "mean |w|")
    return Table(header, rows, "Distances by width; errors over replicas.")
