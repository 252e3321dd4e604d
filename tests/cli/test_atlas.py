"""``spinland atlas`` and ``spinland export`` from end to end, as a person uses them."""

import csv
import os
import random
import re
import signal
import subprocess
import time

import h5py
import pytest

import spinland as sl
from spinland.report.page import parts_of
from spinland.store.hdf5 import Store
from spinland.study.atlas import ATLAS
from spinland.study.books import book_of
from tests.oracles.pages import check_self_contained, check_tables

TINY = ["--surface-grid", "5", "--alignment-trained", "4", "--alignment-nulls", "10", "--alignment-pairs", "2"]
TINY += ["--path-pairs", "2", "--path-steps", "10", "--path-points", "5"]
TINY += ["--saddle-spins", "4", "--saddle-outputs", "1"]
TINY += ["--optimiser-replicas", "3", "--optimiser-evaluations", "60", "--optimiser-rates", "0.4,0.6"]
TINY += ["--optimiser-langevin", "3", "--optimiser-coupled", "2", "--optimiser-draws", "10"]
TINY += ["--noise-replicas", "2", "--noise-settling", "3", "--noise-epochs", "16", "--noise-modes", "3"]
TINY += ["--potential-overlaps", "0,0.3,0.6,0.8", "--potential-references", "4", "--potential-samples", "20"]
TINY += ["--two-time-walkers", "2", "--two-time-longest", "4", "--inherent-sizes", "5,7", "--inherent-instances", "2"]
"""Settings of an atlas that takes seconds."""


@pytest.fixture(scope="session")
def atlas(finished, made_once, spinland):
    """An atlas of the finished study, with its page; the study lies beside it."""

    def make(folder):
        (folder / "study.h5").write_bytes(finished.read_bytes())
        done = spinland("atlas", folder / "study.h5", *TINY)
        assert "page:" in done.stderr
        assert done.stdout == ""

    return made_once("atlas", make) / "study.atlas.h5"


@pytest.fixture
def pair(atlas, tmp_path):
    """Copies of the study and of its atlas, alone in a folder."""
    for name in ("study.h5", "study.atlas.h5"):
        (tmp_path / name).write_bytes((atlas.parent / name).read_bytes())
    return tmp_path / "study.h5", tmp_path / "study.atlas.h5"


def test_the_page_is_whole_and_the_study_untouched(atlas, finished):
    assert (atlas.parent / "study.h5").read_bytes() == finished.read_bytes()
    page = check_self_contained(atlas.with_suffix(".html").read_text(encoding="utf-8"))
    assert page.drawings >= len(ATLAS)
    assert "not complete" not in page.words
    assert not {"nan", "none"} & set(page.words.lower().split()) - {"none"}
    store = Store(atlas, "r")
    assert store.meta["chapters"] == [chapter.name for chapter in ATLAS]
    assert "ensemble" not in store.names()


def test_columns_of_tables_can_be_told_from_one_another(atlas, monkeypatch):
    monkeypatch.setattr(sl.figures, "svg_text", lambda drawn, title: "")
    _, parts = parts_of(Store(atlas, "r"))
    assert check_tables(parts) >= 4
    alignment = next(part.section.tables[0] for part in parts if part.anchor == "alignment")
    assert alignment.header.count("aligned") == 3


def test_the_page_of_a_glass_speaks_of_no_network(here, tmp_path):
    """Texts, captions, tables and definitions of the chapters that a glass shares with networks."""
    glass = tmp_path / "glass.h5"
    here("glass", "--spins", "12", "--minima", "12", "--chapters", "minima", "--no-page", "--out", glass)
    here("atlas", glass, "--chapters", "paths,subspaces,surfaces", *TINY)
    words = check_self_contained((tmp_path / "glass.atlas.html").read_text(encoding="utf-8")).words
    body, settings = words.split("Settings, seeds and versions")[-2:]
    assert "Paths between minima" in body
    assert "subspace_rate" in settings
    assert not re.findall(r"neuron|network|solution|accurac|training|weights|straight line", body)


