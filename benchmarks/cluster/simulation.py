"""A coordinator with many workers that only sleep, on a clock that is only reckoned.

The coordinator is the real one, ``spinland.execution.crew.Crew``, with all its counting, sending again and choosing of
rows. What it talks to is reckoned, event by event: a scheduler that takes its time for each task and each byte,
workers that work, die and come back, and the time that the coordinator itself needs for a reply and for its rows in the
file, all as measured. Its replies have no content, so that a simulation of ten thousand workers fits into a process.
"""

from __future__ import annotations

import heapq
import queue
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

from spinland.execution import crew as crews
from spinland.execution import engines
from spinland.execution.orders import Done, Order

from . import works


@dataclass(frozen=True)
class Costs:
    """Seconds that one thing takes of the one core of whoever does it."""

    task: float  # the coordinator, for sending a task and taking its reply
    byte: float  # the coordinator, for a byte of a reply
    scheduler: float  # the scheduler, for a task
    scheduler_byte: float
    write: float  # the coordinator, for a write of one row
    row: float  # the coordinator, for each further row of that write


@dataclass(frozen=True)
class Workers:
    """How many workers there are, how they work and how they end."""

    n: int
    task: float = 60.0  # seconds of work, on the average
    spread: float = 0.1  # of the logarithm of these
    life: float = 7200.0  # mean of an exponential life
    walltime: float = 14400.0  # at the latest
    restart: float = 90.0  # until another is there in place of one that died


@dataclass(frozen=True)
class Outcome:
    """What a simulation gave."""

    share: float  # of the workers' time that went into tasks that came back
    tasks: int
    lost: int
    crew: float  # seconds of this machine that the real coordinator took for a task, without what is reckoned


class _Reply:
    """A sealed result without content."""

    is_whole, check = True, 1

    def __init__(self, nbytes: int):
        self.nbytes = nbytes

    def opened(self) -> None:
        """Nothing."""


class Simulated:
    """An executor, a clock and a queue of replies in one.

    Parameters
    ----------
    workers : Workers
    costs : Costs
    row_bytes : int
        Bytes of a row.
    rows : int
        Rows of a task.
    begin, end : float
        When the workers' time is counted, in seconds.
    """

    threads = 1

    def __init__(self, workers: Workers, costs: Costs, row_bytes: int, rows: int, begin: float, end: float):
        self.workers, self.costs, self.row_bytes = workers, costs, row_bytes
        self.n_workers = workers.n
        self.pace = workers.task / rows
        self.begin, self.end = begin, end
        self.now = self.useful = self.own = 0.0
        self.tasks = 0
        self._draw = np.random.default_rng(workers.n)
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0
        self._scheduler = 0.0  # when it has time again
        self._idle: deque[int] = deque()
        self._waiting: deque[tuple[Future[Any], Order]] = deque()
        self._replies: deque[Any] = deque()
        self._deaths = np.zeros(workers.n)
        for worker in range(workers.n):
            self._live(0.0, worker, self._draw.uniform(0, workers.walltime))

    def monotonic(self) -> float:
        """The time."""
        return self.now

    def put(self, reply: Any) -> None:
        """A reply that has come; called by the coordinator's futures."""
        self._replies.append(reply)

    def get(self, timeout: float) -> Any:
        """The next reply, later if need be."""
        begin = time.thread_time()
        try:
            end = self.now + timeout
            while True:
                while self._events and self._events[0][0] <= self.now:
                    at, _, event, arguments = heapq.heappop(self._events)
                    event(at, *arguments)
                if self._replies:
                    reply = self._replies.popleft()
                    if reply[0].exception() is None:
                        self.now += self.costs.task + self.costs.byte * reply[0].result().found.nbytes
                    return reply
                if not self._events or self._events[0][0] > end:
                    self.now = end
                    raise queue.Empty
                self.now = self._events[0][0]
        finally:
            self.own += time.thread_time() - begin

    def submit(self, function: Callable[..., Any], order: Order) -> Future[Any]:
        """Hand a task to the scheduler."""
        begin = time.thread_time()
        future: Future[Any] = Future()
        self._at(self._scheduled(self.now, self.costs.scheduler), self._arrive, future, order)
        self.own += time.thread_time() - begin
        return future

    def write(self, rows: int) -> None:
        """The coordinator puts rows into the file."""
        self.now += self.costs.write + (rows - 1) * self.costs.row

    def _at(self, when: float, event: Callable[..., None], *arguments: Any) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, event, arguments))

    def _scheduled(self, at: float, seconds: float) -> float:
        """When the scheduler, which does one thing after the other, has done this."""
        self._scheduler = max(self._scheduler, at) + seconds
        return self._scheduler

    def _live(self, at: float, worker: int, age: float = 0.0) -> None:
        left = min(self._draw.exponential(self.workers.life), self.workers.walltime - age)
        self._deaths[worker] = at + left
        self._idle.append(worker)
        self._begin(at)

    def _arrive(self, at: float, future: Future[Any], order: Order) -> None:
        self._waiting.append((future, order))
        self._begin(at)

    def _begin(self, at: float) -> None:
        while self._waiting and self._idle:
            worker = self._idle.popleft()
            death = self._deaths[worker]
            if death <= at:
                self._at(max(at, death + self.workers.restart), self._live, worker)
                continue
            future, order = self._waiting.popleft()
            n = len(order.rows)
            seconds = n * self.pace * float(np.exp(self.workers.spread * self._draw.normal()))
            if at + seconds < death:
                self._at(at + seconds, self._finish, worker, future, n, seconds)
            else:
                self._at(death, self._die, worker, future)

    def _finish(self, at: float, worker: int, future: Future[Any], n: int, seconds: float) -> None:
        self.useful += max(0.0, min(at, self.end) - max(at - seconds, self.begin))
        self.tasks += 1
        nbytes = n * self.row_bytes
        self._at(self._scheduled(at, self.costs.scheduler_byte * nbytes), self._come, future, nbytes, seconds)
        self._idle.append(worker)
        self._begin(at)

    def _come(self, at: float, future: Future[Any], nbytes: int, seconds: float) -> None:
        found: Any = _Reply(nbytes)
        future.set_result(Done(found, seconds, ("simulated", 0)))

    def _die(self, at: float, worker: int, future: Future[Any]) -> None:
        future.set_exception(ConnectionError("the worker is gone"))
        self._at(at + self.workers.restart, self._live, worker)


def run(workers: Workers, costs: Costs, row_bytes: int, rows: int, warm: float, seconds: float) -> Outcome:
    """Keep workers busy for a while.

    Parameters
    ----------
    workers : Workers
    costs : Costs
    row_bytes : int
        Bytes of a row.
    rows : int
        Rows of a task.
    warm, seconds : float
        How long it runs before their time is counted, and how long it is counted.
    """
    begin, end = warm, warm + seconds
    simulated = Simulated(workers, costs, row_bytes, rows, begin, end)
    total = int(4 * workers.n * rows * (2 + end / workers.task))  # more than can be made
    started = time.thread_time()
    with patch.object(crews, "time", simulated), patch.object(engines, "time", simulated):
        crew: Any = crews.Crew(simulated)
        crew._replies = simulated
        crew.add(crews.Work(works.rows_of, {}, np.arange(total), works.canary))
        results = crew.results()
        for made in results:
            simulated.write(len(made.rows))
            if simulated.now > end + 2 * workers.task:
                break
        results.close()
    spent = time.thread_time() - started - simulated.own
    share = simulated.useful / (workers.n * seconds)
    return Outcome(share, simulated.tasks, crew.lost, spent / max(1, simulated.tasks))
