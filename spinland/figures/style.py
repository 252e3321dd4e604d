"""One look for all figures: colours that the colour-blind can tell apart, thin spines, one size of type.

Figures are made from :class:`matplotlib.figure.Figure` itself. Nothing here needs a display, and the
caller's ``matplotlib.rcParams`` are the same after a call as before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from .layout import SteadyLayout

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours without the yellow, which is lost on white paper."""

INK = "#222222"
GREY = "#8A8A8A"
SEQUENTIAL = "viridis"
"""Colour map of values: perceptually uniform, legible without colour."""

DIVIDE = 30.0
"""Ratio of largest to smallest value above which an axis or a set of levels is logarithmic by itself."""

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same glyphs on every machine
    "font.size": 11.0,
    "mathtext.fontset": "dejavusans",
    "text.usetex": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.titlesize": 11.0,
    "axes.labelsize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.facecolor": "white",
    "figure.facecolor": "white",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
    "legend.fontsize": 10.0,
    "legend.title_fontsize": 10.0,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.0,
    "errorbar.capsize": 2.5,
    "savefig.facecolor": "white",
    "savefig.edgecolor": "white",
    "savefig.transparent": False,
    "savefig.bbox": None,
    "svg.fonttype": "path",  # mathematics stays right where the font is missing
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
    "svg.hashsalt": "spinland",
    "pdf.fonttype": 42,
}


@contextmanager
def context() -> Iterator[None]:
    """Spinland's settings of matplotlib for the time of a ``with`` block or of a decorated function."""
    with matplotlib.rc_context(_SETTINGS):
        yield


def panel(ax: Axes | None, size: tuple[float, float] = (6.4, 4.0)) -> Axes:
    """The given axes, or those of a new figure of ``size`` inches, dressed."""
    if ax is None:
        ax = Figure(figsize=size, layout=SteadyLayout()).add_subplot()
    return dress(ax)


def canvas(figure: FigureBase | None, size: tuple[float, float]) -> FigureBase:
    """The given figure or subfigure, or a new one of ``size`` inches."""
    return Figure(figsize=size, layout=SteadyLayout()) if figure is None else figure


