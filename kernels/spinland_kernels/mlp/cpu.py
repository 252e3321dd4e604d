"""Loss, accuracy, gradient and Hessian products of ReLU networks at many points, on the cores.

Work is cut into items (point, tile or group of tiles of samples), each computed by one thread with one-threaded
BLAS; partial sums are added in a fixed order afterwards. The bits do not depend on the number of threads or on
how points are batched.
"""

import numba
import numpy as np
from numba import prange

from ..blas import single_threaded
from ..jit import block, loop
from . import layers, passes, scores
from .inputs import aligned, pack, panel_width, panels_size

_PANELS = 1 << 27  # bytes of first-layer weights in panels that are held at once
_PIECE = 1 << 15  # numbers that one item sums over the groups


@loop
def _pack(points, bias, units, packed):
    panels = packed.shape[1]
    for item in prange(points.shape[0] * panels):
        b, j = item // panels, item % panels
        pack(points[b], bias, units, j * packed.shape[3], packed[b, j])


def _packed(points, widths, bias, inputs):
    """Panels (B, panels, D + 1, width) of the first layer of points; none of them where samples are dense."""
    fan_in, units = int(widths[0]), int(widths[1])
    width = panel_width(units, points.dtype)
    if not inputs.sparse:
        return np.empty((points.shape[0], 0, fan_in + 1, width), points.dtype)
    packed = aligned(points.shape[0], panels_size(units, fan_in + 1, width), points.dtype)
    packed = packed.reshape(points.shape[0], -1, fan_in + 1, width)
    _pack(points, bias, units, packed)
    return packed


class _Work:
    """Workspaces of the workers: activations of a tile, a panel of them, and its outputs as columns."""

    def __init__(self, items, widths, inputs):
        dtype, rows = inputs.x.dtype, min(inputs.tile, inputs.x.shape[0])
        width = panel_width(int(widths[1]), dtype)
        self.workers = min(numba.get_num_threads(), max(1, items))
        self.panel = aligned(self.workers, rows * width, dtype).reshape(self.workers, rows, width)
        self.outputs = np.empty((self.workers, scores.work_size(rows, int(widths[-1]))), dtype)
        self.size = rows * layers.kept(widths)
        self.dtype = dtype

    def activations(self):
        """One number for each unit and sample of a tile, for each worker."""
        return aligned(self.workers, self.size, self.dtype)


@block
def _tile_score(point, packed, widths, bias, x, rows, labels, targets, kind, low, high, panel, outputs, acts):
    begin = passes.forward(point, packed, widths, bias, x, rows, low, high, panel, acts)
    return scores.score(
        layers.matrix(acts, begin, high - low, widths[-1]), labels, targets, kind, low, outputs
    )


@loop
def _losses(
    points, packed, widths, bias, x, rows, labels, targets, kind, tile, panel, outputs, acts, loss, correct
):
    n = x.shape[0]
    tiles = loss.shape[1]
    items = points.shape[0] * tiles
    workers = acts.shape[0]
    for w in prange(workers):
        for item in range(w, items, workers):
            b, t = item // tiles, item % tiles
            loss[b, t], correct[b, t] = _tile_score(
                points[b], packed[b], widths, bias, x, rows, labels, targets, kind, t * tile,
                min(t * tile + tile, n), panel[w], outputs[w], acts[w],
            )  # fmt: skip


