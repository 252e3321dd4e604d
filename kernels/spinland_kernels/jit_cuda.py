"""The only place with options of the CUDA compiler, and the only one that imports ``numba.cuda``.

Three decorators, as for the cores (:mod:`.jit`):

``device``
    a formula, compiled anew for the card from its plain Python, with all formulas that it calls; or code of a block of
    threads, that kernels call.
``kernel``
    what is launched. The threads of a block are fixed where it is written; ``name[blocks](...)`` launches it, and
    ``name[blocks, bytes](...)`` with so much shared memory for arrays of no fixed size, ``cuda.shared.array(0, ...)``.

Where a launch goes is one of three: the card; Numba's simulator (``NUMBA_ENABLE_CUDASIM=1``), which runs each thread in
Python; or paper (:func:`on_paper`), which computes nothing and notes what would be launched, with the types by which
:mod:`.assembly` compiles it. All three take their arrays from :func:`empty` and :func:`put`.

Nothing is added with atomics: sums go to fixed places and are added in order by a second kernel, so that the bits do
not depend on which block comes first. Products and sums are contracted to fused operations, as the hardware has them.
"""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, update_wrapper
from typing import Any

import numba
import numpy as np
from numba import cuda as _numba_cuda
from numba.np import numpy_support
from numpy.typing import DTypeLike, NDArray

from .paper import Notes, OutOfMemory, Paper

_cuda: Any = _numba_cuda

#: Whether Numba simulates the card: kernels run in Python.
SIMULATED = bool(getattr(numba.config, "ENABLE_CUDASIM"))  # noqa: B009 (made while Numba is imported)

if SIMULATED:
    # At a barrier threads wait for one that watches them, which keeps the interpreter for as long as it may: 5 ms else.
    sys.setswitchinterval(1e-5)

#: Threads of a block, for kernels that take any square of a power of two: few where each is one of Python.
THREADS = 64 if SIMULATED else 256


def _running() -> Any:
    """What the simulator knows of the launch that is running."""
    from numba.cuda.simulator.kernel import _get_kernel_context

    return _get_kernel_context()


class _Shared:
    """Shared arrays of a simulated block, one for a line; the simulator's own gives two to threads that meet there."""

    @staticmethod
    def array(shape: Any, dtype: Any) -> NDArray[Any]:
        """The array of the line that asks; of size 0, all that was asked for with the launch."""
        if shape == 0:
            return np.asarray(_running().shared.array(0, dtype))
        caller = sys._getframe(1)
        numbers = numpy_support.as_dtype(dtype) if isinstance(dtype, numba.types.Type) else dtype
        made: NDArray[Any] = np.empty(shape, numbers)
        there: dict[Any, NDArray[Any]] = _running().shared._allocations
        return there.setdefault((caller.f_code.co_filename, caller.f_lineno), made)


class _Simulated:
    """What kernels call ``cuda`` while they are simulated: the block that is running, wherever the code stands."""

    shared = _Shared()

    def __getattr__(self, name: str) -> Any:
        return getattr(_running(), name)


#: What a kernel asks for its threads, its shared memory, its barriers.
cuda: Any = _Simulated() if SIMULATED else _cuda


@cache
def device(function: Callable[..., Any]) -> Any:
    """A formula as code of the card; or what stands in a ``cuda.py`` and is called from kernels.

    The plain Python of a formula is compiled anew, and so are the formulas that it calls: a kernel calls nothing that
    was compiled for the cores.
    """
    plain = getattr(function, "py_func", function)
    own = dict(plain.__globals__)
    for name in plain.__code__.co_names:
        if hasattr(own.get(name), "py_func"):
            own[name] = device(own[name])
    if plain is not function:
        copy = types.FunctionType(plain.__code__, own, plain.__name__, plain.__defaults__, plain.__closure__)
        plain = update_wrapper(copy, plain)
    return plain if SIMULATED else _cuda.jit(device=True)(plain)


class Kernel:
    """A function that is launched with blocks of ``threads`` threads.

    Attributes
    ----------
    threads : int
        Threads of a block.
    resident : int
        Blocks that a multiprocessor shall hold at least: bounds the registers of a thread.
    dispatcher
        What Numba makes of it.
    """

    def __init__(self, function: Callable[..., Any], threads: int, resident: int):
        self.threads, self.resident = threads, resident
        self.dispatcher = _cuda.jit(function) if SIMULATED else _cuda.jit(launch_bounds=(threads, resident))(function)
        self.name = f"{function.__module__.removeprefix(f'{__package__}.')}.{function.__name__.lstrip('_')}"

    def __getitem__(self, size: int | tuple[int, int]) -> Callable[..., None]:
        blocks, shared = size if isinstance(size, tuple) else (size, 0)

        def launch(*arguments: Any) -> None:
            if blocks > 0:
                _machine.launch(self, int(blocks), int(shared), arguments)

        return launch


