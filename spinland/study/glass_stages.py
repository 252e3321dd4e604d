"""The stages of ``spinland glass``: each makes one result and names the place where it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..critical.counts import critical_point_counts
from ..critical.points import critical_points
from ..dynamics.exchange import replica_exchange
from ..dynamics.scaling import descent_scaling
from ..dynamics.thermal import langevin
from ..probes.correlation.correlation import correlation
from ..probes.lines import line
from ..probes.planes import plane_through, random_plane
from ..probes.profiles import overlap_profile
from ..replicas.hierarchy import hierarchy
from ..replicas.minima import glass_minima
from ..replicas.pairs import overlap_distribution, pair_statistics
from ..replicas.triangles import ultrametricity
from ..results import Result
from . import glass_names as names
from .execution import Stage
from .glass_context import SEED_AGEING, SEED_CRITICAL, SEED_DESCENT, SEED_HEAT, SEED_STARTS, GlassContext
from .glass_theory import (
    ageing_theory,
    counts_theory,
    depth_theory,
    equilibrium_theory,
    quench_theory,
    theory_card,
)  # fmt: skip
from .pairing import disjoint_pairs, places

_TIMES = 25  # of descent and ageing, evenly spaced in the logarithm
_FIRST_TIME = 0.05
_SAMPLES = 500  # of replica exchange, kept of each copy


def plan_glass(context: GlassContext) -> Iterator[Stage]:
    """All stages in their order; each needs only those before it."""
    yield from _theory()
    yield from _descent(context)
    yield from _critical(context)
    yield Stage(names.EQUILIBRIUM, "energies in equilibrium by theory", _equilibrium)
    yield Stage(names.EXCHANGE, "replica exchange", _exchange)
    yield Stage(names.AGEING_THEORY, "ageing by theory", _ageing_theory)
    yield Stage(names.AGEING, "ageing after a quench", _ageing)
    yield from _probes()
    if context.config.order > 2:  # with order 2 there are two minima, opposite to each other
        yield from _between_minima()


def _theory() -> Iterator[Stage]:
    yield Stage(
        names.CARD, "theory: energies, temperatures, complexity", lambda c: theory_card(c.config.order)
    )
    yield Stage(names.DEPTH, "theory: critical points by depth", lambda c: depth_theory(c.config.parameters))
    yield Stage(
        names.COUNTS, "theory: numbers of critical points",
        lambda c: counts_theory(c.config.order, c.config.critical_spins, c.config.spins),
    )  # fmt: skip


def _descent(context: GlassContext) -> Iterator[Stage]:
    yield Stage(
        names.QUENCH,
        "descent by theory",
        lambda c: quench_theory(c.config.order, _until(c.config.descent_time)),
    )
    yield Stage(names.SCALING, f"gradient flow of {', '.join(map(str, context.sizes))} spins", _scaling)
    for n in context.sizes:
        yield Stage(names.minima(n), f"minima of an instance of {n} spins", partial(_minima, n_spins=n))


def _until(last: float) -> NDArray[np.float64]:
    """Time 0, and times that are even in the logarithm."""
    return np.concatenate([[0.0], np.geomspace(min(_FIRST_TIME, last / 2), last, _TIMES)])


def _scaling(context: GlassContext) -> Result:
    c = context.config
    return descent_scaling(
        c.order, context.sizes, c.instances, c.starts, _until(c.descent_time), context.seed(SEED_DESCENT)
    )


def _minima(context: GlassContext, n_spins: int) -> Result:
    return glass_minima(context.glass(n_spins), context.config.minima, context.seed(SEED_STARTS))


def _critical(context: GlassContext) -> Iterator[Stage]:
    for n in context.config.critical_spins:
        yield Stage(names.critical(n), f"critical points of {n} spins", partial(_counts, n_spins=n))
    yield Stage(names.LAYERS, f"index and energy, {context.config.layer_spins} spins", _layers)


def _counts(context: GlassContext, n_spins: int) -> Result:
    c = context.config
    return critical_point_counts(n_spins, c.order, c.critical_instances, context.seed(SEED_CRITICAL, n_spins))


def _layers(context: GlassContext) -> Result:
    return critical_points(context.glass(context.config.layer_spins), seed=context.seed(SEED_CRITICAL))


def _equilibrium(context: GlassContext) -> Result:
    return equilibrium_theory(context.config.order, context.temperatures, context.heat_spins)


def _exchange(context: GlassContext) -> Result:
    return replica_exchange(
        context.instances(context.heat_spins, SEED_HEAT), context.temperatures, context.config.sweeps,
        context.seed(SEED_HEAT, 1), copies=2, stride=max(1, context.config.sweeps // _SAMPLES),
    )  # fmt: skip


def _ageing_theory(context: GlassContext) -> Result:
    c = context.config
    return ageing_theory(
        c.order, context.ageing_temperature, np.array(c.waiting_times), _until(c.ageing_time)
    )


def _ageing(context: GlassContext) -> Result:
    c = context.config
    glasses = context.instances(c.spins, SEED_AGEING)
    points = np.stack(
        [glasses[0].random_points(c.starts, context.seed(SEED_AGEING, i)) for i in range(len(glasses))]
    )
    return langevin(
        glasses, points, context.ageing_temperature, _until(c.ageing_time), c.time_step,
        context.seed(SEED_AGEING), waiting_times=np.array(c.waiting_times),
    )  # fmt: skip


def _probes() -> Iterator[Stage]:
    yield Stage(names.CORRELATION, "correlation of the energies", _correlation)
    yield Stage(names.PROFILE, "walks from minima", _profile)
    yield Stage(names.PLANE_RANDOM, "plane about a minimum", _random_plane)


def _between_minima() -> Iterator[Stage]:
    yield Stage(names.LINES, "great circles between minima", _lines)
    yield Stage(names.PLANE_MINIMA, "plane of three minima", _minima_plane)
    yield Stage(names.PAIRS, "distances and overlaps of the minima", _pairs)
    yield Stage(names.OVERLAPS, "overlap distribution of the minima", _overlaps)
    yield Stage(names.TREE, "hierarchical clustering of the minima", _tree)
    yield Stage(names.ULTRAMETRICITY, "ultrametric triangles of the minima", _triangles)


def _correlation(context: GlassContext) -> Result:
    return correlation(context.main, None, context.config.pairs, context.config.seed)


def _profile(context: GlassContext) -> Result:
    c = context.config
    return overlap_profile(context.main, context.distinct(c.walk_origins), c.walk_steps, c.walkers, c.seed)


def _random_plane(context: GlassContext) -> Result:
    axis = np.linspace(-np.pi / 2, np.pi / 2, context.config.grid)
    return random_plane(context.main, context.distinct(1)[0], context.config.seed, a=axis, b=axis)


def _lines(context: GlassContext) -> Result:
    starts, ends = disjoint_pairs(context.distinct(2 * context.config.lines, 2))
    return line(context.main, starts, ends, places(context.config.line_points))


def _minima_plane(context: GlassContext) -> Result:
    return plane_through(context.main, context.distinct(3, 3), n=context.config.grid)


def _pairs(context: GlassContext) -> Result:
    return pair_statistics(context.distinct(least=3), unsigned=context.minima.symmetric)


def _overlaps(context: GlassContext) -> Result:
    return overlap_distribution(context.store.load(names.PAIRS))


def _tree(context: GlassContext) -> Result:
    metric = "projective" if context.minima.symmetric else "euclidean"
    return hierarchy(context.distinct(), context.config.linkage, metric=metric)


def _triangles(context: GlassContext) -> Result:
    c = context.config
    distances = context.store.load(names.PAIRS).distances
    return ultrametricity(distances, n_splits=c.bootstrap, n_null=c.null_draws, seed=c.seed)
