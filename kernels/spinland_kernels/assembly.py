"""What a kernel costs on the card, told by NVIDIA's own compiler: no card and no driver are needed.

    launch on paper  →  LTO-IR (Numba, NVVM)  →  machine code (nvJitLink)  →  registers, shared memory, spills

How many blocks a multiprocessor holds follows from these figures and its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from . import jit_cuda
from .jit_cuda import Kernel
from .paper import Launch

#: Of a multiprocessor by compute capability: registers, bytes of shared memory, threads, blocks.
MULTIPROCESSORS = {
    (8, 0): (65536, 163 << 10, 2048, 32),
    (9, 0): (65536, 227 << 10, 2048, 32),
    (10, 0): (65536, 227 << 10, 2048, 32),
}

_BLOCK_SHARED = 1 << 10
"""Bytes of shared memory that the system takes for each block."""


@dataclass(frozen=True)
class Cost:
    """What one kernel takes.

    Attributes
    ----------
    registers : int
        Of a thread.
    shared, spilled, stack : int
        Bytes: shared memory of a block; registers that had to be written to memory; local memory of a thread.
    double, tensor : int
        Instructions with float64; those of tensor cores.
    occupancy : float
        Threads that a multiprocessor holds, as a share of those that it could.
    """

    registers: int
    shared: int
    spilled: int
    stack: int
    double: int
    tensor: int
    occupancy: float


def occupancy(threads: int, registers: int, shared: int, capability: tuple[int, int]) -> float:
    """Share of a multiprocessor's threads that are there at once.

    Registers are given out in units of 256 to a warp, shared memory in units of 128 bytes to a block.
    """
    of_registers, of_shared, of_threads, of_blocks = MULTIPROCESSORS[capability]
    warps = -(-threads // 32)
    by_registers = of_registers // (-(-registers * 32 // 256) * 256) // warps
    by_shared = of_shared // (-(-shared // 128) * 128 + _BLOCK_SHARED)
    return min(by_registers, by_shared, of_threads // (warps * 32), of_blocks) * warps * 32 / of_threads


def cost(launch: Launch, capability: tuple[int, int] = (9, 0)) -> Cost:
    """Compile what was launched on paper for a compute capability.

    Raises
    ------
    RuntimeError
        The compiler refuses; holds what it says.
    """
    registers, shared, spilled, stack, double, tensor = _told(launch.kernel, launch.signature, capability)
    shared += launch.shared
    there = occupancy(launch.kernel.threads, registers, shared, capability)
    return Cost(registers, shared, spilled, stack, double, tensor, there)


@cache
def _told(kernel: Kernel, signature: Any, capability: tuple[int, int]) -> tuple[int, ...]:
    """Registers, the kernel's own shared memory, bytes spilled, stack; instructions with float64, of tensor cores."""
    text = b"".join(jit_cuda.compiled(kernel, signature, capability, "ptx")).decode()
    log = _linked(jit_cuda.compiled(kernel, signature, capability, "ltoir"), capability)

    def number(pattern: str) -> int:
        return sum(int(found) for found in re.findall(pattern, log))

    return (
        number(r"Used (\d+) registers"),
        number(r"(\d+) bytes smem"),
        number(r"(\d+) bytes spill stores"),
        number(r"(\d+) bytes stack frame"),
        len(re.findall(r"^\s+\w[\w.]*\.f64", text, re.MULTILINE)),
        text.count("mma.sync."),
    )


def _linked(parts: list[bytes], capability: tuple[int, int]) -> str:
    """What the assembler says of the parts."""
    from cuda.bindings import nvjitlink

    major, minor = capability
    handle = nvjitlink.create(3, [f"-arch=sm_{major}{minor}", "-lto", "-verbose"])
    try:
        for number, part in enumerate(parts):
            nvjitlink.add_data(handle, nvjitlink.InputType.LTOIR, part, len(part), f"part{number}")
        nvjitlink.complete(handle)
        log = bytearray(nvjitlink.get_info_log_size(handle))
        nvjitlink.get_info_log(handle, log)
        return log.decode()
    except nvjitlink.nvJitLinkError as problem:
        log = bytearray(nvjitlink.get_error_log_size(handle))
        nvjitlink.get_error_log(handle, log)
        raise RuntimeError(log.decode()) from problem
    finally:
        nvjitlink.destroy(handle)
