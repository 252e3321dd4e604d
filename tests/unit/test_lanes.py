"""Products, sums and exchanges of rows and columns in registers, beside NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinland_kernels.jit import serial_loop
from spinland_kernels.lanes.interleaving import turn
from spinland_kernels.lanes.product import HALF, Begin, Rows, Spread, table_product
from spinland_kernels.sums import sums_of_rows
from spinland_kernels.vectors import BYTES, REGISTER, REGISTERS, ROWS, aligned


@serial_loop
def product(a, factors, begin, x, x_rows, h, out, size, floor):
    table_product(a, factors, begin, x, x_rows, h, out, size, floor)


@serial_loop
def turned(rows, shape, out):
    turn(rows, 0, shape, out, 0)


@serial_loop
def summed(h, vectors, out):
    sums_of_rows(h, 0, vectors, out, out.shape[0])


def test_sums_fit_the_registers():
    assert ROWS * BYTES // REGISTER + 4 <= REGISTERS
    assert (48 % ROWS, ROWS // HALF) in {(0, 2), (0, 3)}


@given(
    rows=st.integers(1, 40),
    depth=st.integers(0, 9),
    vectors=st.integers(1, 5),
    dtype=st.sampled_from(["float32", "float64"]),
    transposed=st.booleans(),
    begins=st.sampled_from(["h", "column", "row"]),
    seed=st.integers(0, 99),
)
def test_a_product_of_any_size_is_numpys(rows, depth, vectors, dtype, transposed, begins, seed):
    random, lanes = np.random.default_rng(seed), vectors * BYTES // np.dtype(dtype).itemsize
    a = random.normal(size=(rows, depth)).astype(dtype)
    x, bias = random.normal(size=(depth + 1, lanes)).astype(dtype), random.normal(size=rows).astype(dtype)
    h = np.full((rows + 1, lanes), 2, dtype)
    flat = np.concatenate([(a.T if transposed else a).ravel(), bias])
    factors = Spread(0, 1, rows) if transposed else Spread(0, depth, 1)
    begin = Begin(rows * depth if begins == "column" else -1, depth * lanes if begins == "row" else -1)
    product(
        flat,
        factors,
        begin,
        x.ravel(),
        Rows(0, lanes),
        h.reshape(-1),
        Rows(0, lanes),
        (rows, depth, lanes),
        h.dtype.type(0),
    )
    expected = np.maximum(a.astype(float) @ x[:depth] + {"h": 2, "column": bias[:, None], "row": x[depth]}[begins], 0)
    np.testing.assert_allclose(h[:rows], expected, atol=1e-5 if dtype == "float32" else 1e-13)
    assert (h[rows] == 2).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_rows_become_columns_and_their_sums_are_numpys(dtype, shape):
    lanes = BYTES // np.dtype(dtype).itemsize
    count, width = shape[0] * lanes, shape[1] * lanes
    rows = np.arange(count * width, dtype=dtype).reshape(count, width)
    out = aligned(1, count * width, dtype)[0]
    turned(rows.ravel(), (count, width), out)
    np.testing.assert_array_equal(out[: count * width].reshape(width, count), rows.T)
    sums = np.empty(count, dtype)
    summed(rows.ravel(), shape[1], sums)
    np.testing.assert_array_equal(sums, rows.sum(axis=1))
