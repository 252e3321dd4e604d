"""How sharp points are, by each of the measures of the literature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..machines import single_threaded
from ..probes import inputs
from ..probes.flatness import flatness
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..symmetry.balance import balance
from . import ascents, curvature, draws, outputs

Array = NDArray[np.float64]

_FEW = 10  # steps of L-BFGS-B, as in Keskar et al.


@dataclass(frozen=True, eq=False, kw_only=True)
class Sharpness(Measured):
    """One measure of sharpness at P points. The smaller, the flatter.

    Attributes
    ----------
    measure : str
        Which it is.
    radius : float
        How far from the points it looks, in the measure's own unit; NaN where it looks at the points alone.
    level : array (P,)
        Value of the landscape at the points.
    value : array (P,)
        The measure; of an ascent, at its end.
    error : array (P,)
        Standard error over draws; 0 where nothing is drawn.
    few_steps : array (P,)
        What an ascent had reached after as many steps as the paper takes: ten of L-BFGS-B (``"keskar"``), one along the
        normalised gradient (``"sam"``, ``"adaptive"``); NaN for other measures.
    converged : bool array (P,)
        Whether the ascent, or the eigenvalue, has converged; True where there is nothing to converge.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("point",) for name in ("level", "value", "error", "few_steps", "converged")
    }

    measure: str
    radius: float
    level: Array
    value: Array
    error: Array
    few_steps: Array
    converged: NDArray[np.bool_]


class Ask(NamedTuple):
    """What is asked of each point besides itself; a worker has the landscape already."""

    landscape: Any
    radius: float
    n_draws: int
    max_steps: int
    seed: int


class Answer(NamedTuple):
    """What a measure says of a point; its error is 0 and it has converged where nothing else is said."""

    value: float
    error: float = 0.0
    few_steps: float = float("nan")
    converged: bool = True


Measure = Callable[[Ask, Array, float], Answer]


def _start(ask: Ask) -> Array:
    """A uniform point of the unit box, the same for all points."""
    return 2 * rng.uniforms(ask.seed, rng.Purpose.SHARPNESS, 0, 3, ask.landscape.dim) - 1


def _keskar(ask: Ask, point: Array, level: float) -> Answer:
    if level <= -1:
        raise ArgumentError("landscape", "values above −1: Keskar's measure divides by 1 + f", level)
    found = ascents.in_box(ask.landscape, point, ask.radius, _start(ask), _FEW, ask.max_steps)
    factor = 100 / (1 + level)
    return Answer(factor * found.most, few_steps=factor * found.few, converged=found.converged)


def _shell(ask: Ask, point: Array, lengths: Array | None) -> Answer:
    found = ascents.on_shell(ask.landscape, point, ask.radius, lengths, _start(ask), ask.max_steps)
    return Answer(found.most, few_steps=found.few, converged=found.converged)


def _sam(ask: Ask, point: Array, level: float) -> Answer:
    return _shell(ask, point, None)


def _adaptive(ask: Ask, point: Array, level: float) -> Answer:
    return _shell(ask, point, np.abs(point))


def _noise(ask: Ask, point: Array, level: float) -> Answer:
    return Answer(*draws.noise_rises(ask.landscape, point, level, ask.radius, ask.n_draws, ask.seed, False))


def _relative_noise(ask: Ask, point: Array, level: float) -> Answer:
    return Answer(*draws.noise_rises(ask.landscape, point, level, ask.radius, ask.n_draws, ask.seed, True))


def _filter(ask: Ask, point: Array, level: float) -> Answer:
    found = flatness(ask.landscape, point, [ask.radius], ask.n_draws, ask.seed, "filter")
    return Answer(float(found.rise[0, 0]), float(found.rise_error[0, 0]))


def _trace(ask: Ask, point: Array, level: float) -> Answer:
    return Answer(*curvature.trace(ask.landscape, point, ask.n_draws, ask.seed))


def _largest(ask: Ask, point: Array, level: float) -> Answer:
    value, converged = curvature.largest(ask.landscape, point, ask.seed)
    return Answer(value, converged=converged)


