"""A study of networks: its settings, its chapters, and how it is run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import spinland as sl

from .. import checks, rng
from ..chapters.book import Book
from ..chapters.chapter import Say
from ..chapters.correlation import CORRELATION, CorrelationSettings
from ..chapters.depth import DEPTH, DepthSettings
from ..chapters.depth_subjects import DepthSubject, deep_subject
from ..chapters.flatness import FLATNESS, FlatnessSettings
from ..chapters.hierarchy import HIERARCHY, HierarchySettings
from ..chapters.lines import LINES, LineSettings
from ..chapters.minima import MINIMA, GlassBesideSettings, spins_beside
from ..chapters.planes import PLANES, PlaneSettings
from ..chapters.profiles import PROFILES
from ..chapters.samples import DataSettings
from ..chapters.spherical import placed
from ..chapters.subjects import GlassSubject, NetworkSubject, Subject
from ..chapters.swaps import SWAPS, SwapSettings, check_swaps
from ..chapters.training import SEED_GLASS, SEED_WIDTH, TRAINING, ReplicaSettings, batch_size
from ..chapters.walks import WALKS, WalkSettings
from ..errors import ArgumentError
from ..execution.engines import Executor
from .fitting import check_fit, check_machine

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..data.loading import DatasetLike
    from ..store.hdf5 import Store

STUDY = (TRAINING, WALKS, SWAPS, HIERARCHY, FLATNESS, LINES, PLANES, MINIMA, PROFILES, CORRELATION, DEPTH)
"""Chapters of a study of networks, in the order of its page."""


@dataclass(frozen=True)
class StudyConfig(
    # Fields come in the reverse order of the bases.
    DepthSettings,
    CorrelationSettings,
    GlassBesideSettings,
    LineSettings,
    PlaneSettings,
    FlatnessSettings,
    HierarchySettings,
    SwapSettings,
    WalkSettings,
    ReplicaSettings,
    DataSettings,
):
    """All settings of a study; each is checked on construction.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    kind: ClassVar[str] = "study"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_swaps(self, self.hidden[0])


@dataclass(frozen=True, kw_only=True)
class WidthSubject(NetworkSubject):
    """The study's network with another first hidden layer.

    Attributes
    ----------
    width : int
        M of that layer.
    seed : int
        Seed of its training.
    """

    width: int
    seed: int


