"""What follows from the value of a landscape, for those that have no quicker way."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from numpy.typing import ArrayLike

from ..errors import ArgumentError
from .swaps import NeuronSwaps
from .walkers import Walkers

if TYPE_CHECKING:
    from .protocol import Landscape


class BaseLandscape:
    """Methods that a landscape inherits unless it has better ones of its own."""

    def walkers(
        self, starts: ArrayLike, origin_index: ArrayLike, numbers: ArrayLike, radius: ArrayLike = ()
    ) -> Walkers:
        """Walkers, from starts (K, dim); arguments as for :class:`spinland.landscape.walkers.Walkers`."""
        return Walkers(cast("Landscape", self), starts, origin_index, numbers, radius)

    def swaps(self, layer: int = 0) -> NeuronSwaps:
        """Exchanges of hidden neurons, which only a network has.

        Raises
        ------
        ArgumentError
            Always.
        """
        raise ArgumentError("landscape", "a NetworkLandscape; only networks have neurons", self)
