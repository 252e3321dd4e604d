r"""Distances and overlaps of all pairs of replicas, in blocks.

The products of pairs come from matrix products, d² = \|a\|² + \|b\|² − 2 a·b, which loses digits where a
and b are close. Three things keep them.

*Centre.* The Euclidean metrics subtract the mean row first, in float64, so that a part that all replicas
share does not swamp their differences.

*Short sums.* float32 rows of more than 8192 columns are multiplied in float32 over panels of 256 columns;
the sums over panels are float64. The rounding errors of the partial sums of a panel of K products are
independent, so that the product a·b of nearly parallel rows is off by about u √K/3 · |a||b| with
u = 2⁻²⁴, 3.2e-7, when one panel dominates, and less by the root of the number of panels otherwise (N. Higham
and T. Mary, SIAM J. Sci. Comput. 41, A2815, 2019, for such errors). Shorter rows, and float64 rows, are
multiplied in float64.

*Direct differences.* The relative error of d² is that of a·b times 2 a·b / d². Pairs with d² below a
quarter of \|a\|² + \|b\|² are therefore computed again, as Σ(a − b)² in float64. Above it the relative
error of d stays below 1e-6 in the worst of these cases, and is near 1e-7 commonly; for products in float64
it is below 1e-13. Identical rows are at distance 0 exactly.

Overlaps do the same with rows of unit length: where 1 − q < 1/4 it is half of the squared difference of the
unit vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from spinland_kernels.types import Columns, Pairs

from .. import budget, checks
from ..errors import ArgumentError
from ..machines import operation
from ..progress import track
from .rows import Rows, check_metric, chunk_columns, name_rows

NEAR = 0.25  # d² below this part of |a|² + |b|² is computed from differences
FLOAT64_DIM = 8192  # float32 rows up to this length are multiplied in float64
_TINY = {4: 1e-30, 8: 1e-280}  # squares below this lose their digits, by size of the float type


def distances(
    params: Any, metric: str = "euclidean", condensed: bool = False, *, device: str = "cpu"
) -> NDArray[np.float64]:
    r"""Distances of all pairs of replicas.

    Parameters
    ----------
    params : (R, dim) array, memory map, HDF5 dataset, or anything with ``.params``, such as an Ensemble
        One row per replica. Never more than blocks of it are copied to memory.
    metric : {"euclidean", "sqeuclidean", "cosine", "projective"}
        \|a − b\|, \|a − b\|², 1 − a·b/(\|a\|\|b\|), or the smaller of \|a − b\| and \|a + b\|: the distance of
        points that are one with their opposites, as the states of a glass of even order are.
    condensed : bool
        Return the pairs (0,1), (0,2), ..., (R-2,R-1) as one vector instead of the square matrix.
    device : "cpu", "cuda" or "cuda:1"
        Where to compute.

    Returns
    -------
    (R, R) or (R(R-1)/2,) float64
        In the unit of the parameters (its square, or none). Relative error about 1e-13 for float64 rows
        and below 1e-6 for float32 rows, near-coincident pairs included; identical rows are at 0 exactly.
        The bits do not depend on the number of threads or on how the rows are stored.

    Raises
    ------
    ArgumentError
        Fewer than two replicas, NaN or infinite rows (named), rows of zeros for the cosine, unknown metric.
    DeviceUnavailable, DeviceMemoryError
        The card is not there, or is too small.

    Examples
    --------
    >>> import spinland as sl
    >>> sl.distances([[0, 0], [3, 4], [0, 4]], condensed=True)
    array([5., 4., 3.])
    """
    check_metric(metric)
    condensed = checks.boolean("condensed", condensed)
    rows = Rows(params, device=checks.device(device))
    if metric == "cosine":
        result, _ = cosine_distances(rows)
    elif metric == "projective":
        result = projective_distances(*cosine_distances(rows))
    else:
        result = squared_distances(rows)
        if metric == "euclidean":
            np.sqrt(result, out=result)
    return result if condensed else square_form(result, rows.n, 0.0)


def overlaps(
    params: Any, condensed: bool = False, unsigned: bool = False, *, device: str = "cpu"
) -> NDArray[np.float64]:
    r"""Overlaps q = a·b/(\|a\|\|b\|) of all pairs of replicas.

    Parameters
    ----------
    params : (R, dim) array, memory map, HDF5 dataset, or anything with ``.params``, such as an Ensemble
        One row per replica.
    condensed : bool
        Return the pairs (0,1), (0,2), ..., (R-2,R-1) as one vector instead of the square matrix.
    unsigned : bool
        Return \|q\|, the overlap of points that are one with their opposites: a glass of even order has
        H(−σ) = H(σ).
    device : "cpu", "cuda" or "cuda:1"
        Where to compute.

    Returns
    -------
    (R, R) or (R(R-1)/2,) float64
        Between −1 and 1; the diagonal is 1.

    Raises
    ------
    ArgumentError
        Fewer than two replicas, NaN or infinite rows, or rows of zeros, which have no direction.
    DeviceUnavailable, DeviceMemoryError
        The card is not there, or is too small.

    Examples
    --------
    >>> import spinland as sl
    >>> sl.overlaps([[1, 0], [-2, 0], [0, 3]])
    array([[ 1., -1.,  0.],
           [-1.,  1.,  0.],
           [ 0.,  0.,  1.]])
    """
    condensed, unsigned = checks.boolean("condensed", condensed), checks.boolean("unsigned", unsigned)
    rows = Rows(params, device=checks.device(device))
    result, _ = cosine_distances(rows)
    np.subtract(1.0, result, out=result)
    if unsigned:
        np.abs(result, out=result)
    return result if condensed else square_form(result, rows.n, 1.0)


def squared_distances(rows: Rows, show_progress: bool = True) -> NDArray[np.float64]:
    """Squared Euclidean distances of all pairs, condensed."""
    result, squares = _products(rows, True, show_progress)
    near = _NearPairs(rows, np.ones(rows.n), 1.0, result)
    for i, pairs in segments(rows.n):
        total = squares[i] + squares[i + 1 :]
        result[pairs] *= -2.0
        result[pairs] += total
        near.add(i, pairs.start, result[pairs] <= NEAR * total)
    near.flush()
    return result


def cosine_distances(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """1 − q of all pairs, condensed, and the norms (R,) of the rows."""
    result, squares = _products(rows, False, True)
    if not squares.all():
        zero = name_rows(np.flatnonzero(squares == 0).tolist())
        raise ArgumentError("params", "rows other than zero, which have no direction", f"zeros in {zero}")
    norms = np.sqrt(squares)
    near = _NearPairs(rows, 1.0 / norms, 0.5, result)
    for i, pairs in segments(rows.n):
        result[pairs] = 1.0 - result[pairs] / (norms[i] * norms[i + 1 :])
        near.add(i, pairs.start, result[pairs] <= NEAR)
    near.flush()
    np.clip(result, 0.0, 2.0, out=result)
    return result, norms


def projective_distances(cosine: NDArray[np.float64], norms: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""The smaller of \|a − b\| and \|a + b\| for all pairs, from 1 − q (condensed) and the norms (R,)."""
    result = np.minimum(cosine, 2.0 - cosine)  # 1 − |q|
    for i, pairs in segments(len(norms)):
        other = norms[i + 1 :]
        result[pairs] = np.sqrt((norms[i] - other) ** 2 + 2.0 * norms[i] * other * result[pairs])
    return result


