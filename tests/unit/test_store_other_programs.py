"""Files that h5py has changed or made: what it added stays, what it spoilt is refused by name."""

import random
import shutil

import h5py
import numpy as np
import pytest

from spinland.errors import StoreError
from spinland.store.container import FORMAT
from spinland.store.hdf5 import Store
from tests.unit.store_contents import contents, make, named, plain
from tests.unit.stored_results import META, walk


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


def test_what_they_put_there_stays(tmp_path):
    store = make(tmp_path / "study.h5")
    names, expected = store.names(), plain(store.load("walks/0"))
    with h5py.File(store.path, "r+") as file:
        decorate(file)
    for name in ("walks/large", "finished", "new"):
        store.save(name, walk(5), overwrite=True)
        with h5py.File(store.path) as file:
            check(file)
    assert store.names() == tuple(sorted((*names, "new")))
    assert plain(store.load("walks/0")) == expected
    assert store.meta == META
    store.verify()


def test_a_group_with_two_names(tmp_path):
    for target in ("walks/0", "walks", "/"):
        path = tmp_path / f"{len(target)}.h5"
        store = make(path)
        with h5py.File(path, "r+") as file:
            file["walks/again"] = file[target]
        for action in (store.names, lambda store=store: store.load("walks/0"), store.verify):
            with pytest.raises(StoreError, match=r"'walks/again'.* are one group|are one group"):
                action()


def odd(tmp_path, change):
    """Refusals of a file in which h5py has changed something, without checksums and with them."""
    for version in (1, FORMAT):
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
def test_datasets_without_their_space(tmp_path, where, message):
    def change(file):
        dataset = file[where]
        shape, dtype = dataset.shape, dataset.dtype
        del file[where]
        file.create_dataset(where, shape, dtype)

    assert sum(message in error for error in odd(tmp_path, change)) >= 2


@pytest.mark.parametrize("value", [10**12, -1, 1.5, [1, 2], "text", h5py.Empty("f8"), np.bytes_("{}")])
@pytest.mark.parametrize(
    "name", ["spinland_class", "spinland_version", "spinland_fields", "spinland_checks", "label", "number", "pair"]
)
def test_attributes_of_another_kind(tmp_path, name, value):
    def change(file):
        file["walks/0"].attrs[name] = value

    errors = list(odd(tmp_path, change))
    assert sum("walks/0" in error for error in errors) >= 1 + (name != "spinland_checks"), errors


@pytest.mark.parametrize("value", [10**12, "x", [1, 2], np.bytes_('["params", "params"]'), np.bytes_("[]")])
def test_marks_of_another_kind(tmp_path, value):
    def change(file):
        file["finished"].attrs["spinland_rows"] = value

    assert list(odd(tmp_path, change))


@pytest.mark.parametrize("value", ["2", [2], 2.5, h5py.Empty("f8"), 99])
def test_formats_that_are_none(tmp_path, value):
    make(tmp_path / "odd.h5")
    with h5py.File(tmp_path / "odd.h5", "r+") as file:
        file.attrs["spinland_format"] = value
    with pytest.raises(StoreError, match=r"odd\.h5"):
        Store(tmp_path / "odd.h5")


def test_any_change_is_refused_or_harmless(tmp_path):
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
        3,
        -1.5,
        "text",
        b"bytes",
        True,
        np.arange(4),
        np.zeros((2, 2), "f4"),
        h5py.Empty("u1"),
        ["a", "b"],
        "{}",
        np.array([(1, 2.0)], "i4,f8"),
        2**63,
        np.bytes_("[1"),
        np.longdouble(1),
        1j,
        np.bytes_('{"label": "string"}'),
    ]
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
