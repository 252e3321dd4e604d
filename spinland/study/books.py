"""The kinds of files there are, and how each is read."""

from __future__ import annotations

from ..chapters.book import Book
from ..chapters.chapter import Chapter
from ..errors import StoreError
from ..formatting import a_noun
from ..store.hdf5 import Store
from .atlas import AtlasBook
from .glasses import GlassBook
from .networks import NetworkBook

BOOKS: dict[str, type[Book]] = {book.settings.kind: book for book in (NetworkBook, GlassBook, AtlasBook)}
"""The book of each kind of file."""


def book_of(store: Store) -> tuple[Book, tuple[Chapter, ...]]:
    """The book that a file holds, and its chapters: of a finished file those that were asked for.

    What another chapter had begun when it was stopped is no result of it.

    Raises
    ------
    StoreError
        It holds none.
    """
    meta = store.meta
    kind = meta.get("kind")
    if "shard" in meta:
        number, count = (meta["shard"][name] for name in ("number", "count"))
        raise StoreError(
            store.path, f"is shard {number}/{count} of {a_noun(meta['shard']['of'])}: spinland merge first"
        )
    if kind not in BOOKS:
        raise StoreError(store.path, f"holds no {' and no '.join(BOOKS)}")
    book: Book = BOOKS[kind].opened(store)
    made = book.made
    return book, tuple(chapter for chapter in book.chapters if made is None or chapter.name in made)
