"""``spinland glass``: a spherical glass measured chapter by chapter, beside its theory."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import spinland as sl

from .. import checks
from ..chapters.ageing import AGEING, AgeingSettings
from ..chapters.book import Book
from ..chapters.chapter import Chapter, Say
from ..chapters.correlation import CORRELATION
from ..chapters.critical import CRITICAL, CriticalSettings
from ..chapters.descent import DESCENT, DescentSettings, sizes
from ..chapters.hierarchy import HIERARCHY, HierarchySettings
from ..chapters.lines import LINES, LineSettings
from ..chapters.minima import MINIMA, MinimaSettings
from ..chapters.planes import PLANES, PlaneSettings
from ..chapters.profiles import PROFILES, ProfileSettings
from ..chapters.settings import one_of, setting, whole
from ..chapters.spherical import ABC, SEED_STARTS, SphericalSettings, placed
from ..chapters.subjects import GlassSubject
from ..chapters.temperatures import TEMPERATURES, TemperatureSettings
from ..chapters.theory.chapter import THEORY, TheorySettings
from ..errors import ArgumentError
from ..execution.engines import Executor

if TYPE_CHECKING:
    from ..store.hdf5 import Store

GLASS: tuple[Chapter, ...] = (
    THEORY,
    DESCENT,
    CRITICAL,
    TEMPERATURES,
    AGEING,
    MINIMA,
    CORRELATION,
    PROFILES,
    LINES,
    PLANES,
    HIERARCHY,
)
"""Chapters of a glass, in their order on the page."""


@dataclass(frozen=True)
class GlassConfig(
    HierarchySettings,
    PlaneSettings,
    LineSettings,
    ProfileSettings,
    MinimaSettings,
    AgeingSettings,
    TemperatureSettings,
    CriticalSettings,
    DescentSettings,
    TheorySettings,
    SphericalSettings,
):
    """All settings of ``spinland glass``; each is checked on construction.

    Energies, temperatures and times are those of Auffinger, Ben Arous and Černý's normalisation.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    kind: ClassVar[str] = "glass"

    pairs: int = setting(300, "pairs of points for the correlation", whole(3), "Probes")
    linkage: str = setting(  # the others need Euclidean distances, which minima of an even order do not have
        "average",
        "single, complete, average or weighted",
        one_of("single", "complete", "average", "weighted"),
        "Hierarchy",
    )


class GlassBook(Book):
    """The file of ``spinland glass`` as its chapters see it.

    Attributes
    ----------
    glass : GlassSubject
        The instance that is its seed, which all probes look at.
    """

    settings = GlassConfig
    chapters = GLASS

    def __init__(self, config: GlassConfig, store: Store, facts: Mapping[str, Any]):
        super().__init__(config, store, facts)
        self.title = f"The spherical {config.order}-spin glass beside its theory"
        self.subtitle = (
            f"{config.spins} spins, by spinland {facts['version']}. Seed {config.seed}. {ABC}; "
            "in that of Crisanti and Sommers energies and temperatures are smaller by √2."
        )
        self.glass = GlassSubject(
            key="glass",
            solutions=_minima(config.spins),
            value_label=sl.figures.ENERGY,
            unit="per spin",
            folder="probes",
            places={
                "profile": "probes/walks",
                "great-circles": "probes/lines",
                "plane-three": "probes/plane-three-minima",
            },
            make=lambda: sl.SphericalSpinGlass(config.spins, config.order, config.seed, device=config.device),
            device=config.device,
            order=config.order,
        )
        self.subjects = (self.glass,)

    @property
    def descents(self) -> dict[str, dict[str, int]]:
        """Names of the minima of one instance of each size, and what they are made from."""
        c, seed = self.config, self.seed(SEED_STARTS)
        same = {"order": c.order, "instance": c.seed, "n_starts": c.minima, "seed": seed, **placed(c)}
        return {_minima(n): {"n_spins": n, **same} for n in sizes(c)}

    @property
    def correlation_pairs(self) -> int:
        """Pairs of points for the correlation."""
        return int(self.config.pairs)


def _minima(n_spins: int) -> str:
    """Where the minima of the instance of this size are kept."""
    return f"descent/minima/{n_spins}"


def run_glass(
    config: GlassConfig,
    out: str | os.PathLike[str],
    *,
    chapters: tuple[str, ...] | None = None,
    overwrite: bool = False,
    mixed: bool = False,
    say: Say = lambda text: None,
    executor: Executor | None = None,
    shard: tuple[int, int] | None = None,
) -> int:
    """Measure a spherical glass, or go on with it, until the file holds every result.

    Descent, critical points, equilibrium, ageing and the probes, each with what theory says.

    Parameters
    ----------
    config : GlassConfig
        Settings.
    out : path-like
        The file. An unfinished one with the same settings is taken up where it stopped and ends with the same bits
        as if it had never stopped.
    chapters : tuple of str, optional
        Only these chapters, and what they need of others; all of them by default. Others can be added later by the same
        settings and another choice.
    overwrite : bool
        Replace a finished file, or one that cannot be taken up.
    mixed : bool
        Go on although the file was begun on another processor or with other libraries, where the last digits differ;
        the file and the provenance of its results then tell which.
    say : callable
        Is told what goes on, a line at a time.
    executor : Executor, optional
        As for :func:`spinland.run_study`.
    shard : tuple of int, optional
        As for :func:`spinland.run_study`.

    Returns
    -------
    int
        Number of results that were made now; 0 when all were there before.

    Raises
    ------
    ArgumentError
        The instances do not fit into memory, or there is no such chapter.
    StoreError
        The file belongs to something else, was begun elsewhere, is damaged, or cannot be written.
    DeviceUnavailable
        The device of the settings is not there.
    """
    checks.instance("config", config, GlassConfig)
    from .execution import run

    checks.device(config.device)
    _check_room(config)
    return run(
        config,
        out,
        GLASS,
        GlassBook.opened,
        {},
        wanted=chapters,
        device=config.device,
        overwrite=overwrite,
        mixed=mixed,
        say=say,
        executor=executor,
        shard=shard,
    )


def _check_room(config: GlassConfig) -> None:
    """Refuse instances that do not fit into memory together, before anything is computed."""
    most = max(config.spins, config.heat_spins or 0, config.layer_spins, *config.critical_spins, *(config.sizes or ()))
    need = 8 * math.comb(most + config.order - 1, config.order) * (config.instances + 1)
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if need > 0.8 * have:
        raise ArgumentError(
            "spins",
            f"{config.instances + 1} instances that fit into memory ({have / 1e9:.1f} GB)",
            f"{most} spins of order {config.order}, {need / 1e9:.1f} GB",
        )
