"""``spinland study``: train replicas, run the four protocols, store everything, write the page."""

from __future__ import annotations

from ..study.networks import NetworkBook, run_study
from .options import book_command

command = book_command(
    NetworkBook,
    run_study,
    """Train replicas of a ReLU network and run the four protocols of arXiv:2407.20724 on them.

    Everything goes into one HDF5 file. Stopped at any moment, the same command goes on where it was.
    """,
)
