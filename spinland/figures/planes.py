"""Two-dimensional slices of a landscape, as contours and as a surface."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import FigureBase
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from ..errors import ArgumentError
from .inputs import field_label, field_of, takes
from .placing import HALO, name_points
from .style import (
    DIVIDE,
    INK,
    PALETTE,
    SEQUENTIAL,
    canvas,
    context,
    dress,
    log_name,
    log_ticks,
    panel,
    value_bar,
    wants_log,
)

_N_LEVELS = 18
_BASINS = 4.0  # ratio of largest to smallest value from which planes of several solutions are logarithmic

Named = tuple[NDArray[np.float64], str]
"""A place on a plane and its name."""


def whole_grid(plane: Any) -> None:
    """Refuse a plane of one row: it has no contours."""
    if min(np.shape(plane.values)) < 2:
        raise ArgumentError(
            "plane", "two grid points or more along each axis (line draws a row)", f"{np.shape(plane.values)}"
        )


def filled_contours(ax: Axes, plane: Any, values: Any, levels: Any, norm: Any) -> Any:
    """Draw values (A, B) of a plane as filled contours with thin lines between them; what a colour bar wants."""
    field = np.ma.masked_invalid(values.T)  # matplotlib wants rows along the ordinate
    filled = ax.contourf(plane.a, plane.b, field, levels=levels, norm=norm, cmap=SEQUENTIAL)
    if len(levels) > 2:
        lines: dict[str, Any] = {"colors": "white", "linewidths": 0.5, "alpha": 0.6, "linestyles": "solid"}
        ax.contour(plane.a, plane.b, field, levels=levels[1:-1], **lines)
    return filled


@takes("Plane", "a", "b", "values", "path")
@context()
def plane_contour(
    plane: Any,
    ax: Axes | None = None,
    *,
    quantity: str = "loss",
    log: bool | None = None,
    equal: bool | None = None,
    value_label: str | None = None,
) -> Axes:
    """Filled contours of a plane, with its named points and the path of the trajectory.

    Parameters
    ----------
    plane : Plane
        ``values[i, j]`` is drawn at ``a[i]`` on the abscissa and ``b[j]`` on the ordinate.
    ax : Axes, optional
        Where to draw; a new figure if it is not given.
    quantity : {"loss", "accuracy"}
        What to draw.
    log : bool, optional
        Levels in equal ratios; by themselves if the loss is positive and spans a factor of 30, or of 4 where
        solutions are named: they lie deep below what is between them.
    equal : bool, optional
        One unit of a as long as one unit of b; by itself unless one range is more than twice the other.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the result carries.

    Returns
    -------
    Axes
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Unknown quantity, an accuracy that has no meaning here, or ``log`` of values that are not positive.
    """
    whole_grid(plane)
    values, label = field_of(plane, quantity), field_label([plane], quantity, value_label)
    a, b = np.asarray(plane.a, dtype=float), np.asarray(plane.b, dtype=float)
    use_log = is_logarithmic(plane, values, quantity, log)
    levels, norm = levels_of(values, use_log)
    aspect = np.ptp(b) / np.ptp(a)
    equal = bool(0.5 <= aspect <= 2) if equal is None else equal
    height = float(np.clip(4.5 * aspect, 2.4, 7.0)) if equal else 4.2
    ax = dress(panel(ax, (6.4, height + 0.7)), grid=False)
    filled = filled_contours(ax, plane, values, levels, norm)
    value_ticks(value_bar(ax, filled, label), levels, use_log)
    if equal:
        ax.set_aspect("equal")
    _path(ax, plane)
    named = [*_ends(plane), *_named_points(ax, plane), *_origin(ax, plane)]
    name_points(ax, [place for place, _ in named], [name for _, name in named], plane.path)
    ax.set_xlabel(axis_name(plane, 0))
    ax.set_ylabel(axis_name(plane, 1))
    return ax


@takes("Plane", "a", "b", "values", "path")
@context()
def plane_surface(
    plane: Any,
    figure: FigureBase | None = None,
    *,
    quantity: str = "loss",
    log: bool | None = None,
    value_label: str | None = None,
) -> FigureBase:
    """Surface of a plane in three dimensions, over its contours.

    Parameters
    ----------
    plane : Plane
        ``values[i, j]`` stands over ``a[i]``, ``b[j]``.
    figure : Figure or SubFigure, optional
        Where to draw; a new one if it is not given.
    quantity : {"loss", "accuracy"}
        What to draw.
    log : bool, optional
        Logarithmic height; by itself if the loss is positive and spans a factor of 30.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the result carries.

    Returns
    -------
    Figure or SubFigure
        Where it was drawn.

    Raises
    ------
    ArgumentError
        Unknown quantity, an accuracy that has no meaning here, or ``log`` of values that are not positive.
    """
    whole_grid(plane)
    values, label = field_of(plane, quantity), field_label([plane], quantity, value_label)
    use_log = is_logarithmic(plane, values, quantity, log)
    a, b = np.asarray(plane.a, dtype=float), np.asarray(plane.b, dtype=float)
    height = np.where(np.isfinite(values), values, np.nan)
    if use_log:
        height = np.log10(height)
    low, high = float(np.nanmin(height)), float(np.nanmax(height))
    span = high - low or abs(high) or 1.0
    figure = canvas(figure, (6.8, 5.2))
    ax: Any = figure.add_subplot(projection="3d")
    grid_a, grid_b = np.meshgrid(a, b, indexing="ij")
    ax.plot_surface(
        grid_a,
        grid_b,
        height,
        cmap=SEQUENTIAL,
        vmin=low,
        vmax=high if high > low else low + span,
        rcount=80,
        ccount=80,
        linewidth=0.15,
        edgecolor=(1, 1, 1, 0.35),
        antialiased=True,
    )
    floor = low - 0.35 * span
    if high > low:
        ax.contour(grid_a, grid_b, height, levels=12, cmap=SEQUENTIAL, zdir="z", offset=floor, linewidths=0.9)
    ax.set_zlim(floor, high)
    ax.set_xlabel(axis_name(plane, 0), labelpad=8)
    ax.set_ylabel(axis_name(plane, 1), labelpad=8)
    ax.set_zlabel(label, labelpad=8)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_pane_color((0.97, 0.97, 0.97, 1.0))
    _height_ticks(ax, low, high, use_log)
    ax.tick_params(labelsize=9.0, colors=INK)
    ax.view_init(elev=32, azim=-55)
    ax.set_box_aspect((1, 1, 0.72), zoom=0.94)  # room for labels, which the layout does not see
    return figure


def is_logarithmic(plane: Any, values: NDArray[np.float64], quantity: str, log: bool | None) -> bool:
    """Whether the levels shall be in equal ratios."""
    if log and not (values[np.isfinite(values)] > 0).all():
        raise ArgumentError("log", "positive values for a logarithmic scale", f"smallest {np.nanmin(values):g}")
    ratio = _BASINS if plane.points is not None and len(plane.points) > 1 else DIVIDE
    return bool(log) if log is not None else quantity == "loss" and wants_log(values, ratio)


def levels_of(values: NDArray[np.float64], use_log: bool) -> tuple[NDArray[np.float64], Normalize]:
    """Increasing levels that hold all finite values, and the norm of their colours."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        half = 0.01 * abs(low) or 0.01
        return np.array([low - half, high + half]), Normalize(low - half, high + half)
    if use_log:
        levels = np.geomspace(low, high, _N_LEVELS)
        levels[[0, -1]] = low * (1 - 1e-9), high * (1 + 1e-9)  # rounding must not leave the extremes blank
        return levels, LogNorm(levels[0], levels[-1])
    levels = np.asarray(MaxNLocator(_N_LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    return levels, Normalize(levels[0], levels[-1])


def value_ticks(bar: Any, levels: NDArray[np.float64], use_log: bool) -> None:
    """Round numbers on the colour bar, not the levels themselves."""
    if use_log:
        ticks = log_ticks(levels[0], levels[-1])
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.set_ticks(ticks, labels=[log_name(t) for t in ticks])
    elif len(levels) > 2:
        # Multiples of the same number of steps, so that 0 is a tick where it is in sight.
        places = np.round(levels / (levels[1] - levels[0])).astype(int)
        bar.set_ticks(levels[places % max(1, len(levels) // 8) == 0])


def _height_ticks(ax: Any, low: float, high: float, use_log: bool) -> None:
    """Ticks of the height: none on the gap between the surface and the floor."""
    if use_log:
        ticks = log_ticks(10.0**low, 10.0**high, most=100.0)
        ax.zaxis.set_major_locator(FixedLocator(np.log10(ticks).tolist()))
        ax.zaxis.set_major_formatter(FixedFormatter([log_name(t) for t in ticks]))
    else:
        ticks = [t for t in MaxNLocator(5).tick_values(low, high) if low <= t <= high]
        ax.zaxis.set_major_locator(FixedLocator(ticks))


def axis_name(plane: Any, k: int) -> str:
    """Label of one axis, with the share of the variance that it explains."""
    default = ("coordinate $a$ along direction 1", "coordinate $b$ along direction 2")
    label = (plane.a_label, plane.b_label)[k] or default[k]
    if plane.explained is None:
        return str(label)
    return f"{label} ({100 * plane.explained[k]:.1f}% of variance)"


def _path(ax: Axes, plane: Any) -> None:
    """Draw the trajectory with arrows at even distances along it."""
    if plane.path is None:
        return
    path = np.asarray(plane.path, dtype=float)
    halo = [patheffects.withStroke(linewidth=3.2, foreground="white")]
    ax.plot(*path.T, color=PALETTE[1], linewidth=1.5, marker=".", markersize=3, path_effects=halo, zorder=4)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    for share in (0.25, 0.5, 0.75):
        k = int(np.searchsorted(length, share * length[-1]))
        # From so far back that the head of the arrow has room, however short the steps are.
        back = int(np.searchsorted(length, length[min(k, len(path) - 1)] - 0.05 * length[-1], side="right")) - 1
        if 0 < k < len(path) and length[k] > length[max(back, 0)]:
            ax.annotate(
                "",
                path[k],
                path[max(back, 0)],
                zorder=5,
                arrowprops={
                    "arrowstyle": "-|>,head_length=0.55,head_width=0.3",
                    "color": PALETTE[1],
                    "mutation_scale": 20,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
    ax.plot(
        *path[0], marker="o", markersize=8, color="white", markeredgecolor=PALETTE[1], markeredgewidth=1.6, zorder=6
    )
    ax.plot(*path[-1], marker="*", markersize=13, color=PALETTE[1], markeredgecolor="white", zorder=6)


def _ends(plane: Any) -> list[Named]:
    """The ends of the trajectory."""
    return [] if plane.path is None else [(plane.path[0], "start"), (plane.path[-1], "end")]


def _named_points(ax: Axes, plane: Any) -> list[Named]:
    """Mark the named points."""
    if plane.points is None:
        return []
    points = np.asarray(plane.points, dtype=float)
    for x, y in points:
        ax.plot(x, y, marker="o", markersize=7, color="white", markeredgecolor=INK, markeredgewidth=1.2, zorder=7)
    return list(zip(points, plane.point_labels, strict=True))


def _origin(ax: Axes, plane: Any) -> list[Named]:
    """Mark where both coordinates are zero, unless a named point or the end of the path stands there."""
    a, b = np.asarray(plane.a), np.asarray(plane.b)
    ends = [] if plane.path is None else [plane.path[0], plane.path[-1]]
    known = [*([] if plane.points is None else plane.points), *ends]
    near = 0.02 * np.array([np.ptp(a), np.ptp(b)])
    if not (a.min() <= 0 <= a.max() and b.min() <= 0 <= b.max()):
        return []
    if any((np.abs(point) <= near).all() for point in known):
        return []
    ax.plot(0, 0, marker="+", markersize=10, color=INK, markeredgewidth=1.4, path_effects=HALO, zorder=7)
    return [(np.zeros(2), "origin")]
