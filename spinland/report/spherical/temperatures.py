"""Chapter: equilibrium at several temperatures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...figures.dynamics import energy_temperature, overlap_distribution_curves
from ...figures.labels import ENERGY
from ...formatting import fixed, given, number, plus_minus
from ...statistics.judging import Judged, deviations, mean_of, worst_joint
from ...statistics.uncertainty import standard_error
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, picture
from .reader import GlassReader

_CURVES = 5  # distributions P(q) in one drawing
_LEAST_SWAPS = 0.05  # accepted share below which replicas hardly pass
_LEAST_MEMORIES = 20  # autocorrelation times that a run must last


def temperatures_chapter(glass: GlassReader) -> Chapter | None:
    """Energies of replica exchange beside theory, overlaps, acceptance."""
    exchange, theory = glass.get(names.EXCHANGE), glass.get(names.EQUILIBRIUM)
    if exchange is None:
        return None
    instances, _, _, copies = exchange.energies.shape
    return Chapter(
        "temperatures", "Equilibrium", "Equilibrium at many temperatures",
        f"Replica exchange of {instances} instances of {exchange.extent} spins, {copies} copies each, "
        f"{glass.config.sweeps} sweeps after the warm-up. For N → ∞ the energy is −1/T above the static temperature T_s and that "
        "of one-step replica symmetry breaking below.",
        _finding(exchange, theory, glass),
        _figures(glass, exchange, theory),
        [_table(exchange, theory)],
    )  # fmt: skip


def _figures(glass: GlassReader, exchange: Any, theory: Any) -> list[Picture]:
    line = None if theory is None else np.stack([theory.grid, theory.curve])
    chosen = _chosen(len(exchange.temperatures))
    even = glass.config.order % 2 == 0
    coldest = 0.0 if theory is None else float(theory.overlap[0])
    levels = {rf"$q(T={exchange.temperatures[0]:.3g})$": coldest} if coldest > 0 else None
    return [
        picture(
            energy_temperature(exchange, theory=line, value_label=ENERGY),
            f"Energy per spin in equilibrium, {exchange.extent} spins, errors over instances; the line is for N → ∞, and at any finite N the energy averaged over the disorder lies above −1/T.",
        ),
        picture(
            overlap_distribution_curves(_selected(exchange, chosen), levels=levels, folded=even),
            "Distribution P(q) of the overlap of two copies of one instance, mean over instances with its standard error. Above "
            "T_s it is a peak at 0 of width 1/√N; one-step breaking adds a peak at the overlap q of one state, dashed line for the "
            f"coldest temperature.{' At even order q and −q are equally likely: the density is that of |q|.' if even else ''}",
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


def _finding(exchange: Any, theory: Any, glass: GlassReader) -> str:
    mean, error = exchange.mean, exchange.error
    acceptance = np.asarray(exchange.swap_acceptance).reshape(-1, len(mean) - 1).mean(axis=0)
    ending = f"; of the exchanges {number(100 * float(acceptance.min()), 2)} % or more are accepted."
    coldest = f"{plus_minus(mean[0], error[0])} at T = {given(float(exchange.temperatures[0]), 3)}"
    doubt = _doubt(exchange)
    if doubt:
        return (
            f"Not equilibrated, so not compared with theory: {doubt}. The energy comes to {coldest}" + ending
        )
    if theory is None:
        hottest = f"{plus_minus(mean[-1], error[-1])} at T = {given(float(exchange.temperatures[-1]), 3)}"
        return f"The energy is {coldest} and {hottest}{ending}"
    sentences = [_annealed(exchange, theory)] if np.isfinite(theory.corrected).any() else []
    if (theory.breaking < 1).any():
        sentences.append(
            f"below the static temperature the energy lies at {coldest}, where one-step breaking gives "
            f"{number(float(theory.energy[0]), 4)} for N → ∞ and q = {number(float(theory.overlap[0]))}"
        )
    text = "; ".join(sentences) or f"The coldest energy is {coldest}"
    return text[:1].upper() + text[1:] + ending


def _annealed(exchange: Any, theory: Any) -> str:
    """The energy beside its annealed value where that is known; all temperatures share their instances."""
    known = np.isfinite(theory.corrected)
    each = np.asarray(exchange.energies).mean(axis=(1, 3))[:, known]
    found = worst_joint([(each, theory.corrected[known])])
    excess = mean_of((each - theory.corrected[known]).mean(axis=1))
    verdict = "differs from" if found.significant else "does not significantly differ from"
    lowest = given(float(exchange.temperatures[known][0]), 3)
    return (
        f"at T = {lowest} and above the energy of {exchange.extent} spins {verdict} the annealed value, −1/T with its leading "
        f"correction for finite N: {found}; averaged over these temperatures it lies {excess if excess.value >= 0 else -excess} "
        f"{'above' if excess.value >= 0 else 'below'}"
    )


def _doubt(exchange: Any) -> str:
    """Why a run is not taken for equilibrium, in words; empty where nothing speaks against it."""
    temperatures, memory = exchange.temperatures, np.asarray(exchange.autocorrelation_time)
    memory = np.where(np.isfinite(memory), np.fmax(memory, exchange.overlap_autocorrelation_time), memory)
    swaps = np.asarray(exchange.swap_acceptance).reshape(-1, len(temperatures) - 1).mean(axis=0)
    reasons = []
    k = int(np.argmin(swaps))
    if not swaps[k] >= _LEAST_SWAPS:
        reasons.append(
            f"between T = {given(float(temperatures[k]), 3)} and {given(float(temperatures[k + 1]), 3)} only "
            f"{number(100 * float(swaps[k]), 2)} % of the exchanges are accepted"
        )
    samples = np.asarray(exchange.energies).shape[1]
    slow = np.where(np.isfinite(memory), memory, np.inf)
    k = int(np.argmax(slow))
    if not np.isfinite(slow[k]):
        reasons.append(f"at T = {given(float(temperatures[k]), 3)} the energy does not move in an instance")
    elif samples < _LEAST_MEMORIES * slow[k]:
        reasons.append(
            f"the run lasts for {number(samples / slow[k], 2)} autocorrelation times at T = {given(float(temperatures[k]), 3)}, "
            f"fewer than {_LEAST_MEMORIES}"
        )
    return ", and ".join(reasons)


def _table(exchange: Any, theory: Any) -> Table:
    n = len(exchange.temperatures)
    mean, error, memory = exchange.mean, exchange.error, exchange.autocorrelation_time
    moves = np.asarray(exchange.move_acceptance).reshape(-1, n).mean(axis=0)
    swaps = np.append(np.asarray(exchange.swap_acceptance).reshape(-1, n - 1).mean(axis=0), np.nan)
    memory_error = _memory_error(exchange)
    settled = not _doubt(exchange)
    rows = []
    for k in range(n):
        exact = None if theory is None else float(theory.energy[k])
        corrected = float("nan") if theory is None else float(theory.corrected[k])
        z = float(deviations(mean[k], error[k], corrected)) if settled else float("nan")
        rows.append(
            (
                fixed(float(exchange.temperatures[k]), 4), plus_minus(mean[k], error[k]),
                "–" if exact is None else fixed(exact, 4), fixed(corrected, 4), fixed(z, 2), str(_overlap(exchange, k)),
                plus_minus(memory[k], memory_error[k]), f"{100 * moves[k]:.0f} %", "–" if k == n - 1 else f"{100 * swaps[k]:.0f} %",
            )
        )  # fmt: skip
    header = ("T", "energy", "N → ∞", f"N = {exchange.extent}", "z", "√⟨q²⟩", "τ", "moves", "swaps")
    return Table(
        header, rows,
        "Energies per spin. N → ∞: −1/T, or one-step breaking; then the annealed value, with the leading correction at this N, from 1.5 "
        "times the temperature on below which its second moment diverges: nearer to it the correction is too large. "
        "z: deviation from it in standard errors, – where the run is not equilibrated; all temperatures share their instances, so these deviations are not independent. τ: autocorrelation time of the energy in samples. Errors are over instances. Moves, and swaps "
        "with the next higher temperature: share of those tried in this run that were accepted.",
    )  # fmt: skip


def _overlap(exchange: Any, k: int) -> Judged:
    """√⟨q²⟩ at a temperature, its error from the scatter of q² over instances."""
    square = mean_of((np.asarray(exchange.overlaps, np.float64)[:, :, k] ** 2).mean(axis=(1, 2)))
    root = float(np.sqrt(square.value))
    return Judged(root, square.error / (2 * root) if root > 0 else float("nan"), square.freedom)


def _memory_error(exchange: Any) -> Any:
    """Standard error of the autocorrelation time over instances, (K,)."""
    each = [replace(exchange, energies=e).autocorrelation_time for e in np.asarray(exchange.energies)]
    return standard_error(np.array(each))
