"""Paths on the card: those of the cores, on all samples and on batches; alone and in company; and what they cost."""

from itertools import pairwise

import numpy as np
import pytest

import spinland as sl
from spinland_kernels.devices import operation
from spinland_kernels.networks import ADAM, CROSS_ENTROPY, SGD, Batches, Paths, Rule, Samples, network_of
from tests.card.costs import check
from tests.parity.cases import points, samples

ADAMS = 0.02, 0, 0.999, 0.1, 0.999, 1e-3, 1, 1e-8


def landscape(device):
    x, y = samples(9, 3, 2, "cross_entropy")
    return sl.NetworkLandscape(sl.ReLUNetwork((3, 4, 2)), x, y, dtype="float64", device=device)


def connected(device, batch_size=None):
    start, end = points(sl.ReLUNetwork((3, 4, 2)), 2)
    rule = sl.Adam(0.05)
    return sl.connecting_path(landscape(device), start, end, steps=3, batch_size=batch_size, optimizer=rule)


def test_paths_on_all_samples_are_those_of_the_cores(card):
    here, there = (connected(device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(there.controls, here.controls, rtol=1e-9)
    values = (there.evaluate(landscape(device), 3).values for device in ("cuda", "cpu"))
    np.testing.assert_allclose(*values, rtol=1e-9)


def test_paths_on_batches_are_those_of_the_cores(card):
    """Of five samples, then four, and the first five of the next epoch."""
    here, there = (connected(device, 5).controls for device in ("cpu", "cuda"))
    np.testing.assert_allclose(there, here, rtol=1e-9)
    assert np.abs(there - connected("cpu").controls).max() > 1e-3


def paths_of(widths, count, vectors, steps, dtype="f4", optimiser=ADAM, n=5):
    """Paths whose ends are fixed, their rule, network and samples; all drawn."""
    draw, network = np.random.default_rng(3), network_of(widths, True)
    dim = sum((below + 1) * above for below, above in pairwise(widths))
    controls = (draw.normal(size=(count, vectors, dim)) / 2).astype(dtype)
    free = np.arange(1, vectors - 1)
    first, second = (np.zeros((count, len(free), dim if optimiser == ADAM else 0), dtype) for _ in range(2))
    places = draw.random((count, steps, vectors)).astype(dtype)
    alive, numbers = np.ones(count, bool), np.arange(7, 7 + count)
    x = draw.normal(size=(n, widths[0])).astype(dtype)
    given = Samples(x, draw.integers(0, widths[-1], n), np.empty((0, widths[-1]), dtype), CROSS_ENTROPY)
    row = ADAMS if optimiser == ADAM else (0.1, *[0] * 7)
    rule = Rule(optimiser, np.array([row] * steps, dtype))
    return Paths(controls, first, second, free, places, alive, numbers), rule, network, given


def descended(kernel, paths, rule, network, prepared, size, begin=0):
    """A copy of paths after steps."""
    after = Paths(*(array.copy() for array in paths))
    kernel.descend(after, rule, Batches(np.uint64(2**63 + 5), 2, 1, size, begin), network, prepared)
    return after


def part(paths, which, steps=slice(None)):
    """Some of the paths, and of their steps."""
    own = (array[which] for array in paths[:3]), (array[which] for array in paths[5:])
    return Paths(*own[0], paths.free, paths.places[which, steps], *own[1])


def test_bits_depend_on_no_company_and_no_cuts(card):
    kernel = operation("path", "cuda")
    paths, rule, network, given = paths_of((3, 2, 2), 2, 4, 3)
    prepared = kernel.prepare(given)
    whole = descended(kernel, paths, rule, network, prepared, 3)
    np.testing.assert_array_equal(whole.controls[:, [0, 3]], paths.controls[:, [0, 3]])
    assert (whole.controls[:, 1:3] != paths.controls[:, 1:3]).any(axis=2).all()
    alone = part(paths, slice(1, 2))
    for steps in (slice(0, 1), slice(1, 3)):  # the third step is the first of the next epoch
        now = alone._replace(places=paths.places[1:2, steps])
        some = rule._replace(coefficients=rule.coefficients[steps])
        alone = descended(kernel, now, some, network, prepared, 3, begin=steps.start)
    for one, all_of_them in zip(alone[:3], whole[:3], strict=True):
        np.testing.assert_array_equal(one[0], all_of_them[1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the simulator computes in Python
def test_a_path_that_diverges_stops_and_the_others_go_on(card):
    kernel = operation("path", "cuda")
    paths, rule, network, given = paths_of((3, 2), 2, 3, 1)
    prepared = kernel.prepare(given)
    both = descended(kernel, paths, rule, network, prepared, 5)
    paths.controls[0, 1] = np.float32(3e38)
    after = descended(kernel, paths, rule, network, prepared, 5)
    np.testing.assert_array_equal(after.alive, [False, True])
    np.testing.assert_array_equal(after.controls[0], paths.controls[0])
    np.testing.assert_array_equal(after.controls[1], both.controls[1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_vectors_that_overflow_are_found_after_the_last_step(card):
    kernel = operation("path", "cuda")
    paths, rule, network, given = paths_of((3, 2), 2, 3, 1, optimiser=SGD)
    paths.places[1] = 0  # of which nothing moves
    rule.coefficients[0, 0] = 3e38
    given = given._replace(x=np.float32(100) * given.x)
    after = descended(kernel, paths, rule, network, kernel.prepare(given), 5)
    np.testing.assert_array_equal(after.alive, [False, True])
    np.testing.assert_array_equal(after.controls[1], paths.controls[1])


def test_points_and_steps_along_given_gradients_are_those_of_the_cores(card):
    paths, rule, *_ = paths_of((3, 2), 2, 4, 2, "f8")
    paths.alive[0], found = False, []
    gradients = np.random.default_rng(0).normal(size=(2, paths.controls.shape[2]))
    for device in ("cpu", "cuda"):
        own, kernel = Paths(*(array.copy() for array in paths)), operation("path", device)
        kernel.follow(own, gradients, 1, rule)
        found.append((kernel.points(own, 1), *own[:3], own.alive))
    np.testing.assert_array_equal(found[1][1][0], paths.controls[0])
    for here, there in zip(*found, strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-12, atol=1e-15)


def test_a_call_has_at_least_one_step_and_ends_after_some():
    cuda = pytest.importorskip("spinland_kernels.path.cuda", exc_type=Exception)
    assert cuda.portion((100, 3, 407_050), 32, 5e10) == 249
    assert cuda.portion((1, 3, 100), 32, 5e10) == cuda.STEPS
    assert cuda.portion((1000, 3, 10**9), 32, 5e10) == 1


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_it_costs(dtype, paper):
    from spinland_kernels.path import cuda

    def descend():
        for optimiser in (ADAM, SGD):
            paths, rule, network, given = paths_of((784, 512, 10), 4, 5, 1, dtype, optimiser, 64)
            prepared = cuda.prepare(given)
            descended(cuda, paths, rule, network, prepared, 32)

    own = [launch for launch in paper(descend) if launch.kernel.name.startswith("path")]
    assert {launch.kernel.name for launch in own} == {"path.cuda.combine", "path.cuda.follow"}
    check(own)
