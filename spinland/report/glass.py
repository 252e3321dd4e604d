"""Chapter: the same probes on the network and on a spherical glass."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import squareform

from ..figures.comparisons import hierarchy_pair, line_pair, overlap_profiles, plane_pair
from ..figures.correlations import correlation_curve
from ..figures.labels import ENERGY, plus_minus
from ..figures.nulls import ultrametricity_null
from ..study import names
from .parts import Chapter, Picture, Table, number, picture
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
        *_walks(study, order), *_correlations(study, order), *_lines(study, order), *_planes(study), *_trees(study)
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
        [_table(study, minima)],
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
            f"{len(profiles[1].start)} minima; bars: standard error over the starts. Dashed: e0 q^p, the exact mean of the energy "
            "about a stationary point of energy e0 (up to 1/N for a minimum). Right: rise in units of what separates the start "
            "from random points of the sphere; 1 − q^p for a pure p-spin glass.",
        )
    ]


def _correlations(study: StudyReader, order: int) -> list[Picture]:
    both = _both(study, "correlation")
    if both is None:
        return []
    drawn = correlation_curve(both, orders=sorted({2, order}), labels=("network", "glass"))
    return [
        picture(
            drawn,
            "Correlation of the values at two random points of overlap q. Uniform on the sphere of the solutions' mean norm, "
            f"{number(both[0].radius)}, for the network, on |σ|² = N for the glass; {both[0].n_pairs} pairs, jackknife errors "
            "over pairs, which the points of a curve share. The curves are those of pure p-spin glasses.",
        )
    ]


def _lines(study: StudyReader, order: int) -> list[Picture]:
    lines = _both(study, "line")
    if lines is None:
        return []
    return [
        picture(
            line_pair(lines, value_labels=_labels(study), orders=(None, order)),
            "Great circles between solutions and between minima. α is the share of the angle, the norm changes "
            f"linearly; mean over {len(lines[0].values)} and {len(lines[1].values)} lines, band: standard error. Dashed: the exact mean "
            "between stationary points of the glass at overlap 0, e0 cos^p(πα/2) + e1 sin^p(πα/2).",
        )
    ]


def _planes(study: StudyReader) -> list[Picture]:
    figures = []
    for pair, words in _PLANES:
        planes = [study.get(name) for name in pair]
        if None not in planes:
            surfaces = pair[0] == names.PLANE_RANDOM
            figures.append(picture(plane_pair(planes, value_labels=_labels(study), surfaces=surfaces), words))
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
                "distribution P(q) of the overlaps of all pairs on one scale, errors by jackknife over replicas. Minima that two "
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
    parts = []
    profiles = _both(study, "profile")
    if profiles is not None:
        near, far = (_at(profile, 0.5) for profile in profiles)
        parts.append(
            f"At overlap 0.5 with its start the network has lost {plus_minus(100 * near[0], 100 * near[1])} % of what separates a solution from "
            f"random points, the glass {plus_minus(100 * far[0], 100 * far[1])} % ({number(100 * (1 - 0.5**order))} % exactly)"
        )
    lines = _both(study, "line")
    if lines is not None and profiles is not None:
        heights = [_barrier(line, profile) for line, profile in zip(lines, profiles, strict=True)]
        parts.append(
            "on the great circle between two of them stands a barrier of "
            + " and ".join(f"{plus_minus(100 * h, 100 * e)} % ({name})" for (h, e), name in zip(heights, ("network", "glass"), strict=True))
            + " of the same"
        )  # fmt: skip
    text = "; ".join(parts) + ". " if parts else ""
    for name, who in ((names.ULTRAMETRICITY, "Solutions"), (names.GLASS_ULTRAMETRICITY, "Minima")):
        test = study.get(name)
        if test is not None:
            text += f"{who}: {test.verdict[:1].lower()}{test.verdict[1:]} "
    return text.strip()


def _at(profile: Any, q: float) -> tuple[float, float]:
    """Rise and its error at an overlap, between the bins."""
    overlap = np.asarray(profile.overlap)[::-1]
    rise, error = (np.asarray(array)[::-1] for array in (profile.rise, profile.rise_error))
    return float(np.interp(q, overlap, rise)), float(np.interp(q, overlap, error))


def _barrier(line: Any, profile: Any) -> tuple[float, float]:
    """Mean height over the higher end, in units of typical value less start, and its error over lines."""
    values = np.atleast_2d(line.values)[:, (line.alphas >= 0) & (line.alphas <= 1)]
    heights = values.max(axis=1) - np.maximum(values[:, 0], values[:, -1])
    heights = heights / float(np.mean(np.asarray(profile.typical) - np.asarray(profile.start)))
    error = heights.std(ddof=1) / np.sqrt(len(heights)) if len(heights) > 1 else np.nan
    return float(heights.mean()), float(error)


def _table(study: StudyReader, minima: Any) -> Table:
    """Energies, overlaps and fits side by side."""
    rows = []
    profiles, pairs = _both(study, "profile"), [study.get(names.PAIRS), study.get(names.GLASS_PAIRS)]
    if profiles is not None:
        rows.append(("value at the starts", *(_mean(profile.start) for profile in profiles)))
        typical = [(float(np.mean(p.typical)), float(np.mean(p.typical_error))) for p in profiles]
        rows.append(("value at random points of the sphere", *(plus_minus(*pair) for pair in typical)))
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
        ("", "network", "glass"), rows, f"Network: loss in {study.unit}; glass: energy per spin. Mean ± standard error over the starts, "
        "or over the random points; overlaps with jackknife errors over replicas.",
    )  # fmt: skip


def _mean(values: Any) -> str:
    numbers = np.asarray(values, dtype=float)
    error = numbers.std(ddof=1) / np.sqrt(len(numbers)) if len(numbers) > 1 else np.nan
    return plus_minus(float(numbers.mean()), float(error))
