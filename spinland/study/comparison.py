"""The same probes on the network and on a spherical glass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..landscape.network import ReLUNetwork
from ..probes.correlation.correlation import correlation
from ..probes.lines import line
from ..probes.planes import plane_through, random_plane
from ..probes.profiles import overlap_profile
from ..replicas.hierarchy import hierarchy
from ..replicas.minima import MinimaEnsemble, glass_minima
from ..replicas.pairs import overlap_distribution, pair_statistics
from ..replicas.triangles import ultrametricity
from ..results import Result
from . import names
from .context import Context
from .pairing import disjoint_pairs, places


def _minima(context: Context) -> MinimaEnsemble:
    minima: MinimaEnsemble = context.store.load(names.GLASS_MINIMA)
    return minima


def _distinct(context: Context, most: int | None = None) -> NDArray[np.float64]:
    minima = _minima(context)
    return np.asarray(minima.params[minima.distinct[:most]])


def _find_minima(context: Context) -> Result:
    return glass_minima(context.glass, context.config.glass_replicas, context.config.seed)


def _network_profile(context: Context) -> Result:
    c = context.config
    origins = np.asarray(context.solutions(context.ensemble, c.walk_origins))
    return overlap_profile(context.landscape, origins, c.walk_steps, c.walkers, c.seed)


def _glass_profile(context: Context) -> Result:
    c = context.config
    return overlap_profile(context.glass, _distinct(context, c.walk_origins), c.walk_steps, c.walkers, c.seed)


def network_correlation(
    context: Context, name: str = names.ENSEMBLE, network: ReLUNetwork | None = None
) -> Result:
    """Correlation of the loss on the sphere of the mean norm of an ensemble's solutions."""
    c = context.config
    landscape = context.landscape if network is None else context.landscape_of(network)
    solutions = context.solutions(context.loaded_ensemble(name), c.walk_origins)
    norms = np.linalg.norm(np.asarray(solutions, np.float64), axis=1)
    return correlation(landscape, None, _pairs(context, network), c.seed, radius=float(norms.mean()))


def initial_correlation(context: Context, network: ReLUNetwork | None = None) -> Result:
    """Correlation of the loss on the sphere of the norm of a random initialisation."""
    landscape = context.landscape if network is None else context.landscape_of(network)
    return correlation(landscape, None, _pairs(context, network), context.config.seed)


def _pairs(context: Context, network: ReLUNetwork | None) -> int:
    """Pairs of points: half as many for the networks of a sweep, of which there are many."""
    pairs = context.config.correlation_pairs
    return pairs if network is None else max(3, pairs // 2)


def _glass_correlation(context: Context) -> Result:
    return correlation(context.glass, None, context.config.correlation_pairs, context.config.seed)


def _network_line(context: Context) -> Result:
    starts, ends = disjoint_pairs(np.asarray(context.solutions(context.ensemble, 2 * context.config.lines)))
    return line(context.landscape, starts, ends, places(context.config.line_points), path="great_circle")


def _glass_line(context: Context) -> Result:
    starts, ends = disjoint_pairs(_distinct(context, 2 * context.config.lines))
    return line(context.glass, starts, ends, places(context.config.line_points))


def _glass_random_plane(context: Context) -> Result:
    axis = np.linspace(-np.pi / 2, np.pi / 2, context.config.grid)
    return random_plane(context.glass, _distinct(context, 1)[0], context.config.seed, a=axis, b=axis)


def _glass_minima_plane(context: Context) -> Result:
    return plane_through(context.glass, _distinct(context, 3), n=context.config.grid)


def _glass_pairs(context: Context) -> Result:
    return pair_statistics(_distinct(context), unsigned=_minima(context).symmetric)


def _glass_overlaps(context: Context) -> Result:
    return overlap_distribution(context.store.load(names.GLASS_PAIRS))


def _glass_tree(context: Context) -> Result:
    symmetric, method = _minima(context).symmetric, context.config.linkage
    if symmetric and method not in ("ward", "centroid", "median"):  # those are for Euclidean distances
        return hierarchy(_distinct(context), method, metric="projective")
    return hierarchy(_distinct(context), method)


def _glass_triangles(context: Context) -> Result:
    c = context.config
    distances = context.store.load(names.GLASS_PAIRS).distances
    return ultrametricity(distances, n_splits=c.bootstrap, n_null=c.null_draws, seed=c.seed)


COMPARISON: tuple[tuple[str, str, Callable[[Context], Result]], ...] = (
    (names.GLASS_MINIMA, "minima of a spherical glass", _find_minima),
    (names.of_both("profile", "network"), "walks of the network at equal overlap", _network_profile),
    (names.of_both("profile", "glass"), "walks of the glass at equal overlap", _glass_profile),
    (names.of_both("correlation", "network"), "correlation of the network", network_correlation),
    (names.INITIAL_CORRELATION, "correlation of the network before training", initial_correlation),
    (names.of_both("correlation", "glass"), "correlation of the glass", _glass_correlation),
    (names.of_both("line", "network"), "great circles between solutions", _network_line),
    (names.of_both("line", "glass"), "great circles between minima", _glass_line),
    (names.GLASS_PLANE_RANDOM, "plane about a minimum", _glass_random_plane),
    (names.GLASS_PLANE_MINIMA, "plane of three minima", _glass_minima_plane),
    (names.GLASS_PAIRS, "distances and overlaps of the minima", _glass_pairs),
    (names.GLASS_OVERLAPS, "overlap distribution of the minima", _glass_overlaps),
    (names.GLASS_TREE, "hierarchical clustering of the minima", _glass_tree),
    (names.GLASS_ULTRAMETRICITY, "ultrametric triangles of the minima", _glass_triangles),
)
"""Name, title and computation of each stage of the comparison, in their order."""
