"""What algebra says of critical points: the number of complex ones, a bound, and the Euler characteristic."""

from __future__ import annotations

from ..checks import integer

_MOST = 10**6  # spins whose numbers, of half a million digits, are still counted in a moment


def complex_critical_points(n_spins: int, order: int) -> int:
    """Number of complex critical points of a generic p-spin Hamiltonian, pairs ±σ counted once.

    Parameters
    ----------
    n_spins : int
        N ≥ 1.
    order : int
        p ≥ 2.

    Returns
    -------
    int
        Σ_{i<N} (p−1)^i = ((p−1)^N − 1)/(p−2), exact; N at order 2. These are the eigenvectors of the
        symmetric tensor of couplings, as points of complex projective space (D. Cartwright and
        B. Sturmfels, Linear Algebra Appl. 438, 942, 2013; S. Becker, Y. Zhang and A. A. Lee, Phys. Rev.
        Lett. 124, 108301, 2020, arXiv:1808.00408).

    Raises
    ------
    ArgumentError
        n_spins < 1 or order < 2.

    Examples
    --------
    >>> complex_critical_points(3, 3)
    7
    """
    n = integer("n_spins", n_spins, minimum=1, maximum=_MOST)
    p = integer("order", order, minimum=2)
    return n if p == 2 else ((p - 1) ** n - 1) // (p - 2)


def real_bound(n_spins: int, order: int) -> int:
    """Largest possible number of isolated critical points on the real sphere.

    Parameters
    ----------
    n_spins : int
        N ≥ 2.
    order : int
        p ≥ 2.

    Returns
    -------
    int
        2((p−1)^N − 1)/(p−2): two real points, ±σ, for each complex one at most. 2N at order 2, where it is
        reached. For even p both have the same energy and index; for odd p opposite energies, and indices
        k and N−1−k.

    Raises
    ------
    ArgumentError
        n_spins < 2 or order < 2.

    Examples
    --------
    >>> real_bound(3, 3)
    14
    """
    n = integer("n_spins", n_spins, minimum=2, maximum=_MOST)
    return 2 * complex_critical_points(n, order)


def euler_characteristic(n_spins: int) -> int:
    """Euler characteristic of the sphere of N spins, S^{N−1}.

    Parameters
    ----------
    n_spins : int
        N ≥ 2.

    Returns
    -------
    int
        1 + (−1)^{N−1}: 2 for odd N, 0 for even N. By Morse's theorem it is Σ_k (−1)^k (number of critical
        points of index k), for every instance.

    Raises
    ------
    ArgumentError
        n_spins < 2.

    Examples
    --------
    >>> euler_characteristic(3)
    2
    """
    n = integer("n_spins", n_spins, minimum=2, maximum=_MOST)
    return 1 + (-1) ** (n - 1)
