"""Many instances of one glass, and averages over them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import checks, rng
from ..landscape.glass import SphericalSpinGlass
from ..landscape.planting import planted_glass
from ..statistics.uncertainty import standard_error

_OBJECT = 2000  # bytes of a glass beside its couplings


def instances(
    n_spins: int,
    order: int | Mapping[int, float],
    n_instances: int,
    seed: int = 0,
    dtype: DTypeLike = "float64",
    *,
    disorder: str = "gaussian",
    generated: bool = False,
    device: str = "cpu",
) -> list[SphericalSpinGlass]:
    """Independent instances of the spherical glass; every function of the dynamics takes such a list.

    Parameters
    ----------
    n_spins, order, dtype, disorder, generated, device
        Those of :class:`SphericalSpinGlass`.
    n_instances : int
        How many, at least 1.
    seed : int
        64-bit seed. Instance i has the seed ``rng.derive_seed(seed, i)``: it is the same in a longer list.

    Returns
    -------
    list of SphericalSpinGlass

    Raises
    ------
    ArgumentError
        No instances, or what SphericalSpinGlass refuses.
    """
    seed = rng.seed64("seed", seed)
    n_instances = checks.integer("n_instances", n_instances, minimum=1, maximum=2**32 - 1)
    first = SphericalSpinGlass(n_spins, order, 0, dtype, disorder=disorder, generated=True)
    stored = 0 if checks.boolean("generated", generated) else first.n_couplings * first.dtype.itemsize
    checks.room("n_instances", n_instances, n_instances * (stored + _OBJECT))
    return [
        SphericalSpinGlass(
            n_spins, order, rng.derive_seed(seed, i), dtype, disorder=disorder, generated=generated, device=device
        )
        for i in range(n_instances)
    ]


def planted_instances(
    n_spins: int,
    order: int | Mapping[int, float],
    temperature: float,
    n_instances: int,
    seed: int = 0,
    dtype: DTypeLike = "float64",
    *,
    fixed_energy: bool = False,
    device: str = "cpu",
) -> tuple[list[SphericalSpinGlass], NDArray[np.float64]]:
    """Independent instances with a configuration of equilibrium of each, by planting (:func:`planted_glass`).

    Exact for N → ∞ at temperatures from :func:`spinland.theory.static_temperature` on, where no dynamics gets to
    equilibrium from a random start below :func:`spinland.theory.dynamical_temperature`.

    Parameters
    ----------
    n_spins, order, dtype, fixed_energy, device
        Those of :class:`SphericalSpinGlass` and :func:`planted_glass`.
    temperature : float
        T > 0 of the configurations.
    n_instances : int
        How many, at least 1.
    seed : int
        64-bit seed. Instance i is the same in a longer list.

    Returns
    -------
    glasses : list of SphericalSpinGlass
    references : array (instances, N)
        A configuration of each.

    Raises
    ------
    ArgumentError
        No instances, or what planted_glass refuses.
    """
    seed = rng.seed64("seed", seed)
    n_instances = checks.integer("n_instances", n_instances, minimum=1, maximum=2**32 - 1)
    first = SphericalSpinGlass(n_spins, order, 0, dtype, generated=True)
    checks.room("n_instances", n_instances, n_instances * (first.n_couplings * first.dtype.itemsize + _OBJECT))
    normal = np.empty((n_instances, first.dim))
    rng.fill_normals(normal, seed, rng.Purpose.PLANTED, np.arange(n_instances), 0)
    references = first.geometry.retract(normal)
    glasses = [
        planted_glass(s, order, temperature, rng.derive_seed(seed, i), dtype, fixed_energy=fixed_energy, device=device)
        for i, s in enumerate(references)
    ]
    return glasses, references


def disorder_mean(samples: NDArray[np.float64], inner: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of (instances, starts, ...) or (starts, ...) and its standard error.

    ``inner`` is the number of axes after the starts. With instances the error is that over their means:
    starts of one instance share its couplings and are not independent. With one it is over the starts.
    """
    if samples.ndim == inner + 2:
        samples = samples.mean(axis=1)
    return np.asarray(samples.mean(axis=0)), standard_error(samples)
