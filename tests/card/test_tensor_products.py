"""Products in tensor cores: how factors are rounded, which thread holds what, and how far the sums may be off.

|C − A B| ≤ bound · |A| |B|, number by number. In TF32 both factors are off by 2⁻¹¹; in 3×TF32 what is dropped is
3 · 2⁻²² of the product; and each eight of the terms is added with an error of one unit of float32, 2⁻²³.
"""

from itertools import product

import numpy as np
import pytest

from spinland_kernels.networks import EXACT, TF32, THRICE
from tests.card.costs import CAPABILITIES, check
from tests.card.test_products import operands

UNIT = 2.0**-23
DROPPED = {TF32: 2.0**-10 + 2.0**-22, THRICE: 3 * 2.0**-22}

SHAPES = {  # batch, m, n, k, part, A down, B along
    "less than a tile": (2, 9, 40, 13, 13, False, True),
    "one more than a tile": (1, 129, 130, 17, 17, True, False),
    "few columns, parts of the sum": (2, 130, 3, 20, 8, False, False),
    "one more than few columns": (1, 65, 33, 9, 9, True, True),
    "few rows": (2, 31, 130, 17, 9, False, True),
    "few rows, turned": (1, 3, 33, 9, 9, True, False),
    "one number": (1, 1, 1, 1, 1, False, False),
}


