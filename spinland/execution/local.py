"""Workers on this machine: fresh interpreters that take one task at a time through a pipe.

A worker that dies takes its own task with it and nothing else; another is started in its place. It is no copy of this
process, so that threads, notebooks and scripts without ``if __name__ == "__main__"`` are no concern, and it ends when
this process does, however that ends.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing import Pipe
from types import TracebackType
from typing import Any

from .. import checks
from ..errors import ArgumentError
from .interpreters import environment_of

_MOST = 1024


class _Process:
    """One worker and the pipe to it."""

    def __init__(self, threads: int):
        self._pipe, its_own = Pipe()
        try:
            with its_own:
                number = its_own.fileno()
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", f"{__package__}.process", str(number), str(os.getpid())],
                    pass_fds=(number,),
                    stdin=subprocess.DEVNULL,
                    env=environment_of(threads),
                )
        except OSError:
            self._pipe.close()
            raise
        self.pid = self._process.pid

    def call(self, task: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
        """Have a task done; raises what it raised, or EOFError or OSError where the worker died."""
        self._pipe.send_bytes(pickle.dumps(task, protocol=5))
        succeeded, found = pickle.loads(self._pipe.recv_bytes())
        if not succeeded:
            raise found
        return found

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()


class WorkerDied(RuntimeError):
    """A worker ended in the middle of a task."""


class LocalWorkers(Executor):
    """Worker processes on this machine, an executor as PEP 3148 has it.

    Parameters
    ----------
    n_workers : int
        How many.
    threads : int, optional
        Threads of the kernels in each; by default this process's cores are shared out.

    Raises
    ------
    ArgumentError
        A number below 1.

    Notes
    -----
    Kernels use all cores of a machine without any worker. Workers pay where the work has much that is no kernel, where
    a process shall have no more than some memory, or to try on a laptop what shall run on a cluster.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> with sl.LocalWorkers(2) as workers:
    ...     ensemble = sl.train(network, "digits", 4, epochs=1, executor=workers)
    >>> ensemble.params.shape
    (4, 610)
    """

    def __init__(self, n_workers: int, threads: int | None = None):
        self.n_workers = checks.integer("n_workers", n_workers, minimum=1, maximum=_MOST)
        cores = len(os.sched_getaffinity(0))
        self.threads = max(1, cores // self.n_workers)
        if threads is not None:
            self.threads = checks.integer("threads", threads, minimum=1, maximum=_MOST)
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Any] | None] = queue.SimpleQueue()
        self._processes: dict[int, _Process] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._owner = os.getpid()
        self._threads: list[threading.Thread] = []

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that are there now."""
        with self._lock:
            return tuple(process.pid for process in self._processes.values())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function of a module in one of the workers, which are started when they are first wanted.

        Raises
        ------
        RuntimeError
            The workers were shut down.
        ArgumentError
            No function, or keywords, which do not travel.
        """
        if not callable(fn):
            raise ArgumentError("fn", "a function", fn)
        if kwargs:
            raise ArgumentError("submit", "no keywords", ", ".join(kwargs))
        if self._closed or os.getpid() != self._owner:
            raise RuntimeError("these workers were shut down, or are another process's")
        future: Future[Any] = Future()
        self._tasks.put((future, (fn, args)))
        with self._lock:
            number = len(self._threads)
            if number < self.n_workers:
                thread = threading.Thread(target=self._serve, args=(number,), name=f"worker {number}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def _serve(self, number: int) -> None:
        """Pass tasks to one worker, and start another where it dies."""
        while (item := self._tasks.get()) is not None:
            future, task = item
            if self._closed or not future.set_running_or_notify_cancel():
                continue
            try:
                process = self._processes.get(number) or self._start(number)
                found = process.call(task)
            except (EOFError, OSError) as error:
                self._end(number)
                future.set_exception(WorkerDied(f"a local worker died in the middle of a task ({error})"))
            except BaseException as error:  # noqa: BLE001 (whatever the task raised is its future's)
                future.set_exception(error)
            else:
                future.set_result(found)

    def _start(self, number: int) -> _Process:
        with self._lock:
            if self._closed:
                raise EOFError("the workers were shut down")
            self._processes[number] = _Process(self.threads)
            return self._processes[number]

    def _end(self, number: int) -> None:
        with self._lock:
            process = self._processes.pop(number, None)
        if process is not None:
            process.end()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers; what they are doing is lost, unless it is waited for.

        Parameters
        ----------
        wait : bool
            Whether tasks under way, and those that wait unless they are cancelled, are finished first.
        cancel_futures : bool
            Drop tasks that have not begun.
        """
        wait, cancel_futures = checks.boolean("wait", wait), checks.boolean("cancel_futures", cancel_futures)
        if cancel_futures:
            while True:
                try:
                    item = self._tasks.get_nowait()
                except queue.Empty:
                    break
                if item is not None:
                    item[0].cancel()
        for _ in self._threads:
            self._tasks.put(None)
        if wait and not self._closed:
            for thread in self._threads:
                thread.join()
        self._closed = True
        for number in range(self.n_workers):
            self._end(number)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers; after an error, or Ctrl-C, what they are doing is not waited for."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)
