"""Inherent energies: where descent from equilibrium comes to rest, in a pure glass and in mixtures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import fixed, given, number, plus_minus
from ..statistics.judging import Judged
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Section, Table, picture
from .settings import Settings, setting, several, whole
from .settings import number as real
from .subjects import of_kind
from .theory.rest import FOURFOLD, RestTheory, rest_theory

SEED_INHERENT = 35
_HEADING = "Inherent energies"
_TIME, _TOLERANCE = 3.0, 1e-2  # of the flow: of 288 starts one ended elsewhere than after a time of 8
_ROUNDING = 1e-4  # of energies of the infinite glass, by the steps in time


@dataclass(frozen=True)
class InherentSettings(Settings):
    """Settings of inherent energies."""

    inherent_sizes: tuple[int, ...] = setting(
        (16, 32, 64), "numbers of spins, rising, two at least", several(whole(4)), _HEADING
    )
    inherent_instances: int = setting(16, "instances of each size, a start in each", whole(2), _HEADING)
    inherent_temperatures: tuple[float, ...] = setting(
        (1.0, 1.3),
        "temperatures of the starts over T_d, from T_s on; random starts come besides",
        several(real(above=0)),
        _HEADING,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("inherent_sizes", 2), ("inherent_temperatures", 1)):
            values = getattr(self, name)
            if len(values) < least or list(values) != sorted(set(values)):
                raise ArgumentError(name, f"{least} numbers or more, rising", values)


def glasses(order: int) -> dict[str, dict[int, float]]:
    """Names of the pure glass and of its mixtures with equal weights, and what they are mixed of."""
    mixed = [(order - 1, order)] if order > 2 else []
    mixed.append((order, order + 1))
    return {f"pure {order}": {order: 1.0}} | {f"{p} + {q}": {p: 1.0, q: 1.0} for p, q in mixed}


def _place(name: str) -> str:
    return f"inherent/{name.replace(' + ', '-').replace(' ', '-')}"


def _exact_place(name: str) -> str:
    return f"theory/{_place(name)}"


def _energies(
    *, mixture: dict[int, float], shares: tuple[float, ...], sizes: tuple[int, ...], instances: int, seed: int
) -> sl.InherentEnergies:
    """Energies at rest of starts at these shares of T_d, and of random ones."""
    levels = [share * sl.theory.dynamical_temperature(mixture) for share in shares]
    levels.append(math.inf)
    return sl.inherent_energies(
        mixture, levels, sizes, instances, seed, time=_TIME, tolerance=_TOLERANCE, dtype="float32"
    )


def _steps(book: Any) -> Iterator[Stage]:
    glass, c = of_kind(book, "glass"), book.config
    if glass is None:
        return
    for name, mixture in glasses(glass.order).items():
        arguments = {
            "mixture": mixture,
            "shares": c.inherent_temperatures,
            "sizes": c.inherent_sizes,
            "instances": c.inherent_instances,
            "seed": book.seed(SEED_INHERENT),
        }
        yield Stage(_place(name), f"inherent energies, {name}", _energies, arguments=arguments)
        exact = {"mixture": mixture, "shares": c.inherent_temperatures}
        yield Stage(_exact_place(name), f"descent by theory, {name}", rest_theory, arguments=exact)


def _found(book: Any) -> dict[str, Any]:
    glass = of_kind(book, "glass")
    return {} if glass is None else book.all_of({name: _place(name) for name in glasses(glass.order)})


def _exact(book: Any) -> dict[str, RestTheory]:
    """What theory says of glasses of which there are energies."""
    return book.all_of({name: _exact_place(name) for name in _found(book)})


def _threshold(found: Any) -> float:
    return -sl.theory.mixture_threshold(dict(zip(found.orders, found.weights, strict=True)))


def _onset(found: Any) -> float:
    return sl.theory.dynamical_temperature(dict(zip(found.orders, found.weights, strict=True)))


def _find(book: Any) -> Finding | None:
    found = _found(book)
    if not found:
        return None
    numbers, clauses = Numbers(), []
    for name, result in found.items():
        freedom = result.energies.shape[2] - 1
        value, error = result.limit()
        shift, width = result.limit(change=True)
        change = Judged(float(shift[0]), float(width[0]), freedom)
        largest = mean_change(result)
        told = numbers.tell(f"{name}: change from random starts to the coldest, N → ∞", change, p=change.p, against="0")
        numbers.keep(f"{name}: the same at N = {result.sizes[-1]}", largest, p=largest.p, against="0")
        level = numbers.tell(
            f"{name}: energy at rest from random starts, N → ∞",
            float(value[-1]),
            float(error[-1]),
            against="threshold",
            exact=_threshold(result),
        )
        verb = change.word("lower", "not significantly different", "higher")
        clauses.append(
            f"{name}: {level} from random starts (threshold {number(_threshold(result), 4)}), {verb} from starts at T "
            f"= {given(result.temperatures[0], 3)}, by {told} ({change.chance})"
        )
    sizes = next(iter(found.values())).sizes
    text = (
        f"Energies at which descent comes to rest, extrapolated from N = {sizes[0]} to {sizes[-1]} by N^(−2/3): "
        f"{'; '.join(clauses)}."
    )
    return numbers.finding("inherent", " ".join([text, *_beside_theory(numbers, _exact(book))]))


def _beside_theory(numbers: Numbers, exact: dict[str, RestTheory]) -> Iterator[str]:
    """Whether descent of the infinite glass from the coldest start passes the threshold; its energies only fall."""
    clauses = []
    for name, theory in exact.items():
        last, t = float(theory.energies[0, -1] - theory.threshold), given(float(theory.times[-1]), 2)
        start = given(float(theory.temperatures[0]), 3)
        told = numbers.stated(f"{name}: energy above the threshold at t = {t} from T = {start}, N = ∞", last, 2)
        where = "below it, where it stays" if last < -_ROUNDING else "still above it"
        clauses.append(f"{name} from T = {start} at t = {t} {where} ({told})")
    if clauses:
        yield f"The equations of N = ∞ follow descent to the threshold and beyond: {'; '.join(clauses)}."


def mean_change(result: Any) -> Judged:
    """Energy at rest from the coldest start less that from a random one, at the largest size."""
    change = result.energies[-1, 0] - result.energies[-1, -1]
    return Judged(float(change.mean()), float(change.std(ddof=1) / np.sqrt(len(change))), len(change) - 1)


def _write(book: Any) -> Section | None:
    found = _found(book)
    if not found:
        return None
    results = list(found.values())
    drawn = sl.figures.inherent_energies(
        results,
        thresholds=[_threshold(result) for result in results],
        onsets=[_onset(result) for result in results],
        titles=list(found),
    )
    return Section(
        "Inherent energies",
        "Inherent energies",
        "Gradient flow from configurations of equilibrium at a temperature, planted (exact from T_s on), and the "
        "minimum below its end. For N → ∞ a pure glass comes to rest at its threshold whatever the start above T_d; in "
        "a mixture descent remembers a start below an onset above T_d and ends deeper (Folena, Franz and "
        "Ricci-Tersenghi, 2020). Mixtures have equal weights β = 1, so E[HH'] = N Σ q^p. Few spins remember their "
        "start in any glass: what counts is the limit, and that of straight lines in N^(−2/3) from so small sizes is a "
        "first guess near T_d.",
        [
            picture(
                drawn,
                "Energy per spin at rest against 1/T of the start, 0 for random starts. Mean ± standard error over "
                "instances; squares: straight lines in N^(−2/3) to N → ∞; dashed: threshold of the mixture.",
            )
        ],
        [_table(found), *_table_of_theory(_exact(book))],
    )


def _table_of_theory(exact: dict[str, RestTheory]) -> Iterator[Table]:
    """Energies of the infinite glass at some times, less those of the threshold."""
    if not exact:
        return
    columns = -1 - FOURFOLD * np.arange(3)[::-1]
    rows = []
    for name, theory in exact.items():
        for start, energies in zip(theory.temperatures, theory.energies - theory.threshold, strict=True):
            heat = "∞" if start == math.inf else given(float(start), 4)
            t = given(float(theory.times[-1]), 3)
            rows.append((name, heat, t, *(fixed(float(e), 4) for e in energies[columns])))
    yield Table(
        ("glass", "T of the start", "t", "at t/16", "at t/4", "at t"),
        rows,
        "Energy per spin above the threshold along gradient flow for N = ∞. It only falls: what is below 0 comes to "
        "rest below the threshold.",
    )


def _table(found: dict[str, Any]) -> Table:
    rows = []
    for name, result in found.items():
        value, error = result.limit()
        shift, width = result.limit(change=True)
        overlap = result.overlaps[-1].mean(axis=1)
        for k, t in enumerate(result.temperatures):
            rows.append(
                (
                    name,
                    "∞" if t == math.inf else given(float(t), 4),
                    plus_minus(float(result.mean[-1, k]), float(result.error[-1, k])),
                    plus_minus(float(value[k]), float(error[k])),
                    "0" if t == math.inf else plus_minus(float(shift[k]), float(width[k])),
                    number(float(overlap[k])),
                )
            )
    sizes = next(iter(found.values())).sizes
    header = ("glass", "T of the start", f"at rest, N = {sizes[-1]}", "N → ∞", "change from ∞, N → ∞", "overlap")
    return Table(
        header,
        rows,
        "Errors over instances. The change is that of the same instance and start; the overlap is that of the minimum "
        f"with its start at N = {sizes[-1]}.",
    )


INHERENT = Chapter(
    "inherent", "inherent energies of pure and mixed glasses", _steps, _find, _write, kernels={"glass": ("inherent",)}
)
