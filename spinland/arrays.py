"""Whose memory an array is: what comes in, what is kept, what goes out.

An argument belongs to the caller. What looks at it and forgets it reads it where it lies. What keeps it, a
landscape or a result, takes a copy of its own, once, so that neither can change the other. An array that
nobody can write to needs no copy and is shared: those of results and data sets are read-only, so an ensemble
that is handed on from one to the next exists once. Memory maps are never copied whole: the file keeps them.
"""

from __future__ import annotations

import decimal
import mmap
import numbers
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentError


def given(name: str, value: Any) -> NDArray[Any]:
    """What came for an array as one, of any type; its memory is still the caller's.

    Raises
    ------
    ArgumentError
        No array can be made of it, or one that says less than what came: masked entries, a sparse matrix.
    """
    if has_masked(value):
        raise ArgumentError(
            name, "numbers without a mask (compress or fill it first)", f"masked entries in a {_kind(value)}"
        )
    if hasattr(value, "toarray"):
        raise ArgumentError(name, "a dense array (.toarray() makes one)", f"a sparse {_kind(value)}")
    try:
        array = np.asarray(value)
    except Exception as error:  # noqa: BLE001 (of whatever class: tensors and the like raise their own)
        reason = " ".join(str(error).split())
        raise ArgumentError(name, f"an array of numbers ({reason[:200]})", f"a {_kind(value)}") from None
    return array


def numeric(name: str, value: Any) -> NDArray[Any]:
    """:func:`given`, of real numbers: text would be parsed, complex numbers lose a part. Objects become float64.

    Raises
    ------
    ArgumentError
        Entries that are not real numbers, or that are too large for a float.
    """
    array = given(name, value)
    if array.dtype.kind == "O":
        for entry in array.flat:
            if not isinstance(entry, (numbers.Real, decimal.Decimal)) and not _plain_zero_dim(entry):
                raise ArgumentError(name, "an array of real numbers", f"an entry of type {_kind(entry)}")
        return _of_floats(name, array)
    elif array.dtype.kind not in "biuf":
        raise ArgumentError(name, "an array of real numbers", f"entries of type {array.dtype}")
    return array


def _of_floats(name: str, array: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers that are objects, such as fractions and whole numbers of many digits, as float64."""
    try:
        return array.astype(np.float64)
    except Exception as error:  # noqa: BLE001 (of whatever class: the entries' own)
        raise ArgumentError(name, f"an array of numbers ({error})", "one that is no float") from None


def has_masked(value: Any) -> bool:
    """Whether something is masked: in a masked array, or in one that stands in a list."""
    if isinstance(value, np.ma.MaskedArray):
        return bool(np.ma.is_masked(value))
    return isinstance(value, (list, tuple)) and any(
        has_masked(item) for item in value if isinstance(item, (list, tuple, np.ma.MaskedArray))
    )


def locked(array: NDArray[Any]) -> bool:
    """Whether nobody can write to the memory of an array: neither through it nor through what it is a view of."""
    part: Any = _behind(array)
    while isinstance(part, np.ndarray):
        if part.flags.writeable:
            return False
        part = _behind(part.base)
    return True


def owned(array: NDArray[Any]) -> NDArray[Any]:
    """The array read-only and safe from others: itself where it is locked, else a copy; a map of a file as it is."""
    if not locked(array) and not _mapped(array):
        return sealed(array.copy())
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def sealed(array: NDArray[Any]) -> NDArray[Any]:
    """Lock an array that its maker gives away, with all that it is a view of; what takes it need not copy it."""
    part: Any = array
    while isinstance(part, np.ndarray):
        part.flags.writeable = False
        part = part.base
    return array


def own_fields(instance: Any) -> None:
    """Make the arrays in the fields of a frozen dataclass its own; also those in a tuple."""
    for field in fields(instance):
        value = getattr(instance, field.name)
        if isinstance(value, np.ndarray):
            object.__setattr__(instance, field.name, owned(value))
        elif isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
            safe = tuple(owned(item) if isinstance(item, np.ndarray) else item for item in value)
            object.__setattr__(instance, field.name, safe)


class Owner:
    """Base of a frozen dataclass that keeps arrays: they become its own when it is made."""

    def __post_init__(self) -> None:
        own_fields(self)


def readable(array: NDArray[Any]) -> NDArray[Any]:
    """The same memory as the kernels take it, which are compiled for arrays that may be written to.

    Only for reading: a kernel compiled anew for read-only arrays would be the same code, a minute later.
    """
    if array.flags.writeable:
        return array
    return np.asarray(_Window(array))


class _Window:
    """Memory of a read-only array, announced without that mark; it keeps the array alive."""

    def __init__(self, array: NDArray[Any]):
        self.array = array
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface


def _behind(value: Any) -> Any:
    """The array that something is a window on, or on a view of; itself where there is no window."""
    part = value
    while isinstance(part, np.ndarray):
        if isinstance(part.base, _Window):
            return _behind(part.base.array)
        part = part.base
    return value


def _mapped(array: NDArray[Any]) -> bool:
    part: Any = array
    while isinstance(part, np.ndarray):
        if isinstance(part, np.memmap):
            return True
        part = part.base
    return isinstance(part, mmap.mmap)


def _plain_zero_dim(entry: Any) -> bool:
    """Whether an entry of an object array is an array of one real number."""
    return isinstance(entry, (np.ndarray, np.generic)) and entry.ndim == 0 and entry.dtype.kind in "biuf"


def _kind(value: Any) -> str:
    return type(value).__name__
