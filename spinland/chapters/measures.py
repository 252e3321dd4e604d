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
from .measures_finding import AT, find
from .measures_networks import Networks, matched, part_of, pull_about, room_about
from .measures_section import write
from .settings import Settings, number, setting, several, whole
from .subjects import Subject, of_kind

SEED_MEASURES = 31
_HEADING = "Measures"


@dataclass(frozen=True)
class MeasureSettings(Settings):
    """Settings of the comparison of measures of flatness."""

    measure_sizes: tuple[int, ...] = setting(
        (4, 16, 64),
        "batch sizes of the networks whose flatness is measured, as far as there are samples",
        several(whole(1)),
        _HEADING,
    )
    measure_rates: tuple[float, ...] = setting(
        (0.1, 0.4), "their learning rates, of plain descent", several(number(above=0)), _HEADING
    )
    measure_replicas: int = setting(8, "networks trained with each batch size and rate", whole(3), _HEADING)
    measure_epochs: int = setting(
        30, "epochs of the smallest batch size; the others get as many updates", whole(1), _HEADING
    )
    measure_samples: int = setting(
        100, "samples that they are trained on; the others are added to the test", whole(2), _HEADING
    )
    measure_draws: int = setting(32, "draws of each mean, and steps of the local entropy", whole(20), _HEADING)
    measure_alpha: float = setting(
        4.0, "factor of the first hidden layer that measures should not see", number(above=0), _HEADING
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measure_sizes and min(self.measure_sizes) > self.measure_samples:
            most = f"one of at most measure_samples ({self.measure_samples})"
            raise ArgumentError("measure_sizes", most, self.measure_sizes)


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


def _matched(subject: Any, *ensembles: Any, dataset: Any, index: int, **arguments: Any) -> sl.Ensemble:
    """The replicas of one setting once more, kept where their loss first is that which all reach."""
    epochs = sorted({int(epoch) for epoch in matched(list(ensembles))[index] if epoch > 0})
    if not epochs:
        raise ArgumentError("measure_rates", "rates at which networks converge", arguments["rate"])
    return _trained(subject, dataset=dataset, epochs=epochs[-1], snapshots=epochs, **arguments)


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
    networks = Networks(subject, found, dataset, protocol, samples, len(settings))
    measured = _measures(networks.landscape, networks.points, draws, seed)
    if protocol == "loss":
        starts = networks.starts
        bounds = sl.pac_bayes(networks.landscape, networks.points, starts, n_draws=8 * draws, seed=seed)
        measured = {**measured, "pac_bayes": bounds.mcallester}  # the other one is 1 for all where samples are few
    values = {name: networks.table(row) for name, row in measured.items()}
    return networks.ranked(values, networks.quality("accuracy"), settings, seed)


def _by_test_loss(
    subject: Any, compared: Any, *found: Any, dataset: Any, samples: int, settings: Any, seed: int
) -> sl.MeasureComparison:
    """The same measures at equal training loss, ranked with minus the test loss, which tells networks apart better."""
    networks = Networks(subject, found, dataset, "loss", samples, len(settings))
    values = dict(zip(compared.measures, np.asarray(compared.values), strict=True))
    return networks.ranked(values, networks.quality("loss"), settings, seed)


def _halves(
    subject: Any, *found: Any, dataset: Any, samples: int, by: str, settings: Any, seed: int
) -> sl.MeasureComparison:
    """What every other sample of the test says beside the rest: how well any measure could go with it at most."""
    networks = Networks(subject, found, dataset, "loss", samples, len(settings))
    first, second = (networks.quality(by, slice(start, None, 2)) for start in (0, 1))
    return networks.ranked({"half": -second}, first, settings, seed)


def _measures(landscape: Any, points: NDArray[Any], draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Values (P,) of the measures that have a meaning on a landscape, the local entropy of all together at last."""
    from ..measures.sharpness import measures_of

    found = {
        name: sl.sharpness(landscape, points, name, n_draws=draws, seed=seed).value for name in measures_of(landscape)
    }
    return {**found, "local_entropy": room_about(landscape, points, pull_about(landscape, points), draws, seed)}


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


def _bounded(subject: Any, found: Any, *, most: int, draws: int, seed: int) -> sl.PACBayes:
    """Bounds on the error of solutions that learnt all samples, from where their training began."""
    alive = np.flatnonzero(~found.diverged)[:most]
    begun = int(found.provenance.seed)
    starts = [subject.network.initialize(1, begun, first=int(found.replicas[row]))[0] for row in alive]
    return sl.pac_bayes(subject.landscape, subject.points(found, most), starts, n_draws=draws, seed=seed)


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
    for protocol, words in AT.items():
        needs = first + again if protocol == "loss" else first
        arguments = {**shared, "protocol": protocol, "settings": settings}
        yield DataStage(f"measures/at_{protocol}", f"measures of flatness at {words}", _compared, needs, arguments, key)
    again = first + again
    test = {"samples": c.measure_samples, "settings": settings, "seed": seed}
    needs = ("measures/at_loss", *again)
    yield DataStage("measures/by_test_loss", "measures beside the test loss", _by_test_loss, needs, test, key)
    for by in ("accuracy", "loss"):
        arguments = {**test, "by": by}
        yield DataStage(f"measures/halves/{by}", f"test {by} on halves of the test", _halves, again, arguments, key)
    arguments = {"most": 5, "draws": 1000, "seed": seed}
    yield Stage("measures/bound", "PAC-Bayes bounds of solutions", _bounded, (subject.solutions,), arguments, key)
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
