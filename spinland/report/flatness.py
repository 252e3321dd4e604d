"""Chapter: protocol 4, flatness against batch size and generalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures.flatness import flatness_batch
from ..formatting import given, p_text, plus_minus
from ..statistics.judging import SIGNIFICANCE, Judged, mean_of, paired
from ..study import names
from ..study.context import RESCALING
from .parts import Chapter, Table, mean_text, picture
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
        f"the rise of the training loss at the relative distance |δw|/|w| = {given(comparison.radius)}: small is flat. The claim "
        "under test: small batches find flatter solutions, and flatter solutions generalise better. Rescaled copies: what enters a "
        f"hidden neuron times a factor, what leaves it divided by it; factors are log-normal with a spread of {given(RESCALING)}.",
        _finding(comparison, _rescaling(study, comparison.radius), study.is_classification),
        [
            picture(
                flatness_batch(comparison, kind=kind, unit=study.unit),
                f"Flatness {words}. Mean over replicas ± standard error; each point of the scatter is one replica.",
            )
            for kind, words in kinds.items()
        ],
        [_table(comparison, study.is_classification)],
    )  # fmt: skip


def _finding(comparison: Any, rescaled: tuple[Judged, int] | None, classification: bool) -> str:
    quality = "test accuracy" if classification else "minus the test loss"
    sentences = [_compared(comparison), _confounded(comparison)]
    clauses = []
    for kind, name in (("filter", "filter directions"), ("walk", "walks")):
        rho, error, p = _rank(comparison, f"rank_{kind}")
        clauses.append(f"{_rho(rho, error)} ({p_text(p)}) for {name}, {_meaning(rho, p)}")
    sentences.append(f"Rank correlation of the rise with the {quality}: " + "; ".join(clauses) + ".")
    rho, error, p = _rank(comparison, "within_mean_filter")
    if np.isfinite(rho):
        sentences.append(
            f"Within one batch size, where it cannot come from the batch size, it is {_rho(rho, error)} on average ({p_text(p)}), "
            f"{_meaning(rho, p)} (filter directions)."
        )
    if rescaled is not None:
        sentences.append(_rescaled(*rescaled))
    return " ".join(sentence for sentence in sentences if sentence)


def _rho(rho: float, error: float) -> str:
    return f"ρ {'is ' if not np.isfinite(rho) else '= '}{plus_minus(rho, error)}"


def _rank(comparison: Any, name: str) -> tuple[float, float, float]:
    """A rank correlation, its error and its p."""
    rho, error, p = (float(getattr(comparison, name + end)) for end in ("", "_error", "_p"))
    return rho, error, p


def _compared(comparison: Any) -> str:
    """The rises of the smallest and of the largest batch size, replica by replica: both start from the same points."""
    small, large = int(np.argmin(comparison.batch_sizes)), int(np.argmax(comparison.batch_sizes))
    rise = comparison.rise_filter
    change = paired(rise[large], rise[small])
    claim = change.word(
        "flatter solutions than", "solutions that are not significantly flatter or sharper than", "sharper solutions than"
    )  # fmt: skip
    return (
        f"Batch size {comparison.batch_sizes[small]} gives {claim} {comparison.batch_sizes[large]}: the rise is {mean_of(rise[small])} "
        f"against {mean_of(rise[large])}, difference from the same starts {change} ({change.chance})."
    )


def _confounded(comparison: Any) -> str:
    """A warning where the batch sizes have not been trained equally far."""
    losses = np.nanmean(comparison.train_loss, axis=1)
    high, low = int(np.argmax(losses)), int(np.argmin(losses))
    if losses[high] < 1.5 * losses[low]:
        return ""
    return (
        f"But the final training losses differ between the batch sizes, from {mean_of(comparison.train_loss[low])} to "
        f"{mean_of(comparison.train_loss[high])}, so this compares how far they have converged as much as how flat they are; "
        "--batch-rule updates gives all of them the same number of updates."
    )


def _meaning(rho: float, p: float) -> str:
    if not np.isfinite(rho):
        return "as all values are equal"
    if not p <= SIGNIFICANCE:
        return "not distinguishable from none"
    return (
        "flatter generalises better, as claimed"
        if rho < 0
        else "flatter generalises worse, against the claim"
    )


def _rescaling(study: StudyReader, radius: float) -> tuple[Judged, int] | None:
    """Relative change of the rise under a rescaling of neurons, over replicas, and the batch size it was measured at."""
    for name in study.present:
        if name.startswith("batches/") and name.endswith("/rescaled"):
            size = int(name.split("/")[1])
            after, before = study.get(name), study.get(names.batch(size, "filter"))
            if before is not None and radius in before.radii:
                at = int(np.flatnonzero(before.radii == radius)[0])
                return mean_of(100 * (after.rise[:, at] / before.rise[:, at] - 1)), size
    return None


def _rescaled(change: Judged, size: int) -> str:
    which, by = ("larger", change) if change.value >= 0 else ("smaller", -change)
    return (
        f"Filter normalisation does not make the rise a property of the function: copies of the replicas of batch size {size} with "
        f"rescaled neurons, the same functions, have one that is {which} by {by} % on average ({change.chance})."
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
            plus_minus(comparison.within_filter[i], comparison.within_filter_error[i]),
        ]
        rows.append(row)
    header = ["batch size", "training loss", "test loss", *(["test accuracy"] if classification else [])]
    header += ["gap (test − training loss)", "rise, filter", "rise, walk", "ρ within, filter"]
    return Table(header, rows, "Mean ± standard error over replicas; ρ within: rank correlation with a jackknife error over replicas. Compare the training losses before reading the flatness: "
                 "replicas that have not converged are flat for another reason.")  # fmt: skip