class NetworkBook(Book):
    """A study of networks.

    Parameters
    ----------
    config : StudyConfig
        Its settings.
    store : Store
        Its file.
    facts : mapping
        What the file tells of the data.
    dataset : Dataset, optional
        The data themselves; without them the book can be read and not gone on with.
    """

    settings = StudyConfig
    chapters = STUDY

    def __init__(self, config: StudyConfig, store: Store, facts: Mapping[str, Any], dataset: Dataset | None = None):
        super().__init__(config, store, facts)
        self.dataset = dataset
        self.title = f"Loss landscape of {self._shape} on {facts['dataset']}"
        self.subtitle = f"The four protocols of arXiv:2407.20724, by spinland {facts['version']}. Seed {config.seed}."
        self.network = NetworkSubject(
            key="network", solutions="ensemble", folder="hierarchy", places=_PLACES, **self._wide(config.hidden[0])
        )

    @property
    def carried(self) -> tuple[Any, ...]:
        """The data."""
        return (self.dataset,)

    def _wide(self, width: int) -> dict[str, Any]:
        """Network, landscape and words of a width of the first hidden layer."""
        return self._of((self.facts["n_inputs"], width, *self.config.hidden[1:], self.facts["n_outputs"]))

    def _of(self, widths: tuple[int, ...]) -> dict[str, Any]:
        """Network, landscape and words of an architecture."""
        network = sl.ReLUNetwork(widths, self.config.bias)
        return {
            "network": network,
            "make": lambda: self.landscape_of(network),
            "make_test": lambda: self.test_landscape_of(network),
            "make_training": (lambda: self.training_landscape_of(network)) if self._probes_some else None,
            "dtype": self.config.dtype,
            "device": self.config.device,
            "precision": self.config.precision,
            "value_label": sl.figures.LOSS if self.is_classification else sl.figures.SQUARED_ERROR,
            "unit": "nats" if self.is_classification else "squared units of the targets",
        }

    @property
    def _shape(self) -> str:
        """The architecture in words."""
        shape = (self.facts["n_inputs"], *self.config.hidden, self.facts["n_outputs"])
        return f"ReLU networks {'–'.join(map(str, shape))}"

    @property
    def is_classification(self) -> bool:
        """Whether accuracies exist."""
        return bool(self.facts["task"] == "classification")

    @property
    def batch_size(self) -> int:
        """Samples in a batch of all training but that of the comparison of batch sizes."""
        return batch_size(self.config, self.facts["n_train"])

    @property
    def correlation_pairs(self) -> int:
        """Pairs of points for the correlation."""
        return int(self.config.correlation_pairs)

    def landscape_of(self, network: sl.ReLUNetwork) -> sl.NetworkLandscape:
        """Training loss of a network, on the samples for probes."""
        data, n = self._data(), self.config.probe_samples
        return self._loss(network, data.x_train[:n], data.y_train[:n], "training loss")

    @property
    def _probes_some(self) -> bool:
        """Whether the probes look at fewer samples than the training."""
        return bool((self.config.probe_samples or self.facts["n_train"]) < self.facts["n_train"])

    def training_landscape_of(self, network: sl.ReLUNetwork) -> sl.NetworkLandscape:
        """Training loss of a network, on all training samples."""
        data = self._data()
        return self._loss(network, data.x_train, data.y_train, "training loss")

    def test_landscape_of(self, network: sl.ReLUNetwork) -> sl.NetworkLandscape:
        """Loss of a network on the test set."""
        data = self._data()
        return self._loss(network, data.x_test, data.y_test, "test loss")

    def _data(self) -> Dataset:
        if self.dataset is None:
            raise ArgumentError("dataset", "the data of the study", "none")
        return self.dataset

    def _loss(self, network: sl.ReLUNetwork, x: Any, y: Any, quantity: str) -> sl.NetworkLandscape:
        loss = "cross_entropy" if self._data().task == "classification" else "mse"
        where = {name: getattr(self.config, name) for name in ("dtype", "device", "precision")}
        return sl.NetworkLandscape(network, x, y, loss=loss, quantity=quantity, **where)

    @cached_property
    def sweep(self) -> tuple[WidthSubject, ...]:  # type: ignore[override]
        """Networks of several widths; the main one stands among them with its own replicas."""
        return tuple(
            WidthSubject(
                key=f"width/{width}",
                label=f"M = {width}",
                width=width,
                solutions=self.network.solutions if width == self.config.hidden[0] else f"widths/{width}/ensemble",
                folder=f"widths/{width}",
                seed=rng.derive_seed(self.config.seed, SEED_WIDTH, width),
                **self._wide(width),
            )
            for width in sorted(self.config.widths)
        )

    @cached_property
    def deep(self) -> tuple[DepthSubject, ...]:  # type: ignore[override]
        """Networks of several depths and equally many parameters."""
        main = self.network.network
        return tuple(deep_subject(self.config, main, depth, self._of) for depth in sorted(self.config.depths))

    @cached_property
    def glass(self) -> GlassSubject:
        """The spherical glass that the network is compared with."""
        arguments = self._instance
        spins, order, seed = (arguments[name] for name in ("n_spins", "order", "instance"))
        return GlassSubject(
            key="glass",
            solutions="glass/minima",
            folder="glass",
            places=_GLASS_PLACES,
            order=order,
            value_label=sl.figures.ENERGY,
            unit="per spin",
            make=lambda: sl.SphericalSpinGlass(spins, order, seed, device=self.config.device),
            device=self.config.device,
        )

    @property
    def _instance(self) -> dict[str, int]:
        config = self.config
        spins = spins_beside(config, self.network.network.n_params)
        return {"n_spins": spins, "order": config.glass_order, "instance": rng.derive_seed(config.seed, SEED_GLASS)}

    @property
    def descents(self) -> dict[str, dict[str, int]]:
        """Names and arguments of the minima of the glass."""
        if not self.config.glass_replicas:
            return {}
        return {
            self.glass.solutions: {
                **self._instance,
                "n_starts": self.config.glass_replicas,
                "seed": self.config.seed,
                **placed(self.config),
            }
        }

    @property
    def subjects(self) -> tuple[Subject, ...]:  # type: ignore[override]
        """The network, and the glass beside it."""
        return (self.network, self.glass) if self.config.glass_replicas else (self.network,)

    @property
    def compared(self) -> tuple[Subject, ...]:
        """Both, or none without a glass."""
        return self.subjects if self.config.glass_replicas else ()

    @property
    def values(self) -> dict[str, Any]:
        """All settings as they were used: those that were left open with what they came to."""
        n_train = self.facts["n_train"]
        return super().values | {
            "n_train": n_train,
            "n_test": self.facts["n_test"],
            "probe_samples": self.config.probe_samples or n_train,
            "precision": self.config.precision or self.config.dtype,
            "glass_spins": self._instance["n_spins"],
        }


