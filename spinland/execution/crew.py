"""Whoever gathers results: sends tasks to an engine, not more than it can take, and sees that none is lost.

A task is a pure function of its work and its addresses. So one that was lost is sent again, anywhere; one that was
made twice is compared; and nothing that an engine remembers is trusted.
"""

from __future__ import annotations

import queue
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import environment, progress
from ..errors import WorkerMismatch, WorkersLost
from .engines import Engine
from .orders import Done, Failed, Lacking, Order, Refused, Standard, here
from .parcels import Buffers, Bytes, Parcel, digest_of, packed
from .worker import perform

TASK_S = 60.0
"""Seconds that a task shall take: long against what sending it costs, short against the life of a worker."""

REPLY_BYTES = 64 << 20
"""Bytes that a reply shall have at most, where rows are shorter than that."""

IN_FLIGHT = 2
"""Tasks for each worker that are under way: one in work, one that waits for it."""

PATIENCE = (300.0, 20.0)
"""A task is silent when it takes longer than so many seconds, and so many times the longest so far."""

_LATEST = 0.1
"""Weight of the latest task in the seconds of a row: one slow worker does not make the tasks of all others small."""

FETCH_S = 60.0
"""Seconds that fetching a reply that is made may take."""

LOST_IN_A_ROW = 20
"""Tasks that may be lost for each worker without one that comes back."""


