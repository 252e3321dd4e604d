"""Walks on the sphere at equal overlap with their start: how fast a landscape forgets a solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import number, p_text, plus_minus
from ..statistics.judging import Judged, deviations, mean_of, worst_bound
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Section, picture, sentence
from .settings import Settings, setting, whole
from .subjects import Subject

_HEADING = "Walks"
_LEAST_ORIGINS = 4


@dataclass(frozen=True)
class ProfileSettings(Settings):
    """Settings of all random walks."""

    walk_steps: int = setting(100, "steps of a walk", whole(2), _HEADING)
    walkers: int = setting(8, "walks from each solution or minimum", whole(2), _HEADING)
    walk_origins: int = setting(8, "solutions or minima to walk from, at most all there are", whole(1), _HEADING)


def _profile(subject: Subject, found: Any, *, origins: int, steps: int, walkers: int, seed: int) -> sl.OverlapProfile:
    points = np.asarray(subject.points(found, origins))
    return sl.overlap_profile(subject.landscape, points, steps, walkers, seed)


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    for subject in book.compared:
        yield Stage(
            subject.name("profile"),
            f"walks of the {subject.label} at equal overlap",
            _profile,
            (subject.solutions,),
            {"origins": c.walk_origins, "steps": c.walk_steps, "walkers": c.walkers, "seed": c.seed},
            subject.key,
        )


def _find(book: Any) -> Finding | None:
    found, numbers = book.about(book.compared, "profile"), Numbers()
    if not found:
        return None
    clauses = []
    if len(found) > 1:
        near, far = (
            numbers.tell(f"% lost at overlap 0.5, {subject.label}", rise_at(profile, 0.5)) for subject, profile in found
        )
        order = book.glass.order
        clauses.append(
            f"at overlap 0.5 with its start the network has lost {near} % of what separates a solution from random "
            f"points, the glass {far} % ({number(100 * (1 - 0.5**order))} % exactly)"
        )
    clauses += [_beside_theory(numbers, p, subject) for subject, p in found if subject.order is not None]
    return numbers.finding("profiles", sentence(*clauses))


def rise_at(profile: Any, q: float) -> Judged:
    """Rise in percent at an overlap, between the bins."""
    overlap = np.asarray(profile.overlap)[::-1]
    rise, error = (100 * np.asarray(array)[::-1] for array in (profile.rise, profile.rise_error))
    return Judged(float(np.interp(q, overlap, rise)), float(np.interp(q, overlap, error)), len(profile.start) - 1)


def _beside_theory(numbers: Numbers, profile: Any, subject: Subject) -> str:
    """The rise along walks beside 1 − q^p, exact up to 1/N for a minimum; each walk is compared with its own start."""
    order, n_spins = subject.order or 0, round(float(profile.radius[0]) ** 2)
    later = profile.overlap < 0.999
    q, rise = profile.overlap[later], profile.rise[later]
    exact = 1 - q**order
    span = mean_of(np.asarray(profile.typical) - np.asarray(profile.start)).value
    error = np.hypot(profile.rise_error[later], exact * np.mean(profile.typical_error) / span)
    beyond = np.maximum(np.abs(rise - exact) - 1 / n_spins, 0.0)
    found = worst_bound(deviations(beyond, error, 0.0), len(profile.start) - 1)
    middle, furthest = int(np.argmin(np.abs(q - 0.5))), int(np.argmax(np.abs(rise - exact)))
    verdict = "depart from" if found.significant else "do not significantly depart from"
    if len(profile.start) < _LEAST_ORIGINS:  # the errors are not known well enough
        verdict = "are set beside"

    def told(k: int) -> str:
        name = f"% lost by walks from {subject.many} at q = {number(q[k])}"
        numbers.keep(name, 100 * rise[k], 100 * error[k], against=f"1 − q^{order}, %", exact=100 * exact[k])
        return f"{plus_minus(100 * rise[k], 100 * error[k])} % for {number(100 * exact[k])} % at q = {number(q[k])}"

    text = (
        f"walks from {subject.many} {verdict} e_0 q^{order}: of what separates a minimum from random points they have "
        f"lost {told(middle)}, and where the difference is largest {told(furthest)}; 1/N is "
        f"{number(100 / n_spins, 2)} %"
    )
    if verdict == "are set beside":
        return text
    numbers.worst("largest deviation beyond 1/N from 1 − q^p, in standard errors", found, f"1 − q^{order}")
    return f"{text}; for differences beyond that {p_text(found.p)}"


def _write(book: Any) -> Section | None:
    found = book.about(book.compared, "profile")
    if not found:
        return None
    subjects, profiles = [s for s, _ in found], [p for _, p in found]
    orders = tuple(s.order for s in subjects)
    starts = ", and from each of ".join(f"{len(profile.start)} {subject.many}" for subject, profile in found)
    drawn = sl.figures.overlap_profiles(
        profiles,
        names=tuple(s.label for s in subjects),
        value_labels=tuple(s.value_label for s in subjects),
        orders=orders,
        references=sorted({2, *(p for p in orders if p is not None)}),
    )
    return Section(
        "Walks, overlap",
        "Walks at equal overlap with their start",
        "Random walks on the sphere on which their start lies, looked at where their overlap q with the start is the "
        "same: the one coordinate that a network and a glass have in common.",
        [
            picture(
                drawn,
                f"Value against the overlap, {profiles[0].n_walkers} walkers from each of {starts}; bars: standard "
                "error over the starts. Dashed: e_0 q^p, the exact mean of the energy about a stationary point of "
                "energy e_0, which holds up to 1/N for a minimum, and for one instance. Right: rise in units of what "
                "separates the start from random points of the sphere; 1 − q^p for a pure p-spin glass.",
            )
        ],
    )


PROFILES = Chapter(
    "profiles",
    "walks at equal overlap",
    _steps,
    _find,
    _write,
    kernels={"network": ("profiles",), "glass": ("glass profiles",)},
)
