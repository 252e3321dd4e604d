"""A tiny study that several tests look at; none may change it."""

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
