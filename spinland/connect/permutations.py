"""Permutation saddles: one hidden unit is moved onto another, and out of it as the other one.

With u and v the incoming weights of two units and a, b their outgoing ones, a network is followed in which u − v
shrinks to zero while all else is at its lowest. Where u = v, the loss depends on a + b alone:

    solution          u − v = (1 − λ)(u_0 − v_0), the rest minimised          λ from 0 to 1
    merged            u = v;  a, b → a, b'  with the same sum                 the loss stays
    permutation point u = v, a = b                                            symmetric under the exchange, critical
    swapped solution  the same way back with u and v exchanged

A ReLU unit may have its incoming weights divided and its outgoing ones multiplied by any factor. Two units that shrink
so come together without any change; so both are scaled to one norm first, the geometric mean of theirs, and u + v keeps
its part along u_0 + v_0. At the merged point that is a choice of scale and no constraint.

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
from ..dynamics.minimizer import minimize
from ..errors import ArgumentError
from ..landscape.base import BaseLandscape
from ..landscape.geometry import Euclidean
from ..landscape.network import ReLUNetwork
from ..landscape.network_landscape import NetworkLandscape
from ..probes.inputs import a_landscape
from ..progress import track
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .hessians import bend, refuse_large

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
        Loss and |∇L| at each; the gradient is that of all parameters, the distance of the two units among them.
    index : integer array (n,)
        Negative eigenvalues of the Hessian of the loss at each, those below 1e-8 of the largest counting as zero.
    point : array (dim,)
        The permutation point: merged, with equal outgoing weights.
    value, residual : float
        Loss and |∇L| there.
    eigenvalues : array (dim,)
        Of the Hessian there, rising.
    plateau : array (m,)
        Losses on the straight line from the merged network to the one with outgoing weights exchanged, the permutation
        point in its middle: equal but for rounding.
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
        Places on the way, both ends among them, at least 2.
    tolerance : float
        Gradient norm at which a minimisation ends. Where a unit's input crosses 0 at a sample, the loss has a kink,
        and a minimisation may end there before: ``residual`` tells.
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
    places = np.linspace(0, 1, n)
    points = _merging(landscape, _levelled(at, ins, outs), ins, places, tolerance, max_iterations)
    bends = [bend(landscape, p) for p in points]
    merged, swapped = points[-1], points[-1].copy()
    swapped[outs] = merged[outs[::-1]]
    middle = (merged + swapped) / 2
    here, apart = bend(landscape, middle), bend(landscape, middle, _apart(landscape.dim, ins, outs))
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
        points=points,
        values=np.array([b.value for b in bends]),
        gradient_norms=np.array([b.residual for b in bends]),
        index=np.array([b.index for b in bends]),
        point=middle,
        value=here.value,
        residual=here.residual,
        eigenvalues=here.eigenvalues,
        plateau=np.array([landscape.value(merged + s * (swapped - merged)) for s in np.linspace(0, 1, 5)]),
        n_zero=here.n_zero,
        antisymmetric=apart.eigenvalues,
        n_flat=int(np.sum(np.abs(apart.eigenvalues) <= zero)),
        n_next=network.widths[layer + 2],
        layer=layer,
        units=pair,
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


def _apart(dim: int, ins: NDArray[np.int64], outs: NDArray[np.int64]) -> Array:
    """Orthonormal basis (dim, K) of the directions that move two units apart."""
    places = np.concatenate([ins, outs], axis=1)
    basis, column = np.zeros((dim, places.shape[1])), np.arange(places.shape[1])
    basis[places[0], column], basis[places[1], column] = np.sqrt(0.5), -np.sqrt(0.5)
    return basis


def _levelled(at: Array, ins: NDArray[np.int64], outs: NDArray[np.int64]) -> Array:
    """The same network, the incoming weights of both units scaled to one norm; as it is where one of them has none."""
    lengths = np.linalg.norm(at[ins], axis=1)
    if lengths.min() == 0:
        return at
    scales = np.sqrt(lengths[::-1] / lengths)[:, None]
    out = at.copy()
    out[ins], out[outs] = at[ins] * scales, at[outs] / scales
    return out


def _merging(
    landscape: NetworkLandscape, at: Array, ins: NDArray[np.int64], places: Array, tolerance: float, most: int
) -> Array:
    """Networks (n, dim) whose two units come together, each a minimum for its distance of them."""
    difference, mean, points = at[ins[0]] - at[ins[1]], (at[ins[0]] + at[ins[1]]) / 2, []
    with track(len(places), "merging two units") as advance:
        for place in places:
            held = _Held(landscape, ins, (1 - place) * difference, mean)
            found = minimize(held, held.brought(at[None])[0], tolerance, most)
            at = held.brought(found.points)[0]
            points.append(at)
            advance()
    return np.array(points)


class _Held(BaseLandscape):
    """The loss of a network whose two units keep their distance: a function of all parameters but that.

    Points are those of the network; what is asked is moved so that the units have the distance, their mean staying but
    for its part along ``mean``, which is that of ``mean``.
    """

    def __init__(self, landscape: NetworkLandscape, ins: NDArray[np.int64], difference: Array, mean: Array):
        self._of, self._ins, self._difference = landscape, ins, difference
        self._length = float(np.linalg.norm(mean))
        self._axis = mean / self._length if self._length > 0 else np.zeros_like(mean)
        self.dim, self.dtype, self.device = landscape.dim, landscape.dtype, landscape.device
        self.fingerprint, self.geometry = landscape.fingerprint, Euclidean()

    def brought(self, points: Array) -> Array:
        """Points (B, dim) whose two units have the distance."""
        out = np.array(points)
        mean = self._across((out[:, self._ins[0]] + out[:, self._ins[1]]) / 2) + self._length * self._axis
        out[:, self._ins[0]], out[:, self._ins[1]] = mean + self._difference / 2, mean - self._difference / 2
        return out

    def _along(self, vectors: Array) -> Array:
        """Parts of vectors (B, dim) that keep the distance."""
        out = np.array(vectors)
        mean = self._across((out[:, self._ins[0]] + out[:, self._ins[1]]) / 2)
        out[:, self._ins[0]] = out[:, self._ins[1]] = mean
        return out

    def _across(self, means: Array) -> Array:
        """Means (B, K) without their part along the axis."""
        return np.asarray(means - np.sum(means * self._axis, axis=1, keepdims=True) * self._axis)

    def value(self, points: ArrayLike) -> Any:
        """Losses (B,)."""
        return self._of.value(self.brought(np.asarray(points)))

    def gradient(self, points: ArrayLike) -> NDArray[Any]:
        """Gradients (B, dim), which keep the distance."""
        return self._along(self._of.gradient(self.brought(np.asarray(points))))

    def hessian_product(self, point: ArrayLike, vectors: ArrayLike) -> NDArray[Any]:
        """Hessian of the same at one point times vectors (K, dim) or (dim,)."""
        along = self._along(np.atleast_2d(vectors))
        products = self._along(self._of.hessian_product(self.brought(np.atleast_2d(point))[0], along))
        return products[0] if np.ndim(vectors) == 1 else products
