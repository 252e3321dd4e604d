"""What goes into the store comes out of it, bit for bit."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spinland.errors import StoreError
from spinland.provenance import record
from spinland.results import Result
from spinland.store.hdf5 import Store


@dataclass(frozen=True, eq=False, kw_only=True)
class Anything(Result):
    first: Any
    second: Any


def there_and_back(result, mmap=False):
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "study.h5")
        store.save("result", result)
        return store.load("result", mmap=mmap)


# The bytes of floats are drawn as integers, so every NaN payload and every subnormal comes up.
NUMBERS = st.sampled_from(["?", "i1", "<i8", "u1", "u8", "f2", "f4", "f8", ">f8", ">i4"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)


@st.composite
def arrays(draw):
    dtype = np.dtype(draw(NUMBERS))
    shape = draw(SHAPES)
    if dtype.kind == "b":
        return draw(hnp.arrays(bool, shape))
    return draw(hnp.arrays(f"u{dtype.itemsize}", shape)).view(dtype)


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
SMALL = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT
VALUES = SMALL | st.recursive(SMALL, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6)


@settings(max_examples=60, deadline=None)
@given(arrays(), st.booleans())
def test_arrays(array, mmap):
    loaded = there_and_back(Anything(provenance=record("f"), first=array, second=array.T), mmap)
    for name, original in (("first", array), ("second", array.T)):
        back = getattr(loaded, name)
        assert (back.dtype, back.shape) == (original.dtype, original.shape)
        assert back.tobytes() == original.tobytes()


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, max_size=4), st.integers(0, 3))
def test_arrays_of_strings(texts, width):
    array = np.array(texts, dtype=f"U{max([1, *map(len, texts)]) + width}")
    back = there_and_back(Anything(provenance=record("f"), first=array, second=None)).first
    assert (back.dtype, back.tobytes()) == (array.dtype, array.tobytes())


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_small_values(first, second):
    inner = Anything(provenance=record("g", seed=2**64 - 1), first=second, second=None)
    loaded = there_and_back(Anything(provenance=record("f"), first=first, second=inner))
    for back, original in ((loaded.first, first), (loaded.second.first, second)):
        assert repr(back) == repr(original)  # equal, of the same type, NaN and -0.0 included
    assert loaded.second.provenance == inner.provenance


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=8, max_size=8))
def test_the_bits_of_a_number(content):
    number = float(np.frombuffer(content)[0])
    back = there_and_back(Anything(provenance=record("f"), first=number, second=None)).first
    assert np.float64(back).tobytes() == np.float64(number).tobytes()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.integers(1, 6), arrays().filter(lambda array: array.dtype.kind in "biuf"))
def test_rows_in_any_order_and_grouping(order, group, array):
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "study.h5")
        shapes = {"first": (array.shape, array.dtype)}
        writer = store.reserve("rows", Anything, 6, rows=shapes, fields={"provenance": record("f"), "second": 1})
        for begin in range(0, 6, group):
            rows = order[begin : begin + group]
            writer.write(rows, first=np.stack([array] * len(rows)))
        loaded = store.load("rows").first
        assert loaded.dtype == array.dtype
        assert loaded.tobytes() == array.tobytes() * 6


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_flipped_byte_is_refused_or_harmless(data):
    """A damaged file gives a StoreError or a result, no other error and no crash."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.h5"
        Store(path).save("result", Anything(provenance=record("f"), first=np.arange(9.0), second=(1, "a")))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            position = data.draw(st.integers(0, len(content) - 1))
            content[position] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with suppress(StoreError):
            assert isinstance(Store(path, "r").load("result"), Anything)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3000)), max_size=8))
def test_overwriting_in_any_order(steps):
    with tempfile.TemporaryDirectory() as folder:
        store, expected = Store(Path(folder) / "study.h5"), {}
        for name, size in steps:
            expected[name] = np.full(size, len(expected) + 0.5)
            store.save(name, Anything(provenance=record("f"), first=expected[name], second=name), overwrite=True)
        assert store.names() == tuple(sorted(expected))
        for name, array in expected.items():
            loaded = store.load(name)
            assert loaded.second == name
            np.testing.assert_array_equal(loaded.first, array)
        shutil.copy(store.path, Path(folder) / "copy.h5")
        with h5py.File(Path(folder) / "copy.h5", "r+") as file:  # HDF5 itself finds the file in order
            file.create_group("new")
