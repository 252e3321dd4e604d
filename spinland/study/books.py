"""The kinds of files there are: how each is read, and what it can hold."""

from __future__ import annotations

from ..chapters.book import Book
from ..chapters.chapter import Chapter
from ..errors import StoreError
from ..store.hdf5 import Store
from .glasses import GLASS, GlassBook
from .networks import STUDY, NetworkBook

BOOKS: dict[str, tuple[type[Book], tuple[Chapter, ...]]] = {"study": (NetworkBook, STUDY), "glass": (GlassBook, GLASS)}
"""For each kind of file its book and its chapters."""


def book_of(store: Store) -> tuple[Book, tuple[Chapter, ...]]:
    """The book that a file holds, and its chapters.

    Raises
    ------
    StoreError
        It holds none.
    """
    kind = store.meta.get("kind")
    if kind not in BOOKS:
        raise StoreError(store.path, f"holds no {' and no '.join(BOOKS)}")
    book, chapters = BOOKS[kind]
    return book.opened(store), chapters
