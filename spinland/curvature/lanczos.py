"""Leading eigenpairs of a symmetric operator: block Lanczos with full reorthogonalisation and thick restarts.

The basis of a Krylov space of blocks, and the matrix of the operator in it:

    basis    | kept Ritz vectors | block | block | … |    orthonormal rows
    matrix   diag(θ), and what the products with the blocks have along the basis; symmetric

(Wu and Simon, SIAM J. Matrix Anal. Appl. 22, 602 (2000).) A block is orthogonalised until what is left of it along the
basis is rounding, which is measured each time: full orthogonality leaves no room for ghosts. What an exact block method
cannot find, more copies of an eigenvalue than a block has vectors, is looked for: when all pairs are there, a fresh
random block orthogonal to them has to bring up nothing that belongs among them. Residuals |Hv − λv| come from products
with the final vectors, not from the recurrence.

A block has two vectors. Wider ones share more of a product with a network's Hessian (of eight vectors each takes four
fifths of the time of one of two, on small networks two thirds) but need more products for the same Krylov space: ten
pairs took 66 products in blocks of two, 90 in blocks of four and 146 in blocks of eight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..machines import single_threaded
from . import stretches
from .operators import Array, Operator

BLOCK = 2
"""Vectors of a block."""

_KEPT = 8  # Ritz vectors beyond those that are wanted which a restart keeps
_BEYOND = 24  # vectors of the basis beyond twice those that are wanted
_WHOLE = 48  # directions beyond twice the pairs up to which the matrix takes no more products than a search
_CONFIRM = 6  # blocks from a fresh random one in which a missed pair would show
_TINY = 1e-10  # of a vector's norm: what orthogonalisation leaves of it is rounding
_CLEAN = 1e-14  # cosine of two vectors that count as orthogonal


class Pairs(NamedTuple):
    """Eigenvalues (n,), orthonormal vectors (n, dim), residuals (n,), and the size of the largest Ritz value."""

    values: Array
    vectors: Array
    residuals: Array
    scale: float


def chosen(values: Array, n: int, which: str) -> NDArray[np.int64]:
    """Places of the n values that are asked for, in the order of :func:`spinland.eigenpairs`; ``values`` rise."""
    order = np.arange(len(values))
    if which == "largest":
        return order[::-1][:n]
    if which == "smallest":
        return order[:n]
    if which == "magnitude":
        return np.argsort(-np.abs(values), kind="stable")[:n]
    return np.concatenate([order[: n // 2], order[len(order) - (n - n // 2) :]])


def dense(operator: Operator, n: int, which: str) -> Pairs:
    """The same from the whole matrix, in a basis of the directions, with certificates likewise."""
    basis = orthonormal(operator.project(np.eye(operator.dim)), operator.size)
    products = operator(basis)
    with single_threaded():
        matrix = products @ basis.T
        values, inner = np.linalg.eigh((matrix + matrix.T) / 2)
        at = chosen(values, n, which)
        vectors = inner[:, at].T @ basis
        residuals = np.linalg.norm(inner[:, at].T @ products - values[at, None] * vectors, axis=1)
    return Pairs(values[at], vectors, residuals, float(np.abs(values).max(initial=0.0)))


def orthonormal(vectors: Array, count: int) -> Array:
    """Orthonormal rows (count, dim) that span the largest part of the rows."""
    return np.asarray(stretches.singular(vectors)[2][:count])


def _unit(rows: Array, least: float) -> tuple[Array, float]:
    """Orthonormal rows that span rows, but for singular values up to ``least``; and the smallest that is kept.

    From the Gram matrix, which reads the rows twice, where that loses no more than a second call gets back.
    """
    squares, turned = np.linalg.eigh(rows @ rows.T)
    if len(squares) and squares[0] > 1e-10 * squares[-1] and squares[0] > least**2:
        fresh, smallest = (turned / np.sqrt(squares)).T @ rows, float(np.sqrt(squares[0]))
        return (fresh if squares[0] > 0.1 * squares[-1] else _unit(fresh, 0.0)[0]), smallest
    _, sizes, right = stretches.singular(rows)
    kept = sizes > least
    return np.ascontiguousarray(right[kept]), float(sizes[kept].min(initial=1.0))


@dataclass
class Search:
    """A search for pairs: the basis, the matrix of the operator in it, and the block that comes next.

    Attributes
    ----------
    operator : Operator
    n, which : int, str
        What is wanted.
    seed : int
        Of random blocks.
    room : int
        Vectors of the basis at most.
    """

    operator: Operator
    n: int
    which: str
    seed: int
    room: int

    def __post_init__(self) -> None:
        self.drawn = 0
        self.basis: Array = np.empty((self.room, self.operator.dim))
        self.matrix: Array = np.zeros((self.room, self.room))
        self.length = 0
        self.after: Array = np.empty((0, 0))  # (last block, next block): what the last products have beyond the basis
        self.next = self._fresh(BLOCK)

    def _fresh(self, count: int, *besides: Array) -> Array:
        """Orthonormal random vectors, orthogonal to the basis and to others."""
        drawn = self.operator.probes(self.drawn, count, self.seed)
        self.drawn += count
        return self._orthogonal(drawn / np.sqrt(self.operator.size), *besides)[0]

    def _orthogonal(self, vectors: Array, *besides: Array, along: Array | None = None) -> tuple[Array, Array]:
        """Orthonormal rows that span what the basis does not of ``vectors``, and their factors in these rows.

        Rows of which nothing is left are gone. ``along`` are the products with the basis, where they are known.
        """
        before = max(float(np.linalg.norm(vectors, axis=1).max(initial=0.0)), np.finfo(float).tiny)
        basis = np.vstack([self.basis[: self.length], *besides]) if besides else self.basis[: self.length]
        rows, left = stretches.beyond(vectors, basis, stretches.along(vectors, basis) if along is None else along)
        with single_threaded():
            fresh, least = _unit(rows, _TINY * before)
        for _ in range(3):
            if left <= _CLEAN * least:
                break
            again, left = stretches.beyond(fresh, basis, stretches.along(fresh, basis))
            with single_threaded():
                fresh, least = _unit(again, 0.0)
        with single_threaded():
            return fresh, np.asarray(rows @ fresh.T)

    def grow(self) -> None:
        """One block more in the basis, and the products with it."""
        low, high = self.length, self.length + len(self.next)
        self.basis[low:high] = self.next
        self.length = high
        products = self.operator(self.next)
        along = stretches.along(products, self.basis[:high])
        self.matrix[low:high, :high] = along
        self.matrix[:high, low:high] = along.T
        self.matrix[low:high, low:high] = (along[:, low:] + along[:, low:].T) / 2
        self.newest = slice(low, high)
        self.next, self.after = self._orthogonal(products, along=along)
        left = self.operator.size - self.length
        if len(self.next) < min(BLOCK, left):  # an invariant space: go on beyond it
            self.next = np.vstack([self.next, self._fresh(min(BLOCK, left) - len(self.next), self.next)])
            self.after = np.pad(self.after, ((0, 0), (0, len(self.next) - self.after.shape[1])))

    def ritz(self) -> tuple[Array, Array, Array]:
        """Ritz values, rising, their vectors in the basis (columns), and estimates of residuals."""
        with single_threaded():
            values, inner = np.linalg.eigh(self.matrix[: self.length, : self.length])
        return values, inner, np.linalg.norm(self.after.T @ inner[self.newest], axis=0)

    def restart(self, values: Array, inner: Array, count: int) -> None:
        """Keep Ritz vectors of the values that are wanted first, and the next block."""
        at = chosen(values, min(count, len(values)), self.which)
        stretches.combined(inner[:, at].T, self.basis[: self.length], self.basis[: len(at)])
        self.matrix[:] = 0
        self.matrix[np.arange(len(at)), np.arange(len(at))] = values[at]
        self.length = len(at)


def lanczos(operator: Operator, n: int, which: str, tol: float, seed: int, most: int) -> Pairs:
    """The n pairs that are asked for, with some ``most`` products; ``tol`` is relative to the largest Ritz value."""
    search = Search(operator, n, which, seed, room_of(n))
    accepted: Array | None = None
    fresh = 0
    while True:
        search.grow()
        values, inner, estimates = search.ritz()
        scale = float(np.abs(values).max(initial=0.0))
        fresh += 1
        full = search.length + BLOCK > search.room
        if search.length >= n:
            at = chosen(values, n, which)
            there = bool(np.all(estimates[at] <= 0.5 * tol * scale)) and fresh >= _CONFIRM
            if there and accepted is not None and np.abs(values[at] - accepted).max() <= tol * scale:
                break
            if there:
                accepted, fresh = values[at], 0
                search.restart(values, inner, n)
                search.next = search._fresh(min(BLOCK, operator.size - search.length))
                continue
        if operator.count >= most:
            break
        if full:
            search.restart(values, inner, n + _KEPT)
    return _certified(search, values, inner, scale)


def room_of(n: int) -> int:
    """Vectors of the basis for n pairs."""
    return 2 * n + _BEYOND


def is_small(operator: Operator, n: int) -> bool:
    """Whether the whole matrix takes no more products than a search for n pairs would."""
    return operator.size <= 2 * n + _WHOLE


def _certified(search: Search, values: Array, inner: Array, scale: float) -> Pairs:
    """Pairs with residuals from products of their own, in the space of the pairs alone."""
    at = chosen(values, search.n, search.which)
    vectors = stretches.combined(inner[:, at].T, search.basis[: search.length])
    products = search.operator(vectors)
    found = np.einsum("ij,ij->i", products, vectors)
    residuals = np.linalg.norm(products - found[:, None] * vectors, axis=1)
    order = np.argsort(found, kind="stable")
    order = order[chosen(found[order], search.n, search.which)]
    return Pairs(found[order], vectors[order], residuals[order], max(scale, float(np.abs(found).max(initial=0.0))))
