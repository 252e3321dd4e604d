"""The store survives kill -9 at any moment, and several writers at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(command, folder, *numbers):
    script = Path(__file__).with_name("store_killer.py")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, script, command, folder, *map(str, numbers)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments(tmp_path, seed):
    kills, states, finished = run("random", tmp_path, seed, 30)
    assert kills >= 30
    assert states >= 3  # the kills really fell into different parts of the study
    assert finished >= 1


def test_killed_within_every_step(tmp_path):
    (steps,) = run("steps", tmp_path)
    assert steps > 60


def test_several_writers_and_a_reader_at_once(tmp_path):
    (reads,) = run("together", tmp_path)
    assert reads >= 1
