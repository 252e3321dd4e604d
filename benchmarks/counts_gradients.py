"""What launches for the gradients of single samples compute and move, counted as in :mod:`.counts`."""

from __future__ import annotations

from collections.abc import Callable

from spinland_kernels.networks import CROSS_ENTROPY
from spinland_kernels.paper import Launch

from .tallies import EXP, Count, wanted

_PRODUCT = 3
"""Operations of a layer's part of the inner product of two gradients, its factor for each of the two included."""


def _output_delta(launch: Launch) -> Count:
    z, _, _, kind, (items, n, k), *_ = launch.arguments
    size, told = z.dtype.itemsize, kind == CROSS_ENTROPY
    # told: exponents and their sum, a factor of a sum and two quotients; each output times it, and two more
    operations = items * (k * (EXP + 3) + 4 if told else 2 * k)
    return Count(operations, far=items * (2 * k + told) * size + n * wanted(kind, k, size))


def _add_layer(launch: Launch) -> Count:
    of_acts, _, _, _, first, out = launch.arguments
    pairs = out.shape[0]
    return Count(double=pairs * (_PRODUCT + (not first)), far=pairs * (2 * of_acts.dtype.itemsize + 8 * (2 - first)))


def _weigh(launch: Launch) -> Count:
    delta, _, outputs, out = launch.arguments
    numbers = out.shape[0]
    return Count(numbers, far=(numbers + numbers // outputs + delta.shape[0]) * out.dtype.itemsize)


def _dot(launch: Launch) -> Count:
    delta, tangent, outputs, _, out = launch.arguments
    sums = out.shape[0]
    far = (sums * outputs + delta.shape[0]) * tangent.dtype.itemsize + 8 * sums
    return Count(double=sums * (2 * outputs + 1), far=far)


def _add_rows(launch: Launch) -> Count:
    a, c, shape, strips = launch.arguments
    items = launch.blocks // strips
    terms = shape.n * shape.k
    batch = items // shape.parts
    return Count(terms * batch, far=(terms * (batch if a.each else 1) + shape.n * items) * c.data.dtype.itemsize)


def _add_parts(launch: Launch) -> Count:
    _, count, _, out = launch.arguments
    return Count(double=out.size * count, far=out.nbytes * (count + 1))


COUNTS: dict[str, Callable[[Launch], Count]] = {
    "dense.samples.output_delta": _output_delta,
    "sample_gradients.cuda.add_layer": _add_layer,
    "sample_gradients.cuda.weigh": _weigh,
    "sample_gradients.cuda.dot": _dot,
    "lanes.cuda.add_rows": _add_rows,
    "lanes.cuda.add_parts": _add_parts,
}
