"""Loss between a network and its neuron-swapped copies, on the cores.

Only the 2S exchanged units move on the way. With a_i the pre-activation of unit i and v_i the weights of what leaves
it, units i and j contribute at α

    z'(α) = max((1 − α) a_i + α a_j, 0) ((1 − α) v_i + α v_j) + the same with i and j exchanged

to the next layer. For a tile of samples the pre-activations of their layer and of the next are computed once; each
trial then takes out what its units contribute at α = 0 and puts in what they contribute at each α. Taking out rounds:
a unit that adds nothing leaves a residue of the last digit, which may break an exact tie between outputs. The sets of
pairs are nested, so the first S pairs serve every larger S.

Work is cut into items (tile of samples, group of trials) of fixed size. Every number is a sum over tiles
in order: the bits do not depend on the number of threads, nor on which trials go together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..blas import single_threaded
from ..jit import block, loop
from ..lanes.combinations import rectified_blends
from ..lanes.product import Factors, Rows, rows_product
from ..mlp import layers
from ..mlp.columns import score
from ..mlp.formula import layer_size
from ..networks import Exchanges, Network, Samples
from ..vectors import BYTES, ROWS
from . import columns, formula, work
from .work import Prepared, make_work, moves_of, of_worker, prepared_of


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls."""
    return prepared_of(samples)


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
def _clear(out):
    for o in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[o, t] = 0


@block
def _gather(weight, pairs, outgoing):
    """Weights of what leaves the exchanged units: row u of ``outgoing`` (2P, k) is that of unit pairs[u]."""
    for u in range(pairs.shape[0]):
        for o in range(weight.shape[0]):
            outgoing[u, o] = weight[o, pairs[u]]


@block
def _blend_weights(outgoing, units, alpha, beta, sign, factors):
    """± outgoing weights at α of the units (low, high) into the first rows of ``factors``."""
    low, high = units
    for u in range(low, high, 2):
        for o in range(factors.shape[1]):
            a, b = outgoing[u, o], outgoing[u + 1, o]
            factors[u - low, o] = sign * formula.blend(alpha, beta, a, b)
            factors[u - low + 1, o] = sign * formula.blend(alpha, beta, b, a)


