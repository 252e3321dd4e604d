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
