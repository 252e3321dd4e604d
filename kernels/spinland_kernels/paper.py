"""A card on paper: it computes nothing and notes what would be launched, with the types by which it is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True)
class Launch:
    """A launch on paper: a kernel, its blocks, bytes of shared memory beside its own, Numba types of its arguments."""

    kernel: Kernel
    blocks: int
    shared: int
    signature: Any


class Paper:
    """A card that computes nothing and has ``memory`` bytes; arrays hold whatever was there."""

    def __init__(self, memory: int):
        self.launches: list[Launch] = []
        self.memory = memory

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Room in the processor's memory, which is not touched."""
        needed = int(np.prod(shape)) * dtype.itemsize
        if needed > self.memory:
            raise OutOfMemory(needed, self.memory)
        return np.empty(shape, dtype)

    def put(self, array: NDArray[Any], into: Any) -> None:
        """Nothing."""

    def get(self, array: Any, into: NDArray[Any]) -> None:
        """Zeros."""
        into[...] = 0

    def free(self) -> int:
        """Bytes, always the same."""
        return self.memory

    def launch(self, kernel: Kernel, blocks: int, shared: int, arguments: tuple[Any, ...]) -> None:
        """Note it."""
        signature = numba.void(*(numba.typeof(argument) for argument in arguments))
        self.launches.append(Launch(kernel, blocks, shared, signature))
