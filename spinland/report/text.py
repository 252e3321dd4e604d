"""The findings of a file as plain text, for a terminal."""

from __future__ import annotations

import io
import os

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from ..chapters.findings import Finding
from ..paths import user_path
from ..store.hdf5 import Store
from ..study.books import book_of

_WIDEST = 120


def told(study: str | os.PathLike[str], width: int = _WIDEST) -> str:
    """The findings of a file, chapter by chapter, with the numbers that they rest on.

    Parameters
    ----------
    study : path-like
        The file, finished or not.
    width : int
        Columns of the terminal.

    Returns
    -------
    str
        Lines of text.

    Raises
    ------
    StoreError
        Not a file of ours.
    """
    book, chapters = book_of(Store(user_path("study", study), "r"))
    screen = io.StringIO()
    console = Console(
        file=screen, width=max(40, min(width, _WIDEST)), markup=False, highlight=False, emoji=False, color_system=None
    )
    console.print(book.title)
    console.print(book.subtitle)
    if book.unfinished:
        console.print(f"This is not complete: {book.unfinished}.")
    for chapter in chapters:
        found = book.finding(chapter)
        if found is not None:
            console.print(f"\n{chapter.title[:1].upper()}{chapter.title[1:]} ({chapter.finding_name})")
            console.print(Padding(found.statement, (0, 0, 0, 2)))
            if found.names:
                console.print(Padding(_table(found), (1, 0, 0, 2)))
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines())


def _table(found: Finding) -> Table:
    """A row for each number: what it is, its value, what it is compared with, and p."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("number", "value ± standard error", "compared with", ""):
        table.add_column(heading)
    for row in found.rows():
        table.add_row(*row)
    return table
