"""Layers at a group of points, for one set of lanes of samples (workspaces are drawn in :mod:`.work`).

    first layer     z(c) = z_0 + Σ_k c_k z_k           linear in the coefficients: combined, not multiplied
    later layers    h = max(b + W a, 0)                 W and b combined once for each point

Workspaces are passed whole, with the place where to begin: a view costs reference counting, which matters at
this grain.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..blas import gemm
from ..jit import block
from ..lanes.combinations import combine
from ..lanes.product import Factors, Rows, rows_product
from ..mlp import layers
from ..vectors import ROWS
from .work import UNITS


class Points(NamedTuple):
    """A group of points: ``length`` rows of the coefficients c (P, K), from ``begin`` on."""

    c: NDArray[Any]
    begin: int
    length: int


class Place(NamedTuple):
    """Rows of lanes in a flat array: row r of point g at number ``at + g · point + r · step``."""

    at: int
    point: int
    step: int


@block
def preactivations(origin_and_directions, bias, x, work, lanes):
    """First layer's pre-activations W X' + b of all vectors into z, for inputs x (T, D).

    Lanes beyond the last sample become zero.
    """
    samples, fan_in = x.shape
    n, z, units = origin_and_directions.shape[0], work.z, work.z.shape[1] // lanes
    products = layers.matrix(work.products, 0, units, samples)
    for v in range(n):
        vector = origin_and_directions[v]
        gemm(False, True, layers.weight_of(vector, 0, fan_in, units), x, False, products)
        for b in range((samples + lanes - 1) // lanes):
            filled = min(lanes, samples - b * lanes)
            for m in range(units):
                shift = vector[units * fan_in + m] if bias else vector.dtype.type(0)
                for t in range(filled):
                    z[b * n + v, m * lanes + t] = products[m, b * lanes + t] + shift
                for t in range(filled, lanes):
                    z[b * n + v, m * lanes + t] = 0


@block
def layer(weights, at, fans, part, x, x_at, h, rows, floor):
    """h = max(b + W[:, first : first + depth] x, floor) for one set of lanes; W and b, packed, begin at ``at``.

    ``fans`` are (in, out), ``part`` is (first, depth), and ``rows`` says where the rows of h lie. Where ``first`` is
    not 0, the product is added to h instead of to the bias.
    """
    fan_in, fan_out = fans
    first, depth = part
    row = 0
    for left in range((fan_out + ROWS - 1) // ROWS, 0, -1):
        count = (fan_out - row + left - 1) // left  # all groups nearly equal
        bias_at = at + fan_out * fan_in + row if first == 0 else -1
        factors = Factors(at + row * fan_in + first * count, count)
        out, size = Rows(rows.at + row * rows.step, rows.step), (count, depth)
        rows_product(weights, factors, bias_at, x, x_at, h, out, size, floor)
        row += count


@block
def second_layer(work, b, points, network, size, h, place):
    """Outputs of the second layer at a group of points, for set of lanes ``b``.

    A few units at a time are combined and added to all rows, so that their pre-activations are read once for the
    whole group. ``size`` is the length of a point's later parameters.
    """
    units, fan_out = network.widths[1], network.widths[2]
    lanes, n = work.z.shape[1] // units, points.c.shape[1] + 1
    zero = h.dtype.type(0)
    for first in range(0, units, UNITS):
        depth = min(UNITS, units - first)
        rectified = first + depth == units and network.widths.shape[0] > 3
        floor = zero if rectified else h.dtype.type(-np.inf)
        sources = Rows(b * n * work.z.shape[1] + first * lanes, work.z.shape[1])
        for g in range(points.length):
            at = (points.begin + g) * (n - 1)
            combine(work.acts, 0, work.z, sources, n, points.c, at, zero, depth * lanes)
            rows = Rows(place.at + g * place.point, place.step)
            layer(work.later, g * size, (units, fan_out), (first, depth), work.acts, 0, h, rows, floor)


@block
def further_layers(work, at, network, lanes, x_at, spare, out):
    """Layers from the third on, for one set of lanes; x from ``x_at`` of ``acts`` is the output of the second.

    The last goes to the rows ``out`` of the outputs.
    """
    widths, acts, later = network.widths, work.acts, work.later
    at += widths[2] * (widths[1] + 1)
    last = widths.shape[0] - 2
    begin = 0
    for number in range(2, last + 1):
        fan_in, fan_out = widths[number], widths[number + 1]
        if number == last:
            floor = acts.dtype.type(-np.inf)
            layer(later, at, (fan_in, fan_out), (begin, fan_in), acts, x_at, work.out, out, floor)
        else:
            floor = acts.dtype.type(0)
            layer(later, at, (fan_in, fan_out), (begin, fan_in), acts, x_at, acts, Rows(spare, lanes), floor)
            x_at, spare = spare, x_at
        at += fan_out * (fan_in + 1)


@block
def copy_rows(h, rows, lanes, out, place):
    """Rows of lanes from the beginning of ``h`` to where ``place`` (Rows) says in ``out``."""
    for r in range(rows):
        for t in range(lanes):
            out[place.at + r * place.step + t] = h[r * lanes + t]
