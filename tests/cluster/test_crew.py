"""Tasks over an engine that loses, reorders, repeats and damages: what comes back is whole, once, and the same."""

import dataclasses
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinland.errors import ArgumentError, WorkerMismatch, WorkersLost
from spinland.execution import crew as crews
from spinland.execution.crew import Crew, Work, spread
from spinland.execution.orders import Done, Lacking
from spinland.execution.parcels import LARGE, Shelf, packed, unpacked
from tests.cluster import works
from tests.cluster.engines import Inside

ABOUT = {"scale": 3.0}


def squares_of(n, engine, function=works.squares, about=ABOUT, canary=works.canary):
    found = np.full(n, np.nan)
    for rows, part in spread(function, about, n, engine, canary, description="squares"):
        assert np.isnan(found[rows]).all()  # no row comes twice
        found[rows] = part["square"]
    return found


@given(st.integers(1, 200), st.sampled_from([0.0, 0.3]), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32))
def test_every_row_comes_once_whatever_is_lost_and_in_whatever_order(n, lose, workers, threads, seed):
    engine = Inside(lose, 0, seed, workers, threads)
    np.testing.assert_array_equal(squares_of(n, engine), (3.0 * np.arange(n)) ** 2)


def test_answers_may_come_in_any_order():
    engine = Inside(hold=9, seed=1)
    crew = Crew(engine)
    crew.add(Work(works.squares, ABOUT, np.arange(100), works.canary))
    crew._send()
    engine.hold = 0
    engine.flush()
    order = [row for made in crew.results() for row in made.rows.tolist()]
    assert sorted(order) == list(range(100))
    assert order != sorted(order)


def test_no_more_is_under_way_than_two_tasks_a_worker():
    engine = Inside(n_workers=3)
    most = 0
    crew = Crew(engine)
    crew.add(Work(works.squares, ABOUT, np.arange(500), works.canary))
    for _ in crew.results():
        most = max(most, len(crew._flying))
    assert 0 < most <= 6


def test_work_may_be_added_while_other_work_is_under_way():
    crew = Crew(Inside())
    crew.add(Work(works.squares, ABOUT, np.arange(4), works.canary, key="first"))
    come = []
    for made in crew.results():
        if not come:
            crew.add(Work(works.squares, ABOUT, np.arange(7), works.canary, key="second"))
        come.append((made.work.key, len(made.rows)))
    assert sum(n for key, n in come if key == "second") == 7


def test_an_error_of_the_work_is_raised_here_as_it_is():
    with pytest.raises(ArgumentError, match="rows: expected something else, got these") as caught:
        squares_of(5, Inside(), works.refuse)
    assert caught.value.argument == "rows"


def test_warnings_of_workers_are_given_here(workers):
    with pytest.warns(UserWarning, match="it is late"):
        list(spread(works.warn, ABOUT, 2, workers, works.canary, description="warnings"))


def test_an_engine_that_loses_everything_is_given_up_with_the_last_reason():
    engine = Inside(lose=1.0, n_workers=2)
    with pytest.raises(WorkersLost, match=r"executor: 41 tasks in a row did not come back.*the wire was cut"):
        squares_of(5, engine)


def test_lost_tasks_become_smaller():
    work = Work(works.squares, ABOUT, np.arange(64), works.canary)
    work._pace = 1e-9
    rows = work.next_rows(1, 1)
    assert len(rows) == 32
    work.again(rows)
    assert [len(part) for part in work._left] == [16, 16, 32]


def test_a_task_made_twice_is_compared(monkeypatch):
    class Silent(Inside):
        """Keeps its first answer back until it was asked twice."""

        def submit(self, function, *arguments):
            if len(self.orders) == 0:
                self.hold = 1
                return super().submit(function, *arguments)
            future = super().submit(function, *arguments)
            self.flush()
            return future

    monkeypatch.setattr(crews, "PATIENCE", (0.0, 0.0))
    engine = Silent(n_workers=1)
    np.testing.assert_array_equal(squares_of(1, engine), [0.0])
    assert len(engine.orders) == 2


def test_two_answers_that_differ_are_an_error():
    class Odd(Inside):
        count = 0

        def answer(self, reply):
            if isinstance(reply, Done):
                self.count += 1
                found = reply.found.of(reply.found.opened() + self.count)
                return dataclasses.replace(reply, found=found)
            return reply

    engine = Odd(n_workers=1, hold=9)
    crew = Crew(engine)
    crew.add(Work(works.total, {"array": np.ones(3), "scale": 1.0}, np.arange(2), works.canary))
    crew.engine.cores = 1
    crew._send()
    for sent in list(crew._flying.values()):
        crew._submit(sent)
    engine.flush()
    assert crew._next() is not None
    with pytest.raises(WorkerMismatch, match="made twice has come out differently"):
        list(crew.results())


