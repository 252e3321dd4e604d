"""Signals, closed outputs and full disks, in processes of their own: one line at most, and no harm to the file."""

import os
import random
import resource
import signal
import subprocess
import time

import pytest

from spinland.store.hdf5 import Store
from tests.oracles.pages import check_self_contained


@pytest.mark.parametrize("words", [["info"], ["study", "--help"], ["data", "list"], ["study", "--show-settings"]])
@pytest.mark.parametrize("place", ["closed", "head", "full"])
def test_output_that_nobody_takes(words, place, command_line):
    process = command_line(*words)
    if place == "full":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full")
        with open("/dev/full", "w") as full:
            done = subprocess.run(**process, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
    elif place == "closed":
        done = subprocess.run(**process, preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, check=False, text=True)
        assert done.returncode in (0, 1)
        assert done.stderr.count("\n") <= 1
    else:
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(**process, stdout=write, stderr=subprocess.PIPE, check=False, text=True)
        os.close(write)
        assert done.returncode in (0, 1)
        assert done.stderr == ""
    assert "Traceback" not in done.stderr


def test_a_study_outlives_its_terminal(command_line, tiny, tmp_path, finished):
    study = tmp_path / "study.h5"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        **command_line("study", *tiny, "--no-page", "--out", study),
        stderr=write,
        stdout=write,
        check=False,
        timeout=300,
    )
    os.close(write)
    assert done.returncode == 0
    assert study.read_bytes() == finished.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_at_any_moment(number, command_line, tiny, tmp_path, finished, here):
    study = tmp_path / "study.h5"
    chance = random.Random(int(number))
    words = ["study", *tiny, "--out", study]
    for _ in range(6):
        process = subprocess.Popen(**command_line(*words), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(chance.uniform(0.1, 4.0))
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        # Before the program runs at all, while Python itself starts, the system's own way of ending holds.
        assert process.returncode in (0, 130) or (err == "" and process.returncode == -number), err
        assert "Traceback" not in err
        assert out == ""
        rests = {path.name for path in tmp_path.iterdir()}
        assert rests <= {"study.h5", "study.html"}
        if study.exists():
            Store(study, "r").names()
    here(*words)
    assert study.read_bytes() == finished.read_bytes()
    check_self_contained(study.with_suffix(".html").read_text("utf-8"))


@pytest.mark.skipif(os.geteuid() == 0, reason="to root no folder is read-only")
def test_a_folder_that_may_not_be_written(spinland, tiny, tmp_path):
    tmp_path.chmod(0o500)
    error = spinland("study", *tiny, "--out", tmp_path / "study.h5", code=1).stderr
    tmp_path.chmod(0o700)
    assert "study.h5" in error
    assert error.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("room", [100, 1000, 30_000, 200_000])
def test_full_at_any_size(room, spinland, here, tiny, tmp_path, finished):
    study = tmp_path / "study.h5"

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    error = spinland("study", *tiny, "--out", study, "--quiet", code=1, preexec_fn=limit).stderr
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"study.h5"}
    here("study", *tiny, "--out", study, "--quiet", "--no-page")
    assert study.read_bytes() == finished.read_bytes()
