"""S. Ainsworth, J. Hayase and S. Srinivasa, "Git Re-Basin" (arXiv:2209.04836): the barrier after matching, by epoch.

784-512-512-512-10 on MNIST, batches of 500. Their published runs are of Adam at 1e-3, two networks, 100 epochs, of
which the figure shows 25. Their barrier is the highest of the loss on the line less the mean of its ends.

Theirs, with Adam: about 0.6 after the first epoch, about 0 by epoch 25, where the test loss on the line is lowest in
its middle. They permute networks as they are; ours are balanced first, which is a line of its own. Both are measured:

    before     networks as they came
    theirs     permuted as their search finds it, from the order in which the neurons came
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

from ..alignment import matrices, weights_matched
from .keeping import Arrays, Keeper

KINDS = ("before", "theirs", "permuted", "aligned")
DATA = ("train", "test")
STARTS = ("flax", "torch")
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


def trained(data: sl.Dataset, protocol: Protocol, start: str) -> Arrays:
    """All networks after each of the epochs, (N, K, dim)."""
    drawn = [initialized(protocol.network, protocol.seed, r) for r in range(protocol.networks)]
    found = sl.train(
        protocol.network,
        data,
        protocol.networks,
        optimizer=sl.Adam(1e-3),
        batch_size=BATCH,
        epochs=max(protocol.epochs),
        seed=protocol.seed,
        initial=np.stack(drawn) if start == "flax" else None,
        snapshots=protocol.epochs,
        evaluate="none",
    )
    assert found.snapshots is not None
    return {"points": found.snapshots}


def matched(network: sl.ReLUNetwork, start: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """The other end in the order that their weight matching finds, layer after layer from the order it came in."""
    found = weights_matched(*(matrices(network, point) for point in (start, end)))
    return network.flatten([(matrix[:, :-1], matrix[:, -1]) for matrix in found])


def lines(losses: dict[str, sl.NetworkLandscape], start: NDArray[Any], end: NDArray[Any], protocol: Protocol) -> Arrays:
    """Losses (4, 2, A) on the lines between two networks: kinds, training and test, places."""
    network = protocol.network
    found = sl.align(network, end, start, n_starts=1)
    relabelled = NetworkSymmetry(network, found.transformations[0].permutations).apply(end)
    ends = {
        "before": (start, end),
        "theirs": (start, matched(network, start, end)),
        "permuted": (start, relabelled),
        "aligned": (found.reference, found.points),
    }
    alphas = np.linspace(0, 1, protocol.places)
    values = [[sl.line(loss, *ends[kind], alphas).values for loss in losses.values()] for kind in KINDS]
    return {"values": np.array(values)}


def measure(data: sl.Dataset, keep: Keeper, protocol: Protocol) -> dict[str, Any]:
    """Everything that the page shows, from either initialisation."""
    return {start: barriers(data, keep, protocol, start) for start in STARTS}


def barriers(data: sl.Dataset, keep: Keeper, protocol: Protocol, start: str) -> dict[str, Any]:
    """Losses (pairs, epochs, 4, 2, places) on the lines between networks from one kind of initialisation."""
    losses = {
        "train": sl.NetworkLandscape(protocol.network, data.x_train[::12], data.y_train[::12]),
        "test": sl.NetworkLandscape(protocol.network, data.x_test[::2], data.y_test[::2]),
    }
    members = protocol.members
    points = keep.stage(start, trained, data, protocol, start)["points"]
    values = np.empty((len(members), len(protocol.epochs), len(KINDS), len(DATA), protocol.places))
    for (k, epoch), (m, (a, b)) in product(enumerate(protocol.epochs), enumerate(members)):
        ends = points[a, k], points[b, k]
        values[m, k] = keep.stage(f"{start}-{a}-{b}-epoch-{epoch}", lines, losses, *ends, protocol)["values"]
    return {"members": members.tolist(), "epochs": list(protocol.epochs), "values": values.tolist()}


def summary(one: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Means and errors (2, epochs, 4, 2) over pairs: of the barrier, and of the sag.

    The sag is the value in the middle of a line less the lower of its ends: below 0 where the two meet in one valley.
    """
    values, members = np.array(one["values"]), np.array(one["members"])
    ends = values[..., [0, -1]]
    sag = values[..., values.shape[-1] // 2] - ends.min(axis=-1)
    both = np.stack([above_mean(np.linspace(0, 1, values.shape[-1]), values, ends), sag])
    flat = both.reshape(2, len(members), -1)
    errors = np.array([[shared_mean_error(column, members) for column in one.T] for one in flat])
    return both.mean(axis=1), errors.reshape(2, *both.shape[2:])


def page(found: dict[str, Any]) -> list[str]:
    """The tables of barriers, in Markdown."""
    lines = []
    for start, one in found.items():
        means, errors = summary(one)
        heads = [f"{kind}, {data}" for kind in KINDS for data in DATA]
        pairs, networks = len(one["members"]), 1 + np.max(one["members"])
        many = f"{pairs} pairs of {networks} networks" if pairs > 1 else "one pair"
        lines += [
            f"Initialised as by {start.capitalize()}, {many}, barriers in nats:",
            "",
            f"| epoch | {' | '.join(heads)} | aligned, test: middle less the lower end |",
            "|---" * (len(heads) + 2) + "|",
        ]
        for k, epoch in enumerate(one["epochs"]):
            cells = [plus_minus(m, e) for m, e in zip(means[0, k].ravel(), errors[0, k].ravel(), strict=True)]
            cells.append(plus_minus(means[1, k, -1, -1], errors[1, k, -1, -1]))
            lines.append(f"| {epoch} | {' | '.join(cells)} |")
        lines.append("")
    return lines


@context()
def draw(found: dict[str, Any]) -> Figure:
    """The barrier of the test loss against epochs, and its lines after the last one: before and after matching."""
    figure = Figure(figsize=(3.6 * (1 + len(found)), 3.6), layout="constrained")
    first, *others = figure.subplots(1, 1 + len(found))
    for d, ((start, one), ax) in enumerate(zip(found.items(), others, strict=True)):
        means, errors = summary(one)
        for k, kind in enumerate(KINDS[:3]):
            style = {"marker": "o^"[d], "markersize": 4, "linestyle": ("-", "--")[d], "color": category(k)["color"]}
            bars = np.nan_to_num(errors[0, :, k, 1])
            first.errorbar(one["epochs"], means[0, :, k, 1], bars, label=f"{start}, {kind}", **style)
            values = np.array(one["values"])[:, -1, k, 1]
            ax.plot(np.linspace(0, 1, values.shape[-1]), values.T, linewidth=0.8, color=style["color"])
        many = "s" * (len(one["members"]) > 1)
        dress(ax).set(xlabel="α", title=f"{start}: line{many} after epoch {one['epochs'][-1]}")
        ax.set_ylabel("test loss (nats)")
    dress(first).set(xlabel="epoch", ylabel="barrier of the test loss (nats)", xscale="log")
    epochs = sorted({epoch for one in found.values() for epoch in one["epochs"]})
    first.axhline(0, color=GREY, linewidth=0.7)
    first.set_xticks(epochs, labels=map(str, epochs))
    first.minorticks_off()
    first.legend(fontsize=8, loc="center right", bbox_to_anchor=(1.0, 0.4))
    return figure
