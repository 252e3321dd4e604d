import numpy as np
import pytest

from spinland import figures
from spinland.dynamics.disorder import instances
from spinland.dynamics.exchange import replica_exchange
from spinland.dynamics.flows import gradient_flow
from spinland.dynamics.minimizer import minimize
from spinland.dynamics.scaling import descent_scaling
from spinland.dynamics.thermal import langevin
from spinland.errors import ArgumentError, ShortRunWarning
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.glass import SphericalSpinGlass
from spinland.statistics import chains
from spinland.store.hdf5 import Store

GLASS = SphericalSpinGlass(6, 3, seed=1)
POINTS = GLASS.random_points(3)
BOWL = FunctionLandscape(lambda w: np.sum(w * w, axis=1), 6, gradient=lambda w: 2 * w)


@pytest.fixture(scope="module")
def exchange():
    return replica_exchange(GLASS, [0.8, 1.0, 1.3], 60, copies=3)


@pytest.fixture(scope="module")
def scaling():
    return descent_scaling(3, [4, 6], 2, 2, [0.0, 1.0, 2.0, 4.0], seed=1)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("landscape", lambda: gradient_flow("glass", POINTS, [1.0])),
        ("landscape", lambda: gradient_flow([], POINTS, [1.0])),
        ("landscape", lambda: minimize([GLASS, SphericalSpinGlass(5, 3)], POINTS)),
        ("points", lambda: gradient_flow(GLASS, POINTS[:, :5], [1.0])),
        ("points", lambda: gradient_flow(GLASS, 2 * POINTS, [1.0])),
        ("points", lambda: gradient_flow(GLASS, POINTS[:0], [1.0])),
        ("points", lambda: gradient_flow([GLASS], np.stack([POINTS, POINTS]), [1.0])),
        ("points", lambda: minimize(GLASS, np.full((1, 6), np.nan))),
        ("points", lambda: langevin(GLASS, 1.01 * POINTS, 1.0, [1.0])),
        ("times", lambda: gradient_flow(GLASS, POINTS, [1.0, 1.0])),
        ("times", lambda: gradient_flow(GLASS, POINTS, [-1.0])),
        ("times", lambda: gradient_flow(GLASS, POINTS, [])),
        ("times", lambda: langevin(GLASS, POINTS, 1.0, [2.0, 1.0])),
        ("tolerance", lambda: gradient_flow(GLASS, POINTS, [1.0], 0.0)),
        ("tolerance", lambda: minimize(GLASS, POINTS, -1.0)),
        ("max_steps", lambda: gradient_flow(GLASS, POINTS, [1.0], max_steps=0)),
        ("max_iterations", lambda: minimize(GLASS, POINTS, max_iterations=0)),
        ("temperature", lambda: langevin(GLASS, POINTS, -0.1, [1.0])),
        ("temperature", lambda: langevin(GLASS, POINTS, np.nan, [1.0])),
        ("dt", lambda: langevin(GLASS, POINTS, 1.0, [1.0], 0.0)),
        ("dt", lambda: langevin(GLASS, POINTS, 0.1, [4.0], 1.0)),
        ("dt", lambda: langevin(BOWL, POINTS, 0.1, [4.0], 1.0)),
        ("seed", lambda: langevin(GLASS, POINTS, 1.0, [1.0], seed=-1)),
        ("waiting_times", lambda: langevin(GLASS, POINTS, 1.0, [1.0], waiting_times=[1.0, 0.5])),
        ("temperatures", lambda: replica_exchange(GLASS, [1.0, 0.5])),
        ("temperatures", lambda: replica_exchange(GLASS, [0.0, 0.5])),
        ("temperatures", lambda: replica_exchange(GLASS, [-1.0, 0.5])),
        ("n_sweeps", lambda: replica_exchange(GLASS, [1.0], 2, stride=3)),
        ("copies", lambda: replica_exchange(GLASS, [1.0], 2, copies=0)),
        ("n_warmup", lambda: replica_exchange(GLASS, [1.0], 2, n_warmup=-1)),
        ("landscape", lambda: replica_exchange(BOWL, [1.0])),
        ("n_instances", lambda: instances(5, 3, 0)),
        ("n_instances", lambda: descent_scaling(3, [4], 1, 1, [1.0])),
        ("sizes", lambda: descent_scaling(3, [6, 4], 2, 1, [1.0])),
        ("copies", lambda: replica_exchange(GLASS, [1.0], 4, copies=1).overlap_density()),
    ],
)
def test_bad_input_is_named(argument, call):
    with pytest.raises(ArgumentError, match=f"^{argument}: "):
        call()


