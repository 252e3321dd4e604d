"""Claims to kernels: one process compiles, the others wait, and nobody waits for the dead."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, nullcontext

import pytest

from spinland_kernels import claims

HOLD = """
import sys, time
from pathlib import Path
from spinland_kernels import claims
held = claims.take(Path(sys.argv[1]))
print("held" if held else "refused", flush=True)
time.sleep(600)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.kernel.claim"


@pytest.fixture
def holder(path):
    """Another process that has the claim."""
    words = [sys.executable, "-c", HOLD, str(path)]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def never():
    return False


def test_a_claim_is_had_once_and_leaves_nothing(path):
    claim = claims.take(path)
    assert claims.take(path) is None
    claim.release()
    assert not path.exists()
    again = claims.take(path)
    assert again is not None
    again.release()


def test_who_opened_a_claim_that_was_then_released_does_not_have_it(path, monkeypatch):
    first = claims.take(path)
    lock, taken = claims.fcntl.flock, []

    def released_meanwhile(descriptor, how):
        if not taken:
            taken.append(descriptor)
            first.release()
        lock(descriptor, how)

    monkeypatch.setattr(claims.fcntl, "flock", released_meanwhile)
    second = claims.take(path)
    assert path.exists()
    assert claims.take(path) is None
    second.release()


def test_the_claim_of_a_killed_process_is_free(path, holder):
    assert claims.take(path) is None
    holder.kill()
    holder.wait()
    assert path.exists()
    claims.obtain(path, never, nullcontext).release()
    assert not path.exists()


def test_a_process_that_is_killed_while_others_wait_frees_them(path, holder):
    timer = threading.Timer(0.2, holder.kill)
    timer.start()
    claim = claims.obtain(path, never, nullcontext, patience=500)
    timer.join()
    assert claim is not None
    claim.release()


def test_a_stopped_process_is_not_waited_for_for_ever(path, holder):
    holder.send_signal(signal.SIGSTOP)
    waits = []

    @contextmanager
    def waiting():
        waits.append("begun")
        yield
        waits.append("done")

    assert claims.obtain(path, never, waiting, patience=0.1) is None
    assert waits == ["begun", "done"]


def test_waiting_ends_when_the_kernel_is_there(path, holder):
    end = time.monotonic() + 0.1
    assert claims.obtain(path, lambda: time.monotonic() > end, nullcontext, patience=500) is None


def test_what_was_compiled_meanwhile_needs_no_claim(path):
    def waiting():
        raise AssertionError("nobody has it")

    assert claims.obtain(path, lambda: True, waiting) is None
    assert not path.exists()


def test_where_nothing_can_be_locked_it_says_so(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        claims.take(tmp_path / "nowhere" / "a.claim")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        claims.take(tmp_path / "elsewhere")
    assert not (tmp_path / "target").exists()


UNIFORMS = """
import numpy as np
from spinland_kernels import jit
from spinland_kernels.philox import cpu
compiled = []
jit.on_compile(compiled.append, lambda name, seconds: None)
out = np.empty((1, 3))
cpu.fill_uniforms(out, 1, 2, [3], 4)
print(out[0].tolist(), len(compiled))
"""


def test_processes_that_need_a_kernel_at_once_compile_it_once(command_line, tmp_path):
    words = command_line(NUMBA_CACHE_DIR=str(tmp_path))
    words["args"] = [sys.executable, "-W", "error", "-c", UNIFORMS]
    processes = [subprocess.Popen(**words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=600)[0].rsplit(" ", 1) for process in processes]
    assert len({numbers for numbers, _ in said}) == 1
    assert sorted(int(compiled) for _, compiled in said) == [0, 0, 1]
    assert len(list(tmp_path.rglob("*.kernel"))) == 1
    assert not list(tmp_path.rglob("*.claim"))
