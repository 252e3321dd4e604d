"""Is a set of critical points complete? Proofs, necessary conditions, and mere evidence.

Proof
    As many different complex solutions as there are, ((p−1)^N − 1)/(p−2), each certified
    (:mod:`spinland.critical.homotopy`); or as many real ones. For order 2, the eigenvectors of the couplings.
Necessary
    The numbers c_k of critical points of index k of a Morse function obey Σ_k (−1)^k c_k = χ, the Euler
    characteristic, and the inequalities Σ_{j≤k} (−1)^{k−j} (c_j − b_j) ≥ 0 (J. Milnor, "Morse Theory", 1963, § 5).
    An odd H lives on the sphere: χ = 1 + (−1)^{N−1}, b_0 = b_{N−1} = 1. An even one lives on the projective
    space as well, where all b_k are 1 (modulo 2): the stronger condition. Complex solutions come in pairs, so
    that the number of real lines ±σ is odd or even as ((p−1)^N − 1)/(p−2) is. A set that fails one of these
    is not complete. One that passes may still lack a pair of points of neighbouring index; for odd order and
    even N the symmetry σ → −σ, index → N−1−index makes Σ (−1)^k c_k = 0 whatever is missing.
Evidence
    Saturation of a search: nothing new in its later half, and no point met only once, so that the estimate
    of A. Chao (Scand. J. Statist. 11, 265, 1984) and the coverage of I. J. Good (Biometrika 40, 237, 1953)
    leave nothing unseen. A point with a tiny basin escapes it. Ten points met only once mean the contrary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..theory.polynomials import complex_critical_points, euler_characteristic, real_bound
from .algebra import Solutions

DEGENERATE = 1e-7
"""Least |eigenvalue| of the Hessian at a regular point, relative to the largest of all points."""


@dataclass(frozen=True)
class Conditions:
    """The necessary conditions, each with what was found and what must be.

    Attributes
    ----------
    euler_sum, euler_target : int
        Σ (−1)^index over the sphere and 1 + (−1)^{N−1}.
    inequalities : bool
        Whether Morse's inequalities hold.
    parity : bool or None
        Whether the number of lines is odd or even as it must be; None for a mixture.
    bound : int or None
        Largest number of critical points, 2((p−1)^N − 1)/(p−2); None for a mixture.
    n_points : int
        Number found.
    by_symmetry : bool
        Whether σ → −σ makes the alternating sum right whatever is missing: odd order, even N.
    """

    euler_sum: int
    euler_target: int
    inequalities: bool
    parity: bool | None
    bound: int | None
    n_points: int
    by_symmetry: bool

    @property
    def hold(self) -> bool:
        """Whether none is violated."""
        within = self.bound is None or self.n_points <= self.bound
        return self.euler_sum == self.euler_target and self.inequalities and self.parity is not False and within

    def sentences(self) -> list[str]:
        """Each condition in words."""
        out = [f"Euler characteristic: the alternating sum is {self.euler_sum}, it must be {self.euler_target}"]
        out.append(f"Morse's inequalities {'hold' if self.inequalities else 'are violated'}")
        if self.parity is not None:
            out.append(f"the number of pairs ±σ is {'of the right' if self.parity else 'of the wrong'} parity")
        if self.bound is not None:
            out.append(f"{self.n_points} critical points, {self.bound} at most")
        return out


def conditions(index: NDArray[np.int64], n_spins: int, orders: tuple[int, ...]) -> Conditions:
    """Necessary conditions on the indices (C,) of a set, for a glass of the given orders."""
    counts = np.bincount(index, minlength=n_spins)
    sign = (-1) ** np.arange(n_spins)
    betti = np.zeros(n_spins, np.int64)
    betti[0] = betti[-1] = 1
    weights = counts
    if all(p % 2 == 0 for p in orders):
        betti, weights = np.ones(n_spins, np.int64), counts // 2
    partial = sign * np.cumsum(sign * (weights - betti))
    pure = orders[0] if len(orders) == 1 else None
    lines = None if pure is None else complex_critical_points(n_spins, pure)
    return Conditions(
        euler_sum=int(np.sum(sign * counts)),
        euler_target=euler_characteristic(n_spins),
        inequalities=bool(np.all(partial >= 0)),
        parity=None if lines is None else (len(index) // 2 - lines) % 2 == 0,
        bound=None if pure is None else real_bound(n_spins, pure),
        n_points=len(index),
        by_symmetry=n_spins % 2 == 0 and all(p % 2 for p in orders),
    )


@dataclass(frozen=True)
class Saturation:
    """What a search says about what it has not seen; lines ±σ count once where they are one by symmetry.

    Attributes
    ----------
    n_converged : int
        Starts that ended in a critical point.
    singletons, doubletons : int
        Points met once, and twice.
    since_last_new : int
        Converged starts after the one that met something new for the last time.
    """

    n_converged: int
    singletons: int
    doubletons: int
    since_last_new: int

    @property
    def unseen(self) -> float:
        """Chao's lower estimate of the number of points not met, f1(f1−1)/(2(f2+1))."""
        return self.singletons * (self.singletons - 1) / (2 * (self.doubletons + 1))

    @property
    def coverage(self) -> float:
        """Good's estimate of the chance that one more start ends where one did before, 1 − f1/n."""
        return 1 - self.singletons / self.n_converged if self.n_converged else 0.0

    @property
    def reached(self) -> bool:
        """No singletons, and nothing new in the later half of the search."""
        return self.n_converged > 0 and self.singletons == 0 and 2 * self.since_last_new >= self.n_converged

    @property
    def far(self) -> bool:
        """So many singletons that new points must be left: f1/n is 3 of its errors, sqrt(f1)/n, above 0."""
        return self.singletons > 9

    def sentence(self) -> str:
        """In words."""
        return (
            f"search: {self.n_converged} starts converged, {self.since_last_new} of them after the last new point; "
            f"{self.singletons} met once, {self.doubletons} twice; about {self.unseen:.3g} unseen, "
            f"coverage {self.coverage:.4g}"
        )