def square_form(condensed: NDArray[np.float64], n: int, diagonal: float) -> NDArray[np.float64]:
    """Square symmetric matrix of a condensed vector."""
    square = np.array(scipy.spatial.distance.squareform(condensed, checks=False)) if n > 1 else np.empty((1, 1))
    np.fill_diagonal(square, diagonal)
    return square


def _products(rows: Rows, centred: bool, show_progress: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inner products of all pairs, condensed, and squared norms (R,)."""
    kernel = operation("gram", rows.device)
    work = np.dtype(np.float64) if rows.dim <= FLOAT64_DIM else rows.dtype
    columns = min(chunk_columns(rows, work.itemsize), -(-rows.dim // kernel.CHUNK) * kernel.CHUNK)
    prepared = kernel.prepare(rows.n, columns // kernel.CHUNK, work)
    condensed, squares = np.zeros(rows.n * (rows.n - 1) // 2), np.zeros(rows.n)
    display = track(-(-rows.dim // columns), "pairs of replicas") if show_progress else nullcontext(_no_advance)
    with display as advance:
        for block, first, width in rows.blocks(columns):
            kernel.add_products(Columns(block, first, width), centred, prepared, condensed, squares)
            if not np.isfinite(squares).all():
                rows.refuse_bad_rows()
            advance()
    if squares.max() < _TINY[work.itemsize]:
        rows.refuse_tiny(_TINY[work.itemsize])
    return condensed, squares


def _no_advance() -> None:
    pass


class _NearPairs:
    """Collects pairs too close for products and sets their result to factor · Σ(scale_a a − scale_b b)²."""

    def __init__(self, rows: Rows, scales: NDArray[np.float64], factor: float, result: NDArray[np.float64]):
        self.rows, self.scales, self.factor, self.result = rows, scales, factor, result
        self.left: list[NDArray[np.int64]] = []
        self.right: list[NDArray[np.int64]] = []
        self.place: list[NDArray[np.int64]] = []
        self.count = 0

    def add(self, i: int, start: int, near: NDArray[np.bool_]) -> None:
        """Note the pairs (i, i+1+k) with ``near[k]``, which stand at ``start + k``."""
        found = np.flatnonzero(near)
        if len(found) == 0:
            return
        self.left.append(np.full(len(found), i))
        self.right.append(found + i + 1)
        self.place.append(found + start)
        self.count += len(found)
        if self.count >= budget.fitting(budget.CLOSE_PAIRS, 3 * 8):
            self.flush()

    def flush(self) -> None:
        """Compute the pairs noted so far."""
        if self.count == 0:
            return
        kernel = operation("gram", self.rows.device)
        pairs = Pairs(np.concatenate(self.left), np.concatenate(self.right), self.scales)
        totals = np.zeros(len(pairs.left))
        for block, first, width in self.rows.blocks(chunk_columns(self.rows, self.rows.dtype.itemsize)):
            kernel.add_differences(Columns(block, first, width), pairs, totals)
        self.result[np.concatenate(self.place)] = self.factor * totals
        self.left, self.right, self.place, self.count = [], [], [], 0


def segments(n: int) -> Iterator[tuple[int, slice]]:
    """Yield (i, slice): where the pairs (i, i+1), ..., (i, n-1) stand in the condensed form."""
    start = 0
    for i in range(n - 1):
        yield i, slice(start, start + n - 1 - i)
        start += n - 1 - i
