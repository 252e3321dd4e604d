"""Objects on their way to another process: what is small, and large arrays by their fingerprint.

An object is pickled with its large arrays beside it. A process that has got an array once keeps it, whatever it came
in, so that a data set travels once to each and not with every task.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import budget
from ..errors import ArgumentError

LARGE = 64 << 10
"""Bytes from which an array travels beside what it belongs to."""

Bytes = bytes | NDArray[np.uint8]
"""The bytes of an array; as an array themselves where they need not be copied to be sent."""

Buffers = dict[str, memoryview]
"""Arrays by fingerprint, as they lie in memory."""


@dataclass(frozen=True)
class Parcel:
    """An object without its large arrays.

    Attributes
    ----------
    digest : str
        Of all of it, arrays included.
    skeleton : bytes
        What is small.
    fingerprints : tuple of str
        Of its arrays, in the order of the skeleton.
    shared : tuple of bool
        Whether an array is read-only, so that nobody needs a copy of his own.
    """

    digest: str
    skeleton: bytes
    fingerprints: tuple[str, ...]
    shared: tuple[bool, ...]


def packed(argument: str, thing: Any) -> tuple[Parcel, Buffers]:
    """An object as a parcel, and its large arrays by fingerprint.

    Parameters
    ----------
    argument : str
        What to name where it cannot be sent.
    thing : object

    Raises
    ------
    ArgumentError
        It holds something that exists in this process only.
    """
    skeleton, views = _pickled(argument, thing)
    arrays = [view.raw() for view in views]
    fingerprints = tuple(hashlib.blake2b(array, digest_size=16).hexdigest() for array in arrays)
    digest = hashlib.blake2b(skeleton + "".join(fingerprints).encode(), digest_size=16).hexdigest()
    parcel = Parcel(digest, skeleton, fingerprints, tuple(array.readonly for array in arrays))
    return parcel, dict(zip(fingerprints, arrays, strict=True))


def _pickled(argument: str, thing: Any) -> tuple[bytes, list[pickle.PickleBuffer]]:
    """Bytes and large arrays; functions of a session travel where cloudpickle is there, as with Dask."""
    views: list[pickle.PickleBuffer] = []

    def stays(view: pickle.PickleBuffer) -> bool:
        if view.raw().nbytes < LARGE:
            return True
        views.append(view)
        return False

    try:
        return _dumped(thing, stays), views
    except (pickle.PicklingError, AttributeError, TypeError) as problem:
        views.clear()
        try:
            from cloudpickle import dumps  # type: ignore[import-untyped, unused-ignore]

            return dumps(thing, protocol=5, buffer_callback=stays), views
        except ImportError:
            cause: Exception = problem
        except (pickle.PicklingError, AttributeError, TypeError) as other:
            cause = other
        raise ArgumentError(
            argument, f"what can be sent to another process, such as functions of a module ({cause})"
        ) from None


class _OfModules(pickle.Pickler):
    """Refuses what a worker would look for in vain: functions and classes of the script or session itself."""

    def reducer_override(self, thing: Any) -> Any:
        """Of functions and classes, as pickle asks."""
        if isinstance(thing, (FunctionType, type)) and thing.__module__ == "__main__":
            raise pickle.PicklingError(f"{thing.__qualname__} is defined in __main__")
        return NotImplemented


def _dumped(thing: Any, stays: Callable[[pickle.PickleBuffer], bool]) -> bytes:
    sink = io.BytesIO()
    _OfModules(sink, protocol=5, buffer_callback=stays).dump(thing)
    return sink.getvalue()


def unpacked(parcel: Parcel, buffers: Mapping[str, bytes | memoryview]) -> Any:
    """The object again; read-only arrays lie in the buffers, others are its own."""
    views = (
        memoryview(buffers[name]).toreadonly() if shared else bytearray(buffers[name])
        for name, shared in zip(parcel.fingerprints, parcel.shared, strict=True)
    )
    return pickle.loads(parcel.skeleton, buffers=views)


@dataclass(frozen=True)
class Sealed:
    """A result on its way back, with a checksum over all of its bytes."""

    parcel: Parcel
    buffers: dict[str, bytes]
    check: int

    @classmethod
    def of(cls, found: Any) -> Sealed:
        """Seal what was made."""
        parcel, views = packed("result", found)
        buffers = {name: bytes(view) for name, view in views.items()}
        return cls(parcel, buffers, _check(parcel, buffers))

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are those that were sealed."""
        return _check(self.parcel, self.buffers) == self.check

    @property
    def nbytes(self) -> int:
        """Bytes that travelled."""
        return len(self.parcel.skeleton) + sum(map(len, self.buffers.values()))

    def opened(self) -> Any:
        """What was made; its large arrays are read-only."""
        return pickle.loads(self.parcel.skeleton, buffers=[self.buffers[name] for name in self.parcel.fingerprints])


def _check(parcel: Parcel, buffers: dict[str, bytes]) -> int:
    check = zlib.crc32(parcel.skeleton)
    for name in parcel.fingerprints:
        check = zlib.crc32(buffers[name], check)
    return check


class Shelf:
    """What a process keeps of the parcels it got: arrays by fingerprint, and the objects opened last.

    Parameters
    ----------
    room : int
        Bytes of arrays that are kept; those used longest ago go first.
    objects : int
        Objects that are kept.
    """

    def __init__(self, room: int = budget.SHELF, objects: int = 16):
        self._room, self._objects = room, objects
        self._buffers: OrderedDict[str, memoryview] = OrderedDict()
        self._opened: OrderedDict[str, Any] = OrderedDict()

    def put(self, buffers: Mapping[str, Bytes]) -> None:
        """Keep arrays."""
        self._buffers.update((name, memoryview(data)) for name, data in buffers.items())  # type: ignore[arg-type]
        for name in buffers:
            self._buffers.move_to_end(name)

    def lacking(self, parcel: Parcel) -> tuple[str, ...]:
        """Those of the arrays of a parcel that are not here."""
        if parcel.digest in self._opened:
            return ()
        return tuple(dict.fromkeys(name for name in parcel.fingerprints if name not in self._buffers))

    def opened(self, parcel: Parcel) -> Any:
        """The object of a parcel, opened once; all its arrays have to be here."""
        if parcel.digest not in self._opened:
            for name in parcel.fingerprints:
                self._buffers.move_to_end(name)
            self._opened[parcel.digest] = unpacked(parcel, self._buffers)
            while len(self._opened) > self._objects:
                self._opened.popitem(last=False)
            self._make_room(set(parcel.fingerprints))
        self._opened.move_to_end(parcel.digest)
        return self._opened[parcel.digest]

    def _make_room(self, used: set[str]) -> None:
        total = sum(map(len, self._buffers.values()))
        for name in [name for name in self._buffers if name not in used]:
            if total <= self._room:
                return
            total -= len(self._buffers.pop(name))


def digest_of(arrays: Any) -> str:
    """A hash of an array, or of several, by their bytes, types and shapes."""
    found = hashlib.blake2b(digest_size=16)
    for array in arrays if isinstance(arrays, (tuple, list)) else (arrays,):
        whole = np.ascontiguousarray(array)
        found.update(f"{whole.dtype.str}{whole.shape}".encode())
        found.update(whole.tobytes())
    return found.hexdigest()
