"""Permutation saddles: one hidden unit is moved onto another, and out of it as the other one.

With u and v the incoming weights of two units and a, b their outgoing ones, a network is followed in which both
differences shrink to zero while all else is at its lowest:

    solution            u − v = (1 − λ)(u_0 − v_0), a − b = (1 − λ)(a_0 − b_0), the rest minimised      λ from 0 to 1
    permutation point   u = v, a = b                                          symmetric under the exchange, critical
    plateau             u = v, any a, b with the same sum                     the loss stays
    exchanged solution  the same way back with u and v, a and b exchanged

Were a − b free, it would grow as 1/(1 − λ): two nearly equal units of opposite sign are a feature of their own, and the
loss jumps when it is lost. A ReLU unit may have its incoming weights divided and its outgoing ones multiplied by any
factor. Two units that shrink so come together without any change; so both are scaled to one norm first, the geometric
mean of theirs, and u + v keeps its part along u_0 + v_0. At the merged point that is a choice of scale and no
constraint.

J. Brea, B. Şimşek, B. Illing and W. Gerstner, "Weight-space symmetry in deep networks gives rise to permutation
saddles, connected by equal-loss valleys across the loss landscape" (arXiv:1907.02911).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from ..landscape.network_landscape import NetworkLandscape
from ..probes.inputs import a_landscape
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .hessians import Bend, bend, refuse_large
from .kinks import Kinks, Rest, along
from .merging import apart, merge

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class PermutationSaddle(Measured):
    """What lies between a network and its copy with two units exchanged.

    Attributes
    ----------
    places : array (n,)
        λ, from 0 at the solution to 1 where the two units have merged.
    points : array (n, dim)
        The networks on the way, the first being the solution with both units scaled to one norm.
    values, gradient_norms : array (n,)
        Loss and |∇L| at each; the gradient is that of all parameters, the distance of the two units among them. On a
        kink it is that of one of its sides.
    index : integer array (n,)
        Negative eigenvalues of the Hessian of the loss at each, those below 1e-8 of the largest counting as zero.
    point : array (dim,)
        The permutation point, the last of the way: merged, with equal outgoing weights.
    value, residual : float
        Loss there, and |∇L| along the kinks that it lies on.
    eigenvalues : array (K,)
        Of the Hessian there, along the kinks that it lies on, rising; K is dim where there are none.
    plateau : array (m,)
        Losses on a straight line of merged networks from outgoing weights as different as those of the solution to the
        same exchanged, the permutation point in its middle: equal but for rounding.
    n_zero : int
        How many of the eigenvalues are zero.
    antisymmetric : array (K,)
        Eigenvalues of the Hessian among the directions that move the two units apart, K = incoming + outgoing weights
        (and a bias) of a unit; all others are those of a network with one unit less.
    n_flat : int
        How many of these are zero.
    n_next : int
        Units of the next layer, n_{k+1}: dimensions of the plateau of equal loss, and what n_flat is compared with.
    layer : int
        Hidden layer, 0 being the first.
    units : tuple of two int
        Which units.
    breaks : array (K, 3) or None
        Where the way breaks: λ, how far the network moves there, and by how much the loss falls. None in results of
        older files, whose way was not followed step by step.
    n_kinks : int
        Samples at which the input of a unit of the first hidden layer is 0 at the permutation point, the two units
        counted as one. There the loss has no Hessian but along the kink, and rises to both sides.
    settled : bool
        Whether the merged network is a minimum of networks with one unit less: gradient below the tolerance along the
        kinks, no negative eigenvalue, and no way down off a kink.
    """

    places: Array
    points: Array
    values: Array
    gradient_norms: Array
    index: NDArray[np.int64]
    point: Array
    value: float
    residual: float
    eigenvalues: Array
    plateau: Array
    n_zero: int
    antisymmetric: Array
    n_flat: int
    n_next: int
    layer: int
    units: tuple[int, ...]
    breaks: Array | None = None
    n_kinks: int = 0
    settled: bool = False

    @property
    def continuous(self) -> bool | None:
        """Whether the way has no break; None where nobody looked."""
        return None if self.breaks is None else len(self.breaks) == 0

    @property
    def barrier(self) -> float:
        """Loss of the merged network less that of the solution: what the exchange of the two units costs."""
        return float(self.values[-1] - self.values[0])


def permutation_saddle(
    landscape: NetworkLandscape,
    point: ArrayLike,
    layer: int = 0,
    units: Sequence[int] = (0, 1),
    *,
    n: int = 11,
    tolerance: float = 1e-8,
    max_iterations: int = 200,
) -> PermutationSaddle:
    """Move a hidden unit onto another, and find the saddle between a network and its copy with both exchanged.

    Parameters
    ----------
    landscape : NetworkLandscape
        Of float64 and at most 3000 parameters, as the Hessian is formed.
    point : array (dim,)
        A solution.
    layer : int
        Hidden layer, 0 being the first.
    units : sequence of two int
        The units.
    n : int
        Places on the way that are given back, both ends among them, at least 2; it is followed by steps of its own.
    tolerance : float
        Gradient norm at which a minimisation ends. Where the input of a unit of the first hidden layer crosses 0 at a
        sample, the loss has a kink: a minimum on it is one if the gradient along it is that small and the loss rises to
        both sides. Kinks of later layers are curved: a minimisation ends there before, and ``settled`` tells.
    max_iterations : int
        Newton steps of a minimisation at most.

    Returns
    -------
    PermutationSaddle

    Raises
    ------
    ArgumentError
        No network, float32, too many parameters; no such layer or units.

    Notes
    -----
    The way is followed by steps of λ that are halved until the network moves by no more than a twentieth of the
    distance of the units, a thirteenth halving at most, whatever the number of places `n`. Where the minimum ends, at a
    fold or where a kink lets go, the network falls to the next one, which `breaks` tells; the height of the permutation
    point is then that of the branch on which the way goes on. Other ways may be lower.

    At the permutation point the gradient is zero by symmetry, once the merged network is a minimum of networks with
    one unit less. Along the n_{k+1} directions in which a weight goes out of one unit and into the other the loss is
    constant, a plateau. With C = Σ_samples x δ' [unit active], (incoming weights) × n_{k+1}, the Hessian of a ReLU
    network among the directions that move the two units apart is [[0, C], [C', 0]]: its eigenvalues are ± the singular
    values of C and zeros. As the combination a that the unit feeds has C a = 0, the rank of C is n_{k+1} − 1 at most,
    and (incoming weights) + n_{k+1} − 2 rank C are zero: at least n_{k+1} of them where there are 2 rank C incoming
    weights or more. With one unit in the next layer C is zero, and the whole plateau is flat to second order.
    """
    a_landscape(landscape)
    if not isinstance(landscape, NetworkLandscape):
        raise ArgumentError("landscape", "a NetworkLandscape; only networks have units", landscape)
    refuse_large("landscape", landscape)
    at = np.array(checks.float_array("point", point, shape=(landscape.dim,)))
    checks.squarable("point", at, landscape.dim)
    network = landscape.network
    layer = checks.integer("layer", layer, minimum=0, maximum=network.n_hidden_layers - 1)
    pair = _pair(units, network.widths[layer + 1])
    n = checks.integer("n", n, minimum=2)
    checks.room("n", n, 3 * 8 * n * landscape.dim)
    tolerance = checks.real("tolerance", tolerance, above=0)
    max_iterations = checks.integer("max_iterations", max_iterations, minimum=1)
    ins, outs = weights_of_units(network, layer, pair)
    places, start = np.linspace(0, 1, n), _levelled(at, ins, outs)
    way = merge(landscape, start, (ins, outs), places, tolerance, max_iterations)
    bends = [bend(landscape, p) for p in way.points]
    middle, shift = way.end.point, np.zeros(landscape.dim)
    shift[outs] = (start[outs] - start[outs[::-1]]) / 2
    here, asunder = _at_the_point(landscape, way.end, ins, outs)
    zero = here.zero
    arguments = {
        "point": at,
        "layer": layer,
        "units": pair,
        "n": n,
        "tolerance": tolerance,
        "max_iterations": max_iterations,
    }
    return PermutationSaddle(
        places=places,
        points=way.points,
        values=np.array([b.value for b in bends]),
        gradient_norms=np.array([b.residual for b in bends]),
        index=np.array([b.index for b in bends]),
        point=middle,
        value=here.value,
        residual=here.residual,
        eigenvalues=here.eigenvalues,
        plateau=np.array([landscape.value(middle + s * shift) for s in np.linspace(1, -1, 5)]),
        n_zero=here.n_zero,
        antisymmetric=asunder.eigenvalues,
        n_flat=int(np.sum(np.abs(asunder.eigenvalues) <= zero)),
        n_next=network.widths[layer + 2],
        layer=layer,
        units=pair,
        breaks=way.breaks,
        n_kinks=len(way.end.kinks),
        settled=way.end.settled,
        **quantity_of(landscape),
        provenance=record_on(landscape, "permutation_saddle", arguments),
    )


def _pair(units: Any, width: int) -> tuple[int, int]:
    given = checks.listing("units", units, "two numbers of units")
    if len(given) != 2:
        raise ArgumentError("units", "two numbers of units", given)
    a, b = (checks.integer(f"units[{i}]", unit, minimum=0, maximum=width - 1) for i, unit in enumerate(given))
    if a == b:
        raise ArgumentError("units", "two different units", given)
    return a, b


def weights_of_units(
    network: ReLUNetwork, layer: int, units: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places in a point of the incoming weights (and bias) and of the outgoing weights of hidden units: (U, K) each."""
    below, above = network.spans[layer], network.spans[layer + 1]
    rows = np.arange(below.weight.start, below.weight.stop).reshape(below.shape)[list(units)]
    if below.bias is not None:
        rows = np.hstack([rows, np.arange(below.bias.start, below.bias.stop)[list(units), None]])
    columns = np.arange(above.weight.start, above.weight.stop).reshape(above.shape)[:, list(units)].T
    return rows, np.ascontiguousarray(columns)


def _at_the_point(
    landscape: NetworkLandscape, end: Rest, ins: NDArray[np.int64], outs: NDArray[np.int64]
) -> tuple[Bend, Bend]:
    """The Hessian at the permutation point along its kinks: in all directions, and in those that part the units."""
    dim, units = landscape.dim, apart(landscape.dim, np.concatenate([ins, outs], axis=1))
    if not len(end.kinks):
        return bend(landscape, end.point), bend(landscape, end.point, units)
    kinks = Kinks(landscape)
    normals = kinks.normals(np.concatenate([end.kinks, kinks.twins(end.kinks, ins)]), dim).T
    return bend(landscape, end.point, along(np.eye(dim), normals)), bend(landscape, end.point, along(units, normals))


def _levelled(at: Array, ins: NDArray[np.int64], outs: NDArray[np.int64]) -> Array:
    """The same network, the incoming weights of both units scaled to one norm; as it is where one of them has none."""
    lengths = np.linalg.norm(at[ins], axis=1)
    if lengths.min() == 0:
        return at
    scales = np.sqrt(lengths[::-1] / lengths)[:, None]
    out = at.copy()
    out[ins], out[outs] = at[ins] * scales, at[outs] / scales
    return out
