"""Chapter: critical points."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...figures.critical import index_counts, index_energy
from ...formatting import fixed, number, plus_minus
from ...statistics.judging import deviations, worst_joint
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, picture, sentence
from .reader import GlassReader


def critical_chapter(glass: GlassReader) -> Chapter | None:
    """Numbers by index beside their exact means, and index against energy."""
    counts, theory, layers = glass.counts(), glass.get(names.COUNTS), glass.get(names.LAYERS)
    if not counts and layers is None:
        return None
    exact = [_exact(theory, item.n_spins) for item in counts]
    text = (
        "Points of the sphere where P∇H = 0, found by following all complex solutions from a system that is solved; only where "
        "these are too many by a search from random starts. Complete: every complex solution was found and certified, or a search "
        "met nothing new for long and Morse's inequalities hold. The index is the number of negative eigenvalues of the Hessian."
    )
    return Chapter(
        "critical", "Critical points", "Critical points",
        text,
        _finding(counts, exact, layers, glass),
        _figures(glass, counts, exact, layers),
        [_table(counts, exact)] if counts else [],
    )  # fmt: skip


def _exact(theory: Any, n_spins: int) -> Any:
    """Exact mean numbers by index, None where they are not known."""
    if theory is None or n_spins not in theory.sizes:
        return None
    row = theory.by_index[int(np.flatnonzero(theory.sizes == n_spins)[0])][:n_spins]
    return row if np.isfinite(row).all() else None


def _figures(glass: GlassReader, counts: list[Any], exact: list[Any], layers: Any) -> list[Picture]:
    figures: list[Picture] = []
    if counts:
        known = [item for item, row in zip(counts, exact, strict=True) if row is not None]
        curves = [row for row in exact if row is not None]
        drawn = index_counts(known, theory=curves) if known else index_counts(counts)
        figures.append(
            picture(
                drawn,
                "Mean number of critical points by index with standard errors over instances; lines: the exact mean, Auffinger, "
                "Ben Arous and Černý, arXiv:1003.1129, theorem 2.1. Both of a pair ±σ are counted.",
            )
        )
    if layers is not None and len(layers.energy):
        card = glass.get(names.CARD)
        levels: Any = () if card is None or glass.config.order == 2 else -card.layers
        figures.append(
            picture(
                index_energy(layers, layers=levels, threshold=None if card is None else -card.threshold),
                f"Index against energy per spin of the {len(layers.energy)} critical points of one instance of {layers.n_spins} "
                f"spins. {_state(layers.complete)} For N → ∞ those of index k lie above −E_k, and up to −E_inf.",
            )
        )
    return figures


def _state(complete: Any) -> str:
    return {True: "The set is complete.", False: "The set is certainly incomplete."}.get(
        complete, "The set may be incomplete."
    )


def _finding(counts: list[Any], exact: list[Any], layers: Any, glass: GlassReader) -> str:
    sentences = []
    known = [
        (item, row)
        for item, row in zip(counts, exact, strict=True)
        if row is not None and item.n_complete == item.n_instances
    ]
    if known:
        found = worst_joint([_by_index(item, row) for item, row in known])
        sizes = ", ".join(str(item.n_spins) for item, _ in known)
        verdict = "differ from" if found.significant else "do not significantly differ from"
        verdict = verdict if found.n else "cannot be compared with"
        sentences.append(
            f"the numbers of critical points by index {verdict} their exact means for {sizes} spins: {found}"
        )
    if counts:
        complete, total = sum(c.n_complete for c in counts), sum(c.n_instances for c in counts)
        whole = "all" if complete == total else f"{complete} of"
        sentences.append(
            f"{whole} {total} sets are complete{'' if complete == total else ', the others may lack points, and their numbers be too small'}, "
            f"and the Euler characteristic comes out right in {sum(_euler(c) for c in counts)} of {total}"
        )
    if layers is not None and len(layers.energy):
        sentences.append(_layers(layers, glass))
    return sentence(*sentences)


def _layers(layers: Any, glass: GlassReader) -> str:
    card = glass.get(names.CARD)
    lowest = layers.energy[layers.index == 0]
    if not len(lowest):
        return f"no minimum of the {layers.n_spins} spins was met"
    text = f"the {len(lowest)} minima of one instance of {layers.n_spins} spins have a mean energy of {number(float(lowest.mean()), 4)}"
    if len(lowest) > 1:
        text += f", standard deviation {number(float(lowest.std(ddof=1)), 2)}"
    if card is not None and glass.config.order > 2:
        below = int(np.sum(lowest < -card.threshold))
        text += f", {below or 'none'} of them below −E_inf = {number(-card.threshold, 4)}"
    return text


def _by_index(item: Any, exact: Any) -> tuple[Any, Any]:
    """Numbers of each instance and their exact means that do not repeat one another: for odd orders k and N−1−k are one."""
    different = (item.n_spins + 1) // 2 if all(p % 2 for p in item.order) else item.n_spins
    return np.asarray(item.counts)[:, :different], exact[:different]


def _euler(item: Any) -> int:
    """Instances in which Σ (−1)^k N_k is the Euler characteristic of the sphere."""
    signs = (-1) ** np.arange(item.n_spins)
    return int(np.sum(np.asarray(item.counts) @ signs == 1 + (-1) ** (item.n_spins - 1)))


def _table(counts: list[Any], exact: list[Any]) -> Table:
    rows = []
    for item, row in zip(counts, exact, strict=True):
        total = None if row is None else float(np.sum(row))
        z = None if total is None else float(deviations(item.mean_total, item.total_error, total))
        rows.append(
            (
                str(item.n_spins),
                f"{item.n_complete} of {item.n_instances}",
                plus_minus(item.mean_total, item.total_error),
                "–" if total is None else fixed(total, 2),
                "–" if z is None else fixed(z, 2),
                plus_minus(float(item.mean[0]), float(item.error[0])),
                "–" if row is None else fixed(float(row[0]), 2),
                f"{_euler(item)} of {item.n_instances}",
            )
        )
    header = ("N", "complete", "all points", "exact", "z", "minima", "exact", "Euler")
    return Table(
        header, rows,
        "Mean numbers per instance ± standard error over instances. z: deviation of all points from the exact mean in standard errors. Euler: instances in which "
        "Σ (−1)^k = 1 + (−1)^(N−1).",
    )  # fmt: skip
