"""Learning rates as functions of time, in epochs since the start of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError


@runtime_checkable
class Schedule(Protocol):
    """Anything with ``rates(elapsed, total)``."""

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` (in epochs) of a training of ``total`` epochs."""
        ...


#: A number, a schedule, or any function of the time in epochs.
LearningRate: TypeAlias = float | Schedule | Callable[[float], float]


@dataclass(frozen=True)
class Constant:
    """The same learning rate ``rate`` throughout."""

    rate: float

    def __post_init__(self) -> None:
        _set(self, rate=checks.real("rate", self.rate, minimum=0))

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` (in epochs)."""
        return np.full(_times(elapsed).shape, self.rate)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from ``rate`` to ``final`` over the whole training, step by step.

    Loshchilov and Hutter, arXiv:1608.03983, equation 5, without restarts.
    """

    rate: float
    final: float = 0.0

    def __post_init__(self) -> None:
        _set(self, rate=checks.real("rate", self.rate, minimum=0), final=checks.real("final", self.final, minimum=0))

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` of ``total`` (in epochs)."""
        elapsed, total = _times(elapsed), checks.real("total", total, minimum=0)
        share = elapsed / total if total else np.zeros_like(elapsed)
        return self.final + (self.rate - self.final) * (1 + np.cos(np.pi * share)) / 2


@dataclass(frozen=True)
class Cyclic:
    """Triangular wave: up from ``low`` to ``high`` and down again in every ``period_epochs``.

    Smith, arXiv:1506.01186.
    """

    low: float
    high: float
    period_epochs: float

    def __post_init__(self) -> None:
        low = checks.real("low", self.low, minimum=0)
        high = checks.real("high", self.high, minimum=low)
        _set(self, low=low, high=high, period_epochs=checks.real("period_epochs", self.period_epochs, above=0))

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` (in epochs)."""
        phase = np.mod(_times(elapsed) / self.period_epochs, 1)
        return self.low + (self.high - self.low) * (1 - np.abs(2 * phase - 1))


@dataclass(frozen=True)
class Sawtooth:
    """Down from ``high`` to ``low`` in a straight line in every ``period_epochs``, then ``high`` again.

    The cyclical rate of stochastic weight averaging (Izmailov et al., arXiv:1803.05407, section 3.1), whose snapshots
    are taken at the ends of its cycles. That of fast geometric ensembling (Garipov et al., arXiv:1802.10026) is
    :class:`Cyclic`, with snapshots at whole periods, where it is lowest.
    """

    high: float
    low: float
    period_epochs: float

    def __post_init__(self) -> None:
        low = checks.real("low", self.low, minimum=0)
        high = checks.real("high", self.high, minimum=low)
        _set(self, low=low, high=high, period_epochs=checks.real("period_epochs", self.period_epochs, above=0))

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` (in epochs)."""
        return self.high + (self.low - self.high) * np.mod(_times(elapsed) / self.period_epochs, 1)


@dataclass(frozen=True)
class Descending:
    """``rate`` for half of the first ``until_epoch`` epochs, down in a straight line until 0.9 of them, then ``final``.

    How stochastic weight averaging comes to its constant rate (Izmailov et al., arXiv:1803.05407, section 4.1):
    averages begin at ``until_epoch``.
    """

    rate: float
    final: float
    until_epoch: float

    def __post_init__(self) -> None:
        rate, final = (checks.real(name, getattr(self, name), minimum=0) for name in ("rate", "final"))
        _set(self, rate=rate, final=final, until_epoch=checks.real("until_epoch", self.until_epoch, above=0))

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` (in epochs)."""
        share = np.clip((_times(elapsed) / self.until_epoch - 0.5) / 0.4, 0, 1)
        return self.rate + (self.final - self.rate) * share


@dataclass(frozen=True)
class Then:
    """``first`` until ``at_epoch``, then ``later``, whose time begins there."""

    first: Schedule
    later: Schedule
    at_epoch: float

    def __post_init__(self) -> None:
        for name in ("first", "later"):
            checks.instance(name, getattr(self, name), Schedule, "a schedule")
        _set(self, at_epoch=checks.real("at_epoch", self.at_epoch, minimum=0))

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` of ``total`` (in epochs)."""
        times = _times(elapsed)
        before = self.first.rates(np.minimum(times, self.at_epoch), min(total, self.at_epoch))
        after = self.later.rates(np.maximum(times - self.at_epoch, 0), max(total - self.at_epoch, 0))
        return np.where(times < self.at_epoch, before, after)


@dataclass(frozen=True)
class Step:
    """``rate``, multiplied by ``factor`` after every ``every_epochs`` whole epochs."""

    rate: float
    factor: float
    every_epochs: int

    def __post_init__(self) -> None:
        _set(
            self,
            rate=checks.real("rate", self.rate, minimum=0),
            factor=checks.real("factor", self.factor, above=0),
            every_epochs=checks.integer("every_epochs", self.every_epochs, minimum=1),
        )

    def rates(self, elapsed: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Learning rates at times ``elapsed`` (in epochs)."""
        return self.rate * self.factor ** np.floor(_times(elapsed) / self.every_epochs)


def _times(elapsed: ArrayLike) -> NDArray[np.float64]:
    return checks.float_array("elapsed", elapsed)


def _set(instance: Any, **fields: Any) -> None:
    for name, value in fields.items():
        object.__setattr__(instance, name, value)


def normalised(learning_rate: LearningRate) -> LearningRate:
    """A non-negative float, or the schedule or function as it came.

    Raises
    ------
    ArgumentError
        Neither a non-negative number, nor a schedule, nor callable.
    """
    if isinstance(learning_rate, Schedule) or callable(learning_rate):
        return learning_rate
    return checks.real("learning_rate", learning_rate, minimum=0)


def step_rates(learning_rate: LearningRate, steps_per_epoch: int, epochs: int) -> NDArray[np.float64]:
    """Learning rate of every step (epochs · steps_per_epoch,), taken at the time the step begins.

    Raises
    ------
    ArgumentError
        A schedule or function gives something else than finite, non-negative numbers.
    """
    # Divided as whole numbers: an epoch begins at exactly its number.
    elapsed = np.arange(epochs * steps_per_epoch) / steps_per_epoch
    rates: ArrayLike
    if isinstance(learning_rate, Schedule):
        rates = learning_rate.rates(elapsed, epochs)
    elif callable(learning_rate):
        rates = [learning_rate(float(t)) for t in elapsed]
    else:
        rates = np.full(elapsed.shape, learning_rate)
    checked = checks.float_array("learning_rate", rates, shape=elapsed.shape)
    if checked.min() < 0:
        raise ArgumentError("learning_rate", "rates that are not negative", f"{checked.min():g}")
    return checked
