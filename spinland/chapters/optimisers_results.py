"""Result of the comparison of optimisers: losses and flatness where their networks are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..quantities import Measured
from ..statistics.judging import Judged, paired

COST, LOSS = 0, 1
"""Places of the two protocols."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OptimiserComparison(Measured):
    """Networks that O optimisers trained from the same R starting points, by two protocols.

    Attributes
    ----------
    protocols : tuple of 2 str
        ``"cost"``, after equally many gradients of every training sample; ``"loss"``, after the first epoch with a
        training loss at or below one that all reach.
    optimizers : tuple of O str
        As ``spinland study --optimizer`` calls them; the others are compared with the first.
    rates : (O,) float64
        Learning rate of each, the best of several on samples that were held out.
    at_the_end : (O,) bool
        Whether that was the smallest or the largest of them: beyond it may be a better one.
    level : float
        The common training loss.
    quantities : tuple of K str
        ``"train_loss"``, ``"test_loss"``, ``"test_accuracy"``, and measures of flatness, all of the training loss, of
        which small is flat.
    values : (2, O, K, R) float64
        NaN for replicas that diverged or never reached the common loss.
    beside : (2, O, K, R) float64
        The same of the first optimiser at the rate of each: a larger rate by itself makes networks flatter.
    evaluations : (2, O, R) float64
        Gradients of every training sample that it took.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "protocols": ("protocols",),
        "optimizers": ("optimizers",),
        "rates": ("optimizers",),
        "at_the_end": ("optimizers",),
        "quantities": ("quantities",),
        "values": ("protocols", "optimizers", "quantities", "replica"),
        "beside": ("protocols", "optimizers", "quantities", "replica"),
        "evaluations": ("protocols", "optimizers", "replica"),
    }

    protocols: tuple[str, ...]
    optimizers: tuple[str, ...]
    rates: NDArray[np.float64]
    at_the_end: NDArray[np.bool_]
    level: float
    quantities: tuple[str, ...]
    values: NDArray[np.float64]
    beside: NDArray[np.float64]
    evaluations: NDArray[np.float64]

    def of(self, protocol: int, quantity: str) -> NDArray[np.float64]:
        """A quantity (O, R) by a protocol."""
        return np.asarray(self.values[protocol, :, self.quantities.index(quantity)])

    def difference(self, protocol: int, optimizer: int, quantity: str, same_rate: bool = False) -> Judged:
        """A quantity of an optimiser less that of the first, at its own or at the same rate, replica by replica."""
        k = self.quantities.index(quantity)
        first = self.beside[protocol, optimizer, k] if same_rate else self.values[protocol, 0, k]
        return paired(first, self.values[protocol, optimizer, k])

    def compared(self, protocol: int) -> tuple[str, ...]:
        """Quantities that optimisers can differ in: not the training loss, where that is what is made equal."""
        return tuple(name for name in self.quantities if protocol == COST or name != "train_loss")

    def tests(self, protocol: int, same_rate: bool = False) -> int:
        """Differences to the first optimiser that are judged together."""
        pairs = [
            self.difference(protocol, o, name, same_rate)
            for o in range(1, len(self.optimizers))
            for name in self.compared(protocol)
        ]
        return sum(math.isfinite(one.p) for one in pairs)