def test_a_finished_atlas_is_left_alone(pair, here):
    before = pair[1].read_bytes()
    assert "finished" in here("atlas", pair[0], *TINY, "--no-page").stderr
    assert pair[1].read_bytes() == before


def test_the_page_needs_no_study(pair, here):
    pair[0].unlink()
    here("report", pair[1])
    assert "Atlas" in pair[1].with_suffix(".html").read_text(encoding="utf-8")
    here("report", "--text", pair[1])


def test_an_atlas_belongs_to_its_solutions(pair, here, spinland, tiny, tmp_path):
    other = tmp_path / "other.h5"
    spinland("study", *tiny, "--seed", "1", "--chapters", "training", "--no-page", "--out", other)
    before = pair[1].read_bytes()
    error = here("atlas", other, *TINY, "--out", pair[1], "--no-page", code=1).stderr
    assert "other data" in error
    assert pair[1].read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        ((), 2, "FILE"),
        (("nowhere.h5",), 1, "nowhere.h5"),
        (("study.atlas.h5",), 1, "holds no study"),
        (("study.h5", "--chapters", "nothing"), 2, "chapters"),
        (("study.h5", "--out", "study.h5"), 2, "study.h5"),
        (("study.h5", "--device", "cuda:77"), 1, "cuda"),
        (("study.h5", "--surface-grid", "2"), 2, "surface-grid"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_lost(pair, here, words, code, named):
    before = [path.read_bytes() for path in pair]
    error = here("atlas", *words, "--no-page", code=code, cwd=pair[0].parent).stderr
    assert named in error
    assert error.count("\n") == 1
    assert [path.read_bytes() for path in pair] == before
    assert sorted(path.name for path in pair[0].parent.iterdir()) == ["study.atlas.h5", "study.h5"]


def test_an_unfinished_study_without_solutions_is_told(pair, here, tmp_path):
    path = tmp_path / "empty.h5"
    Store(path).set_meta(Store(pair[0], "r").meta)
    assert "no solutions yet" in here("atlas", path, code=1).stderr
    assert not (tmp_path / "empty.atlas.h5").exists()


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_bytes(pair, command_line, spinland, tmp_path):
    again, chance = tmp_path / "again.h5", random.Random(3)
    words = ("atlas", pair[0], *TINY, "--no-page", "--out", again)
    for _ in range(4):
        process = subprocess.Popen(**command_line(*words), stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(1.5, 6))
        process.send_signal(signal.SIGKILL)
        process.wait()
    spinland(*words)
    first, second = Store(pair[1], "r"), Store(again, "r")
    assert first.names() == second.names()
    second.verify()
    for name in first.names():
        assert first.load(name).provenance == second.load(name).provenance
    assert again.stat().st_size == pair[1].stat().st_size


def test_results_are_exported(pair, here, tmp_path):
    done = here("export", pair[0], "lines/solution-to-solution", cwd=tmp_path)
    path = tmp_path / "lines-solution-to-solution.csv"
    assert done.stdout.strip() == path.name
    with open(path, newline="") as file:
        assert {"alphas", "values"} <= set(next(csv.reader(file)))
    here("export", pair[0], "planes/random", "--out", "p.vtp", cwd=tmp_path)
    assert (tmp_path / "p.vtp").read_bytes().startswith(b"<?xml")
    before = path.read_bytes()
    assert "overwrite" in here("export", pair[0], "lines/solution-to-solution", code=2, cwd=tmp_path).stderr
    assert path.read_bytes() == before
    assert "has no result 'nothing'" in here("export", pair[0], "nothing", code=1, cwd=tmp_path).stderr
    names = here("export", pair[0]).stdout.splitlines()
    assert "lines/solution-to-solution  (Line)" in names
    assert not any("tree" in name for name in names)
    assert "suffix" not in here("export", pair[0], "planes/random", "--out", "p.txt", code=2, cwd=tmp_path).stderr
    assert not os.path.exists(tmp_path / "p.txt")


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_the_study_is_not_replaced_by_its_atlas(pair, here, link, tmp_path):
    """Not even where it is asked for: what it was made of would be lost."""
    study, out = pair[0], pair[0]
    if link:
        out = tmp_path / "other.h5"
        getattr(out, link)(study)
    before = study.read_bytes()
    error = here("atlas", study, "--out", out, "--overwrite", "--no-page", code=2).stderr
    assert "another file" in error
    assert study.read_bytes() == before


def test_a_chapter_that_has_nothing_to_tell_of_says_so(here, tmp_path):
    glass = tmp_path / "glass.h5"
    here("glass", "--spins", "10", "--minima", "6", "--chapters", "minima", "--no-page", "--out", glass)
    done = here("atlas", glass, "--chapters", "alignment", *TINY, "--no-page")
    assert "there is nothing in this file to make it of" in done.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--alignment-epochs", "1,9999"), "--alignment-epochs: expected at most the epochs of the training"),
        (("--subspace-dimensions", "4,10000000"), "--subspace-dimensions: expected at most the number of parameters"),
        (("--subspace-dimensions", "8,4"), "--subspace-dimensions: expected rising numbers, got 8, 4"),
        (("--average-epochs", "8", "--average-cycle", "5"), "--average-cycle: expected at most half of average_epochs"),
        (("--precision", "tf32"), "--precision: expected 'float32' or None on the processor"),
    ],
)
def test_settings_that_the_solutions_cannot_fulfil_are_refused_before_any_work(pair, here, words, complaint):
    error = here("atlas", pair[0], *words, "--out", "new.h5", "--no-page", code=2, cwd=pair[0].parent).stderr
    assert complaint in error
    assert error.count("\n") == 1
    assert not (pair[0].parent / "new.h5").exists()