def bound(k, precision):
    """Of the error of a sum of k terms and what it begins with, as a share of the sum of their sizes."""
    return DROPPED[precision] + (-(-k // 8) + 3) * UNIT


def multiplied(a, b, shape, precision, ends=None, before=None):
    """C (batch, parts, m, n) of operands that lie on the card."""
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import cuda as lanes
    from spinland_kernels.lanes import tiles

    batch, m, n, k, part, *_ = shape
    parts = -(-k // part)
    before = np.zeros((batch, parts, m, n)) if before is None else before
    c = tiles.Matrices(jit_cuda.put(before.astype("f4").ravel()), 0, n, 1, m * n)
    ends = tiles.plain(c) if ends is None else ends
    lanes.multiply(a, b, c, tiles.Shape(m, n, k, part, parts), ends, batch, precision)
    return jit_cuda.get(c.data).reshape(batch, parts, m, n)


def sizes(a, b, shape):
    """|A| |B| of each part, in float64, from what lies on the card."""
    from spinland_kernels import jit_cuda

    batch, m, n, k, part, *_ = shape
    left, right = (
        np.lib.stride_tricks.as_strided(data, (batch, *size), (4 * of.each, 4 * of.down, 4 * of.along))
        for of, size in ((a, (m, k)), (b, (k, n)))
        for data in [np.abs(jit_cuda.get(of.data))]
    )
    some = [left[:, :, p : p + part].astype("f8") @ right[:, p : p + part].astype("f8") for p in range(0, k, part)]
    return np.stack(some, axis=1)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("precision", [TF32, THRICE])
def test_sums_are_as_near_as_their_factors(name, precision, card):
    shape = SHAPES[name]
    a, b, want = operands("f4", shape, np.random.default_rng(1))
    off, most = np.abs(multiplied(a, b, shape, precision) - want), sizes(a, b, shape)
    assert (off <= bound(shape[4], precision) * most).all()
    if precision == TF32:  # and it is no better
        assert (off > bound(shape[4], THRICE) * most).any()


@pytest.mark.parametrize("precision", [TF32, THRICE])
def test_sums_begin_and_end_as_in_float32(precision, card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import tiles

    draw, shape = np.random.default_rng(2), (2, 34, 35, 12, 8, False, True)
    a, b, products = operands("f4", shape, draw)
    bias, before, gate = (draw.normal(size=size) for size in ((2, 35), products.shape, products.shape))
    row = tiles.Matrices(jit_cuda.put(bias.astype("f4").ravel()), 0, 0, 1, 35)
    gates = tiles.Matrices(jit_cuda.put(gate.astype("f4").ravel()), 0, 35, 1, 34 * 35)
    wide, most = bias[:, None, None], sizes(a, b, shape)
    wanted = {
        (tiles.BIAS, tiles.RECTIFY): (np.maximum(products + wide, 0), most + np.abs(wide)),
        (tiles.ITSELF, tiles.GATE): (np.where(gate <= 0, 0, products + before), most + np.abs(before)),
    }
    for (begin, end), (want, size) in wanted.items():
        got = multiplied(a, b, shape, precision, tiles.Ends(begin, row, end, gates), before)
        assert (np.abs(got - want) <= bound(8, precision) * size).all()
        np.testing.assert_array_equal(got == 0, want == 0)


@pytest.mark.parametrize("precision", [TF32, THRICE])
def test_bits_depend_neither_on_the_batch_nor_on_the_tile(precision, card):
    shape = 2, 66, 40, 19, 19, False, True
    a, b, _ = operands("f4", shape, np.random.default_rng(3))
    whole = multiplied(a, b, shape, precision)
    second = a._replace(at=a.each), b._replace(at=b.each)
    np.testing.assert_array_equal(multiplied(*second, (1, *shape[1:]), precision), whole[1:])
    for m, n in ((66, 32), (32, 40)):  # the tile for few columns, and for few rows
        few = multiplied(a, b, (2, m, n, *shape[3:]), precision)
        np.testing.assert_array_equal(few, whole[:, :, :m, :n])


@pytest.mark.parametrize("precision", [TF32, THRICE])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the simulator computes in Python
def test_what_is_not_finite_stays_so(precision, card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import tiles

    a = tiles.Matrices(jit_cuda.put(np.array([np.nan, 1, np.inf, -np.inf], "f4")), 0, 1, 1, 0)
    one = tiles.Matrices(jit_cuda.put(np.ones(1, "f4")), 0, 1, 1, 0)
    found = multiplied(a, one, (1, 4, 1, 1, 1), precision).ravel()
    np.testing.assert_array_equal(np.isfinite(found), [False, True, False, False])
    assert found[1] == 1


def to_ten_bits(x):
    """To the nearest number with 10 bits behind the point, halves away from zero."""
    mantissa, exponent = np.frexp(x.astype("f8"))
    return np.copysign(np.floor(np.abs(mantissa) * 2**11 + 0.5) * 2.0**-11, x) * 2.0**exponent


def test_numbers_are_rounded_to_nearest_and_halves_away_from_zero(card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import warp

    cuda, rounded = jit_cuda.cuda, warp.rounded

    @jit_cuda.kernel(64)
    def all_rounded(x, out):
        i = cuda.grid(1)
        if i < x.shape[0]:
            out[i] = rounded(x[i])

    halves = 1 + np.array([1, 3, 2, 0]) * 2.0**-11
    x = np.concatenate([halves, -halves, np.nextafter(halves, 0, dtype="f4"), np.random.default_rng(0).normal(size=40)])
    x = x.astype("f4")
    out = jit_cuda.put(np.zeros_like(x))
    all_rounded[1](jit_cuda.put(x), out)
    np.testing.assert_array_equal(jit_cuda.get(out), to_ten_bits(x))


def test_a_warp_holds_fragments_as_the_instruction_wants_them(card):
    """One instruction on whole numbers, all sums exact; fragments as PTX ISA 8.5, section 9.7.14.5.8, lists them."""
    from numba import float32

    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import warp

    cuda, multiply, threads = jit_cuda.cuda, warp.multiply, jit_cuda.THREADS

    @jit_cuda.kernel(threads)
    def of_warps(a, b, c):
        sums = cuda.local.array((2, 2), float32)
        lefts = cuda.local.array((1, 1, 4), float32)
        rights = cuda.local.array((1, 1, 2), float32)
        w, g, q = cuda.threadIdx.x // 32, cuda.threadIdx.x % 32 // 4, cuda.threadIdx.x % 4
        lefts[0, 0, 0], lefts[0, 0, 1] = a[w, g, q], a[w, g + 8, q]
        lefts[0, 0, 2], lefts[0, 0, 3] = a[w, g, q + 4], a[w, g + 8, q + 4]
        rights[0, 0, 0], rights[0, 0, 1] = b[w, q, g], b[w, q + 4, g]
        for r in range(2):
            for s in range(2):
                sums[r, s] = c[w, g + 8 * r, 2 * q + s]
        multiply(sums, lefts, rights)
        for r in range(2):
            for s in range(2):
                c[w, g + 8 * r, 2 * q + s] = sums[r, s]

    draw, warps = np.random.default_rng(4), threads // 32
    a, b, c = (draw.integers(-9, 9, (warps, *size)).astype("f4") for size in ((16, 8), (8, 8), (16, 8)))
    out = jit_cuda.put(c)
    of_warps[1](jit_cuda.put(a), jit_cuda.put(b), out)
    np.testing.assert_array_equal(jit_cuda.get(out), a @ b + c)


def test_threads_read_every_number_of_a_tile_once(card, monkeypatch):
    from spinland_kernels import jit_cuda
    from spinland_kernels.lanes import tiles

    if not jit_cuda.SIMULATED:
        pytest.skip("compiled for the card")
    monkeypatch.setattr(tiles, "THREADS", 256)  # as of a card
    for side, (depth, run), straight in product((32, 128, 256), ((8, 8), (16, 4)), (False, True)):
        if depth * side < 256:
            continue
        read = np.zeros((side, depth), int)
        for thread in range(256):
            i, k, i_hop, k_hop = tiles.place_in(thread, side, depth, run, straight)
            for load in range(side * depth // 256):
                read[i + load * i_hop, k + load * k_hop] += 1
        assert (read == 1).all()
        warp = [tiles.place_in(thread, side, depth, run, straight)[:2] for thread in range(32)]
        if run == 4:  # rows of side + 8 numbers: neighbours write to different banks
            assert len({(k * (side + 8) + i) % 32 for i, k in warp}) == 32


def test_what_they_cost(paper):
    from spinland_kernels import assembly
    from spinland_kernels.lanes import cuda as lanes
    from spinland_kernels.lanes import tiles

    place = tiles.Matrices(np.empty(1, "f4"), 0, 1, 1, 1)

    def products(*precisions):
        for precision in precisions:
            for m, n in ((1000, 512), (1000, 10), (32, 512)):
                lanes.multiply(place, place, place, tiles.Shape(m, n, 784, 784, 1), tiles.plain(place), 1, precision)

    launches = paper(lambda: products(TF32, THRICE))
    assert [launch.kernel.name.rpartition("_")[2] for launch in launches] == ["tf32"] * 3 + ["3xtf32"] * 3
    check(launches)
    for capability in CAPABILITIES:
        found = [assembly.cost(launch, capability).tensor for launch in launches]
        for count, of_eight in zip(found, (16, 8, 4, 48, 24, 12), strict=True):  # tall × wide, or three times that
            assert count in (of_eight, 2 * of_eight)  # a loop over the eights of a step, or none
    assert not any(assembly.cost(launch).tensor for launch in paper(lambda: products(EXACT)))
