"""Optimisers that look for flat minima: what they are called, and the numbers of their steps."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..errors import ArgumentError
from .optimizers import SGD, Adam, Optimizer
from .schedules import LearningRate

#: The base of SAM unless another is given, and that of Entropy-SGD, whose step at its first γ goes to the mean.
PLAIN, TO_THE_MEAN = SGD(0.1), SGD(10.0)


class _Around:
    """What an optimiser that looks around takes over from the one that makes its steps, its ``base``."""

    base: Optimizer

    n_moments: ClassVar[int] = 1
    """The kernel of the training keeps one vector beside the parameters: the gradient."""

    n_own: ClassVar[int]
    """Vectors that are kept beside it, those of the base not counted."""

    def _check_base(self) -> None:
        if not isinstance(self.base, (SGD, Adam)):
            raise ArgumentError("base", "SGD, Adam or AdamW", self.base)

    @property
    def n_kept(self) -> int:
        """Vectors as long as the parameters that are kept beside them and the gradient."""
        return self.n_own + self.base.n_moments

    @property
    def learning_rate(self) -> LearningRate:
        """That of the base."""
        return self.base.learning_rate

    @property
    def weight_decay(self) -> float:
        """That of the base."""
        return self.base.weight_decay

    def coefficients(self, rates: NDArray[np.float64], first_step: int) -> NDArray[np.float64]:
        """Numbers of the base's rule (S, 8) for steps ``first_step ...``, counted from 0."""
        return self.base.coefficients(rates, first_step)


class _Pulling(_Around):
    """What two optimisers have in common whose points are pulled by a spring γ that grows."""

    gamma: float
    scoping: float

    def scope(self, step: int) -> float:
        """γ at a step of the base, counted from 0; infinite where it has outgrown float64."""
        step = checks.integer("step", step, minimum=0)
        if self.gamma == 0:
            return 0.0
        with np.errstate(over="ignore"):
            return float(self.gamma * np.power(1.0 + self.scoping, float(step)))


@dataclass(frozen=True)
class SAM(_Around):
    r"""Sharpness-aware minimisation (Foret et al., arXiv:2010.01412, algorithm 1).

    The base takes its step from w along the gradient that is found at the distance ρ, up the slope of the same batch:

    .. math:: g = \nabla f_B(w + \rho\, \nabla f_B(w) / |\nabla f_B(w)|).

    A step evaluates two gradients of a batch. Weight decay acts at w, and only in the step of the base. Where the
    gradient is zero the step is that of the base; ρ = 0 gives the base, bit for bit.

    Parameters
    ----------
    rho : float
        ρ, at least 0, in the units of the parameters.
    base : SGD, Adam or AdamW
        Takes the steps, with its learning rate or schedule.

    Raises
    ------
    ArgumentError
        A value outside its range; a base that is none.
    """

    rho: float = 0.05
    base: Optimizer = PLAIN

    gradients_per_step: ClassVar[int] = 2
    n_own: ClassVar[int] = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "rho", checks.real("rho", self.rho, minimum=0))
        self._check_base()


