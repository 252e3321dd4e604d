"""``spinland atlas``: what lies between the solutions of a study or a glass."""

from __future__ import annotations

from pathlib import Path

from ..paths import beside
from ..study.atlas import AtlasBook, run_atlas
from .options import book_command


def atlas_path(source: Path) -> Path:
    """Where the atlas of a file goes by default: beside it, ``.atlas.h5``."""
    return beside(source, ".atlas.h5")


command = book_command(
    AtlasBook,
    run_atlas,
    """Look at what lies between the solutions that FILE holds, a study or a glass.

    FILE is read and not changed; everything goes into a file of its own. Stopped at any moment, the same command goes
    on where it was.
    """,
    place=atlas_path,
)
