"""Which module computes an operation on which machine: the one place that picks ``cpu`` or ``cuda``.

An operation is a folder of this package. It has a module for each machine, with the same public names:
``cpu.py`` for the cores, ``cuda.py`` for the card where there is one yet.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, wraps
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

MACHINES = ("cpu", "cuda")

_COMPILERS = (
    "numba-cuda",
    "nvidia-nvvm",
    "nvidia-nvjitlink",
    "nvidia-cuda-nvcc-cu12",  # holds the NVVM of CUDA 12
    "nvidia-nvjitlink-cu12",
)
_ABSENT = "not installed"


class Unavailable(RuntimeError):
    """The machine is not there, or the operation has no module for it yet. Nothing falls back."""


Within = Callable[[], AbstractContextManager[Any]]


class OnCard:
    """The functions of a module, each of which works on one card, ``within`` a block of the caller's own."""

    def __init__(self, module: ModuleType, index: int, within: Within):
        self._module, self._index, self._within = module, index, within

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if not callable(found):
            return found

        from . import jit_cuda

        @wraps(found)
        def on_its_card(*args: Any, **kwargs: Any) -> Any:
            with self._within(), jit_cuda.on(self._index):
                return found(*args, **kwargs)

        setattr(self, name, on_its_card)
        return on_its_card


def parted(device: str) -> tuple[str, int]:
    """Machine and number of a device: ``"cuda:1"`` is ``("cuda", 1)``.

    Raises
    ------
    ValueError
        No device has this name.
    """
    machine, colon, number = device.partition(":")
    if machine not in MACHINES or (colon and not (machine == "cuda" and number.isascii() and number.isdigit())):
        raise ValueError(f"no device {device!r}: 'cpu', 'cuda', or 'cuda:1' for the second card")
    return machine, int(number or 0)


def operation(name: str, device: str, within: Within = nullcontext) -> Any:
    """The module that computes an operation on a machine.

    Parameters
    ----------
    name : str
        Folder of the operation, such as ``"mlp"``.
    device : "cpu", "cuda" or "cuda:1"
        The machine; a number tells which card.
    within : callable
        Gives the context that each function of a card runs in, such as one that tells its errors in other words.

    Returns
    -------
    module or OnCard
        ``spinland_kernels.<name>.<machine>``. It is imported here, when it is first asked for.

    Raises
    ------
    Unavailable
        There is no such module, or no card that could run it.
    ValueError
        No such machine or no such operation.
    """
    machine, index = parted(device)
    if machine == "cuda":
        last = len(cards()) - 1
        if index > last:
            raise Unavailable(f"{device!r} is not there: the last card is 'cuda:{last}'")
    return _on(machine, index, name, within)


@cache
def _on(machine: str, index: int, name: str, within: Within) -> Any:
    if name not in operations("cpu"):
        raise ValueError(f"no operation {name!r}")
    module = f"{__package__}.{name}.{machine}"
    if find_spec(module) is None:
        raise Unavailable(f"{name!r} has no kernel for {machine!r} in this version")
    return import_module(module) if machine == "cpu" else OnCard(import_module(module), index, within)


def operations(machine: str) -> tuple[str, ...]:
    """Names of the operations that have a module for a machine."""
    return tuple(sorted(path.parent.name for path in Path(__file__).parent.glob(f"*/{machine}.py")))


def processor() -> str:
    """What the processor is, in words."""
    return f"{platform.machine()}, {os.cpu_count()} logical cores"


def cards() -> list[str]:
    """What each card is, in words.

    Raises
    ------
    Unavailable
        There is none, or something is missing that it needs; says what.
    """
    try:
        from . import jit_cuda
    except Exception as problem:  # numba-cuda says in many ways that it does not fit
        versions = ", ".join(f"{name} {_version(name)}" for name in ("numba-cuda", "numba", "numpy"))
        raise Unavailable(f"numba-cuda cannot be imported ({versions}): {problem}") from problem
    try:
        return jit_cuda.names()
    except RuntimeError as problem:
        raise Unavailable(str(problem)) from None


def card(device: str) -> dict[str, str]:
    """What the last bits of a card's numbers depend on: which card it is, its driver, and what compiled the kernels.

    Raises
    ------
    Unavailable
        There is none.
    """
    cards()
    from . import jit_cuda

    name, driver = jit_cuda.about(parted(device)[1])
    return {"card": name, "driver": driver, "compiler": compiler()}


@cache
def compiler() -> str:
    """What makes machine code for a card, with versions; of either major version of CUDA."""
    known = ((name, _version(name)) for name in _COMPILERS)
    return ", ".join(f"{name} {number}" for name, number in known if number != _ABSENT)


def has_tensor_cores(device: str) -> bool:
    """Whether a card multiplies in TF32: those of compute capability 8.0 and above do."""
    cards()
    from . import jit_cuda

    return jit_cuda.capability(parted(device)[1]) >= (8, 0)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return _ABSENT
