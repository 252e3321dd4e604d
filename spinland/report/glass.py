"""Chapter: the same probes on the network and on a spherical glass."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import squareform

from ..figures.comparisons import hierarchy_pair, line_pair, overlap_profiles, plane_pair
from ..figures.correlations import correlation_curve, correlation_mixture, effective_order_sweep
from ..figures.labels import ENERGY
from ..figures.nulls import ultrametricity_null
from ..figures.theory import minima_energies
from ..formatting import given, number, p_text, plus_minus
from ..statistics.judging import Judged, mean_of
from ..study import names
from ..theory.levels import layer_energy, threshold_energy
from .parts import Chapter, Picture, Table, mean_text, picture, sentence
from .reader import StudyReader

_PLANES = (
    (
        (names.PLANE_RANDOM, names.GLASS_PLANE_RANDOM),
        (
            "Planes of two random directions about a solution and about a minimum. Left: filter-normalised directions "
            "in flat space; right: tangent directions at right angles, coordinates are angles along great circles from "
            "the minimum (azimuthal equidistant projection of the sphere in the span of three vectors)."
        ),
    ),
    (
        (names.PLANE_SOLUTIONS, names.GLASS_PLANE_MINIMA),
        (
            "Planes of three solutions and of three minima. Right: the sphere in the span of the minima, seen from their "
            "normalised mean; coordinates are angles."
        ),
    ),
)


def glass_chapter(study: StudyReader) -> Chapter | None:
    """Walks, correlation, lines, planes and hierarchies of the network beside those of a glass."""
    minima = study.get(names.GLASS_MINIMA)
    if minima is None:
        return None
    n_spins, order = minima.params.shape[1], study.config.glass_order
    figures = [
        *_walks(study, order), *_correlations(study, order), *_energies(minima, order),
        *_lines(study, order), *_planes(study), *_trees(study),
    ]  # fmt: skip
    return Chapter(
        "glass", "On the glass", "The same probes on the glass",
        f"One instance of the spherical {order}-spin glass with N = {n_spins} spins, H = N^(−({order}−1)/2) Σ J σ…σ over all ordered "
        f"{order}-tuples with independent standard normal J and |σ|² = N, goes through the same functions as the network. Its "
        f"minima, found by descent from {len(minima.params)} random points, stand for the trained replicas: "
        f"{len(minima.distinct)} are different. Energies are per spin, in the convention E[H(σ)H(σ')] = N q^{order}; "
        "those of Crisanti and Sommers are smaller by √2.",
        _finding(study, minima, order),
        figures,
        [_table(study, minima, order), *_order_table(study)],
    )  # fmt: skip


def _both(study: StudyReader, part: str) -> list[Any] | None:
    """A result of the network and of the glass, None unless both are there."""
    found = [study.get(names.of_both(part, which)) for which in ("network", "glass")]
    return None if None in found else found


def _labels(study: StudyReader) -> tuple[str, str]:
    return study.value_label, ENERGY


def _walks(study: StudyReader, order: int) -> list[Picture]:
    profiles = _both(study, "profile")
    if profiles is None:
        return []
    drawn = overlap_profiles(
        profiles, value_labels=_labels(study), orders=(None, order), references=sorted({2, order})
    )
    return [
        picture(
            drawn,
            "Random walks on the sphere of the start's norm at equal overlap q with the start. "
            f"{profiles[0].n_walkers} walkers from each of {len(profiles[0].start)} solutions, and from each of "
            f"{len(profiles[1].start)} minima; bars: standard error over the starts. Dashed: e_0 q^p, the exact mean of the energy "
            "about a stationary point of energy e_0 (up to 1/N for a minimum). Right: rise in units of what separates the start "
            "from random points of the sphere; 1 − q^p for a pure p-spin glass.",
        )
    ]


def _correlations(study: StudyReader, order: int) -> list[Picture]:
    found = _measured(study)
    if not found:
        return []
    items, labels = list(found.values()), list(found)
    fitted = all(np.isfinite(item.mixture).all() for item in items)
    draw: Any = correlation_mixture if fitted else correlation_curve
    figures = [
        picture(
            draw(items, orders=sorted({2, order}), labels=labels),
            "Correlation of the values at two random points of overlap q, with the fitted mixtures Σ a_p q^p and their weights. "
            "Network: uniform on the sphere of the initial norm (before training) and of the solutions' mean norm (after); "
            f"glass: on |σ|² = N. {items[0].n_pairs} pairs; jackknife errors of the points, bootstrap errors of the weights, "
            "both over pairs, which the points of a curve share. Grey: pure p-spin glasses.",
        )
    ]
    widths, after = study.of_widths("correlation")
    also, before = study.of_widths("correlation-initial")
    if len(widths) > 1 and also == widths:
        figures.append(
            picture(
                effective_order_sweep([before, after], widths, labels=("before training", "after training")),
                "Effective order Σ p a_p of the loss against the width of the first hidden layer, on the spheres of the initial "
                f"norm and of the solutions' mean norm; bootstrap errors over {before[0].n_pairs} pairs. Widths of one curve are independent "
                "landscapes, measured with the same seed.",
            )
        )
    return figures


def _measured(study: StudyReader) -> dict[str, Any]:
    """Correlations by what they are of, as far as they are there."""
    found = {
        "network, before training": study.get(names.INITIAL_CORRELATION),
        "network, after training": study.get(names.of_both("correlation", "network")),
        "glass": study.get(names.of_both("correlation", "glass")),
    }
    return {label: item for label, item in found.items() if item is not None}


def _energies(minima: Any, order: int) -> list[Picture]:
    levels = {r"$-E_0$": -layer_energy(order), r"$-E_\infty$": -threshold_energy(order)}
    return [
        picture(
            minima_energies(minima, levels=levels),
            f"Energies per spin of the minima below {len(minima.values)} random starts, normalised to E[H(σ)H(σ')] = N q^{order}. Lines: "
            "ground state −E_0 and threshold −E_inf for N → ∞. A minimum that several starts reach counts each time.",
        )
    ]


def _order_table(study: StudyReader) -> list[Table]:
    rows = [
        (
            label,
            given(item.radius, 3),
            plus_minus(item.effective_order, item.effective_order_error),
            p_text(item.chi2_p),
        )
        for label, item in _measured(study).items()
    ]
    if not rows:
        return []
    return [
        Table(
            ("", "radius", "effective order", "misfit of the mixture"), rows,
            "Effective order Σ p a_p of the fitted mixture with its bootstrap error over pairs. A small p says that no mixture "
            "of these orders has this correlation.",
        )
    ]  # fmt: skip


def _lines(study: StudyReader, order: int) -> list[Picture]:
    lines = _both(study, "line")
    if lines is None:
        return []
    return [
        picture(
            line_pair(lines, value_labels=_labels(study), orders=(None, order)),
            "Great circles between solutions and between minima. α is the share of the angle, the norm changes "
            f"linearly; mean over {len(lines[0].values)} and {len(lines[1].values)} lines, band: standard error, pale the middle 68 % of the lines. Dashed: the exact mean "
            "between stationary points of the glass at overlap 0, e_0 cos^p(πα/2) + e_1 sin^p(πα/2).",
        )
    ]


def _planes(study: StudyReader) -> list[Picture]:
    figures = []
    for pair, words in _PLANES:
        planes = [study.get(name) for name in pair]
        if None not in planes:
            figures.append(picture(plane_pair(planes, value_labels=_labels(study), surfaces=False), words))
    return figures


def _trees(study: StudyReader) -> list[Picture]:
    trees = [study.get(names.TREE), study.get(names.GLASS_TREE)]
    overlaps = [study.get(names.OVERLAPS), study.get(names.GLASS_OVERLAPS)]
    triangles = study.get(names.GLASS_ULTRAMETRICITY)
    figures = []
    pairs = [study.get(names.PAIRS), study.get(names.GLASS_PAIRS)]
    if None not in trees and None not in overlaps and None not in pairs:
        matrices = [squareform(np.asarray(pair.overlaps)) for pair in pairs]
        figures.append(
            picture(
                hierarchy_pair(trees, overlaps, matrices),
                "Trees of the trained networks and of the minima, with their overlaps in the order of the leaves. Below: "
                "distribution P(q) of the overlaps of all pairs on one scale, errors over replicas. Minima that two "
                "descents found count once.",
            )
        )
    if triangles is not None:
        figures.append(
            picture(
                ultrametricity_null(triangles, name="minima of the glass"),
                "Deviation of the minima from ultrametricity, against the null models. The same test as of the trained replicas.",
            )
        )
    return figures


def _finding(study: StudyReader, minima: Any, order: int) -> str:
    clauses = []
    profiles = _both(study, "profile")
    if profiles is not None:
        near, far = (_at(profile, 0.5) for profile in profiles)
        clauses.append(
            f"at overlap 0.5 with its start the network has lost {near} % of what separates a solution from "
            f"random points, the glass {far} % ({number(100 * (1 - 0.5**order))} % exactly)"
        )
    lines = _both(study, "line")
    if lines is not None and profiles is not None:
        heights = [_barrier(line, profile) for line, profile in zip(lines, profiles, strict=True)]
        clauses.append(
            "on the great circle between two of them stands a barrier of "
            + " and ".join(f"{height} % ({name})" for height, name in zip(heights, ("network", "glass"), strict=True))
            + " of the same"
        )  # fmt: skip
    text = f"{sentence(*clauses)} {_orders_found(study)}{_depth_found(minima, order)}"
    test = study.get(names.GLASS_ULTRAMETRICITY)  # that of the solutions stands in their own chapter
    if test is not None:
        text += f"Minima: {test.verdict[:1].lower()}{test.verdict[1:]}"
    return text.strip()


def _orders_found(study: StudyReader) -> str:
    """Effective orders in a sentence."""
    told = [
        f"{plus_minus(item.effective_order, item.effective_order_error)} ({label})"
        for label, item in _measured(study).items()
        if np.isfinite(item.effective_order)
    ]
    return f"Effective order of the interactions: {', '.join(told)}. " if told else ""


def _depth_found(minima: Any, order: int) -> str:
    """Energies of the minima beside the levels of theory."""
    return (
        f"The minima lie at {mean_text(minima.values)} per spin on average over the starts, where N → ∞ has the threshold "
        f"−E_inf = {number(-threshold_energy(order), 4)} and the ground state −E_0 = {number(-layer_energy(order), 4)} "
        f"(E[H(σ)H(σ')] = N q^{order}). "
    )


def _at(profile: Any, q: float) -> Judged:
    """Rise in percent at an overlap, between the bins."""
    overlap = np.asarray(profile.overlap)[::-1]
    rise, error = (100 * np.asarray(array)[::-1] for array in (profile.rise, profile.rise_error))
    return Judged(
        float(np.interp(q, overlap, rise)), float(np.interp(q, overlap, error)), len(profile.start) - 1
    )


def _barrier(line: Any, profile: Any) -> Judged:
    """Mean height over the higher end, in percent of typical value less start; both have an error."""
    height = mean_of(line.barrier)
    unit = mean_of(np.asarray(profile.typical) - np.asarray(profile.start))
    value = 100 * height.value / unit.value
    error = abs(value) * np.hypot(height.error / height.value, np.nan_to_num(unit.error) / unit.value)
    return Judged(value, float(error), height.freedom)


def _table(study: StudyReader, minima: Any, order: int) -> Table:
    """Energies, overlaps and fits side by side."""
    rows = []
    profiles, pairs = _both(study, "profile"), [study.get(names.PAIRS), study.get(names.GLASS_PAIRS)]
    if profiles is not None:
        rows.append(("value at the starts", *(mean_text(profile.start) for profile in profiles)))
        typical = [(float(np.mean(p.typical)), float(np.mean(p.typical_error))) for p in profiles]
        rows.append(("value at random points of the sphere", *(plus_minus(*pair) for pair in typical)))
    rows.append(("mean energy of the minima", "–", mean_text(minima.values)))
    rows.append(("threshold −E_inf, N → ∞", "–", number(-threshold_energy(order), 4)))
    rows.append(("ground state −E_0, N → ∞", "–", number(-layer_energy(order), 4)))
    if None not in pairs:
        rows.append(
            ("mean overlap of pairs", *(plus_minus(p.mean_overlap, p.mean_overlap_error) for p in pairs))
        )
        rows.append(
            ("spread of the overlaps", *(plus_minus(p.std_overlap, p.std_overlap_error) for p in pairs))
        )
    rows.append(("different ones found", "–", f"{len(minima.distinct)} of {len(minima.params)}"))
    rows.append(("largest |∇H|/√N of a minimum", "–", number(float(np.max(minima.gradient_norms)), 2)))
    return Table(
        ("", "network", "glass"), rows, f"Network: loss in {study.unit}; glass: energy per spin, E[H(σ)H(σ')] = N q^{order}. Mean ± standard error over the starts, "
        "or over the random points; overlaps with errors over replicas.",
    )  # fmt: skip
