"""Products of a warp in tensor cores, TF32 by ``mma.sync``: which thread holds which numbers.

    D = A B + C        (16 × 8) = (16 × 8) (8 × 8) + (16 × 8); thread 4 g + q of a warp, g < 8, q < 4

    A                 B                 C, D
      k →               n →               n →
    m |a_0 | a_2      k | b_0           m | c_0 c_1        a_0 = A[g, q]      a_2 = A[g, q + 4]
    ↓ +----+----      ↓ +-----          ↓ +--------        a_1 = A[g + 8, q]  a_3 = A[g + 8, q + 4]
      |a_1 | a_3        | b_1             | c_2 c_3        b_0 = B[q, g]      b_1 = B[q + 4, g]
                                                           c_0, c_1 = C[g, 2q], C[g, 2q + 1]; c_2, c_3 in row g + 8

A warp has ``tall`` such tiles one below the other and ``wide`` side by side. Factors are numbers of TF32, which have 10
bits behind the point; what an instruction adds, it adds in float32 and, on hardware, without rounding to nearest.

A number of float32 is the sum of two of TF32 but for 2⁻²² of it: x rounded, and what is left, rounded. Three products
of these give that of the numbers but for 3 · 2⁻²² of it; the smallest are added first, from zero, and the sum of the
three is added to the others outside, where it is rounded to nearest (Ootomo and Yokota, arXiv:2203.03341).

In the simulator the threads of a block show each other their fragments in shared memory; each takes what is its own.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from ..jit_cuda import SIMULATED, THREADS, cuda, device, mma, to_tf32
from .tiles import WARP

_MANTISSA = 13
"""Bits of a float32 that TF32 lacks."""


def _rounded(x: Any) -> Any:
    """``cvt.rna.tf32.f32`` in Python."""
    if not np.isfinite(x):
        return x
    bits = int(np.float32(x).view(np.uint32)) + (1 << (_MANTISSA - 1))
    return np.uint32(bits >> _MANTISSA << _MANTISSA).view(np.float32)


def _cut(words: Any) -> Any:
    """What the hardware reads of a factor, in float64."""
    return (words.view(np.uint32) >> _MANTISSA << _MANTISSA).view(np.float32).astype(np.float64)


def _multiplied(sums: Any, lefts: Any, rights: Any) -> None:
    """:func:`multiply` in Python, each instruction with one rounding."""
    (parts, tall, _), wide = lefts.shape, rights.shape[1]
    left = cuda.shared.array((THREADS, parts * tall * 4), numba.float32)
    right = cuda.shared.array((THREADS, parts * wide * 2), numba.float32)
    thread = int(cuda.threadIdx.x)
    left[thread], right[thread] = lefts.ravel(), rights.ravel()
    cuda.syncthreads()
    first, g, q = thread - thread % WARP, thread % WARP // 4, thread % 4
    a, b = (_cut(array[first : first + WARP]) for array in (left, right))
    cuda.syncthreads()
    a = a.reshape(8, 4, parts, tall, 2, 2)[g].transpose(1, 2, 4, 3, 0).reshape(parts, 2 * tall, 8)
    b = b.reshape(8, 4, parts, wide, 2)[2 * q : 2 * q + 2].transpose(2, 4, 1, 3, 0).reshape(parts, 8, 2 * wide)
    if parts == 1:
        sums[...] = sums + a[0] @ b[0]
    else:
        small = (a[1] @ b[0]).astype(np.float32)
        small = (small + a[0] @ b[1]).astype(np.float32)
        sums += (small + a[0] @ b[0]).astype(np.float32)


rounded: Any = _rounded if SIMULATED else to_tf32


@device
def _step(lefts, t, rights, v, c):
    """One instruction."""
    return mma(lefts[t, 0], lefts[t, 1], lefts[t, 2], lefts[t, 3], rights[v, 0], rights[v, 1], c)


@device
def _multiply(sums, lefts, rights):
    """Add products of a warp's fragments, lefts (parts, tall, 4) by rights (parts, wide, 2), to sums (2 tall, 2 wide).

    Of one part, or of two, the high and the low. All threads of a block take part.
    """
    zero = numba.float32(0)
    for t in range(lefts.shape[1]):
        for v in range(rights.shape[1]):
            u, o = 2 * t, 2 * v
            if lefts.shape[0] == 1:
                c = sums[u, o], sums[u, o + 1], sums[u + 1, o], sums[u + 1, o + 1]
                c = _step(lefts[0], t, rights[0], v, c)
                sums[u, o], sums[u, o + 1], sums[u + 1, o], sums[u + 1, o + 1] = c
            else:
                c = _step(lefts[1], t, rights[0], v, (zero, zero, zero, zero))
                c = _step(lefts[0], t, rights[1], v, c)
                c = _step(lefts[0], t, rights[0], v, c)
                sums[u, o] += c[0]
                sums[u, o + 1] += c[1]
                sums[u + 1, o] += c[2]
                sums[u + 1, o + 1] += c[3]


multiply: Any = _multiplied if SIMULATED else _multiply
