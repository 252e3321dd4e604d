"""Chapter: protocol 4, flatness against batch size and generalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures.batches import flatness_batch
from ..figures.labels import plus_minus
from ..statistics import SIGNIFICANCE
from ..study import names
from .parts import Chapter, Table, mean_text, number, p_text, picture
from .reader import StudyReader


def flatness_chapter(study: StudyReader) -> Chapter | None:
    """Flatness and test accuracy by batch size, and their rank correlation."""
    comparison = study.get(names.BATCHES)
    if comparison is None:
        return None
    kinds = {"filter": "along filter-normalised directions", "walk": "along displacements of a random walk"}
    return Chapter(
        "flatness", "Protocol 4", "Protocol 4: flatness, batch size and generalisation",
        f"Replicas are trained with each batch size from common initial points ({study.config.batch_rule} in common). Flatness is "
        f"the rise of the training loss at the relative distance |δw|/|w| = {comparison.radius:g}: small is flat. The claim "
        "under test: small batches find flatter solutions, and flatter solutions generalise better.",
        _finding(comparison, study.is_classification),
        [
            picture(
                flatness_batch(comparison, kind=kind, unit=study.unit),
                f"Flatness {words}. Mean over replicas ± standard error; each point of the scatter is one replica.",
            )
            for kind, words in kinds.items()
        ],
        [_table(comparison, study.is_classification)],
    )  # fmt: skip


def _finding(comparison: Any, classification: bool) -> str:
    quality = "test accuracy" if classification else "minus the test loss"
    small, large = int(np.argmin(comparison.batch_sizes)), int(np.argmax(comparison.batch_sizes))
    rise = comparison.rise_filter
    difference = rise[large] - rise[small]
    finite = difference[np.isfinite(difference)]
    mean = float(finite.mean())
    error = float(finite.std(ddof=1) / np.sqrt(len(finite)))
    claim = (
        "flatter" if mean > 2 * error else ("sharper" if mean < -2 * error else "neither flatter nor sharper")
    )
    text = (
        f"Batch size {comparison.batch_sizes[small]} gives {claim} solutions than {comparison.batch_sizes[large]} (rise {number(float(np.nanmean(rise[small])))} against "
        f"{number(float(np.nanmean(rise[large])))}, difference {plus_minus(-mean, error)}). Rank correlation of the rise with the {quality}: "
    )
    parts = []
    for kind, name in (("filter", "filter directions"), ("walk", "walks")):
        rho, rho_error = getattr(comparison, f"rank_{kind}"), getattr(comparison, f"rank_{kind}_error")
        p = getattr(comparison, f"rank_{kind}_p")
        parts.append(f"ρ = {plus_minus(rho, rho_error)} ({p_text(p)}) for {name}, {_meaning(rho, p)}")
    text += "; ".join(parts) + "."
    text += _confounded(comparison)
    within = (
        np.nanmean(comparison.within_filter) if np.isfinite(comparison.within_filter).any() else float("nan")
    )
    return text + f" Within one batch size it is {number(within, 2)} on average (filter directions)."


def _confounded(comparison: Any) -> str:
    """A warning where the batch sizes have not been trained equally far."""
    losses = np.nanmean(comparison.train_loss, axis=1)
    if losses.max() < 1.5 * losses.min():
        return ""
    return (
        f" But the final training losses differ by a factor of {number(losses.max() / losses.min(), 2)} between the batch sizes, "
        "so this compares how far they have converged as much as how flat they are; --batch-rule updates gives all of them "
        "the same number of updates."
    )


def _meaning(rho: float, p: float) -> str:
    if not np.isfinite(rho):
        return "undefined because all values are equal"
    if p > SIGNIFICANCE:
        return "not distinguishable from none"
    return (
        "flatter generalises better, as claimed"
        if rho < 0
        else "flatter generalises worse, against the claim"
    )


def _table(comparison: Any, classification: bool) -> Table:
    rows = []
    for i, size in enumerate(comparison.batch_sizes):
        row = [str(size), mean_text(comparison.train_loss[i]), mean_text(comparison.test_loss[i])]
        if classification:
            row.append(mean_text(comparison.test_accuracy[i], True))
        row += [
            mean_text(comparison.generalisation_gap[i]),
            mean_text(comparison.rise_filter[i]),
            mean_text(comparison.rise_walk[i]),
            number(comparison.within_filter[i], 2),
        ]
        rows.append(row)
    header = ["batch size", "training loss", "test loss", *(["test accuracy"] if classification else [])]
    header += ["gap (test − training loss)", "rise, filter", "rise, walk", "ρ within, filter"]
    return Table(header, rows, "Mean ± standard error over replicas. Compare the training losses before reading the flatness: "
                 "replicas that have not converged are flat for another reason.")  # fmt: skip
