"""Directions along which symmetry says something of the Hessian, by name.

Of a network with in-weights w_j (and bias) and out-weights u_j of a hidden unit j, and a loss f with gradient g and
Hessian H:

    dead input          weights of an input that is zero in all samples                     H d = 0
    dead unit           all weights of a unit that is off in all samples                    H d = 0
    softmax shift       the same number added to all outputs, from a bias or from a unit    H d = 0
    duplicated units    out-weights of two units with proportional in-weights,
                        moved so that their sum stays                                       d'H d = 0
    rescaling           r = (w_j, −u_j) of a unit: f is the same at (e^t w_j, e^−t u_j)     r'g = 0,  H r = −A g
    constraint          the radius of a sphere                                              H d = 0

The first three are shifts that change nothing anywhere near; so H has them in its kernel at every point. r moves with
the point: r = A w, A diagonal with 1 and −1, and the derivative of r(w)'g(w) = 0 gives H r = −A g, which is zero only
where the gradient by the unit's weights is. Two units are one only where their in-weights are proportional; there f is
constant along d, but H d is zero only where moving these in-weights apart has no slope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..arrays import sealed
from ..errors import ArgumentError, shown
from ..landscape.network import ReLUNetwork
from ..landscape.network_landscape import NetworkLandscape
from ..landscape.protocol import Landscape
from ..provenance import record, record_on
from ..results import Result
from .operators import Array, one_point

EXACT = "dead input", "dead unit", "softmax shift", "constraint"
"""Kinds whose directions are in the kernel of the Hessian at every point."""

_SAME = 1e-6  # distance of two units' normalised in-weights below which they are one


@dataclass(frozen=True, eq=False, kw_only=True)
class SymmetryModes(Result):
    """Orthonormal directions of symmetries at a point.

    Directions are taken in the order of the kinds above, each orthogonalised to those before it; what then is zero is
    left out. So the first k of them span what the first k symmetries do.

    Attributes
    ----------
    vectors : array (K, dim)
        Orthonormal rows.
    names : tuple of K str
        Such as "rescaling of unit 3 of layer 1"; units and layers count from 0.
    kinds : tuple of K str
        "dead input", "dead unit", "softmax shift", "duplicated units", "rescaling" or "constraint".
    exact : bool array (K,)
        Whether the Hessian has the direction in its kernel at every point; else only where a gradient is zero.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"exact": ("mode",)}

    vectors: Array
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    exact: NDArray[np.bool_]


def symmetry_modes(network: ReLUNetwork | Landscape, point: ArrayLike) -> SymmetryModes:
    """Orthonormal directions along which symmetry says something of the Hessian at a point, by name.

    Parameters
    ----------
    network : ReLUNetwork, NetworkLandscape or another landscape
        A network alone has rescalings and duplicated units. Its loss has dead inputs and units too, and with
        cross-entropy the shifts of all outputs. Another landscape has the radius of its sphere, or nothing.
    point : array (dim,)
        Where.

    Returns
    -------
    SymmetryModes

    Raises
    ------
    ArgumentError
        Neither a network nor a landscape, another shape, or directions that do not fit into memory (an input that is
        dead has as many as the first layer has units).

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((3, 4, 2))
    >>> sl.symmetry_modes(network, network.initialize(1)[0]).kinds
    ('rescaling', 'rescaling', 'rescaling', 'rescaling')
    """
    if isinstance(network, ReLUNetwork):
        at = checks.float_array("point", point, shape=(network.n_params,))
        made = record("symmetry_modes", {"network": repr(network), "point": at})
        return _collected(network.n_params, [], _of_weights(network, at), made)
    if not hasattr(network, "geometry"):
        raise ArgumentError("network", "a ReLUNetwork or a landscape", shown(network))
    with checks.renamed(landscape="network"):
        of, given = one_point(network, point)
    at = np.asarray(given, np.float64)
    made = record_on(of, "symmetry_modes", {"point": given})
    if not isinstance(of, NetworkLandscape):
        radius = [("radius", "constraint", at)] if of.geometry.space.curved else []
        return _collected(of.dim, [], iter(radius), made)
    return _collected(of.dim, _coordinates(of, at), _of_loss(of, at), made)


Mode = tuple[str, str, Any]
"""Name, kind, and the direction: an array, or the number of a coordinate."""


def _collected(dim: int, coordinates: list[Mode], directions: Iterator[Mode], made: Any) -> SymmetryModes:
    """Modes in order, orthonormal; ``coordinates`` are directions of one coordinate each."""
    places = np.array([place for _, _, place in coordinates], np.int64)
    found = list(directions)
    count = len(coordinates) + len(found)
    checks.room("network", f"{count} directions", 8.0 * count * dim)
    vectors = np.zeros((count, dim))
    vectors[np.arange(len(places)), places] = 1.0
    names, kinds = [name for name, _, _ in coordinates], [kind for _, kind, _ in coordinates]
    for name, kind, direction in found:
        rest = np.array(direction, np.float64)
        rest[places] = 0.0
        before = float(np.linalg.norm(direction))
        some = vectors[len(places) : len(names)]
        for _ in range(2):
            rest -= (some @ rest) @ some
        left = float(np.linalg.norm(rest))
        if left > 1e-8 * before:
            vectors[len(names)] = rest / left
            names.append(name)
            kinds.append(kind)
    exact = np.array([kind in EXACT for kind in kinds], bool)
    kept = np.array(vectors[: len(names)])
    return SymmetryModes(vectors=sealed(kept), names=tuple(names), kinds=tuple(kinds), exact=exact, provenance=made)


