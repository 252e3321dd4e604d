"""Averages of weights and of predictions beside training of equal length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import given
from ..statistics.judging import Judged, mean_of, paired
from .chapter import Chapter, DataStage, Stage, Step
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture
from .settings import Settings, number, setting, whole
from .subjects import of_kind

SEED_AVERAGES = 12
_HEADING = "Averages"
_RATES = "constant", "cyclic", "falling"
_LAST, _ONE, _AVERAGE, _ENSEMBLE = range(4)  # columns of a comparison, in the order of spinland.connect.averages
_PLANE = "averages/plane"


@dataclass(frozen=True)
class AverageSettings(Settings):
    """Settings of averages over snapshots of a training."""

    average_replicas: int = setting(10, "networks trained at each of three rates for averages", whole(3), _HEADING)
    average_epochs: int = setting(30, "epochs of each; snapshots are taken in the second half", whole(4), _HEADING)
    average_rate: float = setting(0.5, "learning rate at the start, of plain descent", number(above=0), _HEADING)
    average_cycle: int = setting(
        3, "epochs of a cycle of the rate, and between snapshots; at most half of all", whole(1), _HEADING
    )
    average_grid: int = setting(21, "points along each axis of the plane through three snapshots", whole(3), _HEADING)


def _rate(kind: str, rate: float, start: int) -> Any:
    """The rates: of weight averaging, of fast geometric ensembling, and one that falls to zero."""
    if kind == "falling":
        return sl.Cosine(rate)
    if kind == "constant":
        return sl.Descending(rate, rate / 2, start)
    return sl.Then(sl.Descending(rate, rate / 10, start), sl.Cyclic(rate / 50, rate, 1), start)


def _trained(
    subject: Any,
    solved: Any,
    *,
    dataset: Any,
    kind: str,
    epochs: int,
    cycle: int,
    rate: float,
    replicas: int,
    seed: int,
) -> sl.Ensemble:
    """Replicas with snapshots at the ends of cycles in the second half; with one at the end where the rate falls.

    Batches have the size of those of the solutions that there are.
    """
    start = epochs - max(1, epochs // 2 // cycle) * cycle
    snapshots = [epochs] if kind == "falling" else list(range(start, epochs + 1, cycle))
    rates = _rate(kind, rate, start)
    if kind == "cyclic":
        rates = replace(rates, later=replace(rates.later, period_epochs=cycle))
    found = sl.train(
        subject.network,
        dataset,
        replicas,
        sl.SGD(rates),
        solved.batch_size,
        epochs,
        seed,
        snapshots=snapshots,
        dtype=subject.dtype,
        device=subject.device,
        precision=subject.precision,
    )
    if found.diverged.all():
        raise ArgumentError("average_rate", "one at which training converges", f"{rate:g}, where all replicas diverge")
    return found


def _compared(subject: Any, ensemble: Any, *, dataset: Any, seed: int) -> sl.SnapshotAverages:
    return sl.snapshot_averages(ensemble, dataset, 0, seed=seed, device=subject.device, precision=subject.precision)


def _plane(subject: Any, ensemble: Any, *, grid: int) -> sl.Plane:
    """The plane through the first, the middle and the last snapshot of a replica, and where its average projects to."""
    alive = np.flatnonzero(~ensemble.diverged)
    snapshots = np.asarray(ensemble.snapshots[alive[0]], np.float64)
    chosen = [0, len(snapshots) // 2, len(snapshots) - 1]
    names = [f"epoch {ensemble.snapshot_epochs[k]}" for k in chosen]
    found = sl.plane_through(subject.landscape, snapshots[chosen], grid, 0.5, names)
    first, second, third = snapshots[chosen]
    along = (second - first) / np.linalg.norm(second - first)
    across = third - first - ((third - first) @ along) * along
    frame = np.stack([along, across / np.linalg.norm(across)])
    place = frame @ (sl.weight_average(snapshots) - first)
    points = np.concatenate([found.points, place[None]])
    return replace(found, points=points, point_labels=(*found.point_labels, "average"))


def _steps(book: Any) -> Iterator[Step]:
    c, subject = book.config, of_kind(book, "network")
    if subject is None or not subject.classifies:
        return
    seed, key, solved = book.seed(SEED_AVERAGES), subject.key, (subject.solutions,)
    for kind in _RATES:
        arguments = {
            "kind": kind,
            "epochs": c.average_epochs,
            "cycle": c.average_cycle,
            "rate": c.average_rate,
            "replicas": c.average_replicas,
            "seed": seed,  # the same starts and the same orders of the samples for all rates
        }
        made = f"averages/{kind}/ensemble"
        yield DataStage(made, f"training for averages, {kind} rate", _trained, solved, arguments, key)
        title = f"averages of snapshots, {kind} rate"
        yield DataStage(f"averages/{kind}/comparison", title, _compared, (made,), {"seed": seed}, key)
    if c.average_epochs // 2 >= 2 * c.average_cycle:
        needs = ("averages/constant/ensemble",)
        yield Stage(_PLANE, "plane through three snapshots", _plane, needs, {"grid": c.average_grid}, key)


def _found(book: Any) -> dict[str, Any]:
    found: dict[str, Any] = book.all_of({kind: f"averages/{kind}/comparison" for kind in _RATES})
    return found


def _find(book: Any) -> Finding | None:
    found = _found(book)
    if len(found) < len(_RATES):
        return None
    numbers, constant, cyclic, falling = Numbers(), *(found[kind] for kind in _RATES)
    last = 100 * falling.test_accuracy[:, _LAST]
    average = paired(last, 100 * constant.test_accuracy[:, _AVERAGE])
    ensemble = paired(last, 100 * cyclic.test_accuracy[:, _ENSEMBLE])
    flat = paired(constant.rise[:, 0, -1], constant.rise[:, 1, -1])
    one = _judged(numbers, "test accuracy of the average less that of a falling rate, %", average)
    other = _judged(numbers, "test accuracy of the ensemble less that of a falling rate, %", ensemble)
    text = (
        f"At equal epochs the average of the weights of {constant.passes[-1]} snapshots at a constant rate has a test "
        f"accuracy {one} that of training at a rate that falls to zero, from the same starts; the ensemble of "
        f"{cyclic.passes[-1]} snapshots of a cyclic rate, which costs as many forward passes, has one {other} it."
    )
    gain = paired(constant.test_loss[:, _ONE], constant.test_loss[:, _AVERAGE])
    numbers.keep("test loss of the average less that of one of its snapshots", gain, p=gain.p, against="zero")
    words = flat.word("flatter than", "not distinguishable in flatness from", "sharper than")
    numbers.keep("rise about the average less that about the last snapshot", flat, p=flat.p, against="zero")
    below = gain.word("below", "not distinguishably below or above", "above")
    text += (
        f" The average lies {below} its snapshots in test loss "
        f"({gain}, {gain.chance}) and is {words} the last of them (rise at the relative distance "
        f"{given(float(constant.radii[-1]))}: difference {flat}, {flat.chance})."
    )
    return numbers.finding("averages", text)


def _judged(numbers: Numbers, name: str, change: Judged) -> str:
    """A change of an accuracy in words: "0.3 ± 0.1 % (p = …) above"."""
    numbers.keep(name, change, p=change.p, against="zero")
    if not change.significant:
        return f"not distinguishable (by {change} %, {change.chance}) from"
    return f"{change if change.value > 0 else -change} % ({change.chance}) {change.word('below', '', 'above')}"


def _write(book: Any) -> Section | None:
    found, plane = _found(book), book.get(_PLANE)
    if not found:
        return None
    c = book.config
    figures = [
        picture(
            sl.figures.snapshot_comparison(
                list(found.values()), labels=[f"{kind} rate" for kind in found], unit=of_kind(book, "network").unit
            ),
            "Snapshots, the average of their weights and their ensemble, the mean of their probabilities. Mean ± "
            "standard error over replicas. Lines across: training of equal length at a rate that falls to zero. Right: "
            "rise of the training loss about the last snapshot and about the average.",
        )
    ]
    if plane is not None:
        figures.append(
            picture(
                sl.figures.plane_contour(plane).figure,
                "Training loss on the plane through three snapshots of one replica at the constant rate. The average "
                "of all its snapshots is shown where it projects to: it lies off the plane.",
            )
        )
    return Section(
        "Averages",
        "Averages over a training",
        f"Plain descent from rate {given(c.average_rate)}, {c.average_epochs} epochs, {c.average_replicas} replicas "
        "from the same starts at three rates. Constant: falls to a half of it, then stays, and the weights of its "
        "snapshots are averaged in float64 (Izmailov et al., arXiv:1803.05407). Cyclic: up and down in cycles, with a "
        "snapshot at each minimum, whose probabilities are averaged (Garipov et al., arXiv:1802.10026). Falling: a "
        "cosine to zero, the training that they are compared with.",
        figures,
        [_table(found)],
    )


def _table(found: dict[str, Any]) -> Table:
    rows = []
    for kind, item in found.items():
        ways = ["last snapshot", "one snapshot", "average", "ensemble"] if item.passes[-1] > 1 else ["last snapshot"]
        for k, way in enumerate(ways):
            accuracy = mean_text(item.test_accuracy[:, k], True)
            rise = {_LAST: item.rise[:, 0, -1], _AVERAGE: item.rise[:, 1, -1]}.get(k)
            flatness = "–" if rise is None else mean_text(rise)
            rows.append((kind, way, str(item.passes[k]), accuracy, mean_text(item.test_loss[:, k]), flatness))
    header = ["rate", "network", "forward passes", "test accuracy", "test loss", "rise"]
    mean = mean_of([len(item.epochs) for item in found.values()])
    return Table(
        header,
        rows,
        f"Mean ± standard error over replicas; {mean.value:.1f} snapshots on average over the three rates.",
        words=2,
    )


AVERAGES = Chapter(
    "averages",
    "averages over snapshots",
    _steps,
    _find,
    _write,
    kernels={"network": ("training", "losses", "flatness")},
)
