"""Numbers of critical points against exact means, eigenvalues and topology; seeds and tolerances stated."""

from __future__ import annotations

import numpy as np
import pytest

from spinland.critical.counts import critical_point_counts
from spinland.critical.points import critical_points
from spinland.landscape.glass import SphericalSpinGlass
from spinland.theory import mean_critical_points_by_index
from tests.oracles import critical as oracle


def test_two_spins_have_two_square_roots_of_3p_minus_2_critical_points():
    # Kac and Rice on the circle: covariance cos^p θ, mean number of zeros of H' is 2 sqrt(r''''/(−r'')) at 0.
    for order in (3, 4, 5):
        np.testing.assert_allclose(oracle.mean_by_index(2, order), np.sqrt(3 * order - 2), rtol=1e-10)


@pytest.mark.parametrize(("n_spins", "order"), [(2, 3), (2, 4), (3, 3), (3, 4)])
def test_mean_number_by_index(n_spins, order):
    # seed 11, 250 instances. At most three different numbers in each of four cases: three standard errors.
    counts = critical_point_counts(n_spins, order, 250, seed=11)
    exact = oracle.mean_by_index(n_spins, order)
    np.testing.assert_allclose(mean_critical_points_by_index(n_spins, order), exact, rtol=1e-8)
    assert counts.n_complete == 250
    assert np.all(np.abs(counts.mean - exact) < 3 * counts.error)
    assert abs(counts.mean_total - exact.sum()) < 3 * counts.total_error
    assert counts.total_error < 0.04 * exact.sum()


def test_mean_number_of_seven_spins():
    # seed 12, 40 instances; four different numbers and their sum, three standard errors.
    counts = critical_point_counts(7, 3, 40, seed=12)
    exact = mean_critical_points_by_index(7, 3)
    assert counts.n_complete == 40
    assert np.all(np.abs(counts.mean - exact) < 3 * counts.error)
    assert abs(counts.mean_total - exact.sum()) < 3 * counts.total_error


@pytest.mark.parametrize(("n_spins", "order"), [(5, 3), (6, 3), (4, 4), (5, 4), (3, 6)])
def test_every_set_obeys_topology_and_the_bound(n_spins, order):
    counts = critical_point_counts(n_spins, order, 12, seed=2)
    assert counts.n_complete == 12
    alternating = counts.counts @ (-1) ** np.arange(n_spins)
    assert np.all(alternating == 1 + (-1) ** (n_spins - 1))
    lines = ((order - 1) ** n_spins - 1) // (order - 2)
    assert np.all(counts.total <= 2 * lines)
    assert np.all((counts.total // 2 - lines) % 2 == 0)
    mirrored = counts.counts[:, ::-1]
    if order % 2:
        np.testing.assert_array_equal(counts.counts, mirrored)
    else:
        assert np.any(counts.counts != mirrored)


@pytest.mark.parametrize("method", ["auto", "search"])
def test_order_2_has_the_eigenvectors_of_its_couplings(method):
    glass = SphericalSpinGlass(7, 2, seed=4)
    values, vectors = np.linalg.eigh(glass.couplings())
    found = critical_points(glass, 200 if method == "search" else None, method=method)
    assert found.complete is True
    assert "proved" in found.evidence[0]
    np.testing.assert_allclose(found.energy, np.repeat(values, 2) / np.sqrt(7), atol=1e-12)
    np.testing.assert_array_equal(found.index, np.repeat(np.arange(7), 2))
    overlaps = np.abs(found.points @ vectors) / np.sqrt(7)
    np.testing.assert_allclose(overlaps, np.repeat(np.eye(7), 2, axis=0), atol=1e-12)


@pytest.mark.parametrize(("n_spins", "order", "n_starts"), [(3, 3, 100), (5, 3, 400), (6, 3, 700), (4, 4, 400)])
def test_the_search_finds_what_algebra_proves(n_spins, order, n_starts):
    for seed in (0, 1):
        glass = SphericalSpinGlass(n_spins, order, seed=seed)
        proved = critical_points(glass, seed=3)
        searched = critical_points(glass, n_starts, seed=3, method="search")
        assert (proved.complete, searched.complete) == (True, True)
        assert searched.n_complex is None
        assert proved.n_complex == ((order - 1) ** n_spins - 1) // (order - 2)
        np.testing.assert_array_equal(proved.counts, searched.counts)
        np.testing.assert_allclose(proved.energy, searched.energy, atol=1e-12)
        distance = np.linalg.norm(proved.points[:, None] - searched.points, axis=2)
        assert distance.min(axis=1).max() < 1e-10
        assert max(proved.residual.max(), searched.residual.max()) < 1e-13
        assert searched.n_found.min() >= 0
        assert searched.n_found.sum() == searched.n_converged > 0.7 * n_starts


def test_an_antipode_mirrors_energy_and_index_of_an_odd_glass():
    glass = SphericalSpinGlass(6, 3, seed=5)
    found = critical_points(glass)
    for k, point in enumerate(found.points):
        other = np.argmin(np.linalg.norm(found.points + point, axis=1))
        np.testing.assert_allclose(found.points[other], -point, atol=1e-12)
        np.testing.assert_allclose(found.energy[other], -found.energy[k], atol=1e-13)
        assert found.index[other] == 5 - found.index[k]
        np.testing.assert_allclose(found.eigenvalues[other], -found.eigenvalues[k][::-1], atol=1e-11)


def test_a_few_starts_among_many_points_are_not_called_complete():
    found = critical_points(SphericalSpinGlass(12, 3, seed=1), 40, method="search")
    assert found.complete is False
    assert found.unseen > 100
    assert np.all(found.residual < 1e-13)


def test_a_missing_pair_is_noticed():
    # Odd N, and even order at any N: whatever single pair ±σ is missing, the alternating sum is wrong.
    from spinland.critical.completeness import conditions

    for n_spins, order in ((5, 3), (4, 4)):
        found = critical_points(SphericalSpinGlass(n_spins, order, seed=6))
        for point in found.points:
            pair = np.abs(found.points @ point) / n_spins > 1 - 1e-9
            assert np.sum(pair) == 2
            assert conditions(found.index, n_spins, (order,)).hold
            assert not conditions(found.index[~pair], n_spins, (order,)).hold
