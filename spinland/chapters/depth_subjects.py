"""Networks of several depths and equally many parameters, as subjects of a study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from .. import checks
from ..errors import ArgumentError
from .subjects import NetworkSubject

_LEAST = 2  # for an error, and for a line between two


@dataclass(frozen=True, kw_only=True)
class DepthSubject(NetworkSubject):
    """A network of another depth with as many parameters as that of the study.

    Attributes
    ----------
    depth : int
        Hidden layers.
    residue : int
        Parameters more than it should have.
    """

    depth: int
    residue: int

    def points(self, found: Any, most: int | None = None, least: int = 1) -> NDArray[Any]:
        """Replicas that reached the common training loss, the first ``most`` of them."""
        rows = np.flatnonzero(~found.diverged)
        if len(rows) < max(least, _LEAST):
            raise ArgumentError(
                "depth_epochs",
                f"epochs enough for {max(least, _LEAST)} networks of {self.label} to learn something",
                f"{len(rows)} of {len(found.diverged)} did",
            )
        return np.asarray(found.params[rows[:most]])


def parameters_of(config: Any, network: sl.ReLUNetwork) -> int:
    """Parameters that networks of all depths should have; ``network`` is that of the study."""
    return int(config.depth_parameters or network.n_params)


def deep_subject(
    config: Any, network: sl.ReLUNetwork, depth: int, of: Callable[[tuple[int, ...]], dict[str, Any]]
) -> DepthSubject:
    """The network of a depth; ``of`` gives landscape and words of widths."""
    found = _widths(config, network, depth)
    return DepthSubject(
        key=f"depth/{depth}",
        label=f"{depth} hidden layer{'s' if depth > 1 else ''}",
        depth=depth,
        residue=found.residue,
        solutions=f"depths/{depth}/matched",
        folder=f"depths/{depth}",
        **of(found.widths),
    )


def check_depths(config: Any, network: sl.ReLUNetwork) -> None:
    """Refuse more hidden layers than there are parameters for.

    Raises
    ------
    ArgumentError
        Names the setting.
    """
    asked = "depth_parameters" if config.depth_parameters else "depths"
    with checks.renamed(n_params=asked, depth="depths"):
        for depth in config.depths:
            _widths(config, network, depth)


def _widths(config: Any, network: sl.ReLUNetwork, depth: int) -> Any:
    ends = network.widths[0], network.widths[-1]
    return sl.equal_parameter_widths(*ends, parameters_of(config, network), depth, network.bias)
