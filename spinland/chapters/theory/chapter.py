"""What theory says of the glass."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ...formatting import fixed, number
from ..chapter import Chapter, Stage
from ..findings import Finding, Numbers
from ..sections import Picture, Section, Table, picture
from ..settings import setting, whole
from ..spherical import ABC, HEADING, SphericalSettings
from .card import theory_card
from .counts import counts_theory, depth_theory

CARD = "theory/card"
DEPTH = "theory/depth"
COUNTS = "theory/counts"

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


@dataclass(frozen=True)
class TheorySettings(SphericalSettings):
    """Settings of what theory is asked."""

    parameters: int = setting(
        10_000, "weights of the networks whose numbers of critical points are compared by depth", whole(2), HEADING
    )


def _steps(book: Any) -> Iterator[Stage]:
    c = book.config
    yield Stage(CARD, "theory: energies, temperatures, complexity", theory_card, arguments={"order": c.order})
    yield Stage(DEPTH, "theory: critical points by depth", depth_theory, arguments={"n_parameters": c.parameters})
    yield Stage(
        COUNTS,
        "theory: numbers of critical points",
        counts_theory,
        arguments={"order": c.order, "sizes": c.critical_spins, "n_spins": c.spins},
    )


def _find(book: Any) -> Finding | None:
    card, depth, counts = (book.get(name) for name in (CARD, DEPTH, COUNTS))
    if card is None:
        return None
    numbers = Numbers()
    text = _levels(numbers, card, counts)
    if depth is not None and len(depth.depths) > 2:
        text += f". {_depth(numbers, depth)}"
    return numbers.finding("theory", f"{text}.")


def _levels(numbers: Numbers, card: Any, counts: Any) -> str:
    """Levels of the energy, and the critical points there are."""
    ground = numbers.stated("−E_0", -card.ground_state, 4)
    if card.order == 2:
        return (
            "At order 2 the energy is a quadratic form: its critical points are 2N eigenvectors, there is one valley "
            f"with its mirror image, and ground state and threshold are the same, −E_0 = −E_inf = {ground}"
        )
    threshold = numbers.stated("−E_inf", -card.threshold, 4)
    complexity = numbers.stated("Θ_0 at the threshold", card.threshold_complexity)
    text = (
        f"The ground state lies at −E_0 = {ground} and the threshold at −E_inf = {threshold}; between them minima are "
        f"the most numerous critical points, exp({complexity} N) of them up to the threshold"
    )
    if counts is None:
        return text
    both = (counts.log_complex + math.log(2)) / math.log(10)
    complex_ = number(both)
    real = numbers.stated(
        f"decimal logarithm of the mean number of real critical points of {counts.n_spins} spins",
        counts.log_total / math.log(10),
        against="complex ones",
        exact=both,
    )
    return (
        f"{text}; {counts.n_spins} spins have 10^{real} real critical points on average, out of 10^{complex_} complex "
        "ones, σ and −σ counted as two in both"
    )


def _depth(numbers: Numbers, depth: Any) -> str:
    """The depth at which there are most critical points."""
    top, last = int(np.argmax(depth.log_complex)), len(depth.depths) - 1
    most = int(depth.depths[top])
    numbers.keep(f"depth with the most complex critical points, {depth.n_parameters} weights", most)
    text = f"With {depth.n_parameters} weights the number of complex critical points "
    if 0 < top < last:
        return f"{text}rises up to depth {most} and falls beyond"
    return f"{text}is largest at depth {most}"


def _write(book: Any) -> Section | None:
    """The card of exact numbers, complexity, and numbers of critical points by depth."""
    card, depth = book.get(CARD), book.get(DEPTH)
    if card is None:
        return None
    figures: list[Picture] = []
    if card.order > 2:
        figures.append(
            picture(
                sl.figures.complexity_curves(card),
                "Complexity: growth rate (1/N) ln of the mean number of critical points of energy at most u. Left: of "
                "all of them; right: near the threshold, Θ_k of those with k negative eigenvalues of the Hessian. "
                "Where a curve is below 0 such points are exponentially rare. Auffinger, Ben Arous and Černý, "
                "arXiv:1003.1129, theorems 2.5, 2.8.",
            )
        )
    if depth is not None:
        figures.append(
            picture(
                sl.figures.critical_points_depth(depth),
                "Critical points and depth, natural logarithm of their number: the glass that stands for a bias-free "
                f"network of {depth.n_parameters} weights, all layers of one width w and one output, has Λ = w spins "
                "of order H. Rings mark the maxima. The question is that of Becker, Zhang and Lee, arXiv:1808.00408, "
                "whose number ((H−1)^Λ − 1)/(H−2) of complex critical points is used: σ and −σ count as one. Of the "
                "mean number of real ones the leading exponential is drawn, to which a factor of 2 makes no "
                "difference.",
            )
        )
    return Section(
        "Theory",
        "What theory says",
        f"Exact numbers for N → ∞ and order {card.order}; every later chapter has them beside what was measured. {ABC} "
        "(Auffinger, Ben Arous and Černý, ABC); those of Crisanti and Sommers (CS) are E_ABC/√2 and T_ABC/√2.",
        figures,
        [_table(card)],
    )


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
        ("", "ABC", "CS"),
        rows,
        (
            "Energies per spin, temperatures, overlaps. q_EA: Edwards and Anderson's overlap of two configurations of "
            "one state."
        ),
    )


THEORY = Chapter("theory", "what theory says of the glass", _steps, _find, _write)
