"""``spinland study``: train replicas, run the four protocols, store everything, write the page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..study.networks import STUDY, StudyConfig
from .options import run_and_report, settings_command


@settings_command(StudyConfig, STUDY)
def command(
    config: StudyConfig,
    out: Path,
    chapters: tuple[str, ...] | None,
    page: bool,
    overwrite: bool,
    mixed: bool,
    quiet: bool,
) -> None:
    """Train replicas of a ReLU network and run the four protocols of arXiv:2407.20724 on them.

    Everything goes into one HDF5 file. Stopped at any moment, the same command goes on where it was.
    """
    from ..study.networks import run_study

    run_and_report(
        partial(run_study, config, out, chapters=chapters, mixed=mixed),
        out,
        page=page,
        overwrite=overwrite,
        quiet=quiet,
    )
