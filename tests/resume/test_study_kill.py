"""A study killed with SIGKILL, again and again, ends with the bytes of one that ran through."""

import random
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from spinland.errors import StoreError
from spinland.store.hdf5 import Store

# Three groups of replicas, so that a kill can fall between two of them.
SETTINGS = [
    "--replicas",
    "140",
    "--epochs",
    "25",
    "--hidden",
    "8",
    "--widths",
    "4",
    "--width-replicas",
    "3",
    "--batch-sizes",
    "none",
    "--sigmas",
    "0.01,0.05",
    "--walk-steps",
    "5",
    "--walkers",
    "2",
    "--walk-origins",
    "2",
    "--lines",
    "2",
    "--swap-origins",
    "2",
    "--swap-trials",
    "2",
    "--bootstrap",
    "10",
    "--null-draws",
    "10",
    "--directions",
    "2",
    "--grid",
    "5",
    "--line-points",
    "5",
    "--n-train",
    "300",
    "--n-test",
    "50",
    "--no-page",
]


def state(path):
    """Names of the results in the file, and how many replicas of the ensemble are there."""
    if not path.exists():
        return (), 0
    store = Store(path, "r")
    names = store.names()
    return names, 140 if "ensemble" in names else store.pending().get("ensemble", (0, 140))[0]


MOMENTS = {
    "the file is there": lambda names, rows: True,
    "a group of replicas is there": lambda names, rows: 0 < rows < 140,
    "another one is there": lambda names, rows: rows > 64,
    "walks are there": lambda names, rows: len(names) >= 4,
    "swaps are there": lambda names, rows: "swaps/first-layer" in names,
    "most is there": lambda names, rows: len(names) >= 16,
}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, spinland):
    folder = tmp_path_factory.mktemp("uninterrupted")
    spinland("study", *SETTINGS, "--out", folder / "study.h5", NUMBA_NUM_THREADS="2")
    return folder / "study.h5"


def differences(first, second):
    """Names of all data and attributes that differ."""
    with h5py.File(first) as a, h5py.File(second) as b:
        found = []

        def look(name):
            x, y = a[name or "/"], b.get(name or "/")
            if y is None or dict_of(x) != dict_of(y):
                found.append(f"{name} (attributes)")
            elif isinstance(x, h5py.Dataset) and bits(x) != bits(y):
                found.append(name)

        look("")
        a.visit(look)
        b.visit(lambda name: found.append(name) if name not in a else None)
        return found


def dict_of(item):
    return {key: bits(value) for key, value in item.attrs.items()}


def bits(value):
    array = np.asarray(value[()] if isinstance(value, h5py.Dataset) else value)
    return array.shape, array.dtype, array.tolist() if array.dtype.hasobject else array.tobytes()


def killed_when(reached, delay, path, process):
    """Kill the process once the file is so far, ``delay`` seconds later; returns False when it ended before."""
    while process.poll() is None:
        try:
            if path.exists() and reached(*state(path)):
                break
        except StoreError:  # looked at between two steps
            pass
        time.sleep(0.001)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_killed_again_and_again(uninterrupted, command_line, spinland, tmp_path):
    path, draw = tmp_path / "study.h5", random.Random(5)
    words = ["study", *SETTINGS, "--quiet", "--out", path]
    pending = kills = 0
    before = (), 0
    for reached in MOMENTS.values():
        process = subprocess.Popen(**command_line(*words, NUMBA_NUM_THREADS="2"), stderr=subprocess.DEVNULL)
        kills += killed_when(reached, draw.uniform(0, 0.03), path, process)
        after = state(path)
        assert set(before[0]) <= set(after[0]), "a finished result is gone"
        assert before[1] <= after[1], "a finished replica is gone"
        pending += 0 < after[1] < 140
        before = after
    assert kills >= 3
    assert pending >= 1, "no kill fell between two groups of replicas"
    done = spinland(*words[:-3], "--out", path)
    assert "going on with" in done.stderr
    assert differences(uninterrupted, path) == []
    assert path.read_bytes() == uninterrupted.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["study.h5"]


def test_interrupted_by_hand(command_line, tmp_path):
    path = tmp_path / "study.h5"
    words = ["study", *SETTINGS, "--quiet", "--out", path]
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # what starts the tests may not
    process = subprocess.Popen(**command_line(*words), **heeding, stderr=subprocess.PIPE, text=True)
    while not path.exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    error = process.communicate()[1]
    assert process.returncode == 130, error
    assert error.strip().count("\n") == 0
    assert "goes on from there" in error


def test_one_thread_makes_the_same_bytes(uninterrupted, spinland, tmp_path):
    path = tmp_path / "study.h5"
    spinland("study", *SETTINGS, "--out", path, NUMBA_NUM_THREADS="1")
    assert differences(uninterrupted, path) == []
    assert path.read_bytes() == uninterrupted.read_bytes()
