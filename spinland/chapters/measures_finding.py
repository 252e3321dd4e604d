"""What was found of measures of flatness, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..formatting import given, number
from ..statistics.judging import SIGNIFICANCE, mean_of, of_several
from .findings import Finding, Numbers
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
AT = {"epochs": "equal epochs", "updates": "equal updates", "loss": "equal training loss"}
"""When networks of different settings are compared."""
SAME = 1e-6  # a relative change above this is no rounding, in float64
ALL, WITHIN, SIZE, RATE, FIXED = range(5)  # kinds of pairs, in the order of sl.MeasureComparison
KINDS = {
    ALL: "over all networks",
    WITHIN: "within one setting",
    SIZE: "where the batch size alone differs",
    RATE: "where the rate alone differs",
    FIXED: "over all at fixed training loss",
}


def _listed(names: list[str]) -> str:
    words = [WORDS[name] for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def comparisons(book: Any) -> dict[str, Any]:
    """What there is of the three protocols."""
    found: dict[str, Any] = book.all_of({name: f"measures/at_{name}" for name in AT})
    return found


def find(book: Any) -> Finding | None:
    """Which measures can be fooled, and which go with generalisation at equal training loss."""
    numbers, table, found = Numbers(), book.get("measures/rescaled"), comparisons(book)
    sentences, headline = [], ""
    if table is not None:
        sentences.append(_fooled(numbers, table))
    sentences += _bound(numbers, book.get("measures/bound"))
    sentences += [_ranked(numbers, f"at {AT[name]}", found[name]) for name in found]
    if "loss" in found:
        said, headline = _at_equal_loss(numbers, book, found["loss"])
        sentences += [*said, headline]
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
    for name, one, other in zip(table.measures, layer > SAME, units > SAME, strict=True):
        groups["both" if one and other else "layer" if one else "units" if other else "none"].append(name)
    text = f"Rescaling a layer by {given(table.alpha)}, or each neuron by itself, leaves the function alone"
    if groups["both"]:
        text += f" and changes {_listed(groups['both'])}"
    if groups["units"]:
        text += f"; of single neurons alone {_listed(groups['units'])}"
    if groups["none"]:
        text += f"; it does not change {_listed(groups['none'])}"
    return text + "."


def _bound(numbers: Numbers, found: Any) -> list[str]:
    """Whether the PAC-Bayes bound says anything; nothing where there is none."""
    if found is None:
        return []
    told = numbers.tell("PAC-Bayes bound on the error", mean_of(found.bound))
    word = "says nothing that guessing does not" if found.vacuous.all() else "is below that of guessing"
    many = f"{len(found.bound)} solutions that learnt all samples"
    return [f"The PAC-Bayes bound on the error, {told} for {many}, {word} ({number(found.guessing)})."]


def _significant(found: Any, kind: int) -> np.ndarray[Any, Any]:
    """Which measures have a τ that is more than the largest of as many by chance (Šidák)."""
    p = found.p[:, kind]
    return np.array([of_several(float(one), len(p)) <= SIGNIFICANCE for one in p])


def _claims(found: Any, kind: int) -> tuple[list[str], list[str]]:
    """Measures of which flatter is significantly better, and those of which it is worse."""
    real, tau = _significant(found, kind), found.tau[:, kind]
    names = np.array(found.measures)
    return names[real & (tau < 0)].tolist(), names[real & (tau > 0)].tolist()


def _ranked(numbers: Numbers, where: str, found: Any, quality: str = "test accuracy") -> str:
    for k, name in enumerate(found.measures):
        for kind in (ALL, WITHIN, FIXED):
            label = f"τ of {WORDS[name]} and {quality} {where}, {KINDS[kind]}"
            numbers.keep(label, found.tau[k, kind], found.error[k, kind], p=found.p[k, kind], against="zero")
    loss = f"{number(float(np.nanmin(found.train_loss)), 2)} to {number(float(np.nanmax(found.train_loss)), 2)}"
    verdict = _verdict(*_claims(found, ALL), len(found.measures), quality)
    return f"{where[:1].upper()}{where[1:]} (training losses {loss}), over all networks, {verdict}."


def _verdict(better: list[str], worse: list[str], total: int, quality: str) -> str:
    said = []
    if better:
        said.append(f"flatter goes with better by {len(better)} of {total} measures ({_listed(better)})")
    if worse:
        said.append(f"flatter goes with worse by {len(worse)} ({_listed(worse)})")
    return "; ".join(said) or f"none of {total} measures goes with the {quality} by more than chance"


def _at_equal_loss(numbers: Numbers, book: Any, at: Any) -> tuple[list[str], str]:
    """What pairs of each kind say of accuracy and test loss at equal training loss, and what is left of the claim."""
    sentences, left, largest = [], [], 0.0
    for by, found in (("accuracy", at), ("loss", book.get("measures/by_test_loss"))):
        if found is not None:
            sentences += [_of_pairs(found, f"test {by}"), *_ceiling(numbers, by, book.get(f"measures/halves/{by}"))]
            left += [name for kind in (WITHIN, FIXED) for name in _claims(found, kind)[0]]
            largest = max(largest, float(np.nanmax(found.error[:, WITHIN])))
    if left:
        return sentences, (
            "At equal training loss “flatter generalises better” survives, within one setting or at fixed loss, for "
            f"{_listed([name for name in at.measures if name in left])}."
        )
    return sentences, (
        "At equal training loss “flatter generalises better” is not seen within a setting or at fixed loss: what there "
        f"was of it came with the training loss or the setting (errors of τ up to {number(largest, 2)})."
    )


def _of_pairs(found: Any, quality: str) -> str:
    kinds = WITHIN, SIZE, RATE, FIXED
    said = {kind: _verdict(*_claims(found, kind), len(found.measures), quality) for kind in kinds}
    if len(set(said.values())) == 1:
        words = ", ".join(KINDS[kind] for kind in kinds[:-1])
        return f"Of the {quality} at equal training loss: {said[WITHIN]}, be it {words} or {KINDS[FIXED]}."
    return f"Of the {quality} at equal training loss: {'; '.join(f'{KINDS[k]}, {w}' for k, w in said.items())}."


def _ceiling(numbers: Numbers, by: str, halves: Any) -> list[str]:
    """How well the test itself is known: no measure can go much better with it than it goes with itself."""
    if halves is None:
        return []
    whole, within = (
        numbers.tell(
            f"τ of the {by} on two halves of the test, {KINDS[kind]}", -halves.tau[0, kind], halves.error[0, kind]
        )
        for kind in (ALL, WITHIN)
    )
    return [f"(Two halves of the test agree on it with a τ of {whole}, within one setting of {within}.)"]


def _of_glass(numbers: Numbers, subject: Any, minima: Any) -> str:
    deeper_sharper = []
    for k, name in enumerate(minima.measures):
        label = f"{subject.label}, τ of {WORDS[name]} and depth"
        numbers.keep(label, minima.tau[k, ALL], minima.error[k, ALL], p=minima.p[k, ALL], against="zero")
    better, worse = _claims(minima, ALL)
    if worse:
        deeper_sharper.append(f"deeper {subject.many} are sharper by {_listed(worse)}")
    if better:
        deeper_sharper.append(f"deeper {subject.many} are flatter by {_listed(better)}")
    nothing = f"no measure of flatness goes with the depth of its {subject.many}"
    return f"In the {subject.label}, {'; '.join(deeper_sharper) or nothing}."
