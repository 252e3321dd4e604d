"""What settings that were left open come to: the values that a study works with, and that its page prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .config import StudyConfig

_BATCH_SIZE = 32
_BATCH_SIZES = (8, 32, 128, 512)
_SWAPS = (0, 1, 2, 3, 5, 10, 15, 20, 25, 30)
_MOST_SPINS = 100  # of the glass beside a network: its couplings grow as N^p


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
