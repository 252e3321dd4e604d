"""Chapter: protocol 2, interpolation between a network and its copy with exchanged neurons."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..figures.swaps import barrier_width, swap_barrier, swap_curves
from ..formatting import plus_minus
from ..statistics.judging import Judged, independent, mean_of, paired, worst_bound
from ..study import names
from .parts import Chapter, Picture, Table, picture, sentence
from .reader import StudyReader


def swaps_chapter(study: StudyReader) -> Chapter | None:
    """Loss along the way, barrier against the number of pairs S and against the width M."""
    layers = [study.get(names.swaps(layer)) for layer in range(len(study.config.hidden))]
    main = layers[0]
    if main is None:
        return None
    figures: list[Picture] = [
        picture(
            swap_curves(result, value_label=study.value_label),
            f"Loss between a network and its copy with S pairs of neurons of hidden layer {layer + 1} exchanged "
            f"(M = {result.width}), along the straight line w(α) = (1−α) w + α Pw. Mean over "
            f"{result.values.shape[1]} trials; bands: standard error over the networks, pale the middle 68 % of the trials. Compare figure 3 of arXiv:2407.20724.",
        )
        for layer, result in enumerate(layers)
        if result is not None
    ]
    widths, results = study.of_widths("swaps")
    shown = results if results else [main]
    figures.append(
        picture(
            swap_barrier(shown, unit=study.unit),
            "Barrier, the largest loss on the way minus the loss at the ends, against the number S of exchanged "
            "pairs, for each width M.",
        )
    )
    common = _common_swaps(results)
    if len(widths) > 1 and common:
        figures.append(
            picture(
                barrier_width(results, n_swaps=common, unit=study.unit),
                "Barrier against the width M for fixed numbers of exchanged pairs.",
            )
        )
    return Chapter(
        "swaps", "Protocol 2", "Protocol 2: swapping hidden neurons",
            "Exchanging hidden neurons does not change the function of a network, so both ends of the way have the same "
            "loss; what lies between is the barrier between two copies of one solution.",
        _finding(main, widths, results, common, study.unit),
        figures,
        [_table(shown)],
    )  # fmt: skip


def _common_swaps(results: list[Any]) -> list[int]:
    """Numbers S > 0 that every width has, at most four."""
    if not results:
        return []
    common = set(map(int, results[0].swaps))
    for result in results[1:]:
        common &= set(map(int, result.swaps))
    return sorted(s for s in common if s > 0)[-4:]


def _finding(main: Any, widths: list[int], results: list[Any], common: list[int], unit: str) -> str:
    first, last = int(np.argmin(main.swaps)), int(np.argmax(main.swaps))
    clauses = [
        f"exchanging S = {main.swaps[last]} pairs of M = {main.width} neurons meets a barrier of {_barrier(main, last)} {unit}"
    ]
    if first != last:
        growth = paired(main.barrier[first], main.barrier[last], main.origin_index)
        if main.swaps[first] > 0:  # without exchanges there is no barrier
            clauses[0] += f", {growth} more than S = {main.swaps[first]}"
        clauses.append(_growing(main, growth))
    if len(widths) > 1 and common:
        s = common[-1]
        narrow, wide = (_barrier(r, int(np.flatnonzero(r.swaps == s)[0])) for r in (results[0], results[-1]))
        change = independent(narrow, wide)
        word = change.word("falls", "does not significantly change", "rises")
        clauses.append(
            f"at S = {s} it {word} with the width, from {narrow} at M = {widths[0]} to {wide} at M = {widths[-1]} ({change.chance})"
        )
    return sentence(*clauses)


def _barrier(result: Any, row: int) -> Judged:
    """Mean barrier of one number of pairs, its error over the networks."""
    return mean_of(result.barrier[row], result.origin_index)


def _growing(main: Any, growth: Judged) -> str:
    """Whether the barrier grows with S, and falls nowhere more than by chance; trial by trial, as sets of pairs are nested."""
    if not (growth.significant and growth.value > 0):
        return f"it does not significantly grow with S ({growth.chance})"
    rows = main.barrier[np.argsort(main.swaps)]
    steps = [paired(a, b, main.origin_index) for a, b in pairwise(rows)]
    falls = [step.value / step.error if step.value < 0 and step.error > 0 else 0.0 for step in steps]
    worst = worst_bound(falls, growth.freedom)
    return (
        "it grows with S, though not at every step" if worst.significant else "it grows steadily with S"
    ) + f" ({growth.chance})"


def _table(results: list[Any]) -> Table:
    """Rows by the number of pairs, columns by width."""
    cells = [
        {
            int(s): plus_minus(m, e)
            for s, m, e in zip(result.swaps, result.barrier_mean, result.barrier_error, strict=True)
        }
        for result in results
    ]
    numbers = sorted(set().union(*cells))
    rows = [(f"S = {s}", *(column.get(s, "") for column in cells)) for s in numbers]
    header = ("", *(f"M = {result.width}" for result in results))
    return Table(
        header,
        rows,
        "Barrier, mean ± standard error over the networks (over the trials where there is one network).",
    )
