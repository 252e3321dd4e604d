"""Whether settings fit the machine and the data, asked before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import spinland as sl

from .. import checks
from ..chapters.depth_subjects import check_depths
from ..errors import ArgumentError

if TYPE_CHECKING:
    from ..data.dataset import Dataset


def check_machine(config: Any) -> None:
    """Refuse a device that is not there, or that has not the precision of the settings.

    Raises
    ------
    DeviceUnavailable
        Says what is missing.
    ArgumentError
        Names the precision.
    """
    checks.device(config.device)
    if hasattr(config, "precision"):  # a glass has none
        checks.precision(config.precision, checks.float_type("dtype", config.dtype), config.device)


def check_fit(config: Any, data: Dataset) -> None:
    """Refuse settings of a study that the data or the network cannot fulfil, before anything is computed.

    Raises
    ------
    ArgumentError
        Names the setting.
    """
    n = len(data.x_train)
    most = f"at most the number of training samples ({n})"
    for name in ("batch_size", "probe_samples"):
        value = getattr(config, name)
        if value is not None and value > n:
            raise ArgumentError(name, most, value)
    too_large = [b for b in config.batch_sizes or () if b > n]
    if too_large:
        raise ArgumentError("batch_sizes", most, too_large[0])
    check_depths(config, sl.ReLUNetwork((data.n_inputs, *config.hidden, data.n_outputs), config.bias))
