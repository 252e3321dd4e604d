"""``spinland glass``: measure a spherical glass beside its theory, store everything, write the page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..study.glasses import GLASS, GlassConfig
from .options import run_and_report, settings_command


@settings_command(GlassConfig, GLASS)
def command(
    config: GlassConfig,
    out: Path,
    chapters: tuple[str, ...] | None,
    page: bool,
    overwrite: bool,
    mixed: bool,
    quiet: bool,
) -> None:
    """Descend, heat and probe the spherical p-spin glass, and count its critical points, beside its theory.

    Everything goes into one HDF5 file. Stopped at any moment, the same command goes on where it was.
    """
    from ..study.glasses import run_glass

    run_and_report(
        partial(run_glass, config, out, chapters=chapters, mixed=mixed),
        out,
        page=page,
        overwrite=overwrite,
        quiet=quiet,
    )
