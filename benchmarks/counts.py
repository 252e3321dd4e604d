"""What a launch computes and moves, from the shapes of its arguments: whole numbers, one function for each kernel.

    count(launch)  →  Count(operations, double, whole, far, near)

Operations are those of the sums and products that are asked for, a fused one being two; places, comparisons and what a
tile computes beyond the edges are not counted. Bytes that are ``far`` are those of each array once, as if the second
cache held whatever is read again; bytes that are ``near`` are those that the threads of the innermost loop read from
shared memory or the first cache, broadcast or not, tiles rounded up. Kernels without an innermost loop have none.
Tables by which a glass finds its indices are not counted, and slots of its sums count with their whole panel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

from spinland_kernels.lanes import cuda as lanes
from spinland_kernels.lanes.tiles import BIAS, GATE, ITSELF
from spinland_kernels.networks import ADAM, CROSS_ENTROPY, MOMENTUM
from spinland_kernels.paper import Launch
from spinland_kernels.pspin import blocks
from spinland_kernels.slice import cuda as slices
from spinland_kernels.training import small

from .counts_gradients import COUNTS as _OF_GRADIENTS
from .tallies import EXP, Count, wanted

WORDS = 60
"""Whole operations of a Philox block, ten rounds of two wide products, two exclusive ors of three, two sums."""

NORMAL = 60
"""Operations of a normal number in float64: thirty instructions, as the compiler counts those of four, all fused."""

_STEP = {ADAM: 16, MOMENTUM: 9}
"""Operations of a parameter's step by ``training.formula``, a root or a quotient being one; plain descent has 4."""


