"""Distances and overlaps: digits, blocks, memory, threads, refusals."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import h5py
import numba
import numpy as np
import pytest

from spinland.errors import ArgumentError
from spinland.provenance import fingerprint
from spinland.replicas import gram
from spinland.replicas.rows import Rows
from spinland_kernels.gram import cpu, formula
from spinland_kernels.types import Columns
from tests.oracles import replicas as oracle

METRICS = ("euclidean", "sqeuclidean", "cosine")
#: relative error allowed for each type of the rows; the square has twice that of the distance
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("metric", METRICS)
def test_identical_rows_are_at_zero(dtype, metric):
    rows = np.repeat(np.random.default_rng(1).standard_normal((3, 9001)), 2, axis=0).astype(dtype)
    assert np.count_nonzero(gram.distances(rows, metric, condensed=True) == 0.0) == 3


@pytest.mark.parametrize("power", [-40, 40])
def test_a_power_of_two_scales_the_bits(power):
    rows = oracle.close_pairs(12, 9000, np.float32)
    scaled = gram.distances(rows * np.float32(2.0**power))
    np.testing.assert_array_equal(scaled, gram.distances(rows) * 2.0**power)


def test_condensed_and_square_agree():
    rows = oracle.close_pairs(9, 50, np.float64)
    square = gram.distances(rows)
    np.testing.assert_array_equal(square, square.T)
    np.testing.assert_array_equal(gram.distances(rows, condensed=True), oracle.condensed(square))
    assert np.all(np.diagonal(square) == 0)
    assert np.all(np.diagonal(gram.overlaps(rows)) == 1)


def test_overlaps_of_opposite_and_orthogonal_rows():
    rows = np.array([[1.0, 0.0], [-2.0, 0.0], [0.0, 3.0]])
    np.testing.assert_array_equal(gram.overlaps(rows), [[1, -1, 0], [-1, 1, 0], [0, 0, 1]])


def _products(rows, centred, dtype):
    n, width = rows.shape
    prepared = cpu.prepare(n, -(-width // cpu.CHUNK), dtype)
    condensed, squares = np.zeros(n * (n - 1) // 2), np.zeros(n)
    cpu.add_products(Columns(rows, 0, width), centred, prepared, condensed, squares)
    return condensed, squares


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [2, 7, 8, 9, 15, 16, 17, 100, 193, 385, 777])
@pytest.mark.parametrize("width", [1, 3, cpu.SPAN - 1, cpu.SPAN, cpu.SPAN + 1, 2 * cpu.CHUNK - 3])
@pytest.mark.parametrize("centred", [False, True])
def test_products_of_any_number_of_rows_and_columns(dtype, n, width, centred):
    rows = np.random.default_rng(n).standard_normal((n, width)).astype(dtype) + 2
    exact = rows.astype(np.float64)
    exact -= exact.mean(axis=0) if centred else 0.0
    condensed, squares = _products(rows, centred, dtype)
    unit = np.sum(rows.astype(np.float64) ** 2, axis=1).max()
    error = condensed - (exact @ exact.T)[np.triu_indices(n, 1)]
    assert np.abs(error).max() < TOLERANCE[dtype] * unit
    assert np.abs(squares - np.sum(exact**2, axis=1)).max() < TOLERANCE["float64"] * unit


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_finite_stays_in_its_row(dtype, value):
    rows = np.random.default_rng(4).standard_normal((37, 300)).astype(dtype)
    expected, _ = _products(rows, False, dtype)
    rows[18, 290] = value
    condensed, squares = _products(rows, False, dtype)
    assert np.flatnonzero(~np.isfinite(squares)).tolist() == [18]
    own = (np.array(np.triu_indices(37, 1)) == 18).any(axis=0)
    assert not np.isfinite(condensed[own]).any()
    np.testing.assert_array_equal(condensed[~own], expected[~own])


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_and_blocks_do_not_change_the_bits(metric, dtype, monkeypatch):
    rows = oracle.close_pairs(150, 9 * cpu.CHUNK + 77, dtype)
    reference = gram.distances(rows, metric)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        np.testing.assert_array_equal(gram.distances(rows, metric), reference)
    finally:
        numba.set_num_threads(threads)
    monkeypatch.setattr("spinland.budget.REPLICAS", 1)
    monkeypatch.setattr(gram, "chunk_columns", lambda n, itemsize: cpu.CHUNK)
    np.testing.assert_array_equal(gram.distances(np.asfortranarray(rows), metric), reference)
    monkeypatch.setattr(gram, "chunk_columns", lambda n, itemsize: 4 * cpu.CHUNK)
    np.testing.assert_array_equal(gram.distances(rows, metric), reference)


def test_many_near_pairs_are_computed_in_parts(monkeypatch):
    rows = 1.0 + 1e-3 * np.random.default_rng(2).standard_normal((30, 64))
    reference = gram.distances(rows, "cosine")
    monkeypatch.setattr("spinland.budget.CLOSE_PAIRS", 10 * 24)
    np.testing.assert_array_equal(gram.distances(rows, "cosine"), reference)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.tolist(),
        lambda x: x.astype(">f8"),
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    ],
    ids=["list", "big-endian", "fortran", "strided"],
)
def test_any_layout_gives_the_same_bits(convert):
    rows = oracle.close_pairs(8, 100, np.float64)
    np.testing.assert_array_equal(gram.distances(convert(rows)), gram.distances(rows))


@pytest.mark.parametrize("dtype", [np.int32, np.float16])
def test_other_numbers_are_converted(dtype):
    rows = np.arange(20).reshape(4, 5).astype(dtype) ** 2
    np.testing.assert_allclose(gram.distances(rows), oracle.distances(rows, "euclidean"), rtol=1e-14)


def test_datasets_and_memory_maps_give_the_same_bits_and_fingerprint(tmp_path, monkeypatch):
    monkeypatch.setattr("spinland.budget.REPLICAS", 1 << 16)
    rows = oracle.close_pairs(20, 9000, np.float32)
    reference = gram.distances(rows)
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    np.testing.assert_array_equal(gram.distances(mapped), reference)
    assert Rows(mapped).fingerprint() == fingerprint(rows)
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        stored = file.create_dataset("rows", data=rows, chunks=(3, 1000), compression="gzip")
        np.testing.assert_array_equal(gram.distances(stored), reference)
        assert Rows(stored).fingerprint() == fingerprint(rows)


def test_arrays_in_memory_are_not_copied():
    rows = np.random.default_rng(3).standard_normal((40, 300_000), dtype=np.float32)  # 48 MB
    gram.distances(rows)
    tracemalloc.start()
    try:
        gram.distances(rows)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < rows.nbytes // 2


_MEMORY = """
import resource, sys
import h5py, numpy as np
from spinland import budget
from spinland.replicas import gram
budget.REPLICAS = 1 << 22
gram.distances(np.zeros((64, 9000), np.float32) + np.arange(9000, dtype=np.float32))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with h5py.File(sys.argv[1]) as file:
    result = gram.distances(file["rows"])
    assert result.shape == (64, 64) and result[0, 1] > 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_dataset_larger_than_the_allowed_memory(tmp_path):
    n, dim = 64, 600_000  # 154 MB
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        stored = file.create_dataset("rows", (n, dim), np.float32)
        for row in range(n):
            stored[row] = np.random.default_rng(row).standard_normal(dim, dtype=np.float32)
    command = [sys.executable, "-c", _MEMORY, str(tmp_path / "rows.h5")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < n * dim * 4 // 3


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("metric", METRICS)
def test_diverged_rows_are_named(value, metric, monkeypatch):
    monkeypatch.setattr("spinland.budget.REPLICAS", 64)
    rows = np.ones((6, 4)) + np.arange(6)[:, None]
    rows[[2, 5], 1] = value
    with pytest.raises(ArgumentError, match=r"rows 2, 5\b.*|drop.*rows 2, 5") as caught:
        gram.distances(rows, metric)
    assert "drop the replicas" in str(caught.value)


def test_many_bad_rows_are_counted():
    with pytest.raises(ArgumentError, match="rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 5 more"):
        gram.overlaps(np.full((15, 3), np.nan))


def test_zero_rows_have_no_overlap():
    rows = np.ones((4, 3))
    rows[1] = 0
    with pytest.raises(ArgumentError, match="row 1"):
        gram.overlaps(rows)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (np.ones((1, 3)), "at least 2 replicas"),
        (np.ones(3), "shape"),
        (np.ones((3, 0)), "shape"),
        (np.ones((2, 2), complex), "real numbers"),
        (np.array([["a", "b"], ["c", "d"]]), "real numbers"),
        ([[1.0, 2.0], [3.0]], "params"),
    ],
)
def test_what_is_no_set_of_replicas_is_refused(params, match):
    with pytest.raises(ArgumentError, match=match):
        gram.distances(params)


def test_an_unknown_metric_is_refused():
    with pytest.raises(ArgumentError, match=r"metric.*euclidean"):
        gram.distances(np.eye(3), "manhattan")


def test_powers_of_two_and_pair_places():
    for square in (1e-300, 0.3, 1.0, 7.0, 1e300):
        scaled = formula.power_of_two(square) ** 2 * square
        assert 0.25 <= scaled < 4
    assert formula.power_of_two(0.0) == formula.power_of_two(np.nan) == formula.power_of_two(np.inf) == 1.0
    places = [formula.pair_index(i, j, 7) for i in range(7) for j in range(i + 1, 7)]
    assert places == list(range(21))
