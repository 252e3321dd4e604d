"""A cluster of Dask on this machine: three processes with different numbers of threads, killed and restarted."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest

import spinland as sl
from spinland.execution.crew import Crew, Work, spread
from tests.cluster import works

distributed = pytest.importorskip("distributed")

HEEDING = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # what starts the tests may not
QUIET = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1000", "DASK_LOGGING__DISTRIBUTED": "critical"}


class Cluster:
    """A scheduler and workers as people start them, each with its nanny."""

    def __init__(self, folder):
        self.file, self.folder, self.processes = folder / "scheduler.json", folder, []
        self.start("scheduler", "--port", "0", "--no-dashboard")
        while not self.file.exists():
            time.sleep(0.05)

    def start(self, kind, *options, **environment):
        words = [sys.executable, "-m", "dask", kind, "--scheduler-file", self.file, *options]
        with open(self.folder / f"{kind}-{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | QUIET | environment,
                start_new_session=True,
            )
        self.processes.append(process)

    def add(self, threads, **environment):
        self.start("worker", "--nthreads", str(threads), "--nworkers", "1", "--no-dashboard", **environment)

    def close(self):
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    found = Cluster(tmp_path_factory.mktemp("dask"))
    for threads in (1, 2, 3):
        found.add(threads)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(cluster):
    with distributed.Client(scheduler_file=str(cluster.file), set_as_default=False, timeout=60) as found:
        found.wait_for_workers(3, timeout=60)
        yield found


@pytest.mark.parametrize("as_executor", [False, True])
def test_replicas_have_the_same_bits_as_in_one_process(client, as_executor):
    network = sl.ReLUNetwork((64, 6, 10))
    expected = sl.train(network, "digits", 12, sl.SGD(0.1), epochs=2, snapshots=[1])
    executor = client.get_executor() if as_executor else client
    parts = []
    found = sl.train(network, "digits", 12, sl.SGD(0.1), epochs=2, snapshots=[1], executor=executor, sink=parts.append)
    for name in ("params", "snapshots", "train_loss", "test_accuracy", "replicas", "diverged"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.provenance == expected.provenance
    assert len(parts) > 1


def test_one_task_at_a_time_is_done_by_a_worker_on_the_threads_that_dask_gave_it(client):
    about = {"scale": 1.0, "seconds": 0.05}
    found = [part for _, part in spread(works.where, about, 60, client, works.canary, description="where")]
    assert {part["inside"] for part in found} == {1}
    most = max(1, int(os.environ.get("NUMBA_NUM_THREADS", len(os.sched_getaffinity(0)))))
    allowed = dict(zip(client.run(os.getpid).values(), client.nthreads().values(), strict=True))
    of_worker = {part["pid"]: part["threads"] for part in found}
    assert set(of_worker.values()) <= {min(n, most) for n in (1, 2, 3)}
    assert len(of_worker) <= len(allowed)


def test_a_client_that_was_closed_takes_no_tasks(cluster, client):
    with distributed.Client(scheduler_file=str(cluster.file), set_as_default=False, timeout=60) as closed:
        pass
    with pytest.raises(sl.WorkersLost, match="executor: it takes no tasks: "):
        sl.train(sl.ReLUNetwork((64, 4, 10)), "digits", 2, epochs=1, executor=closed)


@pytest.mark.parametrize("address", ["nonsense", "nosuch.json", "tcp://host"])
def test_what_is_no_scheduler_is_refused_at_once(tmp_path, address):
    refused = study(tmp_path / "study.h5", "--scheduler", address)
    _, errors = refused.communicate(timeout=60)
    assert refused.returncode == 2
    assert errors.splitlines() == [
        f"error: --scheduler: expected an address such as tcp://host:8786, or a file that is there, got {address}"
    ]


def test_a_scheduler_without_workers_is_waited_for_in_words(tmp_path):
    lonely, told = Cluster(tmp_path), []
    try:
        with distributed.Client(scheduler_file=str(lonely.file), set_as_default=False, timeout=60) as client:
            crew = Crew(client)
            crew.add(Work(works.squares, {"scale": 2.0}, np.arange(3), works.canary))

            def tell(rows, note):
                told.append(note)
                if len(told) == 1:
                    lonely.add(1)

            found = [row for made in crew.results(tell) for row in made.rows.tolist()]
    finally:
        lonely.close()
    assert sorted(found) == [0, 1, 2]
    assert told[0] == "no worker is there: waiting for one"
    assert told[-1].startswith("1 workers")


@pytest.mark.parametrize("as_executor", [False, True])
def test_replies_stay_with_the_workers_until_they_are_wanted(client, as_executor):
    """Else a coordinator that falls behind would hold two replies of 64 MB for each worker."""
    crew = Crew(client.get_executor() if as_executor else client)
    crew.add(Work(works.squares, {"scale": 2.0}, np.arange(50), works.canary))
    results = crew.results()
    next(results)
    assert crew._flying
    assert all(isinstance(future, distributed.Future) for future in crew._flying)
    assert max(row for made in results for row in made.rows.tolist()) == 49


def test_a_worker_that_was_told_of_another_processor_is_refused_by_name(cluster, client):
    before = set(client.nthreads())
    cluster.add(1, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    try:
        client.wait_for_workers(4, timeout=60)
        about = {"scale": 1.0, "seconds": 0.05}
        with pytest.raises(sl.WorkerMismatch, match=r"is refused: .*processor generic, here "):
            list(spread(works.where, about, 10_000, client, works.canary, description="until it has got a task"))
    finally:
        client.retire_workers(list(set(client.nthreads()) - before))


TINY = (
    *("--n-train", "200", "--n-test", "50", "--hidden", "6", "--replicas", "12", "--epochs", "3"),
    *("--walkers", "2", "--walk-steps", "4", "--walk-origins", "2", "--swap-trials", "2", "--swap-origins", "2"),
    *("--widths", "4,6", "--width-replicas", "4", "--batch-sizes", "8,16", "--batch-replicas", "4"),
    *("--directions", "2", "--grid", "5", "--lines", "2", "--line-points", "5", "--glass-replicas", "6"),
    *("--glass-spins", "12", "--correlation-pairs", "5", "--bootstrap", "10", "--null-draws", "20", "--no-page"),
)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def study(out, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "spinland", "study", *TINY, "--out", out, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **HEEDING,
    )


@pytest.mark.slow
def test_workers_killed_again_and_again_and_the_coordinator_twice_leave_the_same_bytes(cluster, client, tmp_path):
    """Worker and coordinator die by what was made, not by the clock: machines differ in speed."""
    alone, together = tmp_path / "alone.h5", tmp_path / "together.h5"
    chapters = "--chapters", "training,walks,flatness"
    _, errors = study(alone, *chapters).communicate(timeout=300)
    assert alone.exists(), errors
    draw, killed = random.Random(5), 0
    for lines in (8, 12, None):
        coordinator = study(together, *chapters, "--scheduler", cluster.file)
        for number, told in enumerate(coordinator.stderr, 1):
            last = told
            if number == lines:
                coordinator.kill()
            elif number % 6 == 3 and killed < 5:
                pids = list(client.run(os.getpid, on_error="ignore").values())
                os.kill(draw.choice(pids), signal.SIGKILL)
                killed += 1
        code = coordinator.wait(60)
        coordinator.stdout.close()
        coordinator.stderr.close()
        assert code == (0 if lines is None else -signal.SIGKILL), last
    assert killed >= 3
    assert digest(together) == digest(alone)


@pytest.mark.slow
def test_a_study_over_local_workers_of_the_command_line_is_the_same_to_the_byte(tmp_path):
    alone, together = tmp_path / "alone.h5", tmp_path / "together.h5"
    first, second = study(alone), study(together, "--workers", "3")
    for process in (first, second):
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert digest(together) == digest(alone)


def test_ctrl_c_ends_coordinator_and_workers_and_leaves_a_file_that_goes_on(tmp_path):
    out, chapters = tmp_path / "study.h5", ("--chapters", "training,walks")
    stopped = study(out, *chapters, "--workers", "2")
    told = []
    for line in stopped.stderr:
        told.append(line)
        if len(told) == 4:
            children = _children(stopped.pid)
            stopped.send_signal(signal.SIGINT)
    assert stopped.wait(60) == 130, told
    stopped.stdout.close()
    stopped.stderr.close()
    assert "Traceback" not in "".join(told)
    assert len(children) >= 2
    end = time.monotonic() + 30
    while any(os.path.exists(f"/proc/{pid}") for pid in children):
        assert time.monotonic() < end, "workers are left behind"
        time.sleep(0.05)
    assert sl.Store(out, "r").meta["finished"] is False
    _, errors = study(out, *chapters).communicate(timeout=300)
    assert "going on with" in errors
    assert sl.Store(out, "r").meta["finished"] is True


def _children(pid):
    """Processes that a process has started."""
    return [
        int(child)
        for task in os.listdir(f"/proc/{pid}/task")
        for child in open(f"/proc/{pid}/task/{task}/children").read().split()
    ]
