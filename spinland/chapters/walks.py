"""Protocol 1: random walks in parameter space, free and on the sphere, and how rugged the way is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, plus_minus
from ..statistics.judging import Judged, mean_of, paired, worst_bound
from ..statistics.uncertainty import jackknife_error
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .profiles import ProfileSettings
from .sections import Section, Table, picture, sentence
from .settings import number, setting, several
from .subjects import Subject

_CONSTRAINTS = {"none": "free", "sphere": "on the sphere"}


@dataclass(frozen=True)
class WalkSettings(ProfileSettings):
    """Settings of random walks with steps of several sizes."""

    sigmas: tuple[float, ...] = setting(
        (0.002, 0.005, 0.01, 0.02, 0.05), "step sizes σ of the random walks", several(number(above=0)), "Walks"
    )


def _walk(subject: Subject, found: Any, *, origins: int, sigma: float, steps: int, **more: Any) -> sl.RandomWalk:
    return sl.random_walk(subject.landscape, subject.points(found, origins), sigma, steps, **more)


def _ruggedness(walk: Any) -> sl.Ruggedness:
    return sl.ruggedness(walk)


def _name(part: str, constraint: str, index: int) -> str:
    """Where the walks of the index-th σ are kept, or their ruggedness."""
    return f"{part}/{constraint}/{index}"


def _steps(book: Any) -> Iterator[Stage]:
    c, subject = book.config, book.network
    for constraint, where in _CONSTRAINTS.items():
        for i, sigma in enumerate(c.sigmas):
            walk = _name("walks", constraint, i)
            arguments = {
                "origins": c.walk_origins,
                "sigma": sigma,
                "steps": c.walk_steps,
                "n_walkers": c.walkers,
                "seed": c.seed,
                "constraint": constraint,
            }
            yield Stage(walk, f"walks {where}, σ = {sigma:g}", _walk, (subject.solutions,), arguments, subject.key)
            yield Stage(_name("ruggedness", constraint, i), f"ruggedness {where}, σ = {sigma:g}", _ruggedness, (walk,))


def _all(book: Any, constraint: str, part: str = "walks") -> list[Any]:
    """Walks (or their ruggedness) for all σ that are there."""
    return list(book.all_of({i: _name(part, constraint, i) for i in range(len(book.config.sigmas))}).values())


def _find(book: Any) -> Finding | None:
    free, sphere, unit = _all(book, "none"), _all(book, "sphere"), book.network.unit
    if not free:
        return None
    numbers = Numbers()
    smallest, largest = min(free, key=_sigma), max(free, key=_sigma)
    starts = numbers.tell(f"loss of the solutions, {unit}", mean_of(smallest.values[:, 0], smallest.origin_index))
    clauses = [
        (
            f"in {smallest.n_steps} steps from solutions of loss {starts} {unit} the loss rises by "
            f"{_risen(numbers, smallest)} at σ = {given(smallest.sigma)}"
        )
    ]
    if largest is not smallest:
        clauses[0] += f" and by {_risen(numbers, largest)} at σ = {given(largest.sigma)}"
    clauses.append(f"at σ = {given(largest.sigma)} {_opening(largest)}")
    for walk in sphere:
        if walk.sigma == largest.sigma:
            clauses.append(_on_the_sphere(numbers, walk, largest))
    return numbers.finding("walks", sentence(*clauses))


def _risen(numbers: Numbers, walk: Any, where: str = "") -> str:
    rise = _rise(walk)
    return numbers.tell(f"rise of the loss{where}, σ = {given(walk.sigma)}", rise, p=rise.p, against="zero")


def _sigma(walk: Any) -> float:
    return float(walk.sigma)


def _rise(walk: Any) -> Judged:
    """Loss at the end less that at the start, walker by walker; the error is over the solutions they start from."""
    return paired(walk.values[:, 0], walk.values[:, -1], walk.origin_index)


def _opening(walk: Any) -> str:
    """Whether the mean loss rises, and falls in no step more than by chance."""
    rise = _rise(walk)
    if not (rise.significant and rise.value > 0):
        return f"the rise is not significant ({rise.chance})"
    steps = [mean_of(step, walk.origin_index) for step in np.diff(walk.values, axis=1).T]
    falls = [step.value / step.error for step in steps if step.value < 0 and step.error > 0]
    worst = worst_bound(falls + [0.0] * (len(steps) - len(falls)), steps[0].freedom)
    return "the fan opens, though not steadily" if worst.significant else "the fan opens steadily"


def _on_the_sphere(numbers: Numbers, sphere: Any, free: Any) -> str:
    """The rise on the sphere, beside that of the free walks from the same solutions."""
    text = f"on the sphere it rises by {_risen(numbers, sphere, ' on the sphere')} there"
    if sphere.values.shape != free.values.shape or not np.array_equal(sphere.origin_index, free.origin_index):
        return text
    more = paired(free.values[:, -1], sphere.values[:, -1], free.origin_index)
    numbers.keep("rise on the sphere less that of free walks", more, p=more.p, against="zero")
    if not more.significant:
        return f"{text}, not significantly differently ({more.chance})"
    return f"{text}, {more if more.value > 0 else -more} {more.word('less', '', 'more')}"


def _table(walks: list[Any], rough: list[Any], caption: str) -> Table:
    rows = []
    by_sigma = {r.sigma: r for r in rough}
    for walk in walks:
        r, per_step = by_sigma.get(walk.sigma), _rise(walk)
        rows.append(
            (
                given(walk.sigma),
                str(mean_of(walk.distance[:, -1], walk.origin_index)),
                plus_minus(walk.mean[-1], walk.error[-1]),
                str(per_step),
                "–" if r is None else plus_minus(r.correlation_length, r.correlation_length_error),
                plus_minus(per_step.value / walk.n_steps, per_step.error / walk.n_steps),
                str(_increment_spread(walk)),
            )
        )
    solutions = len(np.unique(walks[0].origin_index)) if walks else 0
    over = f"the {solutions} solutions" if solutions > 1 else "walkers"
    header = ("σ", "final distance |δw|", "final loss", "rise", "ξ (steps)", "mean ΔL", "std ΔL")
    return Table(
        header,
        rows,
        f"{caption} Mean ± standard error over {over}; rise: final loss less that of the start, pair by pair. ξ: lag "
        "at which the autocorrelation falls to 1/e, its error over walkers; not determined where it does not fall so "
        "far within half the walk. ΔL: change of the loss in a step, its standard deviation with a jackknife error.",
    )


def _increment_spread(walk: Any) -> Judged:
    """Standard deviation of the increments; the error by leaving out a solution, or a walker of the only one."""
    steps = np.diff(walk.values, axis=1)
    group = walk.origin_index
    if len(np.unique(group)) == 1:
        group = np.arange(len(steps))
    without = [steps[group != g].std() for g in np.unique(group)] if len(np.unique(group)) > 1 else []
    return Judged(float(steps.std()), float(jackknife_error(np.array(without))), len(without) - 1)


def _write(book: Any) -> Section | None:
    free, sphere = _all(book, "none"), _all(book, "sphere")
    if not free:
        return None
    label = book.network.value_label
    rough = _all(book, "none", "ruggedness")
    figures = [
        picture(
            sl.figures.walk_fan(free, value_label=label),
            "Random walks from trained solutions, training loss against steps. Each step adds N(0, σ²) to every "
            "coordinate. Lines: mean over walkers; bands: standard error over the solutions, pale the middle 68 % of "
            "the walkers; compare figure 2 of arXiv:2407.20724.",
        ),
        picture(
            sl.figures.walk_fan(free, versus="distance", value_label=label),
            "The same walks against the distance travelled. If the loss depends on the distance alone, the curves "
            "of all σ fall on one another.",
        ),
    ]
    if book.is_classification:
        figures.append(
            picture(sl.figures.walk_fan(free, quantity="accuracy"), "Training accuracy along the same walks.")
        )
    if sphere:
        figures.append(
            picture(
                sl.figures.walk_fan(sphere, value_label=label),
                "Walks held on the sphere |w|² = const of their starting point: the spherical constraint of the glass.",
            )
        )
    if rough:
        figures.append(
            picture(
                sl.figures.walk_ruggedness(rough, labels=[f"σ = {given(r.sigma)}" for r in rough]),
                "Ruggedness. Left: autocorrelation of the loss along the walk, of its fluctuations about the mean over "
                "walkers at each step; errors over walkers. Right: distribution of the increments of the loss.",
            )
        )
    return Section(
        "Protocol 1",
        "Protocol 1: random walks in parameter space",
        f"{free[0].values.shape[0]} walkers from {len(np.unique(free[0].origin_index))} solutions for each σ, "
        f"{free[0].n_steps} steps each.",
        figures,
        [
            _table(walks, _all(book, kind, "ruggedness"), caption)
            for walks, kind, caption in ((free, "none", "Free walks."), (sphere, "sphere", "Walks on the sphere."))
            if walks
        ],
    )


WALKS = Chapter("walks", "random walks", _steps, _find, _write, kernels={"network": ("walks",)})