_PLACES = {
    "profile": "glass/profile-network",
    "correlation": "glass/correlation-network",
    "correlation-initial": "glass/correlation-network-initial",
    "great-circles": "glass/line-network",
    "lines": "lines/solution-to-solution",
    "lines-from-start": "lines/initialisation-to-solution",
    "plane-random": "planes/random",
    "plane-three": "planes/three-solutions",
    "plane-trajectory": "planes/trajectory",
}
_GLASS_PLACES = {
    "profile": "glass/profile-glass",
    "correlation": "glass/correlation-glass",
    "great-circles": "glass/line-glass",
    "plane-three": "glass/plane-three-minima",
}


def run_study(
    config: StudyConfig,
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
    """Run a study, or go on with it, until its file holds every result.

    Parameters
    ----------
    config : StudyConfig
        Its settings.
    out : path-like
        Its file. An unfinished study with the same settings and data is taken up where it stopped and ends with the
        same bits as if it had never stopped.
    dataset : Dataset, arrays or path, optional
        Own data instead of those that the settings name.
    chapters : tuple of str, optional
        Only these chapters, and what they need of others; all of them by default. Others can be added later by the same
        settings and another choice.
    overwrite : bool
        Replace a finished study, or one that cannot be taken up.
    mixed : bool
        Go on although the study was begun on another processor or with other libraries, where the last digits differ;
        the file and the provenance of its results then tell which.
    say : callable
        Is told what goes on, a line at a time.
    executor : Executor, optional
        Make there what can be made elsewhere, replica by replica and stage beside stage; the file is the same to the
        byte.
    shard : tuple of int, optional
        K and N: make the K-th of N shards, a file beside ``out`` with every N-th replica of each ensemble and every
        N-th of the other results that can be made of what ``out`` holds, which is only read.
        :func:`spinland.merge_shards` puts them together.

    Returns
    -------
    int
        Number of results that were made now; 0 when the study was finished before.

    Raises
    ------
    ArgumentError
        A setting does not fit the data, or there is no such chapter.
    StoreError
        The file belongs to another study, was begun elsewhere, is damaged, or cannot be written.
    DataError
        The data are not there or damaged.
    DeviceUnavailable
        The device of the settings is not there.
    """
    from ..data.loading import dataset_of
    from .execution import run

    checks.instance("config", config, StudyConfig)
    check_machine(config)
    named, value = ("data", config.data) if dataset is None else ("dataset", dataset)
    data = dataset_of(named, value, config.data_dir)
    data = data.subset(config.n_train, config.n_test)
    check_fit(config, data)

    def book(store: Store) -> NetworkBook:
        return NetworkBook(config, store, store.meta, data)

    return run(
        config,
        out,
        STUDY,
        book,
        _facts(data),
        wanted=chapters,
        device=config.device,
        overwrite=overwrite,
        mixed=mixed,
        say=say,
        executor=executor,
        shard=shard,
    )


def _facts(data: Dataset) -> dict[str, Any]:
    return {
        "data": data.fingerprint,
        "dataset": data.name,
        "task": data.task,
        "n_inputs": data.n_inputs,
        "n_outputs": data.n_outputs,
        "n_train": len(data.x_train),
        "n_test": len(data.x_test),
    }
