"""G. Folena, S. Franz and F. Ricci-Tersenghi, "Rethinking mean-field glassy dynamics and its relation with the energy
landscape: the surprising case of the spherical mixed p-spin model" (arXiv:1903.01421): gradient flow from equilibrium
at a temperature T' above T_d comes to rest at the threshold in a pure glass, and deeper in a mixture if T' is below an
onset.

The equations of N → ∞ themselves, from starts in equilibrium at T' (`theory.quench_energy`), for the pure glass of
order 3 and two mixtures of equal weights. They are solved with two steps, one half of the other, and extrapolated; at
a quarter of the longest time half of both steps changes energies by 3·10⁻⁵ at most. An energy below the threshold at a
finite time needs no extrapolation, as energies only fall; limits are those of straight lines in t^(−2/3), the power of
random starts, through the last three quarters of the time, and carry an error that these do not tell.

Glasses that are sampled do not tell it: 64 spins from T_d rest 0.11 deeper than from random starts in the pure glass,
too, which falls as N^(−2/3) or slower, so 0.004 takes 10⁴ spins, with 10¹¹ couplings of order 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spinland as sl
from spinland.figures.style import GREY, context, dress, ordered_colours
from spinland.formatting import fixed

from .keeping import Arrays, Keeper

GLASSES: dict[str, dict[int, float]] = {"pure 3": {3: 1.0}, "2 + 3": {2: 1.0, 3: 1.0}, "3 + 4": {3: 1.0, 4: 1.0}}
_POWER = 2 / 3


@dataclass(frozen=True)
class Protocol:
    """Temperatures T' of the starts over T_d, steps of the coarser grid, times that are kept."""

    shares: tuple[float, ...] = (1.0, 1.1, 1.3, math.inf)
    steps: int = 1000
    times: int = 40


def flow(mixture: dict[int, float], protocol: Protocol) -> Arrays:
    """Times, and energies (K, T) from each temperature."""
    step = 0.25 / math.sqrt(sum(beta**2 * p * (p - 1) for p, beta in mixture.items()))  # that of quench_energy
    times = np.geomspace(1.0, (protocol.steps - 5) * step, protocol.times)
    heat = sl.theory.dynamical_temperature(mixture)
    curves = [sl.theory.quench_energy(times, mixture, start=share * heat) for share in protocol.shares]
    return {
        "times": times,
        "energy": np.array([curve.energy for curve in curves]),
        "shares": np.array(protocol.shares),
        "threshold": np.array(-sl.theory.mixture_threshold(mixture)),
    }


def limit(times: Any, energy: Any) -> float:
    """Energy of a straight line in t^(−2/3) at t → ∞."""
    late = times >= times[-1] / 4
    return float(np.polyfit(times[late] ** -_POWER, energy[late], 1)[1])


def measure(data: Any, keep: Keeper, protocol: Protocol) -> dict[str, Any]:
    """Everything that the page shows; no data enter."""
    found: dict[str, Any] = {}
    for k, (name, mixture) in enumerate(GLASSES.items()):
        one = keep.stage(f"glass-{k}", flow, mixture, protocol)
        found[name] = {key: array.tolist() for key, array in one.items()}
        found[name]["shares"] = [share if math.isfinite(share) else None for share in one["shares"].tolist()]
    return found


def page(found: dict[str, Any]) -> list[str]:
    """The table, in Markdown."""
    lines = ["| glass | T'/T_d | t | e(t) | e(t) − threshold | limit − threshold |", "|---|---|---|---|---|---|"]
    for name, one in found.items():
        times, threshold = np.array(one["times"]), one["threshold"]
        for share, row in zip(one["shares"], one["energy"], strict=True):
            energy = np.array(row)
            cells = (fixed(energy[-1], 4), fixed(energy[-1] - threshold, 4), fixed(limit(times, energy) - threshold, 4))
            lines.append(f"| {name} | {share or '∞'} | {times[-1]:.0f} | {' | '.join(cells)} |")
    return lines


@context()
def draw(found: dict[str, Any]) -> Figure:
    """Energies above the threshold against t^(−2/3), a panel for each glass."""
    figure = Figure(figsize=(11.0, 3.6), layout="constrained")
    for ax, (name, one) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
        times, energy = np.array(one["times"]), np.array(one["energy"])
        late = times >= times[-1] / 40
        for colour, share, row in zip(ordered_colours(len(energy)), one["shares"], energy, strict=True):
            words = "∞" if share is None else f"{share:g} $T_d$"
            dress(ax).plot(times[late] ** -_POWER, row[late] - one["threshold"], color=colour, label=words)
        ax.axhline(0, color=GREY, linewidth=0.9, linestyle="--")
        ax.set_xlim(left=0)
        ax.set_title(name, loc="left")
        ax.set_xlabel("$t^{-2/3}$")
    figure.axes[0].set_ylabel("energy per spin above the threshold")
    figure.axes[0].legend(title="$T'$ of the start", loc="upper left")
    return figure
