"""Flatness that cannot be fooled: every measure under rescalings, and beside generalisation at equal training loss."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..errors import ArgumentError, ShortRunWarning
from .chapter import Chapter, DataStage, Stage, Step
from .measures_section import find, write
from .settings import Settings, number, setting, several, whole
from .subjects import Subject, of_kind

SEED_MEASURES = 31
_HEADING = "Measures"
PROTOCOLS = {"epochs": "equal epochs", "updates": "equal updates", "loss": "equal training loss"}
"""When networks of different settings are compared."""


@dataclass(frozen=True)
class MeasureSettings(Settings):
    """Settings of the comparison of measures of flatness."""

    measure_sizes: tuple[int, ...] = setting(
        (8, 32, 128), "batch sizes of the networks whose flatness is measured", several(whole(1)), _HEADING
    )
    measure_rates: tuple[float, ...] = setting(
        (0.1, 0.4), "their learning rates, of plain descent", several(number(above=0)), _HEADING
    )
    measure_replicas: int = setting(8, "networks trained with each batch size and rate", whole(3), _HEADING)
    measure_epochs: int = setting(
        30, "epochs of the smallest batch size; the others get as many updates", whole(1), _HEADING
    )
    measure_samples: int = setting(
        500, "samples that they are trained on; the others are added to the test", whole(2), _HEADING
    )
    measure_draws: int = setting(32, "draws of each mean, and steps of the local entropy", whole(20), _HEADING)
    measure_alpha: float = setting(
        4.0, "factor of the first hidden layer that measures should not see", number(above=0), _HEADING
    )


def part_of(dataset: Any, samples: int) -> sl.Dataset:
    """The first samples of the training set; all others are the test."""
    n = min(samples, len(dataset.x_train))
    x, y = (np.concatenate([part[n:], test]) for part, test in _both(dataset))
    return sl.Dataset(dataset.name, dataset.x_train[:n], dataset.y_train[:n], x, y, dataset.n_classes)


def _both(dataset: Any) -> tuple[tuple[Any, Any], ...]:
    return (dataset.x_train, dataset.x_test), (dataset.y_train, dataset.y_test)


def _trained(
    subject: Any, *needed: Any, dataset: Any, size: int, rate: float, epochs: int, snapshots: Any, **more: Any
) -> sl.Ensemble:
    """Replicas of one setting, with the parameters after some epochs."""
    return sl.train(
        subject.network,
        part_of(dataset, more["samples"]),
        more["replicas"],
        sl.SGD(rate),
        size,
        epochs,
        more["seed"],
        snapshots=snapshots,
        dtype=subject.dtype,
        device=subject.device,
        precision=subject.precision,
    )


def matched(ensembles: list[Any]) -> list[NDArray[np.int64]]:
    """First epoch (R,) of each setting at which a replica's training loss is no higher than all reach at some time.

    −1 for replicas that diverged.
    """
    losses = [np.asarray(ensemble.train_loss)[:, 1:] for ensemble in ensembles]
    lowest = [loss[~e.diverged].min(axis=1) for loss, e in zip(losses, ensembles, strict=True)]
    level = np.concatenate(lowest).max(initial=-np.inf)
    return [
        np.where(ensemble.diverged, -1, 1 + np.argmax(loss <= level, axis=1))
        for loss, ensemble in zip(losses, ensembles, strict=True)
    ]


def _matched(subject: Any, *ensembles: Any, dataset: Any, index: int, **arguments: Any) -> sl.Ensemble:
    """The replicas of one setting once more, kept where their loss first is that which all reach."""
    epochs = sorted({int(epoch) for epoch in matched(list(ensembles))[index] if epoch > 0})
    if not epochs:
        raise ArgumentError("measure_rates", "rates at which networks converge", arguments["rate"])
    return _trained(subject, dataset=dataset, epochs=epochs[-1], snapshots=epochs, **arguments)


def _points(protocol: str, ensembles: list[Any], again: list[Any]) -> NDArray[Any]:
    """Networks (S, R, dim) of a protocol; NaN for those that diverged."""
    if protocol == "updates":
        return np.stack([np.asarray(ensemble.params) for ensemble in ensembles])
    if protocol == "epochs":
        return np.stack([np.asarray(ensemble.snapshots[:, 1]) for ensemble in ensembles])
    rows = []
    for epochs, ensemble in zip(matched(ensembles), again, strict=True):
        place = np.searchsorted(ensemble.snapshot_epochs, np.maximum(epochs, ensemble.snapshot_epochs[0]))
        chosen = np.array(ensemble.snapshots)[np.arange(len(epochs)), place]
        chosen[epochs < 0] = np.nan
        rows.append(chosen)
    return np.stack(rows)


def _landscape(subject: Any, x: Any, y: Any) -> Any:
    return sl.NetworkLandscape(
        subject.network, x, y, dtype=subject.dtype, device=subject.device, precision=subject.precision
    )


def _compared(
    subject: Any,
    *found: Any,
    dataset: Any,
    protocol: str,
    samples: int,
    draws: int,
    settings: tuple[tuple[int, float], ...],
    seed: int,
) -> sl.MeasureComparison:
    """All measures at the networks of a protocol, and how they rank with the test accuracy."""
    ensembles, again = list(found[: len(settings)]), list(found[len(settings) :])
    part = part_of(dataset, samples)
    points = _points(protocol, ensembles, again)
    shape, flat = points.shape[:2], points.reshape(-1, points.shape[-1])
    alive = np.isfinite(flat).all(axis=1)
    starts = np.concatenate([np.asarray(ensemble.snapshots[:, 0]) for ensemble in ensembles])
    landscape = _landscape(subject, part.x_train, part.y_train)

    def table(values: Any) -> NDArray[np.float64]:
        whole = np.full(len(flat), np.nan)
        whole[alive] = values
        return whole.reshape(shape)

    quality = _landscape(subject, part.x_test, part.y_test).evaluate(flat[alive])[1]
    measured = _measures(landscape, flat[alive], draws, seed)
    if protocol == "loss":
        bound = sl.pac_bayes(landscape, flat[alive], starts[alive], n_draws=8 * draws, seed=seed)
        measured = {**measured, "pac_bayes": bound.bound}
    return sl.compare_measures(
        {name: table(values) for name, values in measured.items()},
        table(quality),
        table(landscape.value(flat[alive])),
        [size for size, _ in settings],
        [rate for _, rate in settings],
        seed=seed,
    )


def _measures(landscape: Any, points: NDArray[Any], draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Values (P,) of the measures that have a meaning on a landscape, the local entropy of all together at last.

    Walkers go about a tenth of a point's norm away. The temperature is 1/n of a loss over n samples, and that at which
    the value of a glass is of order one.
    """
    from ..measures.sharpness import measures_of

    found = {
        name: sl.sharpness(landscape, points, name, n_draws=draws, seed=seed).value for name in measures_of(landscape)
    }
    gamma = landscape.dim / (0.01 * float(np.mean(np.sum(np.asarray(points, np.float64) ** 2, axis=1))))
    temperature = 1 / getattr(landscape, "n_samples", 1)
    with warnings.catch_warnings():  # its errors are not printed: those of the ranks come from replicas
        warnings.simplefilter("ignore", ShortRunWarning)
        room = sl.local_entropy(
            landscape, points, gamma, temperature, n_nodes=3, n_steps=max(10, draws), n_chains=1, seed=seed
        )
    return {**found, "local_entropy": room.rise}


