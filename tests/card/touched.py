"""What simulated kernels read and write of the card's memory, number by number."""

from contextlib import contextmanager
from importlib import import_module
from unittest import mock

import numpy as np

from spinland_kernels import jit_cuda
from spinland_kernels.paper import Launch, Sheet


class Touched:
    """Numbers that one launch read, but for those it has written before, and wrote: their types by where they lie."""

    def __init__(self, launch):
        self.launch, self.read, self.written = launch, {}, {}

    @property
    def far(self):
        """Bytes that it moved, if whatever it touches twice is moved once."""
        return sum(dtype.itemsize for touched in (self.read, self.written) for dtype in touched.values())

    @property
    def floats(self):
        """The same of floats alone."""
        both = self.read, self.written
        return sum(dtype.itemsize for touched in both for dtype in touched.values() if dtype.kind == "f")


def _sheets(argument, known=None):
    """An argument with its arrays on paper, those that are one array as one sheet."""
    known = {} if known is None else known
    if isinstance(argument, tuple):
        parts = [_sheets(part, known) for part in argument]
        return type(argument)(*parts) if hasattr(argument, "_fields") else tuple(parts)
    if not getattr(argument, "shape", ()):
        return argument
    return known.setdefault(id(argument), Sheet(argument.shape, argument.dtype))


def _place(array, index):
    numbers = index if isinstance(index, tuple) else (index,)
    steps = zip(numbers, array.strides, strict=True)
    return array.__array_interface__["data"][0] + sum(int(number) * step for number, step in steps)


@contextmanager
def watching():
    """A list that grows with each launch in Numba's simulator, while the block runs."""
    Array = import_module("numba.cuda.simulator.cudadrv.devicearray").FakeCUDAArray

    found = []
    get, put, launch = Array.__getitem__, Array.__setitem__, jit_cuda._machine.launch

    def watched_get(self, index):
        value = get(self, index)
        if found and isinstance(value, np.generic) and _place(self._ary, index) not in found[-1].written:
            found[-1].read[_place(self._ary, index)] = value.dtype
        return value

    def watched_put(self, index, value):
        if found:
            found[-1].written[_place(self._ary, index)] = self._ary.dtype
        put(self, index, value)

    def watched_launch(kernel, blocks, shared, arguments):
        dtypes = " ".join(str(sheet.dtype) for sheet in _arrays(_sheets(arguments)))
        found.append(Touched(Launch(kernel, blocks, shared, dtypes, _sheets(arguments))))
        launch(kernel, blocks, shared, arguments)

    patches = (
        mock.patch.object(Array, "__getitem__", watched_get),
        mock.patch.object(Array, "__setitem__", watched_put),
        mock.patch.object(jit_cuda._machine, "launch", watched_launch),
    )
    with patches[0], patches[1], patches[2]:
        yield found


def _arrays(value):
    if isinstance(value, tuple):
        return [sheet for part in value for sheet in _arrays(part)]
    return [value] if isinstance(value, Sheet) else []
