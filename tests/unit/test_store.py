"""The store: what it takes, what it refuses, and that a refusal changes nothing."""

import os
import resource
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import pytest

from spinland.errors import ArgumentError, StoreError
from spinland.provenance import record
from spinland.results import Result
from spinland.store import commit
from spinland.store.hdf5 import Store


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample(Result):
    values: np.ndarray
    number: Any = 1.5
    label: str = "a walk"
    pair: tuple = (1, 2.5, "three", None, True, (4,))
    inner: Result | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Strict(Result):
    size: int

    def __post_init__(self):
        if self.size < 0:
            raise ArgumentError("size", "at least 0", self.size)


def sample(seed=0, **fields):
    values = np.random.default_rng(seed).normal(size=(5, 4))
    return Sample(**({"provenance": record("made", {"n": 3}, seed=seed), "values": values} | fields))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.h5"


@contextmanager
def unchanged(path):
    """The bytes of the file and the names beside it are the same afterwards."""
    before = path.read_bytes()
    yield
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


class TestRoundTrip:
    def test_every_kind_of_field(self, path):
        result = sample(inner=sample(1, label="inner"))
        Store(path).save("one", result)
        loaded = Store(path, "r").load("one")
        assert type(loaded) is Sample
        assert loaded.provenance == result.provenance
        np.testing.assert_array_equal(loaded.values, result.values)
        assert loaded.pair == result.pair
        assert loaded.inner.label == "inner"
        assert loaded.inner.inner is None

    @pytest.mark.parametrize(
        "number", [True, False, 0, -(2**63), 2**64 - 1, 0.1, float("inf"), "", "Λ³", None, (), ((), ("",))]
    )
    def test_small_values_keep_their_type(self, path, number):
        Store(path).save("one", sample(number=number))
        loaded = Store(path).load("one").number
        assert loaded == number
        assert type(loaded) is type(number)

    def test_long_texts(self, path):
        Store(path).save("one", sample(label="Λ" * 300_000, pair=tuple(range(100_000))))
        loaded = Store(path).load("one")
        assert loaded.label == "Λ" * 300_000
        assert loaded.pair == tuple(range(100_000))

    def test_numpy_scalars_come_back_as_numbers(self, path):
        Store(path).save("one", sample(number=np.float32(0.1), pair=(np.int64(3), np.bool_(True))))
        loaded = Store(path).load("one")
        assert loaded.number == float(np.float32(0.1))
        assert loaded.pair == (3, True)

    @pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3, 4)])
    @pytest.mark.parametrize("dtype", ["?", "i8", "u1", "f2", "f4", "f8", ">f8", "S3", "U4"])
    def test_arrays(self, path, shape, dtype):
        values = (np.arange(np.prod(shape, dtype=int)) % 3).reshape(shape).astype(dtype)
        Store(path).save("one", sample(values=values))
        loaded = Store(path).load("one").values
        assert (loaded.dtype, loaded.shape) == (values.dtype, values.shape)
        assert loaded.tobytes() == values.tobytes()

    def test_strided_arrays(self, path):
        values = np.arange(24.0).reshape(4, 6)[::-2, ::3].T
        Store(path).save("one", sample(values=values))
        np.testing.assert_array_equal(Store(path).load("one").values, values)

    def test_mapped_arrays_are_read_only_and_outlive_changes(self, path):
        values = np.random.default_rng(0).normal(size=(100, 200))
        store = Store(path)
        store.save("one", sample(values=values))
        mapped = store.load("one", mmap=True).values
        assert isinstance(mapped, np.memmap)
        assert mapped.ctypes.data % 64 == 0
        assert not mapped.flags.writeable
        store.save("one", sample(2), overwrite=True)
        np.testing.assert_array_equal(mapped, values)

    def test_plain_h5py_reads_it(self, path):
        result = sample(values=np.array([True, False]))
        Store(path).save("walks/one", result)
        with h5py.File(path) as file:
            np.testing.assert_array_equal(file["walks/one/values"][()], [True, False])
            assert file["walks/one"].attrs["number"] == 1.5
            assert file["walks/one"].attrs["label"] == b"a walk"

    def test_what_cannot_be_stored_is_named(self, path):
        store = Store(path)
        bad = [
            [1],
            {"a": 1},
            1j,
            2**64,
            "null\0",
            "\ud800",
            (np.zeros(2),),
            np.array([object()]),
            np.array([1j]),
        ]
        for value in [*bad, np.ma.masked_array([1.0], [True])]:
            with unchanged(path), pytest.raises(ArgumentError, match=r"Sample\.number"):
                store.save("one", sample(number=value))
        with pytest.raises(ArgumentError, match="result"):
            store.save("one", {"a": 1})


