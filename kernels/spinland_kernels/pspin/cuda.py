"""The spherical glass on the card.

With s_r = Σ_k a_rk σ_k the sum of row r, and w_r the product of the coordinates of its first indices,

    E = Σ_r w_r s_r        ∂E/∂σ_m = Σ_r a_rm w_r  +  ∂/∂σ_m of Σ_r w_r s_r with the sums s held fast

and the second term is the gradient of a glass of one order less whose couplings are the s_r. So each order takes one
sweep over its couplings: rows times the point, columns times the weights. The last order leaves one sum for each spin.

    couplings of order 3  ─ sweep →  sums of rows: order 2  ─ sweep →  order 1: one sum for each spin  ┐
                          └ sums of columns ┐               └ sums of columns ┐                        ├ added: ∂E/∂σ
                                            slots of blocks ──────────────────┴────────────────────────┘

A sweep's tile is drawn in :mod:`.sweeps`. Four points share each coupling that is read; blocks of other points with the
same couplings run beside them, and find these in the cache. Derivatives along vectors are linear in (w, s): a vector
is a lane of its own, which knows the lane of its point. Energies are Σ_m σ_m ∂E/∂σ_m / order, in float64. All sums but
the last, over the slots of a spin, are in the type of the points; normal numbers are made in float64. Couplings that
are not stored are drawn in chunks, used for all points and forgotten. To find its indices a row of order 3 takes one
search among the spins; each order more takes another one, and another sweep.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import cuda, device, kernel
from ..memory import Arena, resident
from ..philox.cuda import four_normals, words_of
from ..types import GAUSSIAN, Couplings
from . import blocks, formula, sweeps
from .blocks import PANEL
from .sweeps import LANES, largest

_DRAWN = 256  # threads of a block that draws


class Walk(NamedTuple):
    """What the card wants ready-made for a glass, all of it there.

    Attributes
    ----------
    values : array on the card or None
        The couplings; None where they are drawn.
    orders : list of Order
        The walk down the orders, see :mod:`.blocks`.
    tables : list of arrays on the card
        Their blocks.
    below : (order + 1, n + 1) int64
        Numbers of index sets.
    slots, last : arrays
        Where the slots of a panel begin; the pieces of order 1.
    arena : Arena
        Workspaces.
    """

    values: Any
    orders: list[blocks.Order]
    tables: list[Any]
    below: Any
    slots: Any
    last: Any
    arena: Arena


@device
def _place(rank, below, n, order):
    """Last but one and last index of a coupling; product of the factorials of repeats before the last; repeats."""
    left, high, i = rank, n, n - n
    previous, run, repeats = i - 1, 1, 1.0
    for k in range(order, 1, -1):
        i = largest(below, k, left, high)
        left, high = left - below[k, i], i + 1
        run = run + 1 if i == previous else 1
        repeats *= run
        previous = i
    return i, left, repeats, run


@kernel(_DRAWN)
def _draw(values, start, below, order, seed, purpose, gaussian, orderings):
    """Couplings ``start`` … : four of them a thread, sqrt(orderings of the set) times a normal number or a sign."""
    most = math.sqrt(orderings)
    number = start // 4 + cuda.grid(1)
    first, stop, n = 4 * number, start + values.shape[0], below.shape[1] - 1
    if first < stop:
        a, b, c, d = four_normals(seed, number, 0, 0, purpose)
        if not gaussian:
            a, b, c, d = _four_signs(seed, first, purpose)
        last, k, repeats, run = _place(first, below, n, order)
        for t in range(4):
            if start <= first + t < stop:
                if k > last:
                    last, k, repeats, run = _place(first + t, below, n, order)
                same = repeats * (run + 1) if k == last else repeats
                z = a if t == 0 else b if t == 1 else c if t == 2 else d
                values[first + t - start] = z * (most if same == 1.0 else math.sqrt(orderings / same))
            k += 1


@device
def _four_signs(seed, first, purpose):
    """Signs ``first`` … ``first + 3`` of a stream, ``first`` a multiple of 4: see ``draws``."""
    a, b, c, d = words_of(seed, first // 128, 0, 1, purpose)
    quarter, bit = first % 128 // 32, first % 32
    word = np.int64(a if quarter == 0 else b if quarter == 1 else c if quarter == 2 else d) >> bit
    return (
        1.0 - 2.0 * (word & 1),
        1.0 - 2.0 * ((word >> 1) & 1),
        1.0 - 2.0 * ((word >> 2) & 1),
        1.0 - 2.0 * ((word >> 3) & 1),
    )


def _drawn(values: Any, start: int, below: Any, couplings: Couplings) -> None:
    """Draw couplings ``start`` … into an array on the card."""
    number = -(-(start + values.shape[0]) // 4) - start // 4
    law = bool(couplings.disorder == GAUSSIAN), np.float64(math.factorial(couplings.order))
    seed, purpose = np.uint64(couplings.seed), int(couplings.purpose)
    _draw[-(-number // _DRAWN)](values, int(start), below, int(couplings.order), seed, purpose, *law)


def n_couplings(n: int, order: int) -> int:
    """Number of couplings of one order between ``n`` spins."""
    return int(formula.sets_below(n, order))


def fill_couplings(couplings: Couplings) -> None:
    """Draw all values of one order: number ``rank`` of stream (seed, purpose) for each index set."""
    below = jit_cuda.put(blocks.counts(couplings.n, couplings.order))
    size = len(couplings.values)
    buffer = jit_cuda.empty(min(size, blocks.CHUNK), couplings.values.dtype)
    for start in range(0, size, blocks.CHUNK):
        some = buffer[: min(blocks.CHUNK, size - start)]
        _drawn(some, start, below, couplings)
        jit_cuda.get(some, couplings.values[start : start + blocks.CHUNK])


def prepare(couplings: Couplings) -> Walk:
    """What the card wants ready-made for a glass: its couplings, and how blocks of threads share them."""
    orders, slots, last = blocks.orders(couplings.n, couplings.order)
    return Walk(
        resident(couplings.values) if couplings.values.size else None,
        orders,
        [jit_cuda.put(one.blocks) for one in orders],
        jit_cuda.put(blocks.counts(couplings.n, couplings.order)),
        jit_cuda.put(slots),
        jit_cuda.put(last),
        Arena(),
    )


def _rounds(walk: Walk, couplings: Couplings, buffer: Any) -> Iterator[tuple[Any, int, int, int]]:
    """Couplings on the card, the number of the first; the first of the blocks that take them, and how many."""
    top = walk.orders[0]
    if walk.values is not None:
        yield walk.values, 0, 0, len(top.blocks)
        return
    for chunk, (first, stop) in enumerate(pairwise(top.chunks.tolist())):
        begin, end = (n_couplings(int(bound), top.order) for bound in top.bounds[chunk : chunk + 2])
        values = buffer[: end - begin]
        _drawn(values, begin, walk.below, couplings)
        yield values, begin, first, stop - first


def _first(walk: Walk, couplings: Couplings, x: Any, owner: Any, parts: Any, slots: Any, buffer: Any) -> None:
    """The sweep over the couplings themselves."""
    top = walk.orders[0]
    lanes = 1 if x.shape[0] == 1 else LANES
    for values, chunk, first, count in _rounds(walk, couplings, buffer):
        sweeps.SWEEPS[lanes][count * (x.shape[0] // lanes)](
            values, chunk, x, owner, walk.below, walk.tables[0], first, top.order, top.rounds, parts, slots
        )


def _next(walk: Walk, level: int, values: Any, source: Any, x: Any, owner: Any, parts: Any, slots: Any) -> None:
    """The sweep over sums of rows, of which lane b has values[source[b]]."""
    one = walk.orders[level]
    sweeps.lower[len(one.blocks) * parts.shape[0]](
        values, source, x, owner, walk.below, walk.tables[level], one.order, one.rounds, parts, slots
    )


def _gathered(slots: Any, starts: Any, parts: Any, last: Any, out: Any) -> NDArray[np.float64]:
    sweeps.gather[out.shape[0] * -(-out.shape[1] // sweeps.COLUMNS)](slots, starts, parts, last, out)
    return jit_cuda.get(out)


def _padded(lanes: int) -> int:
    return 1 if lanes == 1 else -(-lanes // LANES) * LANES


def _buffer(walk: Walk) -> int:
    """Couplings drawn at once, at most."""
    if walk.values is not None:
        return 1
    return int(np.diff([n_couplings(int(bound), walk.orders[0].order) for bound in walk.orders[0].bounds]).max())


def _together(walk: Walk, lanes: int, x: NDArray[Any]) -> int:
    """How many of some lanes have room at once: what comes out of one does not depend on the others."""
    sums = sum(one.parts for one in walk.orders) + PANEL * sum(len(one.blocks) for one in walk.orders)
    each = x.itemsize * (sums + x.shape[1]) + 8 * (x.shape[1] + 2)
    some = walk.arena.fitting(lanes, each, x.itemsize * _buffer(walk) + LANES * x.itemsize * x.shape[1])
    return some if some in (1, lanes) else max(1, some // LANES * LANES)


@lru_cache(maxsize=64)
def _numbers(count: int) -> NDArray[np.int64]:
    """Numbers of lanes, always the same array: it goes to a card once."""
    return np.arange(count)


@lru_cache(maxsize=64)
def _unowned(count: int) -> NDArray[np.int64]:
    """Lanes without owners, likewise."""
    return np.full(count, -1)


def _gradients(
    walk: Walk, couplings: Couplings, x: NDArray[Any], owner: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """∂E/∂σ (B, n) in float64 at lanes x (B, n); of lanes with an owner, the derivative of its along x."""
    (count, n), dtype = x.shape, x.dtype
    padded = _padded(count)
    slots = sum(len(one.blocks) for one in walk.orders)
    at, own, sums, out, buffer, *parts = walk.arena.take(
        ((padded, n), dtype),
        ((padded,), np.int64),
        ((count, slots, PANEL), dtype),
        ((count, n), np.float64),
        ((_buffer(walk),), dtype),
        *(((count, one.parts), dtype) for one in walk.orders),
    )
    jit_cuda.put(np.concatenate([x, np.zeros((padded - count, n), dtype)]), at)
    if owner is None:
        own = resident(_unowned(padded))
    else:
        jit_cuda.put(np.concatenate([owner, np.full(padded - count, -1)]), own)
    source = resident(_numbers(count))
    _first(walk, couplings, at, own, parts[0], sums, buffer)
    for level in range(1, len(walk.orders)):
        _next(walk, level, parts[level - 1], source, at, own, parts[level], sums)
    return _gathered(sums, walk.slots, parts[-1], walk.last, out)


def _energies(points: NDArray[Any], gradients: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """E of a homogeneous polynomial from its gradients (Euler)."""
    return np.asarray((points * gradients).sum(axis=1) / order)


def values_and_gradients(
    points: NDArray[Any], couplings: Couplings, prepared: Walk
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Polynomial Σ_S a_S Π σ_i, (B,) float64, and its gradient (B, n), at points (B, n)."""
    gradients = np.empty(points.shape)
    together = _together(prepared, len(points), points)
    for low in range(0, len(points), together):
        some = points[low : low + together]
        gradients[low : low + together] = _gradients(prepared, couplings, some)
    return _energies(points, gradients, couplings.order), gradients.astype(points.dtype)


