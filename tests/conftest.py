"""Fixtures that all tests share, and how Hypothesis runs."""

import fcntl
import io
import os
import shutil
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import numba
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]

_common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.differing_executors]}
settings.register_profile("dev", max_examples=15, **_common)
settings.register_profile("ci", max_examples=25, derandomize=True, database=None, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="session", autouse=True)
def share_of_the_cores():
    """Each process that runs tests has its share: threads of all on all cores would wait for each other.

    Results do not depend on it; tests that need two threads ask for ``threads`` or ``all_threads``.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes == 1:
        yield
        return
    share = max(1, numba.config.NUMBA_NUM_THREADS // processes)
    numba.set_num_threads(share)
    with threadpool_limits(share, "blas"):
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_is_synced():
    """No test pulls the plug: in this process nobody waits for the disk, which takes longer than tiny results do."""
    with mock.patch.multiple(os, fsync=lambda descriptor: None, fdatasync=lambda descriptor: None, create=True):
        yield


@pytest.fixture(scope="session")
def repository():
    """Root folder of the source tree."""
    return ROOT


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    """Name of a machine that kernels run on; skipped where it is not there.

    With numba-cuda and NUMBA_ENABLE_CUDASIM=1 the card is simulated.
    """
    from spinland_kernels.devices import Unavailable, cards

    try:
        if request.param == "cuda":
            cards()
    except Unavailable as problem:
        pytest.skip(str(problem))
    return request.param


@pytest.fixture
def threads():
    """A function that sets the number of threads of the kernels; it is put back afterwards."""
    before = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(before)


@pytest.fixture
def all_threads(threads):
    """As many threads as a user has."""
    threads(numba.config.NUMBA_NUM_THREADS)


@pytest.fixture
def two_threads(threads):
    """Two threads, or a skip where there is one core."""
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one core only")
    threads(2)


@pytest.fixture(scope="module")
def one_thread():
    """One thread for a whole module of small sets, which would only wait for others; the results are the same."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


@pytest.fixture(scope="session")
def run_python():
    """A function that runs a script in a fresh interpreter and returns what it prints."""

    def run(script, **environment):
        paths = [str(ROOT), str(ROOT / "kernels"), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


TINY = (
    "--replicas 4 --epochs 2 --hidden 8 --widths 4,8 --width-replicas 3 --batch-sizes 5,10 --batch-replicas 3 "
    "--batch-size 5 --sigmas 0.01,0.05 --walk-steps 5 --walkers 2 --walk-origins 2 --lines 2 --swap-origins 2 "
    "--swap-trials 2 --bootstrap 10 --null-draws 10 --directions 2 --grid 5 --line-points 5 --n-train 200 --n-test 50 "
    "--glass-replicas 0"
)


@pytest.fixture(scope="session")
def tiny():
    """Settings of a study that takes a second."""
    return TINY.split()


@pytest.fixture(scope="session")
def command_line():
    """A function that gives the words and the environment of a fresh ``spinland`` process, for subprocess."""

    def words_and_environment(*words, **environment):
        paths = [str(ROOT), str(ROOT / "kernels"), os.environ.get("PYTHONPATH", "")]
        return {
            "args": [sys.executable, "-m", "spinland", *map(str, words)],
            "env": {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200", **environment},
        }

    return words_and_environment


@pytest.fixture(scope="session")
def spinland(command_line):
    """A function that runs ``spinland`` with these words as a person does, and checks its exit code."""

    def run(*words, code=0, preexec_fn=None, cwd=None, **environment):
        done = subprocess.run(
            **command_line(*words, **environment),
            preexec_fn=preexec_fn,
            cwd=cwd,
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def here():
    """A function that does the same in this process, for what needs no interpreter of its own: a second less each."""
    from spinland import progress
    from spinland.cli.main import run as run_words

    def run(*words, code=0, cwd=".", encoding="utf-8"):
        before = progress.set_display(None)
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
        try:
            with mock.patch.dict(os.environ, COLUMNS="200"), chdir(cwd), redirect_stdout(out), redirect_stderr(err):
                found = run_words([os.fsdecode(word) if isinstance(word, bytes) else str(word) for word in words])
                sys.stdout.flush()
                sys.stderr.flush()
        finally:
            progress.set_display(before)
        said, complained = (stream.buffer.getvalue().decode(errors="surrogateescape") for stream in (out, err))
        assert code in (found, None), said + complained
        return subprocess.CompletedProcess(words, found, said, complained)

    return run


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """A function that makes a folder once for all processes of this run of the tests; who comes later waits for it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def once(name, make):
        folder, done = shared / name, shared / f"{name}.done"
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of one whose making failed
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def mnist_folder():
    """Folder with the real MNIST files: in $SPINLAND_DATA, or shared/data/mnist beside the repository."""
    places = []
    if os.environ.get("SPINLAND_DATA"):
        data = Path(os.environ["SPINLAND_DATA"])
        places += [data, data / "mnist"]
    places += [parent / "shared" / "data" / "mnist" for parent in ROOT.parents]
    for place in places:
        if any(place.glob("train-images*idx3-ubyte*")):
            return place
    pytest.skip("no MNIST files in $SPINLAND_DATA or in shared/data/mnist beside the repository")
