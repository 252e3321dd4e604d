"""Training on the card: the same bits in any company and in any cuts, divergence, and what it costs."""

from itertools import pairwise

import numpy as np
import pytest

from spinland_kernels.devices import operation
from spinland_kernels.networks import (
    ADAM,
    CROSS_ENTROPY,
    MEAN_SQUARED_ERROR,
    MOMENTUM,
    SGD,
    Batches,
    Replicas,
    Rule,
    Samples,
    network_of,
)
from tests.card.costs import check

MOMENTS = {SGD: 0, MOMENTUM: 1, ADAM: 2}
NUMBERS = {SGD: (0.1, 1e-3), MOMENTUM: (0.1, 1e-3, 0.8, 1, 0.8), ADAM: (0.02, 1e-3, 0.999, 0.1, 0.999, 1e-3, 1, 1e-8)}


def training(widths, count, n, dtype="f4", optimiser=ADAM, kind=CROSS_ENTROPY, steps=1, bias=True):
    """Replicas, their rule, network and samples; all drawn."""
    draw, outputs = np.random.default_rng(3), widths[-1]
    network = network_of(widths, bias)
    dim = sum(o * (i + bias) for i, o in pairwise(widths))
    points = (draw.normal(size=(count, dim)) / 2).astype(dtype)
    first, second = (np.zeros((count, dim * (MOMENTS[optimiser] > m)), dtype) for m in range(2))
    replicas = Replicas(points, first, second, np.ones(count, bool), np.arange(7, 7 + count))
    x = draw.normal(size=(n, widths[0])).astype(dtype)
    labels = draw.integers(0, outputs, n if kind == CROSS_ENTROPY else 0)
    targets = draw.normal(size=(0 if kind == CROSS_ENTROPY else n, outputs)).astype(dtype)
    rule = Rule(optimiser, np.array([NUMBERS[optimiser] + (0,) * (8 - len(NUMBERS[optimiser]))] * steps, dtype))
    return replicas, rule, network, Samples(x, labels, targets, kind)


def descended(twin, replicas, rule, network, prepared, size, begin=0):
    """Copies of replicas after steps of an epoch."""
    after = Replicas(*(array.copy() for array in replicas))
    twin.descend(after, rule, Batches(np.uint64(2**63 + 5), 2, 1, size, begin), network, prepared)
    return after


def same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(params=["a block a replica", "in step"])
def twin(request, card, monkeypatch):
    """The twin, bound to one of its two ways."""
    from spinland_kernels.training import cuda

    monkeypatch.setattr(cuda, "_is_small", lambda *shapes: request.param == "a block a replica")
    return operation("training", "cuda")


