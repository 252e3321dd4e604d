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

import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, update_wrapper
from typing import Any

import numba
import numpy as np
from numba import cuda as _numba_cuda
from numpy.typing import DTypeLike, NDArray

from .paper import Notes, OutOfMemory, Paper

_cuda: Any = _numba_cuda

#: Whether Numba simulates the card: kernels run in Python.
SIMULATED = bool(getattr(numba.config, "ENABLE_CUDASIM"))  # noqa: B009 (made while Numba is imported)

#: Threads of a block, for kernels that take any square of a power of two: few where each is one of Python.
THREADS = 64 if SIMULATED else 256


class _Simulated:
    """What kernels call ``cuda`` while they are simulated: the block that is running, wherever the code stands."""

    def __getattr__(self, name: str) -> Any:
        from numba.cuda.simulator.kernel import _get_kernel_context

        return getattr(_get_kernel_context(), name)


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


def names() -> list[str]:
    """Name, compute capability and memory of each card, and its driver.

    Raises
    ------
    RuntimeError
        Says what is missing.
    """
    if getattr(_cuda, "implementation", "") != "NVIDIA":
        raise RuntimeError("numba-cuda is not installed: the extra cuda13 brings it, or cuda12 for older drivers")
    if isinstance(_machine, Paper):
        return ["paper"]
    if SIMULATED:
        return ["Numba's simulator"]
    if not _cuda.is_available():
        raise RuntimeError("no driver, or no card that it can use; see nvidia-smi")
    found = []
    for index, _ in enumerate(_cuda.gpus):
        with _cuda.gpus[index] as context:
            card = context.device
            name = card.name.decode() if isinstance(card.name, bytes) else card.name
            major, minor = card.compute_capability
            memory = context.get_memory_info()
            found.append(
                f"{name}, compute capability {major}.{minor}, {memory.free / 2**30:.1f} of "
                f"{memory.total / 2**30:.1f} GiB free"
            )
    return found
