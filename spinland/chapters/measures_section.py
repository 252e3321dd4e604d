"""What was found of measures of flatness, in words, pictures and tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, number, plus_minus
from ..statistics.judging import SIGNIFICANCE, mean_of
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, mean_text, picture
from .subjects import of_kind

WORDS = {
    "keskar": "Keskar's ε-sharpness",
    "sam": "SAM's sharpness",
    "adaptive": "adaptive sharpness",
    "noise": "rise under noise",
    "relative_noise": "rise under relative noise",
    "filter": "filter-normalised rise",
    "trace": "trace of H",
    "largest": "largest eigenvalue",
    "fisher_rao": "Fisher–Rao norm",
    "rescaled_minimum": "least trace over rescalings",
    "local_entropy": "local entropy",
    "pac_bayes": "PAC-Bayes bound",
}
_AT = {"epochs": "equal epochs", "updates": "equal updates", "loss": "equal training loss"}
_SAME = 1e-6  # a relative change above this is no rounding, in float64
_ALL, _WITHIN, _SIZE, _RATE, _FIXED = range(5)  # kinds of pairs, in the order of sl.MeasureComparison


def _listed(names: list[str]) -> str:
    words = [WORDS[name] for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def comparisons(book: Any) -> dict[str, Any]:
    """What there is of the three protocols."""
    found: dict[str, Any] = book.all_of({name: f"measures/at_{name}" for name in _AT})
    return found


def find(book: Any) -> Finding | None:
    """Which measures can be fooled, and which go with generalisation at equal training loss."""
    numbers, table, found = Numbers(), book.get("measures/rescaled"), comparisons(book)
    sentences, headline = [], ""
    if table is not None:
        sentences += [_fooled(numbers, table), *_bound(numbers, table)]
    sentences += [_ranked(numbers, name, found[name]) for name in _AT if name in found]
    if "loss" in found:
        pairs, headline = _survives(found["loss"])
        sentences += [pairs, headline]
    for subject, minima in book.about([of_kind(book, "glass")] if of_kind(book, "glass") else [], "measures"):
        sentences.append(_of_glass(numbers, subject, minima))
    return numbers.finding("measures", " ".join(sentences), headline) if sentences else None


def _fooled(numbers: Numbers, table: Any) -> str:
    layer, units = table.change("layer"), table.change("units")
    for name, change in zip(table.measures, layer, strict=True):
        numbers.keep(
            f"largest change of {WORDS[name]} under a rescaling of a layer by {given(table.alpha)}, %", 100 * change
        )
    groups: dict[str, list[str]] = {"both": [], "layer": [], "units": [], "none": []}
    for name, one, other in zip(table.measures, layer > _SAME, units > _SAME, strict=True):
        groups["both" if one and other else "layer" if one else "units" if other else "none"].append(name)
    text = (
        f"Copies of the same functions with a layer rescaled by {given(table.alpha)}, or each neuron by itself, have "
        f"another {_listed(groups['both']).replace(' and ', ' or ')}"
        if groups["both"]
        else "No measure sees both rescalings"
    )
    if groups["none"]:
        text += f"; the same {_listed(groups['none'])}"
    if groups["units"]:
        text += f"; the {_listed(groups['units'])} sees the neurons alone"
    return text + "."


def _bound(numbers: Numbers, table: Any) -> list[str]:
    """Whether the PAC-Bayes bound says anything; nothing where there is none."""
    if "pac_bayes" not in table.measures:
        return []
    bounds = table.before[table.measures.index("pac_bayes")]
    told = numbers.tell("PAC-Bayes bound on the error", mean_of(bounds))
    word = "says nothing that guessing does not" if bounds.min() >= table.guessing else "is below that of guessing"
    return [f"The PAC-Bayes bound on the error, {told} for {len(bounds)} networks, {word} ({number(table.guessing)})."]


def _significant(found: Any, kind: int) -> np.ndarray[Any, Any]:
    """Which measures have a τ that is more than the largest of as many by chance (Šidák)."""
    p = found.p[:, kind]
    with np.errstate(invalid="ignore"):
        return np.asarray(-np.expm1(len(p) * np.log1p(-np.minimum(p, 1 - 1e-15))) <= SIGNIFICANCE)


def _claims(found: Any, kind: int) -> tuple[list[str], list[str]]:
    """Measures of which flatter is significantly better, and those of which it is worse."""
    real, tau = _significant(found, kind), found.tau[:, kind]
    names = np.array(found.measures)
    return names[real & (tau < 0)].tolist(), names[real & (tau > 0)].tolist()


def _ranked(numbers: Numbers, protocol: str, found: Any) -> str:
    for k, name in enumerate(found.measures):
        for kind in (_ALL, _WITHIN, _FIXED):
            where = f"τ of {WORDS[name]} and test accuracy at {_AT[protocol]}, {_KINDS[kind]}"
            numbers.keep(where, found.tau[k, kind], found.error[k, kind], p=found.p[k, kind], against="zero")
    better, worse = _claims(found, _ALL)
    loss = f"{number(float(np.nanmin(found.train_loss)), 2)} to {number(float(np.nanmax(found.train_loss)), 2)}"
    return (
        f"At {_AT[protocol]} (training losses {loss}), over all networks, "
        + _verdict(better, worse, len(found.measures))
        + "."
    )


def _verdict(better: list[str], worse: list[str], total: int) -> str:
    said = []
    if better:
        said.append(f"flatter goes with better by {len(better)} of {total} measures ({_listed(better)})")
    if worse:
        said.append(f"flatter goes with worse by {len(worse)} ({_listed(worse)})")
    return "; ".join(said) or f"none of {total} measures goes with the test accuracy by more than chance"


def _survives(at: Any) -> tuple[str, str]:
    """What each kind of pairs says at equal training loss, and what is left of the claim."""
    kinds = _WITHIN, _SIZE, _RATE, _FIXED
    lines = [f"{_KINDS[kind]}, {_verdict(*_claims(at, kind), len(at.measures))}" for kind in kinds]
    left = [name for name in at.measures if any(name in _claims(at, kind)[0] for kind in (_WITHIN, _FIXED))]
    largest = float(np.nanmax(at.error[:, _WITHIN]))
    verdict = (
        f"At equal training loss “flatter generalises better” survives for {_listed(left)}."
        if left
        else "At equal training loss “flatter generalises better” is not seen within a setting or at fixed loss: what "
        f"there was of it came with the training loss or the setting (errors of τ up to {number(largest, 2)})."
    )
    return f"Then, {'; '.join(lines)}.", verdict


def _of_glass(numbers: Numbers, subject: Any, minima: Any) -> str:
    deeper_sharper = []
    for k, name in enumerate(minima.measures):
        label = f"{subject.label}, τ of {WORDS[name]} and depth"
        numbers.keep(label, minima.tau[k, _ALL], minima.error[k, _ALL], p=minima.p[k, _ALL], against="zero")
    better, worse = _claims(minima, _ALL)
    if worse:
        deeper_sharper.append(f"deeper {subject.many} are sharper by {_listed(worse)}")
    if better:
        deeper_sharper.append(f"deeper {subject.many} are flatter by {_listed(better)}")
    nothing = f"no measure of flatness goes with the depth of its {subject.many}"
    return f"In the {subject.label}, {'; '.join(deeper_sharper) or nothing}."


_KINDS = {
    _ALL: "over all networks",
    _WITHIN: "within one setting",
    _SIZE: "where the batch size alone differs",
    _RATE: "where the rate alone differs",
    _FIXED: "over all at fixed training loss",
}


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
        [*([_rescaling_table(table)] if table is not None else []), *(_rank_table(at, found[at]) for at in found)],
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
                    list(found.values()), titles=[f"at {_AT[name]}" for name in names], labels=labels
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
        seen = ["yes" if table.change(which)[k] > _SAME else "no" for which in ("layer", "units")]
        rows.append((WORDS[name], mean_text(table.before[k]), layer, seen[0], units, seen[1]))
    header = ["measure", "before", "after T_α / before", "fooled", "after factors of neurons / before", "fooled"]
    return Table(
        header,
        rows,
        f"α = {given(table.alpha)}. Mean ± standard error over networks. Fooled: a relative change above 10⁻⁶.",
    )


def _rank_table(protocol: str, found: Any) -> Table:
    rows = []
    for k, name in enumerate(found.measures):
        cells = [
            plus_minus(found.tau[k, kind], found.error[k, kind]) if math.isfinite(found.tau[k, kind]) else "–"
            for kind in range(5)
        ]
        loss = plus_minus(found.loss_tau[k, _ALL], found.loss_error[k, _ALL])
        rows.append((WORDS[name], *cells, loss))
    header = ["measure", *(_KINDS[kind] for kind in range(5)), "with the training loss"]
    caption = (
        f"At {_AT[protocol]}: Kendall's τ of each measure and the test accuracy ± bootstrap error over replicas; "
        "negative where flatter is better. Claims count by Šidák's bound for as many measures."
    )
    return Table(header, rows, caption)
