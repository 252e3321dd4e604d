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
    """The book that a file holds, and its chapters: of a finished file those that were asked for.

    What another chapter had begun when it was stopped is no result of it.

    Raises
    ------
    StoreError
        It holds none.
    """
    kind = store.meta.get("kind")
    if kind not in BOOKS:
        raise StoreError(store.path, f"holds no {' and no '.join(BOOKS)}")
    kind_of_book, chapters = BOOKS[kind]
    book = kind_of_book.opened(store)
    made = book.made
    return book, chapters if made is None else tuple(chapter for chapter in chapters if chapter.name in made)
