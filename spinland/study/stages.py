"""The stages of a study: each makes one result and names the place where it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..landscape.network import ReLUNetwork
from ..probes.directions import random_directions
from ..probes.flatness import flatness
from ..probes.lines import line
from ..probes.planes import plane, plane_through, trajectory_plane
from ..probes.ruggedness import ruggedness
from ..probes.swaps import swap_interpolation
from ..probes.walks import random_walk
from ..replicas.hierarchy import hierarchy
from ..replicas.pairs import overlap_distribution, pair_statistics
from ..replicas.triangles import ultrametricity
from ..results import Result
from . import names
from .batches import compare_batch_sizes
from .comparison import COMPARISON, initial_correlation, network_correlation
from .context import Context
from .execution import Say, Stage
from .pairing import disjoint_pairs, places
from .training import train_into


@dataclass(frozen=True)
class Training:
    """An ensemble of a study, stored replica by replica as it is trained."""

    name: str
    title: str
    network: ReLUNetwork
    n_replicas: int
    batch_size: int
    epochs: int
    seed: int
    snapshots: bool = False

    def make(self, context: Context, say: Say) -> None:
        """Train what is missing of the ensemble; replicas that diverge are told."""
        train_into(context, self, say)


def plan_stages(context: Context) -> Iterator[Stage | Training]:
    """All stages of a study in their order; each needs only those before it."""
    c = context.config
    yield Training(
        names.ENSEMBLE,
        f"training {c.replicas} replicas",
        context.network,
        c.replicas,
        context.batch_size,
        c.epochs,
        c.seed,
    )
    yield from _walks(context)
    yield from _swaps(context)
    yield from _hierarchy()
    yield from _widths(context)
    yield from _batches(context)
    yield from _slices(context)
    if c.glass_replicas:
        yield from (Stage(name, title, compute) for name, title, compute in COMPARISON)
        yield from _orders(context)


def _walks(context: Context) -> Iterator[Stage]:
    for constraint in ("none", "sphere"):
        for i, sigma in enumerate(context.config.sigmas):
            where = "free" if constraint == "none" else "on the sphere"
            yield Stage(
                names.walk(constraint, i), f"walks {where}, σ = {sigma:g}",
                partial(_walk, sigma=sigma, constraint=constraint),
            )  # fmt: skip
            yield Stage(
                names.ruggedness(constraint, i), f"ruggedness {where}, σ = {sigma:g}",
                partial(_ruggedness, name=names.walk(constraint, i)),
            )  # fmt: skip


def _walk(context: Context, sigma: float, constraint: str) -> Result:
    c = context.config
    origins = context.solutions(context.ensemble, c.walk_origins)
    return random_walk(
        context.landscape, origins, sigma, c.walk_steps, c.walkers, seed=c.seed, constraint=constraint
    )  # fmt: skip


def _ruggedness(context: Context, name: str) -> Result:
    return ruggedness(context.store.load(name))


def _swaps(context: Context) -> Iterator[Stage]:
    for layer in range(context.network.n_hidden_layers):
        yield Stage(
            names.swaps(layer), f"swaps in hidden layer {layer + 1}",
            partial(_swap, name=names.ENSEMBLE, network=context.network, layer=layer),
        )  # fmt: skip


def _swap(context: Context, name: str, network: ReLUNetwork, layer: int) -> Result:
    c = context.config
    origins = context.solutions(context.loaded_ensemble(name), c.swap_origins)
    return swap_interpolation(
        context.landscape_of(network), origins, context.swap_numbers(network.widths[layer + 1]),
        np.linspace(0, 1, c.swap_points), c.swap_trials, layer=layer, seed=c.seed,
    )  # fmt: skip


def _hierarchy() -> Iterator[Stage]:
    yield Stage(names.PAIRS, "distances and overlaps of all pairs", partial(_pairs, name=names.ENSEMBLE))
    yield Stage(
        names.OVERLAPS,
        "overlap distribution",
        lambda context: overlap_distribution(context.store.load(names.PAIRS)),
    )
    yield Stage(names.TREE, "hierarchical clustering", _tree)
    yield Stage(names.ULTRAMETRICITY, "ultrametric triangles and null models", _triangles)


def _pairs(context: Context, name: str) -> Result:
    return pair_statistics(context.solutions(context.loaded_ensemble(name)))


def _tree(context: Context) -> Result:
    return hierarchy(context.solutions(context.ensemble), method=context.config.linkage)


def _triangles(context: Context) -> Result:
    c = context.config
    return ultrametricity(
        context.solutions(context.ensemble), n_splits=c.bootstrap, n_null=c.null_draws, seed=c.seed
    )  # fmt: skip


def _widths(context: Context) -> Iterator[Stage | Training]:
    c = context.config
    for width in c.widths:
        network = context.network_of_width(width)
        name = ensemble_of_width(context, width)
        if name != names.ENSEMBLE:
            yield Training(
                name, f"training {c.width_replicas} replicas, M = {width}",
                network, c.width_replicas, context.batch_size, c.epochs, context.width_seed(width),
            )  # fmt: skip
        yield Stage(
            names.width(width, "swaps"), f"swaps, M = {width}", partial(_swap, name=name, network=network, layer=0)
        )  # fmt: skip
        yield Stage(names.width(width, "pairs"), f"distances, M = {width}", partial(_pairs, name=name))


def _orders(context: Context) -> Iterator[Stage]:
    """Correlations of every width, on the spheres of the initial norm and of the solutions."""
    for width in context.config.widths:
        network, ensemble = context.network_of_width(width), ensemble_of_width(context, width)
        yield Stage(
            names.width(width, "correlation-initial"), f"correlation before training, M = {width}",
            partial(initial_correlation, network=network),
        )  # fmt: skip
        yield Stage(
            names.width(width, "correlation"), f"correlation after training, M = {width}",
            partial(network_correlation, name=ensemble, network=network),
        )  # fmt: skip


def ensemble_of_width(context: Context, width: int) -> str:
    """Name of the ensemble of a width: the main one where it has that width."""
    return names.ENSEMBLE if width == context.config.hidden[0] else names.width(width, "ensemble")


def _batches(context: Context) -> Iterator[Stage | Training]:
    c = context.config
    n_train = len(context.dataset.x_train)
    sizes = context.batch_sizes
    reference = -(-n_train // context.batch_size)
    for size in sizes:
        epochs = c.epochs
        if c.batch_rule == "updates":
            epochs = max(1, round(c.epochs * reference / -(-n_train // size)))
        yield Training(
            names.batch(size, "ensemble"), f"training {c.batch_replicas} replicas, batch size {size}",
            context.network, c.batch_replicas, size, epochs, context.batch_seed(size),
        )  # fmt: skip
        for kind in ("filter", "walk"):
            yield Stage(
                names.batch(size, kind), f"flatness ({kind}), batch size {size}",
                partial(_flatness, name=names.batch(size, "ensemble"), kind=kind),
            )  # fmt: skip
    if sizes:
        size = context.batch_size if context.batch_size in sizes else sizes[0]
        yield Stage(
            names.batch(size, "rescaled"), f"flatness (filter) of rescaled copies, batch size {size}",
            partial(_flatness, name=names.batch(size, "ensemble"), kind="filter", rescaled=True),
        )  # fmt: skip
    if len(sizes) > 1:
        yield Stage(
            names.BATCHES, "flatness against generalisation", partial(compare_batch_sizes, sizes=sizes)
        )


def _flatness(context: Context, name: str, kind: str, rescaled: bool = False) -> Result:
    """Flatness of every replica, or of a copy with rescaled neurons that is the same function; NaN for those that diverged."""
    c = context.config
    ensemble = context.loaded_ensemble(name)
    solutions = np.asarray(context.solutions(ensemble))
    if rescaled:
        solutions = context.rescaled(solutions)
    result = flatness(context.landscape, solutions, c.radii, c.directions, seed=c.seed, kind=kind)
    alive = ~ensemble.diverged

    def all_rows(values: NDArray[Any]) -> NDArray[Any]:
        rows = np.full((len(alive), *values.shape[1:]), np.nan)
        rows[alive] = values
        return rows

    return replace(
        result,
        values=all_rows(result.values),
        rise=all_rows(result.rise),
        rise_error=all_rows(result.rise_error),
    )


def _slices(context: Context) -> Iterator[Stage | Training]:
    c = context.config
    yield Training(
        names.TRAJECTORY,
        "a trajectory of training",
        context.network,
        1,
        context.batch_size,
        c.epochs,
        c.seed,
        snapshots=True,
    )
    yield Stage(names.LINE_SOLUTIONS, "lines from initialisation to solution", _line_from_start)
    yield Stage(names.LINE_PAIRS, "lines between solutions", _line_between)
    yield Stage(names.PLANE_RANDOM, "plane of two random directions", _random_plane)
    yield Stage(names.PLANE_SOLUTIONS, "plane through three solutions", _solution_plane)
    yield Stage(names.PLANE_TRAJECTORY, "plane of the trajectory", _trajectory_plane)


def _line_from_start(context: Context) -> Result:
    starts, ends = context.solution_lines()
    return line(context.landscape, starts, ends, places(context.config.line_points))


def _line_between(context: Context) -> Result:
    starts, ends = disjoint_pairs(np.asarray(context.solutions(context.ensemble, 2 * context.config.lines)))
    return line(context.landscape, starts, ends, places(context.config.line_points))


def _random_plane(context: Context) -> Result:
    origin = np.asarray(context.solutions(context.ensemble, 1)[0])
    directions = random_directions(context.landscape, origin, 2, context.config.seed, normalize="filter")
    axis = np.linspace(-1, 1, context.config.grid)
    return plane(context.landscape, origin, directions, axis, axis)


def _solution_plane(context: Context) -> Result:
    three = np.asarray(context.solutions(context.ensemble, 3))
    return plane_through(context.landscape, three, n=context.config.grid)


def _trajectory_plane(context: Context) -> Result:
    snapshots: Any = context.loaded_ensemble(names.TRAJECTORY).snapshots
    return trajectory_plane(context.landscape, np.asarray(snapshots[0]), n=context.config.grid)
