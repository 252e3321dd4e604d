"""Lines through a landscape: straight ones of a network, great circles of a sphere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ..statistics.judging import Judged, mean_of, quotient
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, picture, sentence
from .settings import Settings, setting, whole
from .subjects import Subject

_HEADING = "Lines and planes"


@dataclass(frozen=True)
class LineSettings(Settings):
    """Settings of lines."""

    line_points: int = setting(41, "points along a line", whole(3), _HEADING)
    lines: int = setting(
        8,
        "lines to average, each between two solutions or minima of its own; at most half as many as there are",
        whole(1),
        _HEADING,
    )


def disjoint_pairs(points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Starts and ends of lines between points, first to second, third to fourth, …; one left over is left out.

    No two lines share a point, so that their heights are independent and their standard error is that of so many
    numbers. A chain 1–2–3–… would use every inner point twice.
    """
    half = len(points) // 2
    return points[: 2 * half : 2], points[1 : 2 * half : 2]


def places(n: int) -> NDArray[np.float64]:
    """``n`` ≥ 3 evenly spaced places on a line, 0 and 1 among them exactly, with about a quarter beyond each end."""
    inside = round(2 * (n - 1) / 3) + 1
    before = (n - inside) // 2
    return np.arange(-before, n - before) / (inside - 1)


def _lines(subject: Subject, found: Any, *, n_lines: int, n_points: int, great_circles: bool = False) -> sl.Line:
    """Between solutions, no two lines from one of them."""
    starts, ends = disjoint_pairs(np.asarray(subject.points(found, 2 * n_lines, 2)))
    path = "great_circle" if great_circles and subject.order is None else None
    return sl.line(subject.landscape, starts, ends, places(n_points), path=path)


def _from_start(subject: Any, found: Any, *, n_lines: int, n_points: int, seed: int, dtype: str) -> sl.Line:
    """From the initial points to the solutions of the first replicas that converged."""
    subject.points(found)  # says so where there are none
    alive = np.flatnonzero(~found.diverged)[:n_lines]
    starts = [subject.network.initialize(1, seed, first=int(found.replicas[r]), dtype=dtype) for r in alive]
    return sl.line(subject.landscape, np.concatenate(starts), np.asarray(found.params[alive]), places(n_points))


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    along = {"n_lines": c.lines, "n_points": c.line_points}
    for subject in book.with_many:
        source, key, many = (subject.solutions,), subject.key, subject.many
        if subject.order is None:
            yield Stage(
                subject.name("lines-from-start"),
                "lines from initialisation to solution",
                _from_start,
                source,
                along | {"seed": c.seed, "dtype": c.dtype},
                key,
            )
            yield Stage(subject.name("lines"), f"lines between {many}", _lines, source, along, key)
        if subject in book.compared:
            yield Stage(
                subject.name("great-circles"),
                f"great circles between {many}",
                _lines,
                source,
                along | {"great_circles": True},
                key,
            )


def _find(book: Any) -> Finding | None:
    numbers, clauses = Numbers(), []
    for subject in book.subjects:
        if subject.order is not None:  # its lines are great circles
            continue
        start, pair = book.get(subject.name("lines-from-start")), book.get(subject.name("lines"))
        if start is not None:
            rows = _between(start)
            falling = int((np.diff(rows, axis=1) <= 1e-6 * np.abs(rows[:, :-1])).all(axis=1).sum())
            numbers.keep(
                "lines from initialisation to solution on which the loss falls monotonically",
                falling,
                against="out of",
                exact=len(rows),
            )
            clauses.append(
                f"the loss falls monotonically from initialisation to solution on {falling} of {len(rows)} lines"
            )
        if pair is not None:
            barrier = numbers.tell(f"barrier between two solutions, {subject.unit}", mean_of(pair.barrier))
            clauses.append(
                f"between two solutions stands a barrier of {barrier} {subject.unit}, mean of {len(pair.barrier)} pairs"
            )
    clauses += _on_circles(book, numbers)
    return numbers.finding("lines", sentence(*clauses)) if clauses else None


