"""What the comparison of depths has found, and its part of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, number, plus_minus
from ..statistics.judging import Judged, independent, mean_of
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, mean_text, picture

COMPARISON = "depths/comparison"
"""Where all depths stand beside each other."""

_MEASURES = (
    ("rise", "the rise at relative distance {radius}", True),
    ("roughness", "the roughness along walks", True),
    ("correlation_length", "the correlation length along them, in steps,", False),
    ("largest", "the largest eigenvalue", False),
    ("trace", "the trace of the Hessian", False),
    ("barrier", "the barrier after alignment", True),
)
"""Fields, in words, and whether they have the unit of the loss."""


def find(book: Any) -> Finding | None:
    """The deepest networks beside the shallowest, measure by measure, and the theory beside them."""
    found = book.get(COMPARISON)
    if found is None:
        return None
    numbers = Numbers()
    sentences = [_compared(numbers, found, book)]
    sentences += [
        " ".join(_changes(numbers, found, book)),
        _orders(numbers, found, book),
        _beside_theory(numbers, found),
    ]
    sentences.append(_published(numbers, found))
    sentences.append(_lost(numbers, found))
    return numbers.finding("depth", " ".join(text for text in sentences if text))


def _names(found: Any) -> str:
    return _listed([str(depth) for depth in found.depths])


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _compared(numbers: Numbers, found: Any, book: Any) -> str:
    """What is compared, and how exactly the losses are matched."""
    below = 100 * (1 - found.train_loss / found.level)
    level = numbers.stated("training loss of the comparison", found.level)
    shares = [
        numbers.tell(f"training loss below it, %, {depth} hidden layers", mean_of(row))
        for depth, row in zip(found.depths, below, strict=True)
    ]
    most = int(np.abs(found.residues).max())
    numbers.keep("largest residue of parameters", most)
    quality, unit, scale = ("test accuracy", " %", 100) if book.is_classification else ("test loss", "", 1)
    samples = scale * (found.test_accuracy if book.is_classification else found.test_loss)
    reached = [
        numbers.tell(f"{quality}, {depth} hidden layers", mean_of(row))
        for depth, row in zip(found.depths, samples, strict=True)
    ]
    return (
        f"Networks of {_names(found)} hidden layers with {found.n_parameters} parameters (residues of {most} at most) "
        f"are compared after the first epoch with a training loss of {level} or less, each trained at the best of "
        f"several rates; they are then below it by {_listed(shares)} %, and their {quality} is "
        f"{_listed(reached)}{unit}."
    )


def _changes(numbers: Numbers, found: Any, book: Any) -> Iterator[str]:
    """From the shallowest to the deepest networks."""
    if len(found.depths) < 2:
        return
    clauses = []
    for name, words, of_loss in _MEASURES:
        first, last = (mean_of(getattr(found, name)[row]) for row in (0, -1))
        words = words.format(radius=given(found.radius))
        unit = f" {book.network.unit}" if of_loss else ""
        told = [
            numbers.tell(f"{words}, {depth} hidden layers", judged)
            for depth, judged in ((found.depths[0], first), (found.depths[-1], last))
        ]
        change = independent(first, last)
        numbers.keep(f"change of {words} with depth", change, p=change.p, against="zero")
        verb = change.word("falls", "does not change significantly", "grows")
        clauses.append(f"{words} {verb}, from {told[0]} to {told[1]}{unit} ({change.chance})")
    yield f"From {found.depths[0]} to {found.depths[-1]} hidden layers " + "; ".join(clauses) + "."


def _orders(numbers: Numbers, found: Any, book: Any) -> str:
    """Effective orders, which the analogy takes for the number of layers of weights."""
    told = [
        numbers.tell(
            f"effective order, {depth} hidden layers",
            value,
            error,
            p=Judged(value - depth - 1, error, book.correlation_pairs - 1).p,
            against="layers of weights",
            exact=depth + 1,
        )
        for depth, value, error in zip(found.depths, found.order, found.order_error, strict=True)
    ]
    layers = _listed([str(depth + 1) for depth in found.depths])
    return f"The effective order is {_listed(told)} for {layers} layers of weights."


def _beside_theory(numbers: Numbers, found: Any) -> str:
    """Where the theory counts most critical points, and where roughness is largest."""
    for depth, value in zip(found.depths, found.log_complex, strict=True):
        numbers.keep(f"log of the theory's number of critical points, {depth} hidden layers", value)
    if len(found.depths) < 3:
        return ""
    top = int(np.argmax(found.log_complex))
    theory = f"The glass of the analogy has most critical points at {found.depths[top]} hidden layers of these"
    rough = [mean_of(row) for row in found.roughness]
    highest = int(np.nanargmax([r.value for r in rough]))
    if highest == top:
        return f"{theory}, where the landscape is roughest, too."
    change = independent(rough[top], rough[highest])
    numbers.keep("roughness where it is largest, less that where theory counts most", change, p=change.p)
    verdict = "significantly" if change.significant else "not significantly"
    return (
        f"{theory}; the landscape is roughest at {found.depths[highest]}, {verdict} rougher than there "
        f"({change.chance})."
    )


_WAYS = {
    "rise_far": "along directions in all layers",
    "rise_ends": "along the same directions in the first and the last layer only",
    "rise_double": "along these where a softmax stands under the softmax of the loss",
}


def _published(numbers: Numbers, found: Any) -> str:
    """What is left of the rise in the first and last layer only, under a double softmax."""
    if not np.isfinite(found.rise_double).any():
        return ""
    told, grown = [], []
    for name, words in _WAYS.items():
        means = [mean_of(row) for row in getattr(found, name)]
        called = f"rise at relative distance 1 {words}"
        rises = [
            numbers.tell(f"{called}, {depth} hidden layers", mean)
            for depth, mean in zip(found.depths, means, strict=True)
        ]
        told.append(f"{_listed(rises)} {words}")
        ends = means[0], means[-1]
        ratio = ends[1].value / ends[0].value
        error = ratio * math.hypot(*(mean.error / mean.value for mean in ends))
        grown.append(Judged(ratio, error, min(mean.freedom for mean in ends)))
    text = f"At relative distance 1 the loss rises by, in nats, {'; '.join(told)}."
    if len(found.depths) < 2:
        return text
    factors = [
        numbers.tell(f"growth of that rise with depth, {words}", factor)
        for words, factor in zip(_WAYS.values(), grown, strict=True)
    ]
    hidden = independent(grown[-1], grown[0])
    numbers.keep("growth in all layers less growth as published", hidden, p=hidden.p, against="zero")
    verdict = hidden.word(
        "the published way shows more of it than there is",
        "the published way shows all of it",
        "the published way, two layers of a deep network and a loss that is bounded, hides most of it",
    )
    depths = f"from {found.depths[0]} to {found.depths[-1]} hidden layers"
    return f"{text} So {depths} it grows by factors of {_listed(factors)}: {verdict} ({hidden.chance})."


def _lost(numbers: Numbers, found: Any) -> str:
    """Replicas that are left out."""
    missing = np.isnan(found.train_loss).sum(axis=1)
    if not missing.any():
        return ""
    for depth, count in zip(found.depths, missing, strict=True):
        numbers.keep(f"replicas that never got there, {depth} hidden layers", float(count))
    total = found.train_loss.shape[1]
    return (
        f"Of {total} replicas {_listed([str(int(n)) for n in missing])} learnt nothing or diverged, and are left out."
    )


_TEXT = (
    "Networks of several depths get equally many parameters: hidden layers of equal widths, up to one neuron. All "
    "start from weights uniform on ±sqrt(6/fan_in) with biases zero, which keeps the size of signals in any number of "
    "layers of ReLU (He et al., arXiv:1502.01852). Each depth is trained at the rate with the lowest final training "
    "loss of other replicas, and looked at after the first epoch whose training loss is at or below the lowest that "
    "all replicas of all depths reach; those that never come to half of their loss at the start are left out. Becker, "
    "Zhang and Lee (arXiv:1808.00408) count the critical points of the glass that stands for such networks: with "
    "depth their number rises, and then falls."
)


def write(book: Any) -> Section | None:
    """Figures and tables."""
    found = book.get(COMPARISON)
    if found is None:
        return None
    figures = [
        picture(
            sl.figures.depth_measures(found, unit=book.network.unit),
            "Landscapes around networks of several depths with equally many parameters, at one training loss. Means "
            "over replicas ± standard errors, pale dots the replicas; barriers over disjoint pairs; effective orders "
            "with bootstrap errors over pairs of points. Walks have steps of equal relative length. Last: logarithm of "
            "the number of complex critical points of the glass of the analogy.",
        ),
        *_planes(book),
    ]
    return Section("Depth", "Depth against width", _TEXT, figures, [_training(book, found), _table(found)])


_PLANES = {
    "plane": (
        "Planes of two random filter-normalised directions in all layers, about one network of each depth, at one "
        "training loss and in one scale of colours."
    ),
    "plane-ends": (
        "The same planes as comparisons of depths were published: directions in the first and the last layer only, and "
        "a softmax under the softmax of the loss, which keeps it between log(1 + (c−1)/e) and log(e + c − 1) for c "
        "classes."
    ),
}


def _planes(book: Any) -> Iterator[Picture]:
    for part, words in _PLANES.items():
        there = book.about(book.deep, part)
        if there:
            names = [subject.label for subject, _ in there]
            yield picture(sl.figures.plane_row([plane for _, plane in there], names=names), words)


def _training(book: Any, found: Any) -> Table:
    """Architectures and rates, and how far the losses are matched."""
    rows = []
    for k, subject in enumerate(book.deep):
        sweep, matched = book.get(subject.name("rates")), book.get(subject.solutions)
        if sweep is None or matched is None:
            continue
        row = sweep.losses[int(np.flatnonzero(sweep.rates == sweep.best)[0])]
        rate = given(sweep.best) + (" (end of the sweep)" if sweep.at_the_end else "")
        rows.append(
            [
                found.shapes[k],
                f"{found.residues[k]:+d}".replace("-", "−") if found.residues[k] else "0",
                rate,
                mean_text(row),
                mean_text(found.epochs[k]),
                mean_text(found.train_loss[k]),
                str(int(np.isnan(found.epochs[k]).sum())),
            ]
        )
    return Table(
        ["widths", "residue", "rate", "best final loss", "epoch", "loss there", "left out"],
        rows,
        f"Residue: parameters beyond {found.n_parameters}. Rate: that of the lowest mean training loss after the last "
        "epoch, over replicas of their own. Epoch and loss: where networks are compared, mean ± standard error.",
    )


def _table(found: Any) -> Table:
    columns = (
        ("test accuracy", 100 * found.test_accuracy),
        ("rise", found.rise),
        ("roughness", found.roughness),
        ("corr. length", found.correlation_length),
        ("λ_max", found.largest),
        ("trace", found.trace),
        ("barrier", found.barrier_before),
        ("aligned", found.barrier),
    )
    shown = [(name, rows) for name, rows in columns if np.isfinite(rows).any()]
    rows = [
        [
            str(depth),
            *(mean_text(values[k]) for _, values in shown),
            plus_minus(found.order[k], found.order_error[k]),
            number(found.log_complex[k], 3),
        ]
        for k, depth in enumerate(found.depths)
    ]
    header = ["hidden layers", *(name for name, _ in shown), "eff. order", "log of their number"]
    return Table(
        header,
        rows,
        "At one training loss, mean ± standard error over replicas (accuracy in percent; barriers over disjoint "
        "pairs); effective order with its bootstrap error. Last: complex critical points of the glass of the analogy.",
    )
