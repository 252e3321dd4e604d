"""Dynamics against exact results. Each test states its seed, its samples and how many standard errors it allows."""

import numpy as np
from scipy.special import ive

from spinland.dynamics.disorder import instances
from spinland.dynamics.exchange import replica_exchange
from spinland.dynamics.flows import gradient_flow
from spinland.dynamics.thermal import langevin
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Sphere
from spinland.landscape.glass import SphericalSpinGlass


def uniform(n, radius, dim, seed):
    """Points (n, dim) uniform on a sphere."""
    points = np.random.default_rng(seed).normal(size=(n, dim))
    return points * (radius / np.linalg.norm(points, axis=1, keepdims=True))


def spectrum(glass):
    """Eigenvalues and eigenvectors of A with H/N = σᵀAσ/N."""
    return np.linalg.eigh(glass.couplings() / np.sqrt(glass.n_spins))


def test_flow_of_order_two_is_exact_for_each_instance():
    # σ(t) ∝ exp(−2At) σ(0) (Cugliandolo and Dean 1995): no statistics.
    glass = SphericalSpinGlass(30, 2, seed=3)
    points, times = glass.random_points(5, seed=1), np.array([0, 0.01, 0.1, 0.7, 3.0, 20.0])
    a, vectors = spectrum(glass)
    weight = ((points @ vectors) ** 2)[:, None] * np.exp(-4 * (a - a[0]) * times[:, None])
    exact = np.sum(weight * a, axis=-1) / weight.sum(axis=-1)
    for tolerance, bound in ((1e-5, 3e-5), (1e-9, 5e-9)):
        flow = gradient_flow(glass, points, times, tolerance)
        assert np.abs(flow.energies - exact).max() < bound
    half = (points @ vectors) * np.exp(-2 * (a - a[0]) * times[-1])
    end = half @ vectors.T
    overlap = np.sum(points * end, axis=1) / np.linalg.norm(end, axis=1) / np.sqrt(30)
    np.testing.assert_allclose(flow.overlaps[:, -1], overlap, atol=1e-8)


def test_flow_of_order_two_averages_to_the_closed_form():
    # Seed 7, 30 instances of N = 60, 20 starts each; 3 standard errors and 1/N for the finite size; 6 times.
    n, times = 60, np.array([0.05, 0.2, 0.5, 1.0, 2.0, 4.0])
    glasses = instances(n, 2, 30, seed=7)
    flow = gradient_flow(glasses, glasses[0].random_points(20, seed=2), times, 1e-4)
    x = 4 * np.sqrt(2) * times
    assert flow.energies.shape == (30, 20, 6)
    assert np.all(np.abs(flow.mean + np.sqrt(2) * ive(2, x) / ive(1, x)) < 3 * flow.error + 1 / n)
    assert flow.error.max() < 0.02


def planted(n, order, beta, seed):
    """Instance and a point of it drawn together with the weight exp(−βH): an exact equilibrium sample.

    The couplings given σ are normal with mean −β N^{−(p−1)/2} σ…σ, σ is uniform. So H/N is −β in the mean at
    every N, and stays so under any dynamics that keeps the Boltzmann weight.
    """
    random = np.random.default_rng(seed)
    point = random.normal(size=n)
    point *= np.sqrt(n) / np.linalg.norm(point)
    tensor = point
    for _ in range(order - 1):
        tensor = np.multiply.outer(tensor, point)
    couplings = random.normal(size=(n,) * order) - beta * n ** (-(order - 1) / 2) * tensor
    return SphericalSpinGlass.from_couplings(couplings), point


def test_langevin_keeps_the_equilibrium_energy():
    # Above T_d = 0.866 of order 3: E[H/N] = −β at every N for planted instances. 100 instances of N = 8, seeds
    # 0–99, 6 walkers each; 3 standard errors (over instances) at each of 3 times.
    temperature = 1.1
    glasses, starts = zip(*(planted(8, 3, 1 / temperature, seed) for seed in range(100)), strict=True)
    points = np.repeat(np.array(starts)[:, None], 6, axis=1)
    run = langevin(list(glasses), points, temperature, [0.1, 0.4, 0.7], 0.025, seed=4)
    assert np.all(np.abs(run.mean + 1 / temperature) < 3 * run.error)
    assert run.error.max() < 0.04


