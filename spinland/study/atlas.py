"""An atlas: what lies between the solutions of a study or a glass, and around them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from .. import checks
from ..chapters.alignment import ALIGNMENT, AlignmentSettings
from ..chapters.averages import AVERAGES, AverageSettings
from ..chapters.book import Book
from ..chapters.chapter import Chapter, Say
from ..chapters.curvature import CURVATURE, CurvatureSettings
from ..chapters.disconnectivity import DISCONNECTIVITY, DisconnectivitySettings
from ..chapters.inherent import INHERENT, InherentSettings
from ..chapters.measures import MEASURES, MeasureSettings
from ..chapters.noise import NOISE, NoiseSettings
from ..chapters.optimisers import OPTIMISERS, OptimiserSettings
from ..chapters.paths import PATHS, PathSettings
from ..chapters.potential import POTENTIAL, PotentialSettings
from ..chapters.saddles import SADDLES, SaddleSettings
from ..chapters.samples import folder
from ..chapters.settings import Settings, seed64, setting
from ..chapters.simplexes import SIMPLEXES, SimplexSettings
from ..chapters.subjects import of_kind
from ..chapters.subspaces import SUBSPACES, SubspaceSettings
from ..chapters.surfaces import SURFACES, SurfaceSettings
from ..chapters.two_times import TWO_TIMES, TwoTimeSettings
from ..checks import device_name, precision_name
from ..errors import ArgumentError, StoreError
from ..execution.engines import Executor
from ..provenance import fingerprint
from .fitting import check_machine
from .glasses import GlassBook
from .networks import NetworkBook

if TYPE_CHECKING:
    from ..data.loading import DatasetLike
    from ..store.hdf5 import Store

ATLAS: tuple[Chapter, ...] = (
    ALIGNMENT,
    PATHS,
    SADDLES,
    DISCONNECTIVITY,
    SIMPLEXES,
    SUBSPACES,
    AVERAGES,
    CURVATURE,
    MEASURES,
    OPTIMISERS,
    NOISE,
    POTENTIAL,
    TWO_TIMES,
    INHERENT,
    SURFACES,
)
"""Chapters of an atlas, in the order of its page."""

_SOURCES: dict[str, type[Book]] = {book.settings.kind: book for book in (NetworkBook, GlassBook)}


def _device(name: str, value: Any) -> str | None:
    return None if value is None else device_name(name, value)


@dataclass(frozen=True)
class PlaceSettings(Settings):
    """Where an atlas is computed, its seed, and where the data are."""

    device: str | None = setting(None, "where it is computed; default: where the solutions were", _device, "Atlas")
    precision: str | None = setting(
        None, "of layers on a card: float32, tf32, 3xtf32; default: as for the solutions", precision_name, "Atlas"
    )
    seed: int = setting(0, "64-bit seed of every random number", seed64, "Atlas")
    data_dir: str | None = setting(None, "folder with the data files; default: as for the solutions", folder, "Atlas")


@dataclass(frozen=True)
class AtlasConfig(
    # Fields come in the reverse order of the bases.
    CurvatureSettings,
    MeasureSettings,
    OptimiserSettings,
    NoiseSettings,
    InherentSettings,
    TwoTimeSettings,
    PotentialSettings,
    AverageSettings,
    SubspaceSettings,
    SimplexSettings,
    SurfaceSettings,
    DisconnectivitySettings,
    SaddleSettings,
    PathSettings,
    AlignmentSettings,
    PlaceSettings,
):
    """All settings of ``spinland atlas``; each is checked on construction.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    kind: ClassVar[str] = "atlas"


