"""A tiny study that several tests look at, and none may change; command lines run here; a folder of others' files."""

import os

import h5py
import pytest

from spinland.store.hdf5 import Store


@pytest.fixture(scope="session")
def finished(made_once, spinland, tiny):
    """File of a finished study; its page lies beside it."""

    def make(folder):
        done = spinland("study", *tiny, "--out", folder / "study.h5")
        assert "page:" in done.stderr
        assert done.stdout == ""

    return made_once("finished", make) / "study.h5"


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the finished study, alone in its folder."""
    path = tmp_path / "study.h5"
    path.write_bytes(finished.read_bytes())
    return path


@pytest.fixture
def begun_study(finished, tmp_path):
    """The same study with its ensemble alone, in a folder of its own: its page has one drawing and takes a second."""
    whole, path = Store(finished, "r"), tmp_path / "study.h5"
    part = Store(path)
    part.set_meta(whole.meta | {"finished": False})
    part.save("ensemble", whole.load("ensemble"))
    return path


@pytest.fixture(scope="session")
def call(here):
    """A function that runs a command line here in a folder; returns exit code, standard output and error."""

    def run(words, folder):
        done = here(*words, code=None, cwd=folder)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder with files of others, and what must be in them afterwards; home and working folder."""
    (tmp_path / "letter.txt").write_text("mine")
    (tmp_path / "letter.html").write_text("mine")
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["mine"] = [1, 2, 3]
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("HOME", str(tmp_path))
    kept = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    return tmp_path, kept
