"""Levels, complexity, polynomial counts and sizes of networks, against independent derivations."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from spinland import theory
from spinland.errors import ArgumentError
from spinland.theory import conventions


@pytest.mark.parametrize("order", [3, 4, 5, 10])
def test_ground_state_is_that_of_one_step_replica_symmetry_breaking(order):
    # T = 0, q → 1 with β(1−q) = χ and βm = y (Crisanti and Sommers 1992): E_0 is the minimum over χ, y.
    def energy(logs):
        chi, y = np.exp(logs)
        return 0.5 * (order * chi + y + math.log1p(y / chi) / y)

    found = minimize(energy, [-1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14})
    assert theory.layer_energy(order) == pytest.approx(found.fun, abs=1e-9)


def test_values_of_the_literature():
    assert theory.layer_energy(3) == pytest.approx(1.65699836, abs=1e-8)
    assert theory.threshold_energy(3) == pytest.approx(1.63299316, abs=1e-8)
    assert theory.layer_energy(3, convention="cs") == pytest.approx(1.17168, abs=1e-5)  # Crisanti–Sommers
    assert theory.threshold_energy(3, convention="cs") == pytest.approx(1.1547, abs=1e-5)
    assert theory.layer_energy(2, index=3) == theory.threshold_energy(2) == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize("order", [2, 3, 4, 7])
def test_the_threshold_of_a_mixture_of_one_order_is_that_order_s(order):
    assert theory.mixture_threshold(order) == pytest.approx(theory.threshold_energy(order), rel=1e-14)
    scaled = theory.mixture_threshold({order: 3.0, order + 1: 0.0}, "cs")
    assert scaled == pytest.approx(3 * theory.threshold_energy(order, "cs"), rel=1e-14)


def test_the_threshold_of_mixtures_with_equal_weights():
    # Folena, Franz and Ricci-Tersenghi 2020 have f = (q^s + q^p)/2, which is "cs" with both β equal to 1.
    assert theory.mixture_threshold({2: 1.0, 3: 1.0}, "cs") == pytest.approx(1.55, abs=1e-12)
    assert theory.mixture_threshold({3: 1.0, 4: 1.0}, "cs") == pytest.approx(1.69048, abs=5e-6)
    with pytest.raises(ArgumentError, match="weights"):
        theory.mixture_threshold({3: 0.0})


@pytest.mark.parametrize("mixture", [{2: 1.0, 3: 1.0}, {3: 0.4, 4: 1.0}, {2: 0.3, 5: 1.2}])
def test_at_the_threshold_of_a_mixture_the_most_numerous_critical_points_are_marginal(mixture):
    """Energy and radial force of a random point are Gaussian; ln|det| of a semicircle of radius 2 about x is x²/4."""
    f, slope, bend = (float(getattr(theory.mixture_of(mixture), k)(1.0)) for k in ("covariance", "slope", "curvature"))
    energy, edge = -theory.mixture_threshold(mixture), 2 * math.sqrt(bend)
    inverse = np.linalg.inv([[f, slope], [slope, slope + bend]])

    def complexity(force):
        x = np.array([energy, -force])
        return -0.5 * x @ inverse @ x + force**2 / (4 * bend)

    steps = complexity(edge + 1e-4), complexity(edge), complexity(edge - 1e-4)
    assert (steps[0] - steps[2]) / 2e-4 == pytest.approx(0, abs=1e-9)
    assert steps[0] + steps[2] - 2 * steps[1] <= 0


def test_complexity_against_the_integral_over_the_semicircle():
    for order in (2, 3, 6):
        end = theory.threshold_energy(order)
        for u in (-3.0, -1.02 * end, -1.0001 * end):
            rate = quad(lambda z, e=end: 2 / e**2 * math.sqrt(z * z - e * e), end, -u)[0]
            base = 0.5 * math.log(order - 1) - (order - 2) / (4 * (order - 1)) * u * u
            assert theory.complexity(u, order) == pytest.approx(base - rate, abs=1e-10)
            for k in (0, 2):
                assert theory.complexity(u, order, k) == pytest.approx(base - (k + 1) * rate, abs=1e-10)


def test_layers_are_zeros_and_pile_up_at_the_threshold():
    for order in (3, 4, 9):
        layers = [theory.layer_energy(order, k) for k in (0, 1, 2, 10, 1000, 10**6)]
        assert np.all(np.diff(layers) < 0)
        assert layers[-1] - theory.threshold_energy(order) < 1e-4
        for k in (0, 1, 10):
            assert theory.complexity(-theory.layer_energy(order, k), order, k) == pytest.approx(0, abs=1e-12)


def test_complexities_meet_at_the_threshold_and_end_at_the_total():
    for order in (3, 5):
        end = theory.threshold_energy(order)
        top = 0.5 * math.log(order - 1) - (order - 2) / order
        for k in (None, 0, 1, 20):
            assert theory.complexity(-end, order, k) == pytest.approx(top, abs=1e-12)
        assert theory.complexity(1.0, order, 0) == pytest.approx(top, abs=1e-12)
        energies = np.linspace(-2.5, 1.0, 50)
        total = theory.complexity(energies, order)
        assert total.shape == (50,)
        assert np.all(np.diff(total) >= 0)
        assert np.all(total >= theory.complexity(energies, order, 0) - 1e-12)
        assert total[-1] == pytest.approx(0.5 * math.log(order - 1))
        np.testing.assert_allclose(theory.complexity(energies / math.sqrt(2), order, convention="cs"), total)


def test_conventions_are_inverse_and_have_the_factors_of_the_hamiltonian():
    for convention in conventions.CONVENTIONS:
        assert conventions.from_abc_energy(conventions.to_abc_energy(0.7, convention), convention) == 0.7
        assert conventions.from_abc_time(conventions.to_abc_time(0.7, convention), convention) == 0.7
    assert conventions.to_abc_energy(1.0, "cs") == pytest.approx(math.sqrt(2))
    # energy times time is what enters the flow dσ/dt = −∇H: it has the same value in both
    product = conventions.to_abc_energy(1.0, "cs") * conventions.to_abc_time(1.0, "cs")
    assert product == pytest.approx(1.0)


def test_complex_critical_points_are_a_geometric_sum():
    for n in (1, 2, 3, 10, 60):
        for order in (2, 3, 4, 7):
            assert theory.complex_critical_points(n, order) == sum((order - 1) ** i for i in range(n))
    assert theory.real_bound(5, 2) == 10
    assert [theory.euler_characteristic(n) for n in (2, 3, 4)] == [0, 2, 0]


def test_effective_spins_are_the_root_of_the_number_of_paths():
    paths = np.linalg.multi_dot([np.ones((5, 7)), np.ones((7, 3)), np.ones((3, 2))]).sum()
    assert theory.effective_spins([5, 7, 3, 2]) == pytest.approx(paths ** (1 / 3))
    low, high = theory.band(50, 3)
    assert (low, high) == (-50 * theory.layer_energy(3), -50 * theory.threshold_energy(3))
    assert theory.band(50, 3, "cs")[0] == pytest.approx(low / math.sqrt(2))


def test_depth_dependence_is_that_of_the_networks_it_describes():
    result = theory.critical_points_by_depth(3 * 4 * 4 + 4, [2, 4])
    assert result.n_spins[1] == pytest.approx(4)  # 4–4–4–4–1
    assert result.n_spins[1] == pytest.approx(theory.effective_spins([4, 4, 4, 4, 1]))
    assert result.log_complex[1] == pytest.approx(math.log(theory.complex_critical_points(4, 4)))
    assert result.log_complex[0] == pytest.approx(math.log(result.n_spins[0]))
    weights = (result.depths - 1) * result.n_spins**2 + result.n_spins
    np.testing.assert_allclose(weights, 52)
    np.testing.assert_allclose(
        result.complexity,
        [n * theory.complexity(0.0, h) for n, h in zip(result.n_spins, result.depths.tolist(), strict=True)],
    )


def test_number_of_critical_points_rises_and_falls_with_depth():
    result = theory.critical_points_by_depth(10**8, range(2, 60))
    top = int(np.argmax(result.log_complex))
    assert result.most_complex_depth == result.depths[top] == 8  # 1 + e² = 8.39 in the limit
    assert np.all(np.diff(result.log_complex[: top + 1]) > 0)
    assert np.all(np.diff(result.log_complex[top:]) < 0)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: theory.threshold_energy(1), "order"),
        (lambda: theory.threshold_energy(3, "ising"), "convention"),
        (lambda: theory.layer_energy(3, -1), "index"),
        (lambda: theory.complexity(math.nan, 3), "u"),
        (lambda: theory.complexity(0.0, 2.5), "order"),
        (lambda: theory.complexity(0.0, 3, index=-1), "index"),
        (lambda: theory.complex_critical_points(0, 3), "n_spins"),
        (lambda: theory.real_bound(1, 3), "n_spins"),
        (lambda: theory.euler_characteristic(1), "n_spins"),
        (lambda: theory.effective_spins([3]), "widths"),
        (lambda: theory.effective_spins(3), "widths"),
        (lambda: theory.effective_spins([3, 0, 1]), "widths"),
        (lambda: theory.band(-1, 3), "n_spins"),
        (lambda: theory.band(math.nan, 3), "n_spins"),
        (lambda: theory.critical_points_by_depth(10, []), "depths"),
        (lambda: theory.critical_points_by_depth(10, [1]), "depths"),
        (lambda: theory.critical_points_by_depth(10, [11]), "depths"),
        (lambda: theory.critical_points_by_depth(1, [2]), "n_parameters"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ArgumentError, match=f"^{named}:"):
        call()


@pytest.mark.parametrize("width", [1e-12, 1e-6, 1e-3])
def test_a_semicircle_that_is_hardly_broadened_is_itself_inside_and_needs_no_memory(width):
    semicircle = theory.hessian_semicircle(2, -0.15)
    x = np.linspace(semicircle.centre - 0.95 * semicircle.radius, semicircle.centre + 0.95 * semicircle.radius, 1001)
    expected = semicircle.density(x)
    np.testing.assert_allclose(semicircle.density(x, width), expected, rtol=200 * width**2 + 1e-12)
    assert np.all(semicircle.density(semicircle.centre + semicircle.radius + 10 * width, width) == 0)
