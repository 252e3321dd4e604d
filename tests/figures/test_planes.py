"""Planes: heights where they belong, levels, colour bars, marks."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from spinland import figures
from spinland.errors import ArgumentError
from tests.figures.looking import filled
from tests.oracles import results


def bare(a, b, values, **fields):
    """The plane of a loss with other heights and no marks."""
    nothing = {"points": None, "point_labels": (), "path": None, "path_values": None, "explained": None}
    accuracy = np.full(np.shape(values), np.nan)
    return replace(results.plane(), a=a, b=b, values=values, accuracy=accuracy, **(nothing | fields))


def with_range(plane, low, high):
    """A plane whose heights rise evenly from low to high."""
    return replace(plane, values=np.linspace(low, high, plane.values.size).reshape(plane.values.shape))


def test_contours_of_a_rectangular_plane_stand_where_their_values_belong():
    a, b = np.linspace(0.0, 3.0, 31), np.linspace(-1.0, 1.0, 11)
    tall = np.exp(-((a[:, None] - 2.4) ** 2) / 0.02 - (b[None, :] + 0.6) ** 2 / 0.02)
    ax = figures.plane_contour(bare(a, b, tall - 5.0))
    peak = [path for path in filled(ax).get_paths() if len(path.vertices)][-1].vertices
    np.testing.assert_allclose(peak.mean(axis=0), (2.4, -0.6), atol=0.05)
    assert ax.get_xlim() == (0.0, 3.0)
    assert ax.get_ylim() == (-1.0, 1.0)
    assert ax.get_aspect() == 1


def test_surface_of_a_rectangular_plane_stands_where_its_values_belong(monkeypatch):
    drawn = []
    original = Axes3D.plot_surface
    monkeypatch.setattr(Axes3D, "plot_surface", lambda *args, **kw: drawn.append(args) or original(*args, **kw))
    values = np.full((9, 5), -3.0)
    values[7, 1] = -1.0
    plane = bare(np.linspace(-1, 1, 9), np.linspace(-1, 0.8, 5), values)
    figures.plane_surface(plane)
    x, y, z = (array.ravel() for array in drawn[0][1:])
    assert z.max() == -1.0
    assert (x[np.argmax(z)], y[np.argmax(z)]) == (plane.a[7], plane.b[1])


def test_levels_are_logarithmic_over_large_positive_ranges_only():
    plane, glass = results.plane(), results.plane(results.glass)
    assert glass.values.min() < 0
    x, y = plane.a[:, None], plane.b[None, :]
    deep = replace(plane, values=1e-3 + (x - 0.4) ** 2 + (y - 0.2) ** 2)
    levels = [filled(figures.plane_contour(of)).levels for of in (deep, glass)]
    ratios, steps = levels[0][2:-1] / levels[0][1:-2], np.diff(levels[1])
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-6)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    with pytest.raises(ArgumentError, match="log"):
        figures.plane_contour(glass, log=True)


@pytest.mark.parametrize("value", [0.0, -1.5, 2.0])
def test_a_constant_plane_and_one_with_holes_draw(value):
    values = np.full((5, 4), value)
    plane = bare(np.linspace(-1, 1.5, 5), np.linspace(-1, 0.8, 4), values)
    drawn = [figures.plane_contour(plane), figures.plane_surface(plane)]
    values[2, 1], values[0, 0] = np.nan, value + 1
    drawn.append(figures.plane_contour(replace(plane, values=values)))
    for figure in drawn:
        assert "<path" in figures.svg_text(figure)
    low, *_, high = filled(drawn[2]).levels
    assert low <= value < value + 1 <= high


def test_colour_bars_are_as_high_as_a_plane_of_fixed_aspect_and_have_a_tick_at_zero():
    figure = Figure(figsize=(3.0, 6.0), layout="constrained")
    plane = results.plane(results.glass)
    ax = figures.plane_contour(with_range(plane, -1.5, 0.3), figure.add_subplot(), equal=True)
    figure.draw_without_rendering()
    (bar,) = ax.child_axes
    np.testing.assert_allclose(bar.get_position().intervaly, ax.get_position().intervaly, atol=1e-6)
    assert np.abs(bar.get_yticks()).min() < 1e-12
    (bar,) = figures.plane_contour(with_range(plane, 0.2, 2.1), log=True).child_axes
    np.testing.assert_allclose(bar.get_yticks(), [0.2, 0.3, 0.5, 0.7, 1, 2])


def test_the_origin_of_a_plane_is_marked_once():
    def names(plane):
        return [text.get_text() for text in figures.plane_contour(plane).texts].count("origin")

    trajectory = results.trajectory()
    assert names(trajectory) == 0 or np.abs(trajectory.path).min() > 0
    a, b = np.linspace(-1, 1, 5), np.linspace(-1, 0.5, 4)
    x, y = a[:, None], b[None, :]
    plane = bare(a, b, 1 + x**2 + y**2, a_label="", b_label="")
    assert names(plane) == 1
    assert names(replace(plane, a=a + 2)) == 0  # it lies outside
    ax = figures.plane_contour(plane)
    assert ("direction 1" in ax.get_xlabel(), "direction 2" in ax.get_ylabel()) == (True, True)
    assert names(replace(plane, points=np.zeros((1, 2)), point_labels=("origin",))) == 1


def test_planes_of_several_solutions_have_logarithmic_levels_from_a_smaller_ratio_on():
    three = with_range(results.plane(), 0.2, 1.2)
    assert len(three.points) == 3
    assert isinstance(figures.plane_contour(three).collections[0].norm, LogNorm)
    none = replace(three, points=None, point_labels=())
    assert not isinstance(figures.plane_contour(none).collections[0].norm, LogNorm)


def test_names_cover_neither_points_nor_each_other_nor_the_edge():
    """Three points side by side and one in a corner: as they are drawn, no name lies on a point or on another name."""
    points = np.array([[0.40, 0.5], [0.47, 0.5], [0.54, 0.53], [1.0, 1.0]])
    names = ("epoch 15", "epoch 24", "epoch 30", "average")
    plane = bare(np.linspace(0, 1, 11), np.linspace(0, 1, 11), np.add.outer(np.arange(11.0), np.arange(11.0)))
    ax = figures.plane_contour(replace(plane, points=points, point_labels=names))
    ax.figure.draw_without_rendering()
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert set(names) <= set(boxes)
    marks, edge = ax.transData.transform(points), ax.get_window_extent().padded(2)
    for name in names:
        box = boxes[name]
        assert not [other for other, its in boxes.items() if other != name and box.overlaps(its)]
        assert not [place for place in marks if box.contains(*place)]
        assert edge.containsx(box.x0)
        assert edge.containsx(box.x1)
        assert edge.containsy(box.y1)


def test_the_label_of_a_colour_bar_stands_within_the_figure():
    """A square plane beside one that is a little wider than high."""
    square = bare(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), np.add.outer(np.arange(9.0), np.arange(9.0)))
    wide = replace(square, a=np.linspace(-1.8, 1.8, 9), b=np.linspace(-1.4, 1.95, 9))
    figure = figures.plane_pair([square, wide], value_labels=("energy per spin $H/N$",) * 2)
    figure.draw_without_rendering()
    for part in figure.subfigs[:2]:
        for ax in part.axes:
            assert ax.get_tightbbox().x1 <= figure.bbox.x1