def test_a_flow_that_runs_out_of_steps_says_so():
    flow = gradient_flow(GLASS, POINTS, [0.0, 1e-4, 50.0], max_steps=5)
    assert np.isfinite(flow.energies[:, :2]).all()
    assert np.isnan(flow.energies[:, 2]).all()
    assert np.isfinite(flow.points).all()


def test_a_flow_of_a_function_without_bottom_ends():
    cliff = FunctionLandscape(lambda w: -np.sum(w**4, axis=1), 2, gradient=lambda w: -4 * w**3)
    flow = gradient_flow(cliff, [[1.0, 0.5]], [0.1, 10.0], max_steps=300)
    np.testing.assert_allclose(flow.points[0] ** -2.0, np.array([1.0, 4.0]) - 0.8, rtol=1e-4)
    assert np.isnan(flow.energies[0, 1])


def test_flat_flow_decays_as_it_should():
    flow = gradient_flow(BOWL, np.eye(6), [0.5, 1.0], 1e-9)
    np.testing.assert_allclose(flow.energies, np.exp(-4 * np.array([[0.5, 1.0]])).repeat(6, axis=0), rtol=1e-6)


def test_results_can_be_stored(tmp_path, exchange, scaling):
    run = langevin(GLASS, POINTS, 0.8, [0.1, 0.2], 0.05, waiting_times=[0.1])
    store = Store(tmp_path / "a.h5")
    for name, result in {
        "flow": gradient_flow(GLASS, POINTS, [0.1]),
        "minima": minimize([GLASS, GLASS], POINTS),
        "run": run,
        "exchange": exchange,
        "scaling": scaling,
    }.items():
        store.save(name, result)
        back = store.load(name)
        assert type(back) is type(result)
        assert back.provenance == result.provenance
    np.testing.assert_array_equal(store.load("run").correlation, run.correlation)


def test_autocorrelation_time_of_a_known_chain():
    # x' = a x + noise has τ = (1 + a)/(1 − a)/2; seed 0, 20000 samples of 4 chains: 10 % for τ, 30 % for the error of
    # 40 blocks.
    random, a = np.random.default_rng(0), 0.8
    x = np.zeros((20_000, 1, 4))
    noise = random.normal(size=x.shape)
    for t in range(1, len(x)):
        x[t] = a * x[t - 1] + noise[t]
    np.testing.assert_allclose(chains.autocorrelation_time(x), 4.5, rtol=0.1)
    np.testing.assert_allclose(chains.chain_error(x, 10), np.sqrt(9 / (1 - a * a) / 80_000), rtol=0.3)
    assert np.isnan(chains.autocorrelation_time(np.ones((10, 2, 1)))).all()
    assert np.all(chains.chain_error(np.ones((10, 2, 1)), 5) == 0)


def test_a_slow_decay_of_small_amplitude_is_seen():
    # Seven eighths of the variance forget within a sample, the rest with 0.99 a sample: τ = 7/16 + 199/16 = 12.9. A
    # window of six times the sum would stop at τ of about 2. Seed 1; 20000 samples of 4 chains (seeds 0 to 11 give
    # 9.9 to 18.6).
    random = np.random.default_rng(1)
    x = np.zeros((20_000, 4))
    x[0] = random.normal(size=4)
    for t in range(1, len(x)):
        x[t] = 0.99 * x[t - 1] + np.sqrt(1 - 0.99**2) * random.normal(size=4)
    x += np.sqrt(7) * random.normal(size=x.shape)
    assert 9 < chains.autocorrelation_time(x) < 20


