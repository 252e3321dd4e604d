"""How much memory a computation may take in between, in bytes: every such budget, and what fits into it.

What is long is worked through in blocks that stay within a budget. Results do not depend on the blocks, to the last
bit where nothing else is said. A budget counts the arrays named beside it; what is made of them on the way comes
to a few times as much.
"""

from __future__ import annotations

from collections.abc import Iterator

CACHED_SUM = 512 << 10
"""Numbers of one sum of a correlation, which stay in the cache of a core; its last bits depend on this."""

CACHED_COLUMNS = 4 << 20
"""Columns of all replicas that are centred and multiplied together, so that they stay near the core."""

CACHED_COLUMN_PAIR = 32 << 20
"""The same for two chunks of columns, the fewest where so much is not exceeded: sums of many pairs are far away."""

CARD_COLUMNS = 128 << 20
"""Columns of all replicas that are brought to a card together."""

STREAM = 4 << 20
"""Bytes read from a stream at once: a header that lies about the length must not make us allocate it."""

UNIFORMS = 4 << 20
"""Random numbers in float64 from which the initial points of replicas are made, three times."""

STARTS = 8 << 20
"""Coordinates of the starts or walkers that dynamics moves together; some twenty arrays of that size live."""

SPHERE_PAIRS = 16 << 20
"""Coordinates of x, and as much of x⊥, of the pairs of points whose values are correlated."""

TENSORS = 16 << 20
"""Hessians, or contracted tensors, of critical points that are looked at together."""

COMPONENTS = 32 << 20
"""Columns of a trajectory converted to float64; the last bits of its components depend on this."""

DIFFERENCES = 32 << 20
"""Shifted points of a gradient by differences."""

SLICE_POINTS = 64 << 20
"""Points of a slice that are written out, for landscapes that have no quicker way."""

GRADIENTS = 64 << 20
"""Gradients or Hessian products of a network, twice in float32; their partial sums take some four times as much."""

SWAP_SUMS = 64 << 20
"""Losses and right answers of swaps, summed over tiles of samples."""

REPLICAS = 64 << 20
"""Replicas that are read from a file, or copied, at once."""

CLOSE_PAIRS = 96 << 20
"""Numbers and places of pairs so close that their distances are computed from differences."""

GROUP = 128 << 20
"""Parameters and moments of the replicas that are trained together."""

WALKERS = 128 << 20
"""Points of the walkers that go together; an evaluation may copy them once."""

UNASKED = 256 << 20
"""What is taken without asking the system for the memory that is free: asking takes longer than many a call."""

CONDENSED = 1 << 30
"""A matrix of pairs larger than this is avoided where the linkage allows it."""

COUPLINGS = 1 << 30
"""Couplings of a network, sparse or dense, unless the caller sets a limit."""

SHELF = 2 << 30
"""Arrays that a worker keeps of the tasks it got, so that they travel once."""

EXCHANGE_SAMPLES = 2 << 30
"""Energies and overlaps that a replica exchange may keep; more is refused."""


def fitting(budget: int, each: int) -> int:
    """How many things of ``each`` bytes a budget holds: one at least."""
    return max(1, int(budget) // max(1, int(each)))


def blocks(n: int, budget: int, each: int) -> Iterator[slice]:
    """The numbers 0 ... n - 1 in order, as slices of as many things of ``each`` bytes as a budget holds."""
    size = fitting(budget, each)
    for low in range(0, n, size):
        yield slice(low, min(low + size, n))
