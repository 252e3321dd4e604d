"""Chapter: lines and planes through the landscape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..figures.lines import line_panels, line_profile
from ..figures.planes import plane_contour, plane_surface
from ..statistics.judging import mean_of
from ..study import names
from .parts import Chapter, Picture, picture, sentence
from .reader import StudyReader

_PLANES = (
    (
        names.PLANE_RANDOM,
        "Plane of two random filter-normalised directions about a solution (Li et al. 2018).",
    ),
    (names.PLANE_SOLUTIONS, "Plane through three independently trained solutions (Garipov et al. 2018)."),
    (
        names.PLANE_TRAJECTORY,
        "Plane of the first two principal components of a training trajectory, with the trajectory on it, one point an epoch.",
    ),
)


def slices_chapter(study: StudyReader) -> Chapter | None:
    """Goodfellow's lines, Li's plane, planes through solutions and of a trajectory."""
    start, pair = study.get(names.LINE_SOLUTIONS), study.get(names.LINE_PAIRS)
    figures: list[Picture] = []
    for line, words in (
        (start, "from the initialisation (α = 0) to the solution (α = 1)"),
        (pair, "between two solutions"),
    ):
        if line is not None:
            draw = line_panels if study.is_classification else line_profile
            figures.append(
                picture(
                    draw(line, value_label=study.value_label),
                    f"Training loss on the straight line {words}: mean over {len(np.atleast_2d(line.values))} lines, "
                    "no two of which share a solution; band: standard error, pale the middle 68 % of the lines (Goodfellow et al. 2015).",
                )
            )
    for name, caption in _PLANES:
        plane = study.get(name)
        if plane is not None:
            figures.append(picture(plane_contour(plane, value_label=study.value_label), caption))
            if name == names.PLANE_RANDOM:
                figures.append(
                    picture(
                        plane_surface(plane, value_label=study.value_label), "The same plane as a surface."
                    )
                )
    if not figures:
        return None
    return Chapter(
        "slices", "Slices", "Lines and planes",
        "The loss on straight lines and planes through the space of parameters, on the whole training set.",
        _finding(start, pair, study.unit),
        figures,
    )  # fmt: skip


def _finding(start: Any, pair: Any, unit: str) -> str:
    clauses = []
    if start is not None:
        rows = _between(start)
        falling = int((np.diff(rows, axis=1) <= 1e-6 * np.abs(rows[:, :-1])).all(axis=1).sum())
        clauses.append(
            f"the loss falls monotonically from initialisation to solution on {falling} of {len(rows)} lines"
        )
    if pair is not None:
        barrier = mean_of(pair.barrier)
        clauses.append(
            f"between two solutions stands a barrier of {barrier} {unit}, mean of {len(pair.barrier)} pairs"
        )
    return sentence(*clauses)


def _between(line: Any) -> NDArray[np.float64]:
    """Values from the start to the end, a row for each line."""
    inside = (line.alphas >= -1e-12) & (line.alphas <= 1 + 1e-12)
    return np.asarray(np.atleast_2d(line.values)[:, inside])
