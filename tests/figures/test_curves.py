"""Curves stand where the numbers are: walks, swaps, training, flatness, correlation, descent."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex

import spinland as sl
from spinland import figures
from spinland.errors import ArgumentError
from tests.figures.looking import whole
from tests.oracles import results

pytestmark = pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning")  # short on purpose


def test_the_fan_draws_means_in_the_order_of_sigma():
    wide, narrow = results.walk(0.1), results.walk(0.05)
    ax = figures.walk_fan([wide, narrow], spread=False)
    assert [line.get_label() for line in ax.lines] == [r"$\sigma$ = 0.05", r"$\sigma$ = 0.1"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), wide.mean)
    top = ax.collections[1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx((wide.mean + wide.error).max())


def test_increments_without_spread_are_left_out():
    item = replace(results.ruggedness(), increment_std=0.0)
    assert not figures.walk_ruggedness(item).axes[1].containers[0].lines[0].get_xdata().size
    assert figures.walk_ruggedness(results.ruggedness()).axes[1].containers[0].lines[0].get_xdata().size


def test_barriers_are_drawn_at_their_share():
    swaps = [results.swap(8), results.swap(16)]
    ax = figures.barrier_width(swaps, fraction=0.125)
    (line,) = (line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "o")
    np.testing.assert_array_equal(line.get_xdata(), [8, 16])
    expected = [swap.barrier_mean[list(swap.swaps).index(s)] for swap, s in zip(swaps, (1, 2), strict=True)]
    np.testing.assert_array_equal(line.get_ydata(), expected)


def test_diverged_replicas_are_left_out_of_the_history():
    ensemble = results.ensemble()
    loss = ensemble.train_loss.copy()
    loss[0], loss[1] = 1e9, np.nan
    gone = replace(ensemble, train_loss=loss, diverged=np.arange(6) < 2)
    figure = figures.training_history(gone)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), ensemble.train_loss[2:].mean(0))
    assert "2 diverged" in figure.axes[0].get_title(loc="left")
    assert len(figures.training_history(results.regression()).axes) == 1


def test_flatness_says_the_rank_correlation_and_scatters_every_replica():
    comparison = replace(results.batches(), rank_filter=-0.78, rank_filter_error=0.05)
    figure = figures.flatness_batch(comparison)
    assert "−0.780 ± 0.050" in figure.axes[2].get_title(loc="left")
    assert sum(len(line.get_xdata()) for line in figure.axes[2].lines) == comparison.test_accuracy.size


def test_flatness_without_accuracies_shows_the_test_loss():
    comparison = results.batches()
    without = replace(comparison, test_accuracy=np.full_like(comparison.test_accuracy, np.nan))
    figure = figures.flatness_batch(without)
    assert [ax.get_ylabel() for ax in figure.axes[1:]] == ["test loss $L$ (nats)"] * 2
    assert "minus the test loss" in figure.axes[2].get_title(loc="left")
    drawn = np.sort(np.concatenate([line.get_ydata() for line in figure.axes[2].lines]))
    np.testing.assert_array_equal(drawn, np.sort(comparison.test_loss.ravel()))


def test_correlation_shows_its_mixture_and_weights():
    fit = results.correlation()
    pure = replace(fit, mixture=(fit.mixture_order == 3).astype(float), effective_order=3.0, effective_order_error=0.04)
    none = replace(fit, mixture=np.full_like(fit.mixture, np.nan))
    ax = figures.correlation_curve(pure, orders=())
    curve = ax.lines[0]
    np.testing.assert_allclose(curve.get_ydata(), np.asarray(curve.get_xdata()) ** 3, atol=1e-12)
    assert len(figures.correlation_curve(none, orders=()).lines) == len(ax.lines) - 1
    right = figures.correlation_mixture(pure).axes[1]
    np.testing.assert_allclose([bar.get_height() for bar in right.patches], pure.mixture)
    assert "3.000 ± 0.040" in right.get_legend().get_texts()[0].get_text()
    with pytest.raises(ArgumentError, match=r"^correlation: "):
        figures.correlation_mixture(none)


def test_effective_orders_stand_at_their_values():
    three = [replace(results.correlation(), effective_order=float(p)) for p in (2, 3, 4)]
    ax = figures.effective_order_sweep([three, three[::-1]], [8, 16, 32], labels=["a", "b"])
    np.testing.assert_array_equal([c.lines[0].get_ydata() for c in ax.containers], [[2, 3, 4], [4, 3, 2]])
    np.testing.assert_array_equal(ax.containers[0].lines[0].get_xdata(), [8, 16, 32])
    assert ax.get_xscale() == "log"
    assert figures.effective_order_sweep(three, [1, 2, 3]).get_xscale() == "linear"


def test_profiles_are_drawn_with_the_exact_mean_of_the_glass_from_the_start_at_the_left():
    glass = results.profile(results.glass)
    figure = figures.overlap_profiles([results.profile(), glass], orders=(None, 3))
    assert [ax.get_xlim() for ax in figure.axes] == [(1.02, 0)] * 3
    (exact,) = (line for line in figure.axes[1].lines if "exact" in str(line.get_label()))
    q, energy = exact.get_data()
    np.testing.assert_allclose(energy, glass.start.mean() * q**3)
    assert not any("exact" in str(line.get_label()) for line in figure.axes[0].lines)
    (drawn,) = (c for c in figure.axes[2].containers if c.get_label() == "glass")
    np.testing.assert_array_equal(drawn[0].get_ydata(), glass.rise)


def means_of_sizes():
    """Means over instances alone, as the page of a glass draws them for each number of spins."""
    scaling = results.scaling()
    rows = zip(scaling.energies, scaling.energy_error, strict=True)
    return [SimpleNamespace(times=scaling.times, mean=mean, error=error) for mean, error in rows]


def test_a_number_of_spins_has_one_colour_in_all_figures_of_descent():
    drawn = [figures.descent_curve(means_of_sizes()), figures.descent_approach(results.scaling())]
    colours = [[to_hex(line.get_color()) for line in ax.lines] for ax in drawn]
    assert len(colours[0]) == 2
    assert colours[0] == colours[1]


WITH_LEVELS = {
    "descent_curve": means_of_sizes,
    "descent_approach": results.scaling,
    "descent_sizes": results.scaling,
    "energy_temperature": results.exchange,
    "overlap_distribution_curves": results.exchange,
}


@pytest.mark.parametrize("levels", [3, [-1.6], "low", {"low": "deep"}, {1: -1.6}, {"low": np.nan}])
@pytest.mark.parametrize("name", WITH_LEVELS)
def test_levels_are_names_with_numbers(name, levels):
    draw, result = getattr(figures, name), WITH_LEVELS[name]()
    texts = [text.get_text() for text in draw(result, levels={"$-E_0$": -0.5}).texts]
    assert "$-E_0$" in texts
    with pytest.raises(ArgumentError, match=r"^levels: "):
        draw(result, levels=levels)


@pytest.mark.parametrize("power", [0, -1.0, np.nan, "1", None])
def test_the_power_of_the_approach_is_positive(power):
    with pytest.raises(ArgumentError, match=r"^power: "):
        figures.descent_approach(results.scaling(), power=power)


def test_one_result_and_a_sequence_of_one_draw_the_same():
    line = results.line()
    assert figures.svg_text(figures.line_profile(line)) == figures.svg_text(figures.line_profile([line]))


def test_a_trajectory_of_an_ensemble_is_that_of_one_replica():
    trained = results.ensemble()
    of_rows = sl.trajectory_plane(results.landscape(), trained.snapshots[2], n=3)
    of_ensemble = sl.trajectory_plane(results.landscape(), trained, n=3, replica=2)
    np.testing.assert_array_equal(of_rows.values, of_ensemble.values)
    with pytest.raises(ArgumentError, match=r"^replica: "):
        sl.trajectory_plane(results.landscape(), trained, n=3, replica=6)
    without = sl.train(results.network(), results.data(), 2, epochs=1)
    with pytest.raises(ArgumentError, match=r"^trajectory: .*snapshots"):
        sl.trajectory_plane(results.landscape(), without, n=3)
    assert whole(figures.plane_contour(of_rows)).axes


def test_subspaces_in_which_all_replicas_diverged_are_drawn():
    found = results.dimension()
    nothing = {name: np.full_like(getattr(found, name), np.nan) for name in ("accuracy", "train_loss", "test_loss")}
    lost = replace(found, **nothing, success=np.zeros_like(found.success), crossing=np.full(2, np.nan))
    assert figures.svg_text(figures.dimension_curve(lost), title="lost").endswith("</svg>")