def saturation(label: NDArray[np.int64]) -> Saturation:
    """From the number of the point at which each start ended, in order of the starts; 0, 1, … by first visit."""
    counts = np.bincount(label) if len(label) else np.zeros(0, np.int64)
    last = int(np.flatnonzero(label == len(counts) - 1)[0]) if len(counts) else -1
    return Saturation(len(label), int(np.sum(counts == 1)), int(np.sum(counts == 2)), len(label) - 1 - last)


def verdict(
    solutions: Solutions | None, outside: int, necessary: Conditions, n_degenerate: int, seen: Saturation | None
) -> tuple[bool | None, tuple[str, ...]]:
    """Complete (True), certainly not (False) or unknown (None), and the argument in sentences.

    ``outside`` points of the set came from the search and are not among the solutions found by algebra.
    """
    sentences = necessary.sentences()
    if solutions is not None:
        sentences.insert(0, solutions.sentence)
    if seen is not None:
        sentences.append(seen.sentence())
        if solutions is not None:
            sentences.append(f"{outside} points of the search are not among the solutions found by algebra")
    if n_degenerate:
        return None, (f"unknown: {n_degenerate} points are degenerate, their index is not sure", *sentences)
    if not necessary.hold:
        return False, ("incomplete: a necessary condition is violated", *sentences)
    if necessary.n_points == necessary.bound or (solutions is not None and solutions.all_found and not outside):
        return True, ("complete, proved up to rounding", *sentences)
    if seen is not None and seen.reached:
        return True, ("complete by evidence, not proof: necessary conditions hold, search saturated", *sentences)
    if seen is not None and seen.far and solutions is None:
        return False, (f"incomplete: a start finds something new with chance {1 - seen.coverage:.2g}", *sentences)
    return None, ("unknown: the necessary conditions hold, but nothing argues that no point is missing", *sentences)
