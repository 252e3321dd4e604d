"""Random directions, scaled so that planes of different networks compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from .inputs import a_landscape

NORMALIZATIONS = ("auto", "filter", "layer", "global", None)


def random_directions(
    landscape: Landscape, origin: ArrayLike, n: int, seed: int = 0, normalize: str | None = "auto"
) -> NDArray[Any]:
    """Gaussian directions (n, dim), scaled to the point that they start from.

    Filter normalisation is that of Li et al., "Visualizing the loss landscape of neural nets"
    (arXiv:1712.09913): ReLU networks do not change when a neuron's incoming weights and bias are scaled up
    and its outgoing weights down, so a step has meaning only relative to the norm of each neuron.

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    origin : array (dim,)
        The point.
    n : int
        Number of directions.
    seed : int
        64-bit seed. Direction k is the same whatever ``n`` is.
    normalize : "auto", "filter", "layer", "global" or None
        ``"filter"``: each filter (a neuron's incoming weights and bias together) of a direction gets the
        norm of the same filter of the origin; ``"layer"``: each layer does; ``"global"``: the whole vector
        does; None: independent N(0, 1) entries. ``"auto"`` is ``"filter"`` where the landscape has filters
        and ``"global"`` elsewhere. A group that is zero at the origin is zero in the direction, and so are
        entries that belong to no group. On a sphere, which has no filters or layers, directions are tangent
        at the origin, and "auto" gives them the length of the radius.

    Returns
    -------
    array (n, dim)
        In the landscape's float type.

    Raises
    ------
    ArgumentError
        ``"filter"`` or ``"layer"`` on a landscape that has none; a point off the landscape's sphere.
    """
    a_landscape(landscape)
    point = checks.float_array("origin", origin, dtype=landscape.dtype, shape=(landscape.dim,))
    n = checks.integer("n", n, minimum=1, maximum=2**32 - 1)
    checks.room("n", n, 8 * n * landscape.dim)
    checks.choice("normalize", normalize, NORMALIZATIONS)
    groups = _groups(landscape, normalize)
    point = landscape.geometry.space.on("origin", point)
    at = point.astype(np.float64)
    directions = np.empty((n, landscape.dim), landscape.dtype)
    for k in range(n):
        drawn = rng.normals(seed, rng.Purpose.DIRECTION, k, 0, landscape.dim)
        drawn = np.asarray(landscape.geometry.tangent(at, drawn))
        directions[k] = drawn if groups is None else _scaled(drawn, at, groups)
    return directions


def _groups(landscape: Landscape, normalize: str | None) -> Sequence[NDArray[np.int64]] | None:
    """Index groups that are normalised; None: none is."""
    filters, layers = landscape.geometry.filters, landscape.geometry.layers
    if normalize == "auto":
        normalize = "filter" if filters else "global"
    if normalize is None:
        return None
    if normalize == "global":
        return (np.arange(landscape.dim),)
    groups = filters if normalize == "filter" else layers
    if not groups:
        raise ArgumentError("normalize", f"'global' or None: this landscape has no {normalize}s", normalize)
    return groups


def _scaled(
    direction: NDArray[np.float64], origin: NDArray[np.float64], groups: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """The direction with every group scaled to the norm that it has at the origin."""
    index = np.concatenate(groups)
    lengths = np.array([len(group) for group in groups])
    first = np.cumsum(lengths) - lengths
    entries = direction[index]
    wanted = np.sqrt(np.add.reduceat(origin[index] ** 2, first))
    norms = np.sqrt(np.add.reduceat(entries**2, first))
    scale = np.divide(wanted, norms, out=np.zeros_like(norms), where=norms > 0)
    result = np.zeros_like(direction)
    result[index] = entries * np.repeat(scale, lengths)
    return result
