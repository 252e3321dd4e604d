"""S. Ainsworth, J. Hayase and S. Srinivasa, "Git Re-Basin" (arXiv:2209.04836): the barrier after matching, by epoch.

784-512-512-512-10 on MNIST, batches of 500. Their published runs are of Adam at 1e-3, two networks, 100 epochs, of
which the figure shows 25. Their barrier is the highest of the loss on the line less the mean of its ends.

Theirs, with Adam: about 0.6 after the first epoch, about 0 by epoch 25, where the test loss on the line is lowest in
its middle. They permute networks as they are; ours are balanced first, which is a line of its own. Both are measured:

    before     networks as they came
    permuted   the neurons in the order that was found, the weights as they were
    aligned    both networks balanced, and in that order

Errors are over networks (``shared_mean_error``): pairs share them. Losses are those of 5,000 samples: every second of
the test samples, every twelfth of the training samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import truncnorm

import spinland as sl
from spinland.figures.style import GREY, category, context, dress
from spinland.formatting import plus_minus
from spinland.probes.barriers import above_mean
from spinland.statistics.uncertainty import shared_mean_error
from spinland.symmetry.transformation import NetworkSymmetry

from .keeping import Arrays, Keeper

KINDS = ("before", "permuted", "aligned")
DATA = ("train", "test")
BATCH = 500


@dataclass(frozen=True)
class Protocol:
    """How many, how long."""

    hidden: tuple[int, ...] = (512, 512, 512)
    networks: int = 4
    epochs: tuple[int, ...] = (1, 2, 5, 10, 25)
    places: int = 7
    seed: int = 0

    @property
    def members(self) -> NDArray[np.int64]:
        """All pairs (M, 2) of networks."""
        return np.stack(np.triu_indices(self.networks, 1), axis=1)

    @property
    def network(self) -> sl.ReLUNetwork:
        """The architecture."""
        return sl.ReLUNetwork((784, *self.hidden, 10))


def initialized(network: sl.ReLUNetwork, seed: int, replica: int) -> NDArray[np.float32]:
    """Weights normal with variance 1/inputs, cut off at two deviations of the uncut one, and biases of 0: Flax's Dense.

    Its deviation is √3 times that of PyTorch's Linear and of ``network.initialize``.
    """
    generator = np.random.default_rng([seed, replica])
    point = np.zeros(network.n_params, np.float32)
    for weight, _, shape in network.spans:
        drawn = truncnorm.rvs(-2, 2, size=shape[0] * shape[1], random_state=generator)
        point[weight] = drawn / truncnorm.std(-2, 2) / np.sqrt(shape[1])
    return point


def trained(data: sl.Dataset, replicas: tuple[int, int], protocol: Protocol) -> Arrays:
    """Two networks after each of the epochs, (2, K, dim)."""
    found = sl.train(
        protocol.network,
        data,
        optimizer=sl.Adam(1e-3),
        batch_size=BATCH,
        epochs=max(protocol.epochs),
        seed=protocol.seed,
        replicas=replicas,
        initial=np.stack([initialized(protocol.network, protocol.seed, r) for r in replicas]),
        snapshots=protocol.epochs,
        evaluate="none",
    )
    assert found.snapshots is not None
    return {"points": found.snapshots}


def lines(losses: dict[str, sl.NetworkLandscape], start: NDArray[Any], end: NDArray[Any], protocol: Protocol) -> Arrays:
    """Losses (3, 2, A) on the lines between two networks: kinds, training and test, places."""
    found = sl.align(protocol.network, end, start, n_starts=1)
    relabelled = NetworkSymmetry(protocol.network, found.transformations[0].permutations).apply(end)
    ends = {"before": (start, end), "permuted": (start, relabelled), "aligned": (found.reference, found.points)}
    alphas = np.linspace(0, 1, protocol.places)
    values = [[sl.line(loss, *ends[kind], alphas).values for loss in losses.values()] for kind in KINDS]
    return {"values": np.array(values)}


def measure(data: sl.Dataset, keep: Keeper, protocol: Protocol) -> dict[str, Any]:
    """Everything that the page shows."""
    losses = {
        "train": sl.NetworkLandscape(protocol.network, data.x_train[::12], data.y_train[::12]),
        "test": sl.NetworkLandscape(protocol.network, data.x_test[::2], data.y_test[::2]),
    }
    members = protocol.members
    found: dict[str, Any] = {"members": members.tolist(), "epochs": list(protocol.epochs)}
    pairs = range(0, protocol.networks, 2)
    points = np.concatenate([keep.stage(f"adam-{k}", trained, data, (k, k + 1), protocol)["points"] for k in pairs])
    values = np.empty((len(members), len(protocol.epochs), len(KINDS), len(DATA), protocol.places))
    for (m, (a, b)), (k, epoch) in product(enumerate(members), enumerate(protocol.epochs)):
        ends = points[a, k], points[b, k]
        values[m, k] = keep.stage(f"adam-{a}-{b}-epoch-{epoch}", lines, losses, *ends, protocol)["values"]
    return found | {"values": values.tolist()}


def summary(found: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Means and errors (2, epochs, 3, 2) over pairs: of the barrier, and of the sag.

    The sag is the value in the middle of a line less the lower of its ends: below 0 where the two meet in one valley.
    """
    values, members = np.array(found["values"]), np.array(found["members"])
    ends = values[..., [0, -1]]
    sag = values[..., values.shape[-1] // 2] - ends.min(axis=-1)
    both = np.stack([above_mean(np.linspace(0, 1, values.shape[-1]), values, ends), sag])
    flat = both.reshape(2, len(members), -1)
    errors = np.array([[shared_mean_error(column, members) for column in one.T] for one in flat])
    return both.mean(axis=1), errors.reshape(2, *both.shape[2:])


def page(found: dict[str, Any]) -> list[str]:
    """The table of barriers, in Markdown."""
    means, errors = summary(found)
    heads = [f"{kind}, {data}" for kind in KINDS for data in DATA]
    lines = [
        f"Barriers in nats, {len(found['members'])} pairs of {1 + np.max(found['members'])} networks:",
        "",
        f"| epoch | {' | '.join(heads)} | aligned, test: middle less the lower end |",
        "|---" * (len(heads) + 2) + "|",
    ]
    for k, epoch in enumerate(found["epochs"]):
        cells = [plus_minus(m, e) for m, e in zip(means[0, k].ravel(), errors[0, k].ravel(), strict=True)]
        cells.append(plus_minus(means[1, k, -1, -1], errors[1, k, -1, -1]))
        lines.append(f"| {epoch} | {' | '.join(cells)} |")
    return lines


@context()
def draw(found: dict[str, Any]) -> Figure:
    """The barrier against epochs; the lines of the test loss after the last one."""
    means, errors = summary(found)
    values = np.array(found["values"])[:, -1]
    alphas = np.linspace(0, 1, values.shape[-1])
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for k, kind in enumerate(KINDS):
        colour = category(k)["color"]
        for d, data in enumerate(DATA):
            style = {"marker": "o^"[d], "markersize": 4, "linestyle": ("-", "--")[d], "color": colour}
            left.errorbar(found["epochs"], means[0, :, k, d], errors[0, :, k, d], label=f"{kind}, {data}", **style)
        if kind != "before":
            right.plot(alphas, values[:, k, 1].T, linewidth=0.8, color=colour)
            right.plot([], [], color=colour, label=kind)
    dress(left).set(xlabel="epoch", ylabel="barrier (nats)", xscale="log")
    left.axhline(0, color=GREY, linewidth=0.7)
    left.set_xticks(found["epochs"], labels=map(str, found["epochs"]))
    left.minorticks_off()
    dress(right).set(xlabel="α", ylabel="test loss (nats)", title=f"after epoch {found['epochs'][-1]}")
    left.legend(fontsize=8)
    right.legend(fontsize=8)
    figure.suptitle("Lines between networks 784-512-512-512-10, Adam at 0.001")
    return figure
