"""Loss between a network and its neuron-swapped copies, on the card.

The mathematics is that of :mod:`.cpu`: with the pre-activations of the layer and of the next computed once, each trial
takes out what its exchanged units contribute at α = 0 and puts in what they contribute at each α. The same kernel does
both; with a sign, from the next layer's pre-activations to what is kept of them, and from that to outputs at each α:

    base     (n, k)             next layer's pre-activations
    kept     (R, S, n, k)       without what the first S_1, S_2, … pairs contribute
    moved    (R, S, A, n, k)    with what these contribute at α

    block    a tile of samples, OUTPUTS units of the next layer; each warp one trial at one α:

                units →       | weights at α: warps × DEPTH × OUTPUTS |      in shared memory
      samples ↓ | rows of z | two activations at α, then their products with their weights

The pairs are nested: a warp goes through them once and writes its sums each time that a number of swaps is reached.
Rows of samples and lanes are those of :mod:`..slice.cuda`, layers beyond are products as in :mod:`..dense.layers`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import int32, uint64
from numpy.typing import NDArray

from .. import jit_cuda
from ..dense.layers import Layers
from ..dense.samples import Prepared
from ..jit_cuda import THREADS, Kernel, cuda, device, kernel
from ..lanes import formula as units
from ..lanes.tiles import LEAVE, RECTIFY, rows
from ..networks import Exchanges, Network, Samples
from ..slice.cuda import DEPTH, LANES, OUTPUTS, WARP, Rows
from . import formula

WARPS = THREADS // WARP

blend = device(formula.blend)
not_below = device(units.not_below)


class Moves(NamedTuple):
    """Exchanges on the card: pairs (R, 2P) flat, swaps (S,), places α and 1 − α in the type of the samples.

    Attributes
    ----------
    pairs, swaps, alphas, betas : arrays
        As above.
    width, first, place, places : int
        2P; the first trial of a pass; its first place, and how many of them.
    """

    pairs: Any
    swaps: Any
    alphas: Any
    betas: Any
    width: int
    first: int
    place: int
    places: int


class Size(NamedTuple):
    """Of a pass: trials times places; n samples in rows of ``row``; M units, k of the next layer.

    The weight (k, M) begins at number ``at`` of the point; what sums begin with, ``each`` numbers apart.
    """

    items: int
    n: int
    row: int
    units: int
    outputs: int
    at: int
    each: int


@device
def _load(weights, point, moves, size, first_item, first, first_output, sign):
    """± the weights at α of what leaves DEPTH exchanged units, for the item of each warp, into shared memory."""
    for slot in range(cuda.threadIdx.x, WARPS * DEPTH * OUTPUTS, THREADS):
        o, u, warp = slot % OUTPUTS, slot // OUTPUTS % DEPTH, slot // (OUTPUTS * DEPTH)
        item = min(first_item + warp, size.items - 1)
        number = min(first + u, moves.width - 1)
        begin = (moves.first + item // moves.places) * moves.width
        row = size.at + min(first_output + o, size.outputs - 1) * size.units
        own = point[uint64(row + moves.pairs[uint64(begin + number)])]
        other = point[uint64(row + moves.pairs[uint64(begin + (number ^ 1))])]
        a = moves.place + item % moves.places
        weights[warp, u, o] = sign * blend(moves.alphas[a], moves.betas[a], own, other)


def _exchange(element: Any, along: int) -> Kernel:
    """The kernel of one float type, whose lanes have ``along`` samples."""
    zero, tile = element(0), along * WARP

    @kernel(THREADS, 2)
    def exchange(z, point, moves, begins, out, size, sign, floor):
        weights = cuda.shared.array((WARPS, DEPTH, OUTPUTS), element)
        sums = cuda.local.array((along, OUTPUTS), element)
        one = cuda.local.array(along, element)
        other = cuda.local.array(along, element)
        groups, strips = (size.items + WARPS - 1) // WARPS, (size.outputs + OUTPUTS - 1) // OUTPUTS
        first_output = int32(cuda.blockIdx.x % strips * OUTPUTS)
        first_item = int32(cuda.blockIdx.x // strips % groups * WARPS)
        sample = cuda.blockIdx.x // (strips * groups) * tile + cuda.threadIdx.x % WARP
        warp = int32(cuda.threadIdx.x // WARP)
        item = min(first_item + warp, size.items - 1)
        trial, a = item // moves.places, item % moves.places
        pairs = (moves.first + trial) * moves.width
        alpha, beta = moves.alphas[moves.place + a], moves.betas[moves.place + a]
        for s in range(along):
            for o in range(OUTPUTS):
                sums[s, o] = zero
        high, steps = int32(0), moves.swaps.shape[0]
        for step in range(steps):
            low, high = high, int32(2 * moves.swaps[step])
            for first in range(low, high, int32(DEPTH)):
                cuda.syncthreads()
                _load(weights, point, moves, size, first_item, first, first_output, sign)
                cuda.syncthreads()
                for u in range(int32(0), min(int32(DEPTH), int32(high - first)), int32(2)):
                    i = moves.pairs[uint64(pairs + first + u)] * size.row + sample
                    j = moves.pairs[uint64(pairs + first + u + 1)] * size.row + sample
                    for s in range(along):
                        at_i, at_j = z[uint64(i + s * WARP)], z[uint64(j + s * WARP)]
                        one[s] = not_below(blend(alpha, beta, at_i, at_j), zero)
                        other[s] = not_below(blend(alpha, beta, at_j, at_i), zero)
                    for o in range(OUTPUTS):
                        of_one, of_other = weights[warp, u, o], weights[warp, u + 1, o]
                        for s in range(along):
                            sums[s, o] += one[s] * of_one
                            sums[s, o] += other[s] * of_other
            if first_item + warp < size.items:
                begin = (trial * steps + step) * size.each + first_output
                end = ((trial * steps + step) * moves.places + a) * size.n * size.outputs + first_output
                for s in range(along):
                    at = (sample + s * WARP) * size.outputs
                    for o in range(OUTPUTS):
                        if sample + s * WARP < size.n and first_output + o < size.outputs:
                            value = begins[uint64(begin + at + o)] + sums[s, o]
                            out[uint64(end + at + o)] = not_below(value, floor)

    return exchange


_KERNELS = {"f": _exchange(numba.float32, LANES["f"]), "d": _exchange(numba.float64, LANES["d"])}


def prepare(samples: Samples) -> Prepared:
    """Samples made ready for any number of calls."""
    return Prepared(samples)


class _Way:
    """A network whose units of one layer are exchanged: pre-activations, and what follows from them.

    Attributes
    ----------
    layers : Layers
        The network, on the card.
    z : Rows
        Pre-activations of the layer.
    base : float array (n, k), flat
        Those of the next layer.
    """

    def __init__(self, point: NDArray[Any], network: Network, layer: int, prepared: Prepared):
        widths, n, dtype = [int(width) for width in network.widths[1:]], prepared.n, point.dtype
        wide = n * max(widths)
        sizes = len(point), wide, wide, Rows.size(n, widths[layer], dtype), n * widths[layer + 1]
        held, *turns, z, self.base = prepared.given.take(*(((size,), dtype) for size in sizes))
        self.layers = Layers.of_network(network, jit_cuda.put(point, held), 0, prepared.precision)
        below = self.layers._replace(of=self.layers.of[:layer])
        inward = below.forward(prepared.x, [turns[number % 2] for number in range(layer)], n, 1, RECTIFY)
        x = rows(inward, n, widths[layer - 1]) if layer else prepared.x
        self.z = Rows.within(z, n, widths[layer])
        self.layers.affine(self.layers.of[layer], x, self.z.matrices, n, LEAVE, 1)
        self.next = self.layers.above(layer + 1)
        self.z.second(jit_cuda.empty(0, dtype), self.next, self.base, 1, False)

    def moved(self, moves: Moves, trials: int, begins: tuple[Any, int], out: Any, sign: int, rectified: bool) -> None:
        """Sums of some trials at some places, from what they ``begin`` with, (array, each), into ``out``."""
        (at, units, outputs), *_ = self.next.of
        element, z = out.dtype.type, self.z
        size = Size(trials * moves.places, z.n, z.row, units, outputs, at, begins[1])
        blocks = z.row // (WARP * LANES[out.dtype.char]) * -(-size.items // WARPS) * -(-outputs // OUTPUTS)
        floor = element(0) if rectified else element(-np.inf)
        point = self.layers.points
        _KERNELS[out.dtype.char][blocks](z.z, point, moves, begins[0], out, size, element(sign), floor)


def _on_card(exchanges: Exchanges, dtype: np.dtype[Any]) -> tuple[Moves, Moves]:
    """The exchanges, and those that go nowhere: α = 0."""
    pairs = np.ascontiguousarray(exchanges.pairs, np.int64)
    alphas = np.append(np.asarray(exchanges.alphas), 0.0)
    arrays = pairs.reshape(-1), np.asarray(exchanges.swaps, np.int64), alphas.astype(dtype), (1 - alphas).astype(dtype)
    count = len(alphas) - 1
    on_card = [jit_cuda.put(array) for array in arrays]
    moves = Moves(on_card[0], on_card[1], on_card[2], on_card[3], pairs.shape[1], 0, 0, count)
    return moves, moves._replace(place=count, places=1)


def losses(
    point: NDArray[Any], exchanges: Exchanges, network: Network, prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss and accuracy on the way from ``point`` (dim,) to neuron-swapped copies, both (R, S, A).

    The accuracy is NaN where there are no labels.
    """
    n, dtype, layer = prepared.n, prepared.samples.x.dtype, int(exchanges.layer)
    n_trials, steps, places = len(exchanges.pairs), len(exchanges.swaps), len(exchanges.alphas)
    found = np.empty((2, n_trials, steps, places))
    way = _Way(point, network, layer, prepared)
    moves, still = _on_card(exchanges, dtype)
    widths = [later.fan_out for later in way.next.of]
    wide = [max(1, *widths[turn::2], 0) for turn in range(2)]
    kept_size = steps * n * widths[0]
    each = dtype.itemsize * (kept_size + steps * n * (sum(wide) + 1)) + steps * n
    at_once = prepared.work.fitting(n_trials * places, each)
    trials, count = max(1, at_once // places), min(places, at_once)
    points = trials * count * steps
    sizes = trials * kept_size, *(points * n * width for width in wide)
    wanted = *(((size,), dtype) for size in sizes), *prepared.slots(points), *prepared.sums(points)
    kept, *turns, loss, right, total, answers = prepared.work.take(*wanted)
    outs = [turns[number % 2] for number in range(len(widths))]
    for first in range(0, n_trials, trials):
        some = min(trials, n_trials - first)
        way.moved(still._replace(first=first), some, (way.base, 0), kept, -1, False)
        for place in range(0, places, count):
            part = moves._replace(first=first, place=place, places=min(count, places - place))
            way.moved(part, some, (kept, n * widths[0]), outs[0], 1, len(widths) > 1)
            points = some * steps * part.places
            z = way.next.above(1).forward(rows(outs[0], n, widths[0]), outs[1:], n, points)
            prepared.score(z, widths[-1], points, (loss, right), 0, (total, answers))
            for into, means in zip(found, prepared.means((total, answers), points), strict=True):
                shape = some, steps, part.places
                into[first : first + some, :, place : place + part.places] = means.reshape(shape)
    return found[0], found[1]
