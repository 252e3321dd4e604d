"""Memory of the card: data that stay there, and workspaces.

What a landscape is given lies on a card once, for as long as the landscape's own array lives (:func:`resident`).
Workspaces are cut from one buffer that grows and is given out anew at each call (:class:`Arena`):

    buffer    | first array | second | third …            each begins at a multiple of 256 bytes

Work that does not fit is cut into chunks (:meth:`Arena.fitting`); nothing may depend on how. A copy or a pickle of an
arena is an empty one: what lies on a card stays there.

Asking the card for memory waits until it has finished all it does; so a landscape keeps one buffer, and what a call
needs is cut from it. What was given out before is then no longer anyone's.
"""

from __future__ import annotations

import weakref
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import jit_cuda

_ALIGNMENT = 256
_CHUNK = 1 << 31
"""Bytes of a chunk, at most: launches that are fat enough, and memory for others."""

Wanted = tuple[tuple[int, ...], DTypeLike]


class Arena:
    """Workspaces on the card; the same arrays again where the same are wanted."""

    def __init__(self) -> None:
        self._buffer: Any = None
        self._wanted: tuple[Wanted, ...] = ()
        self._given: list[Any] = []

    def __reduce__(self) -> tuple[type[Arena], tuple[()]]:
        return Arena, ()

    def room(self) -> int:
        """Bytes that may be taken; an eighth of what is free is left for what else is put on the card."""
        held = 0 if self._buffer is None else self._buffer.shape[0]
        return (jit_cuda.free() + held) // 8 * 7

    def fitting(self, count: int, each: int, beside: int = 0) -> int:
        """How many of ``count`` items, of ``each`` bytes, go at once; one at least. ``beside`` them lies something."""
        return max(1, min(count, min(self.room() - beside, _CHUNK) // max(1, each)))

    def take(self, *wanted: Wanted) -> list[Any]:
        """Arrays of these shapes and types, with whatever was there.

        Raises
        ------
        OutOfMemory
            The card has not enough.
        """
        if wanted == self._wanted:
            return self._given
        bytes_of = [prod(shape) * np.dtype(dtype).itemsize for shape, dtype in wanted]
        places = np.cumsum([0, *(-(-count // _ALIGNMENT) * _ALIGNMENT for count in bytes_of)]).tolist()
        if self._buffer is None or self._buffer.shape[0] < places[-1]:
            self._wanted, self._given, self._buffer = (), [], None  # its memory first, then more
            self._buffer = jit_cuda.empty(max(places[-1], _ALIGNMENT), np.uint8)
        self._given = [
            self._buffer[place : place + count].view(np.dtype(dtype)).reshape(shape)
            for place, count, (shape, dtype) in zip(places[:-1], bytes_of, wanted, strict=True)
        ]
        self._wanted = wanted
        return self._given


_RESIDENT: dict[tuple[int, int], Any] = {}


def _lies(array: NDArray[Any]) -> tuple[Any, ...]:
    """Where an array begins and how it goes on: the same for two that are one."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def resident(array: NDArray[Any]) -> Any:
    """The array on the card in use, put there once. It must not change afterwards; views of all of an array are it.

    Raises
    ------
    OutOfMemory
        The card has not enough.
    """
    whole = array.base
    owner = whole if isinstance(whole, np.ndarray) and _lies(whole) == _lies(array) else array
    key = id(owner), jit_cuda.current()
    if key not in _RESIDENT:
        _RESIDENT[key] = jit_cuda.put(array)
        weakref.finalize(owner, _RESIDENT.pop, key, None)
    return _RESIDENT[key]
