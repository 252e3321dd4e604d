"""Exact mean numbers of critical points for two and three spins, by quadrature over eigenvalues."""

from __future__ import annotations

import numpy as np


def mean_by_index(n_spins, order, nodes=70):
    """E N_k = 2 sqrt(2/p) (p−1)^{N/2} E_GOE[exp(−N (p−2)/(2p) λ_k²)] (arXiv:1003.1129, theorem 2.1).

    The GOE of N = 2 or 3 has the eigenvalue density ∝ Π_{i<j} |λ_i − λ_j| exp(−N/2 Σ λ_i²). Integrated over
    the smallest eigenvalue and the gaps above it, where the density is smooth.
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    lowest, gap = 6 * x - 1, 4.5 * (x + 1)
    if n_spins == 2:
        a, b = np.meshgrid(lowest, gap, indexing="ij")
        weight = np.outer(w, w) * b
        values = (a, a + b)
    else:
        a, b, c = np.meshgrid(lowest, gap, gap, indexing="ij")
        weight = np.einsum("i,j,k->ijk", w, w, w) * b * c * (b + c)
        values = (a, a + b, a + b + c)
    weight = weight * np.exp(-n_spins / 2 * sum(v**2 for v in values))
    weight /= weight.sum()
    tilt = n_spins * (order - 2) / (2 * order)
    means = [np.sum(weight * np.exp(-tilt * v**2)) for v in values]
    return 2 * np.sqrt(2 / order) * (order - 1) ** (n_spins / 2) * np.array(means)
