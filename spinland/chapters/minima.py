"""Minima of a spherical glass: what stands for the trained replicas of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from .. import checks
from ..errors import ArgumentError
from ..formatting import number, plus_minus
from ..statistics.judging import mean_of
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture
from .settings import Settings, setting, whole

_HEADING = "The same probes on the glass"
_MOST_SPINS = 100  # of the glass beside a network: its couplings grow as N^p


def _none_or_several(name: str, value: Any) -> int:
    count = checks.integer(name, value, minimum=0, maximum=10**6)
    if count in (1, 2):
        raise ArgumentError(name, "0, or at least 3", count)
    return count


@dataclass(frozen=True)
class GlassBesideSettings(Settings):
    """Settings of the glass that a network is compared with."""

    glass_replicas: int = setting(
        40, "minima of a spherical glass to compare the solutions with; 0 for no comparison", _none_or_several, _HEADING
    )
    glass_spins: int | None = setting(
        None,
        "spins N of that glass; default as many as the network has parameters, at most 100",
        whole(3, True),
        _HEADING,
    )
    glass_order: int = setting(3, "its order p, at least 3: of order 2 it has two minima only", whole(3), _HEADING)


@dataclass(frozen=True)
class MinimaSettings(Settings):
    """Settings of the descents of one instance."""

    minima: int = setting(40, "descents of one instance to its minima", whole(4), "Probes")


def spins_beside(config: Any, n_params: int) -> int:
    """Spins of the glass that a network of so many parameters is compared with."""
    return int(config.glass_spins or min(_MOST_SPINS, n_params))


def _minima(
    *, n_spins: int, order: int, instance: int, n_starts: int, seed: int, device: str = "cpu"
) -> sl.MinimaEnsemble:
    """Minima below random points of the instance with this seed."""
    return sl.glass_minima(sl.SphericalSpinGlass(n_spins, order, instance, device=device), n_starts, seed)


def _steps(book: Any) -> Iterator[Stage]:
    for name, arguments in book.descents.items():
        yield Stage(name, f"minima of a spherical glass of {arguments['n_spins']} spins", _minima, arguments=arguments)


def levels(order: int) -> dict[str, float]:
    """−E_0 and −E_inf with their names on an axis; the one they share at order 2."""
    if order == 2:
        return {r"$-E_0 = -E_\infty$": -sl.theory.layer_energy(order)}
    return {r"$-E_0$": -sl.theory.layer_energy(order), r"$-E_\infty$": -sl.theory.threshold_energy(order)}


def _found(book: Any) -> list[Any]:
    """Minima of each instance that are there, by rising size; the last one is that of the subject."""
    found = book.all_of({name: name for name in book.descents})
    return sorted(found.values(), key=lambda minima: int(minima.params.shape[1]))


def _find(book: Any) -> Finding | None:
    found = _found(book)
    if not found:
        return None
    numbers, main, order = Numbers(), found[-1], int(book.glass.order)
    ground, threshold = -sl.theory.layer_energy(order), -sl.theory.threshold_energy(order)
    mean = numbers.tell(
        "mean energy of the minima over the starts", mean_of(main.values), against="−E_inf", exact=threshold
    )
    text = (
        f"The minima lie at {mean} per spin on average over the starts, where N → ∞ has the threshold −E_inf = "
        f"{number(threshold, 4)} and the ground state −E_0 = {number(ground, 4)} (E[H(σ)H(σ')] = N q^{order})."
    )
    if order > 2:
        text += " " + _beyond(numbers, found, threshold)
    return numbers.finding("minima", text)


def _beyond(numbers: Numbers, found: list[Any], threshold: float) -> str:
    """How many descents of single instances pass the threshold, which none does for N → ∞."""
    passed = []
    for item in found:
        below, n = int(np.sum(item.values < threshold)), item.params.shape[1]
        numbers.keep(f"descents that end below −E_inf, {n} spins", below, against="out of", exact=len(item.values))
        passed.append(f"{below} at N = {n}")
    return (
        f"Of {len(found[-1].values)} descents of one instance of each size, so many end below −E_inf: "
        f"{', '.join(passed)}."
    )


def _write(book: Any) -> Section | None:
    found = _found(book)
    if not found:
        return None
    main, order = found[-1], int(book.glass.order)
    n_spins = main.params.shape[1]
    text = (
        f"One instance of the spherical {order}-spin glass with N = {n_spins} spins, H = N^(−({order}−1)/2) Σ J σ…σ "
        f"over all ordered {order}-tuples with independent standard normal J and |σ|² = N, goes through the same "
        f"functions as a network. Its minima, found by descent from {len(main.params)} random points, stand for "
        f"trained replicas: {len(main.distinct)} are different. Energies are per spin, in the convention E[H(σ)H(σ')] "
        f"= N q^{order}; those of Crisanti and Sommers are smaller by √2."
    )
    if main.symmetric:
        text += " At even order a minimum and its opposite count as one, and overlaps have no sign."
    sizes = "one instance of each size" if len(found) > 1 else "this instance"
    rows = " Several sizes: a row for each, its highest bin at one height." if len(found) > 1 else ""
    figures = [
        picture(
            sl.figures.minima_energies(found if len(found) > 1 else main, levels=levels(order)),
            f"Energies per spin of the minima below {len(main.values)} random starts of {sizes}, normalised to "
            f"E[H(σ)H(σ')] = N q^{order}. Lines: ground state −E_0 and threshold −E_inf for N → ∞. A minimum that "
            f"several starts reach counts each time.{rows}",
        )
    ]
    return Section("The glass", "The glass and its minima", text, figures, [_table(book, main, order)])


def _table(book: Any, minima: Any, order: int) -> Table:
    """Energies, overlaps and fits, a column for each subject."""
    subjects = book.compared
    rows: list[tuple[str, Mapping[str, str]]] = []

    def add(name: str, cells: Mapping[str, str]) -> None:
        if cells:
            rows.append((name, cells))

    profiles = book.all_of({s.key: s.name("profile") for s in subjects})
    pairs = book.all_of({s.key: s.name("pairs") for s in subjects})
    add("value where walks start", {key: mean_text(p.start) for key, p in profiles.items()})
    add(
        "value at random points of the sphere",
        {key: plus_minus(float(np.mean(p.typical)), float(np.mean(p.typical_error))) for key, p in profiles.items()},
    )
    values = np.asarray(minima.values)
    key = book.glass.key
    add("mean energy of the minima over the starts", {key: mean_text(values)})
    add("mean energy of the different minima", {key: mean_text(values[minima.distinct])})
    add("lowest energy", {key: number(float(values.min()), 5)})
    add("threshold −E_inf, N → ∞", {key: number(-sl.theory.threshold_energy(order), 4)})
    add("ground state −E_0, N → ∞", {key: number(-sl.theory.layer_energy(order), 4)})
    add("mean overlap of pairs", {key: plus_minus(p.mean_overlap, p.mean_overlap_error) for key, p in pairs.items()})
    add("spread of the overlaps", {key: plus_minus(p.std_overlap, p.std_overlap_error) for key, p in pairs.items()})
    add("largest overlap of two", {key: number(float(np.max(p.overlaps))) for key, p in pairs.items()})
    add("different ones found", {key: f"{len(minima.distinct)} of {len(minima.params)}"})
    add("largest |∇H|/√N of a minimum", {key: number(float(np.max(minima.gradient_norms)), 2)})
    network = [s for s in subjects if s.order is None]
    units = f"Network: loss in {network[0].unit}; glass: e" if network else "E"
    return Table(
        ("", *(s.label for s in subjects)),
        [(name, *(cells.get(s.key, "–") for s in subjects)) for name, cells in rows],
        f"{units}nergy per spin, E[H(σ)H(σ')] = N q^{order}. Mean ± standard error over the starts, over the "
        "different minima, or over the random points; overlaps with errors over replicas.",
    )


MINIMA = Chapter("minima", "minima of a spherical glass", _steps, _find, _write, kernels={"glass": ("descent",)})