def _on_circles(book: Any, numbers: Numbers) -> list[str]:
    """Barriers on great circles, of several subjects in units of what separates a solution from random points."""
    circles = [(s, item, book.get(s.name("profile"))) for s, item in book.about(book.compared, "great-circles")]
    if len(circles) > 1 and all(profile is not None for _, _, profile in circles):
        heights = [
            f"{numbers.tell(f'barrier on the great circle, {s.label}, %', _relative(item, profile))} % ({s.label})"
            for s, item, profile in circles
        ]
        both = " and ".join(heights)
        return [
            (
                f"on the great circle between two of them stands a barrier of {both} of what separates a solution from "
                "random points"
            )
        ]
    return [
        f"on the great circle between two {s.many} the energy rises by "
        f"{numbers.tell('barrier on the great circle', mean_of(item.barrier))} {s.unit} above the higher end"
        for s, item, _ in circles
        if s.order is not None
    ]


def _relative(item: Any, profile: Any) -> Judged:
    """Mean height over the higher end, in percent of typical value less start; both have an error."""
    height = mean_of(item.barrier)
    unit = mean_of(np.asarray(profile.typical) - np.asarray(profile.start))
    known = replace(unit, error=float(np.nan_to_num(unit.error)), freedom=math.inf)
    part = quotient(height, known)
    return replace(part, value=100 * part.value, error=100 * part.error)


def _between(item: Any) -> NDArray[np.float64]:
    """Values from the start to the end, a row for each line."""
    inside = (item.alphas >= -1e-12) & (item.alphas <= 1 + 1e-12)
    return np.asarray(np.atleast_2d(item.values)[:, inside])


_WHERE = {
    True: "The loss on straight lines and great circles through the space of parameters, on the whole training set.",
    False: "The energy of the glass on great circles of its sphere.",
}


def _write(book: Any) -> Section | None:
    flat = [subject for subject in book.subjects if subject.order is None]
    figures = [picture for subject in flat for picture in _straight(book, subject)] + _circles(book)
    if not figures:
        return None
    return Section(
        "Lines",
        f"Lines between {book.subjects[0].many}",
        " ".join(_WHERE[subject.order is None] for subject in book.subjects),
        figures,
    )


def _straight(book: Any, subject: Subject) -> list[Picture]:
    figures = []
    for part, words in (
        ("lines-from-start", "from the initialisation (α = 0) to the solution (α = 1)"),
        ("lines", "between two solutions"),
    ):
        item = book.get(subject.name(part))
        if item is None:
            continue
        draw = sl.figures.line_panels if np.isfinite(item.accuracy).any() else sl.figures.line_profile
        figures.append(
            picture(
                draw(item, value_label=subject.value_label),
                f"Training loss on the straight line {words}: mean over {len(np.atleast_2d(item.values))} lines, "
                "no two of which share a solution; band: standard error, pale the middle 68 % of the lines (Goodfellow "
                "et al. 2015).",
            )
        )
    return figures


def _circles(book: Any) -> list[Picture]:
    found = book.about(book.compared, "great-circles")
    if not found:
        return []
    numbers = " and ".join(str(len(np.atleast_2d(item.values))) for _, item in found)
    drawn = sl.figures.line_pair(
        [item for _, item in found],
        names=[s.label for s, _ in found] if len(found) > 1 else ("",),
        value_labels=[s.value_label for s, _ in found],
        orders=[s.order for s, _ in found],
    )
    return [
        picture(
            drawn,
            f"Great circles between {' and between '.join(s.many for s, _ in found)}. α is the share of the angle, "
            f"the norm changes linearly; mean over {numbers} lines, band: standard error, pale the middle 68 % of the "
            "lines. Dashed: the exact mean between stationary points of the glass at overlap 0, e_0 cos^p(πα/2) + e_1 "
            "sin^p(πα/2).",
        )
    ]


def _reads(book: Any) -> tuple[str, ...]:
    """The profiles, in whose units barriers of several subjects are told."""
    return tuple(s.name("profile") for s in book.compared) if len(book.compared) > 1 else ()


LINES = Chapter(
    "lines",
    "lines and great circles",
    _steps,
    _find,
    _write,
    reads=_reads,
    kernels={"network": ("slices",), "glass": ("glass slices",)},
)
