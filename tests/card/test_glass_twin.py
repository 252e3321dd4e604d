"""The glass on the card: every panel and chunk, the same bits however points come together, nothing of it pickled."""

import pickle

import numpy as np
import pytest

import spinland as sl
from spinland_kernels.devices import operation
from spinland_kernels.pspin import blocks
from tests.oracles import glass as glasses


def swept(values, order, x, one, below):
    """The sweep over one order in NumPy: sums of rows, and of columns."""
    parts, slots = np.full(one.parts, np.nan), {}
    for base, spins, start, spin, first, stop, part, slot in one.blocks:
        columns = np.zeros(blocks.PANEL)
        for row in range(first, stop):
            left, offset, weight = row, base + start, 1.0
            for k in range(order - 1, 0, -1):
                i = int(np.searchsorted(below[k], left, "right")) - 1
                left -= below[k, i]
                offset += below[k + 1, i + start]
                weight *= x[spin + i]
            length = min(i + 1, blocks.PANEL)
            assert i < spins
            assert np.isnan(parts[part + row])
            parts[part + row] = values[offset : offset + length] @ x[spin : spin + length]
            columns[:length] += weight * values[offset : offset + length]
        assert slot not in slots
        slots[slot] = columns
    assert not np.isnan(parts).any()
    return parts, slots


@pytest.mark.parametrize(
    ("n", "order", "panel", "chunk"), [(11, 3, 4, 60), (9, 4, 4, 1 << 20), (17, 2, 8, 5), (5, 6, 2, 99)]
)
def test_blocks_reach_every_coupling_once(n, order, panel, chunk, monkeypatch):
    monkeypatch.setattr(blocks, "PANEL", panel)
    monkeypatch.setattr(blocks, "CHUNK", chunk)
    monkeypatch.setattr(blocks, "WARPS", 1)
    monkeypatch.setattr(blocks, "ROWS", 3)
    draw = np.random.default_rng(0)
    below = blocks.counts(n, order)
    values, x = draw.normal(size=below[order, n]), draw.normal(size=n)
    walk, starts, last = blocks.orders(n, order)
    assert walk[0].chunks[-1] == len(walk[0].blocks)
    sums, slots = values, {}
    for one in walk:
        sums, more = swept(sums, one.order, x, one, below)
        slots.update(more)
    assert sorted(slots) == list(range(starts[-1]))
    got = np.zeros(n + panel)
    for number, begin in enumerate(starts[:-1]):
        for slot in range(begin, starts[number + 1]):
            got[number * panel : (number + 1) * panel] += slots[slot]
    for begin, spin in last:
        got[spin:n] += sums[begin : begin + n - spin]
    cores = operation("pspin", "cpu")
    from spinland_kernels.types import Couplings

    couplings = Couplings(values, n, order, 0, 0, 0)
    _, want = cores.values_and_gradients(x[None], couplings, cores.prepare(couplings))
    np.testing.assert_allclose(got[:n], want[0], rtol=0, atol=1e-12 * np.abs(want).max())


def test_couplings_are_those_of_the_cores(card, monkeypatch):
    monkeypatch.setattr(blocks, "CHUNK", 30)
    for n, order, disorder in ((9, 3, "gaussian"), (2, 7, "gaussian"), (6, 4, "signs")):
        here = sl.SphericalSpinGlass(n, order, 3, disorder=disorder)
        there = sl.SphericalSpinGlass(n, order, 3, disorder=disorder, device="cuda")
        for a, b in zip(here._couplings.arrays(), there._couplings.arrays(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14, atol=0)


def test_panels_of_a_pair_glass(card):
    glass = sl.SphericalSpinGlass(130, 2, 1, device="cuda")
    tensors, (at,) = glasses.tensors_of(glass), glass.random_points(1)
    value, slope = glass.value_and_gradient(at)
    np.testing.assert_allclose(value, glasses.polynomial(tensors, at), rtol=0, atol=1e-13)
    np.testing.assert_allclose(slope, glasses.gradient(tensors, at), rtol=0, atol=1e-13)


@pytest.mark.parametrize("generated", [False, True])
def test_bits_do_not_depend_on_what_comes_together(generated, card, monkeypatch):
    monkeypatch.setattr(blocks, "CHUNK", 20)  # several chunks
    glass = sl.SphericalSpinGlass(6, 3, 2, "float32", generated=generated, device="cuda")
    points = glass.random_points(5)
    values, slopes = glass.value_and_gradient(points)
    again = glass.value_and_gradient(points)
    np.testing.assert_array_equal(values, again[0])
    np.testing.assert_array_equal(slopes, again[1])
    for some in (slice(4, 5), slice(2, 4)):
        few, few_slopes = glass.value_and_gradient(points[some])
        np.testing.assert_array_equal(few, values[some])
        np.testing.assert_array_equal(few_slopes, slopes[some])


def test_generated_couplings_give_the_bits_of_stored_ones(card, monkeypatch):
    monkeypatch.setattr(blocks, "CHUNK", 20)
    stored, drawn = (sl.SphericalSpinGlass(6, 3, 2, generated=g, device="cuda") for g in (False, True))
    points = stored.random_points(1)
    np.testing.assert_array_equal(stored.gradient(points), drawn.gradient(points))


def test_given_couplings_and_pickled_glasses_work_on_the_card(card):
    given = np.random.default_rng(0).normal(size=(4, 4))
    glass = sl.SphericalSpinGlass.from_couplings(given, device="cuda")
    points = glass.random_points(2)
    values = glass.value(points)
    assert type(values) is np.ndarray
    np.testing.assert_allclose(values, sl.SphericalSpinGlass.from_couplings(given).value(points), rtol=1e-13)
    plane = glass.slice(points[0], points[1:])
    plane.value([[0.5]])
    for made in (glass, plane):
        assert b"cuda.cuda" not in pickle.dumps(made)
    again = pickle.loads(pickle.dumps(glass))
    np.testing.assert_array_equal(again.value(points), values)


def test_pairs_of_two_tiles_are_multiplied_wherever_a_block_of_columns_ends(card):
    from spinland_kernels.types import Columns

    kernel = operation("gram", "cuda")
    rows = np.random.default_rng(3).normal(size=(66, 3))
    products, squares = np.zeros(66 * 65 // 2), np.zeros(66)
    kernel.add_products(Columns(rows, 0, 3), False, kernel.prepare(66, 1, "f8"), products, squares)
    whole = rows @ rows.T
    np.testing.assert_allclose(products, whole[np.triu_indices(66, 1)], rtol=0, atol=1e-13)
    np.testing.assert_allclose(squares, np.diag(whole), rtol=1e-13)
