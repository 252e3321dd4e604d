"""Layout whose places do not depend on addresses in memory: the same figure has the same bytes in every process."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure, FigureBase
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

_GRID = 2.0**-20
_OFFSET = 0.317


class SteadyLayout(ConstrainedLayoutEngine):
    """matplotlib's constrained layout, with all places on a grid of a millionth of the figure.

    Its solver keeps constraints in the order of their addresses, so the last bit of a place differs between
    processes; where such a place lies half-way between two printed numbers, so does the picture.
    """

    def execute(self, fig: Figure) -> Any:
        """Lay out the figure."""
        layout = super().execute(fig)
        for part in _subfigures(fig):
            part._redo_transform_rel_fig(bbox=_steady(part.bbox_relative))
        for ax in fig.axes:
            for which, place in (("original", ax.get_position(original=True)), ("active", ax.get_position())):
                ax._set_position(_steady(place), which=which)  # type: ignore[attr-defined]
        return layout


def _steady(box: Any) -> Bbox:
    """The box on the grid. Round numbers are not half-way between its lines, where noise would decide again."""
    return Bbox(np.floor(box.get_points() / _GRID + _OFFSET) * _GRID)


def _subfigures(figure: FigureBase) -> list[Any]:
    """All subfigures, an outer one before those inside it."""
    return [part for own in figure.subfigs for part in (own, *_subfigures(own))]
