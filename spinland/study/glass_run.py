"""Run the measurements on a glass from wherever they stand to their end."""

from __future__ import annotations

import math
import os

from ..errors import ArgumentError
from ..paths import user_path
from ..store.commit import reserved
from .execution import Say, complete, open_file
from .glass_config import GlassConfig
from .glass_context import GlassContext
from .glass_stages import plan_glass


def run_glass(
    config: GlassConfig,
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
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
        Replace a finished file, or one with other settings.
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
        The file belongs to something else, or cannot be written.
    """
    path = user_path("out", out)
    _check_room(config)
    with reserved(path):
        store = open_file(path, config, {}, overwrite=overwrite, say=say)
        if store is None:
            return 0
        context = GlassContext(config, store)
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
