"""The Hessian of a landscape at a point as a symmetric operator on the directions that the point can move in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks, rng
from ..arrays import Owner, sealed
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import listed
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..probes.inputs import a_landscape
from ..progress import Advance
from . import stretches

Array = NDArray[np.float64]

SMALLEST = 1e-140
"""Largest entry of all products below which the squares of smaller ones that count are no longer told from zero."""

BLOCK = 8
"""Vectors that are multiplied together: products of blocks read samples and weights once for all of them."""


@dataclass(frozen=True)
class Operator(Owner):
    """A symmetric operator on the K directions at a point: all of flat space, those along its sphere.

    Vectors are rows in the coordinates of the space, float64.

    Attributes
    ----------
    products : callable
        Maps vectors (m, dim) in the landscape's float type to products (m, dim).
    point : (dim,)
        Where it is.
    landscape : Landscape
        Whose it is.
    apart : (k, dim)
        Orthonormal directions that are left out of it.
    together : int
        Vectors that ``products`` gets at a time.
    """

    products: Callable[[NDArray[Any]], NDArray[Any]]
    point: Array
    landscape: Landscape
    apart: Array = field(default_factory=lambda: np.empty((0, 0)))
    together: int = BLOCK
    tally: list[int] = field(default_factory=lambda: [0])
    largest: list[float] = field(default_factory=lambda: [0.0])

    @property
    def count(self) -> int:
        """Products so far, of it and of what is the same without some directions."""
        return self.tally[0]

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return len(self.point)

    @property
    def size(self) -> int:
        """Number K of directions."""
        return self.dim - self.landscape.geometry.space.curved - len(self.apart)

    @property
    def rounding(self) -> float:
        """What a product may be off, relative to its largest: of the landscape's float type, many sums long."""
        return float(8 * np.finfo(self.landscape.dtype).eps)

    def project(self, vectors: Array) -> Array:
        """Parts of vectors (m, dim) that lie along the directions."""
        along = self.landscape.geometry.space.tangent(self.point, vectors)
        if len(self.apart):
            along, _ = stretches.beyond(along, self.apart, stretches.along(along, self.apart))
        return np.asarray(along)

    def __call__(self, vectors: Array) -> Array:
        """Products (m, dim) with vectors that lie along the directions."""
        found = np.empty(vectors.shape)
        for some in budget.blocks(len(vectors), self.together, 1):
            found[some] = self.products(vectors[some].astype(self.landscape.dtype))
        self.tally[0] += len(vectors)
        if not np.isfinite(found).all():
            raise ArgumentError("point", "one where the Hessian is finite", "NaN or infinite products with it")
        self.largest[0] = max(self.largest[0], float(np.abs(found).max(initial=0.0)))
        return self.project(found)

    def need_squares(self, least: float = SMALLEST) -> None:
        """Refuse a Hessian of which nothing can be told, as squares of its products are zero or infinite.

        Raises
        ------
        ArgumentError
            The largest entry of all products so far is not 0, and below ``least`` or too large.
        """
        most = float(np.sqrt(np.finfo(np.float64).max / 16.0)) / self.dim
        if self.largest[0] and not least <= self.largest[0] <= most:
            expected = f"one whose products with the Hessian are between {least:.3g} and {most:.3g}, in other units"
            raise ArgumentError("landscape", expected, f"{self.largest[0]:.3g} at most")

    def without(self, vectors: Array) -> Operator:
        """The same operator on what is orthogonal to ``vectors`` (k, dim), which are orthonormal."""
        return replace(self, apart=sealed(np.vstack([self.apart.reshape(-1, self.dim), vectors])))

    def probes(self, first: int, count: int, seed: int) -> Array:
        """Random vectors (count, dim), uniform on |ω|² = K; number i is a function of (seed, first + i)."""
        drawn = np.empty((count, self.dim))
        rng.fill_normals(drawn, seed, rng.Purpose.CURVATURE, first + np.arange(count), 0)
        return self.scaled(self.project(drawn))

    def scaled(self, vectors: Array) -> Array:
        """The vectors brought to |ω|² = K; zero where nothing is left of them."""
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(np.sqrt(self.size) * vectors, norms, out=np.zeros_like(vectors), where=norms > 0)


def one_point(landscape: Any, point: ArrayLike) -> tuple[Landscape, NDArray[Any]]:
    """The landscape, and the point (dim,) in its float type and on its sphere.

    Raises
    ------
    ArgumentError
        No landscape, another shape, a point off the sphere, or no direction to move in.
    """
    of = a_landscape(landscape)
    at = checks.float_array("point", point, dtype=of.dtype, shape=(of.dim,))
    checks.squarable("point", at, of.dim)
    at = of.geometry.space.on("point", at)
    if of.dim - of.geometry.space.curved < 1:
        raise ArgumentError("landscape", "one with a direction to move in", f"dim {of.dim}")
    return of, at


def hessian_at(landscape: Landscape, at: NDArray[Any], product: Any = None) -> Operator:
    """The Hessian of the value at a point; or what a method of the landscape gives products of.

    On a sphere that of the function on it, P (∇²f − x·∇f/|x|²) P: a value that is defined beyond the sphere gets what
    the sphere adds.
    """
    multiply = landscape.hessian_product if product is None else product
    space, point = landscape.geometry.space, np.asarray(at, np.float64)
    if not space.curved:
        return Operator(lambda vectors: multiply(at, vectors), point, landscape)
    gradient = np.asarray(landscape.gradient(at), np.float64)

    def products(vectors: NDArray[Any]) -> NDArray[Any]:
        wide = vectors.astype(np.float64)
        same = np.broadcast_to(point, wide.shape), np.broadcast_to(gradient, wide.shape)
        return np.asarray(multiply(at, vectors), np.float64) + space.bend(*same, wide)

    return Operator(products, point, landscape)


def elsewhere(operator: Operator, executor: Executor) -> Operator:
    """The Hessian at the same point, whose products are made over an executor: as many blocks at a time as there are.

    Vectors travel to workers, and their products back: it pays where a product takes longer than that.
    """
    of = operator.landscape
    at = operator.point.astype(of.dtype)

    def products(vectors: NDArray[Any]) -> NDArray[np.float64]:
        n_blocks, words = -(-len(vectors) // BLOCK), "products with the Hessian"
        found = listed(n_blocks, over(_blocks, of, n_blocks, executor, (at, vectors), description=words))
        return np.concatenate(found, dtype=np.float64)

    return replace(operator, products=products, together=sys.maxsize)


def _blocks(
    of: Landscape, rows: NDArray[np.int64], plan: tuple[NDArray[Any], NDArray[Any]], *, advance: Advance
) -> list[NDArray[Any]]:
    """Products with some blocks of vectors."""
    at, vectors = plan
    operator, found = hessian_at(of, at), []
    for block in rows:
        found.append(operator.products(vectors[block * BLOCK : (block + 1) * BLOCK]))
        advance()
    return found


def need_float64(landscape: Landscape, what: str) -> None:
    """Refuse a landscape of float32 where small eigenvalues are asked for.

    Raises
    ------
    ArgumentError
        Products in float32 are off by 1e-6 of the largest eigenvalue, below which nothing can be told.
    """
    if landscape.dtype != np.float64:
        raise ArgumentError(
            "landscape",
            f'one of dtype="float64" for {what}: products in float32 are off by 1e-6 of the largest eigenvalue',
            str(landscape.dtype),
        )
