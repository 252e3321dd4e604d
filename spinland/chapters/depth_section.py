"""Depth against width on the page: measures against depth, planes in a row, how networks were tuned and matched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, number, plus_minus
from .depth_finding import COMPARISON
from .sections import Picture, Section, Table, mean_text, picture

_TEXT = (
    "Networks of several depths get equally many parameters: hidden layers of equal widths, up to one neuron. All "
    "start from weights uniform on ±√(6/fan_in) with biases zero, which keeps the size of signals in any number of "
    "layers of ReLU (He et al., arXiv:1502.01852). Each depth is trained at the rate with the lowest final training "
    "loss of other replicas, and looked at after the first epoch whose training loss is at or below the lowest that "
    "all replicas of all depths reach; those that never come to half of their loss at the start are left out. Becker, "
    "Zhang and Lee (arXiv:1808.00408) count the critical points of the glass that stands for such networks: with "
    "depth their number rises, and then falls. Training ages where displacements |w(t_w + t) − w(t_w)|² are a function "
    "of t/t_w^μ: μ = 0 is a motion without an age, μ = 1 one that knows no other time. One exponent for all "
    "architectures of equally many parameters is the claim of arXiv:2209.02517."
)


def write(book: Any) -> Section | None:
    """Figures and tables."""
    found = book.get(COMPARISON)
    if found is None:
        return None
    figures = [
        picture(
            sl.figures.depth_measures(found, unit=book.network.unit),
            "Landscapes around networks of several depths with equally many parameters, at one training loss. Means "
            "over replicas ± standard errors, pale dots the replicas; barriers over disjoint pairs; effective orders "
            "with bootstrap errors over pairs of points, exponents of ageing with errors over replicas. Walks have "
            "steps of equal relative length. Theory: logarithm of the number of complex critical points of the glass "
            "of the analogy.",
        ),
        *_planes(book),
    ]
    tables = [_training(book, found), _around(found), _between(found)]
    return Section("Depth", "Depth against width", _TEXT, figures, tables)


_PLANES = {
    "plane": (
        "Planes of two random filter-normalised directions in all layers, about one network of each depth, at one "
        "training loss and in one scale of colours."
    ),
    "plane-ends": (
        "The same planes as comparisons of depths were published: directions in the first and the last layer only, and "
        "a softmax under the softmax of the loss, which keeps it between log(1 + (c−1)/e) and log(e + c − 1) for c "
        "classes."
    ),
}


def _planes(book: Any) -> Iterator[Picture]:
    for part, words in _PLANES.items():
        there = book.about(book.deep, part)
        if there:
            names = [subject.label for subject, _ in there]
            yield picture(sl.figures.plane_row([plane for _, plane in there], names=names), words)


def _training(book: Any, found: Any) -> Table:
    """Architectures and rates, and how far the losses are matched."""
    rows = []
    for k, subject in enumerate(book.deep):
        sweep, matched = book.get(subject.name("rates")), book.get(subject.solutions)
        if sweep is None or matched is None:
            continue
        row = sweep.losses[int(np.flatnonzero(sweep.rates == sweep.best)[0])]
        rate = given(sweep.best) + (" (end of the sweep)" if sweep.at_the_end else "")
        rows.append(
            [
                found.shapes[k],
                f"{found.residues[k]:+d}".replace("-", "−") if found.residues[k] else "0",
                rate,
                mean_text(row),
                mean_text(found.epochs[k]),
                mean_text(found.train_loss[k]),
                str(int(np.isnan(found.epochs[k]).sum())),
            ]
        )
    return Table(
        ["widths", "residue", "rate", "best final loss", "epoch", "loss there", "left out"],
        rows,
        f"Residue: parameters beyond {found.n_parameters}. Rate: that of the lowest mean training loss after the last "
        "epoch, over replicas of their own. Epoch and loss: where networks are compared, mean ± standard error.",
    )


def _around(found: Any) -> Table:
    """What the landscape is like around single networks."""
    columns = (
        ("test accuracy", 100 * found.test_accuracy),
        ("rise", found.rise),
        ("roughness", found.roughness),
        ("corr. length", found.correlation_length),
        ("largest λ", found.largest),
        ("trace", found.trace),
    )
    shown = [(name, rows) for name, rows in columns if np.isfinite(rows).any()]
    rows = [[str(depth), *(mean_text(values[k]) for _, values in shown)] for k, depth in enumerate(found.depths)]
    return Table(
        ["hidden layers", *(name for name, _ in shown)],
        rows,
        "At one training loss, mean ± standard error over replicas (accuracy in percent). Trace: of the Hessian of the "
        "training loss, exact, from one backward pass for each output.",
    )


def _between(found: Any) -> Table:
    """What several networks, or the whole way of one, are looked at for."""
    columns: dict[str, Any] = {
        name: [mean_text(row) for row in rows]
        for name, rows in (("barrier", found.barrier_before), ("aligned", found.barrier))
        if np.isfinite(rows).any()
    }
    pairs = {
        "eff. order at the start": (found.order_initial, found.order_initial_error),
        "eff. order": (found.order, found.order_error),
    }
    if found.ageing is not None:
        pairs["ageing μ"] = found.ageing, found.ageing_error
    for name, (values, errors) in pairs.items():
        columns[name] = [plus_minus(float(v), float(e)) for v, e in zip(values, errors, strict=True)]
    columns["log of their number"] = [number(value, 3) for value in found.log_complex]
    return Table(
        ["hidden layers", *columns],
        [[str(depth), *row] for depth, row in zip(found.depths, zip(*columns.values(), strict=True), strict=True)],
        "Barriers over disjoint pairs; effective orders with bootstrap errors, exponents of ageing with those over "
        "replicas. Last: complex critical points of the glass of the analogy.",
    )
