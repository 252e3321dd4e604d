"""Surfaces that turn under the mouse: figures of plotly, for notebooks and for the page.

The page carries plotly's own build of its JavaScript, so that it needs no network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from .inputs import field_label, field_of, takes
from .planes import axis_name, is_logarithmic, whole_grid
from .style import INK, PALETTE, SEQUENTIAL, log_name, log_ticks

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_COLOURS = 32
_LIFT = 0.02  # of the height: a path is this far above the surface
_PIN = 46  # pixels from a point up to its name
_PANE = {"backgroundcolor": "#f7f7f7", "showbackground": True, "gridcolor": "#d8dde3", "zeroline": False}


@takes("Plane", "a", "b", "values", "path")
def turning_surface(
    plane: Any, *, quantity: str = "loss", log: bool | None = None, value_label: str | None = None
) -> Figure:
    """Surface of a plane that turns under the mouse, with its named points and the path of the trajectory.

    Parameters
    ----------
    plane : Plane
        ``values[i, j]`` stands over ``a[i]``, ``b[j]``.
    quantity : {"loss", "accuracy"}
        What to draw.
    log : bool, optional
        Logarithmic height; by itself as in :func:`plane_contour`.
    value_label : str, optional
        Label of the value, in place of the quantity and the unit that the result carries.

    Returns
    -------
    plotly.graph_objects.Figure
        Shows itself in a notebook; its ``write_html`` makes a page of it.

    Raises
    ------
    ArgumentError
        Unknown quantity, an accuracy that has no meaning here, or ``log`` of values that are not positive.
    """
    from plotly import graph_objects

    whole_grid(plane)
    values, label = field_of(plane, quantity), plain(field_label([plane], quantity, value_label))
    use_log = is_logarithmic(plane, values, quantity, log)
    height = np.log10(values) if use_log else np.where(np.isfinite(values), values, np.nan)
    names = plain(axis_name(plane, 0)), plain(axis_name(plane, 1))
    places = f"{names[0]}: %{{x:.4g}}<br>{names[1]}: %{{y:.4g}}<br>"
    ticks = _ticks(height) if use_log else {}
    surface = graph_objects.Surface(
        x=np.asarray(plane.a, np.float64),
        y=np.asarray(plane.b, np.float64),
        z=height.T,  # plotly wants rows along y
        customdata=values.T,
        colorscale=_colours(),
        colorbar={"title": {"text": label, "side": "right"}, "len": 0.7, "thickness": 16, **ticks},
        contours={"z": {"show": True, "usecolormap": True, "project": {"z": True}}},
        hovertemplate=f"{places}{label}: %{{customdata:.4g}}<extra></extra>",
        name=label,
    )
    figure = graph_objects.Figure([surface, *_marks(plane, height)])
    axis = {**_PANE, "color": INK}
    figure.update_layout(
        template=None,
        width=860,
        height=560,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=False,
        font={"family": "system-ui, Segoe UI, Helvetica Neue, Arial, sans-serif", "color": INK, "size": 13},
        scene={
            "xaxis": {**axis, "title": {"text": names[0]}},
            "yaxis": {**axis, "title": {"text": names[1]}},
            "zaxis": {**axis, "title": {"text": label}, **ticks},
            "aspectmode": "manual",
            "aspectratio": {"x": 1.0, "y": 1.0, "z": 0.7},
            "camera": {"eye": {"x": -1.1, "y": -1.5, "z": 0.95}, "center": {"x": 0, "y": 0, "z": -0.12}},
            "annotations": _names(plane, height),
        },
    )
    return figure


def plain(label: str) -> str:
    """A label with its mathematics in italics, as plotly writes it."""
    return re.sub(r"\$([^$]*)\$", lambda found: f"<i>{found[1].replace(chr(92), '')}</i>", label)


def _colours() -> list[list[Any]]:
    colours = matplotlib.colormaps[SEQUENTIAL](np.linspace(0, 1, _COLOURS))
    return [[float(place), to_hex(colour)] for place, colour in zip(np.linspace(0, 1, _COLOURS), colours, strict=True)]


def _ticks(height: NDArray[np.float64]) -> dict[str, Any]:
    """Round numbers on a logarithmic axis."""
    ticks = log_ticks(10.0 ** np.nanmin(height), 10.0 ** np.nanmax(height), most=100.0)
    names = [re.sub(r"\^\{?([^{}$]*)\}?", r"<sup>\1</sup>", log_name(tick)) for tick in ticks]
    return {"tickvals": np.log10(ticks).tolist(), "ticktext": [plain(name).replace("times", "·") for name in names]}


def _marks(plane: Any, height: NDArray[np.float64]) -> list[Any]:
    """The path, a little above the surface."""
    from plotly import graph_objects

    if plane.path is None:
        return []
    path = np.asarray(plane.path, np.float64)
    line = {"color": to_hex(PALETTE[1]), "width": 5}
    z = _on_surface(plane, height, path) + _LIFT * float(np.nanmax(height) - np.nanmin(height))
    return [graph_objects.Scatter3d(x=path[:, 0], y=path[:, 1], z=z, mode="lines", line=line, hoverinfo="skip")]


def _names(plane: Any, height: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Named points on pins; they are drawn over the surface, which hides none of them however it is turned."""
    if plane.points is None:
        return []
    points = np.asarray(plane.points, np.float64)
    feet = _on_surface(plane, height, points)
    pin = {"ax": 0, "ay": -_PIN, "arrowhead": 6, "arrowsize": 1, "arrowwidth": 1.5, "arrowcolor": INK}
    return [
        {"x": a, "y": b, "z": foot, "text": name, "font": {"size": 16}, "bgcolor": "rgba(255,255,255,0.75)", **pin}
        for (a, b), foot, name in zip(points.tolist(), feet.tolist(), plane.point_labels, strict=True)
        if np.isfinite(foot)
    ]


def _on_surface(plane: Any, height: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the surface at points (n, 2), linear between the grid's; NaN beyond its edges."""
    from scipy.interpolate import RegularGridInterpolator

    grid = RegularGridInterpolator((np.asarray(plane.a), np.asarray(plane.b)), height, bounds_error=False)
    found: NDArray[np.float64] = grid(points)
    return found
