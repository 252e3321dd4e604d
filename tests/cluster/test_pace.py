"""How many rows a task has follows from what the latest rows took."""

import dataclasses

import numpy as np
import pytest

from spinland.execution import crew as crews
from spinland.execution.orders import Done
from tests.cluster import works
from tests.cluster.engines import Inside


class Timed(Inside):
    """Says of the first task that it took ten seconds, of all others a tenth of one."""

    done = 0

    def answer(self, reply):
        if not isinstance(reply, Done):
            return reply
        self.done += 1
        return dataclasses.replace(reply, seconds=10.0 if self.done == 1 else 0.1)


def test_one_slow_worker_does_not_make_all_later_tasks_small(monkeypatch):
    monkeypatch.setattr(crews, "TASK_S", 1e-9)  # tasks of one row
    work = crews.Work(works.squares, {"scale": 3.0}, np.arange(100), works.canary)
    crew = crews.Crew(Timed())
    crew.add(work)
    paces = [work._pace for _ in crew.results()]
    assert paces[0] == 10.0
    assert paces[-1] == pytest.approx(0.1 + 9.9 * 0.9**99)
