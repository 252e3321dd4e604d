"""Figures draw results as they are: the right numbers at the right place, labelled, disturbing nothing."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.text import Text
from mpl_toolkits.mplot3d import Axes3D

from spinland import figures
from spinland.errors import ArgumentError, FileError
from spinland.figures.hierarchy import branches
from spinland.figures.inputs import mean_error
from spinland.formatting import plus_minus
from spinland.statistics.histograms import histogram_bins
from tests.unit import synthetic_results as synthetic

ROWS = [("replicas", 0.041, 0.003), ("shuffled distances", 0.082, 0.004)]
WALKS = [synthetic.walk(sigma, n_walkers=8, n_steps=30) for sigma in (0.1, 0.01)]
SWAPS = [synthetic.swap(width, n_trials=5) for width in (64, 128)]
STATISTICS = [synthetic.statistics(width, n_replicas=20) for width in (64, 128)]
LINES = [synthetic.line("from the start", batch=4), synthetic.line("between solutions")]
ORDERS = [synthetic.correlation(order) for order in (2, 3, 4)]
NO_MIXTURE = SimpleNamespace(**{**vars(ORDERS[0]), "mixture": np.full(12, np.nan)})

ONE_PANEL = {
    "walk_fan": lambda ax: figures.walk_fan(WALKS, ax),
    "walk_fan accuracy": lambda ax: figures.walk_fan(
        WALKS, ax, quantity="accuracy", versus="distance", n_shown=2
    ),
    "swap_curves": lambda ax: figures.swap_curves(SWAPS[0], ax),
    "swap_curves accuracy": lambda ax: figures.swap_curves(SWAPS[0], ax, quantity="accuracy"),
    "swap_curves many": lambda ax: figures.swap_curves(synthetic.swap(swaps=range(31)), ax, log=True),
    "swap_barrier": lambda ax: figures.swap_barrier(SWAPS, ax),
    "barrier_width": lambda ax: figures.barrier_width(SWAPS, ax, n_swaps=[4, 16]),
    "barrier_width share": lambda ax: figures.barrier_width(SWAPS, ax, fraction=0.125),
    "distance_histogram": lambda ax: figures.distance_histogram(STATISTICS, ax, labels=["narrow", "wide"]),
    "distance_histogram relative": lambda ax: figures.distance_histogram(STATISTICS, ax, relative=True),
    "width_spread": lambda ax: figures.width_spread(STATISTICS, [64, 128], ax, guide=-0.5),
    "overlap_histogram": lambda ax: figures.overlap_histogram(synthetic.overlap_distribution(), ax),
    "ultrametricity_null": lambda ax: figures.ultrametricity_null(synthetic.ultrametricity(), ax),
    "ultrametricity_null rows": lambda ax: figures.ultrametricity_null(ROWS, ax, label="number"),
    "plane_contour": lambda ax: figures.plane_contour(synthetic.plane(), ax),
    "plane_contour accuracy": lambda ax: figures.plane_contour(synthetic.plane(), ax, quantity="accuracy"),
    "plane_contour path": lambda ax: figures.plane_contour(synthetic.plane(trajectory=True), ax, log=False),
    "plane_contour glass": lambda ax: figures.plane_contour(
        synthetic.plane(kind="glass"), ax, value_label=figures.ENERGY
    ),
    "line_profile": lambda ax: figures.line_profile(LINES, ax),
    "line_profile accuracy": lambda ax: figures.line_profile(LINES, ax, quantity="accuracy"),
    "correlation_curve": lambda ax: figures.correlation_curve(synthetic.correlation(), ax),
    "effective_order_sweep": lambda ax: figures.effective_order_sweep(ORDERS, [8, 16, 32], ax),
}

SEVERAL_PANELS = {
    "walk_ruggedness": lambda figure: figures.walk_ruggedness(
        [synthetic.ruggedness(1.0), synthetic.ruggedness(0.05)], figure, labels=["a", "b"]
    ),
    "dendrogram_matrix": lambda figure: figures.dendrogram_matrix(
        synthetic.hierarchy(synthetic.solutions(20)), figure
    ),
    "dendrogram_matrix many": lambda figure: figures.dendrogram_matrix(
        synthetic.hierarchy(synthetic.solutions(160, dim=50), "single", "cosine"), figure
    ),
    "plane_surface": lambda figure: figures.plane_surface(synthetic.plane(), figure),
    "plane_surface glass": lambda figure: figures.plane_surface(synthetic.plane(kind="glass"), figure),
    "line_panels": lambda figure: figures.line_panels(LINES, figure),
    "line_panels glass": lambda figure: figures.line_panels([synthetic.line("", accuracy=False)], figure),
    "training_history": lambda figure: figures.training_history(synthetic.ensemble(n_diverged=2), figure),
    "training_history regression": lambda figure: figures.training_history(
        synthetic.ensemble(classification=False), figure
    ),
    "correlation_mixture": lambda figure: figures.correlation_mixture(ORDERS[:2], figure, labels=["a", "b"]),
    "overlap_profiles": lambda figure: figures.overlap_profiles(
        [synthetic.profile(), synthetic.profile("energy")], figure
    ),
    "plane_pair": lambda figure: figures.plane_pair(
        [synthetic.plane(), synthetic.plane(kind="glass")], figure
    ),
    "plane_pair contours": lambda figure: figures.plane_pair(
        [synthetic.plane(), synthetic.plane(kind="glass")], figure, surfaces=False
    ),
    "line_pair": lambda figure: figures.line_pair(
        [LINES[0], synthetic.line("", batch=3, accuracy=False)], figure
    ),
    "hierarchy_pair": lambda figure: figures.hierarchy_pair(
        [synthetic.hierarchy(synthetic.solutions(n)) for n in (12, 20)],
        [synthetic.overlap_distribution(seed) for seed in (0, 1)],
        figure=figure,
    ),
    "flatness_batch": lambda figure: figures.flatness_batch(
        synthetic.batch_comparison(), figure, kind="walk"
    ),
}


def unlabelled(figure):
    """Axes that show numbers and do not say of what."""
    figure.draw_without_rendering()
    missing = []
    for ax in figure.axes:
        for axis in (
            getattr(ax, name) for name in ("xaxis", "yaxis", "zaxis") if hasattr(ax, name) and ax.axison
        ):
            labels = [label for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)]
            numbers = [
                label for label in labels if label.get_visible() and any(map(str.isdigit, label.get_text()))
            ]
            if numbers and not axis.get_label_text():
                missing.append(axis)
    return missing


@pytest.mark.parametrize("name", ONE_PANEL)
def test_one_panel_draws_on_new_and_given_axes(name):
    before = dict(matplotlib.rcParams)
    ax = ONE_PANEL[name](None)
    assert isinstance(ax, Axes)
    assert ax.get_xlabel()
    assert ax.get_ylabel() or name.startswith("ultrametricity_null")
    assert ax.has_data()
    assert not unlabelled(ax.figure)
    mine = Figure(figsize=(8, 6)).add_subplot()
    assert ONE_PANEL[name](mine) is mine
    assert mine.has_data()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", SEVERAL_PANELS)
def test_several_panels_draw_on_new_and_given_figures(name):
    before = dict(matplotlib.rcParams)
    figure = SEVERAL_PANELS[name](None)
    assert isinstance(figure, Figure)
    assert not unlabelled(figure)
    assert any(ax.get_xlabel() for ax in figure.axes)
    mine = Figure(figsize=(12, 7), layout="constrained")
    halves = mine.subfigures(1, 2)
    assert SEVERAL_PANELS[name](halves[0]) is halves[0]
    assert len(mine.axes) == len(figure.axes)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", [*ONE_PANEL, *SEVERAL_PANELS])
def test_a_wrong_object_is_refused_by_name(name):
    draw = getattr(figures, name.split()[0])
    extra = {"width_spread": ([1],), "hierarchy_pair": (synthetic.overlap_distribution(),)}.get(
        name.split()[0], ()
    )
    with pytest.raises(ArgumentError, match=r": expected an? \w+.*got Wrong\("):
        draw(Wrong(), *extra)


GLASS_FIGURES = (
    "descent_curve", "ageing_curves", "ageing_beside_theory", "descent_approach", "descent_sizes", "energy_temperature",
    "index_counts", "index_energy", "mapping_assumptions", "overlap_distribution_curves", "complexity_curves",
    "critical_points_depth", "minima_energies",
)  # fmt: skip
SCALING = SimpleNamespace(
    sizes=np.array([10, 20, 40]), times=np.array([0.5, 1.0, 2.0]), energies=-np.ones((3, 3)),
    energy_error=np.full((3, 3), 0.1), minima=-np.ones(3), minima_error=np.full(3, 0.1), lowest=-np.ones(3),
    lowest_error=np.full(3, 0.1), n_starts=2,
)  # fmt: skip
FLOWS = [SimpleNamespace(times=SCALING.times, mean=-np.ones(3), error=np.full(3, 0.1)) for _ in range(3)]
EXCHANGE = SimpleNamespace(
    temperatures=np.array([0.5, 1.0]), mean=-np.ones(2), error=np.full(2, 0.1), swap_acceptance=np.ones(1),
    overlap_density=lambda bins, folded: (np.linspace(-1, 1, bins + 1), np.ones((2, bins)), np.ones((2, bins))),
)  # fmt: skip
WITH_LEVELS = {
    "descent_curve": FLOWS, "descent_approach": SCALING, "descent_sizes": SCALING, "energy_temperature": EXCHANGE,
    "overlap_distribution_curves": EXCHANGE,
}  # fmt: skip


@pytest.mark.parametrize("wrong", [None, object()], ids=["none", "object"])
@pytest.mark.parametrize("name", GLASS_FIGURES)
def test_figures_of_glasses_refuse_a_wrong_object_by_name(name, wrong):
    extra = (wrong,) if name == "ageing_beside_theory" else ()
    with pytest.raises(ArgumentError, match=r": expected an? \w+.*, got (None|<object)"):
        getattr(figures, name)(wrong, *extra)


@pytest.mark.parametrize("levels", [3, [-1.6], "low", {"low": "deep"}, {1: -1.6}, {"low": np.nan}])
@pytest.mark.parametrize("name", WITH_LEVELS)
def test_levels_are_names_with_numbers(name, levels):
    assert getattr(figures, name)(WITH_LEVELS[name], levels={"$-E_0$": -0.5}).has_data()
    with pytest.raises(ArgumentError, match=r"^levels: "):
        getattr(figures, name)(WITH_LEVELS[name], levels=levels)


@pytest.mark.parametrize("power", [0, -1.0, np.nan, "1", None])
def test_the_power_of_the_approach_is_positive(power):
    with pytest.raises(ArgumentError, match=r"^power: "):
        figures.descent_approach(SCALING, power=power)


def test_a_number_of_spins_has_one_colour_in_all_figures_of_descent():
    drawn = [figures.descent_curve(FLOWS), figures.descent_approach(SCALING)]
    colours = [[line.get_color() for line in ax.lines] for ax in drawn]
    np.testing.assert_array_equal(*colours)


@pytest.mark.parametrize("drawn", [3, None, "axes"])
def test_what_is_no_figure_is_not_saved(tmp_path, drawn):
    with pytest.raises(ArgumentError, match=r"^drawn: "):
        figures.save_figure(drawn, tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


class Wrong:
    """An object with nothing that a figure wants."""

    def __repr__(self):
        return "Wrong()"


def test_profiles_are_drawn_with_the_exact_mean_of_the_glass_from_the_start_at_the_left():
    glass = synthetic.profile("energy")
    figure = figures.overlap_profiles([synthetic.profile(), glass], orders=(None, 3))
    assert [ax.get_xlim() for ax in figure.axes] == [(1.02, 0)] * 3
    (exact,) = (line for line in figure.axes[1].lines if "exact" in str(line.get_label()))
    q, energy = exact.get_data()
    np.testing.assert_allclose(energy, -1.6 * q**3)
    assert not any("exact" in str(line.get_label()) for line in figure.axes[0].lines)
    (drawn,) = (c for c in figure.axes[2].containers if c.get_label() == "glass")
    np.testing.assert_array_equal(drawn[0].get_ydata(), glass.rise)


def test_histograms_of_overlaps_beside_each_other_share_one_scale():
    figure = SEVERAL_PANELS["hierarchy_pair"](None)
    scales = {ax.get_xlim() for ax in figure.axes if ax.get_ylabel() == "$P(q)$"}
    assert len(scales) == 1


def test_the_check_of_labels_finds_a_missing_one():
    ax = figures.swap_barrier(SWAPS)
    ax.set_ylabel("")
    assert unlabelled(ax.figure) == [ax.yaxis]


def test_contours_of_a_rectangular_plane_stand_where_their_values_belong():
    a, b = np.linspace(0.0, 3.0, 31), np.linspace(-1.0, 1.0, 11)
    tall = np.exp(-((a[:, None] - 2.4) ** 2) / 0.02 - (b[None, :] + 0.6) ** 2 / 0.02)
    plane = synthetic.plane()
    plane.a, plane.b, plane.values, plane.points = a, b, tall - 5.0, None
    ax = figures.plane_contour(plane)
    (filled,) = (c for c in ax.collections if getattr(c, "filled", False))
    peak = [path for path in filled.get_paths() if len(path.vertices)][-1].vertices
    np.testing.assert_allclose(peak.mean(axis=0), (2.4, -0.6), atol=0.05)
    assert ax.get_xlim() == (0.0, 3.0)
    assert ax.get_ylim() == (-1.0, 1.0)
    assert ax.get_aspect() == 1


def test_surface_of_a_rectangular_plane_stands_where_its_values_belong(monkeypatch):
    drawn = []
    original = Axes3D.plot_surface
    monkeypatch.setattr(
        Axes3D, "plot_surface", lambda *args, **kw: drawn.append(args) or original(*args, **kw)
    )
    plane = synthetic.plane(na=9, nb=5)
    plane.values = np.full((9, 5), -3.0)
    plane.values[7, 1] = -1.0
    figures.plane_surface(plane)
    x, y, z = (array.ravel() for array in drawn[0][1:])
    assert z.max() == -1.0
    assert (x[np.argmax(z)], y[np.argmax(z)]) == (plane.a[7], plane.b[1])


def test_levels_are_logarithmic_over_large_positive_ranges_only():
    wide = figures.plane_contour(synthetic.plane())
    glass = figures.plane_contour(synthetic.plane(kind="glass"))
    levels = [next(c for c in ax.collections if getattr(c, "filled", False)).levels for ax in (wide, glass)]
    ratios, steps = levels[0][2:-1] / levels[0][1:-2], np.diff(levels[1])
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-6)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    with pytest.raises(ArgumentError, match="log"):
        figures.plane_contour(synthetic.plane(kind="glass"), log=True)


@pytest.mark.parametrize("value", [0.0, -1.5, 2.0])
def test_a_constant_plane_and_one_with_holes_draw(value):
    plane = synthetic.plane(na=5, nb=4)
    plane.values = np.full((5, 4), value)
    figures.svg_text(figures.plane_contour(plane))
    figures.svg_text(figures.plane_surface(plane))
    plane.values[2, 1], plane.values[0, 0] = np.nan, value + 1
    figures.svg_text(figures.plane_contour(plane))


def test_the_fan_draws_means_in_the_order_of_sigma():
    ax = figures.walk_fan(WALKS, spread=False)
    assert [line.get_label() for line in ax.lines] == [r"$\sigma$ = 0.01", r"$\sigma$ = 0.1"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), WALKS[0].mean)
    half = WALKS[0].mean + WALKS[0].error
    top = ax.collections[1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(half.max())


def test_the_fan_shows_the_spread_of_the_walkers_beside_the_error():
    ax = figures.walk_fan(WALKS[0])
    pale, dark = (area.get_paths()[0].vertices[:, 1] for area in ax.collections)
    low, high = np.percentile(WALKS[0].values, (16, 84), axis=0)
    assert (pale.min(), pale.max()) == (pytest.approx(low.min()), pytest.approx(high.max()))
    assert dark.max() == pytest.approx((WALKS[0].mean + WALKS[0].error).max())
    assert "68 %" in ax.get_legend().get_title().get_text()
    assert len(figures.walk_fan(WALKS[0], spread=False).collections) == 1


def flow(samples, **fields):
    """Descent with energies of starts, or of instances and their starts."""
    means = samples.mean(axis=1) if samples.ndim == 3 else samples
    mean, error = mean_error(means)
    times = np.arange(1.0, samples.shape[-1] + 1)
    return SimpleNamespace(times=times, energies=samples, mean=mean, error=error, **fields)


RUNS = np.random.default_rng(3).normal(size=(5, 4, 6))
SPREAD = {
    "walk_fan": (figures.walk_fan, WALKS[0], "walkers"),
    "line_profile": (figures.line_profile, LINES[0], "lines"),
    "line_panels": (figures.line_panels, LINES[0], "lines"),
    "line_pair": (figures.line_pair, [LINES[0], LINES[0]], "lines"),
    "swap_curves": (figures.swap_curves, SWAPS[0], "trials"),
    "swap_barrier": (figures.swap_barrier, SWAPS, "trials"),
    "barrier_width": (lambda swaps, **k: figures.barrier_width(swaps, n_swaps=4, **k), SWAPS, "trials"),
    "training_history": (figures.training_history, synthetic.ensemble(n_diverged=2), "replicas"),
    "flatness_batch": (figures.flatness_batch, synthetic.batch_comparison(), "replicas"),
    "descent_curve": (figures.descent_curve, flow(RUNS), "instances"),
    "descent_curve one": (figures.descent_curve, flow(RUNS[0]), "starts"),
    "descent_curve warm": (figures.descent_curve, flow(RUNS[0], temperature=0.4), "walkers"),
}


def pale(drawn):
    """Pale bands of a figure."""
    figure = drawn.figure if isinstance(drawn, Axes) else drawn
    return [area for ax in figure.axes for area in ax.collections if area.get_alpha() == 0.12]


def words(drawn):
    figure = drawn.figure if isinstance(drawn, Axes) else drawn
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def test_every_figure_that_can_draw_a_spread_has_a_case():
    with_spread = {
        name for name in figures.__all__
        if callable(draw := getattr(figures, name)) and "spread" in inspect.signature(draw).parameters
    }  # fmt: skip
    assert with_spread == {name.split()[0] for name in SPREAD}


@pytest.mark.parametrize("name", SPREAD)
def test_the_spread_is_drawn_and_told_beside_the_error_unless_it_is_switched_off(name):
    draw, result, whose = SPREAD[name]
    shown, without = draw(result), draw(result, spread=False)
    assert len(pale(shown)) > 0
    assert f"mean ± error\n(pale: 68 % of {whose})" in words(shown).replace("error (pale", "error\n(pale")
    assert not pale(without)
    assert "68 %" not in words(without)
    with pytest.raises(ArgumentError, match=r"^spread: "):
        draw(result, spread="yes")


def test_the_spread_lies_between_percentiles_of_what_the_error_is_over():
    for samples, those in ((RUNS, RUNS.mean(axis=1)), (RUNS[0], RUNS[0])):
        (area,) = pale(figures.descent_curve(flow(samples)))
        low, high = np.percentile(those, (16, 84), axis=0)
        height = area.get_paths()[0].vertices[:, 1]
        assert (height.min(), height.max()) == (pytest.approx(low.min()), pytest.approx(high.max()))
    few = flow(RUNS.copy())
    few.energies[:3, 0, 4] = np.nan  # two instances are left at one time: no percentiles of them
    (area,) = pale(figures.descent_curve(few))
    assert not any((path.vertices[:, 0] == 5.0).any() for path in area.get_paths())
    assert not pale(figures.descent_curve(flow(RUNS[:2])))
    assert not pale(figures.descent_curve(FLOWS))  # means without what they are of


def test_the_spread_of_barriers_at_one_place_is_seen():
    one = [swap for swap in SWAPS if swap.width == 64]
    (bar,) = (c for c in pale(figures.barrier_width(one, n_swaps=4)) if isinstance(c, LineCollection))
    trials = one[0].barrier[one[0].swaps.index(4)]
    np.testing.assert_allclose(bar.get_segments()[0][:, 1], np.percentile(trials, (16, 84)))


def test_errors_of_accuracies_are_over_origins_as_those_of_losses_are():
    origins = np.repeat([0, 1, 2], 4)
    offset = np.repeat([0.0, 0.1, 0.2], 4)  # trials of one origin are alike
    swap = synthetic.swap(swaps=(2,), n_trials=12)
    swap.accuracy = 0.5 + offset[None, :, None] + np.zeros_like(swap.values)
    walk = synthetic.walk(0.1, n_walkers=12, n_steps=5)
    walk.accuracy = 0.5 + offset[:, None] + np.zeros_like(walk.values)
    for draw, result in ((figures.swap_curves, swap), (figures.walk_fan, walk)):
        result.origin_index = origins
        (area,) = draw(result, quantity="accuracy", spread=False).collections
        half = 0.1 / np.sqrt(3)  # three independent means that are 0.1 apart
        assert np.ptp(area.get_paths()[0].vertices[:, 1]) == pytest.approx(2 * half)


@pytest.mark.parametrize("n", [3, 20, 100, 1000])
def test_the_bins_of_pairs_follow_the_number_of_replicas(n):
    bins = histogram_bins(n)
    assert 4 <= bins <= 40
    assert bins <= max(4, 0.5 * n)  # no more bins than replicas could fill
    item = SimpleNamespace(n_replicas=n, distances=np.linspace(1, 2, 99), mean_distance=1.5)
    drawn = figures.distance_histogram(item).patches
    assert {len(patch.get_data().values) for patch in drawn} == {bins}


def test_histograms_beside_each_other_have_no_fills():
    def filled(ax):
        return sum(patch.get_fill() for patch in ax.patches)

    assert filled(figures.distance_histogram(STATISTICS[0])) == 1
    assert filled(figures.distance_histogram(STATISTICS)) == 0
    assert filled(figures.overlap_histogram([synthetic.overlap_distribution(s) for s in (0, 1)])) == 0


def test_colour_bars_are_as_high_as_a_plane_of_fixed_aspect_and_have_a_tick_at_zero():
    figure = Figure(figsize=(3.0, 6.0), layout="constrained")
    plane = synthetic.plane(kind="glass")
    plane.values = np.linspace(-1.5, 0.3, plane.values.size).reshape(plane.values.shape)
    ax = figures.plane_contour(plane, figure.add_subplot(), equal=True)
    figure.draw_without_rendering()
    (bar,) = ax.child_axes
    np.testing.assert_allclose(bar.get_position().intervaly, ax.get_position().intervaly, atol=1e-6)
    assert np.abs(bar.get_yticks()).min() < 1e-12
    plane.values = np.linspace(0.2, 2.1, plane.values.size).reshape(plane.values.shape)
    (bar,) = figures.plane_contour(plane, log=True).child_axes
    np.testing.assert_allclose(bar.get_yticks(), [0.2, 0.3, 0.5, 0.7, 1, 2])


def test_the_measured_slope_is_drawn_with_its_error():
    widths = [16, 64, 256, 1024]
    items = [SimpleNamespace(relative_spread=m**-0.3, relative_spread_error=0.05 * m**-0.3) for m in widths]
    ax = figures.width_spread(items, widths)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert any("−0.300 ± 0.016" in text for text in told)
    assert not any("M^{-0.5}" in text for text in told)  # no guide that nobody asked for
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), [m**-0.3 for m in widths])
    assert figures.width_spread(items[:2], widths[:2]).get_legend() is None  # two points fit any law


def test_the_origin_of_a_plane_is_marked_once():
    def names(plane):
        return [text.get_text() for text in figures.plane_contour(plane).texts].count("origin")

    bare = synthetic.plane(trajectory=True)
    assert names(bare) == 0 or np.abs(bare.path).min() > 0
    bare.path, bare.points, bare.point_labels = None, None, ()
    bare.a_label = bare.b_label = ""
    assert names(bare) == int(bare.a.min() <= 0 <= bare.a.max() and bare.b.min() <= 0 <= bare.b.max())
    ax = figures.plane_contour(bare)
    assert ("direction 1" in ax.get_xlabel(), "direction 2" in ax.get_ylabel()) == (True, True)
    bare.points, bare.point_labels = np.zeros((1, 2)), ("origin",)
    assert names(bare) == 1


def test_planes_of_several_solutions_have_logarithmic_levels_from_a_smaller_ratio_on():
    three = synthetic.plane()
    three.values = np.linspace(0.2, 1.2, three.values.size).reshape(three.values.shape)
    three.points, three.point_labels = np.zeros((3, 2)), ("1", "2", "3")
    assert isinstance(figures.plane_contour(three).collections[0].norm, LogNorm)
    three.points, three.point_labels = None, ()
    assert not isinstance(figures.plane_contour(three).collections[0].norm, LogNorm)


def test_one_walker_has_no_band():
    walk = synthetic.walk(0.1, n_walkers=3, n_steps=10)
    walk.values, walk.accuracy, walk.distance = walk.values[:1], walk.accuracy[:1], walk.distance[:1]
    walk.mean, walk.error = walk.values[0], np.full(11, np.nan)
    assert not figures.walk_fan(walk).collections
    assert not figures.walk_fan(walk, quantity="accuracy").collections


def test_means_leave_out_nan_and_agree_with_numpy():
    samples = np.random.default_rng(1).normal(size=(7, 3))
    mean, error = mean_error(samples)
    np.testing.assert_allclose(mean, samples.mean(0))
    np.testing.assert_allclose(error, samples.std(0, ddof=1) / np.sqrt(7))
    samples[2] = np.nan
    np.testing.assert_allclose(mean_error(samples)[0], np.delete(samples, 2, 0).mean(0))
    assert np.isnan(mean_error(samples[2:3])).all()


def test_barriers_are_drawn_at_their_share():
    ax = figures.barrier_width(SWAPS, fraction=0.125)
    (line,) = (line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "o")
    np.testing.assert_array_equal(line.get_xdata(), [64, 128])
    expected = [swap.barrier_mean[swap.swaps.index(s)] for swap, s in zip(SWAPS, (8, 16), strict=True)]
    np.testing.assert_array_equal(line.get_ydata(), expected)


def test_brackets_of_the_dendrogram():
    linkage = np.array([[1.0, 2.0, 0.5, 2.0], [0.0, 3.0, 2.0, 3.0]])
    corners = branches(linkage, np.array([0, 2, 1]))
    np.testing.assert_array_equal(corners[0], [(2, 0), (2, 0.5), (1, 0.5), (1, 0)])
    np.testing.assert_array_equal(corners[1], [(0, 0), (0, 2), (1.5, 2), (1.5, 0.5)])
    short = branches(linkage, np.array([0, 2, 1]), stem=0.1)
    np.testing.assert_allclose(short[1], [(0, 1.9), (0, 2), (1.5, 2), (1.5, 0.5)])


def test_the_matrix_is_in_the_order_of_the_tree_and_the_axis_of_close_heights_is_cut():
    points = synthetic.solutions(12, apart=0.0, dim=4000)
    tree = synthetic.hierarchy(points)
    figure = figures.dendrogram_matrix(tree)
    shown = figure.axes[0].images[0].get_array()
    i, j = tree.order[3], tree.order[8]
    assert shown[3, 8] == pytest.approx(np.linalg.norm(points[i] - points[j]))
    assert np.ma.getmaskarray(shown).diagonal().all()
    side = figure.axes[2]
    assert "not from 0" in side.get_xlabel()
    assert 0 < side.get_xlim()[1] < tree.linkage[0, 2]
    (trees,) = (c for c in figure.axes[1].collections if isinstance(c, LineCollection))
    assert len(trees.get_segments()) == 11


def test_a_tree_without_distances_stands_alone_or_beside_a_given_matrix():
    tree = synthetic.hierarchy(synthetic.solutions(12, apart=3.0))
    tree.distances = None
    (alone,) = figures.dendrogram_matrix(tree).axes
    assert len(alone.collections[0].get_segments()) == 11
    assert alone.get_ylim()[0] == 0
    with pytest.raises(ArgumentError, match="shape"):
        figures.dendrogram_matrix(tree, matrix=np.eye(11))
    figure = figures.dendrogram_matrix(
        tree, matrix=np.random.default_rng(0).random((12, 12)), matrix_label="overlap"
    )
    assert figure.axes[2].get_xlim()[1] == 0


def test_diverged_replicas_are_left_out_of_the_history():
    ensemble = synthetic.ensemble(n_diverged=2)
    ensemble.train_loss[0] = 1e9
    figure = figures.training_history(ensemble)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), ensemble.train_loss[2:].mean(0))
    assert "2 diverged" in figure.axes[0].get_title(loc="left")
    assert len(figures.training_history(synthetic.ensemble(classification=False)).axes) == 1


def test_flatness_says_the_rank_correlation_and_scatters_every_replica():
    comparison = synthetic.batch_comparison()
    figure = figures.flatness_batch(comparison)
    assert "−0.780 ± 0.050" in figure.axes[2].get_title(loc="left")
    assert sum(len(line.get_xdata()) for line in figure.axes[2].lines) == comparison.test_accuracy.size


def test_flatness_without_accuracies_shows_the_test_loss():
    comparison = synthetic.batch_comparison(classification=False)
    figure = figures.flatness_batch(comparison)
    assert [ax.get_ylabel() for ax in figure.axes[1:]] == ["test loss $L$ (nats)"] * 2
    assert "minus the test loss" in figure.axes[2].get_title(loc="left")
    drawn = np.sort(np.concatenate([line.get_ydata() for line in figure.axes[2].lines]))
    np.testing.assert_array_equal(drawn, np.sort(comparison.test_loss.ravel()))


def test_null_models_stand_at_their_means():
    result = synthetic.ultrametricity()
    ax = figures.ultrametricity_null(result, measure="share")
    places = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in ("D", "o")]
    np.testing.assert_allclose(places, [result.share, *result.null_share.mean(1)])


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (12.345, 0.52, "12.35 ± 0.52"), (-0.78, 0.05, "−0.780 ± 0.050"), (3.0, np.nan, "3.00 (error unknown)"),
        (np.nan, 0.1, "not determined"), (1234.0, 210.0, "1230 ± 210"),
    ],
)  # fmt: skip
def test_numbers_carry_the_digits_of_their_errors(value, error, text):
    assert plus_minus(value, error) == text


@pytest.mark.parametrize(
    ("argument", "draw"),
    [
        ("walks", lambda: figures.walk_fan([])),
        ("quantity", lambda: figures.walk_fan(WALKS, quantity="energy")),
        ("versus", lambda: figures.walk_fan(WALKS, versus="time")),
        ("quantity", lambda: figures.plane_contour(synthetic.plane(kind="glass"), quantity="accuracy")),
        ("quantity", lambda: figures.swap_curves(synthetic.swap(accuracy=False), quantity="accuracy")),
        ("labels", lambda: figures.distance_histogram(STATISTICS, labels=["one"])),
        ("names", lambda: figures.plane_pair([synthetic.plane()], names=["a", "b"])),
        ("orders", lambda: figures.line_pair(LINES, orders=(None, 2))),
        ("orders", lambda: figures.overlap_profiles(synthetic.profile(), names=["a"], value_labels=["v"])),
        (
            "distributions",
            lambda: figures.hierarchy_pair(synthetic.hierarchy(synthetic.solutions(5)), [], names=["a"]),
        ),
        ("widths", lambda: figures.width_spread(STATISTICS, [64])),
        ("n_swaps", lambda: figures.barrier_width(SWAPS)),
        ("n_swaps", lambda: figures.barrier_width(SWAPS, n_swaps=3)),
        ("fraction", lambda: figures.barrier_width(SWAPS, fraction=0.4)),
        ("result", lambda: figures.ultrametricity_null(ROWS[:1])),
        ("measure", lambda: figures.ultrametricity_null(ROWS, measure="height")),
        ("kind", lambda: figures.flatness_batch(synthetic.batch_comparison(), kind="ball")),
        ("orders", lambda: figures.correlation_curve(synthetic.correlation(), orders=(0,))),
        ("values", lambda: figures.effective_order_sweep(ORDERS, [8, 16])),
        ("labels", lambda: figures.effective_order_sweep([ORDERS, ORDERS], [8, 16, 32], labels=["one"])),
        ("correlation", lambda: figures.correlation_mixture(NO_MIXTURE)),
    ],
)
def test_bad_arguments_are_named(argument, draw):
    with pytest.raises(ArgumentError, match=rf"^{argument}: "):
        draw()


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_files_are_the_same_bytes_again_and_are_not_overwritten(tmp_path, suffix):
    ax = figures.walk_fan(WALKS)
    first = figures.save_figure(ax, tmp_path / f"a.{suffix}")
    second = figures.save_figure(ax, tmp_path / f"b.{suffix}")
    anew = figures.save_figure(figures.walk_fan(WALKS), tmp_path / f"c.{suffix}")
    assert first.read_bytes() == second.read_bytes() == anew.read_bytes()
    with pytest.raises(ArgumentError, match="overwrite"):
        figures.save_figure(ax, first)
    figures.save_figure(figures.swap_barrier(SWAPS), first, overwrite=True)
    assert first.read_bytes() != second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{n}.{suffix}" for n in "abc"]


def test_unknown_suffixes_and_missing_folders_are_refused(tmp_path):
    ax = figures.swap_barrier(SWAPS)
    with pytest.raises(ArgumentError, match="path"):
        figures.save_figure(ax, tmp_path / "a.gif")
    with pytest.raises(FileError, match="cannot be written"):
        figures.save_figure(ax, tmp_path / "nowhere" / "a.svg")


def test_pictures_on_one_page_share_no_ids_and_need_nothing_from_outside():
    drawn = [figures.walk_fan(WALKS), figures.dendrogram_matrix(synthetic.hierarchy(synthetic.solutions(20)))]
    seen: set[str] = set()
    for one in drawn:
        text = figures.svg_text(one, title="loss < 1")
        assert text == figures.svg_text(one, title="loss < 1")
        root = ElementTree.fromstring(text)
        assert root.attrib["aria-label"] == "loss < 1"
        assert "<text" not in text
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert not seen & set(ids)
        seen |= set(ids)
        references = re.findall(r'href="([^"]{0,40})', text) + re.findall(r"url\(([^)]+)\)", text)
        assert references
        assert all(r.startswith("data:image/png") or r.lstrip("#") in ids for r in references)


def test_correlation_shows_its_mixture_and_weights():
    item = ORDERS[1]
    ax = figures.correlation_curve(item, orders=())
    curve = ax.lines[0]
    np.testing.assert_allclose(curve.get_ydata(), np.asarray(curve.get_xdata()) ** 3, atol=1e-12)
    assert len(figures.correlation_curve(NO_MIXTURE, orders=()).lines) == len(ax.lines) - 1
    right = figures.correlation_mixture(item).axes[1]
    np.testing.assert_allclose([bar.get_height() for bar in right.patches], item.mixture)
    assert "3.000 ± 0.040" in right.get_legend().get_texts()[0].get_text()


def test_effective_orders_stand_at_their_values():
    ax = figures.effective_order_sweep([ORDERS, ORDERS[::-1]], [8, 16, 32], labels=["a", "b"])
    np.testing.assert_array_equal([c.lines[0].get_ydata() for c in ax.containers], [[2, 3, 4], [4, 3, 2]])
    np.testing.assert_array_equal(ax.containers[0].lines[0].get_xdata(), [8, 16, 32])
    assert ax.get_xscale() == "log"
    assert figures.effective_order_sweep(ORDERS, [1, 2, 3]).get_xscale() == "linear"


def test_increments_without_spread_are_left_out():
    item = SimpleNamespace(**{**vars(synthetic.ruggedness(1.0)), "increment_std": 0.0})
    assert not figures.walk_ruggedness(item).axes[1].containers[0].lines[0].get_xdata().size


def test_figures_need_no_pyplot_and_spinland_needs_no_figures():
    code = (
        "import sys, spinland; assert 'matplotlib' not in sys.modules\n"
        "from spinland import figures; from types import SimpleNamespace as S; import numpy as np\n"
        "c = S(overlap=np.linspace(0, 1, 3), correlation=np.zeros(3), correlation_error=np.ones(3),"
        " mixture=np.full(2, np.nan))\n"
        "figures.svg_text(figures.correlation_curve(c)); assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_one_result_and_a_sequence_of_one_draw_the_same():
    line = SimpleNamespace(**vars(LINES[1]))
    assert figures.svg_text(figures.line_profile(line)) == figures.svg_text(figures.line_profile([line]))
