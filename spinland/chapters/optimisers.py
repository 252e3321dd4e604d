"""Optimisers that look for flat minima beside SGD, at equal cost and at equal training loss."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..errors import DivergenceWarning
from ..provenance import record, record_on
from ..quantities import quantity_of
from .chapter import Chapter, DataStage, Stage, Step
from .depth_results import MatchedReplicas, RateSweep
from .matching import at_level, common_level
from .measures_networks import pull_about, room_about
from .optimisers_finding import COMPARISON, NAMES, find
from .optimisers_results import OptimiserComparison
from .optimisers_section import write
from .settings import Settings, number, setting, several, whole
from .subjects import of_kind

SEED_OPTIMISERS, SEED_TUNED = 38, 39
_HEADING = "Optimisers"
_MEASURES = "trace", "largest", "adaptive"
"""Measures of flatness of :func:`spinland.sharpness`; the local entropy comes last."""


@dataclass(frozen=True)
class OptimiserSettings(Settings):
    """Settings of the comparison of optimisers."""

    optimiser_replicas: int = setting(6, "networks trained by each optimiser", whole(3), _HEADING)
    optimiser_evaluations: int = setting(
        30, "gradients of each sample that a training takes, rounded up to a number all can have", whole(1), _HEADING
    )
    optimiser_rates: tuple[float, ...] = setting(
        (0.1, 0.4, 1.6),
        "learning rates of which each optimiser gets the one with the lowest loss on held-out samples",
        several(number(above=0)),
        _HEADING,
    )
    optimiser_tuning: int = setting(2, "networks trained at each of these rates", whole(2), _HEADING)
    optimiser_held_out: float = setting(
        0.2, "share of the training samples that is held out for that", number(minimum=0.01, maximum=0.9), _HEADING
    )
    optimiser_rho: float = setting(0.05, "distance at which SAM takes its gradient", number(minimum=0), _HEADING)
    optimiser_gamma: float = setting(
        0.1, "pull of Entropy-SGD, and of replicated SGD at its beginning", number(above=0), _HEADING
    )
    optimiser_growth: float = setting(
        10.0, "factor by which the pull of replicated SGD grows in a training", number(minimum=1), _HEADING
    )
    optimiser_langevin: int = setting(5, "gradients of a step of Entropy-SGD", whole(1), _HEADING)
    optimiser_coupled: int = setting(3, "copies of each network in replicated SGD", whole(1), _HEADING)
    optimiser_draws: int = setting(20, "draws of each measure of flatness", whole(10), _HEADING)


def _rule(name: str, rate: float, steps: int, how: Mapping[str, Any]) -> Any:
    """An optimiser at a rate, of plain steps.

    The rate of Entropy-SGD is that of its inner steps, the outer ones go to the mean. Replicated SGD reaches its last
    pull after so many ``steps``.
    """
    if name == "sgd":
        return sl.SGD(rate)
    if name == "sam":
        return sl.SAM(how["rho"], sl.SGD(rate))
    if name == "entropy-sgd":
        return sl.EntropySGD(how["gamma"], sl.SGD(1 / how["gamma"]), how["langevin"], rate)
    growth = math.expm1(math.log(how["growth"]) / steps)
    return sl.ReplicatedSGD(how["gamma"], sl.SGD(rate), how["coupled"], growth)


def _cost(name: str, how: Mapping[str, Any]) -> int:
    """Gradients of a batch that a step of an optimiser takes."""
    from ..training.flat import gradients_per_step

    return gradients_per_step(_rule(name, 1.0, 1, how))


def _trained(
    subject: Any, dataset: Any, name: str, rate: float, *, replicas: int, seed: int, how: Any, **more: Any
) -> sl.Ensemble:
    """Networks trained by an optimiser, on the processor: but for SGD, none has a form for a card."""
    settings = dict(how)
    size = min(settings["batch_size"], len(dataset.x_train))
    epochs = settings["evaluations"] // _cost(name, settings)
    steps = epochs * -(-len(dataset.x_train) // size)
    return sl.train(
        subject.network,
        dataset,
        replicas,
        _rule(name, rate, steps, settings),
        size,
        epochs,
        seed,
        dtype=subject.dtype,
        **more,
    )


def split(dataset: Any, share: float) -> sl.Dataset:
    """The training samples alone, of which the last ``share`` are what is tested on."""
    n = len(dataset.x_train)
    kept = max(1, n - max(1, round(share * n)))
    (x, x_out), (y, y_out) = ((a[:kept], a[kept:]) for a in (dataset.x_train, dataset.y_train))
    return sl.Dataset(dataset.name, x, y, x_out, y_out, dataset.n_classes)


def _tuned(
    subject: Any, *, dataset: Any, name: str, rates: tuple[float, ...], share: float, seed: int, **arguments: Any
) -> RateSweep:
    """Final losses on held-out samples at several rates, from the same starting points."""
    part = split(dataset, share)
    with warnings.catch_warnings():  # a rate that is too large is no news here
        warnings.simplefilter("ignore", DivergenceWarning)
        found = [_trained(subject, part, name, rate, seed=seed, evaluate="final", **arguments) for rate in rates]
    return RateSweep(
        rates=np.array(rates, np.float64),
        losses=np.stack([ensemble.test_loss[:, -1] for ensemble in found]),
        provenance=record("rate_sweep", {"rates": rates}, seed=seed, data=part.fingerprint, dtype=subject.dtype),
    )


def _at_best(subject: Any, sweep: RateSweep, *, dataset: Any, name: str, **arguments: Any) -> sl.Ensemble:
    """Networks of an optimiser at the best rate of a sweep, its own or that of another."""
    return _trained(subject, dataset, name, sweep.best, **arguments)


def _matched(
    subject: Any, sweep: RateSweep, *ensembles: Any, dataset: Any, name: str, index: int, **arguments: Any
) -> MatchedReplicas:
    """Networks of one ensemble once more, each kept after the first epoch with a loss at or below the common one."""

    def again(snapshots: list[int]) -> sl.Ensemble:
        return _trained(subject, dataset, name, sweep.best, snapshots=snapshots, evaluate="none", **arguments)

    level = common_level(ensembles, "optimiser_evaluations")
    return at_level(
        ensembles[index], level, again, seed=arguments["seed"], data=dataset.fingerprint, dtype=subject.dtype
    )


def _compared(subject: Any, *found: Any, draws: int, seed: int) -> OptimiserComparison:
    """Losses and measures of flatness of all networks.

    Parameters
    ----------
    subject : NetworkSubject
    found : results
        The sweep of each optimiser; the ensemble of each, and that of SGD at the rate of each but the first; the
        matched replicas in the same order.
    draws, seed : int
        Of the measures.
    """
    n, landscape = len(NAMES), subject.landscape
    sweeps, ensembles, matched = found[:n], found[n : 3 * n - 1], found[3 * n - 1 :]
    points = np.stack([[np.asarray(one.params) for one in ones] for ones in (ensembles, matched)])
    quality = "train_loss", "test_loss", "test_accuracy"
    values = {
        name: np.stack(
            [
                [np.asarray(getattr(one, name))[:, -1] for one in ensembles],
                [np.asarray(getattr(one, name)) for one in matched],
            ]
        )
        for name in quality
    } | _measured(landscape, points, draws, seed)
    table = np.stack(list(values.values()), axis=2)
    costs = [one.gradient_evaluations for one in ensembles[:n]]
    made = [np.where(one.diverged, np.nan, float(cost[-1])) for one, cost in zip(ensembles, costs, strict=False)]
    taken = [one.epochs * cost[1] for one, cost in zip(matched, costs, strict=False)]
    return OptimiserComparison(
        provenance=record_on(landscape, "compare_optimisers", {"points": points, "draws": draws}, seed=seed),
        protocols=("cost", "loss"),
        optimizers=NAMES,
        rates=np.array([sweep.best for sweep in sweeps]),
        at_the_end=np.array([sweep.at_the_end for sweep in sweeps]),
        level=float(matched[0].level),
        quantities=tuple(values),
        values=table[:, :n],
        beside=np.concatenate([table[:, :1], table[:, n:]], axis=1),
        evaluations=np.array([made, taken]),
        **quantity_of(landscape),
    )


def _measured(landscape: Any, points: NDArray[Any], draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Measures (2, E, R) at points (2, E, R, dim) of E ensembles, NaN where these are.

    Replica r meets the same random numbers in all ensembles, walkers about it too, so that these drop out of
    differences.
    """
    there = np.isfinite(points).all(axis=-1)
    pull = pull_about(landscape, points[there])
    found = {name: np.full(there.shape, np.nan) for name in (*_MEASURES, "local_entropy")}
    for place in np.ndindex(points.shape[:2]):
        alive = there[place]
        rows = points[place][alive]
        if not len(rows):
            continue
        for name in _MEASURES:
            found[name][place][alive] = sl.sharpness(landscape, rows, name, n_draws=draws, seed=seed).value
        full = np.where(alive[:, None], points[place], rows[0])  # a walker's number is its place among the points
        found["local_entropy"][place][alive] = room_about(landscape, full, pull, draws, seed)[alive]
    return found