def _fisher_rao(ask: Ask, point: Array, level: float) -> Answer:
    return Answer(outputs.fisher_rao(ask.landscape, point))


def _rescaled_minimum(ask: Ask, point: Array, level: float) -> Answer:
    """Rescaling divides H_ii by the square of the factor of w_i: the least trace is the square of a balanced norm."""
    roots = np.sqrt(outputs.hessian_diagonal(ask.landscape, point))
    return Answer(float(np.sum(balance(ask.landscape.network, roots) ** 2)))


class _Kind(NamedTuple):
    """A measure, how far it looks by default (None: nowhere), and where it has a meaning."""

    compute: Measure
    radius: float | None = None
    flat: bool = False  # in flat space alone: it knows coordinates
    network: bool = False


MEASURES: dict[str, _Kind] = {
    "keskar": _Kind(_keskar, 1e-3, flat=True),
    "sam": _Kind(_sam, 0.05),
    "adaptive": _Kind(_adaptive, 0.5, flat=True),
    "noise": _Kind(_noise, 0.01),
    "relative_noise": _Kind(_relative_noise, 0.1, flat=True),
    "filter": _Kind(_filter, 0.1),
    "trace": _Kind(_trace),
    "largest": _Kind(_largest),
    "fisher_rao": _Kind(_fisher_rao, network=True),
    "rescaled_minimum": _Kind(_rescaled_minimum, network=True),
}
"""Every measure by name."""


def measures_of(landscape: Any) -> tuple[str, ...]:
    """Names of the measures that have a meaning on a landscape."""
    return tuple(name for name, kind in MEASURES.items() if _fits(landscape, kind))


def _fits(landscape: Any, kind: _Kind) -> bool:
    flat = not landscape.geometry.space.curved
    return (flat or not kind.flat) and (isinstance(landscape, NetworkLandscape) or not kind.network)