class AtlasBook(Book):
    """An atlas as its chapters see it.

    Parameters
    ----------
    config : AtlasConfig
        Its settings.
    store : Store
        Its file.
    facts : mapping
        What the file tells: ``source``, which is all that the file with the solutions tells of itself; ``place``, where
        that is; ``subjects`` and ``widths``, keys of those that have solutions.
    source : Book, optional
        The study or glass with the solutions and the data; without it the book can be read and not gone on with.

    Attributes
    ----------
    source : Book
        The study or glass; results that the atlas has not made are those of it.
    """

    settings = AtlasConfig
    chapters = ATLAS

    def __init__(self, config: AtlasConfig, store: Store, facts: Mapping[str, Any], source: Book | None = None):
        super().__init__(config, store, facts)
        self._lends = source is not None
        self.source: Any = source or _source(facts["source"], store, config)
        self.title = f"Atlas of: {self.source.title[:1].lower()}{self.source.title[1:]}"
        self.subjects = tuple(subject for subject in self.source.subjects if subject.key in facts["subjects"])
        many = " and between ".join(subject.many for subject in self.subjects)
        self.subtitle = f"What lies between and around {many}, by spinland {facts['version']}. Seed {config.seed}."
        widths = facts.get("widths", ())
        self.sweep = tuple(subject for subject in self.source.sweep if subject.key in widths)

    @property
    def words(self) -> tuple[str, ...]:
        """The command, with the file of the solutions."""
        return *super().words, str(self.facts["place"])

    @property
    def network(self) -> Any:
        """The network with its trained replicas; None where there is none."""
        return of_kind(self, "network")

    @property
    def glass(self) -> Any:
        """The glass with its minima; None where there is none."""
        return of_kind(self, "glass")

    @property
    def dataset(self) -> Any:
        """The data of the networks; None for a glass, and where the book is only read."""
        return getattr(self.source, "dataset", None)

    @property
    def carried(self) -> tuple[Any, ...]:
        """The study or glass."""
        return (self.source,)

    def __contains__(self, name: str) -> bool:
        return super().__contains__(name) or (self._lends and name in self.source)

    def load(self, name: str) -> Any:
        """A result of the atlas, or one of the study or glass; large arrays stay in their files.

        Raises
        ------
        StoreError
            It is in neither.
        """
        lent = self._lends and not super().__contains__(name)
        return self.source.load(name) if lent and name in self.source else super().load(name)

    def forget(self) -> None:
        """Let go of what was read from both files."""
        super().forget()
        if self._lends:
            self.source.forget()


def _source(facts: Mapping[str, Any], store: Store, wanted: AtlasConfig, dataset: Any = None) -> Book:
    """The study or glass that tells these facts of itself, on the device of the atlas and in its precision."""
    kind = _SOURCES[facts["kind"]]
    config: Any = kind.config_of(facts)
    if wanted.precision is not None and kind is not NetworkBook:
        raise ArgumentError("precision", "none: a glass has no layers", wanted.precision)
    chosen = {name: getattr(wanted, name) for name in ("device", "precision")}
    config = replace(config, **{name: value for name, value in chosen.items() if value is not None})
    return kind(config, store, facts) if dataset is None else NetworkBook(config, store, facts, dataset)


def run_atlas(
    config: AtlasConfig,
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    dataset: DatasetLike | None = None,
    chapters: tuple[str, ...] | None = None,
    overwrite: bool = False,
    mixed: bool = False,
    say: Say = lambda text: None,
    executor: Executor | None = None,
    shard: tuple[int, int] | None = None,
) -> int:
    """Make the atlas of a study or a glass, or go on with it, until its file holds every result.

    Parameters
    ----------
    config : AtlasConfig
        Its settings.
    source : path-like
        File of the study or glass whose solutions it is about; it is read and not changed.
    out : path-like
        File of the atlas. An unfinished one with the same settings and solutions is taken up where it stopped and ends
        with the same bits as if it had never stopped.
    dataset : Dataset, arrays or path, optional
        The data, where the study was made of own ones.
    chapters : tuple of str, optional
        Only these chapters, and what they need of others; all of them by default. Others can be added later by the same
        settings and another choice.
    overwrite : bool
        Replace a finished atlas, or one that cannot be taken up.
    mixed : bool
        Go on although the atlas was begun on another processor or with other libraries.
    say : callable
        Is told what goes on, a line at a time.
    executor : Executor, optional
        As for :func:`spinland.run_study`.
    shard : tuple of int, optional
        As for :func:`spinland.run_study`.

    Returns
    -------
    int
        Number of results that were made now; 0 when the atlas was finished before.

    Raises
    ------
    ArgumentError
        There is no such chapter, the data are not those of the study, its precision is not that of the device, or a
        setting does not fit the solutions.
    StoreError
        ``source`` has no solutions; ``out`` belongs to something else, was begun elsewhere, is damaged, or cannot be
        written.
    DataError
        The data are not there or damaged.
    DeviceUnavailable
        The device of the settings is not there.
    """
    from ..store.hdf5 import Store
    from .execution import run

    checks.instance("config", config, AtlasConfig)
    if os.path.exists(out) and os.path.exists(source) and os.path.samefile(source, out):
        raise ArgumentError("out", "another file than that of the solutions, which is read and not changed", str(out))
    lender = source_book(Store(source, "r"), config, dataset)
    subjects = [subject for subject in lender.subjects if subject.solutions in lender]
    for subject in lender.subjects:
        if subject not in subjects:
            say(f"{source} holds no {subject.many} of the {subject.label} yet: the atlas leaves it out")
    if not subjects:
        kind = lender.settings.kind
        raise StoreError(lender.store.path, f"holds no solutions yet: spinland {kind} makes them")
    check_machine(lender.config)
    _check_fit(config, lender, subjects)
    found = [lender.load(subject.solutions).params for subject in subjects]
    facts = {
        "source": dict(lender.facts),
        "place": os.path.relpath(os.path.abspath(source), os.path.dirname(os.path.abspath(out))),
        "subjects": [subject.key for subject in subjects],
        "widths": [subject.key for subject in lender.sweep if subject.solutions in lender],
        "data": fingerprint(*found),
    }
    lender.forget()

    def book(store: Store) -> AtlasBook:
        return AtlasBook(config, store, store.meta, lender)

    return run(
        config,
        out,
        ATLAS,
        book,
        facts,
        wanted=chapters,
        device=lender.config.device,
        overwrite=overwrite,
        mixed=mixed,
        say=say,
        executor=executor,
        shard=shard,
    )