def _evaluations(book: Any) -> int:
    """Gradients of each sample: as many as asked for, or the next number that is a multiple of what all steps take."""
    c = book.config
    least = math.lcm(2, c.optimiser_langevin, c.optimiser_coupled)
    return least * -(-c.optimiser_evaluations // least)


def _how(book: Any) -> tuple[tuple[str, Any], ...]:
    """How all of them are trained, as plain values."""
    c = book.config
    names = "rho", "gamma", "growth", "langevin", "coupled"
    settings = {name: getattr(c, f"optimiser_{name}") for name in names}
    return tuple((settings | {"batch_size": book.source.batch_size, "evaluations": _evaluations(book)}).items())


def _folder(name: str) -> str:
    return f"optimisers/{name}"


def _steps(book: Any) -> Iterator[Step]:
    subject = of_kind(book, "network")
    if subject is None or not subject.classifies:
        return
    c, how, key = book.config, _how(book), subject.key
    tuning = {"rates": c.optimiser_rates, "share": c.optimiser_held_out, "replicas": c.optimiser_tuning}
    for name in NAMES:
        arguments: Mapping[str, Any] = {**tuning, "name": name, "how": how, "seed": book.seed(SEED_TUNED)}
        yield DataStage(f"{_folder(name)}/rates", f"learning rates, {name}", _tuned, (), arguments, key)
    same = {"replicas": c.optimiser_replicas, "seed": book.seed(SEED_OPTIMISERS), "how": how}
    rates = tuple(f"{_folder(name)}/rates" for name in NAMES)
    trained = [(name, _folder(name), name, rate) for name, rate in zip(NAMES, rates, strict=True)]
    trained += [
        ("sgd", f"{_folder(other)}/sgd", f"sgd at the rate of {other}", rate) for _, _, other, rate in trained[1:]
    ]
    ensembles, matched = (tuple(f"{folder}/{part}" for _, folder, _, _ in trained) for part in ("ensemble", "matched"))
    for (name, _, words, rate), ensemble in zip(trained, ensembles, strict=True):
        yield DataStage(ensemble, f"training by {words}", _at_best, (rate,), same | {"name": name}, key)
    for index, ((name, _, words, rate), at) in enumerate(zip(trained, matched, strict=True)):
        arguments = same | {"name": name, "index": index}
        yield DataStage(at, f"to equal loss, {words}", _matched, (rate, *ensembles), arguments, key)
    arguments = {"draws": c.optimiser_draws, "seed": book.seed(SEED_OPTIMISERS)}
    yield Stage(COMPARISON, "optimisers side by side", _compared, rates + ensembles + matched, arguments, key)


def _values(book: Any) -> dict[str, Any]:
    return {"optimiser_evaluations": _evaluations(book)}


OPTIMISERS = Chapter(
    "optimisers",
    "optimisers that look for flat minima",
    _steps,
    find,
    write,
    _values,
    kernels={"network": ("training", "losses", "measures", "optimisers")},
)
