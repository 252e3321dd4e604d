"""Equilibrium at many temperatures: energies and overlaps of replica exchange beside theory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import fixed, given, number, plus_minus
from ..statistics.judging import Judged, deviations, mean_of, worst_joint
from ..statistics.uncertainty import standard_error
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture
from .settings import number as real
from .settings import setting, several, whole
from .spherical import SEED_HEAT, SphericalSettings, placed, sort_settings
from .theory.equilibrium import equilibrium_theory

EQUILIBRIUM = "theory/equilibrium"
EXCHANGE = "temperatures/exchange"
_HEADING = "Temperatures"
_MOST_SPINS = 50  # cold and large glasses do not come to equilibrium in a minute
_SAMPLES = 500  # of replica exchange, kept of each copy
_CURVES = 5  # distributions P(q) in one drawing
_LEAST_SWAPS = 0.05  # accepted share below which replicas hardly pass
_LEAST_MEMORIES = 20  # autocorrelation times that a run must last


@dataclass(frozen=True)
class TemperatureSettings(SphericalSettings):
    """Settings of equilibrium."""

    temperatures: tuple[float, ...] | None = setting(
        None,
        "temperatures T; default twelve from 0.8 to 3 times the static one",
        several(real(above=0), optional=True),
        _HEADING,
    )
    heat_spins: int | None = setting(None, "spins in equilibrium; default N, at most 50", whole(2, True), _HEADING)
    sweeps: int = setting(1000, "sweeps of replica exchange after its warm-up of half as many", whole(20), _HEADING)

    def __post_init__(self) -> None:
        super().__post_init__()
        sort_settings(self, "temperatures")
        if self.temperatures is not None and len(self.temperatures) < 2:
            raise ArgumentError("temperatures", "at least two, to exchange replicas between", self.temperatures)


def heat_spins(config: TemperatureSettings) -> int:
    """Number of spins in equilibrium."""
    return config.heat_spins or min(config.spins, _MOST_SPINS)


def temperatures(config: TemperatureSettings) -> tuple[float, ...]:
    """Temperatures of equilibrium."""
    if config.temperatures is not None:
        return config.temperatures
    return tuple((sl.theory.static_temperature(config.order) * np.geomspace(0.8, 3.0, 12)).tolist())


def _exchange(
    *,
    order: int,
    n_spins: int,
    n_instances: int,
    disorder: int,
    temperatures: tuple[float, ...],
    sweeps: int,
    seed: int,
    device: str = "cpu",
) -> sl.ReplicaExchange:
    """Replica exchange of the instances with this seed."""
    glasses = sl.instances(n_spins, order, n_instances, disorder, device=device)
    return sl.replica_exchange(
        glasses, np.array(temperatures), sweeps, seed, copies=2, stride=max(1, sweeps // _SAMPLES)
    )


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    known = {"order": c.order, "temperatures": temperatures(c), "n_spins": heat_spins(c)}
    yield Stage(EQUILIBRIUM, "energies in equilibrium by theory", equilibrium_theory, arguments=known)
    yield Stage(
        EXCHANGE,
        "replica exchange",
        _exchange,
        arguments={
            **known,
            "n_instances": c.instances,
            "disorder": book.seed(SEED_HEAT),
            "sweeps": c.sweeps,
            "seed": book.seed(SEED_HEAT, 1),
            **placed(c),
        },
    )


def _values(book: Any) -> dict[str, Any]:
    return {"temperatures": list(temperatures(book.config)), "heat_spins": heat_spins(book.config)}


def _find(book: Any) -> Finding | None:
    exchange, theory = book.get(EXCHANGE), book.get(EQUILIBRIUM)
    if exchange is None:
        return None
    numbers = Numbers()
    text = _state(numbers, exchange, theory)
    share = numbers.stated("lowest accepted share of the exchanges, %", 100 * float(_swaps(exchange).min()), 2)
    return numbers.finding("temperatures", f"{text}; of the exchanges {share} % or more are accepted.")


def _state(numbers: Numbers, exchange: Any, theory: Any) -> str:
    """The energies beside theory, if this is equilibrium."""

    def at(k: int, **beside: Any) -> str:
        t = given(float(exchange.temperatures[k]), 3)
        told = numbers.tell(f"energy at T = {t}", exchange.mean[k], exchange.error[k], **beside)
        return f"{told} at T = {t}"

    doubt = _doubt(exchange, numbers)
    if doubt:
        return f"Not equilibrated, so not compared with theory: {doubt}. The energy comes to {at(0)}"
    if theory is None:
        return f"The energy is {at(0)} and {at(-1)}"
    clauses = [_annealed(numbers, exchange, theory)] if np.isfinite(theory.corrected).any() else []
    if (theory.breaking < 1).any():
        limit = float(theory.energy[0])
        clauses.append(
            "below the static temperature the energy lies at "
            f"{at(0, against='one-step breaking, N → ∞', exact=limit)}, where "
            f"one-step breaking gives {number(limit, 4)} for N → ∞ and q = {number(float(theory.overlap[0]))}"
        )
    text = "; ".join(clauses) or f"The coldest energy is {at(0)}"
    return text[:1].upper() + text[1:]


def _annealed(numbers: Numbers, exchange: Any, theory: Any) -> str:
    """The energy beside its annealed value where that is known; all temperatures share their instances."""
    known = np.isfinite(theory.corrected)
    each = np.asarray(exchange.energies).mean(axis=(1, 3))[:, known]
    found = worst_joint([(each, theory.corrected[known])])
    excess = mean_of((each - theory.corrected[known]).mean(axis=1))
    verdict = "differs from" if found.significant else "does not significantly differ from"
    lowest = given(float(exchange.temperatures[known][0]), 3)
    side = "above" if excess.value >= 0 else "below"
    worst = numbers.worst(
        f"largest deviation of the energy at T = {lowest} and above, in standard errors", found, "annealed value"
    )
    distance = numbers.tell(
        f"mean distance by which it lies {side} the annealed value", excess if excess.value >= 0 else -excess
    )
    return (
        f"at T = {lowest} and above the energy of {exchange.extent} spins {verdict} the annealed value, −1/T with its "
        f"leading correction for finite N: {worst}; averaged over these temperatures it lies {distance} {side}"
    )


def _swaps(exchange: Any) -> Any:
    """Accepted share of the exchanges of each temperature with the next, (K−1,)."""
    pairs = len(exchange.temperatures) - 1
    return np.asarray(exchange.swap_acceptance).reshape(-1, pairs).mean(axis=0)


def _doubt(exchange: Any, numbers: Numbers) -> str:
    """Why a run is not taken for equilibrium, in words; empty where nothing speaks against it."""
    temperatures, memory = exchange.temperatures, np.asarray(exchange.autocorrelation_time)
    memory = np.where(np.isfinite(memory), np.fmax(memory, exchange.overlap_autocorrelation_time), memory)
    swaps = _swaps(exchange)
    reasons = []
    k = int(np.argmin(swaps))
    if not swaps[k] >= _LEAST_SWAPS:
        between = f"between T = {given(float(temperatures[k]), 3)} and {given(float(temperatures[k + 1]), 3)}"
        share = numbers.stated(
            f"accepted share of the exchanges {between}, %",
            100 * float(swaps[k]),
            2,
            against="at least",
            exact=100 * _LEAST_SWAPS,
        )
        reasons.append(f"{between} only {share} % of the exchanges are accepted")
    samples = np.asarray(exchange.energies).shape[1]
    slow = np.where(np.isfinite(memory), memory, np.inf)
    k = int(np.argmax(slow))
    t = given(float(temperatures[k]), 3)
    if not np.isfinite(slow[k]):
        reasons.append(f"at T = {t} the energy does not move in an instance")
    elif samples < _LEAST_MEMORIES * slow[k]:
        length = numbers.stated(
            f"autocorrelation times at T = {t} that the run lasts for",
            samples / slow[k],
            2,
            against="at least",
            exact=_LEAST_MEMORIES,
        )
        reasons.append(f"the run lasts for {length} autocorrelation times at T = {t}, fewer than {_LEAST_MEMORIES}")
    return ", and ".join(reasons)


def _write(book: Any) -> Section | None:
    exchange, theory = book.get(EXCHANGE), book.get(EQUILIBRIUM)
    if exchange is None:
        return None
    n_instances, _, _, copies = exchange.energies.shape
    return Section(
        "Equilibrium",
        "Equilibrium at many temperatures",
        f"Replica exchange of {n_instances} instances of {exchange.extent} spins, {copies} copies each, "
        f"{book.config.sweeps} sweeps after the warm-up. For N → ∞ the energy is −1/T above the static temperature "
        "T_s and that of one-step replica symmetry breaking below.",
        _figures(book, exchange, theory),
        [_table(exchange, theory)],
    )


def _figures(book: Any, exchange: Any, theory: Any) -> list[Picture]:
    line = None if theory is None else np.stack([theory.grid, theory.curve])
    chosen = _chosen(len(exchange.temperatures))
    even = book.config.order % 2 == 0
    coldest = 0.0 if theory is None else float(theory.overlap[0])
    levels = {rf"$q(T={exchange.temperatures[0]:.3g})$": coldest} if coldest > 0 else None
    return [
        picture(
            sl.figures.energy_temperature(exchange, theory=line, value_label=sl.figures.ENERGY),
            (
                f"Energy per spin in equilibrium, {exchange.extent} spins, errors over instances; the line is for N → "
                "∞, and at any finite N the energy averaged over the disorder lies above −1/T."
            ),
        ),
        picture(
            sl.figures.overlap_distribution_curves(_selected(exchange, chosen), levels=levels, folded=even),
            "Distribution P(q) of the overlap of two copies of one instance, mean over instances with its standard "
            "error. Above T_s it is a peak at 0 of width 1/√N; one-step breaking adds a peak at the overlap q of one "
            "state, dashed line for the coldest "
            f"temperature.{' At even order q and −q are equally likely: the density is that of |q|.' if even else ''}",
        ),
    ]


def _chosen(n: int) -> Any:
    """A few temperatures, the coldest and the hottest among them."""
    return np.unique(np.linspace(0, n - 1, min(n, _CURVES)).round().astype(int))


def _selected(exchange: Any, chosen: Any) -> SimpleNamespace:
    def density(bins: int, folded: bool) -> tuple[Any, Any, Any]:
        edges, values, errors = exchange.overlap_density(bins, folded=folded)
        return edges, values[chosen], errors[chosen]

    return SimpleNamespace(temperatures=exchange.temperatures[chosen], overlap_density=density)


def _table(exchange: Any, theory: Any) -> Table:
    n = len(exchange.temperatures)
    mean, error, memory = exchange.mean, exchange.error, exchange.autocorrelation_time
    moves = np.asarray(exchange.move_acceptance).reshape(-1, n).mean(axis=0)
    swaps = np.append(np.asarray(exchange.swap_acceptance).reshape(-1, n - 1).mean(axis=0), np.nan)
    memory_error = _memory_error(exchange)
    settled = not _doubt(exchange, Numbers())
    rows = []
    for k in range(n):
        exact = None if theory is None else float(theory.energy[k])
        corrected = float("nan") if theory is None else float(theory.corrected[k])
        z = float(deviations(mean[k], error[k], corrected)) if settled else float("nan")
        rows.append(
            (
                fixed(float(exchange.temperatures[k]), 4),
                plus_minus(mean[k], error[k]),
                "–" if exact is None else fixed(exact, 4),
                fixed(corrected, 4),
                fixed(z, 2),
                str(_overlap(exchange, k)),
                plus_minus(memory[k], memory_error[k]),
                f"{100 * moves[k]:.0f} %",
                "–" if k == n - 1 else f"{100 * swaps[k]:.0f} %",
            )
        )
    header = ("T", "energy", "N → ∞", f"N = {exchange.extent}", "z", "√⟨q²⟩", "τ", "moves", "swaps")
    return Table(
        header,
        rows,
        "Energies per spin. N → ∞: −1/T, or one-step breaking; then the annealed value, with the leading correction "
        "at this N, from 1.5 times the temperature on below which its second moment diverges: nearer to it the "
        "correction is too large. z: deviation from it in standard errors, – where the run is not equilibrated; all "
        "temperatures share their instances, so these deviations are not independent. τ: autocorrelation time of the "
        "energy in samples. Errors are over instances. Moves, and swaps with the next higher temperature: share of "
        "those tried in this run that were accepted.",
    )


def _overlap(exchange: Any, k: int) -> Judged:
    """√⟨q²⟩ at a temperature, its error from the scatter of q² over instances."""
    square = mean_of((np.asarray(exchange.overlaps, np.float64)[:, :, k] ** 2).mean(axis=(1, 2)))
    root = float(np.sqrt(square.value))
    return Judged(root, square.error / (2 * root) if root > 0 else float("nan"), square.freedom)


def _memory_error(exchange: Any) -> Any:
    """Standard error of the autocorrelation time over instances, (K,)."""
    each = [replace(exchange, energies=e).autocorrelation_time for e in np.asarray(exchange.energies)]
    return standard_error(np.array(each))


TEMPERATURES = Chapter(
    "temperatures", "equilibrium at many temperatures", _steps, _find, _write, _values, kernels={"glass": ("dynamics",)}
)
