"""Parts of a page: chapters, their figures and tables, and how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..figures.export import svg_text
from ..figures.labels import plus_minus


@dataclass(frozen=True)
class Picture:
    """A drawing and the words under it."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str


@dataclass(frozen=True)
class Chapter:
    """A part of the page with one finding."""

    anchor: str
    short: str
    title: str
    text: str
    finding: str = ""
    figures: Sequence[Picture] = field(default_factory=tuple)
    tables: Sequence[Table] = field(default_factory=tuple)


def picture(drawn: Any, caption: str) -> Picture:
    """A figure as it stands in the page."""
    return Picture(svg_text(drawn, title=caption.split(". ")[0]), caption)


def mean_text(samples: ArrayLike, percent: bool = False) -> str:
    """Mean ± standard error of independent numbers."""
    numbers = np.asarray(samples, dtype=float).ravel()
    numbers = numbers[np.isfinite(numbers)] * (100 if percent else 1)
    if not len(numbers):
        return "–"
    error = numbers.std(ddof=1) / math.sqrt(len(numbers)) if len(numbers) > 1 else math.nan
    return plus_minus(float(numbers.mean()), float(error)) + (" %" if percent else "")


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}g}".replace("-", "−")


def p_text(p: float) -> str:
    """A p-value in words that fit a sentence."""
    if not math.isfinite(p):
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