def _check_fit(config: AtlasConfig, lender: Any, subjects: list[Any]) -> None:
    """Refuse settings that the networks cannot fulfil, before anything is computed."""
    network = next((subject for subject in subjects if subject.kind == "network"), None)
    if network is None:
        return
    epochs = lender.config.epochs
    late = [epoch for epoch in config.alignment_epochs or () if epoch > epochs]
    if late:
        raise ArgumentError("alignment_epochs", f"at most the epochs of the training ({epochs})", late[0])
    last = network.network.n_layers - 1
    if config.noise_layer is not None and config.noise_layer > last:
        raise ArgumentError("noise_layer", f"at most {last}, the last", config.noise_layer)
    if not network.classifies:  # nothing is averaged or trained in subspaces
        return
    if config.average_cycle > config.average_epochs // 2:
        most = f"at most half of average_epochs ({config.average_epochs // 2})"
        raise ArgumentError("average_cycle", most, config.average_cycle)
    sizes, dim = config.subspace_dimensions or (), network.network.n_params
    if sizes and max(sizes) > dim:
        raise ArgumentError("subspace_dimensions", f"at most the number of parameters ({dim})", max(sizes))
    if any(later <= earlier for earlier, later in pairwise(sizes)):
        raise ArgumentError("subspace_dimensions", "rising numbers", ", ".join(map(str, sizes)))


def source_book(store: Store, wanted: AtlasConfig, dataset: DatasetLike | None = None) -> Book:
    """The book of a study or a glass, with its data, that lends its solutions to an atlas of these settings.

    Raises
    ------
    StoreError
        The file holds neither.
    ArgumentError
        The data are not those of the study, or a precision is wanted of a glass.
    DataError
        The data are not there or damaged.
    """
    facts = store.meta
    if facts.get("kind") not in _SOURCES:
        raise StoreError(store.path, f"holds no {' and no '.join(_SOURCES)}")
    if facts["kind"] != NetworkBook.settings.kind:
        if dataset is not None:
            raise ArgumentError("dataset", "none: a glass has no data", type(dataset).__name__)
        return _source(facts, store, wanted)
    from ..data.loading import dataset_of

    config = NetworkBook.config_of(facts)
    named, value = ("source", config.data) if dataset is None else ("dataset", dataset)
    data = dataset_of(named, value, wanted.data_dir or config.data_dir).subset(config.n_train, config.n_test)
    if data.fingerprint != facts["data"]:
        raise ArgumentError(
            "dataset",
            "the data that the study was made of",
            f"{data.name} with fingerprint {data.fingerprint}, not {facts['data']}",
        )
    return _source(facts, store, wanted, data)
