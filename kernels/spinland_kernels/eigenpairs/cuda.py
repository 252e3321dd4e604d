"""Homotopy continuation of eigenpairs on the card: a block of one warp follows one path to its end.

    ``matrix``, in shared memory: F_z, and what stands right of it; lane j has column j, and entry j of all vectors

                  x_0 … x_{n−1}     λ     right
        i < n     (p−1) […] − λ    −x_i   −F_i or −∂F_i/∂t      elimination above and below each pivot (Gauss–Jordan)
        n         chart             0     −F_n or 0             leaves the solution in the column on the right

    ``vectors``: z | trial | at | chart, n + 1 of each         ``scratch``, in global memory, where p > 3: what is left
                                                               of the tensor, there and back

Every lane takes the same decisions from the same numbers, so that there is one flow, with a barrier after each column.

A block and not a thread has a path, by counting at n = 12, p = 3: there a path is 3.7 KB and a step goes over 0.3 MB
of it. Shared memory of 132 multiprocessors, 128 bytes a clock each, moves 80 such steps in a microsecond. A thread each
would have its path in global memory, which at 4.8 TB/s moves 14; and it would take 17,000 paths to fill the card, not
1,600. Registers let twelve blocks onto a multiprocessor. Paths leave at different times: the next block takes the place
of one that has ended, so that one launch follows all of them, and nothing is sorted.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import complex128
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import SIMULATED, cuda, device, kernel
from ..memory import Arena, resident
from ..types import Homotopy
from . import formula
from .formula import FOLLOWED, LOST, SINGULAR

PATHS = 16384
"""Paths of each tensor in a call."""

LANES = 2 if SIMULATED else 32
"""Threads of a path; the bits do not depend on how many."""

square = device(formula.square)
row = device(formula.row)
stage = device(formula.stage)
change = device(formula.change)
shrinks = device(formula.shrinks)


class Path(NamedTuple):
    """Where a block works: a tensor (n^p,), vectors (n + 1,) each, the matrix (n + 1)·(n + 2), scratch."""

    tensor: NDArray[np.float64]
    z: NDArray[np.complex128]
    trial: NDArray[np.complex128]
    at: NDArray[np.complex128]
    chart: NDArray[np.complex128]
    matrix: NDArray[np.complex128]
    scratch: NDArray[np.complex128]


@device
def _length(vector, begin, stride, count):
    """Norm of ``count`` numbers, from ``begin`` on, in every lane."""
    total = 0.0
    for i in range(count):
        total += square(vector[begin + i * stride])
    return math.sqrt(total)


@device
def _recentre(z, order, path):
    """Bring x to norm 1 along its line, λ with it, and take its conjugate as the chart."""
    n = z.shape[0] - 1
    size = _length(z, 0, 1, n)
    cuda.syncthreads()
    for i in range(cuda.threadIdx.x, n + 1, LANES):
        by = size if i < n else size ** (order - 2)
        z[i] = complex(z[i].real / by, z[i].imag / by)
        path.chart[i] = z[i].conjugate()
    cuda.syncthreads()


@device
def _contract(order, x, path):
    """The first n rows and columns of the matrix = J x^{p−2}: one index of J after the other."""
    n, matrix, scratch = x.shape[0] - 1, path.matrix, path.scratch
    left = path.tensor.shape[0]
    for level in range(order - 2):
        left //= n
        for r in range(cuda.threadIdx.x, left, LANES):
            real, imaginary = 0.0, 0.0
            for k in range(n):
                a, b = x[k].real, x[k].imag
                if level == 0:
                    entry = path.tensor[k * left + r]
                    real += a * entry
                    imaginary += b * entry
                else:
                    entries = scratch[level % 2, k * left + r]
                    real += a * entries.real - b * entries.imag
                    imaginary += a * entries.imag + b * entries.real
            if level == order - 3:
                matrix[r // n * (n + 2) + r % n] = complex(real, imaginary)
            else:
                scratch[1 - level % 2, r] = complex(real, imaginary)
        cuda.syncthreads()


@device
def _linearise(homotopy, t, z, path, speed):
    """The matrix: F_z at (z, t), and on its right −∂F/∂t for ``speed``, else −F."""
    order, matrix, n = homotopy.order, path.matrix, z.shape[0] - 1
    width, factor = n + 2, (homotopy.order - 1) * t
    _contract(order, z, path)
    for i in range(cuda.threadIdx.x, n + 1, LANES):
        begin, total = i * width, 0.0j
        if i < n:
            for j in range(n):
                entry = matrix[begin + j]
                total += entry * z[j]
                matrix[begin + j] = complex(factor * entry.real, factor * entry.imag)
            diagonal, minus_value, minus_speed = row(total, z[i], z[n], t, homotopy.gamma, order)
            matrix[begin + i] += diagonal
            matrix[begin + n] = -z[i]
            matrix[begin + n + 1] = minus_speed if speed else minus_value
        else:
            for j in range(n):
                matrix[begin + j] = path.chart[j]
                total += path.chart[j] * z[j]
            matrix[begin + n] = 0.0j
            matrix[begin + n + 1] = 0.0j if speed else 1.0 - total
    cuda.syncthreads()


@device
def _solve(matrix, count):
    """Make the column on the right of ``count`` rows the solution. False where a pivot vanishes.

    Nobody writes to the column of a pivot while it is read: it is left as it was, but its row is taken for another.
    """
    width = count + 1
    for k in range(count):
        best, largest = k, -1.0
        for i in range(k, count):
            size = square(matrix[i * width + k])
            if size > largest:
                best, largest = i, size
        if not largest > formula.PIVOT:
            return False
        pivot, instead = matrix[best * width + k], matrix[k * width + k]
        a, b = pivot.real / largest, -pivot.imag / largest
        for j in range(k + 1 + cuda.threadIdx.x, width, LANES):
            top = matrix[best * width + j]
            matrix[best * width + j] = matrix[k * width + j]
            top = complex(top.real * a - top.imag * b, top.real * b + top.imag * a)
            matrix[k * width + j] = top
            for i in range(count):
                if i != k:
                    factor = instead if i == best else matrix[i * width + k]
                    matrix[i * width + j] -= factor * top
        cuda.syncthreads()
    return True


@device
def _added(homotopy, t, z, path):
    """Add a Newton step at fixed t to ``z``; its length, infinite where F_z is singular."""
    count, matrix = z.shape[0], path.matrix
    _linearise(homotopy, t, z, path, False)
    if not _solve(matrix, count):
        return math.inf
    for i in range(cuda.threadIdx.x, count, LANES):
        z[i] += matrix[i * (count + 1) + count]
    length = _length(matrix, count, count + 1, count)
    cuda.syncthreads()
    return length


@device
def _attempt(homotopy, t, h, path):
    """A step into ``trial``: the length of its first correction, infinite where it is not to be taken.

    One classical Runge–Kutta step of dz/dt = −F_z⁻¹ ∂F/∂t and two Newton steps, all from one piece of code: written
    out they would take twice the registers.
    """
    count, off = path.z.shape[0], math.inf
    for i in range(cuda.threadIdx.x, count, LANES):
        path.trial[i] = path.at[i] = path.z[i]
    cuda.syncthreads()
    for number in range(6):
        predicting = number < 4
        offset, weight, ahead = stage(min(number, 3), h)
        _linearise(homotopy, t + offset, path.at, path, predicting)
        if not _solve(path.matrix, count):
            return math.inf
        length = _length(path.matrix, count, count + 1, count)
        for i in range(cuda.threadIdx.x, count, LANES):
            step = path.matrix[i * (count + 1) + count]
            if predicting:
                path.trial[i] += complex(weight * step.real, weight * step.imag)
                path.at[i] = path.z[i] + complex(ahead * step.real, ahead * step.imag)
                if number == 3:
                    path.at[i] = path.trial[i]
            else:
                path.at[i] += step
        cuda.syncthreads()
        if number == 4:
            off = length
            if not off < homotopy.tolerance:
                break
    return off if length < formula.CONVERGED or not off < homotopy.tolerance else math.inf


@device
def _finish(homotopy, path):
    """Newton steps at t = 1 until they no longer shrink; the status."""
    length = before = math.inf
    for _ in range(formula.POLISHING):
        _recentre(path.z, homotopy.order, path)
        length = _added(homotopy, 1.0, path.z, path)
        if not length < formula.NEAR:
            return SINGULAR
        if not shrinks(length, before):
            break
        before = length
    _recentre(path.z, homotopy.order, path)
    return FOLLOWED if length < formula.ENDED else SINGULAR


@device
def _path(homotopy, path):
    """Follow one path from t = 0 to 1, in place; the status."""
    t, h = 0.0, formula.FIRST
    for _ in range(formula.MOST_STEPS):
        _recentre(path.z, homotopy.order, path)
        h = min(h, 1.0 - t)
        off = _attempt(homotopy, t, h, path)
        if off < homotopy.tolerance:
            for i in range(cuda.threadIdx.x, path.z.shape[0], LANES):
                path.z[i] = path.at[i]
            cuda.syncthreads()
            t += h
            if t >= 1.0 - 1e-15:
                return _finish(homotopy, path)
        h *= change(off, homotopy.tolerance)
        if not h > formula.SHORTEST:
            break
    return LOST


@kernel(LANES, 12)
def _follow(homotopy, pairs, status, scratch, paths):
    vectors = cuda.shared.array(0, complex128)
    number, count, lane = cuda.blockIdx.x, pairs.shape[1], cuda.threadIdx.x
    path = Path(
        homotopy.tensors[number // paths],
        vectors[:count],
        vectors[count : 2 * count],
        vectors[2 * count : 3 * count],
        vectors[3 * count : 4 * count],
        vectors[4 * count : 4 * count + count * (count + 1)],
        scratch[number],
    )
    for i in range(lane, count, LANES):
        path.z[i] = pairs[number, i]
    cuda.syncthreads()
    ended = _path(homotopy, path)
    for i in range(lane, count, LANES):
        pairs[number, i] = path.z[i]
    if lane == 0:
        status[number] = ended


def track(pairs: NDArray[np.complex128], homotopy: Homotopy) -> NDArray[np.int64]:
    """Follow eigenpairs z = (x, λ) from those of the diagonal tensor γD to those of each tensor, in place.

    Parameters
    ----------
    pairs : (A, B, N+1) complex128
        The starts, and then the ends, |x| = 1.
    homotopy : Homotopy
        The tensors (A, N^p), real and symmetric, of order 3 or more, and the way to them.

    Returns
    -------
    status : (A, B) int64
        FOLLOWED, LOST or SINGULAR.
    """
    (count, paths, unknowns), order = pairs.shape, int(homotopy.order)
    status = np.empty((count, paths), np.int64)
    room = (unknowns - 1) ** (order - 1) if order > 3 else 0
    work = Arena()
    some = work.fitting(paths, count * (16 * (unknowns + 2 * room) + 8))
    on_card = Homotopy(resident(homotopy.tensors), order, complex(homotopy.gamma), float(homotopy.tolerance))
    for low in range(0, paths, some):
        part = np.ascontiguousarray(pairs[:, low : low + some])
        wide = count * part.shape[1]
        there, ended, scratch = work.take(
            ((wide, unknowns), np.complex128), ((wide,), np.int64), ((wide, 2, room), np.complex128)
        )
        jit_cuda.put(part.reshape(wide, unknowns), there)
        shared = 16 * unknowns * (unknowns + 5)
        _follow[wide, shared](on_card, there, ended, scratch, part.shape[1])
        jit_cuda.get(there, part.reshape(wide, unknowns))
        pairs[:, low : low + some] = part
        status[:, low : low + some] = jit_cuda.get(ended).reshape(count, -1)
    return status
