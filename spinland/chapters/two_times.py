"""Two times: training, Langevin dynamics on the loss, and the glass, by one correlation and one displacement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..formatting import given
from ..statistics.judging import Judged, paired
from .ageing import longest_step
from .chapter import Chapter, DataStage, Stage
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture, sentence
from .settings import Settings, setting, whole
from .settings import number as real
from .subjects import of_kind

SEED_TWO_TIMES = 34
_HEADING = "Two times"
_DESCENT, _LANGEVIN, _GLASS = "two-times/descent", "two-times/langevin", "two-times/glass"
_NAMES = {_DESCENT: "stochastic gradient descent", _LANGEVIN: "Langevin dynamics on the loss", _GLASS: "glass"}


@dataclass(frozen=True)
class TwoTimeSettings(Settings):
    """Settings of the dynamics of two times."""

    two_time_walkers: int = setting(6, "replicas and walkers, and half the instances of the glass", whole(2), _HEADING)
    two_time_longest: int = setting(64, "longest waiting time and longest time after it", whole(4), _HEADING)
    two_time_rate: float = setting(0.1, "learning rate of stochastic gradient descent", real(above=0), _HEADING)
    two_time_step: float = setting(0.05, "longest step of Langevin dynamics on the loss", real(above=0), _HEADING)
    two_time_heat: float = setting(
        0.1, "loss that equipartition would add to a minimum of the network, T dim/2", real(above=0), _HEADING
    )


def _waits(longest: int) -> NDArray[np.int64]:
    """Powers of 4."""
    return 4 ** np.arange(1 + int(np.log2(longest) // 2))


def _delays(longest: int) -> NDArray[np.int64]:
    """0 and powers of 2."""
    return np.array([0, *(2 ** np.arange(1 + int(np.log2(longest))))])


def _dense(longest: int) -> NDArray[np.float64]:
    """The same with 1/2, where times are continuous."""
    return np.unique([0.5, *_delays(longest)])


def _descent(
    subject: Any, *, dataset: Any, walkers: int, longest: int, rate: float, seed: int
) -> sl.TwoTimeCorrelation:
    """Replicas by stochastic gradient descent without momentum; times are epochs."""
    waits, delays = _waits(longest), _delays(longest)
    epochs = np.unique(waits[:, None] + delays)  # of the snapshots
    trained = sl.train(
        subject.network,
        dataset,
        walkers,
        sl.SGD(rate),
        epochs=int(epochs[-1]),
        seed=seed,
        dtype=subject.dtype,
        snapshots=epochs,
        evaluate="none",
        device=subject.device,
        precision=subject.precision,
    )
    kept = np.asarray(trained.snapshots)[~trained.diverged]
    return sl.two_times(kept, epochs, waits, delays)


def _langevin(subject: Any, *, walkers: int, longest: int, heat: float, step: float, seed: int) -> sl.Langevin:
    """Walkers on the loss of all samples, from initialisations."""
    landscape = subject.landscape
    starts = subject.network.initialize(walkers, seed, dtype=subject.dtype)
    temperature = 2 * heat / landscape.dim
    return sl.langevin(landscape, starts, temperature, _dense(longest), step, seed, waiting_times=_waits(longest))


def _glass(subject: Any, *, walkers: int, longest: int, seed: int) -> sl.Langevin:
    """Instances as large as the subject, quenched from a random point to half of T_d."""
    temperature = 0.5 * sl.theory.dynamical_temperature(subject.order)
    glasses = sl.instances(subject.landscape.dim, subject.order, 2 * walkers, seed, device=subject.device)
    starts = glasses[0].random_points(2 * walkers, seed)[:, None]
    step = min(0.08, longest_step(subject.order))
    return sl.langevin(glasses, starts, temperature, _dense(longest), step, seed, waiting_times=_waits(longest))


def _steps(book: Any) -> Iterator[Stage]:
    c, seed = book.config, book.seed(SEED_TWO_TIMES)
    network, glass = of_kind(book, "network"), of_kind(book, "glass")
    same = {"walkers": c.two_time_walkers, "longest": c.two_time_longest, "seed": seed}
    if network is not None:
        title = "two times of stochastic gradient descent"
        yield DataStage(_DESCENT, title, _descent, (), {**same, "rate": c.two_time_rate}, network.key)
        arguments = {**same, "heat": c.two_time_heat, "step": c.two_time_step}
        yield Stage(_LANGEVIN, "two times of Langevin dynamics on the loss", _langevin, (), arguments, network.key)
    if glass is not None:
        yield Stage(_GLASS, "two times of the glass", _glass, (), same, glass.key)


def _found(book: Any) -> dict[str, Any]:
    """Two-time curves that are there, by their name in words."""
    found = {}
    for place, name in _NAMES.items():
        result = book.get(place)
        if result is not None:
            found[name] = result if place == _DESCENT else result.two_times
    return found


def _each(samples: Any) -> NDArray[np.float64]:
    """Rows of walkers, or of instances, (n, K, T)."""
    values = np.asarray(samples)
    return values.mean(axis=1) if values.ndim == 4 else values


def _find(book: Any) -> Finding | None:
    found = _found(book)
    if not found:
        return None
    numbers = Numbers()
    clauses = [_clause(numbers, name, curves) for name, curves in found.items()]
    return numbers.finding("two_times", sentence(*clauses))


def _clause(numbers: Numbers, name: str, curves: Any) -> str:
    """Whether one dynamics ages, how it diffuses when old, and how it forgets when young."""
    each, waits = _each(curves.correlations), curves.waiting_times
    column = int(np.argmin(np.abs(curves.times - waits[-1])))
    change = paired(each[:, 0, column], each[:, -1, column])
    verb = change.word("falls", "does not significantly change", "rises")
    t = given(float(curves.times[column]), 3)
    by = numbers.tell(
        f"{name}: change of C at t = {t} from t_w = {given(waits[0])} to {given(waits[-1])}",
        change,
        p=change.p,
        against="no change",
    )
    slope, slope_error = curves.diffusion_exponent()
    diffusion = numbers.tell(
        f"{name}: exponent of the displacement at t_w = {given(waits[-1])}",
        Judged(float(slope[-1]), float(slope_error[-1]), len(each) - 1),
        against="diffusion",
        exact=1.0,
    )
    decay, decay_error = curves.decay_exponent()
    forgets = numbers.tell(
        f"{name}: exponent b of C ∝ (1 + t/t_w)^(−b) at t_w = {given(waits[0])}",
        Judged(float(decay[0]), float(decay_error[0]), len(each) - 1),
        against="free diffusion",
        exact=0.5,
    )
    return (
        f"{name}: the correlation after t = {t} {verb} with the age (from t_w = {given(waits[0])} to "
        f"{given(waits[-1])} by {by}, {change.chance}), the displacement of the old grows as t^a with a = "
        f"{diffusion}, and the young forget as (1 + t/t_w)^(−b) with b = {forgets}"
    )


def _write(book: Any) -> Section | None:
    found = _found(book)
    if not found:
        return None
    units = ["epochs" if name == _NAMES[_DESCENT] else "" for name in found]
    drawn = sl.figures.two_time_panels(list(found.values()), titles=list(found), units=units)
    c = book.config
    return Section(
        "Two times",
        "Ageing of network and glass",
        f"C(t_w + t, t_w) is the cosine of the points at t_w and at t_w + t, and the displacement |w(t_w + t) − "
        f"w(t_w)|²/dim. Stochastic gradient descent at rate {given(c.two_time_rate)} from initialisations, times in "
        "epochs; Langevin dynamics dw = −∇L dt + (2T)^½ dW on the loss of all samples, at the temperature at which "
        f"equipartition would add {given(c.two_time_heat)} to the loss of a minimum; Langevin dynamics of the glass at "
        "half its dynamical temperature from random points. What ages is slower the older it is; a cage would show as "
        "a plateau of both; free diffusion from the origin has C = (1 + t/t_w)^(−1/2) (Baity-Jesi et al. 2018; "
        "arXiv:2405.13098).",
        [
            picture(
                drawn,
                "Two times of each dynamics, a curve for each waiting time t_w, mean ± standard error over replicas, "
                "walkers or instances. Above: correlation; dotted: free diffusion from the origin. Below: mean squared "
                "displacement; dashed: slope 1.",
            )
        ],
        [_table(found)],
    )


def _table(found: dict[str, Any]) -> Table:
    rows = []
    for name, curves in found.items():
        (slope, slope_error), (decay, decay_error) = curves.diffusion_exponent(), curves.decay_exponent()
        freedom, last = len(_each(curves.correlations)) - 1, _each(curves.correlations)[:, :, -1]
        for k, wait in enumerate(curves.waiting_times):
            rows.append(
                (
                    name,
                    given(float(wait)),
                    str(Judged(float(slope[k]), float(slope_error[k]), freedom)),
                    str(Judged(float(decay[k]), float(decay_error[k]), freedom)),
                    mean_text(last[:, k]),
                )
            )
    return Table(
        (
            "dynamics",
            "t_w",
            "displacement: exponent",
            "correlation: exponent b",
            f"C at t = {given(float(next(iter(found.values())).times[-1]))}",
        ),
        rows,
        "Slopes of logarithms over all times t, for each replica, walker or instance: mean ± standard error. A "
        "displacement with exponent 0 would be caged, with 1 it diffuses.",
    )


TWO_TIMES = Chapter(
    "two_times",
    "two times of training, Langevin dynamics and the glass",
    _steps,
    _find,
    _write,
    kernels={"network": ("training", "gradients", "losses"), "glass": ("dynamics",)},
)
