"""What the comparison of optimisers has found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..formatting import given
from ..statistics.judging import SIGNIFICANCE, Judged, mean_of, of_several
from .findings import Finding, Numbers
from .measures_finding import WORDS
from .optimisers_results import COST, LOSS
from .training import OPTIMIZERS

COMPARISON = "optimisers/comparison"
"""Where all optimisers stand beside each other."""

NAMES = "sgd", "sam", "entropy-sgd", "replicated-sgd"
"""Those that are compared, as settings call them; the others with the first."""

QUANTITIES = {"train_loss": "training loss", "test_loss": "test loss", "test_accuracy": "test accuracy", **WORDS}
AT = {COST: "equal gradient evaluations", LOSS: "equal training loss"}
BESIDE = {False: "SGD", True: "SGD at the same rate"}
"""What is compared with: at its own best rate, or at that of the other optimiser."""


class Difference(NamedTuple):
    """A quantity of an optimiser less that of SGD, and the p of it among all that are judged with it."""

    optimizer: str
    quantity: str
    value: Judged
    p: float

    @property
    def significant(self) -> bool:
        """Whether it is more than the largest of as many would be by chance."""
        return self.p <= SIGNIFICANCE


def differences(found: Any, protocol: int, same_rate: bool = False) -> Iterator[Difference]:
    """All differences to SGD by a protocol, optimiser by optimiser."""
    n = found.tests(protocol, same_rate)
    for o, name in enumerate(found.optimizers[1:], 1):
        for quantity in found.compared(protocol):
            value = found.difference(protocol, o, quantity, same_rate)
            yield Difference(name, quantity, value, of_several(value.p, n))


def find(book: Any) -> Finding | None:
    """Which differences to SGD are left, at equal cost and at equal training loss."""
    found = book.get(COMPARISON)
    if found is None:
        return None
    numbers = Numbers()
    sentences = [_reached(numbers, found, book)]
    beside = BESIDE if len(set(found.rates)) > 1 else (False,)  # with one rate both are the same
    sentences += [_judged(numbers, found, protocol, same_rate) for same_rate in beside for protocol in AT]
    return numbers.finding("optimisers", " ".join(sentences), _headline(found))


def named(name: str) -> str:
    """An optimiser at the beginning of a sentence."""
    words = OPTIMIZERS[name]
    return words[0].upper() + words[1:]


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _reached(numbers: Numbers, found: Any, book: Any) -> str:
    """What each optimiser came to at equal cost, and where all can be compared at one loss."""
    cost = int(np.nanmax(found.evaluations[COST], initial=0))
    numbers.keep("gradients of every sample", cost)
    told = []
    for o, name in enumerate(found.optimizers):
        loss, accuracy = (
            numbers.tell(f"{QUANTITIES[q]}{unit}, {OPTIMIZERS[name]}", mean_of(factor * found.of(COST, q)[o]))
            for q, factor, unit in (("train_loss", 1, ""), ("test_accuracy", 100, ", %"))
        )
        told.append(f"{loss} and {accuracy} % ({OPTIMIZERS[name]}, rate {given(found.rates[o])})")
    level = numbers.stated("common training loss", found.level)
    taken = [
        numbers.tell(f"gradients of every sample up to it, {OPTIMIZERS[name]}", mean_of(found.evaluations[LOSS, o]))
        for o, name in enumerate(found.optimizers)
    ]
    below = [
        numbers.tell(f"training loss below it, %, {OPTIMIZERS[name]}", mean_of(100 * (1 - row / found.level)))
        for name, row in zip(found.optimizers, found.of(LOSS, "train_loss"), strict=True)
    ]
    return (
        f"After {cost} gradients of every sample, from the same starting points, training loss and test accuracy are "
        f"{_listed(told)}. All reach a training loss of {level} {book.network.unit}, after "
        f"{_listed(taken)} gradients of every sample, in this order; after that epoch they are below it by "
        f"{_listed(below)} %."
    )


def _judged(numbers: Numbers, found: Any, protocol: int, same_rate: bool) -> str:
    """The differences to SGD that are more than chance among all of a protocol."""
    left: dict[str, list[str]] = {}
    beside = BESIDE[same_rate]
    for one in differences(found, protocol, same_rate):
        label = f"{QUANTITIES[one.quantity]} of {OPTIMIZERS[one.optimizer]} less that of {beside}, at {AT[protocol]}"
        value = numbers.tell(label, one.value, p=one.p, against="zero")
        if one.significant:
            verb = "lower" if one.value.value < 0 else "higher"
            text = f"{QUANTITIES[one.quantity]} {verb} ({value})"
            left.setdefault(one.optimizer, []).append(text)
    n = found.tests(protocol, same_rate)
    said = "; ".join(f"of {OPTIMIZERS[name]}, {_listed(texts)}" for name, texts in left.items())
    verdict = f"these are more than chance: {said}" if said else "none is more than chance"
    return f"At {AT[protocol]}, of {n} paired differences to {beside}, p by Šidák's bound for all of them, {verdict}."


def _headline(found: Any) -> str:
    """Who tests better or worse than SGD at equal cost, and whose flatness is more than that of their rate and loss."""
    cost = _by_sign(differences(found, COST), better=True)
    flat = _by_sign(differences(found, LOSS, True), better=False)
    tests = [_who(cost[1], "test better than those of SGD") or "no networks test better than those of SGD"]
    tests += [_who(cost[-1], "test worse")]
    rooms = [_who(flat[-1], "are flatter by some measure") or "none are flatter by any measure"]
    rooms += [_who(flat[1], "are sharper by some")]
    first, second = (_listed([text for text in said if text]) for said in (tests, rooms))
    return f"At {AT[COST]} {first}; at {AT[LOSS]} and beside {BESIDE[True]} {second}."


def _by_sign(some: Iterator[Difference], *, better: bool) -> dict[int, list[Difference]]:
    """Significant differences that say better (1) or worse (−1), or else sharper or flatter."""
    real = [one for one in some if one.significant]
    return {sign: [one for one in real if _sign(one, better=better) == sign] for sign in (1, -1)}


def _sign(one: Difference, *, better: bool) -> int:
    """Whether a difference says better or worse, or else sharper or flatter; 0 where it says nothing of it."""
    of_test = {"test_loss": -1, "test_accuracy": 1}.get(one.quantity, 0)
    return int(np.sign(one.value.value)) * (of_test if better else int(one.quantity in WORDS))


def _who(those: list[Difference], do: str) -> str:
    """The optimisers of some differences, and what their networks do; empty if there are none."""
    names = list(dict.fromkeys(OPTIMIZERS[one.optimizer] for one in those))
    return f"those of {_listed(names)} {do}" if names else ""