def hessian_products(
    points: NDArray[Any], vectors: NDArray[Any], couplings: Couplings, prepared: Walk
) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[Any]]:
    """Energy (B,), gradient (B, n) and Hessian·vector (B, n) of the polynomial: point b with vector b.

    One point (1, n) may come with many vectors (B, n); energy and gradient have then one row.
    """
    shared, dtype = len(points) == 1, points.dtype
    gradients, products = np.empty(points.shape), np.empty(vectors.shape)
    lanes = _together(prepared, 1 + len(vectors) if shared else 2 * len(vectors), points)
    together = max(1, lanes - 1 if shared else lanes // 2)
    for low in range(0, len(vectors), together):
        some = slice(0, 1) if shared else slice(low, low + together)
        at, along = points[some], vectors[low : low + together]
        owner = np.append(np.full(len(at), -1), np.zeros(len(along), np.int64) if shared else np.arange(len(at)))
        found = _gradients(prepared, couplings, np.concatenate([at, along]), owner)
        gradients[some], products[low : low + together] = found[: len(at)], found[len(at) :]
    return _energies(points, gradients, couplings.order), gradients.astype(dtype), products.astype(dtype)


def hessians(points: NDArray[Any], couplings: Couplings, prepared: Walk) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Energy (B,) and matrix of second derivatives (B, n, n) of the polynomial at points (B, n).

    The matrix is taken times the unit vectors.
    """
    count, n = points.shape
    energies, out = np.zeros(count), np.zeros((count, n, n), points.dtype)
    for b in range(count):
        energy, _, product = hessian_products(points[b : b + 1], np.eye(n, dtype=points.dtype), couplings, prepared)
        energies[b], out[b] = energy[0], (product + product.T) / 2
    return energies, out


def table(vectors: NDArray[Any], couplings: Couplings, prepared: Walk) -> NDArray[np.float64]:
    """The couplings contracted with ``order`` of the vectors (m, n) each: (m,) * order in float64.

    Only its symmetric part has a meaning: Σ T c_{a_1} … c_{a_p} is the polynomial at Σ c_a v_a. Each sweep takes the
    sums of rows for all vectors, once for each of the sums there are; sums of columns are not used.
    """
    walk, (m, n), dtype = prepared, vectors.shape, vectors.dtype
    slots, padded = sum(len(one.blocks) for one in walk.orders), _padded(m)
    lanes = [m ** (level + 1) for level in range(len(walk.orders))]
    sums, buffer, out, *parts = walk.arena.take(
        ((lanes[-1], slots, PANEL), dtype),
        ((_buffer(walk),), dtype),
        ((lanes[-1], n), np.float64),
        *(((count, one.parts), dtype) for count, one in zip(lanes, walk.orders, strict=True)),
    )
    x = jit_cuda.put(np.concatenate([vectors, np.zeros((padded - m, n), dtype)]))
    _first(walk, couplings, x, jit_cuda.put(np.full(padded, -1)), parts[0], sums, buffer)
    for level in range(1, len(walk.orders)):
        many = lanes[level - 1]
        source, x = jit_cuda.put(np.repeat(np.arange(many), m)), jit_cuda.put(np.tile(vectors, (many, 1)))
        _next(walk, level, parts[level - 1], source, x, jit_cuda.put(np.full(many * m, -1)), parts[level], sums)
    none = jit_cuda.put(np.zeros(walk.slots.shape[0], np.int64))
    found = _gathered(sums, none, parts[-1], walk.last, out)
    return np.asarray(found @ vectors.T.astype(np.float64)).reshape((m,) * couplings.order)
