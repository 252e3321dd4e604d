"""An executor in this process through which all goes as bytes, and which loses, repeats and reorders as it is told."""

from __future__ import annotations

import pickle
import random
import threading
from concurrent.futures import Future

from spinland.execution.orders import Done


class Wire:
    """Does tasks between a pickle and another.

    Parameters
    ----------
    n_workers, threads : int
        What it says of itself; rows are cut into tasks by these.
    lose : float
        Share of the answers that do not come.
    repeat : float
        Share of the tasks that are done twice, which must come out the same, and whose answers come twice.
    hold : int
        Tasks that are kept back, so that later ones come before them; a moment later they are done, too.
    seed : int
        Of all that is random.
    """

    def __init__(self, n_workers=3, threads=1, lose=0.0, repeat=0.0, hold=0, seed=0):
        self.n_workers, self.threads = n_workers, threads
        self.lose, self.repeat, self.hold, self.random = lose, repeat, hold, random.Random(seed)
        self.held, self.rows, self.lock = [], [], threading.RLock()

    def submit(self, function, *arguments):
        future = _Twice() if self.random.random() < self.repeat else Future()
        with self.lock:
            self.held.append((future, pickle.dumps((function, arguments), protocol=5)))
            self.rows.append(arguments[0].rows)
            while len(self.held) > self.hold:
                self._do(*self.held.pop(self.random.randrange(len(self.held))))
        if self.hold:
            late = threading.Timer(0.01, self._flush)
            late.daemon = True
            late.start()
        return future

    def _flush(self):
        with self.lock:
            while self.held:
                self._do(*self.held.pop())

    def _do(self, future, task):
        answers = [self._answer(task) for _ in range(1 + isinstance(future, _Twice))]
        if self.random.random() < self.lose:
            future.set_exception(ConnectionError("lost on the way"))
            return
        sums = {answer.found.check for answer in answers if isinstance(answer, Done)}
        assert len(sums) <= 1, "the same task came out differently"
        future.set_result(answers[-1])

    def _answer(self, task):
        function, arguments = pickle.loads(task)
        return pickle.loads(pickle.dumps(function(*arguments), protocol=5))


class _Twice(Future):
    """Tells of its result twice."""

    def add_done_callback(self, told):
        super().add_done_callback(told)
        super().add_done_callback(told)
