"""Every public figure is made from results of public calls, and its axes say what those results are of."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from matplotlib.text import Text

import spinland as sl
from spinland import figures
from tests.unit.test_figures import unlabelled

pytestmark = pytest.mark.filterwarnings(
    "ignore::spinland.errors.ShortRunWarning"
)  # the runs are short on purpose
TIMES = np.array([0.0, 0.1, 0.3, 1.0, 2.0])
NO_FIGURES = {"ENERGY", "LOSS", "OVERLAP", "SQUARED_ERROR", "save_figure", "svg_text"}


@cache
def data():
    return sl.load_dataset("digits").subset(120, 60)


@cache
def network(width=8):
    return sl.ReLUNetwork((64, width, 10))


def unbiased():
    return sl.ReLUNetwork((64, 4, 10), bias=False)


@cache
def ensemble(width=8):
    return sl.train(network(width), data(), 6, epochs=3, seed=1, snapshots=True)


@cache
def landscape():
    return sl.NetworkLandscape(network(), data())


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


@cache
def quench():
    items = sl.instances(12, 3, 2, seed=0)
    return sl.langevin(items, items[0].random_points(2, 0), 0.4, TIMES, 0.05, waiting_times=[0.5, 1.0])


@cache
def exchange(order=3):
    return sl.replica_exchange(glass(order), [0.8, 1.2], 60, seed=0)


@cache
def scaling():
    return sl.descent_scaling(3, [6, 10], n_instances=2, n_starts=2, times=TIMES[1:], seed=0)


@cache
def swaps(width=8):
    where = sl.NetworkLandscape(network(width), data())
    return sl.swap_interpolation(where, ensemble(width).params[0], [0, 1, 2], np.linspace(0, 1, 5), 4)


@cache
def walk(of=landscape, sigma=0.05):
    where = of()
    start = where.random_points(1, 0)[0] if of is glass else np.ones(where.dim)
    return sl.random_walk(where, start, sigma, 12, 6)


@cache
def batches():
    """A tiny study, whose comparison of batch sizes is a result like any other."""
    import tempfile
    from pathlib import Path

    config = sl.StudyConfig(
        hidden=(4,), replicas=3, epochs=2, sigmas=(0.1,), walk_steps=3, walkers=2, walk_origins=1, swap_trials=2, swap_origins=1,
        swap_points=3, widths=(), bootstrap=10, null_draws=10, batch_sizes=(20, 60), batch_replicas=3, radii=(0.1,),
        directions=2, grid=3, line_points=3, lines=1, glass_replicas=0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.h5"
        sl.run_study(config, path, dataset=data())
        return sl.Store(path, "r").load("batches/comparison")


def theory_of_quench():
    run = quench()
    return sl.theory.quench_correlation(run.waiting_times, [0.0, 0.1, 0.3, 1.0], 3, run.temperature)


def tree_and_overlaps(of):
    pairs = sl.pair_statistics(of)
    return sl.hierarchy(of), sl.overlap_distribution(pairs)


CASES = {
    "ageing_beside_theory": lambda: figures.ageing_beside_theory(
        quench(), theory_of_quench(), plateau=sl.theory.marginal_state(3, 0.4).edwards_anderson
    ),
    "ageing_curves": lambda: figures.ageing_curves(quench()),
    "barrier_width": lambda: figures.barrier_width([swaps(8), swaps(16)], n_swaps=2),
    "complexity_curves": lambda: figures.complexity_curves(sl.theory_card(3)),
    "correlation_curve": lambda: figures.correlation_curve(sl.correlation(glass(), n_pairs=30)),
    "correlation_mixture": lambda: figures.correlation_mixture(sl.correlation(glass(), n_pairs=30)),
    "critical_points_depth": lambda: figures.critical_points_depth(
        sl.theory.critical_points_by_depth(300, range(2, 12))
    ),
    "dendrogram_matrix": lambda: figures.dendrogram_matrix(sl.hierarchy(ensemble()), labels=list("abcdef")),
    "descent_approach": lambda: figures.descent_approach(scaling()),
    "descent_curve": lambda: figures.descent_curve(sl.gradient_flow(glass(), glass().random_points(3, 0), TIMES)),
    "descent_sizes": lambda: figures.descent_sizes(scaling()),
    "distance_histogram": lambda: figures.distance_histogram(sl.pair_statistics(ensemble())),
    "effective_order_sweep": lambda: figures.effective_order_sweep(
        [sl.correlation(glass(p), n_pairs=30) for p in (2, 3)], [2, 3]
    ),
    "energy_temperature": lambda: figures.energy_temperature(exchange()),
    "flatness_batch": lambda: figures.flatness_batch(batches()),
    "hierarchy_pair": lambda: figures.hierarchy_pair(
        *zip(tree_and_overlaps(ensemble()), tree_and_overlaps(minima()), strict=True)
    ),
    "index_counts": lambda: figures.index_counts(
        sl.critical_point_counts(4, 3, 3), theory=sl.theory.mean_critical_points_by_index(4, 3)
    ),
    "index_energy": lambda: figures.index_energy(sl.critical_points(sl.SphericalSpinGlass(4, 3, seed=0))),
    "line_pair": lambda: figures.line_pair(
        [sl.line(landscape(), *ensemble().params[:2], [0, 0.5, 1]), sl.line(glass(), *minima().params[:2], [0, 0.5, 1])]
    ),
    "line_panels": lambda: figures.line_panels(sl.line(landscape(), *ensemble().params[:2], [0, 0.5, 1])),
    "line_profile": lambda: figures.line_profile(sl.line(landscape(), *ensemble().params[:2], [0, 0.5, 1])),
    "mapping_assumptions": lambda: figures.mapping_assumptions(
        sl.mapping_assumptions(unbiased(), unbiased().initialize(4), data().x_train)
    ),
    "minima_energies": lambda: figures.minima_energies([minima(), minima(4)]),
    "overlap_distribution_curves": lambda: figures.overlap_distribution_curves(exchange(), bins=10),
    "overlap_histogram": lambda: figures.overlap_histogram(tree_and_overlaps(ensemble())[1]),
    "overlap_profiles": lambda: figures.overlap_profiles(
        [sl.overlap_profile(landscape(), ensemble().params[0], 5, 3), sl.overlap_profile(glass(), minima().params[0], 5, 3)]
    ),
    "plane_contour": lambda: figures.plane_contour(sl.trajectory_plane(landscape(), ensemble(), n=5)),
    "plane_pair": lambda: figures.plane_pair(
        [sl.random_plane(w, p[0], a=[-1, 0, 1], b=[-1, 0, 1])
         for w, p in ((landscape(), ensemble().params), (glass(), minima().params))]
    ),
    "plane_surface": lambda: figures.plane_surface(sl.plane_through(landscape(), ensemble().params[:3], n=5)),
    "swap_barrier": lambda: figures.swap_barrier([swaps(8), swaps(16)]),
    "swap_curves": lambda: figures.swap_curves(swaps()),
    "training_history": lambda: figures.training_history(ensemble()),
    "ultrametricity_null": lambda: figures.ultrametricity_null(
        sl.ultrametricity(ensemble(), n_splits=10, n_null=10)
    ),
    "walk_fan": lambda: figures.walk_fan([walk(), walk(sigma=0.1)], labels=["small steps", "large steps"]),
    "walk_ruggedness": lambda: figures.walk_ruggedness(sl.ruggedness(walk())),
    "width_spread": lambda: figures.width_spread([sl.pair_statistics(ensemble(m)) for m in (8, 16)], [8, 16]),
}  # fmt: skip


def texts(drawn):
    """All words of a figure."""
    figure = drawn.figure if hasattr(drawn, "xaxis") else drawn
    figure.draw_without_rendering()
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def test_every_public_figure_has_a_case():
    assert set(CASES) == set(figures.__all__) - NO_FIGURES


@pytest.mark.parametrize("name", CASES)
def test_a_figure_draws_real_results(name):
    drawn = CASES[name]()
    figure = drawn.figure if hasattr(drawn, "xaxis") else drawn
    assert any(ax.has_data() for ax in figure.axes)
    if name != "mapping_assumptions":  # its rows are named by sentences, some with numbers in them
        assert not unlabelled(figure)


LANDSCAPES = {
    landscape: "training loss $L$ (nats)",
    on_test_data: "test loss $L$ (nats)",
    squared: "training loss $L$ (mean squared error)",
    bowl: "potential (eV)",
    plain: "value",
    glass: "energy per spin $H/N$",
}


def points(of):
    where = of()
    return where.random_points(3, 0) if of is glass else np.random.default_rng(0).normal(size=(3, where.dim))


def drawings(of):
    """Every figure that shows values of any landscape."""
    where, three = of(), points(of)
    yield figures.walk_fan(walk(of))
    line = sl.line(where, three[0], three[1], [0, 0.5, 1])
    yield from (
        figures.line_profile(line),
        figures.line_panels(line),
        figures.line_pair(line, names=[""], orders=[None]),
    )
    plane = sl.plane(where, three[0], three[1:], [0, 0.1], [0, 0.1])
    yield figures.plane_contour(plane)
    yield figures.plane_surface(plane)
    yield figures.plane_pair(plane, names=[""])
    yield figures.plane_contour(sl.plane_through(where, three, n=3))
    yield figures.plane_contour(sl.trajectory_plane(where, three, n=3))
    yield figures.overlap_profiles(sl.overlap_profile(where, three[0], 4, 3), names=[""], orders=[None])
    yield figures.descent_curve(sl.gradient_flow(where, three, [0.0, 0.01, 0.02]))
    yield figures.descent_curve(sl.langevin(where, three, 0.1, [0.0, 0.01, 0.02], 0.01))
    if of is glass:
        yield figures.energy_temperature(exchange())
    if isinstance(where, sl.NetworkLandscape):
        yield figures.swap_curves(sl.swap_interpolation(where, three[0], [1], [0, 1], 2))


@pytest.mark.parametrize("of", LANDSCAPES)
def test_axes_say_the_quantity_and_the_unit_of_the_landscape(of):
    wrong = [label for label in LANDSCAPES.values() if label != LANDSCAPES[of] and len(label) > 5]
    for drawn in drawings(of):
        words = texts(drawn)
        assert LANDSCAPES[of] in words
        assert not any(label in words for label in wrong), words


def test_differences_and_accuracies_are_named_after_the_quantity():
    test = sl.swap_interpolation(on_test_data(), points(on_test_data)[0], [0, 1, 2], [0, 0.5, 1], 2)
    assert figures.swap_barrier(test).get_ylabel() == r"barrier $\Delta L$ (nats)"
    assert figures.swap_curves(test, quantity="accuracy").get_ylabel() == "test accuracy"
    mse = sl.swap_interpolation(squared(), points(squared)[0], [0, 1], [0, 1], 2)
    assert figures.swap_barrier(mse).get_ylabel() == r"barrier $\Delta L$ (mean squared error)"
    words = texts(figures.walk_ruggedness(sl.ruggedness(walk(glass))))
    assert "of the energy per spin" in words
    assert r"\Delta(H/N)" in words
    assert "of the potential" in texts(figures.walk_ruggedness(sl.ruggedness(walk(bowl))))
    both = [sl.line(w, *ensemble().params[:2], [0, 0.5, 1]) for w in (landscape(), on_test_data())]
    assert figures.line_profile(both).get_ylabel() == "training loss $L$ (nats), test loss $L$ (nats)"


def test_a_network_landscape_of_a_data_set_is_that_of_its_training_samples():
    of_arrays = sl.NetworkLandscape(network(), data().x_train, data().y_train)
    assert landscape().fingerprint == of_arrays.fingerprint
    assert (of_arrays.quantity, of_arrays.unit) == ("loss", "nats")
    assert landscape().loss == "cross_entropy"
    assert squared().loss == "mse"
    assert sl.NetworkLandscape(network(), data(), loss="mse").unit == "mean squared error"
    assert sl.NetworkLandscape(sl.ReLUNetwork((64, 4, 10)), "digits").n_samples == 1438
    column = sl.NetworkLandscape(sl.ReLUNetwork((3, 2, 1)), np.ones((4, 3)), np.ones(4))
    assert column.loss == "mse"
    with pytest.raises(sl.ArgumentError, match=r"^y: "):
        sl.NetworkLandscape(network(), data().x_train)
    with pytest.raises(sl.ArgumentError, match=r"^y: "):
        sl.NetworkLandscape(network(), data(), data().y_train)
    with pytest.raises(sl.ArgumentError, match=r"^quantity: "):
        sl.NetworkLandscape(network(), data(), quantity=3)
    with pytest.raises(sl.ArgumentError, match=r"^unit: "):
        sl.FunctionLandscape(lambda w: w[:, 0], 2, unit=None)


def test_a_trajectory_of_an_ensemble_is_that_of_one_replica():
    trained = ensemble()
    of_rows = sl.trajectory_plane(landscape(), trained.snapshots[2], n=3)
    of_ensemble = sl.trajectory_plane(landscape(), trained, n=3, replica=2)
    np.testing.assert_array_equal(of_rows.values, of_ensemble.values)
    with pytest.raises(sl.ArgumentError, match=r"^replica: "):
        sl.trajectory_plane(landscape(), trained, n=3, replica=6)
    without = sl.train(network(), data(), 2, epochs=1)
    with pytest.raises(sl.ArgumentError, match=r"^trajectory: .*snapshots"):
        sl.trajectory_plane(landscape(), without, n=3)


def test_overlaps_of_an_even_glass_are_folded():
    run = exchange(4)
    assert run.symmetric
    edges, density, error = run.overlap_density(10, folded=True)
    _, whole, _ = run.overlap_density(20)
    assert edges[0] == 0
    np.testing.assert_allclose(density, whole[:, 10:] + whole[:, 9::-1])
    assert (error >= 0).all()
    ax = figures.overlap_distribution_curves(run, bins=10)
    assert ax.get_xlim() == (0, 1)
    assert ax.get_ylabel() == r"density $P(|q|)$"
    assert figures.overlap_distribution_curves(exchange(3), bins=10).get_xlim() == (-1, 1)
    pairs = sl.pair_statistics(minima(4))
    assert pairs.unsigned
    assert (pairs.overlaps >= 0).all()
    assert "|q_{ab}|" in figures.overlap_histogram(sl.overlap_distribution(pairs)).get_xlabel()
    assert not sl.pair_statistics(minima(3)).unsigned


def test_walks_keep_their_own_labels_when_they_are_sorted():
    drawn = figures.walk_fan([walk(sigma=0.1), walk()], labels=["large", "small"])
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["small", "large"]
    with pytest.raises(sl.ArgumentError, match=r"^labels: "):
        figures.walk_fan([walk()], labels=["a", "b"])


def test_leaves_carry_their_own_labels():
    tree = sl.hierarchy(ensemble())
    names = list("abcdef")
    figure = figures.dendrogram_matrix(tree, matrix=np.eye(6), labels=names)
    drawn = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert drawn == [names[k] for k in tree.order]
    alone = figures.dendrogram_matrix(dataclasses.replace(tree, distances=None), labels=names)
    assert [label.get_text() for label in alone.axes[0].get_xticklabels()] == drawn
    with pytest.raises(sl.ArgumentError, match=r"^labels: "):
        figures.dendrogram_matrix(tree, labels=names[1:])


@pytest.mark.parametrize(
    ("draw", "whose"),
    [
        (lambda: figures.swap_curves(swaps()), "trials"),
        (lambda: figures.swap_barrier(swaps()), "trials"),
        (lambda: figures.training_history(ensemble()), "replicas"),
        (lambda: figures.flatness_batch(batches()), "replicas"),
        (lambda: figures.line_profile(sl.line(landscape(), *ensemble().params.reshape(2, 3, -1), [0, 0.5, 1])), "lines"),
        (lambda: figures.descent_curve(sl.gradient_flow(glass(), points(glass), TIMES)), "starts"),
        (lambda: figures.descent_curve(sl.gradient_flow(sl.instances(12, 3, 3), points(glass), TIMES)), "instances"),
        (lambda: figures.descent_curve(sl.langevin(glass(), points(glass), 0.4, TIMES)), "walkers"),
    ],
)  # fmt: skip
def test_results_of_several_say_their_spread(draw, whose):
    assert f"68 % of {whose}" in texts(draw())


def test_theory_of_other_waiting_times_is_refused():
    other = sl.theory.quench_correlation([0.5], [0.0, 0.1], 3, 0.4)
    with pytest.raises(sl.ArgumentError, match=r"^theory: .*waiting times"):
        figures.ageing_beside_theory(quench(), other)