def kernel(threads: int, resident: int = 1) -> Callable[[Callable[..., Any]], Kernel]:
    """Compile a kernel whose blocks have so many threads; see :class:`Kernel`."""
    return lambda function: Kernel(function, threads, resident)


def _instructions() -> tuple[Any, Any]:
    """Two instructions of PTX that Numba has no name for, as functions of the card; in the simulator there are none."""
    from llvmlite import ir
    from numba.core.types import UniTuple, float32
    from numba.cuda.extending import intrinsic

    single, word = ir.FloatType(), ir.IntType(32)

    @intrinsic
    def to_tf32(typingctx: Any, x: Any) -> Any:
        """``x`` rounded to the 10 bits of TF32, halves away from zero."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            code = ir.InlineAsm(ir.FunctionType(word, [single]), "cvt.rna.tf32.f32 $0, $1;", "=r,f")
            return builder.bitcast(builder.call(code, arguments), single)

        return float32(float32), generate

    @intrinsic
    def mma(typingctx: Any, a0: Any, a1: Any, a2: Any, a3: Any, b0: Any, b1: Any, c: Any) -> Any:
        """A B + C of a warp, 16 × 8 by 8 × 8; each thread with its fragments (:mod:`.lanes.warp`), ``c`` of four."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            words = [builder.bitcast(argument, word) for argument in arguments[:6]]
            sums = [builder.extract_value(arguments[6], i) for i in range(4)]
            kind = ir.FunctionType(ir.LiteralStructType([single] * 4), [word] * 6 + [single] * 4)
            places = "{$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};"
            text = f"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {places}"
            found = builder.call(ir.InlineAsm(kind, text, "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f"), words + sums)
            out = ir.Constant(ir.ArrayType(single, 4), ir.Undefined)
            for i in range(4):
                out = builder.insert_value(out, builder.extract_value(found, i), i)
            return out

        return UniTuple(float32, 4)(*[float32] * 6, UniTuple(float32, 4)), generate

    return to_tf32, mma


to_tf32: Any
mma: Any
to_tf32, mma = (None, None) if SIMULATED else _instructions()


def compiled(kernel: Kernel, signature: Any, capability: tuple[int, int], output: str) -> list[bytes]:
    """Code of a kernel for arguments of these Numba types: "ptx" or "ltoir". Needs no card and no driver."""
    from numba.cuda import dispatcher

    before = dispatcher.get_current_device  # asked wherever a kernel calls other code
    dispatcher.get_current_device = lambda: types.SimpleNamespace(compute_capability=capability)
    options = {"abi": "numba", "cc": capability, "output": output, "launch_bounds": (kernel.threads, kernel.resident)}
    try:
        parts, _ = _cuda.compile_all(kernel.dispatcher.py_func, signature, device=False, **options)
    finally:
        dispatcher.get_current_device = before
    return [part.encode() if isinstance(part, str) else getattr(part, "data", part) for part in parts]


# --- where launches and arrays go ----------------------------------------------------------------------------


class _Card:
    """The card, or the simulator."""

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        needed = int(np.prod(shape)) * dtype.itemsize
        try:
            return _cuda.device_array(shape, dtype)
        except Exception as problem:
            if "OUT_OF_MEMORY" not in str(problem):
                raise
            raise OutOfMemory(needed, self.free()) from None

    def put(self, array: NDArray[Any], into: Any) -> None:
        into.copy_to_device(array)

    def get(self, array: Any, into: NDArray[Any]) -> None:
        array.copy_to_host(into)

    def free(self) -> int:
        free = _cuda.current_context().get_memory_info().free
        return 1 << 30 if free == float("inf") else int(free)

    def launch(self, kernel: Kernel, blocks: int, shared: int, arguments: tuple[Any, ...]) -> None:
        kernel.dispatcher[blocks, kernel.threads, 0, shared](*arguments)


