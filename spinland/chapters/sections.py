"""Parts of a page: chapters, their figures and tables, and how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import spinland as sl

from ..statistics.judging import mean_of


@dataclass(frozen=True)
class Picture:
    """A drawing and the words under it.

    Attributes
    ----------
    svg : str
        The drawing.
    caption : str
        The words.
    turning : str
        The same as a picture that turns under the mouse, in plotly's JSON; empty for one that does not. On paper, and
        where there are no scripts, the drawing stands in its place.
    """

    svg: str
    caption: str
    turning: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header.

    Attributes
    ----------
    header : sequence of str
        A heading for each column.
    rows : sequence of sequences of str
    caption : str
    words : int
        So many columns, the first ones, hold words: they stand at the left, numbers at the right.
    groups : sequence of (str, int)
        Headings over several columns each, from the first column on, where columns need a second one::

                    distance            barrier
                    labelled  aligned   labelled  aligned
            pairs   1.2 ± …   0.9 ± …   0.3 ± …   0.1 ± …
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str
    words: int = 1
    groups: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Section:
    """What a chapter puts on the page, besides its finding."""

    short: str
    title: str
    text: str
    figures: Sequence[Picture] = field(default_factory=tuple)
    tables: Sequence[Table] = field(default_factory=tuple)


def picture(drawn: Any, caption: str) -> Picture:
    """A figure as it stands in the page."""
    return Picture(sl.figures.svg_text(drawn, title=caption.split(". ")[0]), caption)


def turning(figure: Any, still: Picture, caption: str) -> Picture:
    """A figure of plotly, and the drawing that stands for it on paper."""
    return Picture(still.svg, caption, figure.to_json())


def mean_text(samples: ArrayLike, percent: bool = False) -> str:
    """Mean ± standard error of independent numbers; those that are NaN are left out."""
    mean = mean_of(np.asarray(samples, np.float64) * (100 if percent else 1))
    return f"{mean}{' %' if percent else ''}" if math.isfinite(mean.value) else "–"


def sentence(*clauses: str) -> str:
    """Clauses that are there, as one sentence; empty if there is none."""
    text = "; ".join(clause for clause in clauses if clause)
    return text[:1].upper() + text[1:] + "." if text else ""
