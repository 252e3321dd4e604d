"""All relabelled copies of a network: ∏ M_i! points with one loss (theorem 3.1 of arXiv:2407.20724)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..landscape.network import ReLUNetwork
from .transformation import NetworkSymmetry, a_network, floating_points


def orbit_size(network: ReLUNetwork) -> int:
    """Number of relabelled copies of a network, ∏ M_i! over its hidden layers, exactly."""
    return math.prod(math.factorial(m) for m in a_network(network).widths[1:-1])


def orbit(network: ReLUNetwork, point: ArrayLike, *, limit: int = 100_000) -> Iterator[NDArray[Any]]:
    """All copies of a point under permutations of its hidden neurons, one after another.

    Theorem 3.1 of arXiv:2407.20724: they are ∏ M_i! and have one loss. They are distinct unless two
    neurons of a layer have the same weights.

    Parameters
    ----------
    network : ReLUNetwork
        A small network.
    point : array (dim,)
        Its parameters.
    limit : int
        Largest orbit that is walked through.

    Yields
    ------
    array (dim,)
        A relabelled copy; the first is the point itself.

    Raises
    ------
    ArgumentError
        At the call: the orbit has more than ``limit`` members, or the point does not fit.
    """
    limit = checks.integer("limit", limit, minimum=1)
    with checks.renamed(points="point"):
        batch, single = floating_points(network, point)
    if not single:
        raise ArgumentError("point", f"one point ({network.n_params},)", f"shape {batch.shape}")
    count = orbit_size(network)
    if count > limit:
        raise ArgumentError(
            "network", f"an orbit of at most {limit} members", f"{_decimal(count)} for widths {network.widths}"
        )
    return _members(network, batch[0])


def _members(network: ReLUNetwork, point: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for permutations in itertools.product(*(itertools.permutations(range(m)) for m in network.widths[1:-1])):
        yield NetworkSymmetry(network, permutations).apply(point)


def _decimal(count: int) -> str:
    """All digits of a moderate count, the power of ten of a large one."""
    if count < 10**30:
        return str(count)
    return f"more than 10^{int(count.bit_length() * math.log10(2)) - 1}"