def test_an_answer_that_was_damaged_on_the_way_is_asked_for_again():
    class Noisy(Inside):
        damaged = 0

        def answer(self, reply):
            if isinstance(reply, Done) and self.damaged < 3:
                self.damaged += 1
                skeleton = bytes([reply.found.parcel.skeleton[0] ^ 1]) + reply.found.parcel.skeleton[1:]
                parcel = dataclasses.replace(reply.found.parcel, skeleton=skeleton)
                return dataclasses.replace(reply, found=dataclasses.replace(reply.found, parcel=parcel))
            return reply

    engine = Noisy()
    np.testing.assert_array_equal(squares_of(10, engine), (3.0 * np.arange(10)) ** 2)
    assert engine.damaged == 3


def test_a_large_array_travels_to_a_process_once(monkeypatch):
    from spinland.execution import worker

    monkeypatch.setattr(worker, "_place", worker._Place())
    array = np.arange(LARGE, dtype=float)
    array.flags.writeable = False
    engine = Inside(n_workers=2)
    about = {"array": array, "scale": 1.0}
    for _ in range(2):
        for _rows, _part in spread(works.total, dict(about), 20, engine, works.canary, description="sums"):
            pass
    sent = [order for order in engine.orders if order.buffers]
    assert 1 <= len(sent) <= 4  # as many as were under way when it was first asked for
    assert all(len(order.about.skeleton) < 2000 for order in engine.orders)


def test_what_an_engine_must_offer_is_said():
    for bad in (None, 3, map, "tcp://host:8786", type("Pool", (), {"submit": 1})()):
        with pytest.raises(ArgumentError, match=r"executor: expected something with submit\(function"):
            Crew(bad)

    class NoFuture(Inside):
        def submit(self, function, *arguments):
            return 1

    with pytest.raises(ArgumentError, match="executor: expected one whose futures are those of PEP 3148"):
        squares_of(1, NoFuture())


def test_what_cannot_be_sent_is_refused_naming_the_executor(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    about = {"scale": 1.0, "function": lambda x: x}
    with pytest.raises(ArgumentError, match="executor: expected what can be sent to another process"):
        squares_of(3, Inside(), about=about)


def test_a_worker_that_makes_other_numbers_is_refused_by_name(workers):
    about = {"scale": 1.0, "pid": os.getpid()}
    with pytest.raises(WorkerMismatch, match=r"worker \d+ on .* is refused: a piece of the work comes out") as caught:
        squares_of(3, workers, about=about, canary=works.canary_of_process)
    assert caught.value.worker[1] in workers.pids
    assert "NUMBA_CPU_NAME" in str(caught.value)


@given(st.lists(st.integers(0, 3 * LARGE // 8), max_size=4), st.booleans())
def test_parcels_bring_back_what_was_packed(sizes, shared):
    arrays = [np.arange(n, dtype=float) for n in sizes]
    for array in arrays:
        array.flags.writeable = not shared
    parcel, buffers = packed("thing", {"arrays": arrays, "text": "ψ"})
    found = unpacked(parcel, {name: bytes(view) for name, view in buffers.items()})
    assert found["text"] == "ψ"
    for before, after in zip(arrays, found["arrays"], strict=True):
        np.testing.assert_array_equal(before, after)
        assert after.flags.writeable != shared
    assert parcel.digest == packed("thing", {"arrays": arrays, "text": "ψ"})[0].digest
    assert len(parcel.fingerprints) == sum(8 * n >= LARGE for n in sizes)


def test_a_shelf_lets_go_of_what_was_used_longest_ago():
    shelf = Shelf(room=3 * LARGE, objects=1)
    parcels = []
    for value in range(4):
        parcel, buffers = packed("thing", np.full(LARGE // 8, float(value)))
        assert shelf.lacking(parcel) == parcel.fingerprints
        shelf.put({name: bytes(view) for name, view in buffers.items()})
        np.testing.assert_array_equal(shelf.opened(parcel), value)
        parcels.append(parcel)
    assert [bool(shelf.lacking(parcel)) for parcel in parcels] == [True, False, False, False]


def test_lacking_is_told_before_anything_is_done(monkeypatch):
    from spinland.execution import worker

    monkeypatch.setattr(worker, "_place", worker._Place())
    engine = Inside(n_workers=1)
    told = []
    engine.answer = lambda reply: told.append(type(reply)) or reply
    about = {"array": np.ones(LARGE), "scale": 1.0}
    list(spread(works.total, about, 1, engine, works.canary, description="sum"))
    assert told == [Lacking, Done]
