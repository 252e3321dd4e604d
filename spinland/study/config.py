"""Settings of a study: one dataclass that the command line, TOML files and Python share."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .. import checks
from ..data.loading import NAMES
from ..errors import ArgumentError, FileError


def _setting(default: Any, help: str, check: Callable[[str, Any], Any], chapter: str) -> Any:
    return field(default=default, metadata={"help": help, "check": check, "chapter": chapter})


def _whole(minimum: int, optional: bool = False) -> Callable[[str, Any], int | None]:
    def check(name: str, value: Any) -> int | None:
        return (
            None
            if optional and value is None
            else checks.integer(name, value, minimum=minimum, maximum=10**9)
        )

    return check


def _number(**bounds: float) -> Callable[[str, Any], float]:
    return lambda name, value: checks.real(name, value, **bounds)


def _one_of(*options: Any) -> Callable[[str, Any], Any]:
    return lambda name, value: checks.choice(name, value, options)


def _several(
    check: Callable[[str, Any], Any], *, optional: bool = False, empty: bool = False
) -> Callable[..., Any]:
    def check_all(name: str, value: Any) -> tuple[Any, ...] | None:
        if optional and value is None:
            return None
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise ArgumentError(name, "a list", value)
        items = tuple(check(name, item) for item in value)
        if not items and not empty:
            raise ArgumentError(name, "at least one entry", "none")
        if len(set(items)) != len(items):
            raise ArgumentError(name, "different entries", items)
        return items

    return check_all


def _layers(name: str, value: Any) -> tuple[int, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        value = (value,)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise ArgumentError(name, "the widths of the hidden layers", value)
    layers = tuple(checks.integer(name, item, minimum=1, maximum=10**6) for item in value)
    if not layers:
        raise ArgumentError(name, "at least one hidden layer", "none")
    return layers


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ArgumentError(name, "true or false", value)
    return value


def _data_set(name: str, value: Any) -> str:
    if not isinstance(value, str) or not (value in NAMES or value.endswith(".npz")):
        raise ArgumentError(name, f"one of {', '.join(NAMES)}, or an .npz file", value)
    return value


def _seed(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=0, maximum=2**64 - 1)


def _folder(name: str, value: Any) -> str | None:
    return None if value is None else str(value)


_DATA, _TRAIN, _WALK, _SWAP, _TREE, _FLAT, _SLICE = (
    "Data and network", "Training", "Protocol 1: walks", "Protocol 2: swaps", "Protocol 3: hierarchy",
    "Protocol 4: flatness", "Slices",
)  # fmt: skip


@dataclass(frozen=True)
class StudyConfig:
    """All settings of a study; each is checked on construction.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    data: str = _setting(
        "digits",
        "data set: digits, mnist, fashion_mnist, linnerud, teacher, or an .npz file",
        _data_set,
        _DATA,
    )
    data_dir: str | None = _setting(None, "folder with the data files", _folder, _DATA)
    n_train: int | None = _setting(None, "use the first so many training samples", _whole(1, True), _DATA)
    n_test: int | None = _setting(None, "use the first so many test samples", _whole(1, True), _DATA)
    probe_samples: int | None = _setting(
        None, "evaluate the probes on the first so many training samples; default all", _whole(1, True), _DATA
    )
    hidden: tuple[int, ...] = _setting((32,), "widths M of the hidden layers", _layers, _DATA)
    bias: bool = _setting(True, "give the layers biases", _flag, _DATA)
    dtype: str = _setting("float32", "float type", _one_of("float32", "float64"), _DATA)
    seed: int = _setting(0, "64-bit seed of every random number", _seed, _DATA)

    replicas: int = _setting(100, "independently trained networks", _whole(3), _TRAIN)
    epochs: int = _setting(30, "passes over the training set", _whole(2), _TRAIN)
    batch_size: int | None = _setting(
        None, "samples in a batch; default 32, or all if there are fewer", _whole(1, True), _TRAIN
    )
    optimizer: str = _setting("adam", "sgd, adam or adamw", _one_of("sgd", "adam", "adamw"), _TRAIN)
    learning_rate: float = _setting(1e-3, "learning rate", _number(above=0), _TRAIN)
    schedule: str = _setting(
        "constant", "learning rate: constant or cosine", _one_of("constant", "cosine"), _TRAIN
    )
    momentum: float = _setting(0.9, "momentum of sgd", _number(minimum=0, maximum=0.9999), _TRAIN)
    weight_decay: float = _setting(0.0, "weight decay", _number(minimum=0), _TRAIN)

    sigmas: tuple[float, ...] = _setting(
        (0.002, 0.005, 0.01, 0.02, 0.05),
        "step sizes σ of the random walks",
        _several(_number(above=0)),
        _WALK,
    )
    walk_steps: int = _setting(100, "steps of a walk", _whole(2), _WALK)
    walkers: int = _setting(8, "walks from each solution", _whole(2), _WALK)
    walk_origins: int = _setting(8, "solutions to walk from, at most all there are", _whole(1), _WALK)

    swaps: tuple[int, ...] | None = _setting(
        None, "numbers S of exchanged pairs; default 0 to 30, up to half the width", _several(_whole(0), optional=True), _SWAP
    )  # fmt: skip
    swap_trials: int = _setting(20, "random choices of pairs for each network", _whole(2), _SWAP)
    swap_origins: int = _setting(5, "networks to swap in, at most all there are", _whole(1), _SWAP)
    swap_points: int = _setting(21, "points along the way", _whole(3), _SWAP)
    widths: tuple[int, ...] = _setting(
        (8, 16, 32, 64, 128), "widths M to compare in protocols 2 and 3; none for no comparison",
        _several(_whole(2), empty=True), _SWAP,
    )  # fmt: skip
    width_replicas: int = _setting(20, "networks trained for each width", _whole(3), _SWAP)

    linkage: str = _setting(
        "average", "single, complete, average, weighted, ward, centroid or median",
        _one_of("single", "complete", "average", "weighted", "ward", "centroid", "median"), _TREE,
    )  # fmt: skip
    bootstrap: int = _setting(200, "bootstrap samples", _whole(10), _TREE)
    null_draws: int = _setting(50, "draws of each null model", _whole(10), _TREE)

    batch_sizes: tuple[int, ...] | None = _setting(
        None,
        "batch sizes to compare, none for no comparison; default 8, 32, 128 and 512 as far as there are samples",
        _several(_whole(1), optional=True, empty=True),
        _FLAT,
    )
    batch_replicas: int = _setting(20, "networks trained for each batch size", _whole(3), _FLAT)
    batch_rule: str = _setting(
        "epochs", "what batch sizes have in common: epochs or updates", _one_of("epochs", "updates"), _FLAT
    )
    radii: tuple[float, ...] = _setting(
        (0.05, 0.1, 0.2, 0.4), "relative distances of the perturbations", _several(_number(above=0)), _FLAT
    )
    directions: int = _setting(20, "random directions from each solution", _whole(2), _FLAT)

    grid: int = _setting(41, "points along each side of a plane", _whole(3), _SLICE)
    line_points: int = _setting(41, "points along a line", _whole(3), _SLICE)
    lines: int = _setting(8, "lines to average, at most as many as there are solutions", _whole(1), _SLICE)

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = setting.metadata["check"](setting.name, getattr(self, setting.name))
            object.__setattr__(self, setting.name, value)
        narrowest = self.hidden[0]
        if self.swaps is not None and max(self.swaps) > narrowest // 2:
            raise ArgumentError(
                "swaps", f"at most half the width of the first hidden layer ({narrowest // 2})", self.swaps
            )

    def as_dict(self) -> dict[str, Any]:
        """Settings as plain values, for JSON and TOML."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


def settings() -> list[tuple[str, str, str, Any]]:
    """Name, chapter, explanation and default of every setting."""
    return [(f.name, f.metadata["chapter"], f.metadata["help"], f.default) for f in fields(StudyConfig)]


def from_mapping(values: Mapping[str, Any]) -> StudyConfig:
    """Settings from a dictionary; hyphens and underscores are the same.

    Raises
    ------
    ArgumentError
        An unknown setting, or one that does not fit.
    """
    known = {f.name for f in fields(StudyConfig)}
    plain = {key.replace("-", "_"): value for key, value in values.items()}
    unknown = sorted(set(plain) - known)
    if unknown:
        raise ArgumentError(
            unknown[0], "a setting of a study: " + ", ".join(sorted(known)), "an unknown name"
        )
    return StudyConfig(**plain)


def read_toml(path: str | Path) -> dict[str, Any]:
    """Settings of a TOML file, flat or in a table ``[study]``.

    Raises
    ------
    FileError
        No such file, or not TOML.
    """
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise FileError(path, error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(path, f"not TOML: {error}") from None
    table = values.get("study", values)
    if not isinstance(table, dict):
        raise FileError(path, "'study' is not a table")
    return dict(table)