def dress(ax: Axes, *, grid: bool = True) -> Axes:
    """Set ticks, spines and grid.

    matplotlib makes ticks when it draws, after the settings of :func:`context` are gone, so they are
    told here.
    """
    ax.tick_params(which="major", width=0.7, length=3.5, labelsize=10.0, colors=INK)
    ax.tick_params(which="minor", width=0.5, length=2.0, labelsize=9.0, colors=INK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if grid:
        ax.grid(True, color="0.91", linewidth=0.6)
    else:
        ax.grid(False)
    return ax


def category(index: int) -> dict[str, Any]:
    """Colour and dashes of the curve number ``index`` of unordered kinds; they repeat only after 28."""
    dashes = ("-", "--", "-.", ":")
    return {"color": PALETTE[index % len(PALETTE)], "linestyle": dashes[index // len(PALETTE) % len(dashes)]}


def ordered_colours(n: int) -> NDArray[np.float64]:
    """Colours (n, 4) of curves of an ordered parameter, dark for the first, none too pale for white paper."""
    return np.asarray(matplotlib.colormaps[SEQUENTIAL](np.linspace(0.0, 0.88, n) if n > 1 else [0.25]))


def ordered_bar(ax: Axes, values: ArrayLike, colours: NDArray[np.float64], label: str) -> None:
    """Colour bar with one block per value of an ordered parameter, for when a legend would be too long."""
    numbers = np.asarray(values)
    map_: Colormap = ListedColormap(colours)
    norm = BoundaryNorm(np.arange(len(numbers) + 1) - 0.5, len(numbers))
    bar = figure_of(ax).colorbar(ScalarMappable(norm, map_), ax=ax, pad=0.02, aspect=30)
    stride = -(-len(numbers) // 12)
    shown = np.arange(0, len(numbers), stride)
    bar.set_ticks(shown.tolist(), labels=[f"{numbers[k]:g}" for k in shown])
    undress_bar(bar)
    bar.ax.tick_params(length=0)
    bar.set_label(label)


def value_bar(ax: Axes, mappable: ScalarMappable, label: str) -> Colorbar:
    """Colour bar of values beside the axes, and as high as they are where their aspect is fixed."""
    bar = figure_of(ax).colorbar(mappable, cax=ax.inset_axes((1.03, 0.0, 0.04, 1.0)))
    undress_bar(bar)
    bar.set_label(label)
    return bar


def undress_bar(bar: Colorbar) -> None:
    """Take the frame and the minor ticks off a colour bar."""
    bar.ax.minorticks_off()
    bar.ax.tick_params(length=2.5, width=0.7, labelsize=10.0, colors=INK)
    bar.outline.set_visible(False)  # type: ignore[operator]


def figure_of(ax: Axes) -> FigureBase:
    """The figure or subfigure that holds the axes."""
    figure = ax.get_figure()
    assert figure is not None, "these axes were removed from their figure"
    return figure


def legend(ax: Axes, title: str = "") -> None:
    """Legend to the right of the axes, where it can hide no data; none if nothing is labelled."""
    handles, _ = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, title=title or None, alignment="left"
        )


def band(
    ax: Axes, x: ArrayLike, mean: ArrayLike, error: ArrayLike, *, color: Any, label: str | None = None, **line: Any
) -> None:
    """Line of the mean, and a band of one standard error on either side; no band where the error is NaN."""
    middle, half = np.asarray(mean, dtype=float), np.asarray(error, dtype=float)
    ax.plot(x, middle, color=color, label=label, **line)
    if np.isfinite(half).any():
        ax.fill_between(np.asarray(x), middle - half, middle + half, color=color, alpha=0.28, linewidth=0)


def spread_band(ax: Axes, x: ArrayLike, samples: ArrayLike, color: Any) -> bool:
    """Pale band from the 16th to the 84th percentile of samples (n, T): where single ones lie about their mean.

    NaN are left out. Places with fewer than three samples have no band, as percentiles would say nothing there.

    Returns
    -------
    bool
        Whether there was anything to draw; what it is, :func:`error_words` tells the legend.
    """
    rows = np.asarray(samples, dtype=float)
    enough = np.isfinite(rows).sum(axis=0) > 2
    if not enough.any():
        return False
    low, high = np.full((2, rows.shape[1]), np.nan)
    low[enough], high[enough] = np.nanpercentile(rows[:, enough], (16, 84), axis=0)
    at, pale = np.asarray(x), {"color": color, "alpha": 0.12}
    ax.fill_between(at, low, high, linewidth=0, **pale)
    if len(at) == 1:  # a band of no width
        ax.vlines(at, low, high, linewidth=9, **pale)
    return True


def error_words(whose: str, shown: bool, between: str = "\n") -> str:
    """What bars and bands mean: the standard error, and the pale band of :func:`spread_band` where it is ``shown``."""
    return "mean ± error" + (f"{between}(pale: 68 % of {whose})" if shown else "")


def outline(ax: Axes, density: ArrayLike, edges: ArrayLike, colour: Any, name: str | None, *, alone: bool) -> None:
    """Histogram as a line; filled only where it is ``alone``, as fills over each other hide what is below."""
    if alone:
        ax.stairs(density, edges, fill=True, color=colour, alpha=0.25, linewidth=0)
    ax.stairs(density, edges, color=colour, linewidth=1.5, label=name)


def wants_log(values: ArrayLike, ratio: float = DIVIDE) -> bool:
    """Whether all finite values are positive and the largest is many times the smallest."""
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    return bool(numbers.size and numbers.min() > 0 and numbers.max() > ratio * numbers.min())


def log_ticks(low: float, high: float, most: float = 3e3) -> list[float]:
    """Round numbers between two positive ends: 1, 2, 5 of each decade; decades alone where they span ``most``.

    Within a factor of 30 there are 3 and 7 too, as two or three ticks say little; where there are none or one, as
    between 2.2 and 2.5, other round numbers.
    """
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    parts = (1, 2, 3, 5, 7) if high < 30 * low else (1, 2, 5) if high < most * low else (1,)
    stride = max(1, len(decades) // 8)
    ticks = [m * 10.0**k for k in decades[::stride] for m in parts if low <= m * 10.0**k <= high]
    if len(ticks) < 2 and low < high:
        ticks = [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
    return ticks


def log_name(value: float) -> str:
    """A tick as a plain number, or as a power of ten where that would be long."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    if -3 <= exponent <= 3:
        return f"{value:g}"
    part = round(value / 10.0**exponent)
    return rf"$10^{{{exponent}}}$" if part == 1 else rf"${part}\times 10^{{{exponent}}}$"


def powers_of_two(ax: Axes, values: Sequence[float] | NDArray[Any]) -> None:
    """Logarithmic abscissa with a tick at each of the given widths or batch sizes and nowhere else."""
    ticks = sorted({float(v) for v in values})
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FixedFormatter([f"{t:g}" for t in ticks]))
    ax.xaxis.set_minor_locator(NullLocator())
