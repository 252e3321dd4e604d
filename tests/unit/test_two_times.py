"""Correlation and displacement between two times, of trajectories and of Langevin dynamics."""

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError
from spinland.provenance import record


def test_straight_motion_has_exponent_two_and_the_correlation_of_its_points():
    way = np.array([[3.0, 4.0]]) + np.arange(9)[:, None] * np.array([[1.0, -0.5]])
    found = sl.two_times(np.stack([way, 2 * way]), np.arange(9), [1, 3], [0, 1, 2, 5])
    step = np.array([1.0, -0.5])
    for k, wait in enumerate((1, 3)):
        for j, t in enumerate((0, 1, 2, 5)):
            a, b = way[wait], way[wait + t]
            want = t * t * (step @ step) / 2
            assert found.displacements[0, k, j] == pytest.approx(want)
            assert found.displacements[1, k, j] == pytest.approx(4 * want)
            cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            np.testing.assert_allclose(found.correlations[:, k, j], cosine, rtol=1e-13)
    exponent, error = found.diffusion_exponent()
    np.testing.assert_allclose(exponent, 2, rtol=1e-12)
    np.testing.assert_allclose(error, 0, atol=1e-12)


def test_free_diffusion_has_exponents_one_and_one_half():
    """Seed 3, 40 walks in 300 dimensions: each exponent within 3.5 of its standard errors (jackknife over walks)."""
    steps = np.random.default_rng(3).normal(size=(40, 300, 300))
    found = sl.two_times(steps.cumsum(axis=1), np.arange(1, 301), [10, 40], [0, 5, 10, 20, 40, 80, 160, 250])
    for (value, error), exact in ((found.diffusion_exponent(), 1.0), (found.decay_exponent(), 0.5)):
        assert (error > 0).all()
        assert (error < 0.05).all()
        assert np.abs((value - exact) / error).max() < 3.5
    late, _ = found.diffusion_exponent(40)
    assert late == pytest.approx(1.0, abs=0.1)


def test_the_exponent_of_ageing_is_that_of_the_scaling_of_times():
    """Displacements (t/t_w^μ)^a of walkers, exactly; any unit of time, and t_w = 0 is left out."""
    waits, times = np.array([0.0, 1.0, 3.0, 10.0]), np.array([0.0, 0.5, 2.0, 7.0, 40.0])
    for mu, power in ((0.0, 1.0), (0.5, 0.7), (1.0, 1.8), (-0.4, 0.2)):
        with np.errstate(divide="ignore", invalid="ignore"):
            one = (times / waits[:, None] ** mu) ** power
        one[:, 0] = 0
        found = sl.TwoTimeCorrelation(
            waiting_times=7 * waits,
            times=7 * times,
            correlations=np.ones((3, 4, 5)),
            displacements=np.array([[[1.0]], [[2.0]], [[5.0]]]) * one,
            provenance=record("two_times", {}),
        )
        value, error = found.ageing_exponent()
        assert value == pytest.approx(mu, abs=1e-12)
        assert error == pytest.approx(0, abs=1e-12)


def test_free_diffusion_does_not_age_and_a_logarithm_ages_fully():
    """Seed 4, 40 walks in 300 dimensions: 0 within 3 standard errors; walkers at ln t: 1 by symmetry of the grid."""
    steps = np.random.default_rng(4).normal(size=(40, 160, 300))
    times = [5, 10, 20, 40, 80]
    value, error = sl.two_times(steps.cumsum(axis=1), np.arange(1, 161), times, times).ageing_exponent()
    assert 0 < error < 0.02
    assert abs(value) < 3 * error
    way = np.log(np.arange(1.0, 161))[:, None] * np.ones(3) + 1
    assert sl.two_times(way[None], np.arange(1, 161), times, times).ageing_exponent()[0] == pytest.approx(1, abs=1e-9)


def test_a_caged_walker_does_not_spread():
    cage = np.random.default_rng(1).normal(size=(3, 12, 50)) + 5
    found = sl.two_times(cage, np.arange(12), [2, 4], [0, 1, 2, 4, 6])
    assert np.abs(found.diffusion_exponent()[0]).max() < 0.2


def test_langevin_dynamics_measures_both_on_its_way():
    glass = sl.SphericalSpinGlass(12, 3, seed=2)
    run = sl.langevin(glass, glass.random_points(3), 0.4, [0.0, 0.2, 0.5, 1.0], 0.05, waiting_times=[0.5, 1.0])
    curves = run.two_times
    np.testing.assert_array_equal(curves.correlations, run.correlations)
    np.testing.assert_allclose(curves.displacements, 2 * (1 - curves.correlations), atol=1e-12)  # |σ|² = N
    flat = sl.FunctionLandscape(lambda w: np.zeros(len(w)), 200, lambda w: np.zeros_like(w))
    free = sl.langevin(flat, np.ones((2, 200)), 0.5, [1.0, 4.0], 0.5, waiting_times=[0.0])
    np.testing.assert_allclose(free.two_times.displacement, [[1.0, 4.0]], rtol=0.25)  # 2Tt; error 7 %, seed 0
    with pytest.raises(ArgumentError, match="waiting_times"):
        _ = sl.langevin(flat, np.ones(200), 0.5, [1.0], 0.5).two_times


def test_snapshots_of_a_training_are_trajectories():
    network = sl.ReLUNetwork((64, 4, 10))
    data = sl.load_dataset("digits").subset(40, 20)
    trained = sl.train(network, data, 2, sl.SGD(0.1), epochs=6, snapshots=[1, 2, 3, 5, 6])
    found = sl.two_times(trained.snapshots, trained.snapshot_epochs, [1], [0, 1, 2, 5])
    change = (trained.snapshots[:, 4] - trained.snapshots[:, 0]).astype(float)
    np.testing.assert_allclose(found.displacements[:, 0, 3], (change**2).mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"when": [0, 1, 1]}, "when"),
        ({"when": [0, 1]}, "trajectories"),
        ({"waiting_times": [0.5]}, "waiting_times"),
        ({"times": [3]}, "times"),
        ({"trajectories": np.zeros((1, 3, 2))}, "trajectories"),
    ],
)
def test_bad_arguments_are_named(changed, name):
    good = {"trajectories": np.ones((1, 3, 2)), "when": [0, 1, 2], "waiting_times": [0], "times": [1]}
    with pytest.raises(ArgumentError, match=f"^{name}"):
        sl.two_times(**good | changed)
    with pytest.raises(ArgumentError, match="first"):
        sl.two_times(**good).diffusion_exponent(5.0)
    with pytest.raises(ArgumentError, match="waiting_times"):
        sl.two_times(**good).ageing_exponent()
    with pytest.raises(ArgumentError, match="first"):
        sl.two_times(**good | {"waiting_times": [0, 1, 2], "times": [0]}).ageing_exponent()
