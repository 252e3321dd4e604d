"""What is compared: operations, who takes part, what they must agree to and what they must cost.

An operation file defines ``operations(quick)``, a list of :class:`Operation`, and ``scaling(quick)``, a list of
:class:`Scaling`. A contender is named by the function that makes it, ``"benchmarks.planes:torch_loop"``: called in a
process of its own with the contender's arguments, it makes the data and returns a function without arguments that
does the work once and returns what it computed, or None where there is nothing to compare. Attributes ``notes`` (a
dictionary) of the returned function go into the record.

A contender that can work on a card, one of ``machines``, is called there with ``device="cuda"`` among its arguments,
and returns when the card has finished. :func:`placed` makes an operation that of a device.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import machine

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS = tuple(sorted({1, CORES}))  # what a peer is given in turn: one core, and all
BOTH = ("cpu", "cuda")


class Disagreement(AssertionError):
    """A contender computed something else."""


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    ``setting`` tells contenders of one name apart ("2 threads", "compiled"): of them the quickest is quoted.
    """

    name: str
    factory: str
    arguments: dict[str, Any] = field(default_factory=dict)
    setting: str = ""
    threads: int = CORES
    processes: int = 1  # that work at the same time, each with ``threads``
    share: float = 1.0  # of the whole work that one call of one process does; its time is scaled to the whole
    needs: str = ""  # module without which there is no such contender
    pinned: bool = False  # to as many cores as it has threads, for libraries that count the cores themselves
    tolerance: float | None = None  # in place of the operation's
    compared: bool = True  # its result with ours
    machines: tuple[str, ...] = ("cpu",)  # where it can work
    by_threads: bool = False  # it takes part with several numbers of threads, and the setting says which

    @property
    def told(self) -> str:
        """Its setting, with the number of threads where that is part of it."""
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}" if self.by_threads else ""
        return ", ".join(filter(None, (self.setting, threads)))


def in_threads(contender: Contender) -> list[Contender]:
    """The contender with one thread and with as many as there are cores; its setting says which."""
    return [replace(contender, threads=threads, by_threads=True) for threads in THREADS]


@dataclass(frozen=True)
class Bound:
    """What an operation must cost at least, of one of the machine's peaks (a name in :mod:`.machine`)."""

    peak: str
    amount: float  # floating-point operations, or bytes, of the whole work
    aim: float | None = None  # fraction of the peak to reach


@dataclass(frozen=True)
class Operation:
    """One line of the table: the work, who does it, what they must agree to, and what it must cost."""

    name: str
    work: str
    ours: Contender
    peers: tuple[Contender, ...] = ()
    aims: dict[str, float] = field(default_factory=dict)  # by the name of a peer
    tolerance: float = 0.0  # largest difference allowed, as a share of the largest number of our result
    bounds: tuple[Bound, ...] = ()
    unit: str = ""  # of which the work has ``count``
    count: float = 1.0
    rounds: int = 7
    remark: str = ""


def tried(operation: Operation) -> Operation:
    """The operation for a trial: one round, and of contenders that differ in their threads the first."""
    first: dict[tuple[str, str, str], Contender] = {}
    for peer in operation.peers:
        first.setdefault((peer.name, peer.factory, repr(peer.arguments)), peer)
    return replace(operation, peers=tuple(first.values()), rounds=1)


def placed(operation: Operation, device: str) -> Operation | None:
    """The operation on a device; None where ours has no form for it.

    On a card its peers are those that work on the same card, each once, and ours on the cores, with which it must
    agree. Aims, and the shares of peaks to reach, are those of the cores, and are left out.
    """
    kind = device.partition(":")[0]
    if kind not in operation.ours.machines:
        return None
    peers = [peer for peer in operation.peers if kind in peer.machines]
    if kind == "cpu":
        return replace(operation, peers=tuple(peers))
    ours, *peers = (
        replace(one, arguments={**one.arguments, "device": device}, threads=CORES, by_threads=False)
        for one in (operation.ours, *peers)
    )
    each = {(peer.name, peer.factory, repr(peer.arguments)): peer for peer in peers}
    cores = [replace(operation.ours, name="spinland, on the cores")] if "cpu" in operation.ours.machines else []
    bounds = tuple(Bound(machine.ON_A_CARD[bound.peak], bound.amount) for bound in operation.bounds)
    return replace(operation, ours=ours, peers=(*cores, *each.values()), aims={}, bounds=bounds)


@dataclass(frozen=True)
class Scaling:
    """Cost of our contender against one of its arguments; on a card, one of ``machines``, with its device."""

    name: str
    axis: str
    factory: str
    argument: str
    values: tuple[int, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    machines: tuple[str, ...] = ("cpu",)


def scaling_on(scaling: Scaling, device: str) -> Scaling | None:
    """The same on a device; None where ours has no form for it."""
    if device.partition(":")[0] not in scaling.machines:
        return None
    return scaling if device == "cpu" else replace(scaling, arguments={**scaling.arguments, "device": device})


def off_by(result: Any, reference: Any) -> float:
    """Largest difference, as a share of the largest number of the reference; infinite for another shape."""
    result, reference = np.asarray(result, np.float64), np.asarray(reference, np.float64)
    if result.shape != reference.shape:
        return float("inf")
    return float(abs(result - reference).max() / abs(reference).max())
