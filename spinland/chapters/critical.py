"""Critical points: their numbers by index beside the exact means, and index against energy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import fixed, number, plus_minus
from ..statistics.judging import deviations, worst_joint
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture, sentence
from .settings import setting, several, whole
from .spherical import SEED_CRITICAL, SphericalSettings, sort_settings
from .theory.card import LAYERS
from .theory.chapter import COUNTS

LAYERED = "critical/layers"
_HEADING = "Critical points"
_MOST_SPINS = 40


def counts_name(n_spins: int) -> str:
    """Where numbers of critical points of instances of this size are kept."""
    return f"critical/counts/{n_spins}"


@dataclass(frozen=True)
class CriticalSettings(SphericalSettings):
    """Settings of the search for critical points."""

    critical_spins: tuple[int, ...] = setting(
        (4, 6, 8), "numbers of spins at which all critical points are looked for", several(whole(2)), _HEADING
    )
    critical_instances: int = setting(100, "instances of each of these sizes", whole(2), _HEADING)
    layer_spins: int = setting(12, "spins of one instance more, for index against energy", whole(2), _HEADING)

    def __post_init__(self) -> None:
        super().__post_init__()
        sort_settings(self, "critical_spins")
        if self.critical_spins[-1] > _MOST_SPINS:
            raise ArgumentError(
                "critical_spins",
                f"at most {_MOST_SPINS} spins, as the number of critical points grows exponentially with them",
                self.critical_spins[-1],
            )


def _count(*, n_spins: int, order: int, n_instances: int, seed: int) -> sl.CriticalCounts:
    return sl.critical_point_counts(n_spins, order, n_instances, seed)


def _layers(*, n_spins: int, order: int, instance: int, seed: int) -> sl.CriticalPoints:
    """Critical points of the instance with this seed."""
    return sl.critical_points(sl.SphericalSpinGlass(n_spins, order, instance), seed=seed)


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    for n in c.critical_spins:
        yield Stage(
            counts_name(n),
            f"critical points of {n} spins",
            _count,
            arguments={
                "n_spins": n,
                "order": c.order,
                "n_instances": c.critical_instances,
                "seed": book.seed(SEED_CRITICAL, n),
            },
        )
    yield Stage(
        LAYERED,
        f"index and energy, {c.layer_spins} spins",
        _layers,
        arguments={"n_spins": c.layer_spins, "order": c.order, "instance": c.seed, "seed": book.seed(SEED_CRITICAL)},
    )


def _counts(book: Any) -> list[Any]:
    """Numbers of critical points of each size that are there, by rising size."""
    return list(book.all_of({n: counts_name(n) for n in book.config.critical_spins}).values())


def _exact(theory: Any, n_spins: int) -> Any:
    """Exact mean numbers by index, None where they are not known."""
    if theory is None or n_spins not in theory.sizes:
        return None
    row = theory.by_index[int(np.flatnonzero(theory.sizes == n_spins)[0])][:n_spins]
    return row if np.isfinite(row).all() else None


def _find(book: Any) -> Finding | None:
    counts, theory, layers = _counts(book), book.get(COUNTS), book.get(LAYERED)
    if not counts and layers is None:
        return None
    numbers = Numbers()
    clauses = [_beside_theory(numbers, counts, theory), _completeness(numbers, counts)]
    if layers is not None and len(layers.energy):
        clauses.append(_minima(numbers, layers, book.config.order))
    return numbers.finding("critical", sentence(*clauses))


def _beside_theory(numbers: Numbers, counts: list[Any], theory: Any) -> str:
    """Numbers by index beside their exact means, where all sets are complete."""
    exact = [_exact(theory, item.n_spins) for item in counts]
    known = [
        (item, row)
        for item, row in zip(counts, exact, strict=True)
        if row is not None and item.n_complete == item.n_instances
    ]
    if not known:
        return ""
    found = worst_joint([_by_index(item, row) for item, row in known])
    sizes = ", ".join(str(item.n_spins) for item, _ in known)
    verdict = "differ from" if found.significant else "do not significantly differ from"
    verdict = verdict if found.n else "cannot be compared with"
    told = numbers.worst(
        "largest deviation of the numbers of critical points by index, in standard errors", found, "exact means"
    )
    return f"the numbers of critical points by index {verdict} their exact means for {sizes} spins: {told}"


def _completeness(numbers: Numbers, counts: list[Any]) -> str:
    """How many sets are complete, and how many have the right Euler characteristic."""
    if not counts:
        return ""
    complete, total = sum(c.n_complete for c in counts), sum(c.n_instances for c in counts)
    euler = sum(_euler(c) for c in counts)
    numbers.keep("complete sets", complete, against="out of", exact=total)
    numbers.keep("sets with the right Euler characteristic", euler, against="out of", exact=total)
    whole_ = "all" if complete == total else f"{complete} of"
    doubt = "" if complete == total else ", the others may lack points, and their numbers be too small"
    return (
        f"{whole_} {total} sets are complete{doubt}, and the Euler characteristic comes out right in {euler} of {total}"
    )


def _minima(numbers: Numbers, layers: Any, order: int) -> str:
    """Energies of the minima of one instance."""
    lowest, n = layers.energy[layers.index == 0], layers.n_spins
    if not len(lowest):
        return f"no minimum of the {n} spins was met"
    mean = numbers.stated(f"mean energy of the minima of one instance, {n} spins", float(lowest.mean()), 4)
    text = f"the {len(lowest)} minima of one instance of {n} spins have a mean energy of {mean}"
    if len(lowest) > 1:
        spread = numbers.stated("standard deviation of these energies", float(lowest.std(ddof=1)), 2)
        text += f", standard deviation {spread}"
    if order > 2:
        threshold = -sl.theory.threshold_energy(order)
        below = int(np.sum(lowest < threshold))
        numbers.keep("minima of that instance below −E_inf", below, against="out of", exact=len(lowest))
        text += f", {below or 'none'} of them below −E_inf = {number(threshold, 4)}"
    return text


def _write(book: Any) -> Section | None:
    counts, theory, layers = _counts(book), book.get(COUNTS), book.get(LAYERED)
    if not counts and layers is None:
        return None
    exact = [_exact(theory, item.n_spins) for item in counts]
    return Section(
        "Critical points",
        "Critical points",
        "Points of the sphere where P∇H = 0, found by following all complex solutions from a system that is solved; "
        "only where these are too many by a search from random starts. Complete: every complex solution was found and "
        "certified, or a search met nothing new for long and Morse's inequalities hold. The index is the number of "
        "negative eigenvalues of the Hessian.",
        _figures(book, counts, exact, layers),
        [_table(counts, exact)] if counts else [],
    )


def _figures(book: Any, counts: list[Any], exact: list[Any], layers: Any) -> list[Picture]:
    figures: list[Picture] = []
    if counts:
        known = [item for item, row in zip(counts, exact, strict=True) if row is not None]
        curves = [row for row in exact if row is not None]
        drawn = sl.figures.index_counts(known, theory=curves) if known else sl.figures.index_counts(counts)
        figures.append(
            picture(
                drawn,
                "Mean number of critical points by index with standard errors over instances; lines: the exact mean, "
                "Auffinger, Ben Arous and Černý, arXiv:1003.1129, theorem 2.1. Both of a pair ±σ are counted.",
            )
        )
    if layers is not None and len(layers.energy):
        order = book.config.order
        levels = [] if order == 2 else [-sl.theory.layer_energy(order, k) for k in range(LAYERS)]
        figures.append(
            picture(
                sl.figures.index_energy(layers, layers=levels, threshold=-sl.theory.threshold_energy(order)),
                f"Index against energy per spin of the {len(layers.energy)} critical points of one instance of "
                f"{layers.n_spins} spins. {_state(layers.complete)} For N → ∞ those of index k lie above −E_k, and up "
                "to −E_inf.",
            )
        )
    return figures


def _state(complete: Any) -> str:
    return {True: "The set is complete.", False: "The set is certainly incomplete."}.get(
        complete, "The set may be incomplete."
    )


def _by_index(item: Any, exact: Any) -> tuple[Any, Any]:
    """Numbers of each instance and exact means that do not repeat one another: at odd orders k and N−1−k are one."""
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
    header = ("N", "complete", "found", "exact", "z", "found", "exact", "Euler")
    return Table(
        header,
        rows,
        "Mean numbers per instance ± standard error over instances. z: deviation of all points from the exact mean in "
        "standard errors. Euler: instances in which "
        "Σ (−1)^k = 1 + (−1)^(N−1).",
        groups=(("", 2), ("all points", 3), ("minima", 2), ("", 1)),
    )


def _reads(book: Any) -> tuple[str, ...]:
    """The exact means of theory."""
    return (COUNTS,)


CRITICAL = Chapter(
    "critical", "critical points", _steps, _find, _write, reads=_reads, kernels={"glass": ("critical points",)}
)
