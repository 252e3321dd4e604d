"""Names of results: which ones are taken, free, refused."""

import h5py
import numpy as np
import pytest

from spinland.errors import ArgumentError, StoreError
from spinland.store.hdf5 import Store
from tests.unit.stores import Sample, others, sample, unchanged


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.h5"


def test_listing(path):
    store = Store(path)
    for name in ("walks/b", "walks/a", "plane_1.5-x", "0"):
        store.save(name, sample())
    assert store.names() == ("0", "plane_1.5-x", "walks/a", "walks/b")
    assert "walks/a" in store
    assert "walks" not in store
    assert "walks/a/provenance" not in store


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "..", "a/./b", "a b", "ä", "a\n", 3])
def test_bad_names(path, name):
    for action in (lambda: Store(path).save(name, sample()), lambda: Store(path).load(name)):
        with pytest.raises(ArgumentError, match="name"):
            action()


@pytest.mark.parametrize("name", ["a/" * 3000 + "b", "a/" * 33 + "b", "a" * 1001])
def test_names_that_other_programs_could_not_read(path, name):
    store = Store(path)
    for action in (
        lambda: store.save(name, sample()),
        lambda: store.reserve(name, Sample, 1, rows={"values": ((), float)}, fields=others()),
    ):
        with unchanged(path), pytest.raises(ArgumentError, match="at most 32 folders and 1000 letters"):
            action()
    store.save("a/" * 32 + "b", sample())
    assert store.names() == ("a/" * 32 + "b",)


def test_a_file_with_folders_far_too_deep_is_read(path):
    store = Store(path)
    store.save("a", sample())
    with h5py.File(path, "r+") as file:
        group = file
        for _ in range(3000):
            group = group.create_group("b")
        file.copy("a", group)
    assert store.names() == ("a", "b/" * 3000 + "a")
    assert store.load("a").label == "a walk"
    store.save("a", sample(), overwrite=True)
    assert len(store.names()) == 2


def test_taken_names(path):
    store = Store(path)
    store.save("a/b", sample())
    for name, message in (("a/b", "already holds 'a/b'"), ("a", "'a' is a folder"), ("a/b/c", "'a/b' is a result")):
        with unchanged(path), pytest.raises(StoreError, match=message):
            store.save(name, sample())


@pytest.mark.parametrize("word", ["no", 1, None])
def test_overwrite_is_true_or_false(path, word):
    store = Store(path)
    store.save("a", sample())
    with unchanged(path), pytest.raises(ArgumentError, match="overwrite: expected True or False"):
        store.save("a", sample(), overwrite=word)
    with unchanged(path), pytest.raises(ArgumentError, match="mixed: expected True or False"):
        store.reserve("b", Sample, 1, rows={"values": ((), float)}, fields=others(), mixed=word)


def test_missing_names_say_what_is_there(path):
    store = Store(path)
    store.save("a", sample())
    with pytest.raises(StoreError, match=r"no result 'b'; it holds: a"):
        store.load("b")
    with pytest.raises(StoreError, match="no result 'a/provenance'"):
        store.load("a/provenance")


def test_overwriting_gives_the_space_back_and_keeps_the_rest(path):
    store = Store(path)
    store.set_meta({"seed": 1})
    store.save("a", sample(values=np.zeros(10000)))
    store.save("b", sample(5))
    writer = store.reserve("c", Sample, 2, rows={"values": ((4,), float)}, fields=others())
    writer.write(1, values=np.arange(4.0))
    size = path.stat().st_size
    store.save("a", sample(values=np.ones(10000)), overwrite=True)
    assert path.stat().st_size < size + 4096
    assert (store.load("a").values == 1).all()
    np.testing.assert_array_equal(store.load("b").values, sample(5).values)
    assert store.meta == {"seed": 1}
    assert store.pending() == {"c": (1, 2)}
    writer.write(0, values=np.zeros(4))
    np.testing.assert_array_equal(store.load("c").values, [[0, 0, 0, 0], [0, 1, 2, 3]])
