"""What a chapter is about: a landscape, points of it that stand for solutions, and words for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..errors import ArgumentError
from ..quantities import UNITS


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A landscape with its solutions. Chapters know no more of a network or of a glass than stands here.

    Attributes
    ----------
    key : str
        Its name among the subjects of a study.
    label : str
        What legends call it.
    one, many : str
        A solution of it, and several, in words.
    solutions : str
        Name of the result that holds its solutions.
    value_label : str
        Label of its value on an axis.
    unit : str
        Unit of its value in a sentence.
    folder : str
        Where its results are kept.
    places : mapping
        Names of results that are kept elsewhere.
    make : callable
        Makes the landscape, when it is first asked for.
    """

    key: str
    label: str
    one: str
    many: str
    solutions: str
    value_label: str
    unit: str
    folder: str
    places: Mapping[str, str] = field(default_factory=dict)
    make: Callable[[], sl.Landscape]

    dtype: str = "float64"
    """Float type that its landscape computes in."""

    device: str = "cpu"
    """Where it computes."""

    precision: str | None = None
    """In what a network's layers are multiplied, where that was asked for."""

    order: int | None = None
    """Order p of a pure glass, of which much is known exactly; None for a network."""

    kind: ClassVar[str]
    """What chapters call such landscapes when they name the kernels they need: ``"network"`` or ``"glass"``."""

    @cached_property
    def landscape(self) -> Any:
        """The landscape itself."""
        return self.make()

    @property
    def training_landscape(self) -> Any:
        """What is gone down when something is trained: a network's loss on all training samples, not on the probes'."""
        return self.landscape

    def name(self, part: str) -> str:
        """Where a result about it is kept."""
        return self.places.get(part, f"{self.folder}/{part}")

    def points(self, found: Any, most: int | None = None, least: int = 1) -> NDArray[Any]:
        """Its solutions (R, dim), the first ``most`` of them.

        Parameters
        ----------
        found : Result
            What ``solutions`` names.
        most : int, optional
        least : int
            Fewer are refused.

        Raises
        ------
        ArgumentError
            Names the setting that gives more of them.
        """
        raise NotImplementedError

    def unsigned(self, found: Any) -> bool:
        """Whether a point and its opposite are one solution."""
        return False


_LEAST_REPLICAS = 3


@dataclass(frozen=True, kw_only=True)
class NetworkSubject(Subject):
    """A network; its solutions are the trained replicas that did not diverge."""

    kind = "network"
    network: sl.ReLUNetwork

    @property
    def classifies(self) -> bool:
        """Whether it learns labels, so that there are accuracies."""
        return self.unit == UNITS["cross_entropy"]

    label: str = "network"
    one: str = "solution"
    many: str = "solutions"
    make_test: Callable[[], sl.Landscape] | None = None
    make_training: Callable[[], sl.Landscape] | None = None
    """Makes its loss on all training samples; None where the probes look at all of them."""

    @cached_property
    def training_landscape(self) -> Any:
        """Its loss on all training samples: a curve that is low on a part of them need not be so on the others."""
        return self.landscape if self.make_training is None else self.make_training()

    @cached_property
    def test_landscape(self) -> Any:
        """Its loss on the test set."""
        if self.make_test is None:
            raise ArgumentError("subject", "a network with a test set", self.key)
        return self.make_test()

    def points(self, found: Any, most: int | None = None, least: int = 1) -> NDArray[Any]:
        """Parameters of the replicas that did not diverge, the first ``most`` of them."""
        alive = np.flatnonzero(~found.diverged)
        if len(found.params) < max(least, _LEAST_REPLICAS):
            raise ArgumentError(
                "replicas", f"at least {max(least, _LEAST_REPLICAS)} trained networks", len(found.params)
            )
        if not len(alive):
            raise none_converged()
        if len(alive) < max(least, _LEAST_REPLICAS):
            raise ArgumentError(
                "learning_rate",
                f"one at which at least {max(least, _LEAST_REPLICAS)} replicas converge",
                f"{found.params.shape[0] - len(alive)} of {found.params.shape[0]} diverged",
            )
        if len(alive) == found.params.shape[0]:
            params: NDArray[Any] = found.params[:most]
            return params
        return np.asarray(found.params[alive[:most]])


@dataclass(frozen=True, kw_only=True)
class GlassSubject(Subject):
    """A spherical glass; its solutions are the different minima below random starts."""

    kind = "glass"
    order: int
    label: str = "glass"
    one: str = "minimum"
    many: str = "minima"

    def points(self, found: Any, most: int | None = None, least: int = 1) -> NDArray[Any]:
        """Different minima, the first ``most`` of them."""
        rows = found.distinct[:most]
        if len(rows) < least:
            raise ArgumentError(
                "minima", f"descents to {least} different minima at least; glasses of more spins have more", len(rows)
            )
        return np.asarray(found.params[rows])

    def unsigned(self, found: Any) -> bool:
        """Whether the order is even, so that H(−σ) = H(σ)."""
        return bool(found.symmetric)


def none_converged() -> ArgumentError:
    """What is wrong where all replicas diverged at the rate of the solutions: the same words everywhere."""
    return ArgumentError("learning_rate", "one at which replicas converge", "one at which all of them diverge")


def of_kind(book: Any, kind: str) -> Any:
    """The network or the glass among the subjects of a book, None where there is none."""
    return next((subject for subject in book.subjects if subject.kind == kind), None)
