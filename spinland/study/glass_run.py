"""Run the measurements on a glass from wherever they stand to their end."""

from __future__ import annotations

import math
import os

from .. import checks
from ..compiling.recipes import of_glass
from ..compiling.workers import compiling_beside
from ..errors import ArgumentError
from ..store.commit import real_path, reserved
from .execution import Say, complete, open_file
from .glass_config import GlassConfig
from .glass_context import GlassContext
from .glass_stages import plan_glass


def run_glass(
    config: GlassConfig,
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    mixed: bool = False,
    say: Say = lambda text: None,
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
    overwrite : bool
        Replace a finished file, or one that cannot be taken up.
    mixed : bool
        Go on although the file was begun on another processor or with other libraries, where the last digits differ;
        the file and the provenance of its results then tell which.
    say : callable
        Is told what goes on, a line at a time.

    Returns
    -------
    int
        Number of results that were made now; 0 when all were there before.

    Raises
    ------
    ArgumentError
        The instances do not fit into memory.
    StoreError
        The file belongs to something else, was begun elsewhere, is damaged, or cannot be written.
    """
    checks.instance("config", config, GlassConfig)
    path, overwrite, mixed = (
        real_path(out, "out"),
        checks.boolean("overwrite", overwrite),
        checks.boolean("mixed", mixed),
    )
    _check_room(config)
    with reserved(path):
        store = open_file(path, config, {}, overwrite=overwrite, mixed=mixed, say=say)
        if store is None:
            return 0
        context = GlassContext(config, store)
        with compiling_beside(of_glass()):
            return complete(context, list(plan_glass(context)), say)


def _check_room(config: GlassConfig) -> None:
    """Refuse instances that do not fit into memory together, before anything is computed."""
    most = max(
        config.spins,
        config.heat_spins or 0,
        config.layer_spins,
        *config.critical_spins,
        *(config.sizes or ()),
    )
    need = 8 * math.comb(most + config.order - 1, config.order) * (config.instances + 1)
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if need > 0.8 * have:
        raise ArgumentError(
            "spins", f"{config.instances + 1} instances that fit into memory ({have / 1e9:.1f} GB)",
            f"{most} spins of order {config.order}, {need / 1e9:.1f} GB",
        )  # fmt: skip
