"""Results of one file put into another: rows that several files hold of one result, and whole results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import budget
from ..errors import StoreError
from .checksums import CHECKS
from .container import get_text, opened
from .hdf5 import Store
from .loading import contents, find
from .mapping import field_names
from .rows import RowWriter
from .values import value_of


@dataclass(frozen=True)
class Written:
    """What is written of a result that is written by rows; its bytes are not compared with their checksums.

    Attributes
    ----------
    result : Result
        All of it; large arrays lie in the file.
    rows : int array
        The rows that are there, in rising order.
    fields : tuple of str
        Fields that are written by rows.
    """

    result: Any
    rows: NDArray[np.int64]
    fields: tuple[str, ...]

    def block(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Some rows, by field."""
        return {field: np.asarray(getattr(self.result, field)[rows]) for field in self.fields}

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in all fields."""
        arrays = (getattr(self.result, field) for field in self.fields)
        return sum(array.nbytes // len(array) for array in arrays)


def written(store: Store, name: str) -> Written:
    """What is written of a result, finished or not.

    Raises
    ------
    StoreError
        There is no such result, it was not written by rows, or it cannot be read.
    """
    path = store.path
    with opened(path) as (file, raw):
        found = find(path, name, file[name], raw)
        if found.rows is None:
            raise StoreError(path, f"{name!r} is not a result that is written row by row")
        arrays, _ = contents(found, raw, mmap=True)
        result = value_of(path, name, found.record, arrays)
        return Written(result, np.flatnonzero(found.rows.done), found.rows.fields)


def reserve_like(store: Store, name: str, part: Written, n_rows: int) -> RowWriter:
    """Room for a result of which a part is written elsewhere, or what is there of it.

    Its provenance tells where the rows of the part were made.

    Raises
    ------
    StoreError
        There is another result of this name, or a finished one.
    """
    kind, result = type(part.result), part.result
    shapes = {field: getattr(result, field) for field in part.fields}
    rows: Any = {field: (array.shape[1:], array.dtype) for field, array in shapes.items()}
    fixed = {field: getattr(result, field) for field in field_names(kind) if field not in rows}
    for environment in result.provenance.environment.splitlines() or [""]:
        fixed["provenance"] = replace(result.provenance, environment=environment)
        writer = store.reserve(name, kind, n_rows, rows=rows, fields=fixed, mixed=True)
    return writer


def copy_rows(part: Written, rows: NDArray[np.int64], writer: RowWriter, to: NDArray[np.int64]) -> None:
    """Put rows of a part to their places, as many at once as a budget holds."""
    for some in budget.blocks(rows.size, budget.REPLICAS, part.row_bytes):
        writer.write(to[some], **part.block(rows[some]))


def first_difference(part: Written, rows: NDArray[np.int64], other: Written, others: NDArray[np.int64]) -> int | None:
    """Place in ``rows`` of the first row whose bytes are not those of the other part's; None where there is none."""
    for some in budget.blocks(rows.size, budget.REPLICAS, 2 * part.row_bytes):
        here, there = part.block(rows[some]), other.block(others[some])
        for i in range(len(rows[some])):
            if any(here[field][i].tobytes() != there[field][i].tobytes() for field in part.fields):
                return int(some.start) + i
    return None


def are_same(name: str, store: Store, other: Store) -> bool:
    """Whether two files hold the same result, by the checksums of all that it consists of."""
    found = []
    for one in (store, other):
        with opened(one.path) as (file, _):
            found.append(get_text(file[name], CHECKS))
    return found[0] == found[1]
