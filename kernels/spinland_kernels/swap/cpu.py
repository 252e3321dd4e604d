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
from ..mlp.columns import score
from ..vectors import BYTES
from . import columns, formula
from .lanes import FEW, add_products, rectified_blends

GROUP = 512  # trials in one item: enough that the work per tile is shared


def tile_samples(n_samples):
    """Samples in a tile: at least 16 tiles where there are enough samples, at most 256; a multiple of 32."""
    return int(min(256, max(32, -(-n_samples // 512) * 32)))


@block
def _copy(a, out):
    # An assignment of whole arrays compiles broadcasting and its error messages: seconds of it.
    for o in range(a.shape[0]):
        for t in range(a.shape[1]):
            out[o, t] = a[o, t]


@block
def _join(a, b, out):
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[o, t] = a[o, t] + b[o, t]


@block
def _clear(first, out):
    """Set the rows ``first``, ... to zero."""
    for o in range(first, out.shape[0]):
        for t in range(out.shape[1]):
            out[o, t] = 0


@block
def _gather(weight, pairs, outgoing):
    """Weights of what leaves the exchanged units: row u of ``outgoing`` (2P, padded k) is that of unit pairs[u]."""
    for u in range(pairs.shape[0]):
        for o in range(weight.shape[0]):
            outgoing[u, o] = weight[o, pairs[u]]
        for o in range(weight.shape[0], outgoing.shape[1]):
            outgoing[u, o] = 0


@vector_block
def _blend_weights(outgoing, low, high, alpha, beta, sign, factors):
    """± outgoing weights at α of the units low, ..., high − 1 into the first rows of ``factors``."""
    for u in range(low, high, 2):
        for o in range(factors.shape[1]):
            a, b = outgoing[u, o], outgoing[u + 1, o]
            factors[u - low, o] = sign * formula.blend(alpha, beta, a, b)
            factors[u - low + 1, o] = sign * formula.blend(alpha, beta, b, a)


@block
def _add_units(z, pairs, outgoing, low, high, alpha, beta, sign, factors, h, out):
    """Add ± what the exchanged units low, ..., high − 1 contribute at α to the flat ``out`` (padded k, T).

    The outputs of some samples stay in registers while all units are added; the activations stay in the first
    cache.
    """
    lanes, width, rows = BYTES // z.itemsize, factors.shape[1], z.shape[1]
    _blend_weights(outgoing, low, high, alpha, beta, sign, factors)
    flat_factors, flat_z = factors.reshape(-1), z.reshape(-1)
    for first in range(0, rows, lanes):
        for u in range(low, high, 2):
            i, j = pairs[u] * rows + first, pairs[u + 1] * rows + first
            rectified_blends(alpha, beta, flat_z, i, j, h, (u - low) * lanes)
        for o in range(0, width, FEW):
            add_products(flat_factors, o, width, h, out, o * rows + first, rows, high - low)


@block
def _prepare(point, widths, bias, x, layer, pong, z, base):
    """Pre-activations of the layer (M, T) and of the next (padded k, T); returns where the next layer begins."""
    offset = columns.inward(point, widths, bias, x, layer, pong, z)
    active = layers.matrix(pong, 0, z.shape[0], z.shape[1])
    _copy(z, active)
    columns.rectify(active)
    outputs = widths[layer + 2]
    columns.affine(point, offset, bias, active, False, base[:outputs])
    _clear(outputs, base)
    return offset


@block
def _take_out(z, base, pairs, swaps, outgoing, factors, h, kept):
    """What the units that the first swaps[s] pairs leave in place contribute, into kept (S, padded k, T)."""
    one, zero = z.dtype.type(1), z.dtype.type(0)
    for s in range(swaps.shape[0]):
        _copy(kept[s - 1] if s > 0 else base, kept[s])
        low = 2 * swaps[s - 1] if s > 0 else 0
        _add_units(z, pairs, outgoing, low, 2 * swaps[s], zero, one, -one, factors, h, kept[s].reshape(-1))


@block
def _curves(
    point, widths, bias, layer, offset, z, base, pairs, swaps, alphas, betas, kept, outgoing, factors, h, moving,
    pong, scratch, labels, targets, kind, first, samples, loss, correct,
):  # fmt: skip
    """Losses of one trial on one tile: ``loss`` and ``correct`` are (S, A)."""
    k, rows = widths[layer + 2], z.shape[1]
    _gather(layers.weight_of(point, offset, z.shape[0], k), pairs, outgoing)
    _take_out(z, base, pairs, swaps, outgoing, factors, h, kept)
    beyond = offset + layers.layer_size(z.shape[0], k, bias)
    one = z.dtype.type(1)
    flat = moving.reshape(-1)
    for a in range(alphas.shape[0]):
        _clear(0, moving)
        for s in range(swaps.shape[0]):
            low = 2 * swaps[s - 1] if s > 0 else 0
            _add_units(z, pairs, outgoing, low, 2 * swaps[s], alphas[a], betas[a], one, factors, h, flat)
            out = layers.matrix(pong, 0, k, rows)
            _join(kept[s], moving, out)
            out = columns.outward(point, widths, bias, layer + 2, beyond, pong, out)
            loss[s, a], correct[s, a] = score(out, labels, targets, kind, first, samples, scratch)


@block
def _item(
    item, group, groups, point, widths, bias, x, tail, labels, targets, kind, layer, pairs, swaps, alphas, betas,
    tile, width, work, loss, correct,
):  # fmt: skip
    """A group of trials on one tile; cuts up the workspace. ``loss`` and ``correct`` are (tiles, trials, S, A)."""
    t, first = item // groups, item // groups * tile
    samples = min(tile, x.shape[0] - first)
    part = x[first : first + tile] if samples == tile else tail
    rows, units, moved = part.shape[0], widths[layer + 1], pairs.shape[1]
    z = layers.matrix(work, 0, units, rows)
    at = units * rows
    base = layers.matrix(work, at, width, rows)
    at += width * rows
    kept = work[at : at + swaps.shape[0] * width * rows].reshape((swaps.shape[0], width, rows))
    at += swaps.shape[0] * width * rows
    moving = layers.matrix(work, at, width, rows)
    at += width * rows
    outgoing = layers.matrix(work, at, moved, width)
    at += moved * width
    factors = layers.matrix(work, at, moved, width)
    at += moved * width
    h = work[at : at + moved * (BYTES // work.itemsize)]
    at += moved * (BYTES // work.itemsize)
    scratch = layers.matrix(work, at, 3, rows)
    pong = work[at + 3 * rows :]
    offset = _prepare(point, widths, bias, part, layer, pong, z, base)
    begin = item % groups * group
    for trial in range(begin, min(begin + group, pairs.shape[0])):
        _curves(
            point, widths, bias, layer, offset, z, base, pairs[trial], swaps, alphas, betas, kept, outgoing,
            factors, h, moving, pong, scratch, labels, targets, kind, first, samples, loss[t, trial],
            correct[t, trial],
        )  # fmt: skip


@loop
def _losses(
    items, group, groups, point, widths, bias, x, tail, labels, targets, kind, layer, pairs, swaps, alphas, betas,
    tile, width, work, loss, correct,
):  # fmt: skip
    workers = work.shape[0]
    for w in prange(workers):
        for item in range(w, items, workers):
            _item(
                item, group, groups, point, widths, bias, x, tail, labels, targets, kind, layer, pairs, swaps, alphas,
                betas, tile, width, work[w], loss, correct,
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
    tiles = -(-n // tile)
    tail = _padded(x[n - n % tile :])
    rows = tile if n >= tile else len(tail)
    units, k = int(widths[layer + 1]), int(widths[layer + 2])
    width = -(-k // FEW) * FEW
    groups = -(-len(pairs) // GROUP)
    workers = min(numba.get_num_threads(), tiles * groups)
    moved, lanes = pairs.shape[1], BYTES // x.itemsize
    size = rows * (units + (2 + len(swaps)) * width + 3 + 2 * layers.widest(widths))
    size += moved * (2 * width + lanes)
    work = np.empty((workers, size), x.dtype)
    loss = np.empty((tiles, len(pairs), len(swaps), len(alphas)))
    correct = np.empty_like(loss)
    with single_threaded():
        _losses(
            tiles * groups, GROUP, groups, point, layers.as_widths(widths), bias, x, tail, labels, targets, kind,
            layer,
            np.ascontiguousarray(pairs, np.int64), np.asarray(swaps, np.int64), np.asarray(alphas, x.dtype),
            np.asarray(1 - alphas, x.dtype), tile, width, work, loss, correct,
        )  # fmt: skip
    total = _in_order(correct) if labels.shape[0] else np.full(loss.shape[1:], np.nan)
    return _in_order(loss) / n, total / n


def _padded(x):
    """Samples with rows of zeros after them, for whole vectors."""
    lanes = BYTES // x.itemsize
    padded = np.zeros((-(-len(x) // lanes) * lanes, x.shape[1]), x.dtype)
    padded[: len(x)] = x
    return padded


def _in_order(parts):
    """Sum over the first axis, one after the other."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total
