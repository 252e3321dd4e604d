"""Planted glasses: couplings in whose equilibrium a given configuration is a typical one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks
from ..errors import ArgumentError
from .couplings import Couplings
from .glass import SphericalSpinGlass
from .index_sets import falling, orderings

_FEW = 1 << 20  # couplings whose index sets are kept: 40 MB at order 4


def planted_glass(
    reference: ArrayLike,
    order: int | Mapping[int, float],
    temperature: float,
    seed: int = 0,
    dtype: DTypeLike = "float64",
    *,
    fixed_energy: bool = False,
    device: str = "cpu",
) -> SphericalSpinGlass:
    r"""Glass in which the reference is a configuration of equilibrium at a temperature, without any dynamics.

    Couplings of variance one and a configuration drawn from their Gibbs measure have the same law, where ln Z is as
    good as its mean, as a random configuration s and the couplings J − β p-fold product of s: of weight exp(−H/T) times
    the Gaussian one the J that favour s are chosen (Krzakala and Zdeborová, Phys. Rev. Lett. 102, 238701 (2009)).
    So the energy is H₀(σ) − (N/T) Σ β_p² q^p, with a fresh glass H₀ and q = σ·s/N, and that of s is −ξ(1)/T per spin
    on average. For the spherical glass it is exact for N → ∞ from :func:`spinland.theory.static_temperature` on; below,
    s lies deeper than equilibrium does.

    Parameters
    ----------
    reference : array (N,)
        Configuration on the sphere \|s\|² = N.
    order : int or dict
        Order p of the interaction, or a mixture {p: β_p}, as for :class:`SphericalSpinGlass`.
    temperature : float
        T > 0, in the normalisation of Auffinger, Ben Arous and Černý; infinity for a random s.
    seed : int
        64-bit seed of the fresh glass.
    fixed_energy : bool
        Whether s has the mean energy of every order exactly, without the scatter of (ξ(1)/N)^½ per spin that it has in
        equilibrium. What has a limit for N → ∞ has the same, and averages over instances need fewer of them.
    dtype, device
        As for :class:`SphericalSpinGlass`.

    Returns
    -------
    SphericalSpinGlass

    Raises
    ------
    ArgumentError
        A reference off the sphere, T that is not positive, couplings that do not fit into memory.

    Examples
    --------
    >>> import spinland as sl
    >>> reference = sl.SphericalSpinGlass(60, 3).random_points(1)[0]
    >>> glass = sl.planted_glass(reference, 3, temperature=0.5)
    >>> bool(glass.value(reference) < -1.7)
    True
    """
    return planted_glasses(reference, order, (temperature,), seed, dtype, fixed_energy=fixed_energy, device=device)[0]


def planted_glasses(
    reference: ArrayLike,
    order: int | Mapping[int, float],
    temperatures: Sequence[float],
    seed: int = 0,
    dtype: DTypeLike = "float64",
    *,
    fixed_energy: bool = False,
    device: str = "cpu",
) -> list[SphericalSpinGlass]:
    """A :func:`planted_glass` for each temperature, of one reference and one fresh glass, which is drawn once."""
    s = checks.float_array("reference", reference, ndim=1)
    levels = [_temperature(t) for t in temperatures]
    dtype = checks.float_type("dtype", dtype)
    fixed_energy = checks.boolean("fixed_energy", fixed_energy)
    with checks.renamed(n_spins="reference"):
        drawn = SphericalSpinGlass(len(s), order, seed, dtype)
    drawn.geometry.space.refuse_off("reference", s, np.dtype(np.float64))
    s = drawn.geometry.retract(s)
    given: list[dict[int, NDArray[Any]]] = [{} for _ in levels]
    for (p, beta), values in zip(drawn.mixture.items(), drawn._couplings.arrays(), strict=True):
        checks.room("reference", f"{len(s)} spins", 8 * (p + 5 + len(levels)) * values.size)
        fresh, pattern = _parts(s, p, values, fixed_energy)
        for level, planted in zip(levels, given, strict=True):
            share = beta / level * float(len(s)) ** (-(p - 1) / 2)
            if not np.isfinite(share * float(len(s)) ** p):
                raise ArgumentError("temperature", "one above which energies are finite", level)
            planted[p] = fresh - share * pattern
    place = checks.device(device)
    return [SphericalSpinGlass._of(Couplings(len(s), drawn.mixture, dtype, place, given=planted)) for planted in given]


def _temperature(value: Any) -> float:
    endless = isinstance(value, float) and value == math.inf
    return math.inf if endless else checks.real("temperature", value, above=0)


def _sets(n: int, p: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index sets (p, sets) by rank, read-only, and the orderings of each."""
    sets = falling(n, p)
    index, orders = np.ascontiguousarray(sets.T), orderings(sets)
    index.flags.writeable = orders.flags.writeable = False
    return index, orders


_lately = lru_cache(maxsize=2)(_sets)  # instances of one size follow one another


def _parts(
    s: NDArray[np.float64], p: int, values: NDArray[Any], fixed_energy: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Couplings by rank in float64, without their part along s if its energy is fixed, and the product of s itself."""
    index, orders = (_lately if values.size <= _FEW else _sets)(len(s), p)
    product = reduce(np.multiply, (s[column] for column in index))
    pattern = product * orders
    fresh = values.astype(np.float64)
    if fixed_energy:  # Σ over ordered tuples of the square of the product is N^p
        fresh -= float(fresh @ product) / float(len(s)) ** p * pattern
    return fresh, pattern
