"""J. Yu and A. V. Morozov, "Neural network optimization strategies and the topography of the loss landscape"
(arXiv:2602.21276): solutions of SGD are separated by lower barriers than those of a quasi-Newton method.

Theirs: 784-50-50-10 without biases on MNIST, paths as sine series made low by their highest point (FourierPathFinder),
a quasi-Newton method with golden sections. Here: its first 10,000 training and test samples; L-BFGS of SciPy on the
loss of all of them; paths of one sine wave, trained for their mean loss, of which the highest of 21 places is reported
(with four waves paths were higher after as many steps). SGD and L-BFGS begin at the same initialisations, number by
number, so that differences are those of pairs.

    sgd        SGD in minibatches, after the epoch of the lowest test loss
    matched    L-BFGS, the step whose training loss is nearest to that of sgd from the same start
    stopped    L-BFGS, the step of the lowest test loss
    deep       L-BFGS, the first step with a training loss below DEEP

Straight lines are looked at in all sets, trained paths between solutions of equal loss, those of sgd and matched.
Each solution is joined with the next five of a ring: 20 solutions, 100 pairs, each solution in ten. Errors are over
solutions (``shared_mean_error``), p by Student's t with one degree of freedom less than there are solutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

import spinland as sl
from spinland.figures.style import category, context, dress
from spinland.formatting import plus_minus
from spinland.statistics.judging import Judged
from spinland.statistics.uncertainty import shared_mean_error, standard_error

from .keeping import Arrays, Keeper

SETS = ("sgd", "matched", "stopped", "deep")
DEEP = 1e-3
SOLUTIONS = {"train_loss": "training loss", "test_loss": "test loss", "test_accuracy": "test accuracy"}
PATHS = {
    "highest": "highest",
    "above_ends": "above the higher end",
    "test_above_ends": "test loss, above the higher end",
    "length_ratio": "length / distance",
}
NETWORK = sl.ReLUNetwork((784, 50, 50, 10), bias=False)


@dataclass(frozen=True)
class Protocol:
    """How many, how long."""

    solutions: int = 20
    neighbours: int = 5
    samples: int = 10_000
    batch_size: int = 64
    epochs: int = 30
    learning_rate: float = 0.05
    steps: tuple[int, ...] = (0, 300)
    trained: tuple[str, ...] = ("sgd", "matched")
    places: int = 21
    seed: int = 0

    @property
    def members(self) -> NDArray[np.int64]:
        """Pairs (M, 2): each solution with the next ``neighbours`` of a ring."""
        first = np.repeat(np.arange(self.solutions), self.neighbours)
        return np.stack([first, (first + np.tile(1 + np.arange(self.neighbours), self.solutions)) % self.solutions], 1)


@dataclass(frozen=True)
class Losses:
    """Training and test loss of one problem."""

    train: sl.NetworkLandscape
    test: sl.NetworkLandscape

    @classmethod
    def of(cls, data: sl.Dataset) -> Losses:
        """Those of a data set."""
        return cls(
            sl.NetworkLandscape(NETWORK, data.x_train, data.y_train),
            sl.NetworkLandscape(NETWORK, data.x_test, data.y_test),
        )


def descended(data: sl.Dataset, protocol: Protocol) -> Arrays:
    """Solutions of SGD (S, dim), each after the epoch of its lowest test loss."""
    found = sl.train(
        NETWORK,
        data,
        protocol.solutions,
        sl.SGD(protocol.learning_rate),
        protocol.batch_size,
        protocol.epochs,
        protocol.seed,
        snapshots=True,
    )
    best = found.test_loss.argmin(axis=1)
    assert found.snapshots is not None
    return {"sgd": found.snapshots[np.arange(len(best)), best], "epoch": best}


class _Steps:
    """Of the steps of an L-BFGS those that are wanted; ends it when the training loss is small."""

    def __init__(self, losses: Losses, level: float):
        self.losses, self.level = losses, level
        self.points: dict[str, NDArray[Any]] = {}
        self.away = self.lowest = np.inf

    def __call__(self, intermediate_result: OptimizeResult) -> None:
        point, loss = intermediate_result.x.astype(np.float32), float(intermediate_result.fun)
        if abs(loss - self.level) < self.away:
            self.away, self.points["matched"] = abs(loss - self.level), point
        test = float(self.losses.test.value(point))
        if test < self.lowest:
            self.lowest, self.points["stopped"] = test, point
        if loss < DEEP:
            self.points["deep"] = point
            raise StopIteration


def quasi_newton(losses: Losses, start: NDArray[Any], level: float) -> dict[str, NDArray[Any]]:
    """The points of L-BFGS from a start: the nearest to a training loss, of the lowest test loss, below DEEP."""

    def both(point: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        at = point.astype(np.float32)
        return float(losses.train.value(at)), losses.train.gradient(at).astype(np.float64)

    steps = _Steps(losses, level)
    options = {"maxiter": 1000, "maxfun": 2000, "maxcor": 10, "ftol": 0.0, "gtol": 0.0}
    minimize(both, start.astype(np.float64), jac=True, method="L-BFGS-B", callback=steps, options=options)
    if "deep" not in steps.points:
        raise RuntimeError(f"L-BFGS ended above a training loss of {DEEP:g}")
    return steps.points


def joined(losses: Losses, points: NDArray[Any], steps: int, protocol: Protocol) -> Arrays:
    """What paths between solutions, trained for so many steps, are like; numbers (M,) of the pairs."""
    a, b = protocol.members.T
    path = sl.connecting_path(losses.train, points[a], points[b], "sine", 1, steps, 64, seed=protocol.seed)
    along = path.points(np.linspace(0, 1, protocol.places))
    train, test = (np.stack([loss.value(one) for one in along]) for loss in (losses.train, losses.test))
    lengths = np.linalg.norm(np.diff(along, axis=1), axis=2).sum(axis=1, dtype=float)
    return {
        "highest": train.max(axis=1),
        "above_ends": train.max(axis=1) - train[:, [0, -1]].max(axis=1),
        "test_above_ends": test.max(axis=1) - test[:, [0, -1]].max(axis=1),
        "length_ratio": lengths / np.linalg.norm(along[:, -1] - along[:, 0], axis=1),
    }


def measure(data: sl.Dataset, keep: Keeper, protocol: Protocol) -> dict[str, Any]:
    """Everything that the page shows."""
    data = data.subset(protocol.samples, protocol.samples)
    losses = Losses.of(data)
    sgd = keep.stage("sgd", descended, data, protocol)["sgd"]
    levels = losses.train.value(sgd)
    starts = NETWORK.initialize(protocol.solutions, protocol.seed)
    each = [
        keep.stage(f"lbfgs-{s}", quasi_newton, losses, starts[s], float(levels[s])) for s in range(protocol.solutions)
    ]
    points = {"sgd": sgd} | {name: np.stack([one[name] for one in each]) for name in SETS[1:]}
    found: dict[str, Any] = {"members": protocol.members.tolist(), "steps": list(protocol.steps)}
    for name in SETS:
        at = points[name]
        test, accuracy = losses.test.evaluate(at)
        ends = {"train_loss": losses.train.value(at), "test_loss": test, "test_accuracy": accuracy}
        found[name] = {key: value.tolist() for key, value in ends.items()}
        a, b = protocol.members.T
        found[name]["distance"] = np.linalg.norm(at[a] - at[b], axis=1).astype(float).tolist()
        for steps in protocol.steps if name in protocol.trained else (0,):
            paths = keep.stage(f"paths-{name}-{steps}", joined, losses, at, steps, protocol)
            found[name][str(steps)] = {key: value.tolist() for key, value in paths.items()}
    return found


def _at(found: dict[str, Any], steps: int) -> list[str]:
    """The sets whose paths were trained for so many steps."""
    return [name for name in SETS if str(steps) in found[name]]


def _words(steps: int) -> str:
    return f"paths of {steps} steps" if steps else "straight lines"


def difference(found: dict[str, Any], name: str, steps: int, of: str) -> Judged:
    """Mean over pairs of a set's number less that of sgd, with its error over solutions."""
    members = np.array(found["members"])
    apart = np.array(found[name][str(steps)][of]) - np.array(found["sgd"][str(steps)][of])
    return Judged(float(apart.mean()), shared_mean_error(apart, members), members.max())


