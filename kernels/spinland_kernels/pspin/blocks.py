"""How the couplings of a glass are shared out to the blocks of threads of a card.

The couplings are a ragged matrix: a row shares its first indices, its last index is the column. Columns are cut into
panels, and the rows of a panel into blocks, about equally much work in each:

    order 3         panel 0   panel 1                    couplings of order q   →   sums of rows
    row (0, 0)      .                                    one piece, spins 0 …       a piece of order q − 1
    row (1, 0)      .       |                                                       one of spins PANEL … beside it
    row (1, 1)      ..      |        block 0             each piece in the same way, down to order 1
    …               …
    row (i, j)      ........|.....   j ≥ PANEL           block … of panel 1 as well

The rows that reach panel d are the index sets of n − d PANEL spins, so the sums of their parts in one panel are the
couplings of a *piece*: a packed tensor of one order less, of those spins. That is why one walk serves all orders. The
couplings themselves come in chunks of whole first indices; a block lies in one chunk. All this depends on the number
of spins and the order alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PANEL = 128  # columns of a block
WARPS = 4  # of 32 threads, in a block
ROWS = 16  # rows of a warp, times a number of rounds
CHUNK = 1 << 25  # couplings drawn together, at most, but for whole first indices
_BLOCKS = 1 << 10  # blocks of one order, about, where there is enough work
_ROUNDS = 32  # most rounds: a longer sum would lose digits in float32

#: Of a block: coupling 0 of its piece; spins from the panel's first on; that spin, counted in the piece and in the
#: glass; first row and the one behind the last; where the sums of rows of the panel begin; slot for sums of columns.
BASE, SPINS, START, SPIN, FIRST, STOP, PART, SLOT = range(8)


class Order(NamedTuple):
    """One order of the walk.

    Attributes
    ----------
    order : int
        Indices of a set.
    rounds : int
        Times ROWS rows of a warp.
    blocks : (m, 8) int64
        See BASE … SLOT; sorted by chunk, and within one as the couplings lie.
    chunks : (chunks + 1,) int64
        Where the blocks of each chunk begin.
    bounds : (chunks + 1,) int64
        The first index where each chunk begins.
    parts : int
        Sums of rows, of all panels.
    """

    order: int
    rounds: int
    blocks: NDArray[np.int64]
    chunks: NDArray[np.int64]
    bounds: NDArray[np.int64]
    parts: int


def counts(n: int, order: int) -> NDArray[np.int64]:
    """``formula.sets_below(i, k)`` for k = 0 … order and i = 0 … n, as (order + 1, n + 1)."""
    below = np.ones((order + 1, n + 1), np.int64)
    for k in range(1, order + 1):
        below[k, 0] = 0
        np.cumsum(below[k - 1, 1:], out=below[k, 1:])
    return below


def _chunks(of_order: NDArray[np.int64]) -> NDArray[np.int64]:
    """First indices (chunks + 1,) at which chunks begin: at most CHUNK couplings in each, or one first index."""
    bounds, n = [0], len(of_order) - 1
    while bounds[-1] < n:
        fits = int(np.searchsorted(of_order, of_order[bounds[-1]] + CHUNK, "right")) - 1
        bounds.append(max(fits, bounds[-1] + 1))
    return np.array(bounds)


def _walk(
    pieces: NDArray[np.int64], order: int, bounds: NDArray[np.int64], below: NDArray[np.int64]
) -> tuple[Order, NDArray[np.int64]]:
    """The blocks of pieces (coupling 0, spins, first spin), their slots not yet given; and the pieces they leave."""
    panels = [(base, n - start, start, spin + start) for base, n, spin in pieces for start in range(0, n, PANEL)]
    sets, limits = below[order - 1], len(bounds) - 1
    of_panel = [sets[np.clip(bounds - start, 0, spins)] for _, spins, start, _ in panels]
    total = sum(int(rows[-1]) for rows in of_panel)
    rounds = min(_ROUNDS, -(-total // (ROWS * WARPS * _BLOCKS)))
    blocks, chunk_of, part = [], [], 0
    for (base, spins, start, spin), rows in zip(panels, of_panel, strict=True):
        for chunk in range(limits):
            first = np.arange(rows[chunk], rows[chunk + 1], ROWS * WARPS * rounds)
            some = np.empty((len(first), 8), np.int64)
            some[:, [BASE, SPINS, START, SPIN, PART, SLOT]] = base, spins, start, spin, part, 0
            some[:, FIRST], some[:, STOP] = first, np.append(first, rows[chunk + 1])[1:]
            blocks.append(some)
            chunk_of.append(np.full(len(first), chunk))
        part += int(rows[-1])
    table, chunk_of_block = np.concatenate(blocks), np.concatenate(chunk_of)
    index = np.searchsorted(sets, table[:, FIRST], "right") + table[:, START]
    in_turn = np.lexsort((table[:, START], index, table[:, BASE], chunk_of_block))
    left = np.array([(block[PART], block[SPINS], block[SPIN]) for block in table if block[FIRST] == 0])
    starts = np.searchsorted(chunk_of_block[in_turn], np.arange(limits + 1))
    return Order(order, rounds, table[in_turn], starts, bounds, part), left


def orders(n: int, order: int) -> tuple[list[Order], NDArray[np.int64], NDArray[np.int64]]:
    """The walk through a glass of ``n`` spins.

    Returns
    -------
    orders : list of Order
        From that of the glass down to 2.
    slots : (panels + 1,) int64
        Where the slots of each panel of spins begin: those of all orders, one behind the other.
    last : (m, 2) int64
        The pieces of order 1 that are left: where each begins among the sums of rows, and its first spin.
    """
    below = counts(n, order)
    pieces, bounds = np.array([(0, n, 0)]), _chunks(below[order])
    walk = []
    for q in range(order, 1, -1):
        one, pieces = _walk(pieces, q, bounds, below)
        walk.append(one)
        bounds = np.array([0, n])
    panel = np.concatenate([one.blocks[:, SPIN] for one in walk]) // PANEL
    slot = np.empty(len(panel), np.int64)
    slot[np.argsort(panel, kind="stable")] = np.arange(len(panel))
    for one, some in zip(walk, np.split(slot, np.cumsum([len(one.blocks) for one in walk])[:-1]), strict=True):
        one.blocks[:, SLOT] = some
    slots = np.searchsorted(np.sort(panel), np.arange(-(-n // PANEL) + 1))
    return walk, slots, pieces[:, [0, 2]]
