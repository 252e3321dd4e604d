"""Named tuples that flow through the kernels: what a number means is its name, not its place in a list of arguments.

Numba compiles, caches and runs them in parallel loops like plain arguments. An array in a tuple has a type of its
own (read-only or not, contiguous or not), and each combination is compiled anew: the public functions bring all
arrays of a kernel to one form before they call it. Workspaces hold one part for each thread, first. Those of networks
stand in :mod:`.networks`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# --- glass ---------------------------------------------------------------------------------------------------

GAUSSIAN, SIGNS = 0, 1
"""Kinds of disorder: normal numbers, or those of two values of the same variance."""


class Couplings(NamedTuple):
    """Couplings of one order of a spherical glass: given by their values, or by the stream they are drawn from.

    Attributes
    ----------
    values : (C,) float32 or float64
        a_S by rank of the index set S (see ``pspin/formula.py``); empty where they are drawn when they are needed.
    n, order : int
        Number of spins, and indices of a set.
    seed, purpose : int
        Random stream.
    disorder : int
        GAUSSIAN or SIGNS.
    """

    values: NDArray[Any]
    n: int
    order: int
    seed: int | np.uint64
    purpose: int
    disorder: int


class Chunks(NamedTuple):
    """Consecutive chunks of the couplings of one glass, as the cores share them out.

    Attributes
    ----------
    values : (C,) float32 or float64
        Couplings, from rank ``starts[0]`` on; empty where they are drawn when they are needed.
    starts : (chunks + 1,) int64
        Rank of the first coupling of each chunk, and of the first behind them.
    n, order : int
        Number of spins, and indices of a set.
    """

    values: NDArray[Any]
    starts: NDArray[np.int64]
    n: int
    order: int


class Chunk(NamedTuple):
    """The couplings of ranks ``start`` to ``stop`` of a glass of ``n`` spins; ``values`` begins with the first."""

    values: NDArray[Any]
    start: int
    stop: int
    n: int
    order: int


class Vectors(NamedTuple):
    """Points and vectors of a glass, in groups of ``lanes`` that are worked on side by side.

    ::

        x[g]   σ_0 of lane 0, 1, …   σ_1 of lane 0, 1, …   …   σ_{n−1} of lane 0, 1, …

    Attributes
    ----------
    x : (groups, n·lanes) or (tiles, groups, n·lanes)
        Groups of points first, then groups of vectors along which derivatives are taken.
    lanes : int
        1, or as many as a vector of the processor holds.
    owner : (groups of vectors,) int64
        The group of points at which each group of vectors is.
    """

    x: NDArray[Any]
    lanes: int | np.int64
    owner: NDArray[np.int64]


class GlassWork(NamedTuple):
    """Room for one chunk of couplings and one tile of vectors, level a being the triangle's indices before place a.

    ::

        h          (groups, n·lanes)         S x of one triangle, n filled up to whole bands
        rectangle  (BAND, n)                 a band of rows of the triangle: a_00  0    0   …
                                                                             a_10 a_11  0   …
        parts      (sums · ROWS · lanes)     sums of a product, before they are folded into one
        before     (order − 1, groups, lanes)   products of the coordinates of the first a indices
        sums       (order − 1, groups, lanes)   what follows them, summed
        factors    (groups, lanes)           the deepest ``before`` in the type of the points
        scratch    (lanes,)                  one sum for each lane
    """

    h: NDArray[Any]
    rectangle: NDArray[Any]
    parts: NDArray[Any]
    before: NDArray[np.float64]
    sums: NDArray[np.float64]
    factors: NDArray[Any]
    scratch: NDArray[np.float64]


# --- pairs ---------------------------------------------------------------------------------------------------


class Columns(NamedTuple):
    """Columns ``first`` … ``first + width − 1`` of long ``rows`` (n, any), float32 or float64, C-contiguous.

    The caller starts at multiples of ``gram.cpu.CHUNK`` of the whole.
    """

    rows: NDArray[Any]
    first: int
    width: int


class Pairs(NamedTuple):
    """Pairs of rows: ``left`` and ``right`` (m,) int64, and the factor of each row, ``scales`` (n,) float64."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    scales: NDArray[np.float64]


class GramWork(NamedTuple):
    """Room for a block of columns of ``n`` rows, cut into spans of SPAN columns and strips of ``lanes`` rows.

    ::

        strips      row 0  1  …  lanes − 1 |                      one strip of one span:
        column 0        .  .  …  .         |                      number k · lanes + r
        column 1        .  .  …  .         |                      strips of a span side by side,
        …                                  | SPAN · lanes numbers  spans one after the other

        tiles       (m, 2)                     first strips of the pairs of tiles, most work first
        means       (workers, SPAN)            mean row
        centred     (workers, SPAN)            one row without it
        rows        (workers, lanes, SPAN)     the rows of a strip, scaled
        strips      (spans · strips · SPAN · lanes,)
        units       (spans, strips · lanes)    what each row was divided by, a power of two
        squares     (spans, n)                 squared norms
        sums        (workers, side, side, lanes²)   products of the rows of two strips, for all pairs of two tiles
    """

    tiles: NDArray[np.int64]
    means: NDArray[np.float64]
    centred: NDArray[np.float64]
    rows: NDArray[Any]
    strips: NDArray[Any]
    units: NDArray[np.float64]
    squares: NDArray[np.float64]
    sums: NDArray[np.float64]


class TriangleWork(NamedTuple):
    """Room for the triangles of one item; B is the number of sets of weights.

    ::

        measures   (workers, 4, m)      of m triangles: K, relative deviation, membership of the share, 1
        products   (workers, …, B)      their weights, or what comes of them: 4 rows
        sums       (items, 4, B)        weighted sums over the triangles of an item
    """

    measures: NDArray[np.float64]
    products: NDArray[np.float64]
    sums: NDArray[np.float64]


class Homotopy(NamedTuple):
    """Eigenpairs of (1 − t) γ D + t J, followed from t = 0 to 1.

    Attributes
    ----------
    tensors : (A, N^p) or (N^p,) float64
        Symmetric tensors J, flattened, or one.
    order : int
        p.
    gamma : complex
        Factor of the diagonal tensor D.
    tolerance : float
        Largest first Newton correction of a step.
    """

    tensors: NDArray[np.float64]
    order: int
    gamma: complex
    tolerance: float


class PathWork(NamedTuple):
    """Room for one path, or for one of each thread (then with ``workers`` in front).

    ::

        chart      (n,)                the conjugate of the point where a step began
        scratch    (2, 2, n^{p−1})     [there or back][real or imaginary]: what is left of the tensor
        matrix     (n + 1, n + 1)      F_z, destroyed by solving
        newton     (3, n + 1)          −F, −∂F/∂t, a point on the way
        trial      (n + 1,)            the point a step would reach
    """

    chart: NDArray[np.complex128]
    scratch: NDArray[np.float64]
    matrix: NDArray[np.complex128]
    newton: NDArray[np.complex128]
    trial: NDArray[np.complex128]


# --- subspaces -----------------------------------------------------------------------------------------------


class Projection(NamedTuple):
    """Random matrices P (dim × d), one for each subspace, given by the stream they are drawn from.

    Attributes
    ----------
    seed : uint64
        64 bits; with the purpose, the number of the subspace and that of a column it addresses the column.
    purpose : int
        Of the stream.
    kind : int
        SIGNS or NORMAL of ``projection/formula.py``.
    """

    seed: np.uint64
    purpose: int
    kind: int
