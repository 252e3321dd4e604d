"""What a page shows of measures of flatness: pictures and tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, plus_minus
from .measures_finding import ALL, AT, KINDS, SAME, WORDS, comparisons
from .sections import Picture, Section, Table, mean_text, picture
from .subjects import of_kind


def write(book: Any) -> Section | None:
    """Table of rescalings, scatters at equal loss, correlations of all protocols."""
    table, found = book.get("measures/rescaled"), comparisons(book)
    glass = of_kind(book, "glass")
    minima = None if glass is None else book.get(glass.name("measures"))
    if table is None and not found and minima is None:
        return None
    return Section(
        "Measures",
        "Flatness that cannot be fooled",
        _text(book, bool(found)),
        [*_pictures(table, found), *_glass_pictures(glass, minima)],
        [*([_rescaling_table(table)] if table is not None else []), *_rank_tables(book, found)],
    )


def _text(book: Any, trained: bool) -> str:
    c = book.config
    text = (
        "A measure of flatness that changes when neurons are rescaled is no property of the function (Dinh et al., "
        "arXiv:1703.04933). And a measure that goes with generalisation over networks which are trained to different "
        "losses may tell of the loss alone."
    )
    if trained:
        text += (
            f" Plain descent with batch sizes {', '.join(map(str, c.measure_sizes))} and rates "
            f"{', '.join(map(given, c.measure_rates))}, {c.measure_replicas} replicas from common starts, on "
            f"{c.measure_samples} samples at most; the test set has all others. Networks are compared after "
            f"{c.measure_epochs} epochs, after as many updates, and when their training loss first is one that "
            "all reach."
        )
    return text


def _pictures(table: Any, found: dict[str, Any]) -> list[Picture]:
    figures = []
    if table is not None:
        figures.append(
            picture(
                sl.figures.dinh_changes(table, labels=[WORDS[name] for name in table.measures]),
                f"Measures after a rescaling, over those before: T_α with α = {given(table.alpha)} on the first hidden "
                "layer, and another factor for each neuron. The function is the same; a measure of the function lies "
                "on the line. Each point is one network.",
            )
        )
    if "loss" in found:
        at = found["loss"]
        figures.append(
            picture(
                sl.figures.measure_scatter(at, labels=[WORDS[name] for name in at.measures]),
                "Measures against the test accuracy at equal training loss. Each point is one network; settings by "
                "colour. Titles: Kendall's τ over all networks, and within one setting.",
            )
        )
    if found:
        names = list(found)
        labels = [WORDS[name] for name in found[names[-1]].measures]
        figures.append(
            picture(
                sl.figures.measure_correlations(
                    list(found.values()), titles=[f"at {AT[name]}" for name in names], labels=labels
                ),
                "Kendall's τ of each measure and the test accuracy, with bootstrap errors over replicas. Left of the "
                "line: flatter is better.",
            )
        )
    return figures


def _glass_pictures(glass: Any, minima: Any) -> list[Picture]:
    if minima is None:
        return []
    labels = [WORDS[name] for name in minima.measures]
    drawn = sl.figures.measure_scatter(minima, labels=labels, quality_label="depth −H/N")
    return [
        picture(
            drawn,
            f"Measures at {glass.many} of the {glass.label} against their depth, with Kendall's τ. Those that "
            "know coordinates have no meaning on a sphere.",
        )
    ]


def _rescaling_table(table: Any) -> Table:
    rows = []
    for k, name in enumerate(table.measures):
        layer, units = (
            mean_text(after[k] / table.before[k]) if np.isfinite(table.before[k]).all() else "–"
            for after in (table.layer, table.units)
        )
        seen = ["yes" if table.change(which)[k] > SAME else "no" for which in ("layer", "units")]
        rows.append((WORDS[name], mean_text(table.before[k]), layer, seen[0], units, seen[1]))
    header = ["measure", "before", *("over that before", "fooled") * 2]
    groups = (("", 2), ("after T_α", 2), ("after factors of neurons", 2))
    return Table(
        header,
        rows,
        f"α = {given(table.alpha)}. Mean ± standard error over networks. Fooled: a relative change above 10⁻⁶.",
        groups=groups,
    )


def _rank_tables(book: Any, found: dict[str, Any]) -> list[Table]:
    tables = [_rank_table(f"At {AT[name]}", item, "the test accuracy") for name, item in found.items()]
    by_loss = book.get("measures/by_test_loss")
    return (
        tables if by_loss is None else [*tables, _rank_table("At equal training loss", by_loss, "minus the test loss")]
    )


def _rank_table(where: str, found: Any, quality: str) -> Table:
    rows = []
    for k, name in enumerate(found.measures):
        cells = [
            plus_minus(found.tau[k, kind], found.error[k, kind]) if math.isfinite(found.tau[k, kind]) else "–"
            for kind in range(5)
        ]
        loss = plus_minus(found.loss_tau[k, ALL], found.loss_error[k, ALL])
        rows.append((WORDS[name], *cells, loss))
    header = ["measure", *(KINDS[kind] for kind in range(5)), "with the training loss"]
    caption = (
        f"{where}: Kendall's τ of each measure and {quality} ± bootstrap error over replicas; negative where "
        "flatter is better. Claims count by Šidák's bound for as many measures."
    )
    return Table(header, rows, caption)
