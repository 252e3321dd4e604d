"""Worker processes of this machine: they live and die, and nothing is lost or left behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError, WorkersLost
from spinland.execution import crew as crews
from spinland.execution.crew import spread
from tests.cluster import works


def rows_of(function, about, n, executor):
    found = {}
    for rows, part in spread(function, about, n, executor, works.canary, description="rows"):
        found |= dict.fromkeys(rows.tolist(), part)
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_kernels_of_a_worker_take_the_threads_that_it_was_given():
    cores = len(os.sched_getaffinity(0))
    with sl.LocalWorkers(1) as workers:
        found = rows_of(works.where, {"scale": 1.0}, 3, workers)
        assert {part["threads"] for part in found.values()} == {cores}
        assert {part["pid"] for part in found.values()} == set(workers.pids)
    assert sl.LocalWorkers(64).threads == 1


def test_one_task_at_a_time_is_done_in_a_process_whatever_its_threads_are():
    with ThreadPoolExecutor(4) as pool:
        found = rows_of(works.where, {"scale": 1.0}, 12, pool)
    assert {part["inside"] for part in found.values()} == {1}


def test_a_worker_that_dies_takes_its_own_task_with_it_and_another_does_it(tmp_path, workers):
    found = rows_of(works.die, {"scale": 2.0, "path": tmp_path}, 6, workers)
    assert {row: part["square"][list(part["rows"]).index(row)] for row, part in found.items()} == {
        row: (2.0 * row) ** 2 for row in range(6)
    }
    assert list(tmp_path.iterdir())


def test_work_that_always_kills_its_worker_is_given_up(monkeypatch, workers):
    monkeypatch.setattr(crews, "LOST_IN_A_ROW", 2)
    with pytest.raises(WorkersLost, match=r"did not come back.*a local worker died"):
        rows_of(works.always_die, {"scale": 1.0}, 2, workers)


def test_what_a_worker_prints_is_no_answer(workers):
    assert set(rows_of(works.shout, {"scale": 1.0}, 3, workers)) == {0, 1, 2}


def test_workers_end_with_their_block_and_say_so():
    with sl.LocalWorkers(2, 1) as workers:
        rows_of(works.squares, {"scale": 1.0}, 4, workers)
        pids = workers.pids
    assert len(pids) == 2
    wait_for(lambda: not any(map(is_alive, pids)))
    workers.shutdown()
    with pytest.raises(RuntimeError, match="shut down"):
        workers.submit(abs, 1)
    with pytest.raises(WorkersLost, match="shut down"):
        rows_of(works.squares, {"scale": 1.0}, 4, workers)
    with pytest.raises(ArgumentError, match="n_workers"):
        sl.LocalWorkers(0)
    with pytest.raises(ArgumentError, match="threads"):
        sl.LocalWorkers(1, 0)


def test_it_is_an_executor_as_any_other(workers):
    assert list(workers.map(abs, [-1, 2, -3])) == [1, 2, 3]
    assert isinstance(workers.submit(int, "x").exception(), ValueError)


HEEDING = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # what starts the tests may not
SCRIPT = """
import os, sys, time
import spinland as sl
from tests.cluster import works
from spinland.execution.crew import spread
workers = sl.LocalWorkers(2, 1)
about = {"scale": 1.0, "seconds": 600.0}
workers.submit(os.getpid).result()
workers.submit(time.sleep, 600), workers.submit(time.sleep, 600)
while len(workers.pids) < 2:
    time.sleep(0.01)
print(*workers.pids, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_when_their_parent_does_however_it_ends(tmp_path, number):
    """A script without ``if __name__ == "__main__"``, too: workers are no copies of it."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **HEEDING
    )
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(number)
    parent.wait(30)
    wait_for(lambda: not any(map(is_alive, pids)))
    parent.stdout.close()
    parent.stderr.close()


def test_pools_that_spawn_work_and_those_that_fork_say_why_not():
    network = sl.ReLUNetwork((64, 4, 10))
    expected = sl.train(network, "digits", 4, epochs=1)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        found = sl.train(network, "digits", 4, epochs=1, executor=pool)
    np.testing.assert_array_equal(found.params, expected.params)
    with ThreadPoolExecutor(2) as pool:
        found = sl.train(network, "digits", 4, epochs=1, executor=pool)
    np.testing.assert_array_equal(found.params, expected.params)
    import numba

    if numba.threading_layer() == "omp":
        refused = pytest.raises(RuntimeError, match=r"forked after its parent had used kernels.*spawn")
        with ProcessPoolExecutor(2, get_context("fork")) as pool, refused:
            sl.train(network, "digits", 4, epochs=1, executor=pool)


def test_a_pool_that_is_broken_is_named():
    pool = ProcessPoolExecutor(1, get_context("spawn"))
    with pool, pytest.raises(WorkersLost, match=r"executor: .*__main__"):
        rows_of(works.always_die, {"scale": 1.0}, 2, pool)


def test_environment_of_another_processor_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    monkeypatch.setenv("NUMBA_CPU_FEATURES", "")
    refused = pytest.raises(sl.WorkerMismatch, match=r"processor generic, here ")
    with sl.LocalWorkers(1, 1) as workers, refused as caught:
        sl.train(sl.ReLUNetwork((64, 4, 10)), "digits", 2, epochs=1, executor=workers)
    assert "NUMBA_CPU_FEATURES" in str(caught.value)
    assert os.uname().nodename in str(caught.value)