def test_blocks_follow_the_memory_and_a_short_run_warns():
    assert chains.block_count(4000, 1.0) == 20
    assert chains.block_count(4000, 10.0) == 10
    assert chains.block_count(4000, 20.0) == 5
    with pytest.warns(ShortRunWarning, match=r"^4000 samples are 190 autocorrelation times of 21; below 200"):
        assert chains.block_count(4000, 21.0) == 5
    assert chains.block_count(1000, np.nan) == 20


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 11])
def test_errors_of_a_few_samples_are_numbers_or_nan(n):
    x = np.random.default_rng(n).normal(size=(n, 2, 3))
    for error in (chains.chain_error(x, 5), chains.block_error(x, lambda s: s.mean(axis=(0, 2)), 5)):
        assert error.shape == (2,)
        assert np.all(np.isfinite(error) == (n > 3))
    assert chains.autocorrelation_time(x).shape == (2,)


def test_both_memories_and_the_errors_of_a_long_and_a_short_run():
    # Six spins forget within a few sweeps; 2400 samples are enough, 60 are not.
    long = replica_exchange(GLASS, [0.8, 1.0, 1.3], 2400, copies=2, n_warmup=100)
    memory = np.stack([long.autocorrelation_time, long.overlap_autocorrelation_time])
    assert np.all((memory >= 0.5) & (memory < 12))
    for error in (long.error, long.specific_heat()[1], long.overlap_density(10)[2]):
        assert np.isfinite(error).all()
    short = replica_exchange(GLASS, [0.8, 1.0, 1.3], 60, copies=1)
    assert np.isnan(short.overlap_autocorrelation_time).all()
    for statistic in (lambda: short.error, short.specific_heat):
        with pytest.warns(ShortRunWarning):
            statistic()
    assert np.isfinite(short.mean).all()  # no error, no warning
    several = replica_exchange([GLASS, GLASS], [0.8, 1.0], 60)  # errors are over instances
    assert np.isfinite([*several.error, *several.specific_heat()[1]]).all()


@pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning")
def test_shares_and_densities_of_an_exchange(exchange):
    assert exchange.energies.shape == (60, 3, 3)
    assert exchange.overlaps.shape == (60, 3, 3)
    for share in (exchange.move_acceptance, exchange.swap_acceptance):
        assert np.all((share > 0) & (share < 1))
    edges, density, error = exchange.overlap_density(20)
    np.testing.assert_allclose(np.sum(density * np.diff(edges), axis=1), 1)
    assert error.shape == density.shape
    np.testing.assert_allclose(exchange.energies[-1], [GLASS.value(p) for p in exchange.points], atol=1e-14)


@pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning")
def test_figures(exchange, scaling):
    flow = gradient_flow([GLASS, GLASS], POINTS, [0.0, 0.1, 1.0])
    run = langevin(GLASS, POINTS, 0.8, [0.1, 0.2], 0.05, waiting_times=[0.0, 0.1])
    curve = np.array([[0.1, 1.0, 2.0], [-0.5, -1.0, -1.2]])
    levels = {r"$-E_\infty$": -1.633}
    drawn = [
        figures.descent_curve([flow, run], theory=curve, levels=levels, labels=["a", "b"]),
        figures.ageing_curves(run),
        figures.ageing_curves(run, versus="time", theory=curve),
        figures.overlap_distribution_curves(exchange, levels={"$q$": 0.5}),
        figures.energy_temperature(exchange, theory=curve, levels=levels),
        figures.descent_sizes(scaling, levels=levels),
        figures.descent_approach(scaling, theory=curve),
    ]
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in drawn)
    assert len(drawn[1].get_legend().get_texts()) == 1
    assert len(drawn[2].get_legend().get_texts()) == 3
    np.testing.assert_array_equal(drawn[0].lines[1].get_xdata(), [0.1, 1.0])
    with pytest.raises(ArgumentError, match=r"^langevin: "):
        figures.ageing_curves(langevin(GLASS, POINTS, 0.8, [0.1], 0.05))
    with pytest.raises(ArgumentError, match=r"^theory: "):
        figures.descent_curve(flow, theory=[1.0, 2.0])