def test_a_study_refuses_a_precision_as_an_atlas_does(here, tiny, tmp_path):
    error = here("study", *tiny, "--precision", "tf32", "--out", "new.h5", code=2, cwd=tmp_path).stderr
    assert "--precision: expected 'float32' or None on the processor" in error
    assert list(tmp_path.iterdir()) == []


def test_settings_that_come_to_less_are_told(pair, here, tmp_path):
    words = ("--path-batch", "100000", "--chapters", "paths", "--path-pairs", "2", "--path-steps", "0")
    done = here("atlas", pair[0], *words, "--path-points", "3", "--no-page", "--out", tmp_path / "new.h5")
    n = Store(pair[0], "r").meta["n_train"]
    assert f"paths between solutions: path_batch comes to {n}, where 100000 was asked for" in done.stderr
    assert book_of(Store(tmp_path / "new.h5", "r"))[0].values["path_batch"] == n


def test_overwriting_replaces_only_a_file_of_the_same_kind(pair, here, tmp_path):
    """Neither a picture, nor another program's file, nor what somebody keeps in a store, nor a study by its atlas."""
    picture, foreign, own = (tmp_path / name for name in ("p.png", "foreign.h5", "own.h5"))
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + 100 * b"0")
    with h5py.File(foreign, "w") as file:
        file["mine"] = [1, 2, 3]
    bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=2)
    Store(own).save("mine", sl.line(bowl, [0, 0], [1, 0], [0, 0.5, 1]))
    study = tmp_path / "other.h5"
    study.write_bytes(pair[0].read_bytes())
    for path in (picture, foreign, own, study):
        before = path.read_bytes()
        words = ("atlas", pair[0], *TINY, "--chapters", "surfaces", "--no-page", "--out", path, "--overwrite")
        error = here(*words, code=1).stderr
        assert path.name in error
        assert "--overwrite replaces nothing else" in error
        assert path.read_bytes() == before
    before = pair[1].read_bytes()
    assert "--overwrite replaces nothing else" in here("study", "--out", pair[1], "--overwrite", code=1).stderr
    assert pair[1].read_bytes() == before
