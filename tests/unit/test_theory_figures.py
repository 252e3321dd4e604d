"""Figures of the glass's theory put curves and levels where their numbers belong."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from spinland import figures
from spinland.chapters.theory.ageing import ageing_theory
from spinland.chapters.theory.card import theory_card
from spinland.chapters.theory.counts import depth_theory
from spinland.errors import ArgumentError

CARD, DEPTH = theory_card(3), depth_theory(500)
TIMES = np.array([0.0, 0.5, 1.0, 2.0])
THEORY = ageing_theory(3, 0.4, np.array([0.5, 2.0]), TIMES)
RUN = SimpleNamespace(
    times=TIMES,
    waiting_times=np.array([0.5, 2.0]),
    correlation=np.array([[1, 0.8, 0.6, 0.3], [1, 0.9, 0.8, 0.7]]),
    correlation_error=np.full((2, 4), 0.01),
    correlations=np.ones((1, 2, 4)),
)
MINIMA = [SimpleNamespace(values=np.linspace(-1.6, -1.4, 9), params=np.zeros((9, n))) for n in (20, 40)]

ON_AXES = {
    "critical_points_depth": lambda ax: figures.critical_points_depth(DEPTH, ax),
    "ageing_beside_theory": lambda ax: figures.ageing_beside_theory(RUN, THEORY, ax),
    "minima_energies": lambda ax: figures.minima_energies(MINIMA, ax, levels={"$-E_0$": -1.657, "$-E_1$": -1.6}),
}


@pytest.mark.parametrize("name", ON_AXES)
def test_panels_are_drawn_where_they_are_told_and_are_labelled(name):
    ax = Figure().add_subplot()
    assert ON_AXES[name](ax) is ax
    assert ON_AXES[name](None) is not ax
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert ax.get_legend() is not None or name == "minima_energies"  # whose rows are named by their ticks


def test_complexity_vanishes_at_the_levels_that_are_drawn():
    figure = figures.complexity_curves(CARD)
    near = figure.axes[1]
    for k in range(4):
        curve = next(line for line in near.lines if f"Theta_{{{k}}}" in str(line.get_label()))
        x, y = curve.get_data()
        zero = np.interp(0, y[y < 0.01], x[y < 0.01])  # rising there
        assert zero == pytest.approx(-CARD.layers[k], abs=1e-4)
        assert any(np.allclose(line.get_xdata(), -CARD.layers[k]) for line in near.lines)
    low, high = near.get_xlim()
    assert low < -CARD.ground_state < -CARD.threshold < high


def test_rings_stand_at_the_maxima():
    ax = figures.critical_points_depth(DEPTH)
    rings = [line for line in ax.lines if line.get_fillstyle() == "none"]
    tops = [DEPTH.depths[np.argmax(curve)] for curve in (DEPTH.log_complex, DEPTH.log_real)]
    assert [ring.get_xdata()[0] for ring in rings] == tops


def test_theory_has_the_colour_of_its_waiting_time():
    ax = figures.ageing_beside_theory(RUN, THEORY)
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    solid = [line for line in ax.lines if line.get_label() in ("0.5", "2")]
    for k in range(2):
        assert np.array_equal(dashed[k].get_color(), solid[k].get_color())
        assert np.array_equal(dashed[k].get_ydata(), THEORY.correlation[k][1:])
    plateau = next(line for line in ax.lines if "EA" in str(line.get_label()))
    assert plateau.get_ydata()[0] == THEORY.plateau


def test_histograms_hold_all_descents():
    ax = figures.minima_energies(MINIMA[0], n_bins=7)
    outline = ax.patches[-1].get_data()
    assert np.sum(outline.values * np.diff(outline.edges)) == pytest.approx(1)


def test_minima_of_several_numbers_of_spins_stand_in_rows_that_do_not_cross():
    ax = figures.minima_energies(MINIMA[::-1], levels={"$-E_0$": -1.657, r"$-E_\infty$": -1.633})
    outlines = [patch.get_data() for patch in ax.patches if not patch.get_fill()]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["20", "40"]
    for k, row in enumerate(outlines):
        assert row.baseline == k
        assert row.values.min() >= k
        assert row.values.max() == pytest.approx(k + 0.85)
        assert row.edges[0] < -1.6 < -1.4 < row.edges[-1]
    upright = [line for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]]
    assert [line.get_xdata()[0] for line in upright] == [-1.657, -1.633]
    assert all(tuple(line.get_ydata()) == (0, 1) for line in upright)  # through all rows


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda: figures.complexity_curves(DEPTH), "card"),
        (lambda: figures.critical_points_depth(CARD), "depth"),
        (lambda: figures.ageing_beside_theory(CARD, THEORY), "langevin"),
        (lambda: figures.ageing_beside_theory(THEORY, THEORY), "langevin"),
        (lambda: figures.ageing_beside_theory(RUN, None), "theory"),
        (lambda: figures.ageing_beside_theory(RUN, CARD), "theory"),
        (lambda: figures.minima_energies(MINIMA, levels=[-1.6]), "levels"),
        (lambda: figures.minima_energies([]), "minima"),
        (lambda: figures.minima_energies(MINIMA, n_bins=0), "n_bins"),
    ],
)
def test_wrong_objects_are_named(draw, named):
    with pytest.raises(ArgumentError, match=named):
        draw()
