"""Executors that misbehave, in this process: everything goes through pickle, as between machines."""

from __future__ import annotations

import pickle
import random
from concurrent.futures import Future


class Inside:
    """Does each task at once, in its place in a queue; may lose tasks and keep answers back.

    Parameters
    ----------
    lose : float
        Share of the tasks that are lost.
    hold : int
        Answers that are kept back, so that others come before them.
    seed : int
        Of the choice.
    n_workers, threads : int
        What it says of itself.
    """

    def __init__(self, lose=0.0, hold=0, seed=0, n_workers=3, threads=1):
        self.n_workers, self.threads = n_workers, threads
        self.lose, self.hold, self.random = lose, hold, random.Random(seed)
        self.held, self.orders, self.lost = [], [], 0

    def submit(self, function, *arguments):
        future = Future()
        self.orders.append(arguments[0])
        self.held.append((future, pickle.dumps((function, arguments), protocol=5)))
        self.random.shuffle(self.held)
        while len(self.held) > self.hold:
            self._do(*self.held.pop())
        return future

    def flush(self):
        while self.held:
            self._do(*self.held.pop())

    def _do(self, future, task):
        function, arguments = pickle.loads(task)
        if self.random.random() < self.lose:
            self.lost += 1
            future.set_exception(ConnectionError("the wire was cut"))
            return
        future.set_result(pickle.loads(pickle.dumps(self.answer(function(*arguments)), protocol=5)))

    def answer(self, reply):
        return reply
