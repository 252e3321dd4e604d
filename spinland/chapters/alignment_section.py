"""What is left of distances, trees and barriers between solutions when relabelling is removed: the pictures."""

from __future__ import annotations

from typing import Any

import spinland as sl

from .alignment_finding import NAMES, barriers_of_epochs, barriers_of_widths, before_and_after, gains_of
from .sections import Picture, Section, Table, mean_text, picture


def write(book: Any) -> Section | None:
    """Histograms, trees, barriers and nulls."""
    distances = book.get("alignment/distances")
    if distances is None:
        return None
    return Section(
        "Alignment",
        "Symmetry and alignment",
        "Hidden neurons have no order, and each may be scaled against its outgoing weights: copies of one network that "
        "differ by this alone compute the same. Here every network is balanced, so that what enters each hidden neuron "
        "is as long as what leaves it, and networks are brought as near to each other as the order of their neurons "
        f"allows. Distances: {distances.why}.",
        [*_distance_pictures(distances), *_tree_pictures(book), *_line_pictures(book), *_null_pictures(book)],
        _tables(book),
    )


def _distance_pictures(distances: Any) -> list[Picture]:
    return [
        picture(
            sl.figures.alignment_distances(distances),
            "Distances of all pairs of balanced solutions, their neurons as labelled, and with relabelling removed.",
        )
    ]


def _tree_pictures(book: Any) -> list[Picture]:
    trees, overlaps, triangles = (before_and_after(book, part) for part in ("tree", "overlaps", "triangles"))
    figures = []
    if trees is not None and overlaps is not None:
        figures.append(
            picture(
                sl.figures.hierarchy_pair(list(trees), list(overlaps), names=NAMES),
                "Trees of the solutions as labelled and with relabelling removed, with their distances in the order of "
                "the leaves. Below: the distributions P(q) of their overlaps, errors over solutions.",
            )
        )
    if triangles is not None:
        figures.append(
            picture(
                sl.figures.ultrametricity_null(triangles[1], name="relabelling removed"),
                "Deviation of the triangles from ultrametricity with relabelling removed, against the null models.",
            )
        )
    return figures


def _line_pictures(book: Any) -> list[Picture]:
    figures, unit = [], book.network.unit
    lines, mean = book.get("alignment/lines"), book.get("alignment/from-mean")
    if lines is not None:
        figures.append(
            picture(
                sl.figures.line_panels([lines.before, lines.after]),
                "Straight lines between pairs of solutions, as trained and aligned. Mean over pairs with its standard "
                "error; pale: the middle 68 %.",
            )
        )
    if mean is not None:
        figures.append(
            picture(
                sl.figures.line_panels(mean),
                "From the mean of all solutions, aligned to one another (α = 0), to single ones (α = 1): where the "
                "mean is as low as they are, the solutions lie in one basin, up to relabelling.",
            )
        )
    for found, versus, words in (
        (barriers_of_widths(book), "width", "the width M"),
        (barriers_of_epochs(book), "epoch", "training time"),
    ):
        if len(found) > 1:
            drawn = sl.figures.alignment_barriers(list(found.values()), list(found), versus=versus, unit=unit)
            figures.append(
                picture(
                    drawn,
                    f"Barriers against {words}: largest height on the straight line above the linear interpolation "
                    "between its ends, before and after alignment; errors over pairs. Compare arXiv:2110.06296 and "
                    "arXiv:2209.04836.",
                )
            )
    return figures


def _null_pictures(book: Any) -> list[Picture]:
    gains = gains_of(book)
    if not gains:
        return []
    return [
        picture(
            sl.figures.alignment_gain(list(gains.values()), names=list(gains)),
            "Overlaps before and after alignment, a thin line for each pair. What pairs with nothing in common gain is "
            "the choice among so many permutations.",
        )
    ]


def _tables(book: Any) -> list[Table]:
    in_unit = f", in {book.network.unit}" if book.network.unit else ""
    lines = {"solutions": book.get("alignment/lines")}
    lines |= {f"M = {width}": item for width, item in barriers_of_widths(book).items()}
    lines |= {f"epoch {epoch}": item for epoch, item in barriers_of_epochs(book).items()}
    rows = [
        (
            name,
            str(len(item.excess)),
            mean_text(item.distance_before),
            mean_text(item.distance),
            mean_text(item.excess_before),
            mean_text(item.excess),
            mean_text(item.barrier_before),
            mean_text(item.barrier),
            "yes" if item.exact else "no",
        )
        for name, item in lines.items()
        if item is not None
    ]
    header = ("", "pairs", *("as labelled", "aligned") * 3, "exact")
    groups = (("", 2), ("distance", 2), ("barrier above the line", 2), ("barrier above the mean", 2), ("", 1))
    caption = (
        "Pairs of networks as labelled and aligned: distances of balanced networks; barriers above the linear "
        f"interpolation between the ends, and above their mean{in_unit}. Mean ± standard error over pairs. Exact: "
        "whether the alignment is proven to be the nearest."
    )
    return [Table(header, rows, caption, groups=groups)] if rows else []