def sharpness(
    landscape: Landscape,
    points: ArrayLike,
    measure: str,
    radius: float | None = None,
    *,
    n_draws: int = 100,
    max_steps: int = 300,
    seed: int = 0,
    executor: Executor | None = None,
) -> Sharpness:
    r"""How sharp the landscape is at points, by one measure of the literature.

    Parameters
    ----------
    landscape : Landscape
        Any landscape f, of dimension d; some measures want flat space or a network.
    points : array (P, dim) or (dim,)
        Solutions to compare.
    measure : str
        - ``"keskar"``: 100 (max f − f)/(1 + f) on the box \|y_i\| ≤ ε(\|w_i\| + 1) about w (Keskar et al.,
          arXiv:1609.04836, with the identity for A), from a random point of the box: after ten steps of L-BFGS-B, as
          there, and at the end. Flat space; ε = 1e-3 by default.
        - ``"sam"``: max f(w + δ) − f(w) on \|δ\| = ρ (Foret et al., arXiv:2010.01412): after their one step
          ρ ∇f/\|∇f\|, and at the end of an ascent. On a sphere ρ is the length of an arc. ρ = 0.05.
        - ``"adaptive"``: the same on \|δ/w\| = ρ, division by coordinate (Kwon et al., arXiv:2102.11600, without their
          η); one step is ρ w² ∇f/\|w ∇f\|. Rescaling neurons leaves it alone. Flat space; ρ = 0.5.
        - ``"noise"``: mean of f(w + σξ) − f(w), ξ normal, over pairs ±ξ, which for a quadratic is σ² tr H/2. σ = 0.01.
        - ``"relative_noise"``: the same with ξ_i \|w_i\| in place of ξ_i; invariant. Flat space; σ = 0.1.
        - ``"filter"``: mean rise at a relative distance along filter-normalised directions (:func:`flatness`). 0.1.
        - ``"trace"``: tr H; exact for a network, and for at most ``n_draws`` directions; else Hutchinson's mean over as
          many random vectors.
        - ``"largest"``: the largest eigenvalue of H, by Lanczos' method.
        - ``"fisher_rao"``: √(vᵀGv), G the Gauss–Newton matrix, v = w with the biases of layer l counted l times: the
          number of layers times √(mean of fᵀSf) over outputs f (Liang et al., arXiv:1711.01530), a number of the
          function alone. Networks.
        - ``"rescaled_minimum"``: the least tr H over all rescalings of hidden neurons: a convex problem in their
          logarithms, as H_ii ≥ 0 of a ReLU network is divided by squares of factors. Networks.
    radius : float, optional
        ε, ρ, σ or relative distance, above 0.
    n_draws : int
        Pairs of displacements, directions or vectors that a mean is taken over, at least 2.
    max_steps : int
        L-BFGS steps of an ascent at most.
    seed : int
        64-bit seed. All points get the same random numbers.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Sharpness

    Raises
    ------
    ArgumentError
        An unknown measure, one without a meaning on this landscape, a radius that is not positive, or one for a measure
        that has none; values that are infinite or NaN.

    Notes
    -----
    An ascent ends at a local maximum: its value is a lower bound, and so is "converged".

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: 0.5 * w**2 @ [1.0, 4.0], 2, gradient=lambda w: w * [1.0, 4.0])
    >>> sl.sharpness(bowl, [0.0, 0.0], "sam", 0.1).value.round(6)  # λ_max ρ²/2
    array([0.02])
    """
    landscape = inputs.a_landscape(landscape)
    kind = MEASURES[checks.choice("measure", measure, MEASURES)]
    if not _fits(landscape, kind):
        where = "a NetworkLandscape" if kind.network else "one in flat space, with coordinates of its own"
        raise ArgumentError("landscape", f"{where} for the measure {measure!r}", landscape)
    ask = _asked(landscape, measure, kind, radius, n_draws, max_steps, seed)
    at = landscape.geometry.space.on("points", inputs.origins(landscape, points, "points"))
    level = np.asarray(landscape.value(at), np.float64)
    plan = at.astype(np.float64), level, measure, ask._replace(landscape=None)
    value, error, few_steps, converged = gathered(
        len(at), over(_answers, landscape, len(at), executor, plan, description=measure)
    )
    arguments = {"points": at, "measure": measure, "radius": ask.radius, "n_draws": n_draws, "max_steps": max_steps}
    return Sharpness(
        measure=measure,
        radius=ask.radius,
        level=level,
        value=value,
        error=error,
        few_steps=few_steps,
        converged=converged,
        **quantity_of(landscape),
        provenance=record_on(landscape, "sharpness", arguments, seed=ask.seed),
    )


def _answers(
    landscape: Landscape, rows: NDArray[np.int64], plan: tuple[Array, Array, str, Ask], *, advance: Advance
) -> tuple[NDArray[Any], ...]:
    """Fields (R,) of the answers at some points."""
    at, level, measure, ask = plan
    ask, answers = ask._replace(landscape=landscape), []
    with single_threaded():  # SciPy's steps are short products: more threads of BLAS only wait for each other
        for row in rows:
            answers.append(MEASURES[measure].compute(ask, at[row], float(level[row])))
            if not np.isfinite([level[row], answers[-1].value]).all():
                raise ArgumentError("landscape", "finite values at the points and in their neighbourhood", level[row])
            advance()
    return tuple(np.array(column) for column in zip(*answers, strict=True))


def _asked(
    landscape: Landscape, measure: str, kind: _Kind, radius: Any, n_draws: Any, max_steps: Any, seed: Any
) -> Ask:
    """The other arguments, checked."""
    if kind.radius is None and radius is not None:
        raise ArgumentError("radius", f"none: {measure!r} looks at the points alone", radius)
    wanted = kind.radius if radius is None else radius
    size = float("nan") if wanted is None else checks.real("radius", wanted, above=0)
    n_draws = checks.integer("n_draws", n_draws, minimum=2, maximum=2**31)
    checks.room("n_draws", n_draws, 8.0 * n_draws)
    max_steps = checks.integer("max_steps", max_steps, minimum=1, maximum=10**9)
    return Ask(landscape, size, n_draws, max_steps, rng.seed64("seed", seed))
