"""What the store takes comes back as it was; what it cannot take is named."""

import h5py
import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.store.hdf5 import Store
from tests.unit.stores import Sample, sample, unchanged


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.h5"


def test_every_kind_of_field(path):
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
def test_small_values_keep_their_type(path, number):
    Store(path).save("one", sample(number=number))
    loaded = Store(path).load("one").number
    assert loaded == number
    assert type(loaded) is type(number)


def test_long_texts(path):
    Store(path).save("one", sample(label="Λ" * 300_000, pair=tuple(range(100_000))))
    loaded = Store(path).load("one")
    assert loaded.label == "Λ" * 300_000
    assert loaded.pair == tuple(range(100_000))


def test_numpy_scalars_come_back_as_numbers(path):
    Store(path).save("one", sample(number=np.float32(0.1), pair=(np.int64(3), np.bool_(True))))
    loaded = Store(path).load("one")
    assert loaded.number == float(np.float32(0.1))
    assert loaded.pair == (3, True)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["?", "i8", "u1", "f2", "f4", "f8", ">f8", "S3", "U4"])
def test_arrays(path, shape, dtype):
    values = (np.arange(np.prod(shape, dtype=int)) % 3).reshape(shape).astype(dtype)
    Store(path).save("one", sample(values=values))
    loaded = Store(path).load("one").values
    assert (loaded.dtype, loaded.shape) == (values.dtype, values.shape)
    assert loaded.tobytes() == values.tobytes()


def test_strided_arrays(path):
    values = np.arange(24.0).reshape(4, 6)[::-2, ::3].T
    Store(path).save("one", sample(values=values))
    np.testing.assert_array_equal(Store(path).load("one").values, values)


def test_mapped_arrays_are_read_only_and_outlive_changes(path):
    values = np.random.default_rng(0).normal(size=(100, 200))
    store = Store(path)
    store.save("one", sample(values=values))
    mapped = store.load("one", mmap=True).values
    assert isinstance(mapped, np.memmap)
    assert mapped.ctypes.data % 64 == 0
    assert not mapped.flags.writeable
    store.save("one", sample(2), overwrite=True)
    np.testing.assert_array_equal(mapped, values)


def test_plain_h5py_reads_it(path):
    result = sample(values=np.array([True, False]))
    Store(path).save("walks/one", result)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["walks/one/values"][()], [True, False])
        assert file["walks/one"].attrs["number"] == 1.5
        assert file["walks/one"].attrs["label"] == b"a walk"


def test_what_cannot_be_stored_is_named(path):
    store = Store(path)
    bad = [[1], {"a": 1}, 1j, 2**64, "null\0", "\ud800", (np.zeros(2),), np.array([object()]), np.array([1j])]
    for value in [*bad, np.ma.masked_array([1.0], [True])]:
        with unchanged(path), pytest.raises(ArgumentError, match=r"Sample\.number"):
            store.save("one", sample(number=value))
    with pytest.raises(ArgumentError, match="result"):
        store.save("one", {"a": 1})


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
