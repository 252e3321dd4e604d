"""Blocks of the slice kernel: samples lie in lanes, the numbers of a vector side by side.

``z`` (blocks·(K+1), M·lanes) holds the first layer's pre-activations of the origin and of the K directions, for
M units; its rows b·(K+1), ... belong to lanes ``b`` of samples. ``n`` is K+1 and ``c`` (P, K) the
coefficients. Workspaces are passed whole, with the place where to begin: a view
costs reference counting, which matters at this grain.
"""

from itertools import pairwise

import numpy as np

from ..blas import gemm
from ..jit import block
from ..mlp import layers
from ..vectors import ROWS
from . import lanes as in_lanes

#: Hidden units combined at once: they and their sources fit a core's first cache, for one set of lanes.
UNITS = 64


@block
def preactivations(origin_and_directions, bias, x, products, z, lanes):
    """First layer's pre-activations W X' + b of all vectors into z, for inputs x (T, D).

    ``products`` (M, T) is workspace. Lanes beyond the last sample become zero.
    """
    units, samples, fan_in = products.shape[0], x.shape[0], x.shape[1]
    n = origin_and_directions.shape[0]
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


def packed(vectors, widths, bias):
    """Parameters (n, size) of the layers after the first, as the groups of rows that ``layer`` multiplies at once.

    A group of r rows of a weight (out, in) lies transposed, (in, r); after all groups comes the bias, zeros where
    there is none.
    """
    parts = []
    at = widths[1] * (widths[0] + bias)
    for fan_in, fan_out in pairwise(widths[1:]):
        weight = vectors[:, at : at + fan_out * fan_in].reshape(-1, fan_out, fan_in)
        at += fan_out * fan_in
        row = 0
        for left in range(-(-fan_out // ROWS), 0, -1):
            rows = -(-(fan_out - row) // left)
            parts.append(weight[:, row : row + rows].transpose(0, 2, 1).reshape(len(vectors), -1))
            row += rows
        parts.append(vectors[:, at : at + fan_out] if bias else np.zeros_like(vectors[:, :fan_out]))
        at += fan_out if bias else 0
    return np.concatenate(parts, axis=1) if parts else vectors[:, :0]


@block
def layer(weights, at, fan_in, first, depth, x, x_at, h, h_at, step, fan_out, floor):
    """h = max(b + W[:, first : first + depth] x, floor) for one set of lanes; W and b, packed, begin at ``at``.

    Where ``first`` is not 0, the product is added to h instead of to the bias.
    """
    row = 0
    for left in range((fan_out + ROWS - 1) // ROWS, 0, -1):
        rows = (fan_out - row + left - 1) // left  # all groups nearly equal
        in_lanes.layer_rows(
            weights, at + row * fan_in + first * rows, at + fan_out * fan_in + row, x, x_at, depth,
            h, h_at + row * step, step, rows, first == 0, floor,
        )  # fmt: skip
        row += rows


@block
def second_layer(z, row, n, c, start, points, later, size, widths, acts, h, h_point, h_at, step):
    """Outputs of the second layer at ``points`` points of a group, for one set of lanes.

    Row r of point g goes to ``h`` from g·h_point + h_at + r·step. A few units at a time are combined and added to
    all rows, so that their pre-activations are read once for the whole group.
    """
    units, fan_out = widths[1], widths[2]
    lanes = z.shape[1] // units
    zero = h.dtype.type(0)
    for first in range(0, units, UNITS):
        depth = min(UNITS, units - first)
        rectified = first + depth == units and widths.shape[0] > 3
        floor = zero if rectified else h.dtype.type(-np.inf)
        for g in range(points):
            in_lanes.combine(
                acts, 0, z, row * z.shape[1] + first * lanes, z.shape[1], n, c, (start + g) * (n - 1), zero,
                depth * lanes,
            )  # fmt: skip
            place = g * h_point + h_at
            layer(later, g * size, units, first, depth, acts, 0, h, place, step, fan_out, floor)


@block
def further_layers(later, at, widths, lanes, acts, x_at, spare, out, out_at, step):
    """Layers from the third on, for one set of lanes; x from ``x_at`` is the output of the second."""
    at += widths[2] * (widths[1] + 1)
    last = widths.shape[0] - 2
    for number in range(2, last + 1):
        fan_in, fan_out = widths[number], widths[number + 1]
        if number == last:
            floor = out.dtype.type(-np.inf)
            layer(later, at, fan_in, 0, fan_in, acts, x_at, out, out_at, step, fan_out, floor)
        else:
            floor = out.dtype.type(0)
            layer(later, at, fan_in, 0, fan_in, acts, x_at, acts, spare, lanes, fan_out, floor)
            x_at, spare = spare, x_at
        at += fan_out * (fan_in + 1)


@block
def copy_rows(h, rows, lanes, out, out_at, step):
    """Rows of lanes from the beginning of ``h`` into ``out``, ``step`` apart."""
    for r in range(rows):
        for t in range(lanes):
            out[out_at + r * step + t] = h[r * lanes + t]
