"""I. Goodfellow, O. Vinyals and A. Saxe, "Qualitatively characterizing neural network optimization problems"
(arXiv:1412.6544): on the straight line from the initialisation to the solution the training loss only falls.

Theirs: SGD on MNIST, networks of two hidden layers. J. Lucas et al. (arXiv:2104.11044) met lines that rise again where
steps are large or adaptive. Here: 784-100-100-10, the first 10,000 training samples of MNIST, batches of 64, SGD and
Adam at a small and a large rate; a line is monotone if its loss at no place is higher than at the one before. Its rise
is the largest loss less the lowest one before it.

Solutions of different replicas are independent; the share of monotone lines has Wilson's error (one standard error
either way of E. B. Wilson, J. Am. Stat. Assoc. 22, 209, 1927), which is not 0 where the share is 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import spinland as sl
from spinland.figures.style import category, context, dress
from spinland.formatting import plus_minus
from spinland.statistics.uncertainty import standard_error

from .keeping import Arrays, Keeper

NETWORK = sl.ReLUNetwork((784, 100, 100, 10))
OPTIMIZERS: dict[str, sl.SGD | sl.Adam] = {
    "SGD, rate 0.02": sl.SGD(0.02),
    "SGD, rate 0.5": sl.SGD(0.5),
    "Adam, rate 0.0003": sl.Adam(3e-4),
    "Adam, rate 0.01": sl.Adam(1e-2),
}


@dataclass(frozen=True)
class Protocol:
    """How many, how long."""

    replicas: int = 20
    samples: int = 10_000
    batch_size: int = 64
    epochs: int = 20
    places: int = 26
    seed: int = 0


def rises(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest value less the lowest before it, of lines (B, A): 0 for those that only fall."""
    return np.asarray((values - np.minimum.accumulate(values, axis=-1)).max(axis=-1))


def share(yes: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Share of those that are true, and Wilson's bounds one standard error away."""
    n, p = len(yes), float(np.mean(yes))
    middle, half = (p + 0.5 / n) / (1 + 1 / n), np.sqrt(p * (1 - p) / n + 0.25 / n**2) / (1 + 1 / n)
    return p, max(0.0, middle - half), min(1.0, middle + half)


def lines(data: sl.Dataset, optimizer: sl.SGD | sl.Adam, protocol: Protocol) -> Arrays:
    """Training loss (R, A) from the initialisations to the solutions."""
    found = sl.train(
        NETWORK,
        data,
        protocol.replicas,
        optimizer,
        protocol.batch_size,
        protocol.epochs,
        protocol.seed,
        keep_initial=True,
        evaluate="final",
    )
    assert found.initial is not None
    loss = sl.NetworkLandscape(NETWORK, data.x_train, data.y_train)
    alphas = np.linspace(0, 1, protocol.places)
    return {
        "values": sl.line(loss, found.initial, found.params, alphas).values,
        "test_accuracy": found.test_accuracy[:, -1],
    }


def measure(data: sl.Dataset, keep: Keeper, protocol: Protocol) -> dict[str, Any]:
    """Everything that the page shows."""
    data = data.subset(protocol.samples)
    found: dict[str, Any] = {}
    for k, (name, optimizer) in enumerate(OPTIMIZERS.items()):
        one = keep.stage(f"lines-{k}", lines, data, optimizer, protocol)
        found[name] = {key: array.tolist() for key, array in one.items()}
    return found


def page(found: dict[str, Any]) -> list[str]:
    """The table, in Markdown."""
    lines = ["| | monotone lines | largest rise | test accuracy |", "|---|---|---|---|"]
    for name, one in found.items():
        rise, accuracy = rises(np.array(one["values"])), np.array(one["test_accuracy"])
        p, low, high = share(rise == 0)
        cells = [plus_minus(float(v.mean()), float(standard_error(v))) for v in (rise, accuracy)]
        lines.append(f"| {name} | {p:.2f} ({low:.2f} to {high:.2f}) of {len(rise)} | {cells[0]} | {cells[1]} |")
    return lines


@context()
def draw(found: dict[str, Any]) -> Figure:
    """All lines, a panel for each optimiser."""
    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True)
    for k, (ax, (name, one)) in enumerate(zip(axes, found.items(), strict=True)):
        values = np.array(one["values"])
        dress(ax).plot(np.linspace(0, 1, values.shape[1]), values.T, linewidth=0.7, color=category(k)["color"])
        ax.set_title(name)
        ax.set_xlabel("α")
    axes[0].set_ylabel("training loss (nats)")
    axes[0].set_yscale("log")
    figure.suptitle("From the initialisation (α = 0) to the solution (α = 1), 784-100-100-10")
    return figure
