"""A card on paper: it computes nothing and notes what would be launched, with the types by which it is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba.extending import typeof_impl
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    from .jit_cuda import Kernel


class OutOfMemory(MemoryError):
    """The card has not the memory that is needed.

    Attributes
    ----------
    needed, free : int
        Bytes.
    """

    def __init__(self, needed: int, free: int):
        super().__init__(f"{needed:,} bytes of the card's memory are needed, {free:,} are free")
        self.needed, self.free = needed, free


class Sheet:
    """An array on paper: a shape and a type, and no memory, so that it may be larger than that of this machine."""

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike):
        self.shape, self.dtype = tuple(int(length) for length in shape), np.dtype(dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of numbers."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of them."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def reshape(self, *shape: Any) -> Sheet:
        """The same in another shape; one length may be −1."""
        lengths = shape[0] if isinstance(shape[0], tuple) else shape
        return Sheet(self._like().reshape(lengths).shape, self.dtype)

    def view(self, dtype: DTypeLike) -> Sheet:
        """The same bytes of a flat array as numbers of another type."""
        return Sheet((self.nbytes // np.dtype(dtype).itemsize,), dtype)

    def __getitem__(self, key: Any) -> Sheet:
        return Sheet(self._like()[key].shape, self.dtype)

    def _like(self) -> NDArray[Any]:
        """An array of this shape all of whose numbers are one."""
        return np.broadcast_to(np.int8(0), self.shape)


@typeof_impl.register(Sheet)  # type: ignore[untyped-decorator]
def _type_of(sheet: Sheet, context: Any) -> Any:
    return numba.types.Array(numba.from_dtype(sheet.dtype), sheet.ndim, "C")


@dataclass(frozen=True)
class Launch:
    """A launch on paper.

    Attributes
    ----------
    kernel : Kernel
        What is launched.
    blocks, shared : int
        Its blocks; bytes of shared memory beside its own.
    signature
        Numba types of its arguments.
    arguments : tuple
        The arguments, arrays as :class:`Sheet`.
    """

    kernel: Kernel
    blocks: int
    shared: int
    signature: Any
    arguments: tuple[Any, ...]


class Notes(list[Launch]):
    """What was launched, in order.

    Attributes
    ----------
    copied : list of int
        Bytes of each copy between the card and the processor.
    asked : int
        Bytes of the card's memory that were asked for, one after the other.
    """

    def __init__(self) -> None:
        super().__init__()
        self.copied: list[int] = []
        self.asked = 0


class Paper:
    """A card that computes nothing and has ``memory`` bytes; what is fetched from it is zero."""

    def __init__(self, memory: int):
        self.launches = Notes()
        self.memory = memory

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Sheet:
        """Room for an array."""
        made = Sheet(shape, dtype)
        if made.nbytes > self.memory:
            raise OutOfMemory(made.nbytes, self.memory)
        self.launches.asked += made.nbytes
        return made

    def put(self, array: NDArray[Any], into: Any) -> None:
        """Note a copy to the card."""
        self.launches.copied.append(array.nbytes)

    def get(self, array: Any, into: NDArray[Any]) -> None:
        """Zeros; and note a copy from the card."""
        into[...] = 0
        self.launches.copied.append(into.nbytes)

    def free(self) -> int:
        """Bytes that are free: all."""
        return self.memory

    def launch(self, kernel: Kernel, blocks: int, shared: int, arguments: tuple[Any, ...]) -> None:
        """Note a launch."""
        signature = numba.void(*(numba.typeof(argument) for argument in arguments))
        self.launches.append(Launch(kernel, blocks, shared, signature, arguments))
