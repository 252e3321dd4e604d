"""Replicas as rows of a large matrix that may lie on disk: looked at a block of columns at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import arrays, budget
from ..checks import choice
from ..errors import ArgumentError
from ..machines import operation
from ..provenance import value_bytes


class Rows:
    """Parameters (R, dim) of R replicas, from an array, a memory map, an HDF5 dataset or a list.

    A C-contiguous array or memory map of float32 or float64 is used where it lies. Of anything else only
    blocks of columns of about 64 MiB are read; a dataset stored in compressed rows is read fastest when
    its chunks are no wider than such a block.

    Parameters
    ----------
    params : array-like, sliceable with ``.shape`` and ``.dtype``, or a result whose ``.params`` are such
        One row per replica. float32 and float64 keep their type; other numbers become float64.
    minimum : int
        Least number of rows.
    device : str
        Where pairs of rows are multiplied.

    Raises
    ------
    ArgumentError
        Not a matrix of real numbers, too few rows, no columns, or a matrix of distances or overlaps of pairs.
    """

    def __init__(self, params: Any, minimum: int = 2, device: str = "cpu"):
        self.device = device
        self.source = _sliceable(params)
        shape = tuple(self.source.shape)
        if len(shape) != 2 or shape[1] == 0:
            raise ArgumentError("params", "one row per replica, shape (R, dim)", f"shape {shape}")
        if shape[0] < minimum:
            raise ArgumentError("params", f"at least {minimum} replicas", str(shape[0]))
        self.n, self.dim = int(shape[0]), int(shape[1])
        stored = np.dtype(self.source.dtype)
        if stored.kind not in "fiub":
            raise ArgumentError("params", "real numbers", f"type {stored}")
        self.dtype = np.dtype(np.float32 if stored.kind == "f" and stored.itemsize <= 4 else np.float64)
        self._in_place = isinstance(self.source, np.ndarray) and stored == self.dtype and self.source.flags.c_contiguous
        refuse_pair_matrix(self)

    def blocks(self, columns: int) -> Iterator[tuple[NDArray[Any], int, int]]:
        """Yield (array, first, width): columns first ... first+width-1 of a C-contiguous array are the next ones.

        All widths but the last are ``columns``, a multiple of the kernels' chunk.
        """
        if self._in_place:
            whole = arrays.readable(np.asarray(self.source))
            for first in range(0, self.dim, columns):
                yield whole, first, min(columns, self.dim - first)
            return
        readable = budget.fitting(budget.REPLICAS, columns * self.n * self.dtype.itemsize) * columns
        for low in range(0, self.dim, readable):
            block = np.ascontiguousarray(self.source[:, low : low + readable], dtype=self.dtype)
            for first in range(0, block.shape[1], columns):
                yield block, first, min(columns, block.shape[1] - first)

    def whole(self) -> NDArray[np.float64]:
        """All rows in memory, float64."""
        return np.ascontiguousarray(self.source[:], dtype=np.float64)

    def row_blocks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield (first row, block of whole rows), unconverted."""
        for block in budget.blocks(self.n, budget.REPLICAS, self.dim * np.dtype(self.source.dtype).itemsize):
            yield block.start, np.ascontiguousarray(self.source[block])

    def fingerprint(self) -> str:
        """Hash of type, shape and bytes, a block at a time; equals ``provenance.fingerprint`` of the array."""
        dtype = np.dtype(self.source.dtype)
        digest = hashlib.sha256(f"{dtype.str}{(self.n, self.dim)}".encode())
        for _, block in self.row_blocks():
            digest.update(value_bytes(block))
        return digest.hexdigest()[:16]

    def refuse_bad_rows(self) -> None:
        """Raise an error that names the rows with NaN, infinite or overlarge entries."""
        bad: list[int] = []
        for low, block in self.row_blocks():
            with np.errstate(over="ignore", invalid="ignore"):
                squares = np.sum(np.square(block, dtype=np.float64), axis=1)
            bad.extend((low + np.flatnonzero(~np.isfinite(squares))).tolist())
        raise ArgumentError(
            "params",
            "finite numbers whose squares can be summed; drop the replicas that diverged (params[~ensemble.diverged])",
            f"NaN, infinite or overlarge entries in {name_rows(bad) if bad else 'the rows'}",
        )

    def refuse_tiny(self, least: float) -> None:
        """Raise an error where all numbers are so small that the largest squared is below ``least``, but not 0."""
        largest = max(float(np.abs(block).max()) for _, block in self.row_blocks())
        if largest > 0 and largest * largest < least:
            raise ArgumentError(
                "params", f"numbers whose squares are at least {least:g} (in another unit)", f"at most {largest:.3g}"
            )