def _up(number: int, step: int) -> int:
    """Steps that a number takes."""
    return -(-number // step)


def _shared(a: Any, b: Any, m: int, n: int) -> int:
    """Rows of A that are columns of B, too: of a matrix with itself, turned round."""
    if a.data is not b.data or (a.down, a.along) != (b.along, b.down):
        return 0
    low, high = a.at // a.down, b.at // a.down
    return max(0, min(low + m, high + n) - max(low, high))


def _multiply(launch: Launch) -> Count:
    a, b, c, shape, ends, tiles = launch.arguments
    items, size = launch.blocks // tiles, c.data.dtype.itemsize
    batch, (m, n, k, part, parts) = items // shape.parts, shape
    of_factors = k * ((m - _shared(a, b, m, n)) * (batch if a.each else 1) + n * (batch if b.each else 1))
    of_c = m * n * (items * (1 + (ends.begin == ITSELF)) + (ends.end == GATE) * (items if ends.gate.each else 1))
    of_biases = n * batch * (ends.begin == BIAS)
    height, width = next(tile[1:3] for tile in lanes._TILES[c.data.dtype.char] if tile[0] is launch.kernel)
    columns = min(width, lanes.SIDE)  # threads along a row of the tile
    of_term = lanes.THREADS * (height * columns // lanes.THREADS + width // columns)
    steps = (parts - 1) * _up(part, lanes.DEPTH) + _up(k - (parts - 1) * part, lanes.DEPTH)
    near = tiles * batch * steps * lanes.DEPTH * of_term
    return Count(2 * m * n * k * batch, far=size * (of_factors + of_c + of_biases), near=size * near)


def _second_layer(launch: Launch) -> Count:
    z, c, _, h, size, bias, _ = launch.arguments
    strips, along = _up(size.outputs, slices.OUTPUTS), slices.LANES[h.dtype.char]
    pairs = size.points * size.n * size.units
    weights = size.points * size.outputs * (size.units + bias)
    far = z.size + c.size + weights + size.points * size.n * size.outputs
    of_unit = slices.THREADS * (2 * slices.OUTPUTS + (size.directions + 1) * along)
    operations = 2 * pairs * (strips * size.directions + size.outputs)
    return Count(operations, far=far * h.dtype.itemsize, near=launch.blocks * size.units * of_unit * h.dtype.itemsize)


def _combine(launch: Launch) -> Count:
    vectors, c, points, width, _ = launch.arguments
    numbers = vectors.size + c.size + points * width
    return Count(2 * (c.size // points) * points * width, far=numbers * c.dtype.itemsize)


def _clear_ends(launch: Launch) -> Count:
    z, n, row = launch.arguments
    return Count(far=z.size // row * (row - n) * z.dtype.itemsize)


def _score(launch: Launch) -> Count:
    z, _, _, kind, (items, n, k), *_ = launch.arguments
    size = z.dtype.itemsize
    if kind == CROSS_ENTROPY:  # one byte of a sample says whether its answer is right
        return Count(items * ((k - 1) * (EXP + 2) + EXP + 2), far=items * ((k + 1) * size + 1) + 8 * n)
    return Count(items * (3 * k + 1), far=items * (k + 1) * size + n * k * size)


def _total(launch: Launch) -> Count:
    losses, _, n, *_ = launch.arguments
    items = launch.blocks * n
    return Count(double=items, far=items * (losses.dtype.itemsize + 1) + 16 * launch.blocks)


def _moments(walkers: Any, chunks: int, each: int) -> Count:
    """Points read and written, starts read, four moments of each chunk written; nine operations of a coordinate."""
    points, starts = walkers.points, walkers.starts
    far = (2 * points.size + starts.size) * points.dtype.itemsize + 32 * chunks + walkers.origin_index.nbytes
    return Count(each * points.size, 9 * points.size, 0, far)


def _step(launch: Launch) -> Count:
    walkers, sigma, *_ = launch.arguments
    found = _moments(walkers, launch.blocks, 1 if sigma else 0)
    if not sigma:  # nothing is drawn, and nothing written
        return found._replace(far=found.far - walkers.points.nbytes)
    quads = len(walkers.points) * _up(walkers.points.shape[1], 4)
    return found + Count(0, (NORMAL + 1) * walkers.points.size, WORDS * quads, walkers.numbers.nbytes)


def _rescale(launch: Launch) -> Count:
    walkers, before, _ = launch.arguments
    return _moments(walkers, launch.blocks, 1) + Count(far=before.nbytes // 4 + walkers.radius.nbytes)


def _distances(launch: Launch) -> Count:
    moments, out = launch.arguments
    return Count(double=moments.size, far=moments.nbytes + out.nbytes)


@cache
def _walk(n: int, order: int) -> Any:
    return blocks.orders(n, order)


def _draw(launch: Launch) -> Count:
    values, *_ = launch.arguments
    quads = _up(values.size, 4)
    return Count(0, (NORMAL + 1) * values.size, WORDS * quads, values.nbytes)


def _sweep(launch: Launch) -> Count:
    values, _, x, _, below, _, at, order, _, parts, _ = launch.arguments
    groups = x.shape[0] // (1 if x.shape[0] == 1 else 4)
    table = _walk(below.shape[1] - 1, int(order))[0][0].blocks[at : at + launch.blocks // groups]
    sums = int((table[:, blocks.STOP] - table[:, blocks.FIRST]).sum()) + blocks.PANEL * len(table)
    points = parts.shape[0]
    return Count(4 * values.size * points, far=values.nbytes + (sums * points + x.size) * x.dtype.itemsize)


def _lower(launch: Launch) -> Count:
    values, _, x, *_, parts, _ = launch.arguments
    sums = parts.size + blocks.PANEL * launch.blocks
    return Count(4 * values.size, far=values.nbytes + (sums + x.size) * x.dtype.itemsize)


def _gather_slots(launch: Launch) -> Count:
    slots, _, parts, _, out = launch.arguments
    return Count(double=slots.size + parts.size, far=slots.nbytes + parts.nbytes + out.nbytes)


def _shuffle(launch: Launch) -> Count:
    order, numbers, *_ = launch.arguments
    return Count(whole=order.shape[0] * _up(order.shape[1], 2) * WORDS, far=order.nbytes + numbers.nbytes)


def _gather_batch(launch: Launch) -> Count:
    x, order, _, count, stretches, _ = launch.arguments
    rows = launch.blocks // stretches * count
    return Count(far=rows * (2 * x.shape[1] * x.dtype.itemsize + order.dtype.itemsize))


def _delta(samples: Any) -> int:
    """Operations of the derivative by the outputs of one sample."""
    return samples.outputs * (EXP + 3) + 2 if samples.kind == CROSS_ENTROPY else 3 * samples.outputs


def _wanted(samples: Any) -> int:
    """Bytes of what is wanted of one sample."""
    return wanted(samples.kind, samples.outputs, samples.x.dtype.itemsize)


def _score_batch(launch: Launch) -> Count:
    z, _, samples, order, _, count, alive, _ = launch.arguments
    rows = alive.shape[0] * count
    each = 2 * samples.outputs * z.dtype.itemsize + order.dtype.itemsize + _wanted(samples)
    return Count(rows * _delta(samples), far=rows * each)


def _add_biases(launch: Launch) -> Count:
    """Of a whole batch: the room for slopes is that of one."""
    slopes, table, count, parts, gradient, dim = launch.arguments
    replicas = gradient.size // (parts * dim)
    units = slopes.size // (replicas * count)
    far = replicas * units * (count + parts) * slopes.dtype.itemsize + table.nbytes
    return Count(replicas * count * units, far=far)


def _update(launch: Launch) -> Count:
    points, _, _, _, parts, alive, rule, _, _ = launch.arguments
    held = {ADAM: 3, MOMENTUM: 2}.get(rule.optimiser, 1)
    operations = points.size * (_STEP.get(rule.optimiser, 4) + parts - 1)
    numbers = points.size * (2 * held + parts) + rule.coefficients.shape[1]
    return Count(operations, far=numbers * points.dtype.itemsize + alive.nbytes)


def _find_infinities(launch: Launch) -> Count:
    points, *_ = launch.arguments
    return Count(far=points.nbytes)


def _descend(launch: Launch) -> Count:
    """All steps of replicas whose state lies in shared memory: products of each layer, forward, back and update."""
    state, alive, order, rule, batches, samples, plan = launch.arguments
    replicas, dim = state.point.shape
    (n, inputs), layers, size = samples.x.shape, plan.table.shape[0], state.point.dtype.itemsize
    widths = widths_of(inputs, samples.outputs, dim, layers, plan.bias)
    operations = near = gathered = 0
    held = 1 + plan.moments
    for step in range(rule.coefficients.shape[0]):
        count = min(batches.size, n - (batches.begin + step) * batches.size)
        gathered += count * (inputs * size + order.dtype.itemsize + _wanted(samples))
        operations += count * (_delta(samples) + plan.bias * sum(widths[1:])) + _STEP.get(rule.optimiser, 4) * dim
        near += 2 * held * dim
        for number, (fan_in, fan_out) in enumerate(pairwise(widths)):
            products = [(fan_out, count, fan_in), (fan_out, fan_in, count)]
            products += [(fan_in, count, fan_out)] if number else []
            for rows, columns, terms in products:
                operations += 2 * rows * columns * terms
                near += _up(rows, small.ACROSS) * _up(columns, small.ALONG) * terms * (small.ACROSS + small.ALONG)
    far = replicas * (gathered + 2 * held * dim * size) + alive.nbytes + rule.coefficients.nbytes + plan.table.nbytes
    return Count(replicas * operations, 0, 0, far, replicas * near * size)


def widths_of(inputs: int, outputs: int, dim: int, layers: int, bias: bool) -> tuple[int, ...]:
    """Widths of a network of one hidden layer, or none, from what a launch tells of it.

    Raises
    ------
    ValueError
        It has more: the shapes of a launch do not tell how wide each is.
    """
    if layers == 1:
        return inputs, outputs
    if layers > 2:
        raise ValueError("the widths of more than one hidden layer do not follow from the shapes of a launch")
    hidden = (dim - bias * outputs) // (inputs + outputs + bias)
    return inputs, hidden, outputs


_COUNTS: dict[str, Callable[[Launch], Count]] = {
    "lanes.cuda.multiply": _multiply,
    "slice.cuda.second_layer": _second_layer,
    "slice.cuda.combine": _combine,
    "slice.cuda.clear_ends": _clear_ends,
    "dense.samples.score": _score,
    "dense.samples.total": _total,
    "walk.cuda.step": _step,
    "walk.cuda.rescale": _rescale,
    "walk.cuda.distances": _distances,
    "pspin.cuda.draw": _draw,
    "pspin.sweeps.sweep_1": _sweep,
    "pspin.sweeps.sweep_4": _sweep,
    "pspin.sweeps.lower": _lower,
    "pspin.sweeps.gather": _gather_slots,
    "training.orders.shuffle": _shuffle,
    "training.large.gather": _gather_batch,
    "training.large.score": _score_batch,
    "training.large.add_biases": _add_biases,
    "training.large.update": _update,
    "training.large.find_infinities": _find_infinities,
    "training.small.descend": _descend,
    **_OF_GRADIENTS,
}


def count(launch: Launch) -> Count:
    """What a launch on paper computes and moves; ``double`` are all operations where the arrays are float64."""
    found = _COUNTS[launch.kernel.name](launch)
    if "float32" in str(launch.signature):
        return found
    return found._replace(operations=0, double=found.operations + found.double)
