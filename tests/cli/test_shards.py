"""``--shard K/N`` and ``spinland merge``, as people use them who have nothing but a batch queue."""

import re
import signal
import subprocess
import sys

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError
from spinland.store.hdf5 import Store

COUNT = 3
TRAINED = ("ensemble", "widths/4/ensemble")


def shard(folder, k, count=COUNT):
    return folder / f"study.shard-{k}-of-{count}.h5"


@pytest.fixture(scope="session")
def made(made_once, here, tiny):
    """A folder with the shards of a study of which there is nothing else."""

    def make(folder):
        for k in range(1, COUNT + 1):
            done = here("study", *tiny, "--out", folder / "study.h5", "--shard", f"{k}/{COUNT}")
            assert done.stdout == ""

    return made_once("shards", make)


@pytest.fixture
def folder(made, tmp_path):
    """The same shards in a folder of a test's own."""
    for path in made.glob("*.h5"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_shard_holds_its_replicas_alone(made, finished):
    assert {path.name for path in made.iterdir()} == {f"study.shard-{k}-of-3.h5" for k in (1, 2, 3)}
    whole = Store(finished, "r")
    for k in range(1, COUNT + 1):
        store = Store(shard(made, k), "r")
        for name in TRAINED:
            part, all_of_them = store.load(name), whole.load(name)
            np.testing.assert_array_equal(part.replicas, all_of_them.replicas[k - 1 :: COUNT])
            np.testing.assert_array_equal(part.params, all_of_them.params[k - 1 :: COUNT])
        meta = store.meta
        assert meta["shard"] == {"of": "study", "number": k, "count": COUNT}
        assert meta["environments"] == whole.meta["environments"]
        assert all(meta[name] == whole.meta[name] for name in ("config", "data", "version"))


@pytest.mark.parametrize("order", [(3, 1, 2), (2, 3, 1)])
def test_merged_and_gone_on_with_it_is_the_file_of_one_process(order, folder, finished, here, tiny):
    out = folder / "study.h5"
    done = here("merge", out, *(shard(folder, k) for k in order))
    assert "new: 14 replicas and 0 other results" in done.stderr
    next_words = re.search(r"now: spinland (study .*--out study\.h5)", done.stderr)[1].split()
    here(*next_words, "--no-page", cwd=folder)
    assert out.read_bytes() == finished.read_bytes()


def test_rounds_of_shards_make_all_but_the_findings(folder, finished, here, tiny):
    """Each round makes what the results of the one before allow, and is merged in another order."""
    out = folder / "study.h5"
    words = ["study", *tiny, "--out", out]
    paths = [shard(folder, k) for k in range(1, COUNT + 1)]
    here("merge", out, *paths)
    for order in ([2, 0, 1], [1, 2, 0]):
        before = out.read_bytes()
        for k in range(1, COUNT + 1):
            here(*words, "--shard", f"{k}/{COUNT}")
        assert out.read_bytes() == before, "a shard reads the file and never writes it"
        here("merge", out, *(paths[i] for i in order))
    missing = set(Store(finished, "r").names()) - set(Store(out, "r").names())
    assert {name.split("/")[0] for name in missing} == {"findings"}
    done = here(*words, "--shard", f"2/{COUNT}")
    assert "there is nothing more to be made in shard 2/3" in done.stderr
    here(*words, "--no-page")
    assert out.read_bytes() == finished.read_bytes()


def test_merged_a_few_at_a_time_after_a_round(folder, here, tiny, finished):
    """Results of the second shard stand before others in the plan: the file is put in order each time."""
    out, other = folder / "study.h5", folder / "other.h5"
    here("merge", out, *(shard(folder, k) for k in (1, 2, 3)))
    other.write_bytes(out.read_bytes())
    for k in (1, 2, 3):
        here("study", *tiny, "--out", out, "--shard", f"{k}/{COUNT}")
    error = here("merge", out, shard(folder, 3), code=1).stderr
    assert "missing shards: 1-2 of 3; missing results: " in error
    here("merge", out, shard(folder, 1), shard(folder, 2))
    here("merge", other, *(shard(folder, k) for k in (1, 2, 3)))
    assert out.read_bytes() == other.read_bytes()
    here("study", *tiny, "--out", out, "--no-page")
    assert out.read_bytes() == finished.read_bytes()


def test_what_is_missing_is_an_error_after_the_rest_was_merged(folder, finished, here, tiny):
    out = folder / "study.h5"
    done = here("merge", out, shard(folder, 1), shard(folder, 3), "--quiet", code=1)
    assert "missing shards: 2 of 3; missing replicas: 4 of 14; what there is was merged" in done.stderr
    assert done.stderr.count("\n") == 1
    assert Store(out, "r").pending()["ensemble"] == (3, 4)
    here("study", *tiny, "--out", out, "--no-page")
    assert out.read_bytes() == finished.read_bytes()


def test_foreign_files_are_refused(folder, made, study, here, tiny):
    out = folder / "other.h5"
    other = [*tiny, "--seed", "5", "--chapters", "training", "--out", folder / "seed.h5"]
    here("study", *other, "--shard", "2/3")
    seed = folder / "seed.shard-2-of-3.h5"
    error = here("merge", out, shard(folder, 1), seed, code=1).stderr
    assert f"{seed}: is a shard of another file than {shard(folder, 1)}: is a study with seed = 5, not 0" in error
    error = here("merge", out, study, code=1).stderr
    assert f"{study}: is no shard" in error
    assert not out.exists()
    error = here("study", *other, "--out", study, "--shard", "1/3", code=1).stderr
    assert f"{study}: is a study with seed = 0, not 5: shard 1/3 would not fit to it" in error
    assert shard(folder, 1).read_bytes() == shard(made, 1).read_bytes()


def test_a_shard_is_no_study(folder, here, tiny):
    path = shard(folder, 2)
    before = path.read_bytes()
    error = here("report", path, code=1).stderr
    assert "is shard 2/3 of a study: spinland merge" in error
    error = here("study", *tiny, "--out", path, "--overwrite", code=1).stderr
    assert "holds something else than a study" in error
    path.rename(shard(folder, 1))
    error = here("study", *tiny, "--out", folder / "study.h5", "--shard", "1/3", code=1).stderr
    assert "holds something else than a study shard 1/3" in error
    assert shard(folder, 1).read_bytes() == before


def test_overwrite_makes_a_finished_shard_anew(folder, made, here, tiny):
    words = ["study", *tiny, "--out", folder / "study.h5", "--shard", "1/3"]
    path = shard(folder, 1)
    inode = path.stat().st_ino
    assert "nothing more" in here(*words).stderr
    assert path.stat().st_ino == inode
    assert "training 4 replicas: 2 in this shard" in here(*words, "--overwrite").stderr
    assert path.read_bytes() == shard(made, 1).read_bytes()


@pytest.mark.parametrize("value", ["0/3", "4/3", "3", "a/b", "1/2/3", "-1/3", "1/", "/3", "1.5/3", "1/99999999", "²/3"])
def test_no_shard(value, here, tmp_path):
    error = here("study", f"--shard={value}", "--out", tmp_path / "study.h5", code=2).stderr
    assert "'--shard'" in error
    assert "K/N, such as 17/200" in error
    assert not list(tmp_path.iterdir())


def test_no_shard_in_python(tmp_path):
    with pytest.raises(ArgumentError, match="shard: expected whole numbers K, N"):
        sl.run_study(sl.StudyConfig(), tmp_path / "study.h5", shard=(4, 3))
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
left, replace, sync = int(sys.argv[1]), os.replace, os.fdatasync
def ending(function):
    def end(*arguments):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return end
os.replace, os.fdatasync = ending(replace), ending(sync)
from spinland.cli.main import run
sys.exit(run(sys.argv[2:]))
"""


def killed(command_line, at, *words):
    """Run a command that is killed before a commit, or before rows have their marks; False where it ended before."""
    process = command_line(*words)
    process["args"] = [sys.executable, "-c", KILLED, str(at), *map(str, words)]
    done = subprocess.run(**process, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.slow
def test_a_killed_shard_goes_on(made, command_line, tiny, tmp_path):
    words = ["study", *tiny, "--out", tmp_path / "study.h5", "--shard", "1/3", "--quiet"]
    kills = sum(killed(command_line, at, *words) for at in (1, 2, 4, 3))
    assert kills >= 3
    assert not killed(command_line, 1000, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["study.shard-1-of-3.h5"]
    assert shard(tmp_path, 1).read_bytes() == shard(made, 1).read_bytes()


@pytest.mark.slow
def test_a_killed_merge_is_done_again(folder, command_line, here):
    paths = [shard(folder, k) for k in (1, 2, 3)]
    here("merge", folder / "whole.h5", *paths)
    words = ["merge", folder / "study.h5", *paths, "--quiet"]
    assert all(killed(command_line, at, *words) for at in (0, 2, 4, 5))
    assert not killed(command_line, 1000, *words)
    assert (folder / "study.h5").read_bytes() == (folder / "whole.h5").read_bytes()


@pytest.mark.slow
def test_a_shard_over_workers_is_the_same(made, spinland, tiny, tmp_path):
    spinland("study", *tiny, "--out", tmp_path / "study.h5", "--shard", "1/3", "--workers", "2")
    assert shard(tmp_path, 1).read_bytes() == shard(made, 1).read_bytes()


GLASS = "--instances 2 --starts 2 --descent-time 1 --sizes 6 --minima 6 --pairs 10 --lines 2 --grid 5"
GLASS += " --bootstrap 10 --null-draws 10 --chapters descent,lines,hierarchy"


def in_shards(here, words, out, rounds, code=0):
    """Make a file in two shards, round by round, and to its end; merged in another order each time."""
    paths = [out.with_name(f"{out.stem}.shard-{k}-of-2.h5") for k in (1, 2)]
    for _ in range(rounds):
        for k in (1, 2):
            here(*words, "--out", out, "--shard", f"{k}/2", code=None if code else 0)
        paths.reverse()
        here("merge", out, *paths, code=None if code else 0)
    here(*words, "--out", out, "--no-page", code=code)


@pytest.mark.slow
@pytest.mark.parametrize(("spins", "code"), [(40, 0), (12, 1)])
def test_a_glass_in_shards(spins, code, here, tmp_path):
    """That of 12 spins has so few minima that some results cannot be made, in a shard as elsewhere."""
    words = ["glass", "--spins", spins, *GLASS.split()]
    here(*words, "--out", tmp_path / "one.h5", "--no-page", code=code)
    in_shards(here, words, tmp_path / "glass.h5", 2, code)
    assert len(Store(tmp_path / "one.h5", "r").meta["failed"]) == 3 * code
    assert (tmp_path / "glass.h5").read_bytes() == (tmp_path / "one.h5").read_bytes()


@pytest.mark.slow
def test_an_atlas_in_shards(study, here, tmp_path):
    words = ["atlas", study, "--path-pairs", "2", "--path-steps", "10", "--path-points", "5", "--chapters", "paths"]
    here(*words, "--out", tmp_path / "one.h5", "--no-page")
    in_shards(here, words, tmp_path / "atlas.h5", 2)
    assert (tmp_path / "atlas.h5").read_bytes() == (tmp_path / "one.h5").read_bytes()