@block
def _add_units(work, pairs, units, alpha, beta, sign, out):
    """Add ± what the exchanged units (low, high) contribute at α to the flat ``out`` (k, T).

    The outputs of some samples stay in registers while all units are added; the activations stay in the first
    cache.
    """
    low, high = units
    z, h = work.z.reshape(-1), work.h
    k, rows, lanes = work.factors.shape[1], work.z.shape[1], BYTES // h.itemsize
    _blend_weights(work.outgoing, units, alpha, beta, sign, work.factors)
    factors = work.factors.reshape(-1)
    unlimited = h.dtype.type(-np.inf)
    for first in range(0, rows, lanes):
        for u in range(low, high, 2):
            i, j = pairs[u] * rows + first, pairs[u + 1] * rows + first
            rectified_blends(alpha, beta, z, i, j, h, (u - low) * lanes)
        row = 0
        for left in range((k + ROWS - 1) // ROWS, 0, -1):
            count = (k - row + left - 1) // left  # all groups nearly equal
            place, size = Rows(row * rows + first, rows), (count, high - low)
            rows_product(factors, Factors(row, k), -1, h, 0, out, place, size, unlimited)
            row += count


@block
def _prepare(point, network, x, layer, work):
    """Pre-activations of the layer and of the next; returns where the next layer begins."""
    offset = columns.inward(point, network, x, layer, work.layers, work.z)
    active = layers.matrix(work.layers, 0, work.z.shape[0], work.z.shape[1])
    _copy(work.z, active)
    layers.rectify(active)
    layers.affine_columns(point, offset, network.bias, active, False, work.base)
    return offset


@block
def _newly_moved(swaps, s):
    """Units, from and to, that the s-th number of swaps moves and the one before does not."""
    return 2 * swaps[s - 1] if s > 0 else 0, 2 * swaps[s]


@block
def _take_out(pairs, swaps, work):
    """What the units that the first swaps[s] pairs leave in place contribute, into ``kept``."""
    one, zero = work.z.dtype.type(1), work.z.dtype.type(0)
    for s in range(swaps.shape[0]):
        _copy(work.kept[s - 1] if s > 0 else work.base, work.kept[s])
        _add_units(work, pairs, _newly_moved(swaps, s), zero, one, -one, work.kept[s].reshape(-1))


@block
def _curves(point, network, offset, samples, first, moves, trial, work, loss, correct):
    """Losses of one trial on the tile that begins at sample ``first``: ``loss`` and ``correct`` are (S, A)."""
    pairs, swaps, layer = moves.pairs[trial], moves.swaps, moves.layer
    units, rows = work.z.shape
    k = network.widths[layer + 2]
    _gather(layers.weight_of(point, offset, units, k), pairs, work.outgoing)
    _take_out(pairs, swaps, work)
    beyond = offset + layer_size(units, k, network.bias)
    one = work.z.dtype.type(1)
    count = min(rows, samples.x.shape[0] - first)
    flat = work.moving.reshape(-1)
    for a in range(moves.alphas.shape[0]):
        _clear(work.moving)
        for s in range(swaps.shape[0]):
            _add_units(work, pairs, _newly_moved(swaps, s), moves.alphas[a], moves.betas[a], one, flat)
            z = layers.matrix(work.layers, 0, k, rows)
            _join(work.kept[s], work.moving, z)
            out = columns.outward(point, network, layer + 2, beyond, work.layers, z)
            loss[s, a], correct[s, a] = score(out, samples, first, count, work.scratch)


@block
def _item(point, network, part, samples, first, moves, trials, work, loss, correct):
    """The trials (low, high) on one tile ``part`` (T, D); ``loss`` and ``correct`` are (trials, S, A)."""
    offset = _prepare(point, network, part, moves.layer, work)
    low, high = trials
    for trial in range(low, high):
        _curves(point, network, offset, samples, first, moves, trial, work, loss[trial], correct[trial])


@loop
def _losses(point, network, samples, tail, cut, moves, all_work, loss, correct):
    tile, group = cut
    groups = (moves.pairs.shape[0] + group - 1) // group
    items, workers = loss.shape[0] * groups, all_work.z.shape[0]
    for w in prange(workers):
        for item in range(w, items, workers):
            t, begin = item // groups, item % groups * group
            first, trials = t * tile, (begin, min(begin + group, moves.pairs.shape[0]))
            part = samples.x[first : first + tile] if first + tile <= samples.x.shape[0] else tail
            own = of_worker(all_work, w, network, moves, part.shape[0])
            _item(point, network, part, samples, first, moves, trials, own, loss[t], correct[t])


def losses(
    point: NDArray[Any], exchanges: Exchanges, network: Network, prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss and accuracy on the way from ``point`` (dim,) to neuron-swapped copies, both (R, S, A).

    The accuracy is NaN where there are no labels.
    """
    samples, tiles = prepared.samples, prepared.tiles
    n = samples.x.shape[0]
    moves = moves_of(exchanges, samples.x.dtype)
    items = tiles * -(-len(moves.pairs) // work.GROUP)
    loss = np.empty((tiles, len(moves.pairs), len(moves.swaps), len(moves.alphas)))
    correct = np.empty_like(loss)
    workspaces, cut = make_work(items, network, prepared, moves), (prepared.tile, work.GROUP)
    with single_threaded():
        _losses(point, network, samples, prepared.tail, cut, moves, workspaces, loss, correct)
    total = _in_order(correct) if samples.labels.shape[0] else np.full(loss.shape[1:], np.nan)
    return _in_order(loss) / n, total / n


def _in_order(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over the first axis, one after the other."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total