def field(strength):
    """H = −h σ_1 on the sphere |σ|² = 3, where everything is known."""
    direction = np.array([-strength, 0.0, 0.0])
    return FunctionLandscape(
        lambda w: w @ direction, 3, gradient=lambda w: np.broadcast_to(direction, w.shape), geometry=Sphere(np.sqrt(3))
    )


def test_langevin_in_a_field_has_an_error_of_second_order():
    # <σ_1>/√3 = coth x − 1/x, x = h√3/T. Seed 1, 20000 walkers from uniform points, time 4.
    strength, temperature = 2.0, 1.0
    x = strength * np.sqrt(3) / temperature
    exact = -strength * np.sqrt(3) * (1 / np.tanh(x) - 1 / x)
    starts = uniform(20_000, np.sqrt(3), 3, 5)
    errors = []
    for dt in (0.4, 0.2):
        run = langevin(field(strength), starts, temperature, [4.0], dt, seed=1)
        errors.append((run.mean[0] - exact, run.error[0]))
    (coarse, error_coarse), (fine, error_fine) = errors
    extrapolated = (4 * fine - coarse) / 3
    assert abs(extrapolated) < 3 * np.hypot(4 * error_fine, error_coarse) / 3
    assert abs(fine) < 0.02 * abs(exact)


def test_the_bias_of_a_time_step_is_told():
    # A bowl, where the estimate is exact to leading order: 20000 walkers from equilibrium, time 6, seed 1. It agrees
    # with
    # the excess over T per two directions within 3 standard errors and a share dt of itself; half the step, a quarter.
    k, temperature = np.array([0.5, 1.0, 2.0, 4.0]), 0.7
    bowl = FunctionLandscape(lambda w: np.sum(k * w * w, axis=1) / 2, 4, gradient=lambda w: k * w)
    starts = np.random.default_rng(0).normal(size=(20_000, 4)) * np.sqrt(temperature / k)
    run = langevin(bowl, starts, temperature, [6.0], 0.1, seed=1)
    np.testing.assert_allclose(run.energy_bias, temperature * 0.01 * np.sum(k**2) / 4, rtol=0.02)
    assert abs(run.mean[0] - 2 * temperature - run.energy_bias) < 3 * run.error[0] + 0.1 * run.energy_bias
    finer = langevin(bowl, starts[:2000], temperature, [0.5], 0.05, seed=1)
    np.testing.assert_allclose(finer.energy_bias, run.energy_bias / 4, rtol=0.1)
    assert langevin(bowl, starts[:10], 0.0, [0.5], 0.05).energy_bias == 0


def test_the_bias_of_a_time_step_is_about_right_for_a_glass():
    # Planted instances of 8 spins at T = 1.6, energy −1/T exactly: 200 of them, 12 walkers each, seed 4. Off by 0.04 at
    # dt = 0.1: the estimate is within a factor of 2 of that, give or take 2 standard errors.
    temperature = 1.6
    glasses, starts = zip(*(planted(8, 3, 1 / temperature, seed) for seed in range(200)), strict=True)
    points = np.repeat(np.array(starts)[:, None], 12, axis=1)
    coarse, fine = (langevin(list(glasses), points, temperature, [1.2], dt, seed=4) for dt in (0.1, 0.025))
    off = coarse.energies.mean(axis=(1, 2)) - fine.energies.mean(axis=(1, 2))
    error = off.std(ddof=1) / np.sqrt(len(off))
    assert 0.5 * off.mean() - 2 * error < coarse.energy_bias < 2 * off.mean() + 2 * error
    assert off.mean() > 3 * error


def test_free_walkers_diffuse_on_the_sphere():
    # C(t) = exp(−(N−1) T t/N) for Brownian motion; seed 2, 20000 walkers, 3 standard errors at 3 delays.
    flat = field(0.0)
    starts = uniform(20_000, np.sqrt(3), 3, 5)
    run = langevin(flat, starts, 0.8, [0.1, 0.4, 1.0], 0.1, seed=2, waiting_times=[0.0, 0.3])
    expected = np.exp(-2 / 3 * 0.8 * run.times)
    assert np.all(np.abs(run.correlation - expected) < 3 * run.correlation_error + 1e-3)


