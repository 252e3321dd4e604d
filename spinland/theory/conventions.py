"""The two normalisations of the spherical p-spin glass, and the factors between them.

``"abc"``
    Auffinger, Ben Arous and Černý (arXiv:1003.1129): E[H(σ)H(σ')] = N q^p, with q = σ·σ'/N.
``"cs"``
    Crisanti and Sommers (Z. Phys. B 87, 341, 1992): E[H(σ)H(σ')] = (N/2) q^p.

H_cs = H_abc/√2, so energies and temperatures are smaller by √2 in ``"cs"``, and gradient flow
dσ/dt = −∇H (and Langevin dynamics at the same β H) runs the same path in √2 times the time.
Numbers of critical points, overlaps, m and β H are the same in both.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..checks import choice

CONVENTIONS = ("abc", "cs")

Value = TypeVar("Value", float, NDArray[np.float64])


def to_abc_energy(value: Value, convention: str) -> Value:
    """Energy or temperature of a convention in that of ABC.

    Parameters
    ----------
    value : float or array
        Energy per spin, or temperature, in ``convention``.
    convention : {"abc", "cs"}
        Normalisation of the Hamiltonian.

    Returns
    -------
    float or array
        E_abc = √2 E_cs.

    Raises
    ------
    ArgumentError
        Another convention.

    Examples
    --------
    >>> round(to_abc_energy(1.0, "cs"), 4)
    1.4142
    """
    return value * _energy_factor(convention)


def from_abc_energy(value: Value, convention: str) -> Value:
    """Energy or temperature of ABC in another convention: E_cs = E_abc/√2.

    Arguments and errors are those of :func:`to_abc_energy`, whose inverse it is.

    Examples
    --------
    >>> round(from_abc_energy(1.0, "cs"), 4)
    0.7071
    """
    return value / _energy_factor(convention)


def to_abc_time(value: Value, convention: str) -> Value:
    """Time of the dynamics dσ/dt = −∇H of a convention in that of ABC: t_abc = t_cs/√2.

    Parameters
    ----------
    value : float or array
        Time in ``convention``.
    convention : {"abc", "cs"}
        Normalisation of the Hamiltonian.

    Returns
    -------
    float or array
        t_abc.

    Raises
    ------
    ArgumentError
        Another convention.

    Examples
    --------
    >>> round(to_abc_time(1.0, "cs"), 4)
    0.7071
    """
    return value / _energy_factor(convention)


def from_abc_time(value: Value, convention: str) -> Value:
    """Time of ABC in another convention: t_cs = √2 t_abc.

    Arguments and errors are those of :func:`to_abc_time`, whose inverse it is.

    Examples
    --------
    >>> round(from_abc_time(1.0, "cs"), 4)
    1.4142
    """
    return value * _energy_factor(convention)


def _energy_factor(convention: str) -> float:
    """E_abc/E of the convention."""
    return 1.0 if choice("convention", convention, CONVENTIONS) == "abc" else math.sqrt(2.0)
