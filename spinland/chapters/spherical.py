"""What the chapters on a spherical glass share: its settings, seeds, times, and what its symbols mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..checks import device_name
from .settings import Settings, seed64, setting, whole

ABC = "Energies are per spin, in the normalisation E[H(σ)H(σ')] = N q^p"
"""The normalisation, for the head of a page."""

SEED_DESCENT, SEED_CRITICAL, SEED_HEAT, SEED_AGEING, SEED_STARTS = 1, 2, 3, 4, 5
"""Labels of the seeds that are derived from that of the settings."""

HEADING = "The glass"
_TIMES = 25  # of descent and ageing, evenly spaced in the logarithm
_FIRST_TIME = 0.05


def _order(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=2, maximum=12)


@dataclass(frozen=True)
class SphericalSettings(Settings):
    """Settings of the glass itself.

    Energies, temperatures and times of all chapters are those of Auffinger, Ben Arous and Černý's normalisation.
    """

    spins: int = setting(100, "number of spins N", whole(4), HEADING)
    order: int = setting(3, "order p of the interaction, 2 to 12", _order, HEADING)
    instances: int = setting(10, "independent instances to average over", whole(2), HEADING)
    device: str = setting(
        "cpu",
        "where landscapes are computed: cpu, cuda, cuda:1; critical points are on the cores",
        device_name,
        HEADING,
    )
    seed: int = setting(0, "64-bit seed of every random number, the couplings included", seed64, HEADING)


def placed(config: Any) -> dict[str, str]:
    """The argument that names the device, where it is not the processor."""
    return {} if config.device == "cpu" else {"device": config.device}


def sort_settings(config: Settings, *names: str) -> None:
    """Put these settings of several numbers into rising order; what is left open stays so."""
    for name in names:
        values = getattr(config, name)
        if values is not None:
            object.__setattr__(config, name, tuple(sorted(values)))


def until(last: float) -> NDArray[np.float64]:
    """Time 0, and times that are even in the logarithm."""
    return np.concatenate([[0.0], np.geomspace(min(_FIRST_TIME, last / 2), last, _TIMES)])
