"""Layers of networks on the card, as products of matrices (:mod:`..lanes.cuda`): forward, back, gradients of weights.

Samples are rows: n of them, of each of a batch. A batch of networks is a batch of points; weights lie in the points and
are read from there, in whichever order of theirs:

    forward    C (n × out) = A (n × in) W' + b
    back       C (n × in) = δ (n × out) W
    sums       G (out × in) = δ' A, of ``part`` samples each, laid out as points:

               | item 0, part 0: dim | item 0, part 1: dim | … | item 1, part 0: dim | …

Where a layer has few outputs and more inputs, the sum is formed the other way round, for the narrow tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ..lanes.cuda import NARROW, add_rows, multiply
from ..lanes.tiles import BIAS, LEAVE, RECTIFY, ZERO, Ends, Matrices, Shape, plain, rows
from ..networks import Network


class Layer(NamedTuple):
    """A layer's parameters in a point: the weight (fan_out, fan_in) from number ``at`` on, then the bias."""

    at: int
    fan_in: int
    fan_out: int


class Layers(NamedTuple):
    """Networks of one shape on the card: point b begins at number ``b·each`` of ``points``; 0: all are one network.

    Their products are in ``precision``, as of :class:`..networks.Samples`.
    """

    points: Any
    each: int
    of: tuple[Layer, ...]
    bias: bool
    precision: int

    @classmethod
    def of_network(cls, network: Network, points: Any, each: int, precision: int) -> Layers:
        """All layers of a network."""
        found, at, bias = [], 0, bool(network.bias)
        for fan_in, fan_out in pairwise(int(width) for width in network.widths):
            found.append(Layer(at, fan_in, fan_out))
            at += fan_out * (fan_in + bias)
        return cls(points, each, tuple(found), bias, precision)

    def above(self, count: int) -> Layers:
        """The layers above the first ``count``."""
        return self._replace(of=self.of[count:])

    def tail(self, count: int) -> Layers:
        """The same, of points that have the parameters of these layers alone."""
        skipped = self.of[count].at if count < len(self.of) else 0
        return self._replace(of=tuple(layer._replace(at=layer.at - skipped) for layer in self.of[count:]))

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(layer.fan_out * (layer.fan_in + self.bias) for layer in self.of)

    def forward(self, x: Matrices, outs: Sequence[Any], n: int, batch: int, last: int = LEAVE) -> Any:
        """All layers from ``x`` on, each into its array of ``outs``; returns the last of these, or that of ``x``.

        ``last`` is what is done to the last, LEAVE or RECTIFY.
        """
        for layer, out in zip(self.of, outs, strict=True):
            c = rows(out, n, layer.fan_out)
            self.affine(layer, x, c, n, last if layer is self.of[-1] else RECTIFY, batch)
            x = c
        return x.data

    def affine(self, layer: Layer, x: Matrices, c: Matrices, n: int, end: int, batch: int, gate: Any = None) -> None:
        """C (n, out) = X W' + b, and what is to be done after it."""
        bias = Matrices(self.points, layer.at + layer.fan_in * layer.fan_out, 0, 1, self.each)
        self.onward(layer, x, c, n, Ends(BIAS if self.bias else ZERO, bias, end, gate or c), batch)

    def onward(self, layer: Layer, x: Matrices, c: Matrices, n: int, ends: Ends, batch: int) -> None:
        """C (n, out) = X W', without the bias."""
        weight = Matrices(self.points, layer.at, 1, layer.fan_in, self.each)
        shape = Shape(n, layer.fan_out, layer.fan_in, layer.fan_in, 1)
        multiply(x, weight, c, shape, ends, batch, self.precision)

    def back(self, layer: Layer, delta: Matrices, c: Matrices, n: int, ends: Ends, batch: int) -> None:
        """C (n, in) = δ W."""
        weight = Matrices(self.points, layer.at, layer.fan_in, 1, self.each)
        shape = Shape(n, layer.fan_in, layer.fan_out, layer.fan_out, 1)
        multiply(delta, weight, c, shape, ends, batch, self.precision)


class Sums(NamedTuple):
    """Gradients in parts: that of item b over part p begins at number ``(b·parts + p)·dim`` of ``data``.

    Attributes
    ----------
    data : float array (any,)
        On the card.
    dim : int
        Parameters of an item.
    n, part : int
        Samples, and how many of them a part has.
    """

    data: Any
    dim: int
    n: int
    part: int
    precision: int

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self.n // self.part)

    def weight(self, layer: Layer, delta: Matrices, below: Matrices, begin: int, batch: int) -> None:
        """δ' A of a layer into its place, or added to what is there; δ is (n, out), A (n, in)."""
        m, k = layer.fan_out, layer.fan_in
        a, b, down, along = delta, below, k, 1
        if m <= NARROW < k:
            a, b, m, k, down, along = below, delta, k, m, 1, k
        c = Matrices(self.data, layer.at, down, along, self.dim)
        turned = a._replace(down=a.along, along=a.down)
        shape, ends = Shape(m, k, self.n, self.part, self.parts), plain(c)._replace(begin=begin)
        multiply(turned, b, c, shape, ends, batch, self.precision)

    def bias(self, layer: Layer, delta: Matrices, batch: int) -> None:
        """Σ δ over samples into the bias's place."""
        c = Matrices(self.data, layer.at + layer.fan_in * layer.fan_out, 0, 1, self.dim)
        add_rows(delta, c, Shape(1, layer.fan_out, self.n, self.part, self.parts), batch)
