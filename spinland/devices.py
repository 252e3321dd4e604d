"""The door to the kernels: the module of an operation for a machine, and BLAS on one thread.

Landscapes, training and what works on large arrays ask here; probes ask their landscape. Everything is
loaded when it is first asked for.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import ModuleType

from .errors import DeviceUnavailable


def operation(name: str, device: str) -> ModuleType:
    """The kernels of an operation, such as ``"mlp"``, for the device ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    DeviceUnavailable
        The device is absent, or the operation has no form for it yet. Nothing falls back.
    """
    from spinland_kernels import devices

    try:
        return devices.operation(name, device)
    except devices.Unavailable as problem:
        raise DeviceUnavailable(f"device: {problem}; use device='cpu'") from None


def has_kernels(device: str) -> bool:
    """Whether any operation has a form for the device in this version."""
    from spinland_kernels import devices

    return bool(devices.operations(device))


def describe(device: str) -> str:
    """What the device is, in words; or why it cannot be used."""
    from spinland_kernels import devices

    if not has_kernels(device):
        return f"{device} has no kernels in this version"
    try:
        return devices.describe(device)
    except devices.Unavailable as problem:
        return str(problem)


def single_threaded() -> AbstractContextManager[None]:
    """Every BLAS on one thread while the block runs: the same bits on any number of cores.

    Holds for the whole process, for as long as any thread is inside. May be nested.
    """
    from spinland_kernels import blas

    return blas.single_threaded()
