"""Chapter: lines and planes through the landscape."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures.lines import line_panels, line_profile
from ..figures.planes import plane_contour, plane_surface
from ..study import names
from .parts import Chapter, Picture, number, picture
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
                    f"Training loss on the straight line {words}: mean over {len(np.atleast_2d(line.values))} lines; "
                    "band: standard error (Goodfellow et al. 2015).",
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
        _finding(start, pair),
        figures,
    )  # fmt: skip


def _finding(start: Any, pair: Any) -> str:
    parts = []
    if start is not None:
        inside = (start.alphas >= 0) & (start.alphas <= 1)
        rows = np.atleast_2d(start.values)[:, inside]
        falling = int((np.diff(rows, axis=1) <= 1e-6 * np.abs(rows[:, :-1])).all(axis=1).sum())
        parts.append(
            f"the loss falls monotonically from initialisation to solution on {falling} of {len(rows)} lines"
        )
    if pair is not None:
        inside = (pair.alphas >= 0) & (pair.alphas <= 1)
        rows = np.atleast_2d(pair.values)[:, inside]
        ends = np.maximum(rows[:, 0], rows[:, -1])
        height = rows.max(axis=1) - ends
        parts.append(f"between two solutions stands a barrier of {number(float(height.mean()))} on average")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""
