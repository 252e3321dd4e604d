"""Paths between solutions: straight, along a Bezier curve, along a chain, and what they go over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..statistics.judging import Judged, paired
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .lines import disjoint_pairs
from .sections import Picture, Section, Table, picture, sentence
from .settings import Settings, number, setting, whole
from .subjects import Subject, of_kind

_HEADING = "Paths"
_SEED = 31  # of the paths, among those derived from the seed of the settings


@dataclass(frozen=True)
class PathSettings(Settings):
    """Settings of paths between solutions."""

    path_pairs: int = setting(
        8,
        "pairs of solutions, or of minima, that paths join, none in two pairs; at most half as many as there are",
        whole(1),
        _HEADING,
    )
    path_steps: int = setting(2000, "steps of the training of a path", whole(0), _HEADING)
    path_batch: int = setting(64, "samples in a step, of a network; at most all there are", whole(1), _HEADING)
    path_rate: float = setting(
        0.003, "Adam's learning rate at the first step; it falls to 0 along a cosine", number(above=0), _HEADING
    )
    chain_bends: int = setting(3, "bends of a chain", whole(1), _HEADING)
    path_points: int = setting(61, "places along a path, evenly spaced in its length", whole(3), _HEADING)


@dataclass(frozen=True)
class _Kind:
    """A kind of path: its name in files, in words, and its arguments."""

    part: str
    words: str
    basis: str
    n_bends: int
    trained: bool = True
    aligned: bool = False


def _kinds(config: Any, subject: Subject) -> tuple[_Kind, ...]:
    """Those of a subject; only networks can be aligned."""
    words = "straight line" if subject.order is None else "great circle"
    straight = _Kind("straight", words, "chain", 1, trained=False)
    bezier = _Kind("bezier", "Bezier curve", "bezier", 1)
    chain = _Kind("chain", f"chain of {config.chain_bends} bends", "chain", config.chain_bends)
    if subject.kind != "network":
        return straight, bezier, chain
    aligned = tuple(
        replace(kind, part=f"aligned-{kind.part}", words=f"{kind.words}, aligned", aligned=True)
        for kind in (straight, bezier)
    )
    return straight, bezier, chain, *aligned


def _joined(
    subject: Any,
    found: Any,
    *,
    n_pairs: int,
    shape: tuple[str, int],
    steps: int,
    batch: int,
    rate: float,
    seed: int,
    aligned: bool = False,
) -> sl.Path:
    """Paths between solutions, no two of them from one, trained on all that there is to train on.

    With ``aligned`` the ends are aligned to the starts first.
    """
    starts, ends = disjoint_pairs(np.asarray(subject.points(found, 2 * n_pairs, 2)))
    if aligned:
        found = sl.align(subject.network, ends, starts, seed=seed)
        starts, ends = found.reference, found.points
    landscape, optimizer = subject.training_landscape, sl.Adam(sl.Cosine(rate))
    samples = getattr(landscape, "n_samples", None)
    size = None if samples is None else min(batch, samples)
    path = sl.connecting_path(landscape, starts, ends, *shape, steps, size, optimizer, seed)
    if path.diverged.all():
        raise ArgumentError("path_rate", "one at which paths converge", f"{rate:g}, diverged: {path.divergence}")
    return path


def _walked(subject: Any, path: sl.Path, *, n: int, label: str, test: bool = False) -> sl.PathProfile:
    return path.evaluate(subject.test_landscape if test else subject.landscape, n, label=label)


def _stages(book: Any, subject: Subject) -> Iterator[Stage]:
    """All kinds of paths between solutions of a subject, and what is along them."""
    c, key, words = book.config, subject.key, f"between {subject.many}"
    for kind in _kinds(c, subject):
        name = subject.name(f"paths/{kind.part}")
        arguments = {
            "n_pairs": c.path_pairs,
            "shape": (kind.basis, kind.n_bends),
            "steps": c.path_steps if kind.trained else 0,
            "batch": c.path_batch,
            "rate": c.path_rate,
            "seed": book.seed(_SEED),
            "aligned": kind.aligned,
        }
        yield Stage(name, f"{kind.words}: {words}", _joined, (subject.solutions,), arguments, key)
        for test in (False, True) if subject.order is None else (False,):
            label = kind.words + (", test" if test else "")
            along = {"n": c.path_points, "label": label, "test": test}
            yield Stage(f"{name}-{'test' if test else 'profile'}", f"along the {label}", _walked, (name,), along, key)


def _steps(book: Any) -> Iterator[Stage]:
    for subject in book.with_many:
        yield from _stages(book, subject)


def _profiles(book: Any, subject: Subject, part: str = "profile") -> dict[str, Any]:
    """Profiles that are there, by kind."""
    return book.all_of({k.part: subject.name(f"paths/{k.part}-{part}") for k in _kinds(book.config, subject)})


def _mean(profile: Any, field: str) -> Judged:
    value, error = profile.mean_of(getattr(profile, field))
    return Judged(value, error, _kept(profile) - 1)


def _kept(profile: Any) -> int:
    """Paths that did not diverge."""
    return int(np.isfinite(profile.barrier).sum())


def _count(profiles: Any) -> str:
    """How many pairs there are, and how many paths of each kind diverged, where some did."""
    lost = [f"{len(p.barrier) - _kept(p)} on the {p.label}" for p in profiles if _kept(p) < len(p.barrier)]
    n = len(next(iter(profiles)).barrier)
    return f"{n} pairs" + (f", less those that diverged, {', '.join(lost)}" if lost else "")


def _find(book: Any) -> Finding | None:
    numbers, clauses = Numbers(), []
    for subject in book.with_many:
        found = _profiles(book, subject)
        if not found:
            continue
        parts = []
        for kind in _kinds(book.config, subject):
            if kind.part in found:
                profile = found[kind.part]
                height = numbers.tell(
                    f"{subject.label}, {kind.words}: excess, {subject.unit}", _mean(profile, "excess")
                )
                numbers.keep(f"{subject.label}, {kind.words}: barrier, {subject.unit}", _mean(profile, "barrier"))
                numbers.keep(f"{subject.label}, {kind.words}: length over distance", _mean(profile, "length_ratio"))
                parts.append(f"{height if np.nanmax(profile.excess) > 0 else 'nowhere'} on the {kind.words}")
        clauses.append(
            f"between two {subject.many} of the {subject.label} the path rises above the line that joins the values at "
            f"its ends by {', '.join(parts)} ({subject.unit}, mean of {_count(found.values())})"
        )
        if {"straight", "bezier"} <= found.keys():
            lower = paired(found["straight"].excess, found["bezier"].excess)
            line = found["straight"].label
            numbers.keep(f"{subject.label}, Bezier curve less {line}, {subject.unit}", lower, p=lower.p, exact=0.0)
            words = lower.word("is lower on the curve", "is not distinguishably lower on the curve", "is higher on it")
            clauses.append(f"its top {words} ({lower.chance}, pair by pair)")
    return numbers.finding("paths", sentence(*clauses)) if clauses else None


_TEXT = (
    "Between two {many} a path w(t) = Σ φ_k(t) θ_k is trained with its ends held: each step looks at one point of "
    "it, every sixteenth of the path has its turn in sixteen steps, and the control vectors follow the gradient there "
    "(Garipov et al. 2018). A barrier is the highest value on the path, refined between places, "
    "less the mean of the ends, half the difference of the two where the highest point is an end; the excess is that "
    "above the linear interpolation of the ends, and 0 there."
)
_OF_NETWORKS = (
    " Paths of networks are trained in batches of all training samples; the training loss along them is that of the "
    "samples for the probes."
)
_ON_SPHERE = (
    " On the sphere of the glass the sum is brought back to it, so that pieces of a chain are arcs of great circles."
)


def _write(book: Any) -> Section | None:
    figures: list[Picture] = []
    rows, shown = [], []
    for subject in book.with_many:
        train, test = _profiles(book, subject), _profiles(book, subject, "test")
        if not train:
            continue
        shown.append(subject)
        n = _count(train.values())
        for found, where in ((train, "training loss"), (test, "test loss")):
            if found:
                what = where if subject.order is None else "energy per spin"
                label = subject.value_label if found is train else None
                figures.append(
                    picture(
                        sl.figures.path_profiles(list(found.values()), value_label=label),
                        f"The {what} along paths between {subject.many}, by share of their length. Mean over {n}, "
                        f"no two of which share a {subject.one}; band: standard error, pale the middle 68 % of the "
                        "pairs.",
                    )
                )
        figures.append(
            picture(
                sl.figures.path_barriers([*train.values(), *test.values()]),
                f"Barriers between {subject.many}. Dots: each of {n}; signs: their mean with its standard error.",
            )
        )
        rows += [(subject.label, item.label, *_cells(item)) for item in (*train.values(), *test.values())]
    if not figures:
        return None
    header = "of", "path", "barrier above the mean of the ends", "excess above the line", "length over distance"
    units = "; ".join(f"{subject.label}: {subject.unit}" for subject in shown if subject.unit)
    caption = f"Mean ± standard error over the pairs. Barrier and excess, {units}." if units else ""
    table = Table(header, rows, caption or "Mean ± standard error over the pairs.", words=2)
    many = " or two ".join(subject.many for subject in shown)
    text = _TEXT.format(many=many)
    text += _OF_NETWORKS if any(subject.kind == "network" for subject in shown) else ""
    text += _ON_SPHERE if any(subject.order is not None for subject in shown) else ""
    return Section("Paths", f"Paths between {shown[0].many}", text, figures, [table])


def _cells(item: Any) -> tuple[str, ...]:
    return tuple(str(_mean(item, field)) for field in ("barrier", "excess", "length_ratio"))


def _open_settings(book: Any) -> dict[str, Any]:
    """The samples in a step: no more than there are."""
    network = of_kind(book, "network")
    return {} if network is None else {"path_batch": min(book.config.path_batch, book.source.facts["n_train"])}


PATHS = Chapter(
    "paths",
    "paths between solutions",
    _steps,
    _find,
    _write,
    _open_settings,
    kernels={"network": ("paths",), "glass": ("glass paths",)},
)
