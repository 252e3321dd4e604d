"""The plane of three solutions as a surface that turns under the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from .chapter import Chapter, Stage
from .sections import Section, picture, sentence, turning
from .settings import Settings, setting, whole
from .subjects import Subject


@dataclass(frozen=True)
class SurfaceSettings(Settings):
    """Settings of surfaces."""

    surface_grid: int = setting(61, "points along each side of a surface", whole(3), "Surfaces")


def _through_three(subject: Subject, found: Any, *, grid: int) -> sl.Plane:
    return sl.plane_through(subject.landscape, np.asarray(subject.points(found, 3, 3)), n=grid)


def _steps(book: Any) -> Iterator[Stage]:
    for subject in book.with_many:
        yield Stage(
            subject.name("surface"),
            f"surface through three {subject.many}",
            _through_three,
            (subject.solutions,),
            {"grid": book.config.surface_grid},
            subject.key,
        )


def _write(book: Any) -> Section | None:
    found = book.about(book.subjects, "surface")
    if not found:
        return None
    figures, spanned = [], []
    for subject, plane in found:
        label, words = subject.value_label, f"The plane through three {subject.many} of the {subject.label}"
        spanned.append(f"three {subject.many} of the {subject.label} span a plane")
        if subject.order is not None:
            words = "The sphere in the span of three minima of the glass, coordinates are angles"
            spanned[-1] = f"three {subject.many} of the {subject.label} span a piece of its sphere"
        figures.append(
            turning(
                sl.figures.turning_surface(plane, value_label=label),
                picture(sl.figures.plane_surface(plane, value_label=label), words),
                f"{words}. The mouse or a finger turns it, the wheel brings it nearer; names point at where their "
                f"{subject.many} lie, through the surface where it is in front.",
            )
        )
    return Section("Surfaces", "Surfaces to turn", sentence(*spanned, "this is the landscape over it"), figures)


SURFACES = Chapter(
    "surfaces", "surfaces to turn", _steps, None, _write, kernels={"network": ("slices",), "glass": ("glass slices",)}
)
