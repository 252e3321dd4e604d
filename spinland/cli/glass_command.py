"""``spinland glass``: measure a spherical glass beside its theory, store everything, write the page."""

from __future__ import annotations

from ..study.glasses import GlassBook, run_glass
from .options import book_command

command = book_command(
    GlassBook,
    run_glass,
    """Descend, heat and probe the spherical p-spin glass, and count its critical points, beside its theory.

    Everything goes into one HDF5 file. Stopped at any moment, the same command goes on where it was.
    """,
)
