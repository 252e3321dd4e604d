"""The page: chapters from a file, put together and written at once."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..chapters.book import Book
from ..chapters.chapter import Chapter
from ..chapters.sections import Section
from ..errors import StoreError
from ..formatting import given
from ..paths import beside, user_path
from ..provenance import Provenance, version
from ..store.commit import failures_named
from ..store.files import write_file
from ..store.hdf5 import Store
from ..study.books import book_of
from .definitions import definitions
from .typeset import sentences, set_formulas

_MARK = '<meta name="generator" content="spinland'
_OF = re.compile(r'<meta name="spinland-file" content="([^"]*)">')
_HEAD = 4000  # characters in which both stand


def page_path(study: Path) -> Path:
    """Where the page of a file goes by default: beside it, ``.html`` for ``.h5`` or after any other name."""
    return beside(study, ".html")


def check_page(target: Path, study: Path, overwrite: bool) -> None:
    """Refuse to replace a file that is not the page of this study.

    Raises
    ------
    StoreError
        There is such a file: the study itself (which nothing may replace), no file, no page of ours, or the page
        of another file that is still there.
    """
    with failures_named(target, "looked at"):
        if not target.exists():
            return
        if not target.is_file():
            raise StoreError(target, "is no file; the page needs another name")
        if study.exists() and os.path.samefile(study, target):
            raise StoreError(target, "holds the results; their page needs another name")
        if overwrite:
            return
        with open(target, encoding="utf-8", errors="replace") as file:
            head = file.read(_HEAD)
    if _MARK not in head:
        raise StoreError(target, "exists already and is no page of spinland; --overwrite replaces it")
    found = _OF.search(head)
    other = target.parent / os.fsdecode(unquote_to_bytes(found[1])) if found else study
    if found and found[1] != _place(study, target) and other.exists():
        raise StoreError(target, f"is the page of {other}; spinland report --out writes this one elsewhere")


def _place(study: Path, target: Path) -> str:
    """Where a file lies seen from its page, in letters that HTML can hold."""
    return quote(os.fsencode(os.path.relpath(os.path.realpath(study), os.path.realpath(target.parent))))


def write_page(
    study: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    figures: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the page of a file, finished or not.

    Parameters
    ----------
    study : path-like
        File of a study.
    target : path-like
        The page.
    overwrite : bool
        Replace files that exist. The page that spinland wrote of the same file is renewed without being asked: the
        file holds the results.
    figures : path-like, optional
        Folder that gets every figure as an SVG file too.

    Returns
    -------
    path
        The page.

    Raises
    ------
    StoreError
        Not a study of ours, or a file exists and may not be replaced, or cannot be written.
    """
    study, target = user_path("study", study), user_path("target", target)
    folder = None if figures is None else user_path("figures", figures)
    store = Store(study, "r")
    check_page(target, study, overwrite)
    book, parts = parts_of(store)
    html = _render(book, parts, _place(study, target))
    drawings = {} if folder is None else _drawings(folder, parts, overwrite)
    write_file(target, html.encode("utf-8", "backslashreplace"))  # names of files need not be text
    for path, drawing in drawings.items():
        write_file(path, drawing.encode())
    return target


@dataclass(frozen=True)
class Part:
    """A chapter on the page: its name is the anchor."""

    anchor: str
    section: Section
    finding: str
    headline: str


def parts_of(store: Store) -> tuple[Book, list[Part]]:
    """The book of a file, and what its chapters have to show, in the order of the page.

    Raises
    ------
    StoreError
        It holds no book.
    """
    book, chapters = book_of(store)
    return book, [part for chapter in chapters if (part := _written(book, chapter)) is not None]


def _written(book: Book, chapter: Chapter) -> Part | None:
    """A chapter as it stands on the page, None where there is nothing of it."""
    section = chapter.write(book)
    if section is None:
        return None
    found = book.finding(chapter)
    statement, headline = ("", "") if found is None else (found.statement, found.headline)
    return Part(chapter.name, section, statement, headline)


def _render(book: Book, parts: list[Part], place: str) -> str:
    environment = Environment(
        loader=PackageLoader("spinland.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = set_formulas
    environment.filters["script"] = _script_text
    environment.filters["sentences"] = sentences
    store, names = book.store, book.store.names()
    return environment.get_template("page.html.j2").render(
        title=book.title,
        subtitle=book.subtitle,
        version=version(),
        unfinished=book.unfinished,
        parts=parts,
        plotly=_plotly() if any(figure.turning for part in parts for figure in part.section.figures) else "",
        definitions=definitions(book),
        place=place,
        command=command_of(book, store.path.name, book.made),
        settings=[(name, _shown(value)) for name, value in book.values.items()],
        file=store.path.name,
        provenance=[_provenance_row(name, book.load(name)) for name in names],
        environments=[_environment_text(one) for one in book.facts.get("environments", [])],
    )


def _script_text(text: str) -> Markup:
    """JSON within a script of a page: nothing in it ends the script."""
    return Markup(text.replace("<", "\\u003c"))


def _plotly() -> str:
    """Plotly's own build of its JavaScript: the page needs no network."""
    from plotly.offline import get_plotlyjs

    source: str = get_plotlyjs()
    return source


def _environment_text(environment: dict[str, str]) -> str:
    """Processor and libraries in a line; of the instructions only how many there are."""
    known = environment | {"instructions": f"{len(environment.get('instructions', '').split())} sets"}
    return ", ".join(f"{name} {value}" for name, value in known.items())


def command_of(book: Book, out: str, chapters: Collection[str] | None) -> str:
    """The command with all settings that are not the default, and with the chapters if these are not all."""
    config = book.config
    words = list(book.words)
    if chapters is not None and set(chapters) != {chapter.name for chapter in book.chapters}:
        words += ["--chapters", ",".join(chapters)]
    for field in fields(config):
        value = getattr(config, field.name)
        if value == field.default:
            continue
        flag = "--" + field.name.replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else "--no-" + flag[2:])
        else:
            words += [
                flag,
                ",".join(repr(v) if isinstance(v, float) else str(v) for v in value) or "none"
                if isinstance(value, tuple)
                else str(value),
            ]
    return shlex.join([*words, "--out", out])


def _shown(value: Any) -> str:
    """A setting in words."""
    if value is None:
        return "none given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return given(value)
    return ", ".join(map(_shown, value)) or "none" if isinstance(value, list) else str(value)


def _provenance_row(name: str, result: Any) -> tuple[str, ...]:
    p: Provenance = result.provenance
    seed = "" if p.seed is None else str(p.seed)
    return name, str(result.stored_as), p.function, seed, p.dtype, p.data, p.version


def _drawings(folder: Path, parts: list[Part], overwrite: bool) -> dict[Path, str]:
    """The figures as files of a folder, which is made; refused before any is written if one is there."""
    files = {
        folder / f"{part.anchor}-{i}.svg": figure.svg
        for part in parts
        for i, figure in enumerate(part.section.figures, 1)
    }
    with failures_named(folder, "made"):
        folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        if path.exists() and not overwrite:
            raise StoreError(path, "exists already; --overwrite replaces it")
    return files