def boltzmann(glass, energies, temperatures, weight=1.0):
    """Mean and variance of H/N at each temperature from energies at uniform points."""
    means, variances = [], []
    for t in temperatures:
        w = weight * np.exp(-glass.n_spins * (energies - energies.min()) / t)
        mean = np.sum(w * energies) / w.sum()
        means.append(mean)
        variances.append(np.sum(w * (energies - mean) ** 2) / w.sum())
    return np.array(means), np.array(variances)


def test_replica_exchange_agrees_with_integration_on_the_circle():
    # N = 2, order 3, integrated with 2000 angles; seed 3, 12 copies, 1500 sweeps; 3 standard errors at
    # 4 temperatures, 4 for the specific heat, whose error comes from few blocks.
    glass = SphericalSpinGlass(2, 3, seed=5)
    angle = 2 * np.pi * np.arange(2000) / 2000
    circle = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    temperatures = np.array([0.4, 0.7, 1.2, 2.0])
    mean, variance = boltzmann(glass, glass.value(circle), temperatures)
    run = replica_exchange(glass, temperatures, 1500, seed=3, copies=12, n_warmup=300)
    assert np.all(np.abs(run.mean - mean) < 3 * run.error)
    assert run.error.max() < 0.03
    heat, error = run.specific_heat()
    assert np.all(np.abs(heat - 2 * variance / temperatures**2) < 4 * error)
    assert run.round_trips.min() > 0


def test_replica_exchange_agrees_with_sampling_at_five_spins():
    # N = 5, order 4, 200000 uniform points against 8 copies and 1000 sweeps (seed 6): 3 joint standard errors.
    glass = SphericalSpinGlass(5, 4, seed=2)
    temperatures = np.array([0.8, 1.1, 1.6])
    energies = glass.value(uniform(200_000, np.sqrt(5), 5, 1))
    mean, _ = boltzmann(glass, energies, temperatures)
    w = np.exp(-5 * (energies - energies.min()) / temperatures[:, None])
    own = np.sqrt(np.sum((w * (energies - mean[:, None])) ** 2, axis=1)) / w.sum(axis=1)
    run = replica_exchange(glass, temperatures, 1000, seed=6, copies=8, n_warmup=300)
    assert np.all(np.abs(run.mean - mean) < 3 * np.hypot(run.error, own))
    # Even order: σ and −σ have one weight, so P(q) is even. Mean overlap over 28 pairs, per temperature.
    q = run.overlaps.mean(axis=2)
    blocks = q.reshape(10, 100, 3).mean(axis=1)
    assert np.all(np.abs(blocks.mean(axis=0)) < 3 * blocks.std(axis=0, ddof=1) / np.sqrt(10))


def test_moves_keep_the_weight_on_the_circle():
    # One temperature, no exchange: distribution of the angle against exp(−H/T). Seed 8, 1500 copies, each read
    # once after 400 sweeps; χ² of 12 bins below its mean plus 3 standard deviations.
    glass, temperature, bins = SphericalSpinGlass(2, 3, seed=5), 1.0, 12
    edges = np.linspace(-np.pi, np.pi, bins + 1)
    angle = (np.arange(bins * 200) + 0.5) / (bins * 200) * 2 * np.pi - np.pi
    weight = np.exp(-2 * glass.value(np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)) / temperature)
    expected = weight.reshape(bins, -1).sum(axis=1) / weight.sum()
    points = replica_exchange(glass, [temperature], 200, seed=8, copies=1500, n_warmup=200, stride=200).points[0]
    counts = np.histogram(np.arctan2(points[:, 1], points[:, 0]), edges)[0]
    chi = np.sum((counts - 1500 * expected) ** 2 / (1500 * expected))
    assert chi < bins - 1 + 3 * np.sqrt(2 * (bins - 1))
