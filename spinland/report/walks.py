"""Chapter: protocol 1, random walks in parameter space."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures.labels import plus_minus
from ..figures.walks import walk_fan, walk_ruggedness
from ..statistics import standard_error
from .parts import Chapter, Table, number, picture
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
            "coordinate. Lines: mean over walkers; bands: standard error; compare figure 2 of arXiv:2407.20724.",
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
                walk_ruggedness(rough, labels=[f"σ = {r.sigma:g}" for r in rough]),
                "Ruggedness. Left: autocorrelation of the loss along the walk, of its fluctuations about the mean over "
                "walkers at each step; errors by jackknife over walkers. Right: distribution of the increments of the loss.",
            )
        )
    return Chapter(
        "walks", "Protocol 1", "Protocol 1: random walks in parameter space",
            f"{free[0].values.shape[0]} walkers from {len(np.unique(free[0].origin_index))} solutions for each σ, "
            f"{free[0].n_steps} steps each.",
        _finding(free, sphere, study.unit),
        figures,
        [_table(free, rough, "Free walks."), _table(sphere, study.walks("sphere", "ruggedness"), "Walks on the sphere.")],
    )  # fmt: skip


def _finding(free: list[Any], sphere: list[Any], unit: str) -> str:
    smallest, largest = free[0], free[-1]
    for walk in free:
        smallest = walk if walk.sigma < smallest.sigma else smallest
        largest = walk if walk.sigma > largest.sigma else largest
    text = (
        f"In {smallest.n_steps} steps the mean loss goes from {number(smallest.mean[0])} to "
        f"{plus_minus(smallest.mean[-1], smallest.error[-1])} {unit} at σ = {smallest.sigma:g}"
    )
    if largest is not smallest:
        text += f" and to {plus_minus(largest.mean[-1], largest.error[-1])} at σ = {largest.sigma:g}"
    rises = largest.mean[-1] > largest.mean[0] + 2 * largest.error[-1]
    monotone = bool(rises and np.all(np.diff(largest.mean) > -2 * largest.error[1:]))
    text += "; the fan opens steadily" if monotone else "; at the largest σ the mean does not rise steadily"
    for walk in sphere:
        if walk.sigma == largest.sigma:
            text += f"; on the sphere it ends at {plus_minus(walk.mean[-1], walk.error[-1])}"
    return text + "."


def _table(walks: list[Any], rough: list[Any], caption: str) -> Table:
    rows = []
    by_sigma = {r.sigma: r for r in rough}
    for walk in walks:
        r = by_sigma.get(walk.sigma)
        rows.append(
            (
                f"{walk.sigma:g}",
                plus_minus(float(walk.distance[:, -1].mean()), float(standard_error(walk.distance[:, -1]))),
                plus_minus(walk.mean[-1], walk.error[-1]),
                "–" if r is None else plus_minus(r.correlation_length, r.correlation_length_error),
                "–" if r is None else number(r.increment_mean),
                "–" if r is None else number(r.increment_std),
            )
        )
    header = ("σ", "final distance |δw|", "final loss", "correlation length ξ (steps)", "mean ΔL", "std ΔL")
    return Table(
        header,
        rows,
        caption
        + " ξ: lag at which the autocorrelation falls to 1/e; not determined where it does not within half the walk.",
    )
