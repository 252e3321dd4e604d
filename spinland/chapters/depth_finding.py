"""What the comparison of depths has found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..formatting import given
from ..statistics.judging import Judged, independent, mean_of, quotient
from .findings import Finding, Numbers

COMPARISON = "depths/comparison"
"""Where all depths stand beside each other."""

_MEASURES = (
    ("rise", "the rise at relative distance {radius}", True),
    ("roughness", "the roughness along walks", True),
    ("correlation_length", "the correlation length along them in steps", False),
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
    return numbers.finding("depth", " ".join(text for text in sentences if text), _headline(found))


def _headline(found: Any) -> str:
    """The largest changes in one sentence, with numbers that the statement keeps."""
    first, last = found.depths[0], found.depths[-1]
    if first == last:
        return ""
    clauses = [
        f"{words} goes from {mean_of(rows[0])} to {mean_of(rows[-1])}{unit}"
        for words, rows, unit in (
            ("the largest eigenvalue", found.largest, ""),
            ("the barrier after alignment", found.barrier, f" {found.unit}"),
        )
    ]
    return (
        f"With {found.n_parameters} parameters and one training loss, from {first} to {last} hidden layers "
        f"{_listed(clauses)}."
    )


def _names(found: Any) -> str:
    return _listed([str(depth) for depth in found.depths])


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _compared(numbers: Numbers, found: Any, book: Any) -> str:
    """What is compared, and how exactly the losses are matched."""
    below = 100 * (1 - found.train_loss / found.level)
    level = numbers.stated("training loss of the comparison", found.level)
    shares = [
        numbers.tell(f"training loss below it, %, hidden layers: {depth}", mean_of(row))
        for depth, row in zip(found.depths, below, strict=True)
    ]
    most = int(np.abs(found.residues).max())
    numbers.keep("largest residue of parameters", most)
    quality, unit, scale = ("test accuracy", " %", 100) if book.is_classification else ("test loss", "", 1)
    samples = scale * (found.test_accuracy if book.is_classification else found.test_loss)
    reached = [
        numbers.tell(f"{quality}, hidden layers: {depth}", mean_of(row))
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
            numbers.tell(f"{words}, hidden layers: {depth}", judged)
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
            f"effective order, hidden layers: {depth}",
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
        numbers.keep(f"log of the theory's number of critical points, hidden layers: {depth}", value)
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
            numbers.tell(f"{called}, hidden layers: {depth}", mean)
            for depth, mean in zip(found.depths, means, strict=True)
        ]
        told.append(f"{_listed(rises)} {words}")
        grown.append(quotient(means[-1], means[0]))
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
        numbers.keep(f"replicas that never got there, hidden layers: {depth}", float(count))
    total = found.train_loss.shape[1]
    return (
        f"Of {total} replicas {_listed([str(int(n)) for n in missing])} learnt nothing or diverged, and are left out."
    )