def name_rows(rows: list[int]) -> str:
    """Name some rows, e.g. "rows 3, 5, 7 and 12 more"."""
    shown = ", ".join(map(str, rows[:10]))
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""
    return f"row{'s' if len(rows) != 1 else ''} {shown}{more}"


def chunk_columns(rows: Rows, itemsize: int) -> int:
    """Columns that are centred and multiplied together: as many chunks as stay near the core.

    Two chunks, though, where the larger budget holds these: the sums of many pairs are far away, and are fetched
    for each block of columns. One chunk at least. A card has them brought from further away, more at a time.
    """
    chunk = int(operation("gram", rows.device).CHUNK)
    size = rows.n * chunk * itemsize
    if rows.device != "cpu":
        return chunk * budget.fitting(budget.CARD_COLUMNS, size)
    few = min(2, budget.fitting(budget.CACHED_COLUMN_PAIR, size))
    return chunk * max(few, budget.fitting(budget.CACHED_COLUMNS, size))


def check_metric(metric: str) -> str:
    """``"euclidean"``, ``"sqeuclidean"``, ``"cosine"`` or ``"projective"``."""
    return str(choice("metric", metric, ("euclidean", "sqeuclidean", "cosine", "projective")))


def _sliceable(params: Any) -> Any:
    params = getattr(params, "params", params)
    plain = isinstance(params, np.ndarray) or hasattr(params, "toarray") or not hasattr(params, "__getitem__")
    if not plain:
        try:
            np.dtype(params.dtype)
            len(params.shape)
            return params
        except (AttributeError, TypeError):
            pass
    return arrays.numeric("params", params)


def refuse_pair_matrix(rows: Rows) -> None:
    """Refuse a matrix of distances or overlaps of pairs, which was taken for rows of parameters.

    It is square, symmetric, and its diagonal is zero, or one with nothing greater beside it. Parameters are
    that by accident only where there are two replicas of two parameters, or the rows are those of the
    identity or all zero, which are let pass.

    Raises
    ------
    ArgumentError
        The rows are such a matrix.
    """
    n = rows.n
    if n != rows.dim or n < 3:
        return
    corner = np.asarray(rows.source[: min(n, 64)])[:, : min(n, 64)]
    if not _of_pairs(corner):  # a look at a corner: the whole may be large
        return
    whole = np.asarray(rows.source[:])
    kind = _of_pairs(whole)
    if kind:
        raise ArgumentError(
            "params",
            "one row of parameters per replica (hierarchy_from_distances and ultrametricity take distances)",
            f"a symmetric matrix of {kind} {whole.shape}",
        )


def _of_pairs(matrix: NDArray[Any]) -> str:
    """What a matrix of pairs holds, by its diagonal; empty where it is no such matrix."""
    diagonal = np.diagonal(matrix)
    aside = matrix[~np.eye(len(matrix), dtype=bool)]
    if not np.isfinite(matrix).all() or not aside.any() or not np.allclose(matrix, matrix.T, rtol=1e-6, atol=0):
        return ""
    if not diagonal.any() and aside.min() >= 0:
        return "distances"
    if np.allclose(diagonal, 1, rtol=0, atol=1e-6) and np.abs(aside).max() <= 1 + 1e-6:
        return "overlaps"
    return ""
