"""What the chapters on a spherical glass share: its settings, seeds, times, and what its symbols mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..statistics.judging import JUDGEMENT
from .settings import Settings, seed64, setting, whole

ABC = "Energies are per spin, in the normalisation E[H(σ)H(σ')] = N q^p"
"""The normalisation, for the head of a page."""

SEED_DESCENT, SEED_CRITICAL, SEED_HEAT, SEED_AGEING, SEED_STARTS = 1, 2, 3, 4, 5
"""Labels of the seeds that are derived from that of the settings."""

HEADING = "The glass"
_TIMES = 25  # of descent and ageing, evenly spaced in the logarithm
_FIRST_TIME = 0.05


def _order(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=2, maximum=12)


@dataclass(frozen=True)
class SphericalSettings(Settings):
    """Settings of the glass itself.

    Energies, temperatures and times of all chapters are those of Auffinger, Ben Arous and Černý's normalisation.
    """

    spins: int = setting(100, "number of spins N", whole(4), HEADING)
    order: int = setting(3, "order p of the interaction, 2 to 12", _order, HEADING)
    instances: int = setting(10, "independent instances to average over", whole(2), HEADING)
    seed: int = setting(0, "64-bit seed of every random number, the couplings included", seed64, HEADING)


def sort_settings(config: Settings, *names: str) -> None:
    """Put these settings of several numbers into rising order; what is left open stays so."""
    for name in names:
        values = getattr(config, name)
        if values is not None:
            object.__setattr__(config, name, tuple(sorted(values)))


def until(last: float) -> NDArray[np.float64]:
    """Time 0, and times that are even in the logarithm."""
    return np.concatenate([[0.0], np.geomspace(min(_FIRST_TIME, last / 2), last, _TIMES)])


DEFINITIONS = (
    (
        "H(σ), energy",
        (
            "H(σ) = N^(−(p−1)/2) Σ J σ…σ over all ordered p-tuples of N spins, J independent standard normal numbers, |σ|² = N; so "
            "E[H(σ)H(σ')] = N q^p (Auffinger, Ben Arous and Černý, arXiv:1003.1129). The page gives H/N, the energy per spin."
        ),
    ),
    (
        "ABC, CS",
        (
            "The normalisation above, and that of Crisanti and Sommers (1992), whose energies and temperatures are smaller by √2 and "
            "whose times are longer by √2. All numbers are ABC where nothing else is said."
        ),
    ),
    ("q, overlap", "σ·σ'/N: the cosine of two points of the sphere."),
    (
        "E_inf, threshold",
        (
            "2 √((p−1)/p). Above −E_inf typical critical points are saddles with a share of N negative directions, below it minima are "
            "the most numerous."
        ),
    ),
    (
        "E_0, E_k",
        "Below −E_k there are no critical points of index k or higher, for N → ∞. −E_0 is the ground state.",
    ),
    ("Index", "Number of negative eigenvalues of the Hessian on the sphere, out of N−1."),
    (
        "Complexity Θ, Θ_k",
        "Growth rate (1/N) ln of the mean number of critical points (of index k) of energy at most u.",
    ),
    (
        "T_d, T_s",
        (
            "Dynamical temperature: below it dynamics from a random point does not equilibrate, for N → ∞. Static temperature: below it "
            "equilibrium has one-step replica symmetry breaking."
        ),
    ),
    ("q_EA", "Edwards and Anderson's overlap of two configurations in one state."),
    (
        "t, time",
        "That of dσ/dt = −P∇H, P being the projection on the tangent directions; with noise of variance 2T at temperature T.",
    ),
    (
        "Corr(q), a_p",
        "Correlation of the energies at two points of overlap q; weights of the mixture Σ a_p q^p with that correlation.",
    ),
    (
        "Cophenetic correlation",
        "Pearson's correlation of the distances with the heights at which pairs join in the tree; 1 for an ultrametric set.",
    ),
    ("z", "Measured minus exact, in standard errors of the measured."),
    (
        "±",
        (
            "Standard error of the mean over instances, or over minima, walkers or pairs where it says so. A change is taken pair by pair where "
            "both ends were measured on the same instances."
        ),
    ),
    ("p, significant", JUDGEMENT),
)