def _fooled(
    subject: Any, *ensembles: Any, dataset: Any, samples: int, draws: int, alpha: float, seed: int
) -> sl.DinhTable:
    """The table of the first replica at each batch size, at its smallest rate, in float64."""
    part = part_of(dataset, samples)
    sizes = dict.fromkeys(ensemble.batch_size for ensemble in ensembles)
    first = [next(ensemble for ensemble in ensembles if ensemble.batch_size == size) for size in sizes]
    chosen = [ensemble for ensemble in first if not ensemble.diverged[0]]
    points = np.stack([np.asarray(ensemble.params[0]) for ensemble in chosen]).astype(np.float64)
    starts = np.stack([np.asarray(ensemble.snapshots[0, 0]) for ensemble in chosen]).astype(np.float64)
    landscape = sl.NetworkLandscape(subject.network, part.x_train, part.y_train, dtype="float64")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortRunWarning)
        return sl.dinh_table(
            landscape, points, alpha, initial=starts, n_draws=draws, n_steps=max(10, 2 * draws), seed=seed
        )


def _of_glass(subject: Subject, found: Any, *, most: int, draws: int, seed: int) -> sl.MeasureComparison:
    """Measures at the minima of a glass beside their depth: one setting, whose replicas are the minima."""
    points = np.asarray(subject.points(found, most, 3))
    energies = np.asarray(subject.landscape.value(points))
    values = {name: row[None] for name, row in _measures(subject.landscape, points, draws, seed).items()}
    return sl.compare_measures(values, -energies[None], energies[None], [1], [1.0], seed=seed)


