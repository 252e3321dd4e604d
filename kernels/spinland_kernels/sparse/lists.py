"""Lists of the numbers of a matrix other than zero, and when they are worth it.

Images are mostly background: of MNIST's numbers 19 in 100 are not zero. A list is cut where a new *block* of
columns begins, so that the rows of a panel (:mod:`..lanes.panels`) that a block is multiplied with stay in the
first-level cache:

    matrix                     block 0            block 1              columns = 4

      row 0   . 3 . 1 | 2 . .    values  3 1          2 5 6
      row 1   . . . . | . 5 6    places  1 3          0 1 2            within the block
                                 starts  0 2 2        2 3 5            one row for each block

Row r has in block b the numbers starts[b, r] … starts[b, r + 1] − 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..lanes.panels import VECTORS
from ..vectors import BYTES

#: Columns in a block, 128 with AVX2: of the widest panels 32 KiB, a first-level cache.
BLOCK = (32 << 10) // (VECTORS * BYTES)

#: Share of numbers other than zero up to which lists are quicker than the matrix products of a library.
#: Evaluation lists the samples once; training lists each batch anew, by sample and by input, and gains less.
DENSE_EVALUATION = 0.6
DENSE_TRAINING = 0.4


class Nonzeros(NamedTuple):
    """Numbers other than zero of a matrix, as drawn above; without blocks where the matrix is dense.

    Attributes
    ----------
    values : float array
        Block by block, row by row, in rising order of columns.
    places : uint16 array
        Their columns within the block.
    starts : int64 array (blocks, rows + 1)
        Where the rows begin; the last number is where the block ends.
    columns : int
        In a block.
    """

    values: NDArray[Any]
    places: NDArray[np.uint16]
    starts: NDArray[np.int64]
    columns: int


def no_lists(dtype: Any, columns: int = BLOCK) -> Nonzeros:
    """Lists of nothing."""
    return Nonzeros(np.empty(0, dtype), np.empty(0, np.uint16), np.empty((0, 1), np.int64), columns)


def is_sparse(x: NDArray[Any], share: float) -> bool:
    """Whether no more than this share of the numbers is other than zero."""
    return bool(np.count_nonzero(x) <= share * x.size)


def lists_of(matrix: NDArray[Any], columns: int = BLOCK) -> Nonzeros:
    """Lists of a matrix (rows, D), in blocks of ``columns``."""
    rows, n_columns = matrix.shape
    if rows == 0 or n_columns == 0:
        return no_lists(matrix.dtype, columns)
    values, places, starts = [], [], []
    total = 0
    for low in range(0, n_columns, columns):
        part = np.ascontiguousarray(matrix[:, low : low + columns])
        there = part != 0
        at = np.flatnonzero(there)  # of a row of truths NumPy is three times as fast as of a matrix of numbers
        values.append(part.ravel()[at])
        places.append((at % part.shape[1]).astype(np.uint16))
        ends = np.cumsum(np.count_nonzero(there, axis=1))
        starts.append(total + np.concatenate([[0], ends]).astype(np.int64))
        total += at.size
    return Nonzeros(np.concatenate(values), np.concatenate(places), np.array(starts), columns)
