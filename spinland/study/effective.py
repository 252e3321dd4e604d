"""What settings that were left open come to: the values that a study works with, and that its page prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..theory.transitions import dynamical_temperature, static_temperature
from .config import StudyConfig
from .glass_config import GlassConfig

_BATCH_SIZE = 32
_BATCH_SIZES = (8, 32, 128, 512)
_SWAPS = (0, 1, 2, 3, 5, 10, 15, 20, 25, 30)
_MOST_SPINS = 100  # of the glass beside a network: its couplings grow as N^p
_MOST_HOT_SPINS = 50  # cold and large glasses do not come to equilibrium in a minute


def batch_size(config: StudyConfig, n_train: int) -> int:
    """Samples in a batch of the main training."""
    return config.batch_size or min(_BATCH_SIZE, n_train)


def batch_sizes(config: StudyConfig, n_train: int) -> tuple[int, ...]:
    """Batch sizes of protocol 4."""
    if config.batch_sizes is not None:
        return config.batch_sizes
    return tuple(b for b in _BATCH_SIZES if b <= n_train)


def swap_numbers(config: StudyConfig, width: int) -> tuple[int, ...]:
    """Numbers of exchanged pairs S that fit a layer of this width."""
    wanted = config.swaps
    if wanted is None:
        wanted = _SWAPS
        if width // 2 < _SWAPS[-1]:  # a narrow layer: end at the most that it allows
            wanted = (*(s for s in wanted if s < width // 2), width // 2)
    return tuple(s for s in wanted if s <= width // 2)


def glass_spins(config: StudyConfig, n_params: int) -> int:
    """Spins of the glass that a network of so many parameters is compared with."""
    return config.glass_spins or min(_MOST_SPINS, n_params)


def sizes(config: GlassConfig) -> tuple[int, ...]:
    """Numbers of spins whose descents are compared, N itself among them."""
    n = config.spins
    smaller = config.sizes if config.sizes is not None else (max(4, n // 4), max(4, n // 2))
    return tuple(sorted({*smaller, n}))


def heat_spins(config: GlassConfig) -> int:
    """Number of spins in equilibrium."""
    return config.heat_spins or min(config.spins, _MOST_HOT_SPINS)


def temperatures(config: GlassConfig) -> NDArray[np.float64]:
    """Temperatures of equilibrium."""
    if config.temperatures is not None:
        return np.array(config.temperatures)
    return np.asarray(static_temperature(config.order) * np.geomspace(0.8, 3.0, 12))


def ageing_temperature(config: GlassConfig) -> float:
    """Temperature after the quench."""
    return config.ageing_temperature or 0.5 * dynamical_temperature(config.order)


def study_values(config: StudyConfig, facts: Mapping[str, Any], n_params: int) -> dict[str, Any]:
    """All settings of a study as they were used.

    Parameters
    ----------
    config : StudyConfig
    facts : mapping
        ``n_train`` and ``n_test``, the samples that there were.
    n_params : int
        Parameters of the main network.
    """
    n = facts["n_train"]
    return config.as_dict() | {
        "n_train": n,
        "n_test": facts["n_test"],
        "probe_samples": config.probe_samples or n,
        "batch_size": batch_size(config, n),
        "batch_sizes": list(batch_sizes(config, n)),
        "swaps": list(swap_numbers(config, config.hidden[0])),
        "glass_spins": glass_spins(config, n_params),
    }


def glass_values(config: GlassConfig) -> dict[str, Any]:
    """All settings of a glass as they were used."""
    return config.as_dict() | {
        "sizes": list(sizes(config)),
        "temperatures": temperatures(config).tolist(),
        "heat_spins": heat_spins(config),
        "ageing_temperature": ageing_temperature(config),
    }
