"""Correlation of the values at two points of overlap q, and the order of interaction that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, p_text, plus_minus
from ..statistics.judging import Judged
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture, sentence
from .settings import Settings, setting, whole
from .subjects import Subject


@dataclass(frozen=True)
class CorrelationSettings(Settings):
    """Settings of the correlation of a network."""

    correlation_pairs: int = setting(
        200, "pairs of points at each overlap, for the correlation", whole(3), "The same probes on the glass"
    )


def _at_start(subject: Subject, *, n_pairs: int, seed: int) -> sl.Correlation:
    """On the sphere of a random point: a random initialisation of a network, any point of a glass."""
    return sl.correlation(subject.landscape, None, n_pairs, seed)


def _at_solutions(subject: Subject, found: Any, *, origins: int, n_pairs: int, seed: int) -> sl.Correlation:
    """On the sphere of the mean norm of the solutions."""
    norms = np.linalg.norm(np.asarray(subject.points(found, origins), np.float64), axis=1)
    return sl.correlation(subject.landscape, None, n_pairs, seed, radius=float(norms.mean()))


def _steps(book: Any) -> Iterator[Stage]:
    c, pairs = book.config, book.correlation_pairs
    for subject in book.compared:
        if subject.order is None:
            yield from _of_network(subject, c.walk_origins, pairs, c.seed)
        else:
            yield Stage(
                subject.name("correlation"),
                "correlation of the glass",
                _at_start,
                (),
                {"n_pairs": pairs, "seed": c.seed},
                subject.key,
            )
    if book.compared:  # half as many pairs for the networks of a sweep, of which there are many
        for subject in book.sweep:
            yield from _of_network(subject, c.walk_origins, max(3, pairs // 2), c.seed)


def _of_network(subject: Subject, origins: int, n_pairs: int, seed: int) -> Iterator[Stage]:
    arguments = {"n_pairs": n_pairs, "seed": seed}
    yield Stage(
        subject.name("correlation-initial"),
        f"correlation before training, {subject.label}",
        _at_start,
        (),
        arguments,
        subject.key,
    )
    yield Stage(
        subject.name("correlation"),
        f"correlation after training, {subject.label}",
        _at_solutions,
        (subject.solutions,),
        arguments | {"origins": origins},
        subject.key,
    )


def _measured(book: Any) -> dict[str, Any]:
    """Correlations by what they are of, as far as they are there."""
    names = {}
    for subject in book.compared:
        if subject.order is None:
            names[f"{subject.label}, before training"] = subject.name("correlation-initial")
            names[f"{subject.label}, after training"] = subject.name("correlation")
        else:
            names[subject.label] = subject.name("correlation")
    return dict(book.all_of(names))


def _find(book: Any) -> Finding | None:
    found, numbers = _measured(book), Numbers()
    clauses = []
    for label, item in found.items():
        if not np.isfinite(item.effective_order):
            continue
        order = book.glass.order if label == book.glass.label else None
        clauses.append(_order_found(numbers, label, item, order))
    return numbers.finding("correlation", sentence(*clauses)) if clauses else None


def _order_found(numbers: Numbers, label: str, item: Any, order: int | None) -> str:
    """The effective order; of a glass, beside its own."""
    found = Judged(item.effective_order, item.effective_order_error, item.n_pairs - 1)
    misfit = item.chi2_p
    doubt = f"misfit of the mixture: {p_text(misfit)}" if np.isfinite(misfit) else ""
    name = f"effective order, {label}"
    if np.isfinite(misfit):
        numbers.keep(
            f"χ² of the mixture, {label}", item.chi2, p=misfit, against="degrees of freedom", exact=item.chi2_dof
        )
    if order is None:
        told = numbers.tell(name, found)
        return f"the effective order of the {label}, is {told}{f' ({doubt})' if doubt else ''}"
    off = found.less(order)
    told = numbers.tell(name, found, p=off.p, against="its order", exact=order)
    verdict = "which is not its order" if off.significant else "from which it does not significantly differ"
    chance = "; ".join(text for text in (off.chance, doubt) if text)
    return f"the effective order is {told} for the glass of order {order}, {verdict} ({chance})"


def _write(book: Any) -> Section | None:
    found = _measured(book)
    if not found:
        return None
    items, labels = list(found.values()), list(found)
    orders = sorted({2, book.glass.order} if len(found) > 1 else {2, 3, book.glass.order})
    fitted = all(np.isfinite(item.mixture).all() for item in items)
    draw: Any = sl.figures.correlation_mixture if fitted else sl.figures.correlation_curve
    where = "glass: uniform on |σ|² = N"
    if len(found) > 1:
        where = (
            "Network: uniform on the sphere of the initial norm (before training) and of the solutions' mean norm "
            "(after); glass: on |σ|² = N"
        )
    figures = [
        picture(
            draw(items, orders=orders, labels=labels),
            "Correlation of the values at two random points of overlap q, with the fitted mixtures Σ a_p q^p and "
            f"their weights. {where}. {items[0].n_pairs} pairs; jackknife errors of the points, bootstrap errors of "
            "the weights, both over pairs, which the points of a curve share. Grey: pure p-spin glasses.",
        ),
        *_sweep(book),
    ]
    return Section(
        "Correlation",
        "Correlation and effective order",
        "The covariance of a mean-field glass depends on the overlap alone, as q^p for a pure p-spin glass: so the "
        "correlation of a landscape tells how many coordinates interact. The effective order is Σ p a_p of the fitted "
        "mixture.",
        figures,
        [_table(found)],
    )


def _sweep(book: Any) -> list[Picture]:
    before = book.of_widths("correlation-initial")
    after = book.of_widths("correlation")
    if len(after) < 2 or list(before) != list(after):
        return []
    widths = list(after)
    return [
        picture(
            sl.figures.effective_order_sweep(
                [list(before.values()), list(after.values())], widths, labels=("before training", "after training")
            ),
            "Effective order Σ p a_p of the loss against the width of the first hidden layer, on the spheres of the "
            f"initial norm and of the solutions' mean norm; bootstrap errors over {before[widths[0]].n_pairs} pairs. "
            "Widths of one curve are independent landscapes, measured with the same seed.",
        )
    ]


def _table(found: dict[str, Any]) -> Table:
    rows = [
        (
            label,
            given(item.radius, 3),
            plus_minus(item.effective_order, item.effective_order_error),
            p_text(item.chi2_p),
        )
        for label, item in found.items()
    ]
    return Table(
        ("", "radius", "effective order", "misfit of the mixture"),
        rows,
        "Effective order Σ p a_p of the fitted mixture with its bootstrap error over pairs. A small p says that no "
        "mixture of these orders has this correlation.",
    )


CORRELATION = Chapter(
    "correlation",
    "correlation and effective order",
    _steps,
    _find,
    _write,
    kernels={"network": ("correlations",), "glass": ("glass correlations",)},
)
