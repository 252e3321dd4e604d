"""Protocol 2: interpolation between a network and its copy with exchanged neurons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import plus_minus
from ..statistics.judging import Judged, independent, mean_of, paired, worst_bound
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, picture, sentence
from .settings import Settings, setting, several, whole
from .subjects import Subject

_HEADING = "Swaps"
_NUMBERS = (0, 1, 2, 3, 5, 10, 15, 20, 25, 30)


@dataclass(frozen=True)
class SwapSettings(Settings):
    """Settings of swaps, and of the networks of several widths."""

    swaps: tuple[int, ...] | None = setting(
        None,
        "numbers S of exchanged pairs; default 0 to 30, up to half the width",
        several(whole(0), optional=True),
        _HEADING,
    )
    swap_trials: int = setting(20, "random choices of pairs for each network", whole(2), _HEADING)
    swap_origins: int = setting(5, "networks to swap in, at most all there are", whole(1), _HEADING)
    swap_points: int = setting(21, "points along the way", whole(3), _HEADING)
    widths: tuple[int, ...] = setting(
        (8, 16, 32, 64, 128),
        "widths M to compare in protocols 2 and 3; none for no comparison",
        several(whole(2), empty=True),
        _HEADING,
    )
    width_replicas: int = setting(20, "networks trained for each width", whole(3), _HEADING)


def check_swaps(config: Any, width: int) -> None:
    """Refuse more exchanges than a layer of this width has pairs."""
    if config.swaps is not None and max(config.swaps) > width // 2:
        raise ArgumentError("swaps", f"at most half the width of the first hidden layer ({width // 2})", config.swaps)


def swap_numbers(config: Any, width: int) -> tuple[int, ...]:
    """Numbers of exchanged pairs S that fit a layer of this width."""
    wanted: tuple[int, ...] | None = config.swaps
    if wanted is None:
        wanted = _NUMBERS
        if width // 2 < _NUMBERS[-1]:  # a narrow layer: end at the most that it allows
            wanted = (*(s for s in wanted if s < width // 2), width // 2)
    return tuple(s for s in wanted if s <= width // 2)


def _swap(
    subject: Subject,
    found: Any,
    *,
    origins: int,
    swaps: tuple[int, ...],
    points: int,
    trials: int,
    layer: int,
    seed: int,
) -> sl.SwapInterpolation:
    return sl.swap_interpolation(
        subject.landscape,
        subject.points(found, origins),
        swaps,
        np.linspace(0, 1, points),
        trials,
        layer=layer,
        seed=seed,
    )


def _name(layer: int) -> str:
    """Where swaps in one hidden layer of the main network are kept."""
    return "swaps/first-layer" if layer == 0 else f"swaps/layer-{layer}"


def _steps(book: Any) -> Iterator[Stage]:
    widths = book.network.network.widths
    for layer in range(len(widths) - 2):
        title = f"swaps in hidden layer {layer + 1}"
        yield _stage(book, book.network, _name(layer), title, widths[layer + 1], layer)
    for subject in book.sweep:
        yield _stage(book, subject, subject.name("swaps"), f"swaps, {subject.label}", subject.width, 0)


def _stage(book: Any, subject: Subject, name: str, title: str, width: int, layer: int) -> Stage:
    c = book.config
    arguments = {
        "origins": c.swap_origins,
        "swaps": swap_numbers(c, width),
        "points": c.swap_points,
        "trials": c.swap_trials,
        "layer": layer,
        "seed": c.seed,
    }
    return Stage(name, title, _swap, (subject.solutions,), arguments, subject.key)


def _common_swaps(results: list[Any]) -> list[int]:
    """Numbers S > 0 that every width has, at most four."""
    if not results:
        return []
    common = set(map(int, results[0].swaps))
    for result in results[1:]:
        common &= set(map(int, result.swaps))
    return sorted(s for s in common if s > 0)[-4:]


def _find(book: Any) -> Finding | None:
    main = book.get(_name(0))
    if main is None:
        return None
    numbers, unit = Numbers(), book.network.unit
    found = book.of_widths("swaps")
    widths, results = list(found), list(found.values())
    common = _common_swaps(results)
    first, last = int(np.argmin(main.swaps)), int(np.argmax(main.swaps))
    clauses = [
        (
            f"exchanging S = {main.swaps[last]} pairs of M = {main.width} neurons meets a barrier of "
            f"{_told(numbers, main, last)} {unit}"
        )
    ]
    if first != last:
        growth = paired(main.barrier[first], main.barrier[last], main.origin_index)
        if main.swaps[first] > 0:  # without exchanges there is no barrier
            numbers.keep(f"growth of the barrier from S = {main.swaps[first]}", growth, p=growth.p, against="zero")
            clauses[0] += f", {growth} more than S = {main.swaps[first]}"
        clauses.append(_growing(main, growth))
    if len(widths) > 1 and common:
        s = common[-1]
        narrow, wide = (_barrier(r, int(np.flatnonzero(r.swaps == s)[0])) for r in (results[0], results[-1]))
        change = independent(narrow, wide)
        numbers.keep(f"barrier at S = {s}, M = {widths[0]}", narrow)
        numbers.keep(
            f"barrier at S = {s}, M = {widths[-1]}", wide, p=change.p, against=f"M = {widths[0]}", exact=narrow.value
        )
        word = change.word("falls", "does not significantly change", "rises")
        clauses.append(
            f"at S = {s} it {word} with the width, from {narrow} at M = {widths[0]} to {wide} at M = {widths[-1]} "
            f"({change.chance})"
        )
    return numbers.finding("swaps", sentence(*clauses))


def _barrier(result: Any, row: int) -> Judged:
    """Mean barrier of one number of pairs, its error over the networks."""
    return mean_of(result.barrier[row], result.origin_index)


def _told(numbers: Numbers, result: Any, row: int) -> str:
    name = f"barrier at S = {result.swaps[row]}, M = {result.width}, {result.unit}"
    return numbers.tell(name, _barrier(result, row))


def _growing(main: Any, growth: Judged) -> str:
    """Whether the barrier grows with S, and falls nowhere but by chance; trial by trial, as the sets are nested."""
    if not (growth.significant and growth.value > 0):
        return f"it does not significantly grow with S ({growth.chance})"
    rows = main.barrier[np.argsort(main.swaps)]
    steps = [paired(a, b, main.origin_index) for a, b in pairwise(rows)]
    falls = [step.value / step.error if step.value < 0 and step.error > 0 else 0.0 for step in steps]
    worst = worst_bound(falls, growth.freedom)
    return (
        "it grows with S, though not at every step" if worst.significant else "it grows steadily with S"
    ) + f" ({growth.chance})"


def _table(results: list[Any]) -> Table:
    """Rows by the number of pairs, columns by width."""
    cells = [
        {
            int(s): plus_minus(m, e)
            for s, m, e in zip(result.swaps, result.barrier_mean, result.barrier_error, strict=True)
        }
        for result in results
    ]
    numbers = sorted(set().union(*cells))
    rows = [(f"S = {s}", *(column.get(s, "") for column in cells)) for s in numbers]
    header = ("", *(f"M = {result.width}" for result in results))
    return Table(
        header, rows, "Barrier, mean ± standard error over the networks (over the trials where there is one network)."
    )


def _write(book: Any) -> Section | None:
    layers = [book.get(_name(layer)) for layer in range(len(book.config.hidden))]
    main = layers[0]
    if main is None:
        return None
    unit = book.network.unit
    figures: list[Picture] = [
        picture(
            sl.figures.swap_curves(result, value_label=book.network.value_label),
            f"Loss between a network and its copy with S pairs of neurons of hidden layer {layer + 1} exchanged "
            f"(M = {result.width}), along the straight line w(α) = (1−α) w + α Pw. Mean over "
            f"{result.values.shape[1]} trials; bands: standard error over the networks, pale the middle 68 % of the "
            "trials. Compare figure 3 of arXiv:2407.20724.",
        )
        for layer, result in enumerate(layers)
        if result is not None
    ]
    results = list(book.of_widths("swaps").values())
    shown = results if results else [main]
    figures.append(
        picture(
            sl.figures.swap_barrier(shown, unit=unit),
            "Barrier, the largest loss on the way minus the loss at the ends, against the number S of exchanged "
            "pairs, for each width M.",
        )
    )
    common = _common_swaps(results)
    if len(results) > 1 and common:
        figures.append(
            picture(
                sl.figures.barrier_width(results, n_swaps=common, unit=unit),
                "Barrier against the width M for fixed numbers of exchanged pairs.",
            )
        )
    return Section(
        "Protocol 2",
        "Protocol 2: swapping hidden neurons",
        "Exchanging hidden neurons does not change the function of a network, so both ends of the way have the same "
        "loss; what lies between is the barrier between two copies of one solution.",
        figures,
        [_table(shown)],
    )


SWAPS = Chapter(
    "swaps",
    "exchanged neurons",
    _steps,
    _find,
    _write,
    lambda book: {"swaps": list(swap_numbers(book.config, book.config.hidden[0]))},
    kernels={"network": ("swaps",)},
)
