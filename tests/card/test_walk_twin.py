"""Walkers on the card: the steps of the cores, the same bits however they go together, and what a step costs."""

import numpy as np
import pytest

import spinland as sl
from spinland_kernels.devices import operation
from spinland_kernels.networks import Stream, Walkers
from tests.card.costs import check

SEED = 0xFEDCBA9876543210
DOUBLE = "walk.cuda.step", "walk.cuda.rescale", "walk.cuda.distances"  # normals and moments, by intent


def walkers(dtype, dim, radius):
    """Four walkers from two starts; more than one chunk of coordinates where ``dim`` is above 4096."""
    starts = np.random.default_rng(dim).normal(size=(2, dim)).astype(dtype)
    index = np.array([0, 1, 0, 1])
    return Walkers(starts[index], starts, index, np.array([4, 0, 7, 2**32 - 1]), np.asarray(radius, float))


def moved(device, them, steps=2):
    """Points, distances and cosines after some steps."""
    kernel = operation("walk", device)
    held = kernel.hold(them._replace(points=them.points.copy()))
    for step in range(1, steps + 1):
        distance, overlap = kernel.advance(held, 0.05, Stream(np.uint64(SEED), 3, step))
    return kernel.fetch(held.points), distance, overlap


@pytest.mark.parametrize("radius", [(), (1.5, 2.5)], ids=["flat", "sphere"])
@pytest.mark.parametrize(("dtype", "dim"), [("f8", 83), ("f4", 4101)])
def test_walkers_move_as_on_the_cores(dtype, dim, radius, card):
    them = walkers(dtype, dim, radius)
    for there, here in zip(moved("cuda", them), moved("cpu", them), strict=True):
        assert there.dtype == here.dtype
        np.testing.assert_allclose(there, here, rtol=0, atol=8 * np.finfo(here.dtype).eps * np.abs(here).max())


def test_a_walker_alone_is_the_walker_among_others(card):
    them = walkers("f4", 83, (1.5, 2.5))
    together = moved("cuda", them)
    for b in (0, 3):
        index = them.origin_index[b : b + 1]
        alone = them._replace(points=them.points[b : b + 1], origin_index=index, numbers=them.numbers[b : b + 1])
        for one, all_of_them in zip(moved("cuda", alone), together, strict=True):
            np.testing.assert_array_equal(one, all_of_them[b : b + 1])


def test_without_a_step_nothing_moves(card):
    them = walkers("f8", 83, ())
    kernel = operation("walk", "cuda")
    held = kernel.hold(them)
    distance, overlap = kernel.advance(held, 0.0, Stream(np.uint64(SEED), 3, 0))
    np.testing.assert_array_equal(kernel.fetch(held.points), them.points)
    np.testing.assert_array_equal(distance, 0)
    np.testing.assert_array_equal(overlap, 1)
    np.testing.assert_array_equal(kernel.fetch(kernel.columns(held, np.array([5, 0]))), them.points[:, [5, 0]])


def test_no_step_asks_the_card_for_memory(card, monkeypatch):
    from spinland_kernels import jit_cuda

    network = sl.ReLUNetwork((6, 4, 3))
    draw = np.random.default_rng(0)
    x, y = draw.random((9, 6)), draw.integers(0, 3, 9)
    x[:, 2] = 0  # a dead input: some coordinates alone are evaluated
    landscape = sl.NetworkLandscape(network, x, y, device="cuda")
    steps = landscape.walkers(draw.normal(size=(1, network.n_params)), [0, 0], [0, 1], [1.0]).walk(0.1, 3, 0)
    first = next(steps), next(steps)
    monkeypatch.setattr(jit_cuda, "empty", None)  # whoever calls it fails
    rest = list(steps)
    assert len(first) + len(rest) == 4
    assert np.isfinite(rest[-1].values).all()


def test_walkers_that_do_not_fit_are_refused_with_the_bytes_of_all_of_them(paper):
    from spinland_kernels import jit_cuda

    starts = np.zeros((1, 1 << 20))
    them = Walkers(np.zeros((8, 1 << 20)), starts, np.zeros(8, np.int64), np.arange(8), np.empty(0))
    with jit_cuda.on_paper(1 << 26), pytest.raises(jit_cuda.OutOfMemory) as told:
        operation("walk", "cuda").hold(them)
    assert told.value.needed >= 9 * 8 << 20
    assert told.value.free == 1 << 26


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_it_costs(dtype, paper):
    def walk():
        kernel, starts = operation("walk", "cuda"), np.zeros((2, 407_050), dtype)
        held = kernel.hold(Walkers(starts, starts, np.array([0, 1]), np.array([0, 1]), np.ones(2)))
        kernel.advance(held, 0.1, Stream(np.uint64(SEED), 3, 1))
        kernel.columns(held, np.arange(5))

    check(paper(walk), double=DOUBLE)