@dataclass(frozen=True)
class EntropySGD(_Pulling):
    r"""Entropy-SGD (Chaudhari et al., arXiv:1611.01838, algorithm 1), with γ in the outer step as in the paper.

    The base descends the local entropy at the temperature T = ε²/2, whose gradient is the pull to the mean of a cloud:

    .. math::
        F(w) = -T \log \int e^{-(f(w') + \gamma |w' - w|^2 / 2) / T} \, dw', \qquad
        \nabla F = \gamma\, (w - \langle w' \rangle).

    The mean is that of L steps of Langevin dynamics from w' = μ = w on, each on a batch of its own:

        w' ← w' − η' (∇f_B(w') + γ (w' − w)) + √η' ε ξ,   ξ normal
        μ  ← (1 − α) μ + α w'

    after which the base takes its step from w along γ (w − μ). With a plain base at the rate 1/γ that is a step to μ,
    which is what the authors' code does at its rate 1: there the γ of the outer step is left out, and so their rates
    are γ times those of the formula. γ grows by a factor 1 + γ_1 at each outer step ("scoping"). Weight decay acts at
    w, in the step of the base.

    A step evaluates L gradients of a batch, so an epoch goes through the training set L times, each time in a new
    order. Weights of inputs that are zero in every sample feel no loss and are left where they are.

    Parameters
    ----------
    gamma : float
        γ at the beginning; above 0. η' γ should stay below 1.
    base : SGD, Adam or AdamW
        Takes the outer steps; its learning rate η, or schedule, is that of these.
    n_langevin : int
        L, at least 1.
    langevin_rate : float
        η', above 0.
    noise : float
        ε, at least 0: with 0 the inner steps are plain descent of f + γ |w' − w|²/2.
    average : float
        α in (0, 1], the share of the newest point in the mean.
    scoping : float
        γ_1, at least 0.

    Raises
    ------
    ArgumentError
        A value outside its range; a base that is none.
    """

    gamma: float = 0.1
    base: Optimizer = TO_THE_MEAN
    n_langevin: int = 20
    langevin_rate: float = 0.1
    noise: float = 1e-4
    average: float = 0.75
    scoping: float = 0.0

    n_own: ClassVar[int] = 3

    def __post_init__(self) -> None:
        checked = {
            "gamma": checks.real("gamma", self.gamma, above=0),
            "n_langevin": checks.integer("n_langevin", self.n_langevin, minimum=1),
            "langevin_rate": checks.real("langevin_rate", self.langevin_rate, above=0),
            "noise": checks.real("noise", self.noise, minimum=0),
            "average": checks.real("average", self.average, above=0, maximum=1),
            "scoping": checks.real("scoping", self.scoping, minimum=0),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_base()

    @property
    def gradients_per_step(self) -> int:
        """Gradients of a batch that a step evaluates: L."""
        return self.n_langevin


@dataclass(frozen=True)
class ReplicatedSGD(_Pulling):
    r"""Replicated SGD: y copies that an elastic force pulls to their centre, which is the solution.

    Baldassi et al. (arXiv:1605.06444) and Pittorino et al. (arXiv:2006.07897) descend the sum of the losses of all
    copies and of their distances to the centre, so that the centre goes where many solutions are near:

    .. math::
        \sum_a f(w_a) + \frac{\gamma}{2} \sum_a |w_a - \bar w|^2, \qquad \bar w = \frac{1}{y} \sum_a w_a.

    In a step each copy meets a batch of its own, and the base takes its step along

        ∇f_B(w_a) + γ (w_a − w̄),   w̄ before the step.

    γ grows by a factor 1 + γ_1 at each step, which focuses the copies; the authors let it grow 10⁴-fold in the
    course of a training. The forces on all copies add up to zero: with plain steps the centre moves along the mean of
    the gradients, and on a quadratic of curvature A without noise it is plain descent, (1 − ηA)^t, while the copies'
    distances to it shrink as (1 − η(A + γ))^t. So η γ should stay below 1.

    The result is the centre, as with the authors: its loss, accuracy and parameters are those of the replica. All
    copies begin at the replica's starting point, so that optimisers can be compared from equal points; copy a of
    replica r meets the samples in the order of replica y r + a. With y = 1 this is the base, bit for bit, and with
    γ = 0 each copy is.

    A step evaluates y gradients of a batch, and every copy goes through the training set once in an epoch. Weight
    decay acts on each copy, in the step of the base.

    Parameters
    ----------
    gamma : float
        γ at the beginning, at least 0.
    base : SGD, Adam or AdamW
        Takes the steps of the copies, each with moments of its own, with its learning rate or schedule.
    n_coupled : int
        y, at least 1.
    scoping : float
        γ_1, at least 0.

    Raises
    ------
    ArgumentError
        A value outside its range; a base that is none.
    """

    gamma: float = 0.1
    base: Optimizer = PLAIN
    n_coupled: int = 3
    scoping: float = 0.0

    n_moments: ClassVar[int] = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", checks.real("gamma", self.gamma, minimum=0))
        object.__setattr__(self, "n_coupled", checks.integer("n_coupled", self.n_coupled, minimum=1))
        object.__setattr__(self, "scoping", checks.real("scoping", self.scoping, minimum=0))
        self._check_base()

    @property
    def gradients_per_step(self) -> int:
        """Gradients of a batch that a step evaluates: y."""
        return self.n_coupled

    @property
    def n_kept(self) -> int:
        """Vectors beside the centre: each copy, its gradient, force, start and moments; the centre in float64."""
        return self.n_coupled * (4 + self.base.n_moments) + 2


TrainingOptimizer: TypeAlias = Optimizer | SAM | EntropySGD | ReplicatedSGD
"""What :func:`spinland.train` takes."""

FLAT = SAM, EntropySGD, ReplicatedSGD


def gradients_per_step(optimizer: TrainingOptimizer) -> int:
    """Gradients of a batch that a step of an optimiser evaluates."""
    return optimizer.gradients_per_step if isinstance(optimizer, FLAT) else 1


def described(optimizer: TrainingOptimizer, rates: NDArray[np.float64]) -> dict[str, Any]:
    """Name and settings for the record; a function has no lasting name, so its values ``rates`` stand for it."""
    given: dict[str, Any] = {"name": type(optimizer).__name__}
    for field in fields(optimizer):
        value = getattr(optimizer, field.name)
        if field.name == "base":
            value = described(value, rates)
        elif field.name == "learning_rate" and not isinstance(value, float) and not is_dataclass(value):
            value = rates
        given[field.name] = value
    return given
