"""Figures of critical points draw what they are given."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from spinland import SphericalSpinGlass, critical_point_counts, critical_points, figures
from spinland.errors import ArgumentError

COUNTS = SimpleNamespace(
    n_spins=4,
    mean=np.array([2.0, 3.0, 3.5, 2.5]),
    error=np.full(4, 0.1),
    mean_total=11.0,
    total_error=0.3,
    n_complete=9,
    n_instances=10,
)
CRITICAL = SimpleNamespace(
    n_spins=3,
    energy=np.array([-1.64, -1.0, 0.0, 0.5, 1.2]),
    index=np.array([0, 0, 1, 1, 2]),
    eigenvalues=np.ones((5, 2)),
)


def test_index_energy_draws_points_layers_and_threshold():
    figure = figures.index_energy(CRITICAL, layers=[-1.657, -1.653], threshold=-1.633)
    by_label = {ax.get_ylabel(): ax for ax in figure.axes}
    top, main, stairs = (by_label[label] for label in ("points", r"index$\,/\,(N-1)$", "index"))
    (rug, mean, *lines) = main.get_lines()
    np.testing.assert_array_equal(rug.get_xdata(), CRITICAL.energy)
    np.testing.assert_array_equal(rug.get_ydata(), CRITICAL.index / 2)
    np.testing.assert_allclose(mean.get_xdata(), [-1.32, 0.25, 1.2])
    assert sorted(line.get_xdata()[0] for line in lines) == [-1.657, -1.633, 1.633]
    assert sum(patch.get_height() for patch in top.patches) == 5
    steps = [line.get_xdata().tolist() for line in stairs.get_lines()[:2]]
    assert steps == [[-1.657, -1.633], [-1.653, -1.633]]
    assert main.get_xlabel() == figures.ENERGY


def test_index_energy_needs_no_theory_and_takes_a_figure():
    mine = Figure()
    assert figures.index_energy(CRITICAL, mine) is mine
    assert len(mine.axes) == 3
    with pytest.raises(ArgumentError, match=r"^critical: "):
        figures.index_energy(
            SimpleNamespace(n_spins=3, energy=np.empty(0), index=np.empty(0), eigenvalues=np.empty((0, 2)))
        )


def test_index_counts_draws_means_errors_and_theory():
    exact = [2.1, 3.1, 3.1, 2.1]
    ax = figures.index_counts(COUNTS, theory=exact)
    curves = [np.asarray(line.get_ydata()) for line in ax.get_lines()]
    assert any(len(c) == 4 and np.allclose(c, exact) for c in curves)
    assert any(len(c) == 4 and np.allclose(c, COUNTS.mean) for c in curves)
    text = " ".join(t.get_text() for t in ax.get_legend().get_texts())
    assert "9 complete" in text
    assert "11.00 ± 0.30" in text
    both = figures.index_counts([COUNTS, COUNTS], theory=[exact, exact], labels=["a", "b"])
    assert "b: " in both.get_legend().get_texts()[-1].get_text()


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"counts": []}, "counts"),
        ({"counts": COUNTS, "theory": [1.0, 2.0]}, "theory"),
        ({"counts": [COUNTS, COUNTS], "theory": [[1.0, 2.0, 3.0, 4.0]]}, "theory"),
        ({"counts": COUNTS, "labels": ["a", "b"]}, "labels"),
    ],
)
def test_bad_input(arguments, argument):
    with pytest.raises(ArgumentError, match=f"^{argument}: "):
        figures.index_counts(**arguments)


def test_points_and_counts_are_told_apart():
    glass = SphericalSpinGlass(3, 3, seed=1)
    points, counts = critical_points(glass), critical_point_counts(3, 3, 2)
    with pytest.raises(ArgumentError, match=r"^critical: expected a CriticalPoints, got CriticalCounts"):
        figures.index_energy(counts)
    with pytest.raises(ArgumentError, match=r"^counts: expected a CriticalCounts"):
        figures.index_counts([counts, points])
    assert figures.index_energy(points).axes
    assert figures.index_counts(counts).has_data()
