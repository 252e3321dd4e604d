"""Nothing damaged passes for whole: every changed byte is found, every odd file is refused by name."""

import os
import random
import shutil
from dataclasses import dataclass, fields
from typing import Any

import h5py
import numpy as np
import pytest

from spinland.errors import StoreError
from spinland.provenance import Provenance, record
from spinland.results import Result
from spinland.store import container
from spinland.store.hdf5 import Store
from spinland.study.glasses import GlassConfig, run_glass
from tests.unit.old_results import META, ROWS, Runs, Walk, row, walk

BEGUN = {"provenance": record("train", seed=2), "rate": 0.1}


def make(path):
    """A file with every kind of field, folders, results within results, finished rows and rows that are missing."""
    store = Store(path)
    store.set_meta(META)
    store.save("walks/0", walk(0, inner=walk(1)))
    store.save(
        "walks/large", Walk(**of(walk(2)) | {"values": np.random.default_rng(0).normal(size=(90, 100))})
    )
    for name, rows in (("finished", 3), ("begun", 2)):
        writer = store.reserve(name, Runs, 3, rows=ROWS, fields=BEGUN)
        for index in range(rows):
            writer.write(index, **row(index))
    return store


def of(result):
    return {field.name: getattr(result, field.name) for field in fields(result)}


