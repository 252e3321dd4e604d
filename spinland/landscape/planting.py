"""Planted glasses: couplings in whose equilibrium a given configuration is a typical one."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .. import checks
from ..errors import ArgumentError
from .couplings import Couplings
from .glass import SphericalSpinGlass
from .index_sets import falling, orderings


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
    s = checks.float_array("reference", reference, ndim=1)
    if not (isinstance(temperature, float) and temperature == math.inf):
        temperature = checks.real("temperature", temperature, above=0)
    dtype = checks.float_type("dtype", dtype)
    with checks.renamed(n_spins="reference"):
        drawn = SphericalSpinGlass(len(s), order, seed, dtype)
    drawn.geometry.space.refuse_off("reference", s, np.dtype(np.float64))
    s = drawn.geometry.retract(s)
    n = len(s)
    given = {}
    fixed_energy = checks.boolean("fixed_energy", fixed_energy)
    for (p, beta), values in zip(drawn.mixture.items(), drawn._couplings.arrays(), strict=True):
        checks.room("reference", f"{n} spins", 8 * (p + 5) * values.size)
        sets = falling(n, p)
        product = np.prod(s[sets], axis=1)
        share = beta / temperature * float(n) ** (-(p - 1) / 2)
        if not np.isfinite(share * float(n) ** p):
            raise ArgumentError("temperature", "one above which energies are finite", temperature)
        if fixed_energy:  # Σ over ordered tuples of the square of the product is N^p
            share += float(values.astype(np.float64) @ product) / float(n) ** p
        given[p] = values - share * product * orderings(sets)
    couplings = Couplings(n, drawn.mixture, dtype, checks.device(device), given=given)
    return SphericalSpinGlass._of(couplings)