class _Small(_Card):
    """A card, of whose memory ``memory`` bytes may be taken from now on."""

    def __init__(self, memory: int):
        self.memory, self.before = memory, super().free()
        self.taken: list[tuple[weakref.ref[Any], int]] = []

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        needed, free = int(np.prod(shape)) * dtype.itemsize, self.free()
        if needed > free:
            raise OutOfMemory(needed, free)
        array = super().empty(shape, dtype)
        if SIMULATED:  # views of an array keep alive what it stands for
            self.taken.append((weakref.ref(array._ary), needed))
        return array

    def free(self) -> int:
        if SIMULATED:
            return self.memory - sum(size for array, size in self.taken if array() is not None)
        return self.memory - (self.before - super().free())


_machine: _Card | Paper = _Card()


@contextmanager
def on_paper(memory: int = 1 << 37) -> Iterator[Notes]:
    """Compute nothing and note what is launched, while the block runs. Of one thread at a time.

    Parameters
    ----------
    memory : int
        Bytes of the card that is written down.

    Yields
    ------
    Notes
        Grows with each launch.
    """
    global _machine
    before, paper = _machine, Paper(memory)
    _machine = paper
    try:
        yield paper.launches
    finally:
        _machine = before


@contextmanager
def with_memory(memory: int) -> Iterator[None]:
    """Let so many bytes of the card be taken while the block runs, as on a smaller one. Of one thread at a time."""
    global _machine
    before, _machine = _machine, _Small(memory)
    try:
        yield
    finally:
        _machine = before


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
    """Room for an array on the card.

    Raises
    ------
    OutOfMemory
        The card has not enough.
    """
    return _machine.empty(shape if isinstance(shape, tuple) else (shape,), np.dtype(dtype))


def put(array: Any, into: Any = None) -> Any:
    """The array on the card: in memory of its own, or in ``into``, of the same shape and type.

    What lies on the card stays where it is.
    """
    if into is None and not isinstance(array, np.ndarray):
        return array
    array = np.ascontiguousarray(array)
    if into is None:
        into = empty(array.shape, array.dtype)
    if array.size:
        _machine.put(array, into)
    return into


def get(array: Any, into: NDArray[Any] | None = None) -> NDArray[Any]:
    """The array of the card in the memory of the processor, a new one or ``into``."""
    if into is None:
        into = np.empty(array.shape, array.dtype)
    if into.size:
        _machine.get(array, into)
    return into


def free() -> int:
    """Bytes of the card's memory that are free."""
    return _machine.free()


# --- the cards there are -------------------------------------------------------------------------------------


def on(index: int) -> AbstractContextManager[Any]:
    """Work on the card of this number while the block runs."""
    return _cuda.gpus[index] if isinstance(_machine, _Card) else on_nothing()


def current() -> int:
    """Number of the card in use; −1 on paper."""
    if not isinstance(_machine, _Card):
        return -1
    return int(_cuda.current_context().id) if SIMULATED else int(_cuda.current_context().device.id)


@contextmanager
def on_nothing() -> Iterator[None]:
    """No card."""
    yield


def _pretended() -> str:
    """What stands for a card: paper, or the simulator; empty where there may be one."""
    return "paper" if isinstance(_machine, Paper) else "Numba's simulator" if SIMULATED else ""


def capability(index: int) -> tuple[int, int]:
    """Compute capability of a card; 9.0 of what stands for one."""
    return (9, 0) if _pretended() else _cuda.gpus[index].compute_capability


def about(index: int) -> tuple[str, str]:
    """Name and compute capability of a card, and the CUDA that its driver has; of what stands for one, no driver."""
    if _pretended():
        return _pretended(), "none"
    from cuda.bindings import driver

    name, (major, minor) = _cuda.gpus[index].name, capability(index)
    name = name.decode() if isinstance(name, bytes) else name
    _, version = driver.cuDriverGetVersion()
    return f"{name}, compute capability {major}.{minor}", f"CUDA {version // 1000}.{version % 1000 // 10}"


def names() -> list[str]:
    """Name, compute capability and memory of each card, and its driver.

    Raises
    ------
    RuntimeError
        Says what is missing.
    """
    if getattr(_cuda, "implementation", "") != "NVIDIA":
        raise RuntimeError("numba-cuda is not installed: the extra cuda13 brings it, or cuda12 for older drivers")
    if _pretended():
        return [_pretended()]
    if not _cuda.is_available():
        raise RuntimeError("no driver, or no card that it can use; see nvidia-smi")
    found = []
    for index in range(len(_cuda.gpus)):
        with on(index):
            memory = _cuda.current_context().get_memory_info()
        card, driver = about(index)
        gib = f"{memory.free / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
        found.append(f"{card}, driver of {driver}, {gib}")
    return found
