"""A change of a file happens entirely or not at all, and leaves nothing beside it."""

import os
import resource
import shutil
import time
from contextlib import contextmanager

import numpy as np
import pytest

from spinland.errors import ArgumentError, StoreError
from spinland.store import commit
from spinland.store.hdf5 import Store
from tests.unit.stores import Sample, others, sample, unchanged


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.h5"


def test_the_same_results_give_the_same_bytes(path, tmp_path):
    for target in (path, tmp_path / "again.h5"):
        time.sleep(1.1)  # the times that HDF5 keeps count whole seconds
        with Store(target) as store:
            store.set_meta({"a": 1})
            store.save("walks/one", sample(inner=sample(1)))
            writer = store.reserve("rows", Sample, 3, rows={"values": ((4,), float)}, fields=others())
            store.save("two", sample(values=np.zeros(30000)))
            for row in (0, 2, 1) if target == path else (2, 1, 0):
                writer.write(row, values=np.full(4, row))
    assert path.read_bytes() == (tmp_path / "again.h5").read_bytes()


def test_full_disk_at_every_size(path):
    """The limit falls into the copy, into the structure and into the arrays."""
    store = Store(path)
    store.save("one", sample(values=np.zeros(2000)))
    copy = path.with_name("full.h5")
    shutil.copy(path, copy)
    Store(copy).save("two", sample(values=np.ones(2000)))
    full = copy.stat().st_size
    copy.unlink()
    for limit in [*range(1, full, 1499), full - 1]:
        with unchanged(path), pytest.raises(StoreError, match=r"study\.h5: cannot be written"), size_limit(limit):
            store.save("two", sample(values=np.ones(2000)))
    with size_limit(full):
        store.save("two", sample(values=np.ones(2000)))
    assert store.names() == ("one", "two")


def test_full_disk_in_a_row(path):
    store = Store(path)
    writer = store.reserve("rows", Sample, 2, rows={"values": ((4000,), float)}, fields=others())
    with size_limit(20000), pytest.raises(StoreError, match=r"study\.h5: cannot be written"):
        writer.write(0, values=np.ones(4000))
    assert store.pending() == {"rows": (0, 2)}


def test_interrupted_in_the_middle(path, monkeypatch):
    store = Store(path)

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, unchanged(path):
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.save("one", sample())


def test_leavings_of_a_killed_writer_are_removed(path):
    store = Store(path)
    path.with_name("study.h5.partial").write_bytes(b"half")
    path.with_name("study.h5.lock").touch()
    store.save("one", sample())
    assert [entry.name for entry in path.parent.iterdir()] == ["study.h5"]


def test_a_writer_that_never_ends(path, monkeypatch):
    store = Store(path)
    monkeypatch.setattr(commit, "LOCK_PATIENCE", 0.0)
    with commit.locked(path), pytest.raises(StoreError, match=r"study\.h5: another process has been writing"):
        store.save("one", sample())


@pytest.mark.parametrize("refused", [True, False])
def test_copying_keeps_holes(tmp_path, monkeypatch, refused):
    def refuse(*_):
        raise OSError(38, "Function not implemented")

    if refused:
        monkeypatch.setattr(os, "copy_file_range", refuse)
    source, target = tmp_path / "source", tmp_path / "target"
    with open(source, "wb") as file:
        for position in (10, 1 << 21, 5 << 21):
            file.seek(position)
            file.write(b"data")
        file.truncate(64 << 20)
    with open(source, "rb") as old, open(target, "wb") as new:
        commit.copy_range(old.fileno(), 0, new.fileno(), 0, 64 << 20)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_blocks <= source.stat().st_blocks + 64


def test_two_links_are_one_file(path, tmp_path, monkeypatch):
    """Whoever writes by a link waits for whoever writes by another one, or by the name of the file itself."""
    Store(path)
    (tmp_path / "elsewhere").mkdir()
    names = [path, tmp_path / "elsewhere" / "link.h5", tmp_path / "folder" / "study.h5"]
    names[1].symlink_to(path)
    (tmp_path / "folder").symlink_to(tmp_path)
    monkeypatch.setattr(commit, "LOCK_PATIENCE", 0.0)
    for lock in (commit.locked, commit.reserved):
        for first in names:
            for second in names:
                with lock(first), pytest.raises(StoreError, match="another process"), lock(second):
                    pass
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["elsewhere", "folder", "study.h5"]


@pytest.mark.parametrize("bad", [None, 3, b"\0", "a\0b", ["a"]])
def test_what_is_no_path(bad):
    with pytest.raises((ArgumentError, StoreError), match="path"):
        Store(bad)


def test_permissions_and_links_stay(path):
    Store(path)
    path.chmod(0o640)
    link = path.with_name("link.h5")
    link.symlink_to(path)
    Store(link).save("one", sample())
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert Store(path).names() == ("one",)


@contextmanager
def size_limit(size):
    """No file can grow beyond this: the system refuses as it does on a full disk."""
    old, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (old, hard))
