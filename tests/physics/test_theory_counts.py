"""Mean numbers of critical points against closed forms, sampling, and complete sets of random instances."""

import math

import numpy as np
import pytest

from spinland import theory
from spinland.errors import ArgumentError
from spinland.theory.goe import log_density, order_weights
from tests.oracles.criticalpoints import SphereInstance, circle


def goe(rng, n, samples):
    """Eigenvalues, increasing; diagonal variance 1, off-diagonal 1/2."""
    a = rng.normal(size=(samples, n, n))
    return np.linalg.eigvalsh((a + a.transpose(0, 2, 1)) / 2)


@pytest.mark.parametrize("order", [2, 3, 4, 7, 30])
def test_two_and_three_spins_have_closed_forms(order):
    # P. Breiding, "How many eigenvalues of a random symmetric tensor are real?", counts pairs ±.
    root = math.sqrt(3 * order - 2)
    assert theory.mean_critical_points(2, order) == pytest.approx(2 * root, rel=1e-12)
    expected = 2 * (1 + 4 * (order - 1) ** 1.5 / root)
    assert theory.mean_critical_points(3, order) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 10, 11, 20])
def test_indices_add_up_and_alternate_to_the_euler_characteristic(n):
    for order in (3, 6):
        counts = theory.mean_critical_points_by_index(n, order)
        total = theory.mean_critical_points(n, order)
        assert counts.sum() == pytest.approx(total, rel=1e-8)
        assert (counts * (-1.0) ** np.arange(n)).sum() == pytest.approx(
            theory.euler_characteristic(n), abs=1e-8 * total
        )
        np.testing.assert_allclose(counts, counts[::-1], rtol=1e-8)
        assert total < theory.real_bound(n, order)


def test_two_of_each_index_at_order_two():
    far = 100.0  # above all energies: takes the general way
    for n in (2, 3, 9, 20):
        for index in (0, 1, n // 2, n - 1):
            assert theory.mean_critical_points(n, 2, index, below=far) == pytest.approx(2.0, rel=1e-10)
            assert theory.mean_critical_points(n, 2, index) == 2.0
        assert theory.mean_critical_points(n, 2, below=far) == pytest.approx(2 * n, rel=1e-12)
        assert theory.mean_critical_points(n, 2) == 2 * n


@pytest.mark.parametrize("n", [6, 7])
@pytest.mark.parametrize("order", [3, 5])
def test_index_and_energy_against_sampled_kac_rice(n, order):
    # Seed 5, 20000 matrices, 16 comparisons over the four cases, each within 3.5 standard errors.
    rng = np.random.default_rng(5)
    samples = 20_000
    energy = rng.normal(size=samples) / math.sqrt(n)
    x = energy * math.sqrt(order * n / (2 * (order - 1)))
    shifted = goe(rng, n - 1, samples) - x[:, None]
    log_volume = math.log(2) + n / 2 * math.log(math.pi) - math.lgamma(n / 2) + (n - 1) / 2 * math.log(n)
    log_gradient = -(n - 1) / 2 * math.log(2 * math.pi * order)
    scale = (n - 1) / 2 * math.log(2 * order * (order - 1) / n)
    weight = np.exp(log_volume + log_gradient + scale) * np.abs(np.prod(shifted, axis=1))
    index = (shifted < 0).sum(axis=1)
    for k, limit in ((None, None), (0, None), (2, -0.6), (1, -0.9)):
        chosen = weight * ((index == k) if k is not None else 1) * (energy <= (9 if limit is None else limit))
        error = chosen.std() / math.sqrt(samples)
        assert abs(chosen.mean() - theory.mean_critical_points(n, order, k, limit)) < 3.5 * error


@pytest.mark.parametrize("n", [5, 8])
def test_density_of_each_ordered_eigenvalue_against_sampling(n):
    # Seed 8, 40000 matrices, 3 · n comparisons, each within 4 standard errors.
    samples = goe(np.random.default_rng(8), n, 40_000)
    x = np.linspace(-10, 10, 601)
    density = np.exp(log_density(x, n))[:, None] * order_weights(x, n, np.zeros_like(x))[0]
    for test in (np.cos, lambda t: np.exp(-t * t / 3), lambda t: t):
        expected = np.sum(test(x)[:, None] * density, axis=0) * (x[1] - x[0])
        values = test(samples)
        error = values.std(axis=0) / math.sqrt(len(values))
        assert np.all(np.abs(values.mean(axis=0) - expected) < 4 * error)


def test_tilt_reaches_probabilities_beyond_rounding():
    x = np.array([-0.5, 0.0])
    for n in (13, 14):
        plain, start = order_weights(x, n, np.zeros(2))
        values = []
        for tilt in (-9.0, -14.0):
            share, total = order_weights(x, n, np.full(2, tilt))
            values.append(np.log(share[:, :4]) + (total - start)[:, None] - tilt * np.arange(4))
        assert np.all(plain[:, 0] < 1e-12)
        np.testing.assert_allclose(values[0][:, 1], values[1][:, 1], atol=1e-9)
        # No eigenvalue below 0, or none above it: the same by symmetry, by tilts of opposite sign.
        share, total = order_weights(x, n, np.full(2, 14.0))
        mirrored = np.log(share[1, n - 2]) + total[1] - start[1] - 14.0 * (n - 2)
        assert mirrored == pytest.approx(values[1][1, 1], abs=1e-9)


@pytest.mark.parametrize("order", [3, 4])
def test_circle_instances(order):
    # Seed 2, 1500 instances, 3 comparisons per order, each within 3 standard errors.
    rng = np.random.default_rng(2)
    rows = []
    for _ in range(1500):
        energy, index = circle(order, rng)
        assert np.sum((-1) ** index) == 0
        assert len(energy) <= theory.real_bound(2, order)
        rows.append([len(energy), np.sum(index == 0), np.sum((index == 0) & (energy < -0.8))])
    expected = [theory.mean_critical_points(2, order, k, b) for k, b in ((None, None), (0, None), (0, -0.8))]
    _compare(rows, expected)


@pytest.mark.parametrize("order", [3, 4])
def test_sphere_instances(order):
    # Seed 3, 120 instances, 4 comparisons per order, each within 3 standard errors. Every set is complete.
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(120):
        energy, index = SphereInstance(order, rng).census()
        assert np.sum((-1) ** index) == theory.euler_characteristic(3)
        assert len(energy) <= theory.real_bound(3, order)
        rows.append([*(np.sum(index == k) for k in (0, 1)), len(energy), np.sum((index == 0) & (energy < -1))])
    expected = [theory.mean_critical_points(3, order, k) for k in (0, 1, None)]
    _compare(rows, [*expected, theory.mean_critical_points(3, order, 0, -1.0)])


def _compare(rows, expected):
    rows = np.array(rows, float)
    error = rows.std(axis=0, ddof=1) / math.sqrt(len(rows))
    assert np.all(np.abs(rows.mean(axis=0) - expected) < 3 * error), (rows.mean(axis=0), expected, error)


def test_density_is_the_derivative_of_the_number_below():
    energy, step = np.linspace(-2.0, -0.5, 301), 1.5 / 300
    for index in (None, 0, 2):
        density = theory.critical_point_density(energy, 9, 3, index)
        ends = theory.mean_critical_points(9, 3, index, below=[-2.0, -0.5])
        simpson = step / 3 * (density[0] + 4 * density[1::2].sum() + 2 * density[2:-1:2].sum() + density[-1])
        assert simpson == pytest.approx(ends[1] - ends[0], rel=1e-6)
    scaled = theory.critical_point_density(-1.0 / math.sqrt(2), 9, 3, convention="cs")
    assert scaled == pytest.approx(math.sqrt(2) * theory.critical_point_density(-1.0, 9, 3), rel=1e-12)


def test_limits_broadcast_and_conventions_agree():
    limits = np.array([[0.3, -1.2], [-1.2, -3.0]])
    for index in (None, 1):
        numbers = theory.mean_critical_points(8, 3, index, limits)
        single = [theory.mean_critical_points(8, 3, index, b) for b in limits.ravel()]
        np.testing.assert_allclose(numbers.ravel(), single, rtol=1e-9)
        cs = theory.mean_critical_points(8, 3, index, limits / math.sqrt(2), convention="cs")
        np.testing.assert_allclose(cs, numbers, rtol=1e-10)
        logs = theory.mean_critical_points(8, 3, index, limits, log=True)
        np.testing.assert_allclose(np.exp(logs), numbers, rtol=1e-10)


@pytest.mark.parametrize("below", [None, -2.2, -1.2, 0.0, 0.7])
def test_large_n_form_is_approached_as_one_over_n(below):
    gaps = [
        theory.mean_critical_points(n, 3, below=below, log=True)
        - theory.large_n_critical_points(n, 3, below=below, log=True)
        for n in (200, 400, 800)
    ]
    assert abs(gaps[2]) < 0.01
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.3)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.3)


