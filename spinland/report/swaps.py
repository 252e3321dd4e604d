"""Chapter: protocol 2, interpolation between a network and its copy with exchanged neurons."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures.labels import plus_minus
from ..figures.swaps import barrier_width, swap_barrier, swap_curves
from ..study import names
from .parts import Chapter, Picture, Table, number, picture
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
            f"{result.values.shape[1]} trials; bands: standard error over the networks. Compare figure 3 of arXiv:2407.20724.",
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
    s, mean, error = main.swaps, main.barrier_mean, main.barrier_error
    rises = bool(mean[-1] > 2 * error[-1] and np.all(np.diff(mean) > -2 * np.hypot(error[1:], error[:-1])))
    text = (
        f"The barrier goes from {number(mean[0])} at S = {s[0]} to {plus_minus(mean[-1], error[-1])} {unit} at "
        f"S = {s[-1]} of M = {main.width}; "
        + ("it grows with S" if rises else "it does not grow steadily with S")
    )
    if len(widths) > 1 and common:
        at = [int(np.flatnonzero(r.swaps == common[-1])[0]) for r in results]
        first, last = results[0], results[-1]
        a, da = first.barrier_mean[at[0]], first.barrier_error[at[0]]
        b, db = last.barrier_mean[at[-1]], last.barrier_error[at[-1]]
        word = (
            "falls"
            if b + 2 * np.hypot(da, db) < a
            else ("rises" if b > a + 2 * np.hypot(da, db) else "does not change")
        )
        text += (
            f". At S = {common[-1]} it {word} with the width, from {plus_minus(a, da)} at M = {widths[0]} to "
            f"{plus_minus(b, db)} at M = {widths[-1]}"
        )
    return text + "."


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
    return Table(header, rows, "Barrier, mean ± standard error over the networks.")
