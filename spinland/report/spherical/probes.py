"""Chapters: the probes on the glass, and what lies between its minima."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import squareform

from ...figures.comparisons import line_pair, overlap_profiles, plane_pair
from ...figures.correlations import correlation_mixture
from ...figures.hierarchy import dendrogram_matrix
from ...figures.labels import ENERGY, OVERLAP
from ...figures.nulls import ultrametricity_null
from ...figures.pairs import overlap_histogram
from ...figures.planes import plane_contour
from ...formatting import number, p_text, plus_minus
from ...statistics.judging import Judged, deviations, mean_of, worst_bound
from ...study import glass_names as names
from ..parts import Chapter, Picture, Table, mean_text, picture, sentence
from .reader import GlassReader

_LEAST_ORIGINS = 4


def probes_chapter(glass: GlassReader) -> Chapter | None:
    """Correlation, walks and the plane about a minimum."""
    correlation, profile = glass.get(names.CORRELATION), glass.get(names.PROFILE)
    order = glass.config.order
    figures: list[Picture] = []
    if correlation is not None:
        figures.append(
            picture(
                correlation_mixture(correlation, orders=sorted({2, 3, order}), labels=("glass",)),
                f"Left: correlation of the energies at two random points of overlap q, {correlation.n_pairs} pairs, jackknife errors. "
                "Right: weights of the mixture Σ a_p q^p fitted to it, bootstrap errors. The effective order is Σ p a_p.",
            )
        )
    if profile is not None:
        figures.append(
            picture(
                overlap_profiles(
                    profile,
                    names=("glass",),
                    value_labels=(ENERGY,),
                    orders=(order,),
                    references=sorted({2, order}),
                ),
                f"Random walks on the sphere from {len(profile.start)} minima, {profile.n_walkers} walkers each, against the overlap with the "
                "start; bars: standard error over the minima. Dashed: the exact mean e_0 q^p about a stationary point of energy e_0, which "
                "holds up to 1/N for a minimum, and for one instance.",
            )
        )
    if order == 2 and glass.get(names.PLANE_RANDOM) is not None:
        figures.append(picture(plane_contour(glass.get(names.PLANE_RANDOM), value_label=ENERGY), _PLANE))
    if not figures:
        return None
    return Chapter(
        "probes", "Probes", "The probes of networks on the glass",
        f"One instance, SphericalSpinGlass({glass.config.spins}, {order}, seed={glass.config.seed}), goes through the functions that "
        "networks go through. For a pure glass the outcome is known.",
        _finding(correlation, profile, order),
        figures,
    )  # fmt: skip


def _finding(correlation: Any, profile: Any, order: int) -> str:
    clauses = []
    if correlation is not None:
        found = Judged(
            correlation.effective_order, correlation.effective_order_error, correlation.n_pairs - 1
        )
        off = found.less(order)
        verdict = off.word("which is less", "from which it does not significantly differ", "which is more")
        verdict = "which is not its order" if off.significant else verdict
        misfit = correlation.chi2_p
        clauses.append(
            f"the effective order is {found} for the glass of order {order}, {verdict} ({off.chance}"
            + (f"; misfit of the mixture: {p_text(misfit)})" if np.isfinite(misfit) else ")")
        )
    if profile is not None:
        clauses.append(_along_walks(profile, order))
    return sentence(*clauses)


def _along_walks(profile: Any, order: int) -> str:
    """The rise along walks beside 1 − q^p, which is exact up to 1/N for a minimum; each walk is compared with its own start."""
    later = profile.overlap < 0.999
    q, rise = profile.overlap[later], profile.rise[later]
    exact = 1 - q**order
    span = mean_of(np.asarray(profile.typical) - np.asarray(profile.start)).value
    error = np.hypot(profile.rise_error[later], exact * np.mean(profile.typical_error) / span)
    beyond = np.maximum(np.abs(rise - exact) - 1 / round(float(profile.radius[0]) ** 2), 0.0)
    found = worst_bound(deviations(beyond, error, 0.0), len(profile.start) - 1)
    middle, furthest = int(np.argmin(np.abs(q - 0.5))), int(np.argmax(np.abs(rise - exact)))
    verdict = "depart from" if found.significant else "do not significantly depart from"
    if len(profile.start) < _LEAST_ORIGINS:  # the errors are not known well enough
        verdict = "beside"

    def told(k: int) -> str:
        return f"{plus_minus(100 * rise[k], 100 * error[k])} % for {number(100 * exact[k])} % at q = {number(q[k])}"

    return (
        f"walks from minima {verdict} e_0 q^{order}: of what separates a minimum from random points they have lost {told(middle)}, and where "
        f"the difference is largest {told(furthest)}; 1/N is {number(100 / round(float(profile.radius[0]) ** 2), 2)} %"
        + ("" if verdict == "beside" else f", of differences beyond that {p_text(found.p)}")
    )


_PLANE = (
    "Plane of two random tangent directions at right angles about a minimum; coordinates are angles along great circles from it, "
    "in radians."
)


def minima_chapter(glass: GlassReader) -> Chapter | None:
    """Lines, planes and the hierarchy of the minima of one instance."""
    found = glass.get(names.minima(glass.config.spins))
    if found is None or glass.config.order == 2:
        return None
    lines, pairs = glass.get(names.LINES), glass.get(names.PAIRS)
    triangles = glass.get(names.ULTRAMETRICITY)
    figures = [*_line(glass, lines), *_planes(glass), *_trees(glass, pairs, triangles)]
    unsigned = (
        " At even order a minimum and its opposite count as one, and overlaps have no sign."
        if found.symmetric
        else ""
    )
    return Chapter(
        "minima", "Between minima", "Between the minima: lines, planes and their hierarchy",
        f"{len(found.params)} descents of the same instance end in {len(found.distinct)} different minima, which stand for the trained "
        f"replicas of a network.{unsigned}",
        _minima_finding(found, lines, pairs, triangles),
        figures,
        [_table(found, pairs)],
    )  # fmt: skip


def _line(glass: GlassReader, lines: Any) -> list[Picture]:
    if lines is None:
        return []
    return [
        picture(
            line_pair(lines, names=("",), value_labels=(ENERGY,), orders=(glass.config.order,)),
            f"Energy on great circles between minima: mean over {len(np.atleast_2d(lines.values))} of them, band of one standard error, pale the middle 68 % of them. "
            "Dashed: the exact mean between stationary points at overlap 0, e_0 cos^p(πα/2) + e_1 sin^p(πα/2).",
        )
    ]


def _planes(glass: GlassReader) -> list[Picture]:
    about, three = glass.get(names.PLANE_RANDOM), glass.get(names.PLANE_MINIMA)
    figures = []
    if about is not None and three is not None:
        figures.append(
            picture(
                plane_pair(
                    [about, three],
                    names=("about a minimum", "through three minima"),
                    value_labels=(ENERGY, ENERGY),
                ),
                f"{_PLANE} Right: the sphere in the span of three minima, seen from their normalised mean.",
            )
        )
    elif about is not None:
        figures.append(picture(plane_contour(about, value_label=ENERGY), _PLANE))
    return figures


def _trees(glass: GlassReader, pairs: Any, triangles: Any) -> list[Picture]:
    tree, overlaps = glass.get(names.TREE), glass.get(names.OVERLAPS)
    figures = []
    if overlaps is not None:
        figures.append(
            picture(
                overlap_histogram(overlaps),
                "Distribution of the overlaps of all pairs of different minima, errors over minima.",
            )
        )
    if tree is not None and pairs is not None:
        figures.append(
            picture(
                dendrogram_matrix(
                    tree, matrix=squareform(np.asarray(pairs.overlaps)), matrix_label=rf"{OVERLAP}$_{{ab}}$"
                ),
                f"Tree of the minima ({tree.method} linkage) and their overlaps in its order. Blocks would be families of minima.",
            )
        )
    if triangles is not None:
        figures.append(
            picture(
                ultrametricity_null(triangles, name="minima of the glass"),
                "Deviation of the triangles of minima from ultrametricity, with its error over minima, against the null models.",
            )
        )
    return figures


def _minima_finding(found: Any, lines: Any, pairs: Any, triangles: Any) -> str:
    clauses = []
    if pairs is not None:
        clauses.append(
            f"two minima have an overlap of {plus_minus(pairs.mean_overlap, pairs.mean_overlap_error)} on average, with a spread of "
            f"{plus_minus(pairs.std_overlap, pairs.std_overlap_error)} (1/√N = {number(found.params.shape[1] ** -0.5)})"
        )
    if lines is not None:
        barrier = mean_of(lines.barrier)
        clauses.append(
            f"on the great circle between them the energy rises by {barrier} per spin above the higher end"
        )
    text = sentence(*clauses)
    return text if triangles is None else f"{text} {triangles.verdict}".strip()


def _table(found: Any, pairs: Any) -> Table:
    values = np.asarray(found.values)[found.distinct]
    rows = [
        ("different minima", f"{len(found.distinct)} of {len(found.params)} descents"),
        ("mean energy", mean_text(values)),
        ("lowest energy", number(float(values.min()), 5)),
        ("largest |∇H|/√N", number(float(np.max(found.gradient_norms)), 2)),
    ]
    if pairs is not None:
        rows.append(("largest overlap of two", number(float(np.max(pairs.overlaps)))))
    return Table(
        ("", ""), rows, "Energies per spin; mean ± standard error over the different minima of this instance."
    )
