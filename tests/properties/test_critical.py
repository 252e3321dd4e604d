"""What does not change: rotations, scales, threads, neighbours in a batch."""

from __future__ import annotations

import numpy as np
import pytest

from spinland import rng
from spinland.critical.counts import critical_point_counts
from spinland.critical.points import critical_points
from spinland.critical.search import find_points
from spinland.landscape.glass import SphericalSpinGlass


def rotation(n, seed):
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    return q * np.sign(np.diag(r))


def same_sets(a, b, tolerance):
    distance = np.linalg.norm(a[:, None] - b, axis=2)
    return len(a) == len(b) and distance.min(axis=1).max() < tolerance and distance.min(axis=0).max() < tolerance


@pytest.mark.parametrize("method", ["algebra", "search"])
def test_critical_points_turn_with_the_couplings(method):
    glass = SphericalSpinGlass(4, 3, seed=1)
    q = rotation(4, 2)
    turned = SphericalSpinGlass.from_couplings(np.einsum("ai,bj,ck,ijk->abc", q, q, q, glass.couplings()))
    before = critical_points(glass, 200, method=method)
    after = critical_points(turned, 200, method=method)
    assert before.complete
    assert same_sets(before.points @ q.T, after.points, 1e-9)
    np.testing.assert_allclose(after.energy, before.energy, atol=1e-11)
    np.testing.assert_array_equal(after.index, before.index)


@pytest.mark.parametrize("factor", [1e-3, 40.0])
@pytest.mark.parametrize("method", ["algebra", "search"])
def test_a_factor_on_the_couplings_scales_energies_and_curvatures(method, factor):
    glass = SphericalSpinGlass(3, 4, seed=1)
    scaled = SphericalSpinGlass.from_couplings(factor * glass.couplings())
    before = critical_points(glass, 150, method=method)
    after = critical_points(scaled, 150, method=method)
    assert (before.complete, after.complete) == (True, True)
    assert same_sets(before.points, after.points, 1e-9)
    np.testing.assert_allclose(after.energy, factor * before.energy, rtol=1e-9, atol=1e-12 * factor)
    np.testing.assert_allclose(np.sort(after.least_eigenvalue), factor * np.sort(before.least_eigenvalue), rtol=1e-9)


def test_threads_do_not_touch_the_bits(threads, two_threads):
    glass = SphericalSpinGlass(5, 3, seed=2)
    two = critical_points(glass, 60, seed=1)
    threads(1)
    one = critical_points(glass, 60, seed=1)
    for name in ("points", "energy", "index", "residual", "eigenvalues", "n_found"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert one.evidence == two.evidence


def test_a_start_does_not_see_the_others():
    glass = SphericalSpinGlass(5, 3, seed=2)
    few, many = find_points(glass, 12, 1), find_points(glass, 40, 1)
    np.testing.assert_array_equal(many[: len(few)], few)


def test_an_instance_of_the_counts_is_an_instance():
    counts = critical_point_counts(4, 3, 5, seed=9)
    for a in range(5):
        alone = critical_points(SphericalSpinGlass(4, 3, seed=rng.derive_seed(9, a)))
        np.testing.assert_array_equal(counts.counts[a], alone.counts)
        np.testing.assert_allclose(counts.energy[counts.instance == a], alone.energy, atol=1e-13)
        np.testing.assert_array_equal(counts.index[counts.instance == a], alone.index)


@pytest.mark.parametrize("orders", [{2: 0.5, 3: 1.0}, {2: 0.6, 4: 1.0}])
def test_mixtures_are_searched(orders):
    glass = SphericalSpinGlass(4, orders, seed=1)
    found = critical_points(glass, 400)
    assert found.complete is True
    assert "not proof" in found.evidence[0]
    assert found.bound is None
    assert found.euler_sum == found.euler_target == 0
    assert np.all(found.residual < 1e-13)
    np.testing.assert_allclose(glass.value(found.points), found.energy, atol=1e-14)
    step = 1e-4 * np.random.default_rng(0).normal(size=found.points.shape)
    near = glass.value(glass.geometry.retract(found.points + step))
    assert np.all(np.abs(near - found.energy) < 1e-6)  # stationary: the change is of second order
