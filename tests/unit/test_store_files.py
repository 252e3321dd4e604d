"""Files that are not ours, not readable, not writable, or damaged by hand."""

import os
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from spinland.errors import ArgumentError, StoreError
from spinland.provenance import record
from spinland.store.container import FORMAT
from spinland.store.hdf5 import Store
from tests.unit.stores import Sample, Strict, others, sample, unchanged


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.h5"


def test_not_ours(path, tmp_path):
    cases = {"empty": b"", "text": b"hello, world", "short": b"\x89HDF\r\n\x1a\n"}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StoreError, match=name):
            Store(tmp_path / name)
        assert (tmp_path / name).read_bytes() == content
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(StoreError, match=r"study\.h5: is an HDF5 file, but not one of spinland's"):
        Store(path)


def test_other_version(path):
    Store(path)
    with h5py.File(path, "r+") as file:
        file.attrs["spinland_format"] = 99
    with pytest.raises(StoreError, match="has format 99"):
        Store(path, "r")


def test_truncated_anywhere(path, tmp_path):
    store = Store(path)
    store.save("a", sample())
    content = path.read_bytes()
    short = tmp_path / "short.h5"
    for length in range(0, len(content), 37):
        short.write_bytes(content[:length])
        with pytest.raises(StoreError, match=r"short\.h5"):
            Store(short, "r").load("a")


def test_missing_file_and_folder(path, tmp_path):
    with pytest.raises(StoreError, match="no such file"):
        Store(path, "r")
    with pytest.raises(StoreError, match="folder does not exist"):
        Store(tmp_path / "nowhere" / "study.h5")
    with pytest.raises(StoreError, match="is a folder"):
        Store(tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_permission(path):
    with as_somebody_else(path.parent):
        Store(path)
        path.chmod(0o400)
        assert Store(path, "r").names() == ()
        with pytest.raises(StoreError, match="no permission"):
            Store(path)
        path.chmod(0)
        with pytest.raises(StoreError, match="Permission denied"):
            Store(path, "r")
        path.chmod(0o600)
        path.parent.chmod(0o500)
        with pytest.raises(StoreError, match="no permission"):
            Store(path)
        with pytest.raises(StoreError, match="Permission denied"):
            Store(path.parent / "other.h5")
        path.parent.chmod(0)
        with pytest.raises(StoreError, match="Permission denied"):
            Store(path)
        path.parent.chmod(0o700)


def test_reading_mode_writes_nothing(path):
    Store(path)
    store = Store(path, "r")
    actions = (
        lambda: store.save("a", sample()),
        lambda: store.set_meta({"a": 1}),
        lambda: store.row_writer("a"),
        lambda: store.reserve("a", Sample, 1, rows={"values": ((), float)}, fields=others()),
    )
    for action in actions:
        with unchanged(path), pytest.raises(StoreError, match="opened for reading"):
            action()
    with pytest.raises(ArgumentError, match="mode"):
        Store(path, "w")


def setting(name, value):
    """A change of an attribute."""
    return lambda group: group.attrs.__setitem__(name, value)


def rechunk(group):
    values = group["values"][()]
    del group["values"]
    group.create_dataset("values", data=values, chunks=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda group: group.__delitem__("values"), "field 'values' is missing"),
        (lambda group: group.attrs.__delitem__("label"), "field 'label' is missing"),
        (lambda group: group.attrs.__delitem__("spinland_complete"), "no commit mark"),
        (setting("spinland_class", np.bytes_("Other")), "no class Other is known here"),
        (setting("spinland_version", 0), "the version 0 of its class makes no sense"),
        (setting("spinland_version", 1.5), "the version 1.5 of its class makes no sense"),
        (setting("spinland_version", 2), "Sample is stored in its version 2, and here it is known up to version 1"),
        (lambda group: group.attrs.__delitem__("spinland_version"), "cannot be read"),
        (setting("spinland_fields", np.bytes_("{")), "cannot be read"),
        (setting("spinland_fields", np.bytes_('{"label": "string"}')), "is missing"),
        (rechunk, "not a contiguous dataset"),
    ],
)
def test_damaged_contents(path, change, message):
    """Refused by what is wrong where there are no checksums, and in any case where there are."""
    for version, expected in ((1, message), (FORMAT, "'a'|/a")):
        path.unlink(missing_ok=True)
        Store(path).save("a", sample())
        with h5py.File(path, "r+") as file:
            file.attrs["spinland_format"] = version
            change(file["a"])
        with pytest.raises(StoreError, match=expected):
            Store(path).load("a")


def test_values_that_the_class_refuses(path):
    Store(path).save("a", Strict(provenance=record("made"), size=1))
    with h5py.File(path, "r+") as file:
        file["a"].attrs["size"] = -1
    with pytest.raises(StoreError, match="'a' is damaged: its numbers, texts or shapes"):
        Store(path).load("a")
    with h5py.File(path, "r+") as file:
        file.attrs["spinland_format"] = 1
    with pytest.raises(StoreError, match="size: expected at least 0"):
        Store(path).load("a")


def test_what_a_file_says_is_never_imported(path, tmp_path, monkeypatch):
    (tmp_path / "trap.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    Store(path).save("a", sample())
    for name, module in (("trap", None), ("trap.Sample", None), ("Trapped", "trap"), ("trap", "spinland.trap")):
        with h5py.File(path, "r+") as file:
            file["a"].attrs["spinland_class"] = np.bytes_(name)
            if module:
                file["a"].attrs["spinland_module"] = np.bytes_(module)
            file.attrs["spinland_format"] = 1  # without checksums
        with pytest.raises(StoreError, match="no class"):
            Store(path).load("a")


@contextmanager
def as_somebody_else(folder):
    """Permissions do not hold for root: act as another user in a folder of that user's."""
    if os.geteuid() != 0:
        yield
        return
    parents = [parent for parent in folder.parents if parent.stat().st_mode & 0o011 != 0o011]
    modes = [parent.stat().st_mode for parent in parents]
    for parent, mode in zip(parents, modes, strict=True):
        parent.chmod(mode | 0o011)
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for parent, mode in zip(parents, modes, strict=True):
            parent.chmod(mode)
