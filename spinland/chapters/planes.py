"""Planes through a landscape: of random directions, of three solutions, of a trajectory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from .chapter import Chapter, Stage, Step
from .sections import Picture, Section, picture
from .settings import Settings, setting, whole
from .subjects import Subject
from .training import Training

_TRAJECTORY = "trajectory"


@dataclass(frozen=True)
class PlaneSettings(Settings):
    """Settings of planes."""

    grid: int = setting(41, "points along each side of a plane", whole(3), "Lines and planes")


def _about_one(subject: Subject, found: Any, *, grid: int, seed: int) -> sl.Plane:
    """Of two random directions: filter-normalised in flat space, tangent ones on a sphere."""
    origin = np.asarray(subject.points(found, 1)[0])
    if subject.order is not None:
        angles = np.linspace(-np.pi / 2, np.pi / 2, grid)
        return sl.random_plane(subject.landscape, origin, seed, a=angles, b=angles)
    directions = sl.random_directions(subject.landscape, origin, 2, seed, normalize="filter")
    axis = np.linspace(-1, 1, grid)
    return sl.plane(subject.landscape, origin, directions, axis, axis)


def _through_three(subject: Subject, found: Any, *, grid: int) -> sl.Plane:
    return sl.plane_through(subject.landscape, np.asarray(subject.points(found, 3, 3)), n=grid)


def _of_trajectory(subject: Subject, found: Any, *, grid: int) -> sl.Plane:
    return sl.trajectory_plane(subject.landscape, np.asarray(found.snapshots[0]), n=grid)


def _steps(book: Any) -> Iterator[Step]:
    grid = {"grid": book.config.grid}
    seeded = grid | {"seed": book.config.seed}
    for subject in book.subjects:
        source, key, many, one = (subject.solutions,), subject.key, subject.many, subject.one
        yield Stage(
            subject.name("plane-random"),
            f"plane of two random directions about a {one}",
            _about_one,
            source,
            seeded,
            key,
        )
        if subject in book.with_many:
            yield Stage(subject.name("plane-three"), f"plane of three {many}", _through_three, source, grid, key)
        if subject.order is None:
            yield Training.of(
                book, _TRAJECTORY, "a trajectory of training", replicas=1, seed=book.config.seed, snapshots=True
            )
            yield Stage(
                subject.name("plane-trajectory"), "plane of the trajectory", _of_trajectory, (_TRAJECTORY,), grid, key
            )


_ABOUT = (
    "Plane of two random filter-normalised directions about a solution (Li et al. 2018).",
    (
        "Plane of two random tangent directions at right angles about a minimum; coordinates are angles along great "
        "circles from it, in radians (azimuthal equidistant projection of the sphere in the span of three vectors)."
    ),
)
_THREE = (
    "Plane through three independently trained solutions (Garipov et al. 2018).",
    "The sphere in the span of three minima, seen from their normalised mean; coordinates are angles.",
)


_WHERE = {
    True: "The loss on planes through the space of parameters, on the whole training set.",
    False: "The energy of the glass on pieces of its sphere that two directions span.",
}


def _write(book: Any) -> Section | None:
    figures = [*(figure for s in book.subjects for figure in _of_one(book, s)), *_beside(book)]
    if not figures:
        return None
    return Section("Planes", "Planes", " ".join(_WHERE[subject.order is None] for subject in book.subjects), figures)


def _of_one(book: Any, subject: Subject) -> list[Picture]:
    """Planes of a network one by one, those of a glass beside each other; of both, only beside each other."""
    about, three = (book.get(subject.name(part)) for part in ("plane-random", "plane-three"))
    label = subject.value_label
    if subject.order is not None:
        return [] if len(book.subjects) > 1 else _of_glass(about, three, label)
    figures = []
    if about is not None:
        figures.append(picture(sl.figures.plane_contour(about, value_label=label), _ABOUT[0]))
        figures.append(picture(sl.figures.plane_surface(about, value_label=label), "The same plane as a surface."))
    if three is not None:
        figures.append(picture(sl.figures.plane_contour(three, value_label=label), _THREE[0]))
    trajectory = book.get(subject.name("plane-trajectory"))
    if trajectory is not None:
        words = (
            "Plane of the first two principal components of a training trajectory, with the trajectory on it, one "
            "point an epoch."
        )
        figures.append(picture(sl.figures.plane_contour(trajectory, value_label=label), words))
    return figures


def _small(words: str) -> str:
    """The same within a sentence."""
    return words[:1].lower() + words[1:]


def _of_glass(about: Any, three: Any, label: str) -> list[Picture]:
    if about is not None and three is not None:
        names = ("about a minimum", "through three minima")
        drawn = sl.figures.plane_pair([about, three], names=names, value_labels=(label, label))
        return [picture(drawn, f"{_ABOUT[1]} Right: {_small(_THREE[1])}")]
    return [] if about is None else [picture(sl.figures.plane_contour(about, value_label=label), _ABOUT[1])]


def _beside(book: Any) -> list[Picture]:
    if len(book.subjects) < 2:
        return []
    figures = []
    for part, words in (("plane-random", _ABOUT), ("plane-three", _THREE)):
        planes = [book.get(subject.name(part)) for subject in book.subjects]
        if None not in planes:
            labels = [subject.value_label for subject in book.subjects]
            names = [subject.label for subject in book.subjects]
            drawn = sl.figures.plane_pair(planes, names=names, value_labels=labels, surfaces=False)
            figures.append(picture(drawn, f"Left: {_small(words[0])} Right: {_small(words[1])}"))
    return figures


PLANES = Chapter("planes", "planes", _steps, None, _write, kernels={"network": ("slices",), "glass": ("glass slices",)})
