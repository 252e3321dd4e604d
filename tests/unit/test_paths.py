"""Paths that users give: one door for all of them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import spinland as sl
from spinland.chapters.settings import read_toml
from spinland.data.idx import read_idx
from spinland.data.sources import find_files
from spinland.errors import ArgumentError, SpinlandError, StoreError
from spinland.paths import user_path
from spinland.report.page import check_page, page_path, write_page
from spinland.store import files
from spinland.study.networks import StudyConfig


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_home_is_known_at_every_door(home):
    digits = sl.load_dataset("digits")
    np.savez(home / "own.npz", **{n: getattr(digits, n) for n in ("x_train", "y_train", "x_test", "y_test")})
    assert sl.load_dataset("~/own.npz").n_inputs == 64
    assert StudyConfig(data="~/own.npz").data == "~/own.npz"  # as it was given
    assert sl.Store("~/s.h5").path == Path(os.path.realpath(home / "s.h5"))
    (home / "c.toml").write_text("seed = 3")
    assert read_toml("~/c.toml", StudyConfig) == {"seed": 3}
    assert sl.figures.save_figure(Figure(), "~/a.png") == home / "a.png"
    for call in (
        lambda: find_files("mnist", "~/nowhere"),
        lambda: sl.load_dataset("mnist", "~/nowhere"),
        lambda: read_idx("~/nowhere"),
        lambda: write_page("~/nowhere.h5", "~/nowhere.html"),
    ):
        with pytest.raises(SpinlandError, match=str(home)):
            call()


@pytest.mark.parametrize("path", ["", b"", "a\0b", "\ud800", None, 3, [], 1.5])
def test_what_no_file_can_be_called_is_refused(path):
    for call in (
        lambda: user_path("path", path),
        lambda: sl.Store(path),
        lambda: sl.run_study(StudyConfig(), path),
        lambda: sl.run_glass(sl.GlassConfig(), path),
        lambda: read_toml(path, StudyConfig),
        lambda: write_page(path, "a.html"),
        lambda: read_idx(path),
    ):
        with pytest.raises(ArgumentError):
            call()


def test_a_tilde_of_nobody_is_a_name():
    assert user_path("path", "~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")


def test_different_files_have_different_pages():
    names = ["lr0.01", "lr0.001", "lr0.01.h5", "a", "a.b", "a.h5", "a.H5x", ".h5", "mnist.npz"]
    pages = {}
    for name in names:
        pages.setdefault(page_path(Path(name)).name, []).append(name)
    assert pages.pop("lr0.01.html") == ["lr0.01", "lr0.01.h5"]  # told apart by what the page says
    assert pages.pop("a.html") == ["a", "a.h5"]
    assert all(len(same) == 1 for same in pages.values())


def page_of(place):
    return f'<meta name="generator" content="spinland 1">\n<meta name="spinland-file" content="{place}">'


def test_the_page_of_another_file_stays(tmp_path):
    page, mine, other = tmp_path / "a.html", tmp_path / "a.hdf5", tmp_path / "a.h5"
    mine.touch()
    page.write_text(page_of("a.h5"))
    check_page(page, mine, False)  # its file is gone, and it says nothing that could not be made again
    other.touch()
    with pytest.raises(StoreError, match=r"is the page of .*a\.h5"):
        check_page(page, mine, False)
    check_page(page, other, False)
    check_page(page, mine, True)


def test_no_page_replaces_results_or_devices(tmp_path):
    study, link, pipe = tmp_path / "a.h5", tmp_path / "link", tmp_path / "pipe"
    study.touch()
    link.symlink_to(study)
    os.mkfifo(pipe)
    for target in (study, link, pipe, tmp_path, Path(os.devnull)):
        for overwrite in (False, True):
            with pytest.raises(StoreError):
                check_page(target, study, overwrite)


def test_rests_of_a_killed_writer_go_with_the_next(tmp_path):
    page = tmp_path / "page.html"
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom spinland.store import files\n"
        "Path.write_bytes = lambda self, content: (open(self, 'wb').write(content[:5]), os.kill(os.getpid(), 9))\n"
        "files.write_file(Path(sys.argv[1]), b'half of this')"
    )
    killed = subprocess.run([sys.executable, "-c", script, page], check=False)
    assert killed.returncode == -9
    assert not page.exists()
    assert list(tmp_path.iterdir()) != []
    files.write_file(page, b"all of it")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert page.read_bytes() == b"all of it"


def test_a_link_to_a_page_stays_a_link(tmp_path):
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    page.write_text("old")
    link.symlink_to(page)
    files.write_file(link, b"new")
    assert link.is_symlink()
    assert page.read_text() == "new"
