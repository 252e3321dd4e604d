"""Loss between a network and its neuron-swapped copies, on the cores.

Only the 2S exchanged units move on the way. For a tile of samples the pre-activations of their layer and
of the next are computed once; each trial then takes out what its units contribute and puts in what they
contribute at each α. Taking out rounds: a unit that adds nothing leaves a residue of the last digit, which
may break an exact tie between outputs. The sets of pairs are nested, so the first S pairs serve every larger S.

Work is cut into items (tile of samples, group of trials) of fixed size. Every number is a sum over tiles
in order: the bits do not depend on the number of threads, nor on which trials go together.
"""

import numba
import numpy as np
from numba import prange

from ..blas import single_threaded
from ..jit import block, loop, vector_block
from ..mlp import layers
from . import columns, formula

GROUP = 64  # trials in one item: enough that the work per tile is shared
_CACHED = 1 << 17  # entries of the moving parts that are kept for several α at once


def tile_samples(n_samples):
    """Samples in a tile: at least 16 tiles where there are enough samples, at most 256 samples each."""
    return int(min(256, max(32, -(-n_samples // 128) * 8)))


@vector_block
def _take_out(out, weight, i, j, z_i, z_j):
    """Subtract from ``out`` (k, T) what units i and j contribute."""
    zero = out.dtype.type(0)
    for o in range(out.shape[0]):
        a, b = weight[o, i], weight[o, j]
        for t in range(out.shape[1]):
            out[o, t] -= a * formula.rectified(z_i[t], zero) + b * formula.rectified(z_j[t], zero)


@vector_block
def _put_in(out, weight, i, j, z_i, z_j, alpha, beta, u, v):
    """Add to ``out`` (k, T) what units i and j contribute at α; ``u`` and ``v`` (T,) are scratch."""
    zero = out.dtype.type(0)
    for t in range(out.shape[1]):
        u[t] = formula.rectified(formula.blend(alpha, beta, z_i[t], z_j[t]), zero)
        v[t] = formula.rectified(formula.blend(alpha, beta, z_j[t], z_i[t]), zero)
    for o in range(out.shape[0]):
        a = formula.blend(alpha, beta, weight[o, i], weight[o, j])
        b = formula.blend(alpha, beta, weight[o, j], weight[o, i])
        for t in range(out.shape[1]):
            out[o, t] += a * u[t] + b * v[t]


@vector_block
def _join(a, b, out):
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[o, t] = a[o, t] + b[o, t]


@vector_block
def _copy(a, out):
    # An assignment of whole arrays compiles broadcasting and its error messages: seconds of it.
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[o, t] = a[o, t]


@vector_block
def _clear(out):
    zero = out.dtype.type(0)
    for a in range(out.shape[0]):
        for o in range(out.shape[1]):
            for t in range(out.shape[2]):
                out[a, o, t] = zero


@block
def _prepare(point, widths, bias, x, layer, pong, z, base):
    """Pre-activations of the layer (M, T) and of the next (k, T); returns where the next layer's weights begin."""
    offset = columns.inward(point, widths, bias, x, layer, pong, z)
    active = layers.matrix(pong, 0, z.shape[0], z.shape[1])
    _copy(z, active)
    columns.rectify(active)
    columns.affine(point, offset, bias, active, False, base)
    return offset


@block
def _curves(
    point, widths, bias, layer, offset, z, base, pairs, swaps, alphas, betas, kept, moving, pong, scratch,
    labels, targets, kind, first, loss, correct,
):  # fmt: skip
    """Losses of one trial on one tile: ``loss`` and ``correct`` are (S, A)."""
    k, rows = base.shape
    weight = layers.weight_of(point, offset, z.shape[0], k)
    beyond = offset + layers.layer_size(z.shape[0], k, bias)
    many = moving.shape[0]
    for begin in range(0, alphas.shape[0], many):
        end = min(begin + many, alphas.shape[0])
        _copy(base, kept)
        _clear(moving)
        done = 0
        for s in range(swaps.shape[0]):
            for pair in range(done, swaps[s]):
                i, j = pairs[2 * pair], pairs[2 * pair + 1]
                _take_out(kept, weight, i, j, z[i], z[j])
                for a in range(begin, end):
                    _put_in(
                        moving[a - begin], weight, i, j, z[i], z[j], alphas[a], betas[a], scratch[0], scratch[1]
                    )  # fmt: skip
            done = swaps[s]
            for a in range(begin, end):
                out = layers.matrix(pong, 0, k, rows)
                _join(kept, moving[a - begin], out)
                out = columns.outward(point, widths, bias, layer + 2, beyond, pong, out)
                loss[s, a], correct[s, a] = columns.score(
                    out, labels, targets, kind, first, scratch[2], scratch[3]
                )


@block
def _item(
    item, groups, point, widths, bias, x, labels, targets, kind, layer, pairs, swaps, alphas, betas, tile, many,
    work, loss, correct,
):  # fmt: skip
    """A group of trials on one tile; cuts up the workspace. ``loss`` and ``correct`` are (tiles, trials, S, A)."""
    t, first = item // groups, item // groups * tile
    part = x[first : min(first + tile, x.shape[0])]
    rows = part.shape[0]
    units, k = widths[layer + 1], widths[layer + 2]
    z = layers.matrix(work, 0, units, rows)
    at = units * rows
    base = layers.matrix(work, at, k, rows)
    at += k * rows
    kept = layers.matrix(work, at, k, rows)
    at += k * rows
    moving = work[at : at + many * k * rows].reshape((many, k, rows))
    at += many * k * rows
    scratch = layers.matrix(work, at, 4, rows)
    pong = work[at + 4 * rows :]
    offset = _prepare(point, widths, bias, part, layer, pong, z, base)
    begin = item % groups * GROUP
    for trial in range(begin, min(begin + GROUP, pairs.shape[0])):
        _curves(
            point, widths, bias, layer, offset, z, base, pairs[trial], swaps, alphas, betas, kept, moving, pong,
            scratch, labels, targets, kind, first, loss[t, trial], correct[t, trial],
        )  # fmt: skip


@loop
def _losses(
    items, groups, point, widths, bias, x, labels, targets, kind, layer, pairs, swaps, alphas, betas, tile,
    many, work, loss, correct,
):  # fmt: skip
    workers = work.shape[0]
    for w in prange(workers):
        for item in range(w, items, workers):
            _item(
                item, groups, point, widths, bias, x, labels, targets, kind, layer, pairs, swaps, alphas, betas,
                tile, many, work[w], loss, correct,
            )  # fmt: skip


def losses(point, layer, pairs, swaps, alphas, widths, bias, x, labels, targets, kind):
    """Mean loss and accuracy on the way to neuron-swapped copies.

    Trial r exchanges units ``pairs[r, 2p]`` and ``pairs[r, 2p + 1]`` of hidden layer ``layer`` for
    p < S, for each S of the ascending ``swaps`` (S,). ``pairs`` is (trials, 2 max S), ``alphas`` (A,).

    Returns
    -------
    loss, accuracy : float64 arrays (trials, S, A)
        The accuracy is NaN where there are no labels.
    """
    n, tile = x.shape[0], tile_samples(x.shape[0])
    rows, tiles = min(tile, n), -(-n // tile)
    units, k = int(widths[layer + 1]), int(widths[layer + 2])
    many = int(min(len(alphas), max(1, _CACHED // (k * rows))))
    groups = -(-len(pairs) // GROUP)
    workers = min(numba.get_num_threads(), tiles * groups)
    size = rows * (units + 2 * k + many * k + 4 + 2 * layers.widest(widths))
    work = np.empty((workers, size), x.dtype)
    loss = np.empty((tiles, len(pairs), len(swaps), len(alphas)))
    correct = np.empty_like(loss)
    with single_threaded():
        _losses(
            tiles * groups, groups, point, layers.as_widths(widths), bias, x, labels, targets, kind, layer,
            np.ascontiguousarray(pairs, np.int64), np.asarray(swaps, np.int64), np.asarray(alphas, x.dtype),
            np.asarray(1 - alphas, x.dtype), tile, many, work, loss, correct,
        )  # fmt: skip
    total = _in_order(correct) if labels.shape[0] else np.full(loss.shape[1:], np.nan)
    return _in_order(loss) / n, total / n


def _in_order(parts):
    """Sum over the first axis, one after the other."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total