def _coordinates(landscape: NetworkLandscape, point: Array) -> list[Mode]:
    """Coordinates on which the loss does not depend near the point: of dead inputs, and of units that are off."""
    network, samples = landscape.network, landscape.samples
    dead = np.setdiff1d(np.arange(landscape.dim), np.arange(landscape.dim) if samples.keep is None else samples.keep)
    found: list[Mode] = []
    first = network.spans[0]
    inputs = (dead - first.weight.start) % first.shape[1]
    for i, place in zip(inputs.tolist(), dead.tolist(), strict=True):
        found.append((f"weight {place} of dead input {i}", "dead input", place))
    known = set(dead.tolist())
    for layer, unit in _units_off(landscape, point):
        for place in _weights_of(network, layer, unit):
            if place not in known:
                known.add(place)
                found.append((f"weight {place} of dead unit {unit} of layer {layer}", "dead unit", place))
    return found


def _units_off(landscape: NetworkLandscape, point: Array) -> Iterator[tuple[int, int]]:
    """Layer and number of hidden units whose pre-activation is positive in no sample."""
    acts = np.asarray(landscape.samples.x, np.float64)
    parts = landscape.samples.network.layers(landscape.samples.compress(point))
    for layer, (weight, bias) in enumerate(parts[:-1]):
        acts = np.maximum(acts @ weight.T + (0.0 if bias is None else bias), 0.0)
        for unit in np.flatnonzero(~acts.any(axis=0)).tolist():
            yield layer, unit


def _weights_of(network: ReLUNetwork, layer: int, unit: int) -> list[int]:
    """Places of all weights of a hidden unit: incoming, bias, outgoing."""
    into, out = network.spans[layer], network.spans[layer + 1]
    rows = np.arange(into.weight.start, into.weight.stop).reshape(into.shape)[unit].tolist()
    columns = np.arange(out.weight.start, out.weight.stop).reshape(out.shape)[:, unit].tolist()
    return rows + ([] if into.bias is None else [into.bias.start + unit]) + columns


def _of_loss(landscape: NetworkLandscape, point: Array) -> Iterator[Mode]:
    """Directions of a loss that are no coordinates."""
    if landscape.loss == "cross_entropy":
        last = landscape.network.spans[-1]
        places = np.arange(last.weight.start, last.weight.stop).reshape(last.shape)
        if last.bias is not None:
            yield "shift of all outputs by their biases", "softmax shift", _ones(landscape.dim, last.bias)
        for unit in range(last.shape[1]):
            yield f"shift of all outputs by unit {unit}", "softmax shift", _ones(landscape.dim, places[:, unit])
    yield from _of_weights(landscape.network, point)


def _ones(dim: int, places: Any) -> Array:
    vector = np.zeros(dim)
    vector[places] = 1.0
    return vector


def _of_weights(network: ReLUNetwork, point: Array) -> Iterator[Mode]:
    """Duplicated units, then rescalings, layer by layer."""
    for layer in range(network.n_hidden_layers):
        yield from _duplicates(network, point, layer)
    for layer in range(network.n_hidden_layers):
        for unit in range(network.widths[layer + 1]):
            out = network.spans[layer + 1]
            direction = np.zeros(network.n_params)
            own = _weights_of(network, layer, unit)
            direction[own] = point[own]
            direction[own[-out.shape[0] :]] *= -1
            if direction.any():
                yield f"rescaling of unit {unit} of layer {layer}", "rescaling", direction


def _duplicates(network: ReLUNetwork, point: Array, layer: int) -> Iterator[Mode]:
    """Out-weights of units with proportional in-weights, each against the first of them."""
    into, out = network.spans[layer], network.spans[layer + 1]
    rows = point[into.weight].reshape(into.shape)
    rows = rows if into.bias is None else np.column_stack([rows, point[into.bias]])
    norms = np.linalg.norm(rows, axis=1)
    units = np.divide(rows, norms[:, None], out=np.zeros_like(rows), where=norms[:, None] > 0)
    places = np.arange(out.weight.start, out.weight.stop).reshape(out.shape)
    for unit in range(1, len(units)):
        away = np.linalg.norm(units[:unit] - units[unit], axis=1)
        same = np.flatnonzero((away < _SAME) & (norms[:unit] > 0) & (norms[unit] > 0))
        if len(same) == 0:
            continue
        other = int(same[0])
        for row in range(out.shape[0]):
            direction = np.zeros(network.n_params)
            direction[places[row, unit]] = norms[other]
            direction[places[row, other]] = -norms[unit]
            name = f"units {other} and {unit} of layer {layer} to unit {row} of the next"
            yield name, "duplicated units", direction