def plain(value: Any) -> Any:
    """A result as something that can be compared, NaN and the sign of zero included."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (Result, Provenance)):
        return type(value).__name__, {name: plain(item) for name, item in of(value).items()}
    return repr(value)


def named(path, error):
    """An error that names the file."""
    assert str(path) in str(error)
    return error


def contents(path, mmap=False):
    """All that can be had from a file, or the errors that come instead."""
    found = {}
    store = Store(path, "r")
    actions = {name: lambda name=name: plain(store.load(name, mmap=mmap)) for name in store.names()}
    actions |= {"meta": lambda: store.meta, "pending": store.pending}
    for name, action in actions.items():
        try:
            found[name] = action()
        except StoreError as error:
            found[name] = named(path, error)
    return found


def rows_begun(path):
    """What resuming goes by: which rows are there, and their bytes."""
    writer = Store(path).reserve("begun", Runs, 3, rows=ROWS, fields=BEGUN)
    missing = writer.missing().tolist()
    with h5py.File(path) as file:
        there = [
            file["begun"][field][index].tobytes() for index in {0, 1, 2} - set(missing) for field in ROWS
        ]
    return missing, there


def flip_a_bit(content, draw):
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)


def change_a_byte(content, draw):
    content[draw.randrange(len(content))] ^= draw.randrange(1, 256)


def lose_a_block(content, draw):
    at, length = draw.randrange(len(content)), draw.choice((4, 64, 512, 4096))
    content[at : at + length] = bytes(len(content[at : at + length]))


def cut(content, draw):
    del content[draw.randrange(len(content)) :]


@pytest.mark.parametrize(("seed", "times"), [(1, 70), pytest.param(2, 500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("damage", [flip_a_bit, change_a_byte, lose_a_block, cut])
def test_no_damage_changes_a_number(tmp_path, damage, seed, times):
    whole = make(tmp_path / "whole.h5")
    expected, content = contents(whole.path), whole.path.read_bytes()
    begun, path, draw = rows_begun(whole.path), tmp_path / "damaged.h5", random.Random(seed)
    found = 0
    for i in range(times):
        damaged = bytearray(content)
        damage(damaged, draw)
        path.write_bytes(damaged)
        try:
            got = contents(path, mmap=bool(i % 2))
        except StoreError as error:
            named(path, error)
            found += 1
            continue
        for name, value in got.items():
            if isinstance(value, StoreError):
                found += 1
            else:
                assert value == expected[name] or name == "pending", name
        try:  # what a resumed study does first
            Store(path).verify()
            missing, there = rows_begun(path)
        except StoreError:
            continue
        assert set(missing) >= set(begun[0])
        assert set(there) <= set(begun[1])
    assert found > times / 3


def test_the_error_names_file_result_and_field(tmp_path):
    store = make(tmp_path / "study.h5")
    with h5py.File(store.path) as file:
        places = {
            "'walks/0' is damaged: the bytes of 'values'": file["walks/0/values"].id.get_offset(),
            "'walks/0' is damaged: the bytes of 'inner/values'": file["walks/0/inner/values"].id.get_offset(),
            "'walks/large' is damaged: the bytes of 'names'": file["walks/large/names"].id.get_offset(),
            "'finished' is damaged: the bytes of row 1": file["finished/loss"].id.get_offset() + 16,
            "'begun' is damaged: the bytes of row 0": file["begun/params"].id.get_offset() + 3,
            "'begun' is damaged: the bytes of row 2": file["begun/spinland_rows_done"].id.get_offset() + 2,
            "'finished' is damaged: the marks of its rows": file[
                "finished/spinland_rows_done"
            ].id.get_offset(),
        }
    content = store.path.read_bytes()
    for message, place in places.items():
        damaged = bytearray(content)
        damaged[place] ^= 1 if "row 2" in message else 16
        store.path.write_bytes(damaged)
        name = message.split("'")[1]
        for action in (store.verify, *([] if name == "begun" else [lambda name=name: store.load(name)])):
            with pytest.raises(StoreError, match=rf"study\.h5: {message}"):
                action()
        store.path.write_bytes(content)
    store.verify()


def test_a_row_in_the_place_of_another_is_found(tmp_path):
    store = make(tmp_path / "study.h5")
    with h5py.File(store.path, "r+") as file:
        group = file["finished"]
        for name in (*ROWS, "spinland_rows_checks"):
            group[name][0] = group[name][1]
    with pytest.raises(StoreError, match="'finished' is damaged: the bytes of row 0"):
        store.load("finished")


def test_meta_is_compared_as_well(tmp_path):
    store = make(tmp_path / "study.h5")
    with h5py.File(store.path, "r+") as file:
        container.set_text(file, "spinland_meta", '{"kind": "mine", "seed": 2}')
    for action in (lambda: store.meta, store.verify):
        with pytest.raises(
            StoreError, match=r"study\.h5: 'spinland_meta' of the file is not what was written"
        ):
            action()


class TestOldFormat:
    """A file that spinland 0.1.0 wrote, before there were checksums."""

    @pytest.fixture
    def store(self, tmp_path):
        shutil.copy(os.path.join(os.path.dirname(__file__), "store_format_1.h5"), tmp_path / "old.h5")
        return Store(tmp_path / "old.h5")

    def test_it_is_read(self, store):
        assert store.format == 1
        assert store.names() == ("finished", "walks/0")
        assert store.pending() == {"begun": (2, 3)}
        assert store.meta == META
        loaded, expected = store.load("walks/0"), walk(0, inner=walk(1))
        assert loaded.provenance.environment == ""
        for one, other in ((loaded, expected), (loaded.inner, expected.inner)):
            for name in ("values", "names", "number", "label", "pair"):
                assert plain(getattr(one, name)) == plain(getattr(other, name))
        runs = store.load("finished")
        assert plain(runs.params) == plain(np.stack([row(i)["params"] for i in range(3)]))
        store.verify()

    def test_it_is_not_added_to(self, store):
        before = store.path.read_bytes()
        for action in (
            lambda: store.save("new", walk(0)),
            lambda: store.set_meta({}),
            lambda: store.reserve("begun", Runs, 3, rows=ROWS, fields=BEGUN),
            lambda: store.row_writer("begun"),
        ):
            with pytest.raises(
                StoreError, match="hold no checksums: it can be read, not changed; copy its results"
            ):
                action()
        assert store.path.read_bytes() == before

    def test_a_study_does_not_go_on_with_it(self, store):
        before = store.path.read_bytes()
        with pytest.raises(StoreError, match="made by an earlier spinland, whose files hold no checksums"):
            run_glass(GlassConfig(), store.path)
        assert store.path.read_bytes() == before

    def test_its_results_go_into_a_new_file(self, store, tmp_path):
        new = Store(tmp_path / "new.h5")
        for name in store.names():
            new.save(name, store.load(name))
        assert [plain(new.load(name)) for name in new.names()] == [
            plain(store.load(n)) for n in store.names()
        ]
        assert new.format == 2


class TestOtherPrograms:
    """Files that h5py has changed or made."""

    @staticmethod
    def decorate(file):
        file.attrs["note"] = "mine"
        file["walks"].attrs["folder"] = np.arange(3)
        file["walks/0"].attrs["marked"] = h5py.Empty("f8")
        file["walks/0/values"].attrs["unit"] = "nats"
        file.create_dataset("mine/chunked", data=np.arange(1000), chunks=(100,), compression="gzip")
        file.create_dataset("walks/plain", data=np.arange(5.0))
        file.create_dataset("walks/0/words", data=["a", "Λ"])
        file.create_dataset("odd name", data=np.zeros(3, "i4,f8"))
        file["soft"], file["outside"] = h5py.SoftLink("/walks/0"), h5py.ExternalLink("other.h5", "/x")
        file["type"] = np.dtype("f4")

    @staticmethod
    def check(file):
        assert file.attrs["note"] == "mine"
        assert file["walks"].attrs["folder"].tolist() == [0, 1, 2]
        assert isinstance(file["walks/0"].attrs["marked"], h5py.Empty)
        assert file["walks/0/values"].attrs["unit"] == "nats"
        assert file["mine/chunked"][()].tolist() == list(range(1000))
        assert file["mine/chunked"].compression == "gzip"
        assert file["walks/plain"][()].tolist() == [0, 1, 2, 3, 4]
        assert file["walks/0/words"].asstr()[()].tolist() == ["a", "Λ"]
        assert file["odd name"].dtype.names == ("f0", "f1")
        assert file.get("soft", getlink=True).path == "/walks/0"
        assert file.get("outside", getlink=True).filename == "other.h5"
        assert isinstance(file["type"], h5py.Datatype)

    def test_what_they_put_there_stays(self, tmp_path):
        store = make(tmp_path / "study.h5")
        names, expected = store.names(), plain(store.load("walks/0"))
        with h5py.File(store.path, "r+") as file:
            self.decorate(file)
        for name in ("walks/large", "finished", "new"):
            store.save(name, walk(5), overwrite=True)
            with h5py.File(store.path) as file:
                self.check(file)
        assert store.names() == tuple(sorted((*names, "new")))
        assert plain(store.load("walks/0")) == expected
        assert store.meta == META
        store.verify()

    def test_a_group_with_two_names(self, tmp_path):
        for target in ("walks/0", "walks", "/"):
            path = tmp_path / f"{len(target)}.h5"
            store = make(path)
            with h5py.File(path, "r+") as file:
                file["walks/again"] = file[target]
            for action in (store.names, lambda store=store: store.load("walks/0"), store.verify):
                with pytest.raises(StoreError, match=r"'walks/again'.* are one group|are one group"):
                    action()

    def odd(self, tmp_path, change):
        """Refusals of a file of either format in which h5py has changed something."""
        for version in (1, 2):
            path = tmp_path / "odd.h5"
            path.unlink(missing_ok=True)
            store = make(path)
            with h5py.File(path, "r+") as file:
                file.attrs["spinland_format"] = version
                change(file)
            for action in (
                lambda store=store: store.load("finished"),
                lambda store=store: [store.names(), store.load("walks/0")],
                store.verify,
                store.pending,
            ):
                try:
                    action()
                except StoreError as error:
                    yield str(named(path, error))

    @pytest.mark.parametrize(
        ("where", "message"),
        [("walks/0/values", "nothing was ever written"), ("finished/params", "nothing was ever written")],
    )
    def test_datasets_without_their_space(self, tmp_path, where, message):
        def change(file):
            dataset = file[where]
            shape, dtype = dataset.shape, dataset.dtype
            del file[where]
            file.create_dataset(where, shape, dtype)

        assert sum(message in error for error in self.odd(tmp_path, change)) >= 2

    @pytest.mark.parametrize("value", [10**12, -1, 1.5, [1, 2], "text", h5py.Empty("f8"), np.bytes_("{}")])
    @pytest.mark.parametrize(
        "name",
        [
            "spinland_class",
            "spinland_module",
            "spinland_fields",
            "spinland_checks",
            "label",
            "number",
            "pair",
        ],
    )
    def test_attributes_of_another_kind(self, tmp_path, name, value):
        def change(file):
            file["walks/0"].attrs[name] = value

        errors = list(self.odd(tmp_path, change))
        assert sum("walks/0" in error for error in errors) >= 1 + (name != "spinland_checks"), errors

    @pytest.mark.parametrize(
        "value", [10**12, "x", [1, 2], np.bytes_('["params", "params"]'), np.bytes_("[]")]
    )
    def test_marks_of_another_kind(self, tmp_path, value):
        def change(file):
            file["finished"].attrs["spinland_rows"] = value

        assert list(self.odd(tmp_path, change))

    @pytest.mark.parametrize("value", ["2", [2], 2.5, h5py.Empty("f8"), 99])
    def test_formats_that_are_none(self, tmp_path, value):
        make(tmp_path / "odd.h5")
        with h5py.File(tmp_path / "odd.h5", "r+") as file:
            file.attrs["spinland_format"] = value
        with pytest.raises(StoreError, match=r"odd\.h5"):
            Store(tmp_path / "odd.h5")

    def test_any_change_is_refused_or_harmless(self, tmp_path):
        """Whatever h5py puts in the place of whatever there is."""
        whole = make(tmp_path / "whole.h5")
        expected, path, draw = contents(whole.path), tmp_path / "odd.h5", random.Random(2)
        with h5py.File(whole.path) as file:
            paths = []
            file.visit(paths.append)
            paths += [(item, name) for item in ["/", *paths] for name in file[item].attrs]
        refused = 0
        for _ in range(150):
            shutil.copy(whole.path, path)
            where = draw.choice(paths)
            with h5py.File(path, "r+") as file:
                replace(file, where, draw)
            try:
                got = contents(path)
                Store(path).verify()
            except StoreError as error:
                named(path, error)
                refused += 1
                continue
            for name, value in got.items():
                if not isinstance(value, StoreError) and name != "pending":  # a reservation may be gone
                    assert value == expected[name], (where, name)
        assert refused > 50


def replace(file, where, draw):
    """Something else in the place of an attribute or an object."""
    values = [
        3, -1.5, "text", b"bytes", True, np.arange(4), np.zeros((2, 2), "f4"), h5py.Empty("u1"), ["a", "b"], "{}",
        np.array([(1, 2.0)], "i4,f8"), 2**63, np.bytes_("[1"), np.longdouble(1), 1j, np.bytes_('{"label": "string"}'),
    ]  # fmt: skip
    if isinstance(where, tuple):
        item, name = where
        if draw.random() < 0.2:
            del file[item].attrs[name]
        else:
            file[item].attrs[name] = draw.choice(values)
        return
    old = file[where]
    shape, dtype = getattr(old, "shape", (3,)), getattr(old, "dtype", np.dtype("f8"))
    del file[where]
    makers = [
        lambda: None,
        lambda: file.create_group(where),
        lambda: file.__setitem__(where, draw.choice(values[:10])),
        lambda: file.create_dataset(where, shape, dtype),
        lambda: file.create_dataset(where, (10**6, 10**7), dtype),
        lambda: file.create_dataset(where, shape or (1,), ">f8", data=np.ones(shape or (1,))),
        lambda: file.create_dataset(where, shape or (1,), dtype, chunks=True),
        lambda: file.__setitem__(where, h5py.SoftLink("/")),
        lambda: file.__setitem__(where, h5py.SoftLink("/nowhere")),
        lambda: file.__setitem__(where, h5py.ExternalLink("whole.h5", where)),
        lambda: file.__setitem__(where, file["/"]),
        lambda: file.__setitem__(where, np.dtype("f8")),
        lambda: file.create_dataset(where, data=h5py.Empty("f4")),
        lambda: file.create_dataset(where, (3,), "f8", external=[("raw.bin", 0, 24)]),
    ]
    draw.choice(makers)()


@dataclass(frozen=True, eq=False, kw_only=True)
class Grown(Result):
    old: int
    new: float = 0.25


def test_a_field_that_a_newer_version_added_takes_its_default(tmp_path):
    store = Store(tmp_path / "study.h5")
    store.save("a", Grown(provenance=record("f"), old=1))
    with h5py.File(store.path, "r+") as file:
        group = file["a"]
        kinds = container.get_text(group, "spinland_fields").replace(', "new": "number"', "")
        container.set_text(group, "spinland_fields", kinds)
        file.attrs["spinland_format"] = 1
    assert (store.load("a").old, store.load("a").new) == (1, 0.25)
