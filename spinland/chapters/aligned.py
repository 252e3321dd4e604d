"""What is left of distances, trees and barriers between solutions when relabelling is removed: words and pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import number
from ..statistics.correlation import correlation
from ..statistics.judging import Judged, independent, mean_of, paired
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, mean_text, picture, sentence

_NAMES = ("as labelled", "relabelling removed")


def find(book: Any) -> Finding | None:
    """Whether the tree survives, how far distances and barriers fall, and how much of it strangers show, too."""
    pairs, trees, triangles = (_both(book, part) for part in ("pairs", "tree", "triangles"))
    if pairs is None:
        return None
    numbers, unit = Numbers(), book.network.unit
    clauses = [_of_pairs(numbers, *pairs), _of_trees(numbers, trees)]
    text = [sentence(*clauses)]
    headline = text[0]
    if triangles is not None:
        headline = f"{_survival(*triangles)}."
        text = [headline, *text, _of_triangles(numbers, *triangles)]
    text.append(sentence(*_of_lines(book, numbers, unit)))
    text.append(sentence(*_of_nulls(book, numbers)))
    return numbers.finding("alignment", " ".join(part for part in text if part), headline)


def _both(book: Any, part: str) -> tuple[Any, Any] | None:
    """A result as labelled and with relabelling removed, where both are there."""
    found = book.get(f"alignment/{part}-before"), book.get(f"alignment/{part}")
    return None if None in found else found


def _of_pairs(numbers: Numbers, before: Any, after: Any) -> str:
    def tell(name: str, value: str) -> str:
        told = [
            numbers.tell(f"{name}, {how}", getattr(item, value), getattr(item, f"{value}_error"))
            for item, how in zip((before, after), _NAMES, strict=True)
        ]
        return " to ".join(told)

    return (
        f"relabelling removed, the mean distance of {after.n_replicas} balanced solutions goes from "
        f"{tell('mean distance', 'mean_distance')}, their mean overlap from {tell('mean overlap', 'mean_overlap')}, "
        f"the spread of the overlaps from {tell('spread of the overlaps', 'std_overlap')}"
    )


def _of_trees(numbers: Numbers, trees: tuple[Any, Any] | None) -> str:
    if trees is None:
        return ""
    name = "cophenetic_correlation"
    told = [
        numbers.tell(f"cophenetic correlation, {how}", getattr(tree, name), getattr(tree, f"{name}_error"))
        for tree, how in zip(trees, _NAMES, strict=True)
    ]
    alike = float(correlation(np.asarray(trees[0].cophenetic), np.asarray(trees[1].cophenetic)))
    same = numbers.stated("correlation of the heights at which the two trees join pairs", alike, 2)
    return (
        f"the cophenetic correlation of their tree goes from {' to '.join(told)}, and the heights at which the two "
        f"trees join pairs correlate by {same}"
    )


def _survival(before: Any, after: Any) -> str:
    """Whether the tree survives, in words, by the tests on triangles."""
    if max(before.p_resolution, after.p_resolution) > 0.01:
        return "Whether there is a tree is not judged: that takes 199 draws of each null model"
    return {
        (True, True): "The tree of the solutions survives when relabelling is removed",
        (True, False): "The tree of the solutions does not survive when relabelling is removed",
        (False, True): "A tree of the solutions shows when relabelling is removed",
        (False, False): "There is no more of a tree than in structureless points, with relabelling and without",
    }[before.significant, after.significant]


def _of_triangles(numbers: Numbers, before: Any, after: Any) -> str:
    for triangles, how in zip((before, after), _NAMES, strict=True):
        for k, model in enumerate(triangles.null_models):
            numbers.keep(
                f"deviation from ultrametricity, {how}",
                triangles.deviation,
                triangles.deviation_error,
                p=float(triangles.deviation_p[k]),
                against=f"null model: {model}",
                exact=float(triangles.null_deviation[k].mean()),
            )
    first, second = (triangles.verdict[:1].lower() + triangles.verdict[1:] for triangles in (before, after))
    return f"As labelled: {first} Relabelling removed: {second}"


def _of_lines(book: Any, numbers: Numbers, unit: str) -> list[str]:
    clauses = []
    lines = book.get("alignment/lines")
    if lines is not None:
        change = paired(lines.excess_before, lines.excess)
        before = numbers.tell(f"barrier as trained, {unit}", mean_of(lines.excess_before))
        after = numbers.tell(
            f"barrier of aligned networks, {unit}", mean_of(lines.excess), p=change.p, against="as trained"
        )
        clauses.append(
            f"the barrier on the straight line between two solutions goes from {before} to {after} {unit} over "
            f"{len(lines.excess)} pairs ({change.chance})"
        )
    for what, found in (("width M", _of_widths(book)), ("epoch", _of_epochs(book))):
        if len(found) > 1:
            clauses.append(_from_to(numbers, what, found, unit))
    mean = book.get("alignment/from-mean")
    if mean is not None:
        ends = np.asarray(mean.ends)
        there = numbers.stated(f"loss at the mean of all aligned solutions, {unit}", float(ends[0, 0]))
        of_solutions = numbers.tell(f"loss of the solutions, {unit}", mean_of(ends[:, 1]))
        clauses.append(f"at the mean of all aligned solutions the loss is {there} {unit}, theirs is {of_solutions}")
    return clauses


def _from_to(numbers: Numbers, what: str, found: Mapping[int, Any], unit: str) -> str:
    """Barriers of aligned networks at the first and at the last place."""
    first, last = min(found), max(found)
    low, high = mean_of(found[first].excess), mean_of(found[last].excess)
    same = what == "epoch"  # the same networks, later
    change: Judged = paired(found[first].excess, found[last].excess) if same else independent(low, high)
    told = [
        numbers.tell(f"barrier of aligned networks at {what} = {first}, {unit}", low),
        numbers.tell(f"barrier of aligned networks at {what} = {last}, {unit}", high, p=change.p, against=f"{first}"),
    ]
    word = change.word("falls", "does not significantly change", "rises")
    return f"with the {what} that of aligned networks {word}, from {told[0]} at {first} to {told[1]} at {last}"


def _of_widths(book: Any) -> dict[int, Any]:
    found: dict[int, Any] = book.of_widths("aligned-lines")
    return found


def _of_epochs(book: Any) -> dict[int, Any]:
    names = [name for name in book.store.names() if re.fullmatch(r"alignment/epoch-\d+", name)]
    return {epoch: book.get(f"alignment/epoch-{epoch}") for epoch in sorted(int(n.rpartition("-")[2]) for n in names)}


def _gains(book: Any) -> dict[str, Any]:
    """Alignments of several kinds of pairs, by their name."""
    kinds = {
        "two solutions": "alignment/gain",
        "a solution and a network\nof shuffled labels": "alignment/gain-shuffled",
        "two untrained networks": "alignment/gain-untrained",
    }
    found: dict[str, Any] = book.all_of(kinds)
    return found


def _of_nulls(book: Any, numbers: Numbers) -> list[str]:
    clauses = []
    for name, gain in _gains(book).items():
        name = name.replace("\n", " ")
        change = paired(gain.overlap_before, gain.overlap)
        before = numbers.tell(f"overlap of {name}, as labelled", mean_of(gain.overlap_before))
        after = numbers.tell(f"overlap of {name}, aligned", mean_of(gain.overlap), p=change.p, against="as labelled")
        clauses.append(f"of {name} from {before} to {after}")
    if clauses:
        clauses[0] = f"alignment raises any overlap: {clauses[0]}"
    copies = book.get("alignment/copies")
    if copies is not None:
        largest = float(copies.distances.max() / copies.radius.max())
        far = numbers.stated("largest distance of relabelled copies, in units of |w|", largest, 2)
        clauses.append(f"relabelled and rescaled copies of one solution are at most {far} |w| apart")
    return clauses


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
        f"allows. The distances that come out are {'a metric' if distances.metric else 'upper bounds'}: "
        f"{distances.why}.",
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
    trees, overlaps, triangles = (_both(book, part) for part in ("tree", "overlaps", "triangles"))
    figures = []
    if trees is not None and overlaps is not None:
        figures.append(
            picture(
                sl.figures.hierarchy_pair(list(trees), list(overlaps), names=_NAMES),
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
        (_of_widths(book), "width", "the width M"),
        (_of_epochs(book), "epoch", "training time"),
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
    gains = _gains(book)
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
    lines = {"solutions": book.get("alignment/lines")}
    lines |= {f"M = {width}": item for width, item in _of_widths(book).items()}
    lines |= {f"epoch {epoch}": item for epoch, item in _of_epochs(book).items()}
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
    header = ("", "pairs", "distance", "aligned", "above the line", "aligned", "above the mean", "aligned", "exact")
    caption = (
        "Pairs of networks as labelled and aligned: distances of balanced networks; barriers above the linear "
        "interpolation between the ends, and above their mean. Mean ± standard error over pairs. Exact: whether the "
        f"alignment is proven to be the nearest. Level of significance {number(0.01)}."
    )
    return [Table(header, rows, caption)] if rows else []
