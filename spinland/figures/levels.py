"""What curves of a glass are drawn beside: a theory, and levels with their names at the right edge."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..checks import float_array
from .style import GREY, INK


def theory_curve(name: str, theory: ArrayLike) -> tuple[Any, Any]:
    """Abscissa and ordinate (2, T) of a theory curve."""
    x, y = float_array(name, theory, shape=(2, None), finite=False)
    return x, y


def draw_levels(ax: Axes, levels: dict[str, float]) -> None:
    """Horizontal lines with their names at the right edge, outside the axes where they hide nothing.

    Of several, the lowest has its name below the line and the others above: −E_0 and −E_inf are close together.
    """
    lowest = min(levels.values(), default=0.0)
    for name, level in levels.items():
        side = "center" if len(levels) == 1 else "top" if level == lowest else "bottom"
        ax.axhline(level, color=GREY, linewidth=0.9, linestyle=(0, (5, 3)), zorder=0.5)
        ax.annotate(
            name,
            (1.0, level),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va=side,
            ha="left",
            color=INK,
            fontsize=10,
            annotation_clip=False,
        )


def name_above(ax: Axes, name: str, level: float, side: str = "center") -> None:
    """The name of a vertical line, above the axes."""
    ax.annotate(
        name,
        (level, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha=side,
        va="bottom",
        color=INK,
        fontsize=10,
        annotation_clip=False,
    )


def inner_legend(ax: Axes, location: Any, title: str = "") -> None:
    """Legend within the axes: the room on the right belongs to the names of the levels."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc=location, title=title or None, alignment="left")
