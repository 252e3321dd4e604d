"""Arrays that an engine of Dask keeps: once in the cluster, and to those workers that lack them."""

from concurrent.futures import Future

import numpy as np
import pytest

from spinland.errors import WorkersLost
from spinland.execution import worker
from spinland.execution.crew import spread
from tests.cluster import works
from tests.cluster.engines import Inside

ABOUT = {"array": np.arange(30_000.0), "scale": 2.0}


class Kept:
    """What scatter returns."""

    def __init__(self, data):
        self.data, self.status = bytes(data), "finished"


class Scattering(Inside):
    """Looks like a client of Dask: keeps arrays, and puts those that a task names in their place."""

    def __init__(self, no_worker=False):
        super().__init__(n_workers=1)
        self.no_worker, self.kept, self.places = no_worker, [], []

    def get_executor(self):
        raise AssertionError("its futures fetch every reply as it is made")

    def nthreads(self):
        return {"one": 1}

    def scatter(self, data, hash):
        if self.no_worker:
            raise TimeoutError("no workers")
        self.kept.append(Kept(data))
        return self.kept[-1]

    def submit(self, function, *arguments, pure, **where):
        assert not pure  # or a task that was lost would be answered from what is remembered
        kept = [argument for argument in arguments if isinstance(argument, Kept)]
        if kept:
            self.places.append(where)
            if any(one.status != "finished" for one in kept):
                future = Future()
                future.set_exception(RuntimeError("the worker that had it is gone"))
                return future
        return super().submit(function, *(a.data if isinstance(a, Kept) else a for a in arguments))


@pytest.fixture
def fresh(monkeypatch):
    """A worker that has got nothing yet."""
    monkeypatch.setattr(worker, "_place", worker._Place())


def sums(engine):
    found = np.zeros(5)
    for rows, part in spread(works.total, ABOUT, 5, engine, works.canary, description="sums"):
        found[rows] = part
    np.testing.assert_array_equal(found, ABOUT["array"].sum() + np.arange(5))


def test_dask_keeps_an_array_once_and_sends_it_to_the_worker_that_lacks_it(fresh, monkeypatch):
    monkeypatch.setattr(worker, "_of_dask", lambda: type("Worker", (), {"address": "tcp://one:1"}))
    monkeypatch.setattr(worker, "_given", lambda: 1)
    engine = Scattering()
    sums(engine)
    assert [len(one.data) for one in engine.kept] == [ABOUT["array"].nbytes]
    assert engine.places
    assert all(where == {"workers": ["tcp://one:1"], "allow_other_workers": True} for where in engine.places)
    assert not any(order.buffers for order in engine.orders if hasattr(order, "buffers"))


def test_an_array_whose_keeper_is_gone_is_kept_anew(fresh):
    class Forgetful(Scattering):
        """Loses what it keeps, the first time."""

        def submit(self, function, *arguments, **where):
            if len(self.kept) == 1 and any(isinstance(argument, Kept) for argument in arguments):
                self.kept[0].status = "lost"
            return super().submit(function, *arguments, **where)

    engine = Forgetful()
    sums(engine)
    assert [one.status for one in engine.kept] == ["lost", "finished"]


def test_arrays_that_nobody_can_keep_are_a_loss_in_words(fresh):
    with pytest.raises(WorkersLost, match="TimeoutError: no workers"):
        sums(Scattering(no_worker=True))


def test_read_only_arrays_stay_read_only_and_others_are_the_workers_own(fresh):
    shared = np.arange(30_000.0)
    shared.flags.writeable = False
    for array in (shared, shared.copy()):
        about = {"array": array, "scale": 2.0}
        found = list(spread(_flags, about, 1, Inside(), works.canary, description="flags"))
        assert found[0][1] == array.flags.writeable


def _flags(about, rows):
    return about["array"].flags.writeable