def test_bits_depend_on_no_company_and_no_cuts(twin):
    replicas, rule, network, samples = training((3, 2, 2), 2, 5, steps=2)
    prepared = twin.prepare(samples)
    whole = descended(twin, replicas, rule, network, prepared, 3)
    assert not np.array_equal(whole.points, replicas.points)
    for r in range(2):
        alone = Replicas(*(array[r : r + 1] for array in replicas))
        for step in range(2):
            one = Rule(rule.optimiser, rule.coefficients[step : step + 1])
            alone = descended(twin, alone, one, network, prepared, 3, begin=step)
        same(alone, Replicas(*(array[r : r + 1] for array in whole)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the simulator computes in Python
def test_a_replica_that_diverges_stops_and_the_others_go_on(twin):
    replicas, rule, network, samples = training((3, 2, 2), 2, 3)
    prepared = twin.prepare(samples)
    both = descended(twin, replicas, rule, network, prepared, 2)
    replicas.points[0] *= np.float32(1e30)
    after = descended(twin, replicas, rule, network, prepared, 2)
    np.testing.assert_array_equal(after.alive, [False, True])
    np.testing.assert_array_equal(after.points[0], replicas.points[0])
    np.testing.assert_array_equal(after.points[1], both.points[1])
    again = descended(twin, after, rule, network, prepared, 2)
    np.testing.assert_array_equal(again.points[0], after.points[0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_parameters_that_overflow_are_found_after_the_last_step(twin):
    replicas, _, network, samples = training((3, 2), 2, 2, optimiser=SGD)
    replicas.points[1] = 0
    rule = Rule(SGD, np.array([[3e38] + [0] * 7], "f4"))
    samples = samples._replace(x=np.float32(100) * samples.x)
    after = descended(twin, replicas, rule, network, twin.prepare(samples), 2)
    assert not after.alive[1]


@pytest.mark.parametrize("optimiser", MOMENTS)
def test_all_samples_at_once_keep_their_order_and_need_no_biases(twin, optimiser):
    """One step of the mean squared error beside NumPy."""
    replicas, rule, network, samples = training((3, 2), 1, 4, "f8", optimiser, MEAN_SQUARED_ERROR, bias=False)
    after = descended(twin, replicas, rule, network, twin.prepare(samples), 4)
    w, x = replicas.points[0].reshape(2, 3), samples.x
    g = (2 * (x @ w.T - samples.targets) / 8).T @ x
    c = rule.coefficients[0]
    g = g + c[1] * w
    if optimiser == ADAM:
        m, v = c[3] * g, c[5] * g * g
        want = c[2] * w - c[0] * m / (np.sqrt(v) * c[6] + c[7])
        np.testing.assert_allclose(after.second[0], v.ravel(), rtol=1e-12)
    elif optimiser == MOMENTUM:
        m, want = g, w - c[0] * (c[3] * g + c[4] * g)
    else:
        want = w - c[0] * g
    if optimiser != SGD:
        np.testing.assert_allclose(after.first[0], m.ravel(), rtol=1e-12)
    np.testing.assert_allclose(after.points[0], want.ravel(), rtol=1e-12)


def test_gradients_in_parts_add_up(card, monkeypatch):
    """Of six samples, four and two, in a layer whose gradient is formed the other way round and in one of the usual."""
    from spinland_kernels.training import cuda, large

    monkeypatch.setattr(cuda, "_is_small", lambda *shapes: False)
    twin = operation("training", "cuda")
    replicas, rule, network, samples = training((20, 5, 8), 2, 6, "f8", SGD)
    whole = descended(twin, replicas, rule, network, twin.prepare(samples), 6)
    monkeypatch.setattr(large, "PART", 4)
    parts = descended(twin, replicas, rule, network, twin.prepare(samples), 6)
    assert not np.array_equal(whole.points, replicas.points)
    np.testing.assert_allclose(parts.points, whole.points, rtol=1e-13, atol=1e-15)


def test_held_replicas_have_the_same_bits(twin):
    replicas, rule, network, samples = training((3, 2), 2, 4, optimiser=MOMENTUM)
    prepared = twin.prepare(samples)
    want = descended(twin, replicas, rule, network, prepared, 3)
    held = twin.hold(replicas)
    twin.descend(held, rule, Batches(np.uint64(2**63 + 5), 2, 1, 3, 0), network, prepared)
    np.testing.assert_array_equal(twin.fetch(held.points), want.points)
    np.testing.assert_array_equal(twin.fetch(held.first), want.first)


def test_groups_follow_the_memory_of_the_card(paper):
    from spinland_kernels import jit_cuda
    from spinland_kernels.training import cuda

    *_, network, samples = training((784, 512, 10), 1, 20000)
    for memory, want in ((1 << 24, 1), (1 << 31, 157), (1 << 38, 439)):
        with jit_cuda.on_paper(memory):
            assert cuda.group_size(network, samples, 2, 32, 128 << 20) == want
    *_, network, samples = training((64, 32, 10), 1, 1797)
    with jit_cuda.on_paper(1 << 38):
        assert cuda.group_size(network, samples, 2, 32, 128 << 20) == 4096
    assert cuda.portion((64, 407_050), 1875, 32, 1e11) == (64, 1314)
    assert cuda.portion((4096, 10**7), 5, 32, 1e11) == (4096, 1)


def test_shuffles_of_many_samples_are_those_of_the_cores(card, monkeypatch):
    from spinland_kernels import jit_cuda
    from spinland_kernels.training import orders

    want = np.empty(300, np.int64)
    operation("philox", "cpu").fill_permutation(want, 2**63 + 5, 2, 9, 1)
    for near in (300, 10):  # in shared memory, and not
        monkeypatch.setattr(orders, "NEAR", near)
        order = jit_cuda.empty((1, 300), np.int32)
        orders.set_order(order, jit_cuda.put(np.array([9])), Batches(np.uint64(2**63 + 5), 2, 1, 8, 0))
        np.testing.assert_array_equal(jit_cuda.get(order)[0], want)


def test_draws_with_replacement_are_those_of_the_cores(card):
    from spinland_kernels import jit_cuda
    from spinland_kernels.training import orders

    want = np.empty(301, np.int64)
    operation("philox", "cpu").fill_integers(want, 2**63 + 5, 30, 9, 1, 301)
    order = jit_cuda.empty((2, 301), np.int32)
    numbers = jit_cuda.put(np.array([4, 9]))
    orders.set_order(order, numbers, Batches(np.uint64(2**63 + 5), 30, 1, 8, 0, True))
    np.testing.assert_array_equal(jit_cuda.get(order)[1], want)


PRODUCTION = {
    "64-32-10": ((64, 32, 10), 200, 1797, 32),
    "64-32-10, all samples": ((64, 32, 10), 200, 1797, 1797),
    "784-512-10": ((784, 512, 10), 64, 20000, 32),
    "784-512-10, large batches": ((784, 512, 10), 64, 20000, 512),
    "deep": ((20, 30, 30, 30, 10), 3, 100, 16),
}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_it_costs(dtype, paper):
    from spinland_kernels.training import cuda

    def descend():
        for widths, count, n, size in PRODUCTION.values():
            for kind, replacement in ((CROSS_ENTROPY, False), (MEAN_SQUARED_ERROR, False), (CROSS_ENTROPY, size < n)):
                replicas, rule, network, samples = training(widths, count, n, dtype, kind=kind)
                batches = Batches(np.uint64(5), 2, 1, size, 0, replacement)
                cuda.descend(replicas, rule, batches, network, cuda.prepare(samples))

    launches = paper(descend)
    own = [launch for launch in launches if launch.kernel.name != "lanes.cuda.multiply"]  # these have their own test
    assert {launch.kernel.name for launch in own} >= {
        "training.orders.shuffle",
        "training.orders.draw",
        "training.large.update",
    }
    check(own)


def test_the_way_is_chosen_by_shapes():
    small = pytest.importorskip("spinland_kernels.training.small", exc_type=Exception)
    assert small.fits(network_of((64, 32, 10), True), 2, 32, 4)
    assert not small.fits(network_of((64, 32, 10), True), 2, 32, 8)
    assert not small.fits(network_of((784, 512, 10), True), 0, 1, 4)
    assert not small.fits(network_of([2] * 20, True), 0, 1, 4)
    plan = small.plan_of(network_of((64, 32, 10), True), 2, 32)
    assert plan.size == 2410 + 32 + 10 + 2 * 2410 + (64 + 32 + 10 + 32 + 3) * 33
