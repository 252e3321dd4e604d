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
    return Section("Depth", "Depth against width", _TEXT, figures, [_training(book, found), _table(found)])


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


def _table(found: Any) -> Table:
    columns = (
        ("test accuracy", 100 * found.test_accuracy),
        ("rise", found.rise),
        ("roughness", found.roughness),
        ("corr. length", found.correlation_length),
        ("largest λ", found.largest),
        ("trace", found.trace),
        ("barrier", found.barrier_before),
        ("aligned", found.barrier),
    )
    shown = [(name, rows) for name, rows in columns if np.isfinite(rows).any()]
    aged = found.ageing is not None
    rows = [
        [
            str(depth),
            *(mean_text(values[k]) for _, values in shown),
            plus_minus(found.order[k], found.order_error[k]),
            *([plus_minus(found.ageing[k], found.ageing_error[k])] if aged else []),
            number(found.log_complex[k], 3),
        ]
        for k, depth in enumerate(found.depths)
    ]
    header = [
        "hidden layers",
        *(name for name, _ in shown),
        "eff. order",
        *(["ageing μ"] if aged else []),
        "log of their number",
    ]
    return Table(
        header,
        rows,
        "At one training loss, mean ± standard error over replicas (accuracy in percent; barriers over disjoint "
        "pairs); effective order with its bootstrap error, exponent of ageing with that over replicas. Last: complex "
        "critical points of the glass of the analogy.",
    )
