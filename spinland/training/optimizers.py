"""Optimisers: what they are called and which numbers the kernel needs of them, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import ADAM, MOMENTUM, N_COEFFICIENTS
from spinland_kernels.networks import SGD as PLAIN

from .. import checks
from ..errors import ArgumentError
from .schedules import LearningRate, normalised


def _check(optimizer: Any) -> None:
    object.__setattr__(optimizer, "learning_rate", normalised(optimizer.learning_rate))
    decay = checks.real("weight_decay", optimizer.weight_decay, minimum=0)
    object.__setattr__(optimizer, "weight_decay", decay)


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent, with the update of ``torch.optim.SGD`` (dampening 0).

    Parameters
    ----------
    learning_rate : float, schedule or callable
        Step size; a schedule of :mod:`spinland.training.schedules`, or a function of the time in epochs.
    momentum : float
        In [0, 1). The buffer is b ← momentum · b + g, the step along b.
    nesterov : bool
        Step along g + momentum · b instead.
    weight_decay : float
        Coefficient λ of λ w, added to the gradient.

    Raises
    ------
    ArgumentError
        A value outside its range; Nesterov without momentum.
    """

    learning_rate: LearningRate
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _check(self)
        object.__setattr__(self, "momentum", _share("momentum", self.momentum))
        object.__setattr__(self, "nesterov", checks.boolean("nesterov", self.nesterov))
        if self.nesterov and self.momentum == 0:
            raise ArgumentError("nesterov", "a momentum above 0 with it", "momentum 0")

    @property
    def rule(self) -> int:
        """Number of the kernel's rule."""
        return MOMENTUM if self.momentum else PLAIN

    @property
    def n_moments(self) -> int:
        """Vectors kept beside the parameters."""
        return 1 if self.momentum else 0

    def coefficients(self, rates: NDArray[np.float64], first_step: int) -> NDArray[np.float64]:
        """Numbers of the kernel's rule (S, 8) for steps with these learning rates."""
        rates = checks.float_array("rates", rates, ndim=1)
        c = np.zeros((rates.size, N_COEFFICIENTS))
        along = (1.0, self.momentum) if self.nesterov else (0.0, 1.0)
        c[:, 0] = rates
        c[:, 1:5] = (self.weight_decay, self.momentum, *along)
        return c


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, arXiv:1412.6980) with the update of ``torch.optim.Adam``.

    Parameters
    ----------
    learning_rate : float, schedule or callable
        Step size; a schedule of :mod:`spinland.training.schedules`, or a function of the time in epochs.
    betas : tuple of two floats
        Memory of the first and second moment, in [0, 1).
    eps : float
        Added to the root of the second moment; above 0.
    weight_decay : float
        Coefficient λ of λ w, added to the gradient.

    Raises
    ------
    ArgumentError
        A value outside its range.
    """

    learning_rate: LearningRate = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    rule: ClassVar[int] = ADAM
    n_moments: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check(self)
        try:
            beta_1, beta_2 = self.betas
        except Exception:  # noqa: BLE001
            raise ArgumentError("betas", "two numbers", self.betas) from None
        betas = (_share("betas[0]", beta_1), _share("betas[1]", beta_2))
        object.__setattr__(self, "betas", betas)
        object.__setattr__(self, "eps", checks.real("eps", self.eps, above=0))

    def _decays(self, rates: NDArray[np.float64]) -> tuple[Any, Any]:
        """Coefficient added to the gradient, and factor of the weights."""
        return self.weight_decay, 1.0

    def coefficients(self, rates: NDArray[np.float64], first_step: int) -> NDArray[np.float64]:
        """Numbers of the kernel's rule (S, 8) for steps ``first_step ...``, counted from 0."""
        beta_1, beta_2 = self.betas
        rates = checks.float_array("rates", rates, ndim=1)
        first_step = checks.integer("first_step", first_step, minimum=0)
        t = first_step + 1.0 + np.arange(rates.size)
        c = np.empty((rates.size, N_COEFFICIENTS))
        c[:, 0] = rates / (1 - beta_1**t)
        c[:, 1], c[:, 2] = self._decays(rates)
        c[:, 3:6] = (1 - beta_1, beta_2, 1 - beta_2)
        c[:, 6] = 1 / np.sqrt(1 - beta_2**t)
        c[:, 7] = self.eps
        return c


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), as ``torch.optim.AdamW``.

    Parameters as for :class:`Adam`; the weights shrink by 1 − learning rate · ``weight_decay`` at every step.
    """

    weight_decay: float = 1e-2

    def _decays(self, rates: NDArray[np.float64]) -> tuple[Any, Any]:
        return 0.0, 1 - rates * self.weight_decay


Optimizer: TypeAlias = SGD | Adam


def named(optimizer: Optimizer) -> str:
    """An optimiser and its learning rate, for a message: ``Adam(0.1)``."""
    rate = optimizer.learning_rate
    return f"{type(optimizer).__name__}({getattr(rate, '__qualname__', rate)})"


def _share(name: str, value: Any) -> float:
    number = checks.real(name, value, minimum=0)
    if number >= 1:
        raise ArgumentError(name, "a number in [0, 1)", value)
    return number


def without_decay(optimizer: Any, acts_on: str) -> Optimizer:
    """The optimiser, if it is one and has no weight decay, which would act on what it does not belong to.

    Raises
    ------
    ArgumentError
        Says what ``acts_on`` says.
    """
    if not isinstance(optimizer, (SGD, Adam)):
        raise ArgumentError("optimizer", "SGD, Adam or AdamW", optimizer)
    if optimizer.weight_decay != 0:
        expected = f"one without weight decay, which would act on {acts_on}"
        raise ArgumentError("optimizer", expected, f"weight_decay={optimizer.weight_decay:g}")
    return optimizer
