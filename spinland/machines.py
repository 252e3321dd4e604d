"""The door to the kernels: the module of an operation for a machine, and BLAS on one thread.

Landscapes, training and what works on large arrays ask here; probes ask their landscape. Everything is
loaded when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from .errors import DeviceMemoryError, DeviceUnavailable


@dataclass(frozen=True)
class Device:
    """A machine that kernels run on.

    Attributes
    ----------
    name : str
        What ``device=`` takes: ``"cpu"``, ``"cuda"`` (the first card), ``"cuda:1"``.
    available : bool
        Whether it can be used here.
    description : str
        What it is, or why it cannot be used.
    """

    name: str
    available: bool
    description: str

    def __str__(self) -> str:
        return f"{self.name}: {self.description}"


def devices() -> tuple[Device, ...]:
    """The machines that kernels run on here: the processor, then the cards, or why there is none.

    Examples
    --------
    >>> import spinland as sl
    >>> sl.devices()[0].name
    'cpu'
    """
    from spinland_kernels import devices as kernels

    cores = Device("cpu", True, kernels.processor())
    try:
        cards = kernels.cards()
    except kernels.Unavailable as problem:
        return cores, Device("cuda", False, str(problem))
    names = ["cuda", *(f"cuda:{index}" for index in range(1, len(cards)))]
    return cores, *(Device(name, True, card) for name, card in zip(names, cards, strict=True))


def operation(name: str, device: str) -> Any:
    """The kernels of an operation, such as ``"mlp"``, for the device ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.

    Raises
    ------
    DeviceUnavailable
        The device is absent, or the operation has no form for it yet. Nothing falls back.
    """
    from spinland_kernels import devices as kernels

    try:
        return kernels.operation(name, device, _lack_of_memory_told)
    except kernels.Unavailable as problem:
        raise DeviceUnavailable(f"device: {problem}; use 'cpu'") from None


@contextmanager
def _lack_of_memory_told() -> Iterator[None]:
    """A card's lack of memory is told as one of our errors."""
    from spinland_kernels.paper import OutOfMemory

    try:
        yield
    except OutOfMemory as problem:
        raise DeviceMemoryError(problem.needed, problem.free) from None


def check(device: str) -> None:
    """Raise where a device of this name is not there.

    Raises
    ------
    DeviceUnavailable
        Says what is missing.
    """
    if device == "cpu":
        return
    known = devices()
    if any(one.name == device.removesuffix(":0") and one.available for one in known):
        return
    absent = known[-1]
    reason = absent.description if not absent.available else f"no {device!r}; the last card is {absent.name!r}"
    raise DeviceUnavailable(f"device: {reason}; use 'cpu'")


def card(device: str) -> dict[str, str]:
    """Name of a card, its driver and what compiles for it: what the last bits of its numbers depend on.

    Raises
    ------
    DeviceUnavailable
        There is none.
    """
    from spinland_kernels import devices as kernels

    try:
        return kernels.card(device)
    except kernels.Unavailable as problem:
        raise DeviceUnavailable(f"device: {problem}; use 'cpu'") from None


def has_tensor_cores(device: str) -> bool:
    """Whether a card, which is there, multiplies in TF32."""
    from spinland_kernels import devices as kernels

    return kernels.has_tensor_cores(device)


def single_threaded() -> AbstractContextManager[None]:
    """Every BLAS on one thread while the block runs: the same bits on any number of cores.

    Holds for the whole process, for as long as any thread is inside. May be nested.
    """
    from spinland_kernels import blas

    return blas.single_threaded()


def side_by_side(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """What a function makes of items, in their order: over as many threads as kernels take, BLAS on one in each.

    For work in NumPy and SciPy, which let other threads run meanwhile. An item is the affair of one thread, so its bits
    depend neither on their number nor on the other items. The function may not call kernels.
    """
    import numba

    threads = min(numba.get_num_threads(), len(items))
    with single_threaded():
        if threads <= 1:
            yield from map(function, items)
            return
        pool = ThreadPoolExecutor(threads)
        try:
            yield from pool.map(function, items)
        finally:
            pool.shutdown(cancel_futures=True)
