"""Chapter: what theory says of the glass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...figures.theory import complexity_curves, critical_points_depth
from ...formatting import fixed, number
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, picture
from .reader import ABC, GlassReader

_ENERGIES = (
    ("layer 0", "−E_0, ground state"),
    ("layer 1", "−E_1, below it no saddle of index 1 or higher"),
    ("layer 2", "−E_2"),
    ("layer 3", "−E_3"),
    ("threshold", "−E_inf, threshold"),
)
_OTHERS = (
    ("dynamical temperature", "T_d, dynamical temperature"),
    ("static temperature", "T_s, static temperature"),
    ("dynamical energy", "energy in equilibrium at T_d"),
    ("static energy", "energy in equilibrium at T_s"),
)


def theory_chapter(glass: GlassReader) -> Chapter | None:
    """The card of exact numbers, complexity, and numbers of critical points by depth."""
    card, depth, counts = (glass.get(name) for name in (names.CARD, names.DEPTH, names.COUNTS))
    if card is None:
        return None
    figures: list[Picture] = []
    if card.order > 2:
        figures.append(
            picture(
                complexity_curves(card),
                "Complexity: growth rate (1/N) ln of the mean number of critical points of energy at most u. Left: of all of "
                "them; right: near the threshold, Θ_k of those with k negative eigenvalues of the Hessian. Where a curve is "
                "below 0 such points are exponentially rare. Auffinger, Ben Arous and Černý, arXiv:1003.1129, theorems 2.5, 2.8.",
            )
        )
    if depth is not None:
        figures.append(
            picture(
                critical_points_depth(depth),
                f"Critical points and depth, natural logarithm of their number: the glass that stands for a bias-free network of {depth.n_parameters} weights, "
                "all layers of one width w and one output, has Λ = w spins of order H. Rings mark the maxima. The question is that "
                "of Becker, Zhang and Lee, arXiv:1808.00408, whose number ((H−1)^Λ − 1)/(H−2) of complex critical points is used: σ and −σ count as one. Of the mean number "
                "of real ones the leading exponential is drawn, to which a factor of 2 makes no difference.",
            )
        )
    return Chapter(
        "theory", "Theory", "What theory says",
        f"Exact numbers for N → ∞ and order {card.order}; every later chapter has them beside what was measured. {ABC} "
        "(Auffinger, Ben Arous and Černý, ABC); those of Crisanti and Sommers (CS) are E_ABC/√2 and T_ABC/√2.",
        _finding(card, depth, counts),
        figures,
        [_table(card)],
    )  # fmt: skip


def _finding(card: Any, depth: Any, counts: Any) -> str:
    if card.order == 2:
        text = (
            f"At order 2 the energy is a quadratic form: its critical points are 2N eigenvectors, there is one valley with its "
            f"mirror image, and ground state and threshold are the same, −E_0 = −E_inf = {number(-card.ground_state, 4)}"
        )
    else:
        text = (
            f"The ground state lies at −E_0 = {number(-card.ground_state, 4)} and the threshold at −E_inf = "
            f"{number(-card.threshold, 4)}; between them minima are the most numerous critical points, "
            f"exp({number(card.threshold_complexity)} N) of them up to the threshold"
        )
        if counts is not None:
            both = counts.log_complex + math.log(2)
            text += (
                f"; {counts.n_spins} spins have 10^{number(counts.log_total / math.log(10))} real critical points on average, out of "
                f"10^{number(both / math.log(10))} complex ones, σ and −σ counted as two in both"
            )
    if depth is not None and len(depth.depths) > 2:
        top, last = int(np.argmax(depth.log_complex)), len(depth.depths) - 1
        inside = 0 < top < last
        text += f". With {depth.n_parameters} weights the number of complex critical points " + (
            f"rises up to depth {depth.depths[top]} and falls beyond"
            if inside
            else f"is largest at depth {depth.depths[top]}"
        )
    return text + "."


def _table(card: Any) -> Table:
    rows: list[tuple[str, ...]] = [
        (label, fixed(-card.value(name), 5), fixed(-card.value(name, "cs"), 5))
        for name, label in (_ENERGIES if card.order > 2 else _ENERGIES[:1])
    ]
    rows += [(label, fixed(card.value(name), 5), fixed(card.value(name, "cs"), 5)) for name, label in _OTHERS]
    rows += [
        ("q_EA at T_d", *[fixed(card.dynamical_overlap, 5)] * 2),
        ("q_EA at T_s", *[fixed(card.static_overlap, 5)] * 2),
        ("Θ_0 at the threshold", *[fixed(card.threshold_complexity, 5)] * 2),
    ]
    return Table(
        ("", "ABC", "CS"), rows,
        "Energies per spin, temperatures, overlaps. q_EA: Edwards and Anderson's overlap of two configurations of one state.",
    )  # fmt: skip