def page(found: dict[str, Any]) -> list[str]:
    """The tables, in Markdown: the solutions, and for each number of steps the paths."""
    members = np.array(found["members"])

    def over_solutions(values: NDArray[Any]) -> str:
        return plus_minus(float(values.mean()), float(standard_error(values)))

    def over_pairs(values: NDArray[Any]) -> str:
        return plus_minus(float(values.mean()), shared_mean_error(values, members))

    lines = _table("solutions", list(SETS))
    for key, word in SOLUTIONS.items():
        lines.append(_row(word, [over_solutions(np.array(found[name][key])) for name in SETS]))
    lines.append(_row("distance of a pair", [over_pairs(np.array(found[name]["distance"])) for name in SETS]))
    for steps in found["steps"]:
        sets = _at(found, steps)
        lines += ["", *_table(_words(steps), [*sets, *(f"{name} less sgd" for name in sets[1:])])]
        for key, word in PATHS.items():
            if key == "length_ratio" and not steps:
                continue
            apart = [difference(found, name, steps, key) for name in sets[1:]]
            cells = [over_pairs(np.array(found[name][str(steps)][key])) for name in sets]
            lines.append(_row(word, cells + [f"{one}, {one.chance}" for one in apart]))
    return lines


def _table(corner: str, heads: list[str]) -> list[str]:
    return [_row(corner, heads), "|---" * (len(heads) + 1) + "|"]


def _row(word: str, cells: list[str]) -> str:
    return f"| {word} | {' | '.join(cells)} |"


@context()
def draw(found: dict[str, Any]) -> Figure:
    """Distributions over pairs of the highest loss on a path, a panel for each number of steps."""
    figure = Figure(figsize=(11.0, 3.8), layout="constrained")
    for ax, steps in zip(figure.subplots(1, len(found["steps"]), sharey=True), found["steps"], strict=True):
        dress(ax).set_xlabel("highest training loss (nats)")
        for name in _at(found, steps):
            values = np.sort(found[name][str(steps)]["highest"])
            ax.step(
                values,
                np.arange(1, len(values) + 1) / len(values),
                where="post",
                label=name,
                **category(SETS.index(name)),
            )
        ax.set_title(_words(steps))
    figure.axes[0].set_ylabel(f"share of {len(found['members'])} pairs")
    figure.axes[0].legend(loc="lower right")
    figure.suptitle("Paths of one sine wave between solutions of 784-50-50-10 without biases")
    return figure
