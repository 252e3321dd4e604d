"""Real results of public calls, small enough to be made in seconds and once in a process.

What figures, the list of public names and stores are tried on. A test that needs a certain number in a result puts it
there with :func:`dataclasses.replace`, so that it stays a result of its class.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np

import spinland as sl
from spinland.chapters.optimisers_results import OptimiserComparison
from spinland.provenance import record
from spinland.quantities import quantity_of

TIMES = (0.0, 0.1, 0.3, 1.0, 2.0)
ALPHAS = (-0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25)


# Landscapes and points


@cache
def data():
    return sl.load_dataset("digits").subset(120, 60)


@cache
def network(width=8):
    return sl.ReLUNetwork((64, width, 10))


@cache
def ensemble(width=8):
    return sl.train(network(width), data(), 6, epochs=3, seed=1, snapshots=True)


@cache
def regression():
    """Replicas trained on targets, which have no accuracy."""
    linnerud = sl.load_dataset("linnerud")
    return sl.train(sl.ReLUNetwork((linnerud.n_inputs, 4, linnerud.n_outputs)), linnerud, 4, batch_size=5, epochs=3)


@cache
def landscape(width=8):
    return sl.NetworkLandscape(network(width), data())


@cache
def on_test_data():
    return sl.NetworkLandscape(network(), data().x_test, data().y_test, quantity="test loss")


@cache
def squared():
    linnerud = sl.load_dataset("linnerud")
    return sl.NetworkLandscape(sl.ReLUNetwork((linnerud.n_inputs, 4, linnerud.n_outputs)), linnerud)


@cache
def bowl():
    return sl.FunctionLandscape(lambda w: w**2 @ np.arange(1.0, 7), 6, quantity="potential", unit="eV")


@cache
def plain():
    return sl.FunctionLandscape(lambda w: w**2 @ np.arange(1.0, 7), 6)


@cache
def glass(order=3):
    return sl.SphericalSpinGlass(12, order, seed=2)


@cache
def minima(order=3):
    return sl.glass_minima(glass(order), 8, seed=0)


def points(of, n=3):
    """Points of a landscape that a function of this module makes."""
    where = of()
    return where.random_points(n, 0) if of is glass else np.random.default_rng(0).normal(size=(n, where.dim))


# Probes


@cache
def walk(sigma=0.05, of=landscape, walkers=6, origins=1):
    start = of().random_points(origins, 0) if of is glass else np.linspace(1, 1.5, origins)[:, None] * np.ones(of().dim)
    return sl.random_walk(of(), start, sigma, 12, walkers)


@cache
def ruggedness(sigma=0.05, of=landscape):
    return sl.ruggedness(walk(sigma, of))


@cache
def swap(width=8, swaps=(0, 1, 2, 4), origins=1):
    return sl.swap_interpolation(landscape(width), ensemble(width).params[:origins], swaps, np.linspace(0, 1, 5), 4)


@cache
def swap_of_regression():
    return sl.swap_interpolation(squared(), regression().params[0], [0, 1, 2], np.linspace(0, 1, 5), 4)


@cache
def line(label="between solutions", lines=1, of=landscape):
    where = ensemble().params if of is landscape else minima().params
    start, end = (where[0], where[1]) if lines == 1 else (where[:lines], where[lines : 2 * lines])
    return sl.line(of(), start, end, ALPHAS, label=label)


@cache
def aligned_lines(width=8, pairs=2):
    points = ensemble(width).params
    return sl.aligned_lines(landscape(width), points[:pairs], points[pairs : 2 * pairs], ALPHAS)


# Curvature


@cache
def density(of=landscape):
    where = minima() if of is glass else ensemble()
    return sl.spectral_density(of(), where.params[0], 3, 12, n_extremes=5)


@cache
def curvature_history(split=True):
    return sl.curvature_history(landscape(), ensemble().snapshots[0], np.arange(4.0), split=split)


@cache
def plane(of=landscape, n=(9, 7)):
    """The plane through three solutions, or through three points of a glass."""
    return sl.plane_through(of(), ensemble().params[:3] if of is landscape else points(of), n=n)


@cache
def trajectory():
    return sl.trajectory_plane(landscape(), ensemble(), n=(9, 7))


@cache
def profile(of=landscape):
    where = ensemble().params if of is landscape else minima().params
    return sl.overlap_profile(of(), where[:2], 8, 3)


@cache
def correlation(order=3):
    return sl.correlation(glass(order), n_pairs=30)


# Between solutions


@cache
def path(steps=40, of=landscape):
    """Three paths between solutions or minima, trained or straight."""
    where = ensemble().params if of is landscape else minima().params
    size = 40 if of is landscape else None
    return sl.connecting_path(of(), where[:3], where[3:6], "bezier", 1, steps, size, sl.Adam(0.01))


@cache
def path_profile(steps=40, of=landscape):
    return path(steps, of).evaluate(of(), 9, label=f"{steps} steps")


@cache
def band():
    return sl.elastic_band(glass(), *minima().params[minima().distinct][:2], 5)


@cache
def saddle():
    return sl.saddle(glass(), band().images[band().highest])


@cache
def critical():
    return sl.critical_points(sl.SphericalSpinGlass(6, 3, seed=3))


@cache
def transitions():
    points, index = critical().points, critical().index
    return sl.transition_states(sl.SphericalSpinGlass(6, 3, seed=3), points[index == 1], points[index == 0])


@cache
def barriers():
    return sl.disconnectivity(critical().energy[critical().index == 0], transitions())


@cache
def regression_landscape(outputs=1):
    """A small network that fits what a larger one says, in float64."""
    x = np.random.default_rng(0).normal(size=(80, 3))
    y = np.maximum(x @ np.random.default_rng(1).normal(size=(3, 9)), 0) @ np.random.default_rng(2).normal(size=(9, 4))
    return sl.NetworkLandscape(sl.ReLUNetwork((3, 3, outputs)), x, y[:, :outputs], "mse", "float64")


@cache
def permutation_saddle(outputs=1):
    landscape = regression_landscape(outputs)
    found = sl.minimize(landscape, landscape.network.initialize(6, 1, dtype="float64"), 1e-9)
    return sl.permutation_saddle(landscape, found.points[np.argmin(found.values)], n=6)


# Replicas


@cache
def statistics(width=8):
    return sl.pair_statistics(ensemble(width))


@cache
def overlap_distribution(width=8):
    return sl.overlap_distribution(statistics(width))


@cache
def tree(n=6, method="average", metric="euclidean", apart=0.25, dim=50):
    """Hierarchy of points around four centres."""
    draw = np.random.default_rng(0)
    centres = apart * draw.normal(size=(4, dim))
    return sl.hierarchy(draw.normal(size=(n, dim)) + centres[draw.integers(0, 4, n)], method, metric)


@cache
def ultrametricity():
    return sl.ultrametricity(ensemble(), n_splits=10, n_null=10)


@cache
def batches():
    """A tiny study's comparison of batch sizes."""
    config = sl.StudyConfig(
        hidden=(4,),
        replicas=3,
        epochs=2,
        sigmas=(0.1,),
        walk_steps=3,
        walkers=2,
        walk_origins=1,
        swap_trials=2,
        swap_origins=1,
        swap_points=3,
        widths=(),
        bootstrap=10,
        null_draws=10,
        batch_sizes=(20, 60),
        batch_replicas=3,
        radii=(0.1,),
        directions=2,
        grid=3,
        line_points=3,
        lines=1,
        glass_replicas=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.h5"
        sl.run_study(config, path, dataset=data())
        return sl.Store(path, "r").load("batches/comparison")


@cache
def symmetric_distances(width=8):
    return sl.symmetric_distances(network(width), ensemble(width))


@cache
def alignment(width=8):
    return sl.align(network(width), ensemble(width).params[:3], ensemble(width).params[3:])


# Dynamics, critical points, the analogy


@cache
def flow():
    return sl.gradient_flow(glass(), points(glass), TIMES)


@cache
def flow_of_instances():
    return sl.gradient_flow(sl.instances(12, 3, 3), points(glass), TIMES)


@cache
def warm_flow():
    return sl.langevin(glass(), points(glass), 0.4, TIMES)


@cache
def quench():
    items = sl.instances(12, 3, 2, seed=0)
    return sl.langevin(items, items[0].random_points(2, 0), 0.4, TIMES, 0.05, waiting_times=[0.5, 1.0])


@cache
def theory_of_quench():
    run = quench()
    return sl.theory.quench_correlation(run.waiting_times, [0.0, 0.1, 0.3, 1.0], 3, run.temperature)


@cache
def exchange(order=3):
    return sl.replica_exchange(glass(order), [0.8, 1.2], 60, seed=0)


@cache
def scaling():
    return sl.descent_scaling(3, [6, 10], n_instances=2, n_starts=2, times=TIMES[1:], seed=0)


@cache
def assumptions():
    without = sl.ReLUNetwork((64, 4, 10), bias=False)
    return sl.mapping_assumptions(without, without.initialize(4), data().x_train)


# Between solutions


@cache
def dimension():
    """Random subspaces of a few dimensions."""
    return sl.intrinsic_dimension(network(), data(), [4, 40, 200], 3, 0.7, sl.Adam(0.05), epochs=3, seed=1)


@cache
def inherent():
    return sl.inherent_energies(3, [1.0, np.inf], [6, 9], 3, time=2.0)


@cache
def two_times():
    steps = np.random.default_rng(0).normal(size=(3, 9, 5)).cumsum(axis=1)
    return sl.two_times(steps, np.arange(1.0, 10), [1.0, 4.0], [0.0, 1.0, 2.0, 5.0])


@cache
def potential():
    glasses, references = sl.planted_instances(12, 3, 1.5, 3, seed=1)
    return sl.franz_parisi(glasses, references, [0.0, 0.3, 0.6], 1.5, 20, walkers=1)


@cache
def sections():
    return sl.section_minima(glass(), [3, 6, 12], 4, seed=1)


@cache
def averages():
    trained = sl.train(network(), data(), 3, sl.SGD(0.2), epochs=4, seed=1, snapshots=[2, 3, 4])
    return sl.snapshot_averages(trained, data(), 2, (0.1, 0.2), 2)


@cache
def simplex(vertices=2):
    """A complex about two solutions."""
    return sl.grow_simplex(landscape(), ensemble().params[:2], vertices, steps=4, batch_size=40)


@cache
def simplex_values(vertices=2, null=False):
    return sl.simplex_values(landscape(), sl.random_vertices(simplex(vertices)) if null else simplex(vertices), 20)


@cache
def ensembles():
    return sl.ensemble_curve(network(), ensemble().params.reshape(2, 3, -1), data())


@cache
def depths():
    """A tiny study's comparison of depths."""
    config = sl.StudyConfig(
        hidden=(4,),
        depths=(1, 2, 3),
        depth_replicas=4,
        depth_parameters=1500,
        depth_epochs=40,
        depth_rates=(0.01, 0.03),
        depth_tuning=2,
        walk_steps=4,
        walkers=2,
        directions=2,
        grid=3,
        correlation_pairs=5,
        radii=(0.1,),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.h5"
        sl.run_study(config, path, dataset=data(), chapters=("depth",))
        return sl.Store(path, "r").load("depths/comparison")


@cache
def comparison_of_measures(settings=4):
    """Two measures at six replicas of some settings, one of which has diverged."""
    draw = np.random.default_rng(0)
    values = {name: np.exp(scale * draw.normal(size=(settings, 6))) for name, scale in (("noise", 0.3), ("trace", 2.0))}
    values["noise"][0, 1] = np.nan
    sizes, rates = np.repeat([8, 64], 2)[:settings], np.tile([0.1, 0.4], 2)[:settings]
    quality, losses = draw.uniform(0.9, 0.95, (settings, 6)), draw.uniform(size=(settings, 6))
    return sl.compare_measures(values, quality, losses, sizes, rates, n_bootstrap=20)


@cache
def optimisers():
    """Two optimisers beside SGD at five replicas, one of which never came to the common loss."""
    draw = np.random.default_rng(3)
    quantities = "train_loss", "test_loss", "test_accuracy", "trace", "local_entropy"
    values = draw.uniform(0.1, 0.2, (2, 3, len(quantities), 5))
    values[:, :, 3] = np.exp(draw.normal(0, 2, (2, 3, 5)))  # wants a logarithmic axis
    values[0, 2, 1] = values[0, 0, 1] - draw.uniform(0.049, 0.051, 5)
    values[1, 2, :, 4] = np.nan
    return OptimiserComparison(
        provenance=record("compare_optimisers", {"draws": 2}, seed=3),
        protocols=("cost", "loss"),
        optimizers=("sgd", "sam", "replicated-sgd"),
        rates=np.array([0.1, 0.4, 0.4]),
        at_the_end=np.array([True, False, False]),
        level=0.2,
        quantities=quantities,
        values=values,
        beside=np.concatenate([values[:, :1], values[:, :1] + 0.01, values[:, :1]], axis=1),
        evaluations=np.where(np.isnan(values[:, :, 0]), np.nan, 30.0),
        **quantity_of(landscape()),
    )


@cache
def dinh_table():
    return sl.dinh_table(landscape(), ensemble().params[:2], n_draws=4, n_steps=400)


# Noise


@cache
def gradient_noise():
    return sl.gradient_noise(landscape(), ensemble().params[0], 5)


@cache
def recorded(sampling="reshuffled"):
    """Twenty epochs of four steps of two replicas."""
    return sl.record_trajectory(network(), data(), ensemble().params[:2], epochs=20, seed=3, sampling=sampling)


@cache
def increments(sampling="reshuffled", per="step"):
    return sl.increments(recorded(sampling), per=per)


@cache
def noise_modes(sampling="reshuffled"):
    return sl.noise_modes(landscape(), recorded(sampling), 5)


@cache
def current(sampling="reshuffled"):
    return sl.probability_current(recorded(sampling), n_modes=2, n_null=99)


@cache
def diffusion(sampling="reshuffled"):
    return sl.diffusion_exponent(recorded(sampling))