@dataclass(eq=False)
class Work:
    """What can be made anywhere, row by row.

    Attributes
    ----------
    function : callable
        A function of a module: ``function(about, rows, *more)``, the same whatever rows are made together.
    about : object
        What it is called with; it is pickled, once for all works about the same object.
    rows : int array
        Addresses of what is to be made.
    canary : callable
        A function of a module: ``canary(about)`` makes a small piece of the work, arrays.
    more : tuple
        More that the function is called with.
    device : str
        Where is computed.
    key : object
        Whatever the caller knows it by.
    """

    function: Callable[..., Any]
    about: Any
    rows: NDArray[np.int64]
    canary: Callable[[Any], Any]
    more: tuple[Any, ...] = ()
    device: str = "cpu"
    key: Any = None
    _left: deque[NDArray[np.int64]] = field(default_factory=deque, init=False)
    _pace: float = field(default=0.0, init=False)  # seconds for a row
    _weight: float = field(default=0.0, init=False)  # bytes of a row
    _open: int = field(default=0, init=False)  # rows that are not made yet

    def __post_init__(self) -> None:
        self._open = len(self.rows)
        if self._open:
            self._left.append(np.asarray(self.rows, np.int64))

    @property
    def is_made(self) -> bool:
        """Whether all of its rows have come."""
        return not self._open

    def next_rows(self, workers: int, cores: int) -> NDArray[np.int64]:
        """The next rows for one task, so many that the cores of a worker share them without a rest."""
        rows = self._left.popleft()
        size = TASK_S / self._pace if self._pace else 1.0
        if self._weight:
            size = min(size, REPLY_BYTES / self._weight)
        share = sum(map(len, (rows, *self._left))) / (IN_FLIGHT * workers)
        size = max(1, round(min(size, share) / cores)) * cores
        if len(rows) > size:
            self._left.appendleft(rows[size:])
        return rows[:size]

    def again(self, rows: NDArray[np.int64]) -> None:
        """Rows that were lost, in two parts: a worker may not live long enough for all of them."""
        half = -(-len(rows) // 2)
        self._left.extendleft(part for part in (rows[half:], rows[:half]) if len(part))


@dataclass(eq=False)
class _About:
    """What many works are about: on its way, and what workers must agree with."""

    thing: Any
    parcel: Parcel
    buffers: Buffers
    _standards: dict[tuple[Any, str], Standard] = field(default_factory=dict)

    def standard(self, canary: Callable[[Any], Any], device: str) -> Standard:
        """Made here once for each canary."""
        if (canary, device) not in self._standards:
            made = Standard(canary, digest_of(canary(self.thing)), environment.current(device), device)
            self._standards[canary, device] = made
        return self._standards[canary, device]


@dataclass(eq=False)
class _Sent:
    """A task under way."""

    work: Work
    rows: NDArray[np.int64]
    at: float
    lacked: dict[str, Bytes] = field(default_factory=dict)
    made: int | None = None  # checksum of the reply that was taken
    twin: bool = False  # whether it was sent once more


@dataclass(frozen=True)
class Made:
    """What came back.

    Attributes
    ----------
    work : Work
        Of what.
    rows : int array
        Which addresses.
    found : object
        What the function returned; None where it failed.
    error : BaseException, optional
        What it raised.
    """

    work: Work
    rows: NDArray[np.int64]
    found: Any = None
    error: BaseException | None = None


class Crew:
    """Works over the workers of an engine.

    Parameters
    ----------
    executor : Executor
        Anything with ``submit(function, *arguments) -> future``.

    Attributes
    ----------
    lost : int
        Tasks that did not come back and were sent again.
    """

    def __init__(self, executor: Any):
        self.engine = Engine(executor)
        self.lost = 0
        self._works: deque[Work] = deque()
        self._open: set[Work] = set()
        self._abouts: dict[int, _About] = {}
        self._parcels: dict[Work, tuple[Parcel, Buffers]] = {}
        self._replies: queue.SimpleQueue[tuple[Any, _Sent]] = queue.SimpleQueue()
        self._flying: dict[Any, _Sent] = {}
        self._in_a_row = 0
        self._longest = 0.0

    def add(self, work: Work) -> None:
        """More to do; it is begun when all that was added before is under way."""
        if work._open:
            self._works.append(work)
            self._open.add(work)

    @property
    def works(self) -> tuple[Work, ...]:
        """What is not made yet."""
        return tuple(self._open)

    def results(self, tell: Callable[[int, str], None] = lambda rows, note: None) -> Iterator[Made]:
        """What is made, as it comes; ends when nothing is left. More may be added meanwhile.

        Parameters
        ----------
        tell : callable
            Is told of rows that came, and in words how it goes.

        Raises
        ------
        WorkerMismatch
            A worker makes other numbers, or two made different ones of the same task.
        WorkersLost
            Tasks are sent and none comes back.
        ArgumentError
            The engine or the work cannot be used.
        """
        begin, count = time.monotonic(), 0
        try:
            while self._open:
                self._send()
                made = self._next()
                if made is None:
                    if self.engine.alone:
                        tell(0, "no worker is there: waiting for one")
                    continue
                count += len(made.rows)
                rate = count / max(time.monotonic() - begin, 1e-9)
                tell(len(made.rows), f"{self.engine.n_workers} workers, {rate:.3g}/s")
                yield made
        finally:
            for future in self._flying:
                with suppress(Exception):  # of an engine that is gone
                    future.cancel()
            self._flying.clear()

    def _send(self) -> None:
        """Send as much as the workers take."""
        workers = self.engine.n_workers
        while self._works and len(self._flying) < IN_FLIGHT * workers:
            work = self._works[0]
            if work not in self._open or not work._left:
                self._works.popleft()
                continue
            self._submit(_Sent(work, work.next_rows(workers, self.engine.cores), time.monotonic()))

    def _submit(self, sent: _Sent, place: str = "") -> None:
        about, (parcel, _) = self._about(sent.work), self._parcel(sent.work)
        standard = about.standard(sent.work.canary, sent.work.device)
        order = Order(about.parcel, parcel, sent.rows, standard, self.engine.threads, sent.lacked, here())
        try:
            future = self.engine.submit(perform, order, place)
        except RuntimeError as error:  # PEP 3148: of a pool that is broken or was shut down
            raise WorkersLost(0, error) from error
        except OSError as error:  # there was no worker for what goes with it
            self._lose(sent, error)
            return
        self._flying[future] = sent
        future.add_done_callback(lambda done: self._replies.put((done, sent)))

    def _parcel(self, work: Work) -> tuple[Parcel, Buffers]:
        if work not in self._parcels:
            self._parcels[work] = packed("executor", (work.function, work.more))
        return self._parcels[work]

    def _about(self, work: Work) -> _About:
        if id(work.about) not in self._abouts:
            self._abouts[id(work.about)] = _About(work.about, *packed("executor", work.about))
        return self._abouts[id(work.about)]

    def _next(self) -> Made | None:
        """The next reply; None for one that asks for something, is lost, or was there before."""
        try:
            future, sent = self._replies.get(timeout=1.0)
        except queue.Empty:
            self._look_for_silent()
            return None
        if self._flying.pop(future, None) is None:  # of a run that was given up
            return None
        try:
            reply = future.result(timeout=FETCH_S)  # Dask fetches it only now, from a worker that may have died
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            self._lose(sent, error)
            return None
        return self._take(reply, sent)

    def _take(self, reply: Any, sent: _Sent) -> Made | None:
        work = sent.work
        if isinstance(reply, Lacking):
            buffers = self._about(work).buffers | self._parcel(work)[1]
            sent.lacked = {name: _as_bytes(buffers[name]) for name in reply.fingerprints}
            self._submit(sent, reply.place)
            return None
        if isinstance(reply, Refused):
            raise WorkerMismatch(reply.worker, reply.difference)
        if isinstance(reply, Failed):
            self._in_a_row = 0
            return self._finished(Made(work, sent.rows, error=reply.error), sent, 0)
        if not isinstance(reply, Done) or not reply.found.is_whole:
            self._lose(sent, RuntimeError("its result was damaged on the way"))
            return None
        self._in_a_row = 0
        self._longest = max(self._longest, time.monotonic() - sent.at)
        latest = reply.seconds / len(sent.rows)
        work._pace += (latest - work._pace) * (_LATEST if work._pace else 1.0)
        work._weight = max(work._weight, reply.found.nbytes / len(sent.rows))
        for category, message in reply.warnings:
            warnings.warn(message, category, stacklevel=4)
        if sent.made is not None:
            if sent.made != reply.found.check:
                raise WorkerMismatch(reply.worker, "a task that was made twice has come out differently")
            return None
        return self._finished(Made(work, sent.rows, reply.found.opened()), sent, reply.found.check)

    def _finished(self, made: Made, sent: _Sent, check: int) -> Made | None:
        if sent.made is not None or sent.work not in self._open:  # made before, or given up
            return None
        sent.made = check
        sent.work._open -= len(sent.rows)
        if made.error is not None or not sent.work._open:
            self._open.discard(sent.work)
            self._parcels.pop(sent.work, None)
        return made

    def _lose(self, sent: _Sent, error: BaseException) -> None:
        """Send again what did not come back."""
        self.lost += 1
        self._in_a_row += 1
        if self._in_a_row > LOST_IN_A_ROW * self.engine.n_workers:
            raise WorkersLost(self._in_a_row, error)
        if (
            sent.made is not None
            or sent.work not in self._open
            or any(other is sent for other in self._flying.values())
        ):
            return
        sent.work.again(sent.rows)
        if sent.work not in self._works:
            self._works.appendleft(sent.work)

    def _look_for_silent(self) -> None:
        """Send tasks of which nothing was heard for long a second time; the first answer is taken."""
        limit = max(PATIENCE[0], PATIENCE[1] * self._longest)
        for sent in list(self._flying.values()):
            if not sent.twin and sent.made is None and time.monotonic() - sent.at > limit:
                sent.twin = True
                self._submit(sent)


def _as_bytes(view: memoryview) -> Bytes:
    """What lies there: copied only where somebody could write to it meanwhile."""
    return np.frombuffer(view, np.uint8) if view.readonly else bytes(view)


def spread(
    function: Callable[..., Any],
    about: Any,
    n_rows: int,
    executor: Any,
    canary: Callable[[Any], Any],
    *,
    description: str,
    more: tuple[Any, ...] = (),
    device: str = "cpu",
) -> Iterator[tuple[NDArray[np.int64], Any]]:
    """Rows 0 … ``n_rows`` − 1 of one work over an executor, as they come.

    Parameters
    ----------
    function, about, canary, more, device
        As of `Work`.
    n_rows : int
        How many.
    executor : Executor
    description : str
        What it is, for the display of progress.

    Yields
    ------
    rows : int array
    found : object
        What the function returned for them.

    Raises
    ------
    WorkerMismatch, WorkersLost
        As of `Crew.results`; and whatever the function raises.
    """
    crew = Crew(executor)
    crew.add(Work(function, about, np.arange(n_rows), canary, more, device))
    with progress.track(n_rows, description) as advance:
        for made in crew.results(lambda rows, note: advance(rows, note=note)):
            if made.error is not None:
                raise made.error
            yield made.rows, made.found
