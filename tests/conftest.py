"""Fixtures that all tests share, and how Hypothesis runs."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

_common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.differing_executors]}
settings.register_profile("dev", max_examples=15, **_common)
settings.register_profile("ci", max_examples=25, derandomize=True, database=None, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="session")
def repository():
    """Root folder of the source tree."""
    return ROOT


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    """Name of a machine that kernels run on; skipped where it is not there."""
    from numba import cuda

    if request.param == "cuda" and not cuda.is_available():
        pytest.skip("no CUDA driver or no card here")
    return request.param


@pytest.fixture
def threads():
    """A function that sets the number of threads of the kernels; it is put back afterwards."""
    before = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(before)


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
