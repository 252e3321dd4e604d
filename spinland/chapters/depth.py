"""Depth against width: networks of equally many parameters at one training loss, and how their landscapes differ."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..errors import DivergenceWarning
from ..provenance import record
from .chapter import Chapter, DataStage, Stage, Step
from .depth_finding import COMPARISON, find
from .depth_measures import barriers, correlation, first_and_last, gathered, measures, plane
from .depth_results import MatchedReplicas, RateSweep
from .depth_section import write
from .depth_subjects import parameters_of
from .matching import at_level, common_level
from .settings import Settings, number, setting, several, whole
from .training import OPTIMIZER_SETTINGS, optimizer_of

SEED_DEPTH, SEED_TUNING = 36, 37
_HEADING = "Depth"


@dataclass(frozen=True)
class DepthSettings(Settings):
    """Settings of the comparison of depths."""

    depths: tuple[int, ...] = setting(
        (),
        "numbers of hidden layers to compare at equally many parameters, such as 1,2,5,10; none for no comparison",
        several(whole(1), empty=True),
        _HEADING,
    )
    depth_parameters: int | None = setting(
        None, "their number of parameters; default that of the network of the study", whole(1, True), _HEADING
    )
    depth_replicas: int = setting(16, "networks trained at each depth", whole(3), _HEADING)
    depth_epochs: int | None = setting(None, "their epochs; default those of the study", whole(1, True), _HEADING)
    depth_rates: tuple[float, ...] = setting(
        (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1),
        "learning rates of which each depth gets the one with the lowest final training loss",
        several(number(above=0)),
        _HEADING,
    )
    depth_tuning: int = setting(6, "networks trained at each of these rates", whole(2), _HEADING)


def starts(network: Any, n_replicas: int, seed: int, dtype: Any) -> NDArray[Any]:
    """Random points (R, dim): weights uniform on ±sqrt(6/fan_in), biases zero.

    So signals and gradients keep their size through any number of layers of ReLU (He et al., arXiv:1502.01852), while
    each layer of PyTorch's own initialisation, ±sqrt(1/fan_in), makes their squares six times smaller.
    """
    points = network.initialize(n_replicas, seed, dtype=dtype)
    for weight, bias, _ in network.spans:
        points[:, weight] *= np.sqrt(6)
        if bias is not None:
            points[:, bias] = 0
    return np.asarray(points)


def _trained(
    subject: Any, dataset: Any, rate: float, *, replicas: int, seed: int, how: Any, evaluate: str = "both", **more: Any
) -> sl.Ensemble:
    """Networks of one depth trained at one rate, and otherwise as those of the study."""
    named = dict(how)
    return sl.train(
        subject.network,
        dataset,
        replicas,
        optimizer_of(SimpleNamespace(**named | {"learning_rate": rate})),
        named["batch_size"],
        named["epochs"],
        seed,
        initial=starts(subject.network, replicas, seed, subject.dtype),
        dtype=subject.dtype,
        device=subject.device,
        precision=subject.precision,
        evaluate=evaluate,
        **more,
    )


def _tuned(subject: Any, *, dataset: Any, rates: tuple[float, ...], **arguments: Any) -> RateSweep:
    """Final losses at several rates, from the same starting points."""
    with warnings.catch_warnings():  # a rate that is too large is no news here
        warnings.simplefilter("ignore", DivergenceWarning)
        found = [_trained(subject, dataset, rate, evaluate="final", **arguments) for rate in rates]
    made = record("rate_sweep", {"rates": rates}, seed=arguments["seed"], data=dataset.fingerprint, dtype=subject.dtype)
    losses = np.stack([ensemble.train_loss[:, -1] for ensemble in found])
    return RateSweep(rates=np.array(rates, np.float64), losses=losses, provenance=made)


def _at_best(subject: Any, sweep: RateSweep, *, dataset: Any, **arguments: Any) -> sl.Ensemble:
    return _trained(subject, dataset, sweep.best, **arguments)


def _matched(subject: Any, *ensembles: Any, dataset: Any, index: int, **arguments: Any) -> MatchedReplicas:
    """Networks of one depth once more, each kept after the first epoch with a loss at or below the common one."""
    own, level = ensembles[index], common_level(ensembles, "depth_epochs")

    def again(snapshots: list[int]) -> sl.Ensemble:
        rate = own.learning_rate
        return _trained(subject, dataset, rate, snapshots=snapshots, **arguments | {"evaluate": "none"})

    return at_level(own, level, again, seed=arguments["seed"], data=dataset.fingerprint, dtype=subject.dtype)


def _how(book: Any) -> tuple[tuple[str, Any], ...]:
    """How all of them are trained, as plain values."""
    c = book.config
    settings = {name: getattr(c, name) for name in OPTIMIZER_SETTINGS}
    return tuple((settings | {"batch_size": book.batch_size, "epochs": c.depth_epochs or c.epochs}).items())


def _steps(book: Any) -> Iterator[Step]:
    c, subjects = book.config, book.deep
    seed, how = book.seed(SEED_DEPTH), _how(book)
    for s in subjects:
        arguments = {"rates": c.depth_rates, "replicas": c.depth_tuning, "seed": book.seed(SEED_TUNING), "how": how}
        yield DataStage(s.name("rates"), f"learning rates, {s.label}", _tuned, (), arguments, s.key)
    same = {"replicas": c.depth_replicas, "seed": seed, "how": how}
    for s in subjects:
        title = f"training {c.depth_replicas} replicas, {s.label}"
        yield DataStage(s.name("ensemble"), title, _at_best, (s.name("rates"),), same, s.key)
    ensembles = tuple(s.name("ensemble") for s in subjects)
    for index, s in enumerate(subjects):
        title = f"to equal training loss, {s.label}"
        yield DataStage(s.solutions, title, _matched, ensembles, same | {"index": index}, s.key)
    for s in subjects:
        yield from _around(book, s)
    if subjects:
        yield _gathering(book)


def _around(book: Any, s: Any) -> Iterator[Step]:
    """Steps that look at the networks of one depth."""
    c, needs, seed = book.config, (s.solutions,), book.seed(SEED_DEPTH)
    radius = c.radii[min(1, len(c.radii) - 1)]
    looks = {"radius": radius, "directions": c.directions, "steps": c.walk_steps, "walkers": c.walkers, "seed": seed}
    yield Stage(s.name("measures"), f"measures around networks, {s.label}", measures, needs, looks, s.key)
    pairs = {"n_pairs": c.correlation_pairs, "seed": seed}
    for part, initial in (("correlation", False), ("correlation-initial", True)):
        title = f"correlation {'at the start' if initial else 'at equal loss'}, {s.label}"
        yield Stage(s.name(part), title, correlation, needs, pairs | {"initial": initial}, s.key)
    yield Stage(s.name("lines"), f"lines before and after alignment, {s.label}", barriers, needs, {"seed": seed}, s.key)
    grid = {"grid": c.grid, "seed": seed}
    yield Stage(s.name("plane"), f"plane of all layers, {s.label}", plane, needs, grid, s.key)
    if s.classifies:
        title = f"plane of the first and last layer, {s.label}"
        yield Stage(s.name("plane-ends"), title, first_and_last, needs, grid, s.key)


def _gathering(book: Any) -> Stage:
    subjects = book.deep
    parts = ("rates", "matched", "measures", "correlation", "correlation-initial", "lines")
    needs = tuple(s.name(part) for s in subjects for part in parts)
    arguments = {
        "depths": tuple(s.depth for s in subjects),
        "shapes": tuple("–".join(map(str, s.network.widths)) for s in subjects),
        "residues": tuple(s.residue for s in subjects),
        "n_parameters": parameters_of(book.config, book.network.network),
        "seed": book.seed(SEED_DEPTH),
    }
    return Stage(COMPARISON, "depth against width", gathered, needs, arguments, subjects[0].key)


def _values(book: Any) -> dict[str, Any]:
    c = book.config
    return {"depth_parameters": parameters_of(c, book.network.network), "depth_epochs": c.depth_epochs or c.epochs}


DEPTH = Chapter(
    "depth",
    "depth against width",
    _steps,
    find,
    write,
    _values,
    kernels={
        "network": ("training", "losses", "flatness", "walks", "slices", "correlations", "gradients", "curvature")
    },
    asked_by="depths",
)