class TestNames:
    def test_listing(self, path):
        store = Store(path)
        for name in ("walks/b", "walks/a", "plane_1.5-x", "0"):
            store.save(name, sample())
        assert store.names() == ("0", "plane_1.5-x", "walks/a", "walks/b")
        assert "walks/a" in store
        assert "walks" not in store
        assert "walks/a/provenance" not in store

    @pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "..", "a/./b", "a b", "ä", "a\n", 3])
    def test_bad_names(self, path, name):
        for action in (lambda: Store(path).save(name, sample()), lambda: Store(path).load(name)):
            with pytest.raises(ArgumentError, match="name"):
                action()

    @pytest.mark.parametrize("name", ["a/" * 3000 + "b", "a/" * 33 + "b", "a" * 1001])
    def test_names_that_other_programs_could_not_read(self, path, name):
        store = Store(path)
        for action in (
            lambda: store.save(name, sample()),
            lambda: store.reserve(name, Sample, 1, rows={"values": ((), float)}, fields=others()),
        ):
            with unchanged(path), pytest.raises(ArgumentError, match="at most 32 folders and 1000 letters"):
                action()
        store.save("a/" * 32 + "b", sample())
        assert store.names() == ("a/" * 32 + "b",)

    def test_a_file_with_folders_far_too_deep_is_read(self, path):
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

    def test_taken_names(self, path):
        store = Store(path)
        store.save("a/b", sample())
        for name, message in (
            ("a/b", "already holds 'a/b'"),
            ("a", "'a' is a folder"),
            ("a/b/c", "'a/b' is a result"),
        ):
            with unchanged(path), pytest.raises(StoreError, match=message):
                store.save(name, sample())

    @pytest.mark.parametrize("word", ["no", 1, None])
    def test_overwrite_is_true_or_false(self, path, word):
        store = Store(path)
        store.save("a", sample())
        with unchanged(path), pytest.raises(ArgumentError, match="overwrite: expected True or False"):
            store.save("a", sample(), overwrite=word)
        with unchanged(path), pytest.raises(ArgumentError, match="mixed: expected True or False"):
            store.reserve("b", Sample, 1, rows={"values": ((), float)}, fields=others(), mixed=word)

    def test_missing_names_say_what_is_there(self, path):
        store = Store(path)
        store.save("a", sample())
        with pytest.raises(StoreError, match=r"no result 'b'; it holds: a"):
            store.load("b")
        with pytest.raises(StoreError, match="no result 'a/provenance'"):
            store.load("a/provenance")

    def test_overwriting_gives_the_space_back_and_keeps_the_rest(self, path):
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


def others():
    return {"provenance": record("made"), "number": 1, "label": "", "pair": (), "inner": None}


class TestMeta:
    def test_round_trip(self, path):
        store = Store(path)
        assert store.meta == {}
        store.set_meta({"command": ["study", "--seed", 1], "config": {"b": 2, "a": None}})
        assert Store(path, "r").meta == {"command": ["study", "--seed", 1], "config": {"a": None, "b": 2}}

    def test_saying_the_same_again_changes_nothing(self, path):
        Store(path).set_meta({"a": 1, "b": 2})
        with unchanged(path):
            Store(path).set_meta({"b": 2, "a": 1})

    def test_what_json_cannot_hold(self, path):
        with pytest.raises(ArgumentError, match="meta"):
            Store(path).set_meta({"a": object()})