def _settings(book: Any) -> tuple[tuple[int, float], ...]:
    c = book.config
    n = min(c.measure_samples, book.source.facts["n_train"])
    return tuple((size, rate) for size in sorted(c.measure_sizes) if size <= n for rate in sorted(c.measure_rates))


def _folder(size: int, rate: float) -> str:
    return f"measures/{size}/{rate:g}"


def _steps(book: Any) -> Iterator[Step]:
    subject, glass = of_kind(book, "network"), of_kind(book, "glass")
    if subject is not None and subject.classifies:
        yield from _network_steps(book, subject)
    if glass is not None and glass in book.with_many:
        arguments = {"most": 40, "draws": book.config.measure_draws, "seed": book.seed(SEED_MEASURES)}
        title = "measures of flatness of the glass"
        yield Stage(glass.name("measures"), title, _of_glass, (glass.solutions,), arguments, glass.key)


def _network_steps(book: Any, subject: Any) -> Iterator[Step]:
    c, settings, seed, key = book.config, _settings(book), book.seed(SEED_MEASURES), subject.key
    if not settings:
        return
    common = {"samples": c.measure_samples, "replicas": c.measure_replicas, "seed": seed}
    first = tuple(f"{_folder(*one)}/ensemble" for one in settings)
    again = tuple(f"{_folder(*one)}/matched" for one in settings)
    for (size, rate), name in zip(settings, first, strict=True):
        epochs = max(c.measure_epochs, round(c.measure_epochs * size / settings[0][0]))
        arguments: Mapping[str, Any] = {
            **common,
            "size": size,
            "rate": rate,
            "epochs": epochs,
            "snapshots": [0, c.measure_epochs],
        }
        yield DataStage(name, f"training, batch size {size}, rate {rate:g}", _trained, (), arguments, key)
    for index, ((size, rate), name) in enumerate(zip(settings, again, strict=True)):
        arguments = {**common, "size": size, "rate": rate, "index": index}
        yield DataStage(name, f"to equal loss, batch size {size}, rate {rate:g}", _matched, first, arguments, key)
    shared = {"samples": c.measure_samples, "draws": c.measure_draws, "seed": seed}
    for protocol, words in PROTOCOLS.items():
        needs = first + again if protocol == "loss" else first
        arguments = {**shared, "protocol": protocol, "settings": settings}
        yield DataStage(f"measures/at_{protocol}", f"measures of flatness at {words}", _compared, needs, arguments, key)
    arguments = {**shared, "alpha": c.measure_alpha}
    yield DataStage("measures/rescaled", "measures of rescaled networks", _fooled, first, arguments, key)


MEASURES = Chapter(
    "measures",
    "flatness that cannot be fooled",
    _steps,
    find,
    write,
    kernels={"network": ("training", "losses", "measures"), "glass": ("glass measures",)},
)
