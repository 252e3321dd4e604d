"""Equal fingerprints mean equal functions and equal numbers, and the other way round."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import spinland as sl
from spinland.data.dataset import Dataset
from spinland.errors import ArgumentError
from spinland.landscape.geometry import Euclidean, Sphere
from spinland.provenance import fingerprint, record
from spinland.replicas.rows import Rows


def networks_with_one_dead_input(dead, dtype="float32"):
    """The same live inputs, another dead one: another function of the same parameters."""
    x = np.insert(np.arange(1.0, 9.0).reshape(4, 2), dead, 0.0, axis=1)
    return sl.NetworkLandscape(sl.ReLUNetwork((3, 4, 2)), x, np.array([0, 1, 1, 0]), dtype=dtype)


def bowl(points):
    return (points**2).sum(axis=1)


GROUPS = (np.array([0, 1]), np.array([2]))


def flat(**groups):
    return sl.FunctionLandscape(bowl, 3, geometry=Euclidean(**groups))


# 6 couplings: three spins in pairs, or two spins by fives.
def given_couplings(n_spins, order):
    return sl.SphericalSpinGlass.from_couplings(np.ones((n_spins,) * order))


LANDSCAPES = {
    **{f"dead input {i}": lambda i=i: networks_with_one_dead_input(i) for i in range(3)},
    "float64": lambda: networks_with_one_dead_input(0, "float64"),
    "flat": lambda: sl.FunctionLandscape(bowl, 3),
    "of another name": lambda: sl.FunctionLandscape(bowl, 3, name="bowl"),
    "with a gradient": lambda: sl.FunctionLandscape(bowl, 3, gradient=lambda points: 2 * points),
    "any sphere": lambda: sl.FunctionLandscape(bowl, 3, geometry=Sphere()),
    "unit sphere": lambda: sl.FunctionLandscape(bowl, 3, geometry=Sphere(1.0)),
    "sphere": lambda: sl.FunctionLandscape(bowl, 3, geometry=Sphere(2.0)),
    "filters": lambda: flat(filters=GROUPS),
    "layers": lambda: flat(layers=GROUPS),
    "other filters": lambda: flat(filters=(np.array([0]), np.array([1, 2]))),
    "both": lambda: flat(filters=GROUPS[:1], layers=GROUPS[1:]),
    "pairs of three": lambda: given_couplings(3, 2),
    "fives of two": lambda: given_couplings(2, 5),
    "glass": lambda: sl.SphericalSpinGlass(5, 3),
    "glass of float32": lambda: sl.SphericalSpinGlass(5, 3, dtype="float32"),
}


def test_different_landscapes_have_different_fingerprints():
    marks = {name: make().fingerprint for name, make in LANDSCAPES.items()}
    assert len(set(marks.values())) == len(marks), marks
    assert marks == {name: make().fingerprint for name, make in LANDSCAPES.items()}


def test_dead_inputs_change_the_loss_and_so_the_provenance():
    point = np.random.default_rng(0).normal(size=sl.ReLUNetwork((3, 4, 2)).n_params)
    first, second = (networks_with_one_dead_input(i) for i in (0, 2))
    assert first.value(point) != second.value(point)
    lines = [sl.line(item, point, -point, [0, 0.5, 1]) for item in (first, second)]
    assert lines[0].provenance != lines[1].provenance


def test_the_number_of_classes_is_part_of_a_data_set():
    x, y = np.ones((4, 2)), np.array([0, 1, 0, 1])
    three, two = (Dataset("mine", x, y, x, y, n_classes=n) for n in (3, 2))
    assert three.fingerprint != two.fingerprint == Dataset("yours", x, y, x, y).fingerprint


def with_other_padding(array, byte):
    """Equal numbers whose padding bytes (6 of 16 on x86) hold something else."""
    copy = np.frombuffer(bytearray([byte]) * array.nbytes, array.dtype).reshape(array.shape).copy()
    copy[...] = array
    raw, source = copy.reshape(-1).view(np.uint8).reshape(-1, 16), array.reshape(-1).view(np.uint8)
    raw[:, :10], raw[:, 10:] = source.reshape(-1, 16)[:, :10], byte
    return copy


@pytest.mark.skipif(np.finfo(np.longdouble).nmant != 63, reason="long doubles without padding")
@pytest.mark.parametrize("dtype", [np.longdouble, np.clongdouble])
def test_padding_does_not_enter(dtype):
    array = np.random.default_rng(0).normal(size=(5, 7)).astype(dtype) / 3
    copies = [with_other_padding(array, byte) for byte in (0, 1, 170, 255)]
    assert all((copy == array).all() for copy in copies)
    assert len({fingerprint(copy) for copy in copies}) == 1
    if dtype is np.longdouble:
        assert {Rows(copy).fingerprint() for copy in copies} == {fingerprint(array)}


@given(hnp.arrays(np.longdouble, st.integers(1, 5), elements=st.floats(width=64)), st.integers(0, 4))
def test_the_last_bit_of_a_long_double_enters(array, index):
    index %= array.size
    changed = array.copy()
    changed[index] = np.nextafter(changed[index], np.longdouble(0) if changed[index] else np.longdouble(1))
    assert (fingerprint(changed) == fingerprint(array)) == np.array_equal(changed, array, equal_nan=True)


def test_what_looks_alike_is_told_apart():
    marks = [
        fingerprint(5.0),
        fingerprint([5.0]),
        fingerprint([[5.0]]),
        fingerprint(np.float32(5)),
        fingerprint(5),
        fingerprint("5.0"),
        fingerprint([5.0], [5.0]),
        fingerprint([5.0, 5.0]),
        fingerprint(),
    ]
    assert len(set(marks)) == len(marks)
    assert fingerprint(np.array([0, 2, 1], np.uint8).view(bool)) == fingerprint([False, True, True])
    assert fingerprint(np.arange(12.0).reshape(3, 4).T) == fingerprint(np.arange(12.0).reshape(3, 4).T.copy())


@pytest.mark.parametrize("array", [[object()], np.zeros(2, "i1,f8"), np.array([1, "a", None], object)])
def test_arrays_whose_bytes_are_no_values_are_refused(array):
    with pytest.raises(ArgumentError, match="array"):
        fingerprint(array)


ARGUMENTS = """
from functools import partial
import numpy as np
import spinland as sl
from spinland.provenance import record
arguments = {"f": len, "g": lambda x: x, "set": {"a", "b", "c"}, "rate": sl.Cosine(0.1), "long": np.longdouble(1) / 3,
             "rows": np.array([[1, "a"]] * 50, object), "time": np.datetime64("2024-01-01"), "bytes": b"a"}
print(record("f", arguments).arguments)
"""


def test_arguments_are_the_same_words_in_every_process(run_python):
    words = {run_python(ARGUMENTS) for _ in range(2)}
    assert len(words) == 1
    assert "0x" not in words.pop()


def test_long_arrays_within_arguments_are_told_apart():
    long = [record("f", {"rates": np.arange(100) + shift}).arguments for shift in (0, 1)]
    assert long[0] != long[1]