class TestFiles:
    def test_not_ours(self, path, tmp_path):
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

    def test_other_version(self, path):
        Store(path)
        with h5py.File(path, "r+") as file:
            file.attrs["spinland_format"] = 99
        with pytest.raises(StoreError, match="has format 99"):
            Store(path, "r")

    def test_truncated_anywhere(self, path, tmp_path):
        store = Store(path)
        store.save("a", sample())
        content = path.read_bytes()
        short = tmp_path / "short.h5"
        for length in range(0, len(content), 37):
            short.write_bytes(content[:length])
            with pytest.raises(StoreError, match=r"short\.h5"):
                Store(short, "r").load("a")

    def test_missing_file_and_folder(self, path, tmp_path):
        with pytest.raises(StoreError, match="no such file"):
            Store(path, "r")
        with pytest.raises(StoreError, match="folder does not exist"):
            Store(tmp_path / "nowhere" / "study.h5")
        with pytest.raises(StoreError, match="is a folder"):
            Store(tmp_path)
        assert not list(tmp_path.iterdir())

    def test_no_permission(self, path):
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

    def test_reading_mode_writes_nothing(self, path):
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

    def test_damaged_contents(self, path):
        def damaged(change, message):
            """Refused by what is wrong where there are no checksums, and in any case where there are."""
            for version, expected in ((1, message), (2, "'a'|/a")):
                path.unlink(missing_ok=True)
                Store(path).save("a", sample())
                with h5py.File(path, "r+") as file:
                    file.attrs["spinland_format"] = version
                    change(file["a"])
                with pytest.raises(StoreError, match=expected):
                    Store(path).load("a")

        damaged(lambda group: group.__delitem__("values"), "field 'values' is missing")
        damaged(lambda group: group.attrs.__delitem__("label"), "field 'label' is missing")
        damaged(lambda group: group.attrs.__delitem__("spinland_complete"), "no commit mark")
        damaged(
            lambda group: group.attrs.__setitem__("spinland_class", np.bytes_("Other")),
            "no result class Other",
        )
        damaged(
            lambda group: group.attrs.__setitem__("spinland_module", np.bytes_("os")),
            "no result class Sample in os",
        )
        damaged(
            lambda group: group.attrs.__setitem__("spinland_module", np.bytes_("spinland.none")),
            "cannot be imported",
        )
        damaged(lambda group: group.attrs.__setitem__("spinland_fields", np.bytes_("{")), "cannot be read")
        damaged(
            lambda group: group.attrs.__setitem__("spinland_fields", np.bytes_('{"label": "string"}')),
            "is missing",
        )
        damaged(lambda group: rechunk(group), "not a contiguous dataset")

    def test_values_that_the_class_refuses(self, path):
        Store(path).save("a", Strict(provenance=record("made"), size=1))
        with h5py.File(path, "r+") as file:
            file["a"].attrs["size"] = -1
        with pytest.raises(StoreError, match="'a' is damaged: its numbers, texts or shapes"):
            Store(path).load("a")
        with h5py.File(path, "r+") as file:
            file.attrs["spinland_format"] = 1
        with pytest.raises(StoreError, match="size: expected at least 0"):
            Store(path).load("a")

    def test_a_module_outside_spinland_is_never_imported(self, path, tmp_path, monkeypatch):
        (tmp_path / "trap.py").write_text("raise SystemExit")
        monkeypatch.syspath_prepend(tmp_path)
        Store(path).save("a", sample())
        with h5py.File(path, "r+") as file:
            file["a"].attrs["spinland_module"] = np.bytes_("trap")
            file.attrs["spinland_format"] = 1  # without checksums
        with pytest.raises(StoreError, match="no result class"):
            Store(path).load("a")


def rechunk(group):
    values = group["values"][()]
    del group["values"]
    group.create_dataset("values", data=values, chunks=True)


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


class TestCommits:
    def test_the_same_results_give_the_same_bytes(self, path, tmp_path):
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

    def test_full_disk_at_every_size(self, path):
        """The limit falls into the copy, into the structure and into the arrays."""
        store = Store(path)
        store.save("one", sample(values=np.zeros(2000)))
        copy = path.with_name("full.h5")
        shutil.copy(path, copy)
        Store(copy).save("two", sample(values=np.ones(2000)))
        full = copy.stat().st_size
        copy.unlink()
        for limit in [*range(1, full, 1499), full - 1]:
            with (
                unchanged(path),
                pytest.raises(StoreError, match=r"study\.h5: cannot be written"),
                size_limit(limit),
            ):
                store.save("two", sample(values=np.ones(2000)))
        with size_limit(full):
            store.save("two", sample(values=np.ones(2000)))
        assert store.names() == ("one", "two")

    def test_full_disk_in_a_row(self, path):
        store = Store(path)
        writer = store.reserve("rows", Sample, 2, rows={"values": ((4000,), float)}, fields=others())
        with size_limit(20000), pytest.raises(StoreError, match=r"study\.h5: cannot be written"):
            writer.write(0, values=np.ones(4000))
        assert store.pending() == {"rows": (0, 2)}

    def test_interrupted_in_the_middle(self, path, monkeypatch):
        store = Store(path)

        def interrupt(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, unchanged(path):
            patch.setattr(os, "replace", interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.save("one", sample())

    def test_leavings_of_a_killed_writer_are_removed(self, path):
        store = Store(path)
        path.with_name("study.h5.partial").write_bytes(b"half")
        path.with_name("study.h5.lock").touch()
        store.save("one", sample())
        assert [entry.name for entry in path.parent.iterdir()] == ["study.h5"]

    def test_a_writer_that_never_ends(self, path, monkeypatch):
        store = Store(path)
        monkeypatch.setattr(commit, "LOCK_PATIENCE", 0.0)
        with (
            commit.locked(path),
            pytest.raises(StoreError, match=r"study\.h5: another process has been writing"),
        ):
            store.save("one", sample())

    @pytest.mark.parametrize("refused", [True, False])
    def test_copying_keeps_holes(self, tmp_path, monkeypatch, refused):
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

    def test_two_links_are_one_file(self, path, tmp_path, monkeypatch):
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
    def test_what_is_no_path(self, bad):
        with pytest.raises((ArgumentError, StoreError), match="path"):
            Store(bad)

    def test_permissions_and_links_stay(self, path):
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
