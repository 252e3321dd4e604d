"""Settings of a study of networks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import checks
from ..data.loading import NAMES
from ..errors import ArgumentError
from ..paths import user_path
from .settings import Settings, flag, number, one_of, seed64, setting, several, whole


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


def _none_or_several(name: str, value: Any) -> int:
    count = checks.integer(name, value, minimum=0, maximum=10**6)
    if count in (1, 2):
        raise ArgumentError(name, "0, or at least 3", count)
    return count


def _folder(name: str, value: Any) -> str | None:
    if value is None:
        return None
    user_path(name, value)
    return os.fsdecode(value)  # kept as it was given: "~" is another folder on another machine


_DATA, _TRAIN, _WALK, _SWAP, _TREE, _FLAT, _SLICE, _GLASS = (
    "Data and network", "Training", "Protocol 1: walks", "Protocol 2: swaps", "Protocol 3: hierarchy",
    "Protocol 4: flatness", "Slices", "The same probes on the glass",
)  # fmt: skip


@dataclass(frozen=True)
class StudyConfig(Settings):
    """All settings of a study; each is checked on construction.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    kind: ClassVar[str] = "study"

    data: str = setting(
        "digits",
        "data set: digits, mnist, fashion_mnist, linnerud, teacher, or an .npz file",
        _data_set,
        _DATA,
    )
    data_dir: str | None = setting(None, "folder with the data files", _folder, _DATA)
    n_train: int | None = setting(None, "use the first so many training samples", whole(1, True), _DATA)
    n_test: int | None = setting(None, "use the first so many test samples", whole(1, True), _DATA)
    probe_samples: int | None = setting(
        None, "evaluate the probes on the first so many training samples; default all", whole(1, True), _DATA
    )
    hidden: tuple[int, ...] = setting((32,), "widths M of the hidden layers", _layers, _DATA)
    bias: bool = setting(True, "give the layers biases", flag, _DATA)
    dtype: str = setting("float32", "float type", one_of("float32", "float64"), _DATA)
    seed: int = setting(0, "64-bit seed of every random number", seed64, _DATA)

    replicas: int = setting(100, "independently trained networks", whole(3), _TRAIN)
    epochs: int = setting(30, "passes over the training set", whole(2), _TRAIN)
    batch_size: int | None = setting(
        None, "samples in a batch; default 32, or all if there are fewer", whole(1, True), _TRAIN
    )
    optimizer: str = setting("adam", "sgd, adam or adamw", one_of("sgd", "adam", "adamw"), _TRAIN)
    learning_rate: float = setting(1e-3, "learning rate", number(above=0), _TRAIN)
    schedule: str = setting(
        "constant", "learning rate: constant or cosine", one_of("constant", "cosine"), _TRAIN
    )
    momentum: float = setting(0.9, "momentum of sgd", number(minimum=0, maximum=0.9999), _TRAIN)
    weight_decay: float = setting(0.0, "weight decay", number(minimum=0), _TRAIN)

    sigmas: tuple[float, ...] = setting(
        (0.002, 0.005, 0.01, 0.02, 0.05),
        "step sizes σ of the random walks",
        several(number(above=0)),
        _WALK,
    )
    walk_steps: int = setting(100, "steps of a walk", whole(2), _WALK)
    walkers: int = setting(8, "walks from each solution", whole(2), _WALK)
    walk_origins: int = setting(8, "solutions to walk from, at most all there are", whole(1), _WALK)

    swaps: tuple[int, ...] | None = setting(
        None, "numbers S of exchanged pairs; default 0 to 30, up to half the width", several(whole(0), optional=True), _SWAP
    )  # fmt: skip
    swap_trials: int = setting(20, "random choices of pairs for each network", whole(2), _SWAP)
    swap_origins: int = setting(5, "networks to swap in, at most all there are", whole(1), _SWAP)
    swap_points: int = setting(21, "points along the way", whole(3), _SWAP)
    widths: tuple[int, ...] = setting(
        (8, 16, 32, 64, 128), "widths M to compare in protocols 2 and 3; none for no comparison",
        several(whole(2), empty=True), _SWAP,
    )  # fmt: skip
    width_replicas: int = setting(20, "networks trained for each width", whole(3), _SWAP)

    linkage: str = setting(
        "average", "single, complete, average, weighted, ward, centroid or median",
        one_of("single", "complete", "average", "weighted", "ward", "centroid", "median"), _TREE,
    )  # fmt: skip
    bootstrap: int = setting(
        200, "resamples for the errors of rank correlations and of triangles", whole(10), _TREE
    )
    null_draws: int = setting(
        199, "draws of each null model; a verdict at the level 0.01 takes 199", whole(10), _TREE
    )

    batch_sizes: tuple[int, ...] | None = setting(
        None,
        "batch sizes to compare, none for no comparison; default 8, 32, 128 and 512 as far as there are samples",
        several(whole(1), optional=True, empty=True),
        _FLAT,
    )
    batch_replicas: int = setting(20, "networks trained for each batch size", whole(3), _FLAT)
    batch_rule: str = setting(
        "epochs", "what batch sizes have in common: epochs or updates", one_of("epochs", "updates"), _FLAT
    )
    radii: tuple[float, ...] = setting(
        (0.05, 0.1, 0.2, 0.4), "relative distances of the perturbations", several(number(above=0)), _FLAT
    )
    directions: int = setting(20, "random directions from each solution", whole(2), _FLAT)

    grid: int = setting(41, "points along each side of a plane", whole(3), _SLICE)
    line_points: int = setting(41, "points along a line", whole(3), _SLICE)
    lines: int = setting(
        8,
        "lines to average, each between two solutions of its own; at most half as many as there are",
        whole(1),
        _SLICE,
    )

    glass_replicas: int = setting(
        40,
        "minima of a spherical glass to compare the solutions with; 0 for no comparison",
        _none_or_several,
        _GLASS,
    )
    glass_spins: int | None = setting(
        None, "spins N of that glass; default as many as the network has parameters, at most 100", whole(3, True), _GLASS
    )  # fmt: skip
    glass_order: int = setting(
        3, "its order p, at least 3: of order 2 it has two minima only", whole(3), _GLASS
    )
    correlation_pairs: int = setting(
        200, "pairs of points at each overlap, for the correlation", whole(3), _GLASS
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        narrowest = self.hidden[0]
        if self.swaps is not None and max(self.swaps) > narrowest // 2:
            raise ArgumentError(
                "swaps", f"at most half the width of the first hidden layer ({narrowest // 2})", self.swaps
            )