def test_rate_tends_to_the_complexity():
    for below in (-1.9, -1.0, 0.5):
        gaps = [
            theory.mean_critical_points(n, 3, below=below, log=True) / n - theory.complexity(below, 3)
            for n in (50, 200, 800)
        ]
        assert abs(gaps[0]) > 2 * abs(gaps[1]) > 4 * abs(gaps[2])
    gaps = [
        theory.mean_critical_points(n, 3, 0, -1.75, log=True) / n - theory.complexity(-1.75, 3, 0) for n in (8, 16, 32)
    ]
    assert abs(gaps[0]) > 1.5 * abs(gaps[1]) > 2.25 * abs(gaps[2])
    assert theory.large_n_critical_points(100, 3, 1, -1.7, log=True) == 100 * theory.complexity(-1.7, 3, 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"n_spins": 1}, "n_spins"),
        ({"order": 1}, "order"),
        ({"index": 5}, "index"),
        ({"index": -1}, "index"),
        ({"below": math.nan}, "below"),
        ({"convention": "other"}, "convention"),
        ({"n_spins": 65, "index": 0}, "n_spins"),
        ({"n_spins": 450, "order": 30}, "log"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ArgumentError, match=f"^{named}:"):
        theory.mean_critical_points(**{"n_spins": 5, "order": 3, **arguments})


def test_bad_arguments_of_the_large_n_form_are_named():
    for arguments, named in (
        ({"order": 2}, "order"),
        ({"below": -theory.threshold_energy(3)}, "below"),
        ({"below": math.inf}, "below"),
        ({"index": -1}, "index"),
        ({"convention": "si"}, "convention"),
        ({"n_spins": 10**5}, "log"),
    ):
        with pytest.raises(ArgumentError, match=f"^{named}:"):
            theory.large_n_critical_points(**{"n_spins": 100, "order": 3, **arguments})
