"""Workers that compile beside a computation: never needed, never waited for in vain, never left behind."""

import json
import os
import shutil
import subprocess
import sys
import time
from typing import ClassVar

import pytest
from click.testing import CliRunner

import spinland as sl
from spinland.cli.compile_command import command
from spinland.compiling import recipes, workers
from spinland.store.hdf5 import Store
from spinland.study import execution
from spinland.study.glasses import GLASS
from spinland.study.networks import STUDY, NetworkBook, StudyConfig, _facts
from spinland_kernels import diskcache, jit
from tests.cli.test_glass import TINY

SMALL = [("float64", "distances")]


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty kernel cache of this test alone."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    diskcache.folders.cache_clear()
    yield tmp_path / "cache"
    diskcache.folders.cache_clear()


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_all_tasks_fit_into_the_smallest_pipe():
    tasks = recipes.of_everything()
    assert len(tasks) * workers.RECORD <= 4096
    assert all(len("\t".join(task).encode()) <= workers.RECORD for task in tasks)


def test_every_chapter_names_recipes_that_there_are():
    named = {name for chapter in (*STUDY, *GLASS) for names in chapter.kernels.values() for name in names}
    assert named < recipes.RECIPES.keys()
    assert {kind for chapter in (*STUDY, *GLASS) for kind in chapter.kernels} == {"network", "glass"}


def tasks_of(config, chapters, tmp_path):
    """What is compiled beside a study of these chapters."""
    data = sl.load_dataset("digits").subset(100, 50)
    with Store(tmp_path / "study.h5") as store:
        book = NetworkBook(config, store, _facts(data) | {"version": "0"}, data)
        return execution.kernels(book, execution.plan(book, chapters))


def test_a_study_compiles_what_its_steps_need_and_nothing_else(tmp_path):
    assert tasks_of(StudyConfig(), ["swaps"], tmp_path) == [
        ("float32", "training"),
        ("float32", "losses"),
        ("float32", "swaps"),
    ]


def test_a_comparison_needs_the_kernels_of_both(tmp_path):
    found = tasks_of(StudyConfig(dtype="float64"), ["profiles"], tmp_path)
    names = ["training", "losses", "profiles", "descent", "glass profiles"]
    assert found == [("float64", name) for name in names]
    alone = tasks_of(StudyConfig(glass_replicas=0), ["profiles"], tmp_path)
    assert alone == []


def test_workers_share_the_tasks_and_say_what_they_compiled(cache):
    tasks = [*SMALL, ("float64", "none of ours")]
    with workers.Workers(tasks, 2, heard=True) as crew:
        said = list(crew.lines())
        assert crew.codes() == [0, 0]
    assert "done float64 distances" in said
    assert [line for line in said if line.startswith("failed")] == ["failed float64 none of ours: 'none of ours'"]
    compiled = [line for line in said if line.startswith("compiled ")]
    assert len(compiled) == len(list(cache.rglob("*.kernel"))) > 1
    assert not list(cache.rglob("*.claim"))


def test_workers_are_killed_when_the_block_ends(cache):
    with workers.Workers(recipes.of_everything(), 2) as crew:
        pids = [process.pid for process in crew._processes]
        assert all(map(is_alive, pids))
    assert not any(map(is_alive, pids))


ORPHANS = """
import json, os, signal, sys
from spinland.compiling import recipes, workers
from spinland.study.glasses import GLASS
from spinland.study.networks import STUDY
crew = workers.Workers(recipes.of_everything(), 2, heard=True)
next(crew.lines())
print(json.dumps([process.pid for process in crew._processes]), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_whose_parent_was_killed_end(command_line, tmp_path):
    words = command_line(NUMBA_CACHE_DIR=str(tmp_path))
    words["args"] = [sys.executable, "-c", ORPHANS]
    done = subprocess.run(**words, stdout=subprocess.PIPE, text=True, check=False, timeout=600)
    pids = json.loads(done.stdout)
    end = time.monotonic() + 300  # the kernel that each is compiling may take a while
    while any(map(is_alive, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(is_alive, pids))


def test_a_worker_that_finds_other_kernels_does_nothing(command_line):
    words = command_line()
    words["args"] = [sys.executable, "-m", "spinland.compiling.worker", "0123456789abcdef", str(os.getpid())]
    done = subprocess.run(**words, input="", text=True, check=False, capture_output=True, timeout=600)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


class Recorded:
    """Stands for `Workers`: keeps what it was asked for."""

    made: ClassVar[list] = []

    def __init__(self, tasks, number):
        self.made.append((list(tasks), number))

    def stop(self):
        self.made.append("stopped")


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(workers, "Workers", Recorded)
    monkeypatch.setattr(Recorded, "made", [])
    monkeypatch.setattr(workers, "cores", lambda: 3)
    return Recorded.made


def new_kernel():
    """A kernel that is compiled when it is called."""

    @jit.serial_loop
    def twice(x):
        return x + x

    return twice


def test_workers_start_with_the_first_compilation_and_take_the_last_task_first(made):
    tasks = recipes.of_everything()
    with workers.compiling_beside(tasks):
        assert not made
        new_kernel()(1.0)
        new_kernel()(1.0)
        assert made == [(tasks[::-1], 2)]
    assert made[1:] == ["stopped"]
    new_kernel()(1.0)
    assert len(made) == 2


def test_an_error_stops_them(made):
    def stopped_by_hand():
        with workers.compiling_beside(SMALL):
            new_kernel()(1.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_by_hand()
    assert made[1:] == ["stopped"]


@pytest.mark.parametrize("obstacle", ["one core", "no interpreter", "no cache", "no process"])
def test_where_none_can_help_none_is_started(obstacle, made, monkeypatch):
    if obstacle == "one core":
        monkeypatch.setattr(workers, "cores", lambda: 1)
    elif obstacle == "no interpreter":
        monkeypatch.setattr(sys, "executable", None)
    elif obstacle == "no cache":
        monkeypatch.setattr(diskcache, "folder_in_use", lambda: (None, ["full"]))
    else:

        def refuse(*_):
            raise BlockingIOError("no more processes")

        monkeypatch.setattr(workers, "Workers", refuse)
    with workers.compiling_beside(SMALL):
        assert new_kernel()(1.0) == 2.0
    assert not made


@pytest.mark.parametrize(("named", "cores"), [("1", 1), ("1,4", 1), ("", 2), ("0", 2), ("many", 2), ("64", 2)])
def test_workers_respect_the_cores_that_were_given(named, cores, monkeypatch):
    monkeypatch.setattr("numba.get_num_threads", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setenv("OMP_NUM_THREADS", named)
    assert workers.cores() == cores


BESIDE = """
import sys
import numpy as np
import spinland as sl
from spinland.compiling import workers
workers.cores = lambda: 2
if len(sys.argv) > 1:
    sys.executable = sys.argv[1]
