"""What is left of distances, trees and barriers between solutions when relabelling is removed: the finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..statistics.correlation import correlation
from ..statistics.judging import SIGNIFICANCE, independent, mean_of, paired
from .findings import Finding, Numbers
from .sections import sentence

NAMES = ("as labelled", "relabelling removed")


def find(book: Any) -> Finding | None:
    """Whether the tree survives, how far distances and barriers fall, and how much of it strangers show, too."""
    pairs, trees, triangles = (before_and_after(book, part) for part in ("pairs", "tree", "triangles"))
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


def before_and_after(book: Any, part: str) -> tuple[Any, Any] | None:
    """A result as labelled and with relabelling removed, where both are there."""
    found = book.get(f"alignment/{part}-before"), book.get(f"alignment/{part}")
    return None if None in found else found


def _of_pairs(numbers: Numbers, before: Any, after: Any) -> str:
    def tell(name: str, value: str) -> str:
        told = [
            numbers.tell(f"{name}, {how}", getattr(item, value), getattr(item, f"{value}_error"))
            for item, how in zip((before, after), NAMES, strict=True)
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
        for tree, how in zip(trees, NAMES, strict=True)
    ]
    alike = float(correlation(np.asarray(trees[0].cophenetic), np.asarray(trees[1].cophenetic)))
    same = numbers.stated("correlation of the heights at which the two trees join pairs", alike, 2)
    return (
        f"the cophenetic correlation of their tree goes from {' to '.join(told)}, and the heights at which the two "
        f"trees join pairs correlate by {same}"
    )


def _survival(before: Any, after: Any) -> str:
    """Whether the tree survives, in words, by the tests on triangles."""
    if max(before.p_resolution, after.p_resolution) > SIGNIFICANCE:
        return "Whether there is a tree is not judged: that takes 199 draws of each null model"
    return {
        (True, True): "The tree of the solutions survives when relabelling is removed",
        (True, False): "The tree of the solutions does not survive when relabelling is removed",
        (False, True): "A tree of the solutions shows when relabelling is removed",
        (False, False): "No more of a tree can be told than structureless points show, with relabelling and without",
    }[before.significant, after.significant]


def _of_triangles(numbers: Numbers, before: Any, after: Any) -> str:
    for triangles, how in zip((before, after), NAMES, strict=True):
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
    return f"As labelled, {first} With relabelling removed, {second}"


def _of_lines(book: Any, numbers: Numbers, unit: str) -> list[str]:
    clauses = []
    lines = book.get("alignment/lines")
    if lines is not None:
        change = paired(lines.excess_before, lines.excess)
        before = numbers.tell(f"excess as trained, {unit}", mean_of(lines.excess_before))
        after = numbers.tell(
            f"excess of aligned networks, {unit}", mean_of(lines.excess), p=change.p, against="as trained"
        )
        clauses.append(
            f"the excess over the straight line of values between two solutions goes from {before} to {after} "
            f"{unit} over {len(lines.excess)} pairs ({change.chance})"
        )
    widths, epochs = barriers_of_widths(book), barriers_of_epochs(book)
    if len(widths) > 1:
        clauses.append(_with_width(numbers, widths, unit))
    if len(epochs) > 1:
        clauses.append(_in_time(numbers, epochs, unit))
    mean = book.get("alignment/from-mean")
    if mean is not None:
        ends = np.asarray(mean.ends)
        there = numbers.stated(f"loss at the mean of all aligned solutions, {unit}", float(ends[0, 0]))
        of_solutions = numbers.tell(f"loss of the solutions, {unit}", mean_of(ends[:, 1]))
        clauses.append(f"at the mean of all aligned solutions the loss is {there} {unit}, theirs is {of_solutions}")
    return clauses


def _with_width(numbers: Numbers, found: Mapping[int, Any], unit: str) -> str:
    """Barriers of aligned networks of the narrowest and of the widest layer."""
    first, last = min(found), max(found)
    low, high = mean_of(found[first].excess), mean_of(found[last].excess)
    change = independent(low, high)
    numbers.keep(f"excess of aligned networks at M = {first}, {unit}", low)
    numbers.keep(
        f"excess of aligned networks at M = {last}, {unit}", high, p=change.p, against=f"M = {first}", exact=low.value
    )
    word = change.word("falls", "does not significantly change", "rises")
    return (
        f"that of aligned networks {word} with the width, from {low} at M = {first} to {high} at M = {last} "
        f"({change.chance})"
    )


def _in_time(numbers: Numbers, found: Mapping[int, Any], unit: str) -> str:
    """When aligned networks have their highest barrier, and what it comes to at the end."""
    means = {epoch: mean_of(lines.excess) for epoch, lines in found.items()}
    highest, last = max(means, key=lambda epoch: means[epoch].value), max(means)
    top = numbers.tell(f"excess of aligned networks at epoch {highest}, the highest, {unit}", means[highest])
    if highest == last:
        return f"in the course of training it grows to the end, {top} at epoch {last}"
    change = paired(found[highest].excess, found[last].excess)
    end = numbers.tell(
        f"excess of aligned networks at epoch {last}, {unit}", means[last], p=change.p, against=f"epoch {highest}"
    )
    return (
        f"in the course of training it is highest at epoch {highest}, {top}, and {end} at the last, {last} "
        f"({change.chance})"
    )


def barriers_of_widths(book: Any) -> dict[int, Any]:
    """Lines before and after alignment, by the width M."""
    found: dict[int, Any] = book.of_widths("aligned-lines")
    return found


def barriers_of_epochs(book: Any) -> dict[int, Any]:
    """Lines before and after alignment, by the epoch of the training."""
    names = [name for name in book.store.names() if re.fullmatch(r"alignment/epoch-\d+", name)]
    return {epoch: book.get(f"alignment/epoch-{epoch}") for epoch in sorted(int(n.rpartition("-")[2]) for n in names)}


def gains_of(book: Any) -> dict[str, Any]:
    """Alignments of several kinds of pairs, by their name."""
    kinds = {
        "two\nsolutions": "alignment/gain",
        "a solution and one\nof shuffled labels": "alignment/gain-shuffled",
        "two untrained\nnetworks": "alignment/gain-untrained",
    }
    found: dict[str, Any] = book.all_of(kinds)
    return found


def _of_nulls(book: Any, numbers: Numbers) -> list[str]:
    clauses = []
    for name, gain in gains_of(book).items():
        name = name.replace("\n", " ")
        change = paired(gain.overlap_before, gain.overlap)
        before = numbers.tell(f"overlap of {name}, as labelled", mean_of(gain.overlap_before))
        after = numbers.tell(f"overlap of {name}, aligned", mean_of(gain.overlap), p=change.p, against="as labelled")
        clauses.append(f"of {name} from {before} to {after}")
    if clauses:
        clauses[0] = f"alignment raises any overlap: {clauses[0]}"
    untrained = book.get("alignment/triangles-untrained")
    if untrained is not None:
        deviation = numbers.tell(
            "deviation of untrained networks from ultrametricity, relabelling removed",
            untrained.deviation,
            untrained.deviation_error,
            p=float(untrained.deviation_p.max()),
            against="null models",
        )
        word = "are" if untrained.significant else "are not"
        clauses.append(
            f"untrained networks, as many, with relabelling removed {word} more ultrametric than the null models (K = "
            f"{deviation})"
        )
    copies = book.get("alignment/copies")
    if copies is not None:
        largest = float(copies.distances.max() / copies.radius.max())
        far = numbers.stated("largest distance of relabelled copies, in units of |w|", largest, 2)
        clauses.append(f"relabelled and rescaled copies of one solution are at most {far} |w| apart")
    return clauses
