"""Passes of all samples through one network on the card, from which derivatives along many vectors start.

    acts, slopes   a matrix (n, width) for each layer, that of one point, which all vectors share
    tangents       one for each vector and layer:   | vector 0: n × M_l | vector 1: n × M_l | …

The equations are those of :mod:`..mlp.passes`.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from .. import jit_cuda
from ..lanes.tiles import GATE, ITSELF, LEAVE, ZERO, Ends, Matrices, rows
from ..networks import Network
from .layers import Layers
from .samples import Prepared


def at_point(point: NDArray[Any], network: Network, prepared: Prepared) -> tuple[Layers, Any, list[Any], list[Any]]:
    """The layers on the card, the labels' shares, activations of hidden layers and derivatives by all layers."""
    widths, n, dtype = [int(width) for width in network.widths[1:]], prepared.n, prepared.samples.x.dtype
    sizes = point.shape[0], n, *(n * width for width in (*widths[:-1], *widths))
    held, shares, *more = prepared.given.take(*(((size,), dtype) for size in sizes))
    acts, deltas = more[: len(widths) - 1], more[len(widths) - 1 :]
    layers = Layers.of_network(network, jit_cuda.put(point, held), 0, prepared.precision)
    layers.forward(prepared.x, [*acts, deltas[-1]], n, 1)
    prepared.delta(deltas[-1], widths[-1], 1, shares)
    for number in range(len(widths) - 1, 0, -1):
        layer = layers.of[number]
        c, gate = rows(deltas[number - 1], n, layer.fan_in), rows(acts[number - 1], n, layer.fan_in)
        layers.back(layer, rows(deltas[number], n, layer.fan_out), c, n, Ends(ZERO, c, GATE, gate), 1)
    same = [
        [rows(array, n, width)._replace(each=0) for array, width in zip(arrays, widths, strict=False)]
        for arrays in (acts, deltas)
    ]
    return layers, shares, *same


def tangents_at(
    at: Layers, along: Layers, x: Matrices, acts: list[Matrices], arrays: list[Any], n: int, batch: int
) -> Any:
    """Derivatives of every layer along each vector."""
    tangents = [rows(array, n, layer.fan_out) for array, layer in zip(arrays, at.of, strict=True)]
    for number, layer in enumerate(at.of):
        gate = acts[number] if number < len(acts) else None
        end, c = GATE if gate else LEAVE, tangents[number]
        if number == 0:
            along.affine(layer, x, c, n, end, batch, gate)
        else:
            along.affine(layer, acts[number - 1], c, n, LEAVE, batch)
            at.onward(layer, tangents[number - 1], c, n, Ends(ITSELF, c, end, gate or c), batch)
    return tangents
