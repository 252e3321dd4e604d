"""Products of matrices on the card: every stride, edges of tiles, parts of sums, what they begin with and end in."""

import numpy as np
import pytest

from tests.card.costs import check

SHAPES = {  # batch, m, n, k, part, A down, B along
    "less than a tile": (2, 9, 5, 13, 13, False, True),
    "one more than a tile": (1, 129, 130, 17, 17, True, False),
    "few columns, parts of the sum": (2, 130, 3, 20, 8, False, False),
    "columns of a slim tile": (1, 65, 17, 9, 9, True, True),
    "columns of a wide tile": (1, 33, 33, 9, 9, True, True),
    "few rows": (2, 31, 130, 17, 9, False, True),
    "few rows, turned": (1, 3, 17, 9, 9, True, False),
    "one number": (1, 1, 1, 1, 1, False, False),
}


def operands(dtype, shape, draw):
    """Matrices, where they lie on the card, and what a float64 product of each part gives."""
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes.tiles import Matrices

    batch, m, n, k, part, down, along = shape
    a, b = draw.normal(size=(batch, m, k)).astype(dtype), draw.normal(size=(batch, k, n)).astype(dtype)
    places = []
    for matrix, turned in ((a, down), (b, not along)):
        lies = np.swapaxes(matrix, 1, 2) if turned else matrix
        steps = (1, matrix.shape[1]) if turned else (matrix.shape[2], 1)
        places.append(Matrices(jit_cuda.put(lies.reshape(-1).copy()), 0, *steps, matrix[0].size))
    parts = [a[:, :, p : p + part].astype("f8") @ b[:, p : p + part].astype("f8") for p in range(0, k, part)]
    return *places, np.stack(parts, axis=1)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_products_are_those_of_numpy(name, dtype, card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import cuda as lanes
    from spinland_kernels.lanes import tiles

    draw = np.random.default_rng(1)
    batch, m, n, k, part, *_ = SHAPES[name]
    a, b, products = operands(dtype, SHAPES[name], draw)
    parts = products.shape[1]
    bias, before, gate = (
        draw.normal(size=(batch, n)),
        draw.normal(size=products.shape),
        draw.normal(size=products.shape),
    )
    row = tiles.Matrices(jit_cuda.put(bias.astype(dtype).ravel()), 0, 0, 1, n)
    gates = tiles.Matrices(jit_cuda.put(gate.astype(dtype).ravel()), 0, n, 1, m * n)
    wanted = {
        (tiles.ZERO, tiles.LEAVE): products,
        (tiles.BIAS, tiles.RECTIFY): np.maximum(products + bias[:, None, None], 0),
        (tiles.ITSELF, tiles.GATE): np.where(gate <= 0, 0, products + before),
    }
    for (begin, end), want in wanted.items():
        c = tiles.Matrices(jit_cuda.put(before.astype(dtype).ravel()), 0, n, 1, m * n)
        lanes.multiply(a, b, c, tiles.Shape(m, n, k, part, parts), tiles.Ends(begin, row, end, gates), batch)
        got = jit_cuda.get(c.data).reshape(want.shape)
        unit = 1e-12 if dtype == "f8" else 1e-5
        np.testing.assert_allclose(got, want, rtol=0, atol=unit * np.abs(want).max())


def test_nan_is_kept_and_silent_units_stay_silent(card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import cuda as lanes
    from spinland_kernels.lanes import tiles

    a = tiles.Matrices(jit_cuda.put(np.array([np.nan, 1.0, -1.0])), 0, 1, 1, 0)
    one = tiles.Matrices(jit_cuda.put(np.ones(1)), 0, 1, 1, 0)
    for end, want in ((tiles.RECTIFY, [np.nan, 1, 0]), (tiles.GATE, [0, 0, np.nan])):
        gate = tiles.Matrices(jit_cuda.put(np.array([0.0, -1.0, np.nan])), 0, 1, 1, 0)
        c = tiles.Matrices(jit_cuda.put(np.array([0.0, 0.0, np.nan])), 0, 1, 1, 0)
        ends = tiles.Ends(tiles.ITSELF if end == tiles.GATE else tiles.ZERO, c, end, gate)
        lanes.multiply(a, one, c, tiles.Shape(3, 1, 1, 1, 1), ends, 1)
        np.testing.assert_array_equal(jit_cuda.get(c.data), want)


def test_parts_are_added_in_order_and_rounded_once(card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import cuda as lanes

    parts = np.random.default_rng(2).normal(size=(2, 3, 301)).astype("f4")
    out = jit_cuda.put(np.zeros((2, 300), "f4"))
    lanes.add_parts(jit_cuda.put(parts.ravel()), 3, 301, out)
    wide = parts[:, :, :300].astype("f8")
    np.testing.assert_array_equal(jit_cuda.get(out), ((wide[:, 0] + wide[:, 1]) + wide[:, 2]).astype("f4"))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_products_stay_in_registers(dtype, paper):
    from spinland_kernels.lanes import cuda as lanes
    from spinland_kernels.lanes import tiles

    x = np.empty(1, dtype)
    place = tiles.Matrices(x, 0, 1, 1, 1)

    def products():
        for m, n in ((1000, 512), (1000, 32), (1000, 10), (32, 512)):
            lanes.multiply(place, place, place, tiles.Shape(m, n, 784, 784, 1), tiles.plain(place), 1)
        lanes.add_parts(x, 1, 1, np.empty((3, 4), dtype))

    check(paper(products), double=["lanes.cuda.add_parts"])
