"""Which module computes an operation on which machine: the one place that picks ``cpu`` or ``cuda``.

An operation is a folder of this package. It has a module for each machine, with the same public names:
``cpu.py`` for the cores, ``cuda.py`` for the card where there is one yet.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

MACHINES = ("cpu", "cuda")


class Unavailable(RuntimeError):
    """The machine is not there, or the operation has no module for it yet. Nothing falls back."""


@cache
def operation(name: str, device: str) -> ModuleType:
    """The module that computes an operation on a machine.

    Parameters
    ----------
    name : str
        Folder of the operation, such as ``"mlp"``.
    device : "cpu" or "cuda"
        The machine.

    Returns
    -------
    module
        ``spinland_kernels.<name>.<device>``. It is imported here, when it is first asked for.

    Raises
    ------
    Unavailable
        There is no such module, or no card that could run it.
    ValueError
        No such machine or no such operation.
    """
    if device not in MACHINES or name not in operations("cpu"):
        raise ValueError(f"no operation {name!r} on {device!r}")
    module = f"{__package__}.{name}.{device}"
    if find_spec(module) is None:
        raise Unavailable(f"{name!r} has no kernel for {device!r} in this version")
    if device == "cuda":
        _card()
    return import_module(module)


def operations(device: str) -> tuple[str, ...]:
    """Names of the operations that have a module for a machine."""
    return tuple(sorted(path.parent.name for path in Path(__file__).parent.glob(f"*/{device}.py")))


def describe(device: str) -> str:
    """What a machine is, in words.

    Raises
    ------
    Unavailable
        The machine is not there.
    """
    if device == "cpu":
        return f"{platform.machine()}, {os.cpu_count()} logical cores"
    return _card()


@cache
def _card() -> str:
    """Name and compute capability of the card in use."""
    from numba import cuda

    if not cuda.is_available():
        raise Unavailable("'cuda': no card that can be used; see nvidia-smi")
    card = cuda.get_current_device()
    name = card.name.decode() if isinstance(card.name, bytes) else card.name
    major, minor = card.compute_capability
    return f"{name}, compute capability {major}.{minor}"
