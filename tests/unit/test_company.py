"""Kernels in company: forked processes never hang, threads never end the process or change BLAS under others."""

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from spinland_kernels import blas

FORK = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, since Python 3.12
import multiprocessing, sys, threading
import numpy as np
import numba
import spinland as sl
from spinland_kernels import company

def work(seed):
    return float(sl.distances(np.random.default_rng(seed).normal(size=(20, 50))).sum())

def serial(seed):
    out = np.empty((1, 3))
    from spinland_kernels.philox import cpu
    cpu.fill_uniforms(out, 1, 2, [3], seed)
    return float(out.sum())

def answers(job):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        try:
            return pool.map_async(job, range(4)).get(timeout=300)
        except RuntimeError as error:
            return str(error)
"""

REFUSED = """
before = answers(work)
assert before == [work(seed) for seed in range(4)], before
assert numba.threading_layer() == "omp"
for job in (work, serial):
    told = answers(job)
    assert told.startswith("this process was forked after its parent had used kernels"), told
    assert 'get_context("spawn")' in told
    assert "NUMBA_THREADING_LAYER=workqueue" in told
assert work(0) == before[0]
"""

WORKS = """
want = [work(seed) for seed in range(4)]
assert numba.threading_layer() == "workqueue"
assert answers(work) == want
"""

INSIDE = """
import os
entered, leave = threading.Event(), threading.Event()

def inside(*args):
    entered.set()
    leave.wait()

kernel = company.in_company(inside, inside, False)
thread = threading.Thread(target=kernel)
thread.start()
entered.wait()
told = answers(serial)
leave.set()
thread.join()
assert told.startswith("this process was forked while another thread was inside a kernel; "), told
assert answers(serial) == [serial(seed) for seed in range(4)]
"""


def test_a_forked_child_says_that_it_cannot_work(run_python):
    run_python(FORK + REFUSED, NUMBA_THREADING_LAYER="omp")


def test_a_forked_child_works_where_the_layer_allows_it(run_python):
    run_python(FORK + WORKS, NUMBA_THREADING_LAYER="workqueue")


def test_a_fork_in_the_midst_of_a_kernel_does_not_hang(run_python):
    run_python(FORK + INSIDE)


THREADS = """
import threading
import numpy as np
import spinland as sl

network = sl.ReLUNetwork((20, 30, 5))
landscape = sl.NetworkLandscape(network, np.random.default_rng(0).normal(size=(300, 20)), np.arange(300) % 5)
points = network.initialize(4, seed=0)
want = landscape.gradient(points)
same = []

def work():
    same.extend(np.array_equal(landscape.gradient(points), want) for _ in range(50))

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert same == [True] * 200
"""


@pytest.mark.parametrize("layer", ["default", "workqueue"])
def test_threads_may_call_kernels_at_once(layer, run_python):
    run_python(THREADS, NUMBA_THREADING_LAYER=layer)


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def three_threads():
    """BLAS on three threads, whatever the machine has."""
    with blas.single_threaded():  # it is loaded
        pass
    with threadpool_limits(3, user_api="blas"):
        if blas_threads() != {3}:
            pytest.skip("this BLAS cannot be told how many threads to use")
        yield


def test_overlapping_limits_hold_to_the_last_and_are_given_back(three_threads):
    entered, leave = threading.Event(), threading.Event()

    def first():
        with blas.single_threaded():
            entered.set()
            leave.wait()

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait()
    with blas.single_threaded():
        leave.set()
        thread.join()
        assert blas_threads() == {1}
    assert blas_threads() == {3}


def test_a_thread_limits_that_was_not_the_first_to_do_so(three_threads):
    seen = []

    def second():
        with blas.single_threaded():
            seen.append(blas_threads())

    with blas.single_threaded():
        pass
    thread = threading.Thread(target=second)
    thread.start()
    thread.join()
    assert seen == [{1}]
    assert blas_threads() == {3}


def test_limits_nest_and_errors_give_them_back(three_threads):
    def fail():
        with blas.single_threaded():
            with blas.single_threaded():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert blas_threads() == {3}


def test_an_interrupt_while_a_limit_is_set_is_mended(three_threads, monkeypatch):
    library = blas._libraries()[0]
    real, calls = type(library).set_num_threads, []

    def interrupted(self, threads):
        calls.append(threads)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(self, threads)

    monkeypatch.setattr(type(library), "set_num_threads", interrupted)
    with pytest.raises(KeyboardInterrupt), blas.single_threaded():
        pass
    assert calls
    assert blas_threads() == {3}


BLAS_FORK = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
import os, threading
from threadpoolctl import threadpool_info, threadpool_limits
from spinland_kernels import blas

def count():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

def child(want):
    pid = os.fork()
    if pid == 0:
        seen = count()
        with blas.single_threaded():
            inside = count()
        os._exit(0 if (seen, inside, count()) == (want, {1}, want) else 1)
    assert os.waitpid(pid, 0)[1] == 0

with blas.single_threaded():
    pass
with threadpool_limits(3, user_api="blas"):
    entered, leave = threading.Event(), threading.Event()
    def first():
        with blas.single_threaded():
            entered.set()
            leave.wait()
    thread = threading.Thread(target=first)
    thread.start()
    entered.wait()
    child({3})  # who wanted one thread is not there
    with blas._limit.lock:
        child({3})
    leave.set()
    thread.join()
    with blas.single_threaded():
        child({1})
    assert count() == {3}
"""


def test_a_forked_child_has_its_own_limits(run_python):
    run_python(BLAS_FORK)
