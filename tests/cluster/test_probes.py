"""What goes over an executor comes out with the bits it has here, however the rows are cut, lost and mixed up."""

import threading
import warnings
from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import spinland as sl
from spinland.errors import ArgumentError, DivergenceWarning, WorkerMismatch
from spinland.execution.engines import Engine
from spinland.execution.rows import blocks, gathered
from spinland.landscape import work
from tests.cluster import probes
from tests.oracles.executors import Wire

pytestmark = [
    pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning"),  # the runs are short on purpose
    pytest.mark.filterwarnings("ignore::spinland.errors.DivergenceWarning"),
]
NAMES = sorted(probes.CASES)


def bits(result):
    """All fields of a result, to the last bit."""
    found = {}
    for field in fields(result):
        value = getattr(result, field.name)
        found[field.name] = (
            (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else repr(value)
        )
    return found


@cache
def here(name):
    return bits(probes.CASES[name]())


@pytest.mark.parametrize("name", NAMES)
@given(
    n_workers=st.integers(1, 6),
    threads=st.integers(1, 3),
    lose=st.sampled_from([0.0, 0.3]),
    repeat=st.sampled_from([0.0, 0.5]),
    hold=st.integers(0, 3),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=4, phases=[Phase.generate])  # what fails is small, and each try takes its time
def test_the_bits_are_those_of_one_process_however_rows_are_cut(name, n_workers, threads, lose, repeat, hold, seed):
    wire = Wire(n_workers, threads, lose, repeat, hold, seed)
    assert bits(probes.CASES[name](executor=wire)) == here(name)
    assert wire.rows


@pytest.fixture(scope="module", params=[1, 2, 3])
def processes(request):
    """One process of three threads, or two or three of one."""
    with sl.LocalWorkers(request.param, 3 if request.param == 1 else 1) as found:
        yield found


@pytest.mark.parametrize("name", NAMES)
def test_the_bits_are_those_of_one_process_in_other_processes(name, processes):
    assert bits(probes.CASES[name](executor=processes)) == here(name)


def test_a_case_is_cut_into_many_tasks():
    wire = Wire(4, 1)
    probes.CASES["walk"](executor=wire)
    sizes = [len(rows) for rows in wire.rows]
    assert len(sizes) > 3
    assert sorted(np.concatenate(wire.rows)) == list(range(9))


def test_a_function_that_cannot_travel_is_refused_by_the_name_of_the_executor():
    lock = threading.Lock()

    def value(w):
        with lock:
            return w.sum(axis=1)

    with pytest.raises(ArgumentError, match=r"^executor: .*sent to another process"):
        sl.random_walk(sl.FunctionLandscape(value, 3), [0.0, 0.0, 0.0], 0.1, 2, executor=Wire())


@pytest.mark.parametrize("executor", [3, "dask", object(), Engine])
def test_what_is_no_executor_is_refused(executor):
    for name in ("walk", "flatness", "counts", "xtrace", "paths"):
        with pytest.raises(ArgumentError, match=r"^executor: "):
            probes.CASES[name](executor=executor)


def test_errors_of_workers_name_the_argument():
    with pytest.raises(ArgumentError, match=r"^landscape"):
        sl.sharpness(sl.FunctionLandscape(probes.deep, 3), [1.0, 0.0, 0.0], "keskar", executor=Wire())


def test_who_calls_is_warned_of_diverged_paths():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        probes.CASES["diverging paths"](executor=Wire())
    assert [item.category for item in caught if item.filename == probes.__file__] == [DivergenceWarning]


class Otherwise(Wire):
    """A worker whose numbers are off in the last bit."""

    def _answer(self, task):
        before, work._points = work._points, lambda landscape: np.nextafter(_points(landscape), np.inf)
        try:
            return super()._answer(task)
        finally:
            work._points = before


_points = work._points


def test_a_worker_with_other_values_or_slopes_is_refused():
    landscape = sl.FunctionLandscape(probes.ripple, 5, probes.slope, name="otherwise")
    with pytest.raises(WorkerMismatch, match="other bits"):
        sl.random_walk(landscape, probes.vectors(1, 5), 0.1, 2, executor=Otherwise())


def test_a_landscape_is_shown_by_values_and_slopes_where_it_has_them():
    assert [part.shape for part in work.canary(probes.loss())] == [(2,), (2, probes.loss().dim)]
    assert [part.shape for part in work.canary([probes.glass(), probes.glass(2)])] == [(2,), (2, 14)]
    assert [part.shape for part in work.canary(probes.mine(False))] == [(2,)]  # differences cost 2 dim values
    nowhere = sl.FunctionLandscape(probes.nowhere, 3)
    assert work.canary(nowhere)[0].tobytes() == b"ZeroDivisionError"


def test_what_kernels_have_made_ready_does_not_travel():
    import pickle

    landscape = probes.loss()
    landscape.value(probes.weights(1))
    assert landscape.samples._prepared
    again = pickle.loads(pickle.dumps(landscape))
    assert not again.samples._prepared
    np.testing.assert_array_equal(again.value(probes.weights(2)), landscape.value(probes.weights(2)))


def numbers(about, rows, factor, *, advance):
    advance(2 * len(rows))
    return rows * factor, np.array([len(rows)] * len(rows))


def canary(about):
    return [np.zeros(1)]


@pytest.mark.parametrize("executor", [None, Wire(2, 5)])
@pytest.mark.parametrize("size", [None, 1, 3, 100])
def test_blocks_are_not_larger_than_asked_for_and_hold_every_row_once(executor, size):
    found = blocks(numbers, None, 11, executor, canary, description="numbers", more=(0.5,), size=size, ticks=2)
    values, together = gathered(11, found)
    np.testing.assert_array_equal(values, np.arange(11) * 0.5)
    assert together.max() <= (size or 11)


def test_progress_here_counts_the_steps_of_rows():
    counted = []

    class Display:
        def __init__(self, total, description):
            counted.append((total, description))

        def __enter__(self):
            return lambda n=1, note="": counted.append(n)

        def __exit__(self, *_):
            return None

    from spinland import progress

    before = progress.set_display(Display)
    try:
        probes.CASES["walk"]()
        probes.CASES["walk"](executor=Wire())
    finally:
        progress.set_display(before)
    begun = [place for place, item in enumerate(counted) if isinstance(item, tuple)]
    assert [counted[place] for place in begun] == [(45, "random walk"), (9, "random walk")]
    assert sum(counted[1 : begun[1]]) == 45
    assert sum(counted[begun[1] + 1 :]) == 9
