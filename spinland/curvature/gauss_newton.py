"""The Hessian of a network's loss as that of the linearised network and what is left: H = G + R."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..arrays import Owner
from ..landscape.network_landscape import NetworkLandscape
from .operators import one_point


@dataclass(frozen=True, eq=False)
class GaussNewton(Owner):
    """H = G + R at a point of a network's loss.

    With z the outputs of a sample, J their Jacobian by the parameters, L the loss, and means over samples:

        G = mean J' L'' J               without negative eigenvalues (Schraudolph, Neural Computation 14, 2002)
        R = mean Σ_o L'_o ∇²z_o         zero where the outputs are the targets

    Outputs of a ReLU network are linear in the parameters of each layer, so within a layer R is zero.

    Parameters
    ----------
    landscape : NetworkLandscape
        Cross-entropy or squared errors, on any device.
    point : array (dim,)
        Where.

    Raises
    ------
    ArgumentError
        Another landscape, or another shape.
    """

    landscape: NetworkLandscape
    point: NDArray[Any]

    def __post_init__(self) -> None:
        _, at = one_point(checks.instance("landscape", self.landscape, NetworkLandscape), self.point)
        object.__setattr__(self, "point", at)
        super().__post_init__()

    def product(self, vectors: ArrayLike) -> NDArray[Any]:
        """G times vectors (K, dim) or (dim,), in the landscape's float type."""
        return self.landscape.gauss_newton_product(self.point, vectors)

    def residual_product(self, vectors: ArrayLike) -> NDArray[Any]:
        """R times vectors (K, dim) or (dim,); computed as such and not as a difference."""
        return self.landscape.residual_product(self.point, vectors)

    def hessian_product(self, vectors: ArrayLike) -> NDArray[Any]:
        """H times vectors (K, dim) or (dim,), in one pass."""
        return self.landscape.hessian_product(self.point, vectors)


def gauss_newton(network_landscape: NetworkLandscape, point: ArrayLike) -> GaussNewton:
    """The Gauss–Newton matrix of a network's loss at a point, and what it leaves of the Hessian, as products.

    Parameters
    ----------
    network_landscape : NetworkLandscape
        Cross-entropy or squared errors, on any device.
    point : array (dim,)
        Where.

    Returns
    -------
    GaussNewton

    Raises
    ------
    ArgumentError
        Another landscape, or another shape.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> landscape = sl.NetworkLandscape(network, sl.load_dataset("digits"), dtype="float64")
    >>> split = sl.gauss_newton(landscape, network.initialize(1, dtype="float64")[0])
    >>> v = np.ones(network.n_params)
    >>> bool(np.allclose(split.product(v) + split.residual_product(v), split.hessian_product(v)))
    True
    """
    with checks.renamed(landscape="network_landscape"):
        return GaussNewton(network_landscape, point)  # type: ignore[arg-type]
