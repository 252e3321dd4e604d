"""Local entropy: how much room there is about a point, by thermodynamic integration over the strength of a spring."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError, ShortRunWarning
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..probes import inputs
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics import chains
from . import anchored

Array = NDArray[np.float64]

_BLOCKS = 5  # of each chain, for its error
_MEMORIES = 4  # autocorrelation times that a block should last
_POWER_STEPS = 12  # of the largest curvature, which sets the time step


@dataclass(frozen=True, eq=False, kw_only=True)
class LocalEntropy(Measured):
    """Local entropy of P points.

    Attributes
    ----------
    gamma, temperature : float
        γ and T.
    level : array (P,)
        Value of the landscape at the points.
    value, error : array (P,)
        Φ = log of the mean of exp(−H/T) over x' about x with the weight exp(−γ|x' − x|²/2), and its standard error from
        blocks of the chains.
    volume : float
        log ∫ exp(−γ|x' − x|²/2) dx' = (d/2) log(2π/γ): Φ + volume is F of Chaudhari et al. NaN on a sphere, where the
        measure is the uniform one of weight 1.
    rise : array (P,)
        −T Φ − H(x), over the extent: the free energy of the neighbourhood above the value at the point. Small is flat.
    widths : array (K,)
        1/γ' of the nodes of the integral.
    slopes, slope_errors : array (P, K)
        φ(γ') there, with Φ = −H/T − ∫ φ dlog γ' over γ' > γ.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "level": ("point",),
        "value": ("point",),
        "error": ("point",),
        "rise": ("point",),
        "widths": ("widths",),
        "slopes": ("point", "widths"),
        "slope_errors": ("point", "widths"),
    }

    gamma: float
    temperature: float
    level: Array
    value: Array
    error: Array
    volume: float
    rise: Array
    widths: Array
    slopes: Array
    slope_errors: Array


def local_entropy(
    landscape: Landscape,
    points: ArrayLike,
    gamma: float,
    temperature: float = 1.0,
    *,
    n_nodes: int = 8,
    n_steps: int = 400,
    n_chains: int = 2,
    step: float = 0.5,
    seed: int = 0,
    executor: Executor | None = None,
) -> LocalEntropy:
    r"""Local entropy of points, from Langevin dynamics held to them by a spring of many strengths.

    With the energy H = extent · value and d coordinates,

        Φ(x; γ) = log ∫ exp(−H(x')/T − γ\|x' − x\|²/2) dx' − (d/2) log(2π/γ),

    so F(x, γ) of Chaudhari et al. (arXiv:1611.01838, eq. 4) is Φ + (d/2) log(2π/γ) at T = 1. This γ is the one of their
    formula: an inverse variance. Their code steps by w − ⟨w⟩ without γ, and its "gamma" is another quantity. As
    dΦ/dγ = d/(2γ) − ⟨\|x' − x\|²⟩/2, and d − γ⟨\|x' − x\|²⟩ = ⟨(x' − x)·∇H⟩/T by parts,

        Φ(γ) = −H(x)/T − ∫_γ^∞ φ(γ') dγ'/γ',    φ(γ') = ⟨(x' − x)·∇H(x')⟩/2T,

    an average that flat directions have no part in. The integral is Gauss and Legendre's in log(1 + κ/γ'), κ the
    largest curvature of H/T: of a quadratic form of curvature κ it is then exact. The walkers of all points go
    together, from node to node as the spring gives way; a step is that of Leimkuhler and Matthews (Appl. Math. Res.
    Express 2013, 34), whose averages are exact for quadratic forms, and off by O(dt²) for others.

    Parameters
    ----------
    landscape : Landscape
        Any landscape. On a sphere Φ is the log of the mean of exp(−H/T) with the weight exp(−γ\|x' − x\|²/2) on it, and
        steps are those of :func:`langevin`.
    points : array (P, dim) or (dim,)
        Points.
    gamma : float
        γ > 0; √(d/γ) is about how far away the walkers go.
    temperature : float
        T > 0, in units of H. One over the number of samples makes exp(−H/T) the likelihood of all samples.
    n_nodes : int
        Nodes of the integral.
    n_steps : int
        Steps at each node that are averaged, at least 10, after half as many that are not.
    n_chains : int
        Walkers of each point.
    step : float
        Time step in units of the shortest relaxation time 1/(Tγ' + largest curvature of H), above 0, at most 1.
    seed : int
        64-bit seed. The noise is a function of (seed, walker, node, step).
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    LocalEntropy

    Warns
    -----
    ShortRunWarning
        Blocks last for fewer than 4 autocorrelation times: errors may be too small.

    Raises
    ------
    ArgumentError
        γ, T or a step out of bounds; steps that run away; a landscape that falls off faster than the spring rises, of
        which the integral is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: 2 * (w**2).sum(axis=1), 3, gradient=lambda w: 4 * w)
    >>> found = sl.local_entropy(bowl, np.zeros(3), gamma=4.0)
    >>> bool(abs(found.value[0] + 1.5 * np.log(2)) < 5 * found.error[0])  # −(d/2) log(1 + h/γ)
    True
    """
    landscape = inputs.a_landscape(landscape)
    at = landscape.geometry.space.on("points", inputs.origins(landscape, points, "points")).astype(np.float64)
    gamma = checks.real("gamma", gamma, above=0)
    temperature = checks.real("temperature", temperature, above=0)
    n_nodes = checks.integer("n_nodes", n_nodes, minimum=1, maximum=100)
    n_steps = checks.integer("n_steps", n_steps, minimum=10, maximum=10**7)
    n_chains = checks.integer("n_chains", n_chains, minimum=1, maximum=10**6)
    step = checks.real("step", step, above=0, maximum=1)
    seed = rng.seed64("seed", seed)
    checks.room("n_chains", n_chains, 8.0 * len(at) * n_chains * (8 * landscape.dim + n_nodes * n_steps))
    spring = anchored.Anchored(landscape, at, np.arange(len(at)), n_chains, temperature, seed)
    stiffest = spring.largest_curvatures(_POWER_STEPS)
    widths, weights = quadrature(gamma, float(stiffest.max()) / temperature, n_nodes)
    dt = step / (temperature / widths[:, None] + stiffest)
    if landscape.geometry.space.curved:  # walkers of all points make equal steps
        dt = np.repeat(dt.min(axis=1, keepdims=True), len(at), axis=1)
    plan = _Plan(at, widths, dt, step, n_steps, n_chains, temperature, seed)
    (series,) = gathered(
        len(at),
        over(_series, landscape, len(at), executor, plan, description="local entropy", ticks=plan.n_moves * n_nodes),
    )
    slopes, errors, memory = _slopes(series)
    if memory * _BLOCKS * _MEMORIES > n_steps:
        warnings.warn(
            f"n_steps: {n_steps} are {n_steps / memory:.3g} autocorrelation times; below {_BLOCKS * _MEMORIES} errors "
            "may be too small",
            ShortRunWarning,
            stacklevel=2,
        )
    level = np.asarray(landscape.value(at), np.float64)
    below, room = slopes @ weights, float("nan")
    if not landscape.geometry.space.curved:
        room = landscape.dim / 2 * float(np.log(2 * np.pi / gamma))
    arguments = {"points": at, "gamma": gamma, "temperature": temperature, "n_nodes": n_nodes, "n_steps": n_steps}
    arguments |= {"n_chains": n_chains, "step": step}
    return LocalEntropy(
        gamma=gamma,
        temperature=temperature,
        level=level,
        value=-landscape.extent * level / temperature - below,
        error=np.sqrt(errors**2 @ weights**2),
        volume=room,
        rise=temperature * below / landscape.extent,
        widths=widths,
        slopes=slopes,
        slope_errors=errors,
        **quantity_of(landscape),
        provenance=record_on(landscape, "local_entropy", arguments, seed=seed),
    )


def quadrature(gamma: float, stiffest: float, n_nodes: int) -> tuple[Array, Array]:
    """Widths u = 1/γ' (K,), rising, and weights of φ in ∫ φ du/u over 0 ... 1/γ: Legendre's in log(1 + κu)."""
    scale = max(stiffest, gamma)
    place, weight = np.polynomial.legendre.leggauss(n_nodes)
    end = np.log1p(scale / gamma)
    widths = np.expm1(end * (place + 1) / 2) / scale
    return widths, weight * end / 2 * (1 + scale * widths) / (scale * widths)


class _Plan(NamedTuple):
    """Points (P, dim), widths (K,) of their springs, steps of time (K, P) for ``step``, and how their walkers go."""

    points: Array
    widths: Array
    dt: Array
    step: float
    n_steps: int
    n_chains: int
    temperature: float
    seed: int

    @property
    def n_moves(self) -> int:
        """Steps at each node, with those that are not averaged."""
        return self.n_steps // 2 + self.n_steps


def _series(landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance) -> tuple[Array]:
    """φ (R, K, n_steps, C) along the walks of some points."""
    spring = anchored.Anchored(landscape, plan.points[rows], rows, plan.n_chains, plan.temperature, plan.seed)
    warm = plan.n_moves - plan.n_steps
    series = np.empty((len(rows), len(plan.widths), plan.n_steps, plan.n_chains))
    for node, width in enumerate(plan.widths):
        spring.loosen(float(width), node)
        dt = plan.dt[node, rows]
        for n in range(plan.n_moves):
            found = spring.advance(dt, node, n)
            if not np.isfinite(found).all():
                raise ArgumentError("step", "a step with which walkers stay near their points", plan.step)
            if n >= warm:
                series[:, node, n - warm] = found
            advance(len(rows))
        if spring.ran_away():
            held = "springs that hold walkers near their points: the landscape falls off faster than they rise"
            raise ArgumentError("gamma", held, f"walkers that run away at γ' = {1 / width:.3g}")
    return (series,)


def _slopes(series: Array) -> tuple[Array, Array, float]:
    """Means φ and their errors (P, K) of series (P, K, n, C), and the longest autocorrelation time, in steps."""
    slopes, errors, memories = [], [], []
    for node in range(series.shape[1]):
        one = np.ascontiguousarray(np.moveaxis(series[:, node], 0, 1))
        slopes.append(one.mean(axis=(0, 2)))
        errors.append(chains.chain_error(one, _BLOCKS))
        memories.append(np.nanmax(chains.autocorrelation_time(one), initial=0.5))
    return np.stack(slopes, axis=1), np.stack(errors, axis=1), float(max(memories))
