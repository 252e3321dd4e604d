"""Points in panels, as the passes read them, and derivatives out of panels again.

Every weight W (out, in) is turned round, so that its units lie side by side (:mod:`..lanes.panels`); M' is M filled up
to whole vectors. The backward pass wants the later weights as they are, too:

    point        | W_1: M_1 · M_0  | b_1: M_1  | W_2: M_2 · M_1  | b_2: M_2  | …
    in panels    | W_1': M_0 · M_1' | b_1: M_1' | W_2': M_1 · M_2' | b_2: M_2' | … | W_2: M_2 · M_1' | …

A derivative in panels has the first part. Without biases the point lacks them, the panels hold zeros.
"""

from __future__ import annotations

from numba import prange

from ..jit import arithmetic, block, loop
from ..lanes import panels
from . import layers
from .formula import layer_size


@arithmetic
def size_of(widths, itemsize, backward):
    """Numbers of a point in panels, with what the backward pass wants, or without."""
    size = 0
    for layer in range(len(widths) - 1):
        size += (widths[layer] + 1) * panels.padded(widths[layer + 1], itemsize)
        if backward and layer > 0:
            size += widths[layer + 1] * panels.padded(widths[layer], itemsize)
    return size


@block
def count_panels(widths, itemsize):
    """Panels of all layers."""
    wide, count = panels.units_in(itemsize), 0
    for layer in range(1, widths.shape[0]):
        count += (widths[layer] + wide - 1) // wide
    return count


@block
def panel_at(network, number, itemsize):
    """Layer and first unit of panel ``number``, and where its layer begins in a point and in panels."""
    widths, wide = network.widths, panels.units_in(itemsize)
    layer, offset, at = 0, 0, 0
    while number >= (widths[layer + 1] + wide - 1) // wide:
        number -= (widths[layer + 1] + wide - 1) // wide
        offset += layer_size(widths[layer], widths[layer + 1], network.bias)
        at += (widths[layer] + 1) * panels.padded(widths[layer + 1], itemsize)
        layer += 1
    return layer, number * wide, offset, at


@block
def _pack_panel(point, network, number, packed):
    """Panel ``number`` of the first part, with its biases."""
    layer, first, offset, at = panel_at(network, number, point.itemsize)
    fan_in, units = network.widths[layer], network.widths[layer + 1]
    panels.copy_panel(layers.weight_of(point, offset, fan_in, units), first, packed, at, True)
    bias = layers.bias_of(point, offset, fan_in, units, network.bias)
    begin = at + fan_in * panels.padded(units, point.itemsize)
    for u in range(first, first + panels.lanes_of(first, units, point.itemsize)):
        packed[begin + u] = bias[u] if u < bias.shape[0] else 0


@block
def _pack_for_backward(point, network, packed):
    """The second part."""
    widths, at = network.widths, size_of(network.widths, point.itemsize, False)
    offset = layer_size(widths[0], widths[1], network.bias)
    for layer in range(1, widths.shape[0] - 1):
        fan_in, units = widths[layer], widths[layer + 1]
        panels.copy_rows(layers.weight_of(point, offset, fan_in, units), packed, at)
        offset += layer_size(fan_in, units, network.bias)
        at += units * panels.padded(fan_in, point.itemsize)


@loop
def pack(points, network, backward, packed):
    """Points (B, dim) into panels (B, :func:`size_of`)."""
    each = count_panels(network.widths, points.itemsize)
    for item in prange(points.shape[0] * each):
        b, number = item // each, item % each
        _pack_panel(points[b], network, number, packed[b])
        if backward and number == 0:
            _pack_for_backward(points[b], network, packed[b])


@block
def _sum(parts, begin, count, sums):
    """Σ parts[g, begin : begin + count] over the groups g in order, in float64."""
    for i in range(count):
        sums[i] = 0
    for g in range(parts.shape[0]):
        part = parts[g, begin : begin + count]
        for i in range(count):
            sums[i] += part[i]


@block
def _sum_panel(parts, network, number, sums, out):
    """The sum of panel ``number``, rounded once, into the derivative ``out``; ``sums`` is workspace."""
    layer, first, offset, at = panel_at(network, number, out.itemsize)
    fan_in, units = network.widths[layer], network.widths[layer + 1]
    lanes = panels.lanes_of(first, units, out.itemsize)
    count, some = min(lanes, units - first), sums.shape[0] // lanes
    weight = layers.weight_of(out, offset, fan_in, units)
    for low in range(0, fan_in, some):
        high = min(low + some, fan_in)
        _sum(parts, at + first * fan_in + low * lanes, (high - low) * lanes, sums)
        for u in range(count):
            for p in range(low, high):
                weight[first + u, p] = sums[(p - low) * lanes + u]
    if network.bias:
        _sum(parts, at + fan_in * panels.padded(units, out.itemsize) + first, count, sums)
        bias = layers.bias_of(out, offset, fan_in, units, True)
        for u in range(count):
            bias[first + u] = sums[u]


@loop
def sum_groups(partial, network, sums, out):
    """Derivatives (B, dim) from the sums of groups in panels (B, groups, size); ``sums`` is (workers, numbers)."""
    each, workers = count_panels(network.widths, out.itemsize), sums.shape[0]
    items = out.shape[0] * each
    for w in prange(workers):
        for item in range(w, items, workers):
            b, number = item // each, item % each
            _sum_panel(partial[b], network, number, sums[w], out[b])