def losses(points, widths, bias, inputs, labels, targets, kind):
    """Mean loss (B,) and share of right answers (B,), both float64, at points (B, dim) over all samples.

    ``inputs`` is an :class:`.inputs.Inputs`. The accuracy is NaN where there are no labels.
    """
    n, widths = inputs.x.shape[0], layers.as_widths(widths)
    tiles = -(-n // inputs.tile)
    loss = np.empty((points.shape[0], tiles))
    correct = np.empty((points.shape[0], tiles))
    work = _Work(loss.size, widths, inputs)
    acts = work.activations()
    at_once = max(1, _PANELS // max(1, points.itemsize * int(widths[0] * widths[1])))
    with single_threaded():
        for low in range(0, points.shape[0], at_once):
            part = slice(low, low + at_once)
            _losses(
                points[part], _packed(points[part], widths, bias, inputs), widths, bias, inputs.x, inputs.rows, labels,
                targets, kind, inputs.tile, work.panel, work.outputs, acts, loss[part], correct[part],
            )  # fmt: skip
    accuracy = correct.sum(axis=1) / n if labels.shape[0] else np.full(points.shape[0], np.nan)
    return loss.sum(axis=1) / n, accuracy


@block
def _clear(values):
    for i in range(values.shape[0]):
        values[i] = 0


@block
def _group_gradient(
    point, packed, widths, bias, x, rows, columns, labels, targets, kind, low, high, tile, panel, outputs, acts, deltas, out
):  # fmt: skip
    """Gradient of samples ``low`` … ``high`` − 1 into ``out``, laid out for :func:`.passes.add_gradient`."""
    n = x.shape[0]
    _clear(out)
    for first in range(low, high, tile):
        last = min(first + tile, high)
        begin = passes.forward(point, packed, widths, bias, x, rows, first, last, panel, acts)
        passes.output_delta(
            acts, begin, last - first, widths[-1], labels, targets, kind, first, n, outputs, deltas
        )
        passes.backward(point, widths, bias, last - first, 1, acts, begin, deltas)
        passes.add_gradient(deltas, acts, begin, widths, bias, x, columns, first, last, panel, out)


@loop
def _gradients(
    points, packed, widths, bias, x, rows, columns, labels, targets, kind, tile, panel, outputs, acts, deltas, partial
):  # fmt: skip
    n = x.shape[0]
    groups = partial.shape[1]
    tiles = (n + tile - 1) // tile
    workers = acts.shape[0]
    items = points.shape[0] * groups
    for w in prange(workers):
        for item in range(w, items, workers):
            b, g = item // groups, item % groups
            _group_gradient(
                points[b], packed[b], widths, bias, x, rows, columns, labels, targets, kind,
                g * tiles // groups * tile, min((g + 1) * tiles // groups * tile, n), tile,
                panel[w], outputs[w], acts[w], deltas[w], partial[b, g],
            )  # fmt: skip


@loop
def _reduce(partial, fan_in, units, width, out):
    """Sum of the groups in order, in float64; ``units`` units of the first weight come out of their panels."""
    panels = (units + width - 1) // width
    first = panels * width * fan_in
    rest = partial.shape[2] - first
    pieces = panels + (rest + _PIECE - 1) // _PIECE
    for item in prange(out.shape[0] * pieces):
        b, j = item // pieces, item % pieces
        if j < panels:
            passes.sum_panel(partial[b], j, fan_in, width, layers.weight_of(out[b], 0, fan_in, units))
        else:
            low = (j - panels) * _PIECE
            high = min(low + _PIECE, rest)
            passes.sum_groups(
                partial[b, :, first + low : first + high],
                out[b, units * fan_in + low : units * fan_in + high],
            )


class _Partial:
    """Sums of gradients over groups of tiles, (B, groups, size), and how they become gradients."""

    def __init__(self, count, widths, dim, inputs):
        self.fan_in, self.dim = int(widths[0]), dim
        self.units = int(widths[1]) if inputs.sparse else 0  # that lie in panels
        self.width = panel_width(int(widths[1]), inputs.x.dtype)
        size = dim - self.units * self.fan_in + panels_size(self.units, self.fan_in, self.width)
        groups = min(8, -(-inputs.x.shape[0] // inputs.tile))
        self.values = np.empty((count, groups, size), inputs.x.dtype)

    def total(self):
        """Gradients (B, dim)."""
        out = np.empty((self.values.shape[0], self.dim), self.values.dtype)
        _reduce(self.values, self.fan_in, self.units, self.width, out)
        return out


def gradients(points, widths, bias, inputs, labels, targets, kind):
    """Gradients (B, dim) of the mean loss at points (B, dim)."""
    widths = layers.as_widths(widths)
    partial = _Partial(points.shape[0], widths, points.shape[1], inputs)
    work = _Work(points.shape[0] * partial.values.shape[1], widths, inputs)
    with single_threaded():
        _gradients(
            points, _packed(points, widths, bias, inputs), widths, bias, inputs.x, inputs.rows, inputs.columns, labels,
            targets, kind, inputs.tile, work.panel, work.outputs, work.activations(), work.activations(), partial.values,
        )  # fmt: skip
    return partial.total()


@block
def _group_products(
    point, packed, vectors, packed_vectors, widths, bias, x, rows, columns, labels, targets, kind, low, high, tile,
    panel, outputs, acts, deltas, tangents, r_deltas, g, partial,
):  # fmt: skip
    """Hessian times ``vectors`` for samples ``low`` … ``high`` − 1 into ``partial[:, g]``.

    What depends on the point alone is computed once for all vectors.
    """
    n = x.shape[0]
    for v in range(vectors.shape[0]):
        _clear(partial[v, g])
    for first in range(low, high, tile):
        last = min(first + tile, high)
        count = last - first
        begin = passes.forward(point, packed, widths, bias, x, rows, first, last, panel, acts)
        passes.output_delta(acts, begin, count, widths[-1], labels, targets, kind, first, n, outputs, deltas)
        passes.backward(point, widths, bias, count, 2, acts, begin, deltas)
        for v in range(vectors.shape[0]):
            passes.forward_tangent(
                point,
                vectors[v],
                packed_vectors[v],
                widths,
                bias,
                x,
                rows,
                first,
                last,
                acts,
                panel,
                tangents,
            )
            passes.output_tangent(
                deltas, tangents, begin, count, widths[-1], labels, kind, first, n, outputs, r_deltas
            )
            passes.backward_tangent(point, vectors[v], widths, bias, count, acts, begin, deltas, r_deltas)
            passes.add_gradient(
                r_deltas, acts, begin, widths, bias, x, columns, first, last, panel, partial[v, g]
            )
            passes.add_later(deltas, tangents, begin, widths, bias, count, False, partial[v, g])


@loop
def _hessian_products(
    point, packed, vectors, packed_vectors, widths, bias, x, rows, columns, labels, targets, kind, tile, at_once,
    panel, outputs, acts, deltas, tangents, r_deltas, partial,
):  # fmt: skip
    n = x.shape[0]
    groups = partial.shape[1]
    tiles = (n + tile - 1) // tile
    workers = acts.shape[0]
    items = (vectors.shape[0] + at_once - 1) // at_once * groups
    for w in prange(workers):
        for item in range(w, items, workers):
            begin, g = item // groups * at_once, item % groups
            end = min(begin + at_once, vectors.shape[0])
            _group_products(
                point, packed[0], vectors[begin:end], packed_vectors[begin:end], widths, bias, x, rows, columns,
                labels, targets, kind, g * tiles // groups * tile, min((g + 1) * tiles // groups * tile, n), tile,
                panel[w], outputs[w], acts[w], deltas[w], tangents[w], r_deltas[w], g, partial[begin:end],
            )  # fmt: skip


def hessian_products(point, vectors, widths, bias, inputs, labels, targets, kind):
    """Hessian of the mean loss at ``point`` (dim,) times ``vectors`` (K, dim), by the R-operator; (K, dim)."""
    widths = layers.as_widths(widths)
    partial = _Partial(vectors.shape[0], widths, vectors.shape[1], inputs)
    groups = partial.values.shape[1]
    threads = numba.get_num_threads()
    at_once = max(1, -(-vectors.shape[0] * groups // max(groups, threads)))
    work = _Work(-(-vectors.shape[0] // at_once) * groups, widths, inputs)
    with single_threaded():
        _hessian_products(
            point, _packed(point[None], widths, bias, inputs), vectors, _packed(vectors, widths, bias, inputs), widths, bias,
            inputs.x, inputs.rows, inputs.columns, labels, targets, kind, inputs.tile, at_once, work.panel,
            work.outputs, work.activations(), work.activations(), work.activations(), work.activations(), partial.values,
        )  # fmt: skip
    return partial.total()
