"""What a page shows of the comparison of optimisers: a picture and two tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import spinland as sl

from ..formatting import given, p_text
from .optimisers_finding import AT, COMPARISON, QUANTITIES, differences, named
from .optimisers_results import COST
from .sections import Section, Table, mean_text, picture
from .training import OPTIMIZERS


def write(book: Any) -> Section | None:
    """Losses and flatness of all optimisers, and their differences to SGD."""
    found = book.get(COMPARISON)
    if found is None:
        return None
    return Section(
        "Optimisers",
        "Optimisers that look for flat minima",
        _text(book, found),
        [
            picture(
                sl.figures.optimiser_comparison(
                    found,
                    labels=[QUANTITIES[name] for name in found.quantities],
                    names=[named(name) for name in found.optimizers],
                ),
                "Losses and flatness by optimiser. Mean over replicas with its standard error, single replicas in "
                "pale, after equally many gradients of every sample and at one training loss; open, SGD at the rate of "
                "the other. Replicas of all optimisers begin at the same points. Small is flat in all measures.",
            )
        ],
        [_values(found), *(_differences(found, protocol) for protocol in AT)],
    )


def _text(book: Any, found: Any) -> str:
    c = book.config
    cost = int(np.nanmax(found.evaluations[COST], initial=0))
    tuned = len(c.optimiser_rates) > 1
    ends = [OPTIMIZERS[name] for name, end in zip(found.optimizers, found.at_the_end & tuned, strict=True) if end]
    text = (
        f"SGD, SAM (ρ = {given(c.optimiser_rho)}), Entropy-SGD (γ = {given(c.optimiser_gamma)}, "
        f"{c.optimiser_langevin} inner steps, outer steps to the mean) and replicated SGD ({c.optimiser_coupled} "
        f"copies, γ from {given(c.optimiser_gamma)} to {given(c.optimiser_gamma * c.optimiser_growth)}), all of plain "
        f"steps and on the processor, from the same starting points. A step of the last three takes several "
        f"gradients: they are compared after {cost} gradients of every sample each, not after equally many epochs. "
        f"And as a training loss that goes to zero flattens everything, they are compared once more after the first "
        f"epoch with a training loss that all reach. The rate of each is that of {_rates(c)} with the lowest loss on "
        f"{given(100 * c.optimiser_held_out)} % of the training samples, held out for this alone; the test set was "
        f"not looked at. The other settings were not tuned. SAM: Foret et al., arXiv:2010.01412; Entropy-SGD: "
        f"Chaudhari et al., arXiv:1611.01838; replicated SGD: Pittorino et al., arXiv:2006.07897."
    )
    if len(set(found.rates)) > 1:
        text += (
            " The rates differ, and a larger rate by itself makes networks flatter: so each is compared with SGD at "
            "the same rate, too."
        )
    if ends:
        text += f" At an end of these rates, beyond which there may be a better one: {', '.join(ends)}."
    return text


def _rates(c: Any) -> str:
    return ", ".join(map(given, c.optimiser_rates))


def _values(found: Any) -> Table:
    rows = []
    for protocol, words in AT.items():
        for o, name in enumerate(found.optimizers):
            cells = [
                mean_text(found.of(protocol, quantity)[o], quantity == "test_accuracy") for quantity in found.quantities
            ]
            cost = mean_text(found.evaluations[protocol, o])
            rows.append((f"{named(name)}, at {words}", given(found.rates[o]), cost, *cells))
    header = ["networks", "rate", "gradients of every sample", *(QUANTITIES[name] for name in found.quantities)]
    return Table(header, rows, "Mean ± standard error over replicas.")


def _differences(found: Any, protocol: int) -> Table:
    rows = []
    pairs = zip(differences(found, protocol), differences(found, protocol, True), strict=True)
    for own, same in pairs:
        cells = [cell for one in (own, same) for cell in _told(one)]
        rows.append((named(own.optimizer), QUANTITIES[own.quantity], *cells))
    tests = found.tests(protocol), found.tests(protocol, True)
    caption = (
        f"At {AT[protocol]}: each quantity less that of SGD, replica by replica from the same start, ± standard error. "
        f"p is that of Student's t by Šidák's bound for {tests[0]} differences to SGD at its own best rate, and for "
        f"{tests[1]} at the same rate."
    )
    header = "optimiser", "quantity", *("difference", "chance", "significant") * 2
    groups = ("", 2), ("to SGD at its best rate", 3), ("to SGD at the same rate", 3)
    return Table(header, rows, caption, words=2, groups=groups)


def _told(one: Any) -> tuple[str, str, str]:
    """A difference, its p, and the verdict."""
    if not math.isfinite(one.value.value):
        return "–", "–", "–"
    return str(one.value), "–" if math.isnan(one.p) else p_text(one.p), "yes" if one.significant else "no"
