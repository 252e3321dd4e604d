"""Settings of the data and of the network that is trained on them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from .. import checks
from ..checks import device_name, precision_name
from ..data.loading import NAMES
from ..errors import ArgumentError
from ..paths import user_path
from .settings import Settings, flag, one_of, seed64, setting, whole

_HEADING = "Data and network"


def _layers(name: str, value: Any) -> tuple[int, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        value = (value,)
    widths = checks.entries(name, value, "the widths of the hidden layers")
    layers = tuple(checks.integer(name, item, minimum=1, maximum=10**6) for item in widths)
    if not layers:
        raise ArgumentError(name, "at least one hidden layer", "none")
    return layers


def _data_set(name: str, value: Any) -> str:
    if not isinstance(value, str) or not (value in NAMES or value.endswith(".npz")):
        raise ArgumentError(name, f"one of {', '.join(NAMES)}, or an .npz file", value)
    if value.endswith(".npz"):
        user_path(name, value)
    return value


def folder(name: str, value: Any) -> str | None:
    """Check: a folder, or None."""
    if value is None:
        return None
    user_path(name, value)
    return os.fsdecode(value)  # kept as it was given: "~" is another folder on another machine


@dataclass(frozen=True)
class DataSettings(Settings):
    """Settings of the data and of the network."""

    data: str = setting(
        "digits", "data set: digits, mnist, fashion_mnist, linnerud, teacher, or an .npz file", _data_set, _HEADING
    )
    data_dir: str | None = setting(None, "folder with the data files", folder, _HEADING)
    n_train: int | None = setting(None, "use the first so many training samples", whole(1, True), _HEADING)
    n_test: int | None = setting(None, "use the first so many test samples", whole(1, True), _HEADING)
    probe_samples: int | None = setting(
        None, "evaluate the probes on the first so many training samples; default all", whole(1, True), _HEADING
    )
    hidden: tuple[int, ...] = setting((32,), "widths M of the hidden layers", _layers, _HEADING)
    bias: bool = setting(True, "give the layers biases", flag, _HEADING)
    dtype: str = setting("float32", "float type", one_of("float32", "float64"), _HEADING)
    device: str = setting("cpu", "where networks and glass are computed: cpu, cuda, cuda:1", device_name, _HEADING)
    precision: str | None = setting(
        None,
        "in what a card multiplies layers: float32, tf32, 3xtf32; default the float type",
        precision_name,
        _HEADING,
    )
    seed: int = setting(0, "64-bit seed of every random number", seed64, _HEADING)