with workers.compiling_beside([("float64", "triangles"), ("float64", "distances")]):
    print(sl.distances(np.random.default_rng(0).normal(size=(5, 7))).tolist())
"""


@pytest.mark.slow
def test_a_script_without_a_guard_gets_the_same_numbers_with_workers_without_and_with_broken_ones(
    command_line, tmp_path
):
    want = None
    for i, broken in enumerate(([], ["/bin/false"], ["/nowhere/python"])):
        words = command_line(NUMBA_CACHE_DIR=str(tmp_path / str(i)))
        words["args"] = [sys.executable, "-W", "error", "-c", BESIDE, *broken]
        done = subprocess.run(**words, text=True, check=False, capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        want = want or done.stdout
        assert done.stdout == want


# The command


def test_compile_compiles_once_and_then_nothing(cache, monkeypatch):
    monkeypatch.setattr(recipes, "of_everything", lambda: SMALL)
    first = CliRunner().invoke(command, ["--quiet", "--processes", "1"])
    n = len(list(cache.rglob("*.kernel")))
    assert (first.exit_code, first.stdout.startswith(f"compiled {n} kernels in ")) == (0, True)
    assert str(cache) in first.stdout
    again = CliRunner().invoke(command, ["--quiet"])
    assert (again.exit_code, again.stdout.startswith("nothing to compile: all kernels are in ")) == (0, True)
    assert len(list(cache.rglob("*.kernel"))) == n > 1


def test_compile_tells_what_cannot_be_compiled(cache, monkeypatch):
    monkeypatch.setattr(recipes, "of_everything", lambda: [("float64", "none of ours")])
    done = CliRunner().invoke(command, ["--quiet"])
    assert done.exit_code == 1
    assert "float64 none of ours" in done.output


def test_compile_tells_when_the_processes_end_early(cache, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    done = CliRunner().invoke(command, ["--quiet", "--processes", "2"])
    assert done.exit_code == 1
    assert "ended early (exit codes 1, 1)" in done.output


def test_compile_refuses_a_cache_that_cannot_be_written(spinland, tmp_path):
    (tmp_path / "file").touch()
    done = spinland("compile", code=1, NUMBA_CACHE_DIR=str(tmp_path / "file"))
    assert done.stdout == ""
    assert "error: the kernel cache cannot be written: " in done.stderr
    assert "choose another with NUMBA_CACHE_DIR" in done.stderr


RECIPES = """
from spinland.compiling import recipes
from spinland_kernels import diskcache
names, read = set(), diskcache._read
def recorded(name):
    names.add(name)
    return read(name)
diskcache._read = recorded
for dtype, name in recipes.of_everything():
    recipes.RECIPES[name](dtype)
print("\\n".join(sorted(names)))
"""


@pytest.mark.slow
def test_after_compile_a_study_and_a_glass_compile_nothing(spinland, run_python, tiny, tmp_path):
    """In a cache that holds what the recipes use, and nothing else."""
    warm, places = diskcache.folders()[0].path, {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    names = run_python(RECIPES).split()
    alone = tmp_path / "cache" / f"spinland-{diskcache.source_hash()}"
    alone.mkdir(parents=True)
    for name in names:
        shutil.copy(warm / name, alone)
    assert len(names) > 40
    assert "nothing to compile" in spinland("compile", **places).stdout
    for number, words in enumerate((["study", *tiny], ["study", *tiny, "--dtype", "float64"], ["glass", *TINY])):
        done = spinland(*words, "--out", tmp_path / f"{number}.h5", "--no-page", **places)
        assert "compiling" not in done.stderr
    (alone / next(name for name in names if name.startswith("walk"))).unlink()
    assert "compiling" in spinland("study", *tiny, "--out", tmp_path / "again.h5", "--no-page", **places).stderr
