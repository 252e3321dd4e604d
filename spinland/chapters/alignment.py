"""What is left of distances, trees and barriers between solutions when relabelling is removed: the steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import spinland as sl

from .. import rng
from .alignment_finding import find
from .alignment_section import write
from .chapter import Chapter, Say, Stage, Step, divergence_told
from .settings import Settings, setting, several, whole
from .subjects import Subject, none_converged
from .training import optimizer_of

_HEADING = "Alignment"
_SEED = 25  # label of the seed that is derived from the book's
_EPOCHS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_COPIES = 5


@dataclass(frozen=True)
class AlignmentSettings(Settings):
    """Settings of symmetry and alignment."""

    alignment_pairs: int = setting(
        20,
        "pairs of solutions on whose lines barriers are looked at; at most half as many as there are",
        whole(2),
        _HEADING,
    )
    alignment_points: int = setting(11, "points along each line", whole(3), _HEADING)
    alignment_trained: int = setting(
        12, "networks trained anew: on shuffled labels, and to look at in the course of training", whole(4), _HEADING
    )
    alignment_epochs: tuple[int, ...] | None = setting(
        None,
        "epochs at which these are aligned; default 0, 1, 2, 5, 10, ...",
        several(whole(0), optional=True),
        _HEADING,
    )
    alignment_starts: int = setting(
        1, "starts of the search for permutations of several hidden layers", whole(1), _HEADING
    )
    alignment_splits: int = setting(50, "divisions of the solutions for the errors of triangles", whole(2), _HEADING)
    alignment_nulls: int = setting(199, "draws of each null model; a verdict at 0.01 takes 199", whole(2), _HEADING)


@dataclass(frozen=True)
class _Anew:
    """A step that trains a few networks as the solutions were, or on labels that belong to other samples."""

    name: str
    title: str
    n_replicas: int
    seed: int
    shuffled: bool
    epochs: tuple[int, ...]
    needs: ClassVar[tuple[str, ...]] = ()
    partial: ClassVar[bool] = False

    def make(self, book: Any, say: Say) -> None:
        """Train them, and keep their parameters after some epochs."""
        trained, data = _trained(book), book.dataset
        if self.shuffled:
            order = rng.permutation(self.seed, rng.Purpose.DATA, 0, 0, len(data.y_train))
            labels = np.asarray(data.y_train)[order]
            data = sl.Dataset(f"{data.name}, shuffled", data.x_train, labels, data.x_test, data.y_test)
        with divergence_told(self.title, say):
            found = sl.train(
                book.network.network,
                data,
                self.n_replicas,
                optimizer_of(trained.config),
                trained.batch_size,
                trained.config.epochs,
                self.seed,
                dtype=trained.config.dtype,
                snapshots=self.epochs or None,
                evaluate="final",
                device=trained.config.device,
                precision=trained.config.precision,
            )
        if found.diverged.all():
            raise none_converged()
        book.store.save(self.name, found)


def _trained(book: Any) -> Any:
    """The book whose settings say how the solutions were trained: an atlas has that of its study."""
    return getattr(book, "source", book)


def _distances(subject: Any, found: Any, *, starts: int, seed: int) -> sl.SymmetricDistances:
    """Of each pair by itself where that is a metric; with more hidden layers of all aligned to one another."""
    to = None if subject.network.n_hidden_layers <= 1 else "mean"
    return sl.symmetric_distances(subject.network, subject.points(found, least=3), to, starts, seed)


def _which(distances: Any, before: bool) -> Any:
    return distances.as_labelled() if before else distances


def _pairs(distances: Any, *, before: bool) -> sl.PairStatistics:
    return sl.pair_statistics(_which(distances, before))


def _overlaps(pairs: Any) -> sl.OverlapDistribution:
    return sl.overlap_distribution(pairs)


def _tree(distances: Any, *, before: bool) -> sl.Hierarchy:
    return sl.hierarchy(_which(distances, before))


def _triangles(distances: Any, *, before: bool, **settings: Any) -> sl.Ultrametricity:
    return sl.ultrametricity(_which(distances, before), **settings)


def _together(subject: Any, found: Any, *, starts: int, seed: int) -> sl.Alignment:
    return sl.align_all(subject.network, subject.points(found), "mean", starts, seed)


def _from_mean(subject: Subject, together: Any, *, points: int, lines: int) -> sl.Line:
    ends = np.asarray(together.points[:lines])
    places = np.linspace(0, 1, points)
    return sl.line(subject.landscape, np.asarray(together.reference), ends, places, label="mean to solutions")


def _halves(points: Any, pairs: int) -> tuple[Any, Any]:
    """Points pair by pair, each in one pair."""
    n = min(pairs, len(points) // 2)
    return np.asarray(points[:n]), np.asarray(points[n : 2 * n])


def _lines(subject: Subject, found: Any, *, pairs: int, points: int, starts: int, seed: int) -> sl.AlignedLines:
    first, second = _halves(subject.points(found, 2 * pairs), pairs)
    return sl.aligned_lines(subject.landscape, first, second, np.linspace(0, 1, points), starts, seed)


def _lines_at(subject: Subject, found: Any, *, epoch: int, points: int, starts: int, seed: int) -> sl.AlignedLines:
    at = int(np.flatnonzero(np.asarray(found.snapshot_epochs) == epoch)[0])
    alive = np.flatnonzero(~found.diverged)
    first, second = _halves(np.asarray(found.snapshots[:, at])[alive], len(alive))
    return sl.aligned_lines(subject.landscape, first, second, np.linspace(0, 1, points), starts, seed)


def _gain(subject: Any, found: Any, *, pairs: int, starts: int, seed: int) -> sl.Alignment:
    first, second = _halves(subject.points(found, 2 * pairs), pairs)
    return sl.align(subject.network, first, second, "weights", starts, seed)


def _gain_of_strangers(subject: Any, found: Any, others: Any, *, starts: int, seed: int) -> sl.Alignment:
    references = subject.points(others)
    points = subject.points(found, len(references))
    n = min(len(points), len(references))
    return sl.align(subject.network, np.asarray(points[:n]), np.asarray(references[:n]), "weights", starts, seed)


def _gain_untrained(subject: Any, *, pairs: int, starts: int, seed: int) -> sl.Alignment:
    first, second = _halves(subject.network.initialize(2 * pairs, seed, dtype=subject.dtype), pairs)
    return sl.align(subject.network, first, second, "weights", starts, seed)


def _untrained(subject: Any, found: Any, *, seed: int, starts: int, **settings: Any) -> sl.Ultrametricity:
    """Triangles of as many untrained networks, which have no tree: what the choice of permutations makes by itself."""
    n = len(subject.points(found, least=3))
    to = None if subject.network.n_hidden_layers <= 1 else "mean"
    points = subject.network.initialize(n, seed, dtype=subject.dtype)
    distances = sl.symmetric_distances(subject.network, points, to, starts, seed)
    return sl.ultrametricity(distances, **settings, seed=seed)


def _copies(subject: Any, found: Any, *, n: int, seed: int) -> sl.SymmetricDistances:
    """Of one solution and relabelled and rescaled copies of it."""
    point = np.asarray(subject.points(found, 1)[0], np.float64)
    symmetries = [sl.symmetry.random_symmetry(subject.network, seed, replica=r) for r in range(n)]
    return sl.symmetric_distances(subject.network, [symmetry.apply(point) for symmetry in symmetries])


def _epochs(book: Any) -> tuple[int, ...]:
    """Epochs at which networks are aligned, the last among them."""
    last = _trained(book).config.epochs
    wanted = book.config.alignment_epochs
    return (*(epoch for epoch in sorted(wanted if wanted is not None else _EPOCHS) if epoch < last), last)


def _steps(book: Any) -> Iterator[Step]:
    network = getattr(book, "network", None)
    if network is None:
        return
    yield from _of_pairs(book, network)
    yield from _of_lines(book, network)
    yield from _of_nulls(book, network)


def _of_pairs(book: Any, network: Subject) -> Iterator[Step]:
    c = book.config
    search = {"starts": c.alignment_starts, "seed": c.seed}
    judged = {"n_splits": c.alignment_splits, "n_null": c.alignment_nulls, "seed": c.seed}
    distances, found = "alignment/distances", (network.solutions,)
    yield Stage(distances, "distances modulo symmetries", _distances, found, search, network.key)
    for before, end in ((True, "-before"), (False, "")):
        words = "of solutions as labelled" if before else "modulo symmetries"
        which = {"before": before}
        pairs = f"alignment/pairs{end}"
        yield Stage(pairs, f"distances and overlaps {words}", _pairs, (distances,), which)
        yield Stage(f"alignment/overlaps{end}", f"overlap distribution {words}", _overlaps, (pairs,))
        yield Stage(f"alignment/tree{end}", f"tree {words}", _tree, (distances,), which)
        yield Stage(f"alignment/triangles{end}", f"triangles {words}", _triangles, (distances,), which | judged)


def _of_lines(book: Any, network: Subject) -> Iterator[Step]:
    c = book.config
    search = {"starts": c.alignment_starts, "seed": c.seed}
    along = {"points": c.alignment_points, **search}
    found, together, history = (network.solutions,), "alignment/together", "alignment/history"
    yield Stage(together, "alignment of all solutions", _together, found, search, network.key)
    yield Stage(
        "alignment/from-mean",
        "lines from the mean of the aligned solutions",
        _from_mean,
        (together,),
        {"points": c.alignment_points, "lines": c.alignment_pairs},
        network.key,
    )
    pairs = {"pairs": c.alignment_pairs, **along}
    yield Stage("alignment/lines", "lines before and after alignment", _lines, found, pairs, network.key)
    for width in book.sweep:
        title = f"lines before and after alignment, {width.label}"
        yield Stage(width.name("aligned-lines"), title, _lines, (width.solutions,), pairs, width.key)
    epochs = _epochs(book)
    yield _Anew(history, "training networks to align on the way", c.alignment_trained, book.seed(_SEED), False, epochs)
    for epoch in epochs:
        title = f"lines before and after alignment, epoch {epoch}"
        arguments = {"epoch": epoch, **along}
        yield Stage(f"alignment/epoch-{epoch}", title, _lines_at, (history,), arguments, network.key)


def _of_nulls(book: Any, network: Subject) -> Iterator[Step]:
    c = book.config
    search = {"starts": c.alignment_starts, "seed": c.seed}
    found, shuffled, pairs = (network.solutions,), "alignment/shuffled", {"pairs": c.alignment_trained}
    yield _Anew(shuffled, "training on shuffled labels", c.alignment_trained, book.seed(_SEED, 1), True, ())
    yield Stage("alignment/gain", "overlaps gained by solutions", _gain, found, pairs | search, network.key)
    yield Stage(
        "alignment/gain-shuffled",
        "overlaps gained with networks of shuffled labels",
        _gain_of_strangers,
        (*found, shuffled),
        search,
        network.key,
    )
    yield Stage(
        "alignment/gain-untrained",
        "overlaps gained by untrained networks",
        _gain_untrained,
        (),
        pairs | search,
        network.key,
    )
    judged = {"n_splits": c.alignment_splits, "n_null": c.alignment_nulls}
    title = "triangles of untrained networks modulo symmetries"
    yield Stage("alignment/triangles-untrained", title, _untrained, found, search | judged, network.key)
    copies = {"n": _COPIES, "seed": c.seed}
    yield Stage("alignment/copies", "distances of relabelled copies", _copies, found, copies, network.key)


def _open_settings(book: Any) -> dict[str, Any]:
    return {} if getattr(book, "network", None) is None else {"alignment_epochs": list(_epochs(book))}


ALIGNMENT = Chapter(
    "alignment",
    "symmetry and alignment",
    _steps,
    find,
    write,
    _open_settings,
    kernels={"network": ("training", "losses", "slices", "distances", "distances of long points", "triangles")},
)
