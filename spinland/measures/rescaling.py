"""Which measures of flatness can be fooled: the same function with its neurons rescaled (Dinh et al.)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..landscape.network_landscape import NetworkLandscape
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..symmetry.transformation import random_symmetry, rescale
from .bounds import pac_bayes
from .entropy import local_entropy
from .sharpness import MEASURES, sharpness

Array = NDArray[np.float64]

_SPREAD = 0.5  # of the logarithm of the factors of single neurons


@dataclass(frozen=True, eq=False, kw_only=True)
class DinhTable(Measured):
    """Measures of P networks, and of the same functions with their neurons rescaled.

    Attributes
    ----------
    alpha : float
        What enters the first hidden layer is multiplied by α, what leaves it divided by α: T_α.
    measures : tuple of K str
    before, layer, units : array (K, P)
        Each measure at the networks; after T_α; after another factor for each hidden neuron, log-normal with a spread
        of 0.5. What does not depend on more than the function is the same in all three.
    errors : array (K, P)
        Standard errors of ``before``; the same random numbers are used in all three.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "measures": ("measure",),
        "before": ("measure", "point"),
        "layer": ("measure", "point"),
        "units": ("measure", "point"),
        "errors": ("measure", "point"),
    }

    alpha: float
    measures: tuple[str, ...]
    before: Array
    layer: Array
    units: Array
    errors: Array

    def change(self, which: str = "layer") -> Array:
        """Largest relative change of each measure (K,) over the networks, under ``"layer"`` (T_α) or ``"units"``."""
        after = getattr(self, checks.choice("which", which, ("layer", "units")))
        return np.asarray(np.abs(after / self.before - 1).max(axis=1))


def dinh_table(
    landscape: NetworkLandscape,
    points: ArrayLike,
    alpha: float = 4.0,
    *,
    initial: ArrayLike | None = None,
    gamma: float | None = None,
    n_draws: int = 100,
    n_steps: int = 200,
    seed: int = 0,
) -> DinhTable:
    """Every measure of flatness before and after rescalings that leave the function of a network alone.

    Under T_α (Dinh et al., arXiv:1703.04933) weights are multiplied by factors F and the Hessian becomes
    diag(1/F) H diag(1/F), as the loss is the same function of w/F: so the trace, the largest eigenvalue and what else
    looks at fixed distances can be made as large as one likes. Nothing here is taken from that formula: every measure
    is computed anew at the rescaled points.

    Parameters
    ----------
    landscape : NetworkLandscape
        Loss of a network with hidden layers.
    points : array (P, dim) or (dim,)
        Networks.
    alpha : float
        α > 0 of the first hidden layer.
    initial : array (P, dim), optional
        Where their training began: with them McAllester's PAC-Bayes bound is a row of the table.
    gamma : float, optional
        γ of the local entropy at the temperature 1/n, n samples; by default d/(0.1 |w|)², of the mean norm, so that
        walkers go about a tenth of |w| away.
    n_draws, n_steps : int
        Draws of each mean, and steps of the local entropy.
    seed : int
        64-bit seed.

    Returns
    -------
    DinhTable

    Raises
    ------
    ArgumentError
        No hidden layer, α ≤ 0, or networks whose parameters are all zero.
    """
    checks.instance("landscape", landscape, NetworkLandscape)
    network = landscape.network
    if not network.n_hidden_layers:
        raise ArgumentError("landscape", "a network with a hidden layer", network)
    at, _ = checks.point_batch("points", points, landscape.dim)
    alpha = checks.real("alpha", alpha, above=0, maximum=1e3)
    starts = None if initial is None else checks.float_array("initial", initial, shape=at.shape)
    seed = rng.seed64("seed", seed)
    if gamma is None:
        square = float(np.mean(np.sum(at**2, axis=1)))
        if not square > 0:
            raise ArgumentError("points", "networks other than zero: distances are relative", "zero vectors")
        gamma = landscape.dim / (0.01 * square)
    factors = [np.full(width, alpha if not layer else 1.0) for layer, width in enumerate(network.widths[1:-1])]
    single = random_symmetry(network, seed, spread=_SPREAD).scales
    columns = []
    for moved in (at, rescale(network, at, factors), rescale(network, at, single)):
        columns.append(dict(_rows(landscape, moved, starts, gamma, n_draws, n_steps, seed)))
    names = tuple(columns[0])
    arguments = {"points": at, "alpha": alpha, "initial": starts, "gamma": gamma, "n_draws": n_draws}
    before, layer, units = (np.stack([column[name][0] for name in names]) for column in columns)
    return DinhTable(
        alpha=alpha,
        measures=names,
        before=before,
        layer=layer,
        units=units,
        errors=np.stack([columns[0][name][1] for name in names]),
        **quantity_of(landscape),
        provenance=record_on(landscape, "dinh_table", arguments | {"n_steps": n_steps}, seed=seed),
    )


def _rows(
    landscape: NetworkLandscape,
    points: Array,
    starts: Array | None,
    gamma: float,
    n_draws: int,
    n_steps: int,
    seed: int,
) -> Iterator[tuple[str, tuple[Array, Array]]]:
    """Name, values and errors (P,) of each measure at points."""
    for name in MEASURES:
        found = sharpness(landscape, points, name, n_draws=n_draws, seed=seed)
        yield name, (found.value, found.error)
    room = local_entropy(landscape, points, gamma, 1 / landscape.n_samples, n_nodes=4, n_steps=n_steps, seed=seed)
    yield "local_entropy", (room.rise, room.error / landscape.n_samples)
    if starts is not None and landscape.samples.labels.size:
        bound = pac_bayes(landscape, points, starts, n_draws=max(10, n_draws), seed=seed)
        yield "pac_bayes", (bound.mcallester, np.zeros(len(points)))
