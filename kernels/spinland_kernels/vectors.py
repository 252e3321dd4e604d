"""Vectors of lanes: what one holds, and fused multiply-add (products of them are in :mod:`.lanes`).

A compiler may contract a·b + c or leave it, and the same loop comes out differently in another
surrounding. Where the bits of one point must be those of the same point in a batch, the fused operation is
asked for by name, and vectors are written as vectors: numbers side by side, BYTES of them.

    one vector      | 64 bytes                            |        BYTES, one cache line
    float64         | 0    1    2    3    4    5    6    7 |       8 lanes
    float32         | 0 1 2 3  4 5 6 7  8  …            15 |       16 lanes

What is taken from the processor stands in the constants below and nowhere else:

    =========  ==========  =========  ============================================  =====
    compiled   registers   of bytes   a vector                                      ROWS
    =========  ==========  =========  ============================================  =====
    AVX-512    32          64         one register                                  16
    AVX2       16          32         | register | register |                       6
    SSE2       16          16         | register | register | register | register | 3
    =========  ==========  =========  ============================================  =====

Results are the same on all of them: the same vectors are cut in another way, the same sums are formed, one fused
operation after the other, and only the speed differs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import extending
from numba.core import cgutils
from numba.core.registry import cpu_target
from numpy.typing import DTypeLike, NDArray

intrinsic: Any = extending.intrinsic  # whose type asks its callers for the typing context

BYTES = 64  # of one vector: one line of the cache
SHUFFLE = 16  # bytes of a register within which numbers change places in one cycle
FOLD = 32  # bytes of the sums that one product of a row of couplings is cut into: part of the bits of a glass


@cache
def registers() -> tuple[int, int]:
    """Vector registers of a core, and the bytes of each, as the compiler of the kernels uses them.

    It is asked by giving it a sum of two vectors: what it writes for a processor, or for another that
    ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` name, is what it will write for all.
    """
    module = ir.Module()
    module.triple = binding.get_process_triple()
    vector = ir.VectorType(ir.FloatType(), BYTES // 4)
    function = ir.Function(module, ir.FunctionType(vector, [vector, vector]), "added")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(builder.fadd(*function.args))
    triple, processor, features = cpu_target.target_context.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(cpu=processor, features=features)
    text = machine.emit_assembly(binding.parse_assembly(str(module)))
    return next((found for name, found in _REGISTERS.items() if name in text), (16, 16))


_REGISTERS = {"zmm": (32, 64), "ymm": (16, 32), "xmm": (16, 16), ".4s": (32, 16)}
REGISTERS, REGISTER = registers()
ROWS = max(rows for rows in (1, 2, 3, 4, 6, 8, 12, 16) if rows * BYTES <= (REGISTERS - 4) * REGISTER)
"""Rows of one product in registers: their sums leave 4 registers for what they are multiplied with.

At least eight sums must not wait for each other: two units take four cycles for a fused multiply-add.
"""


def aligned(rows: int, size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Array (rows, size or a little more) whose rows begin at cache lines: a vector that straddles two costs twice."""
    line = BYTES // np.dtype(dtype).itemsize
    stride = -(-size // line) * line
    memory = np.empty(rows * stride + line, dtype)
    skip = -memory.ctypes.data % BYTES // memory.itemsize
    return memory[skip : skip + rows * stride].reshape(rows, stride)


def fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c of numbers or vectors, rounded once."""
    kind = a.type
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    name = "f64" if isinstance(element, ir.DoubleType) else "f32"
    if isinstance(kind, ir.VectorType):
        name = f"v{kind.count}{name}"
    signature = ir.FunctionType(kind, [kind, kind, kind])
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fma.{name}")
    return builder.call(function, [a, b, c])


def splat(builder: Any, value: Any, count: int) -> Any:
    """A vector of ``count`` equal numbers."""
    vector = ir.VectorType(value.type, count)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)


class Array:
    """The numbers of an array argument, one by one or as vectors of lanes."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any):
        self.builder = builder
        self.data = context.make_array(kind)(context, builder, value).data
        self.element = context.get_data_type(kind.dtype)
        self.bytes = kind.dtype.bitwidth // 8
        self.lanes = BYTES // self.bytes
        self.vector = ir.VectorType(self.element, self.lanes)

    def _pointer(self, at: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [at]), kind.as_pointer())

    def scalar(self, at: Any) -> Any:
        """Number ``at``."""
        return self.builder.load(self.builder.gep(self.data, [at]))

    def load(self, at: Any) -> Any:
        """The vector that begins at number ``at``."""
        return self.builder.load(self._pointer(at, self.vector), align=self.bytes)

    def load_either(self, condition: Any, other: Array, other_at: Any, at: Any) -> Any:
        """The vector from number ``other_at`` of another array of its type on a condition, else its own at ``at``."""
        pointers = other._pointer(other_at, self.vector), self._pointer(at, self.vector)
        return self.builder.load(self.builder.select(condition, *pointers), align=self.bytes)

    def prefetch(self, at: Any) -> None:
        """Ask for the cache line of number ``at``, which may lie beyond the end."""
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        signature = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(self.builder.module, signature, "llvm.prefetch.p0i8")
        self.builder.call(function, [self._pointer(at, ir.IntType(8)), number(0), number(3), number(1)])

    def _masked(self, operation: str, result: Any, arguments: list[Any]) -> Any:
        name = "f64" if isinstance(self.element, ir.DoubleType) else "f32"
        name = f"llvm.masked.{operation}.v{self.vector.count}{name}.p0"
        signature = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, signature, name)
        return self.builder.call(function, arguments)

    def load_some(self, at: Any, mask: Any) -> Any:
        """A vector, 0 in the lanes that the mask leaves out; these are not read."""
        nothing = ir.Constant(self.vector, [0.0] * self.vector.count)
        pointer, align = self._pointer(at, self.vector), ir.IntType(32)(self.bytes)
        return self._masked("load", self.vector, [pointer, align, mask, nothing])

    def store_some(self, value: Any, at: Any, mask: Any) -> None:
        """Write those lanes of a vector that the mask has."""
        pointer, align = self._pointer(at, self.vector), ir.IntType(32)(self.bytes)
        self._masked("store", ir.VoidType(), [value, pointer, align, mask])

    def store(self, value: Any, at: Any) -> None:
        """Write a vector from number ``at`` on."""
        self.builder.store(value, self._pointer(at, self.vector), align=self.bytes)


def times(builder: Any, index: Any, factor: int) -> Any:
    """index · factor."""
    return builder.mul(index, index.type(factor))


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return fused(builder, *args)

    return a(a, a, a), code
