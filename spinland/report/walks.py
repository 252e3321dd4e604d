"""Chapter: protocol 1, random walks in parameter space."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures.walks import walk_fan, walk_ruggedness
from ..formatting import given, plus_minus
from ..statistics.judging import Judged, mean_of, paired, worst_bound
from ..statistics.uncertainty import jackknife_error
from .parts import Chapter, Table, picture, sentence
from .reader import StudyReader


def walks_chapter(study: StudyReader) -> Chapter | None:
    """Fans of walks for several σ, free and on the sphere, and the ruggedness along them."""
    free, sphere = study.walks("none"), study.walks("sphere")
    if not free:
        return None
    rough = study.walks("none", "ruggedness")
    figures = [
        picture(
            walk_fan(free, value_label=study.value_label),
            "Random walks from trained solutions, training loss against steps. Each step adds N(0, σ²) to every "
            "coordinate. Lines: mean over walkers; bands: standard error over the solutions, pale the middle 68 % of the walkers; compare figure 2 of arXiv:2407.20724.",
        ),
        picture(
            walk_fan(free, versus="distance", value_label=study.value_label),
            "The same walks against the distance travelled. If the loss depends on the distance alone, the curves "
            "of all σ fall on one another.",
        ),
    ]
    if study.is_classification:
        figures.append(
            picture(walk_fan(free, quantity="accuracy"), "Training accuracy along the same walks.")
        )
    if sphere:
        figures.append(
            picture(
                walk_fan(sphere, value_label=study.value_label),
                "Walks held on the sphere |w|² = const of their starting point: the spherical constraint of the glass.",
            )
        )
    if rough:
        figures.append(
            picture(
                walk_ruggedness(rough, labels=[f"σ = {given(r.sigma)}" for r in rough]),
                "Ruggedness. Left: autocorrelation of the loss along the walk, of its fluctuations about the mean over "
                "walkers at each step; errors over walkers. Right: distribution of the increments of the loss.",
            )
        )
    return Chapter(
        "walks", "Protocol 1", "Protocol 1: random walks in parameter space",
            f"{free[0].values.shape[0]} walkers from {len(np.unique(free[0].origin_index))} solutions for each σ, "
            f"{free[0].n_steps} steps each.",
        _finding(free, sphere, study.unit),
        figures,
        [
            _table(walks, study.walks(kind, "ruggedness"), caption)
            for walks, kind, caption in ((free, "none", "Free walks."), (sphere, "sphere", "Walks on the sphere."))
            if walks
        ],
    )  # fmt: skip


def _finding(free: list[Any], sphere: list[Any], unit: str) -> str:
    smallest, largest = min(free, key=_sigma), max(free, key=_sigma)
    starts = mean_of(smallest.values[:, 0], smallest.origin_index)
    clauses = [
        f"in {smallest.n_steps} steps from solutions of loss {starts} {unit} the loss rises by {_rise(smallest)} at σ = {given(smallest.sigma)}"
    ]
    if largest is not smallest:
        clauses[0] += f" and by {_rise(largest)} at σ = {given(largest.sigma)}"
    clauses.append(f"at σ = {given(largest.sigma)} {_opening(largest)}")
    for walk in sphere:
        if walk.sigma == largest.sigma:
            clauses.append(_on_the_sphere(walk, largest))
    return sentence(*clauses)


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


def _on_the_sphere(sphere: Any, free: Any) -> str:
    """The rise on the sphere, beside that of the free walks from the same solutions."""
    text = f"on the sphere it rises by {_rise(sphere)} there"
    if sphere.values.shape != free.values.shape or not np.array_equal(sphere.origin_index, free.origin_index):
        return text
    more = paired(free.values[:, -1], sphere.values[:, -1], free.origin_index)
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
        f"{caption} Mean ± standard error over {over}; rise: final loss less that of the start, pair by pair. ξ: lag at which the "
        "autocorrelation falls to 1/e, its error over walkers; not determined where it does not fall so far "
        "within half the walk. ΔL: change of the loss in a step, its standard deviation with a jackknife error.",
    )


def _increment_spread(walk: Any) -> Judged:
    """Standard deviation of the increments; the error by leaving out a solution, or a walker of the only one."""
    steps = np.diff(walk.values, axis=1)
    group = walk.origin_index
    if len(np.unique(group)) == 1:
        group = np.arange(len(steps))
    without = [steps[group != g].std() for g in np.unique(group)] if len(np.unique(group)) > 1 else []
    return Judged(float(steps.std()), float(jackknife_error(np.array(without))), len(without) - 1)
