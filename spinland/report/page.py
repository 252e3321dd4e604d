"""The page: chapters from a file, put together and written at once."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..errors import StoreError
from ..formatting import given
from ..paths import user_path
from ..provenance import Provenance, version
from ..store.commit import failures_named
from ..store.files import write_file
from ..store.hdf5 import Store
from ..study.settings import Settings
from .definitions import DEFINITIONS
from .flatness import flatness_chapter
from .glass import glass_chapter
from .hierarchy import hierarchy_chapter
from .parts import Chapter
from .reader import Reader, StudyReader
from .slices import slices_chapter
from .spherical.ageing import ageing_chapter
from .spherical.critical import critical_chapter
from .spherical.definitions import SPHERICAL_DEFINITIONS
from .spherical.descent import descent_chapter
from .spherical.probes import minima_chapter, probes_chapter
from .spherical.reader import GlassReader
from .spherical.temperatures import temperatures_chapter
from .spherical.theory import theory_chapter
from .swaps import swaps_chapter
from .training import training_chapter
from .typeset import set_formulas
from .walks import walks_chapter

Chapters = tuple[Callable[[Any], Chapter | None], ...]

Definitions = tuple[tuple[str, str], ...]

PAGES: dict[str, tuple[type[Reader], Chapters, Definitions]] = {
    "study": (
        StudyReader,
        (
            training_chapter,
            walks_chapter,
            swaps_chapter,
            hierarchy_chapter,
            flatness_chapter,
            slices_chapter,
            glass_chapter,
        ),
        DEFINITIONS,
    ),
    "glass": (
        GlassReader,
        (
            theory_chapter,
            descent_chapter,
            critical_chapter,
            temperatures_chapter,
            ageing_chapter,
            probes_chapter,
            minima_chapter,
        ),
        SPHERICAL_DEFINITIONS,
    ),
}
"""For each kind of file how it is read, the chapters of its page and the words it explains."""


_MARK = '<meta name="generator" content="spinland'
_OF = re.compile(r'<meta name="spinland-file" content="([^"]*)">')
_HEAD = 4000  # characters in which both stand


def page_path(study: Path) -> Path:
    """Where the page of a file goes by default: beside it, ``.html`` for ``.h5`` or after any other name."""
    stem = study.name[: -len(study.suffix)] if study.suffix.lower() in (".h5", ".hdf5") else study.name
    return study.with_name(stem + ".html")


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
    kind = store.meta.get("kind")
    if kind not in PAGES:
        raise StoreError(study, f"holds no {' and no '.join(PAGES)}")
    read, makers, definitions = PAGES[kind]
    reader = read(store)
    chapters = [chapter for make in makers if (chapter := make(reader)) is not None]
    html = _render(reader, chapters, definitions, _place(study, target))
    drawings = {} if folder is None else _drawings(folder, chapters, overwrite)
    write_file(target, html.encode("utf-8", "backslashreplace"))  # names of files need not be text
    for path, drawing in drawings.items():
        write_file(path, drawing.encode())
    return target


def _render(reader: Reader, chapters: list[Chapter], definitions: Definitions, place: str) -> str:
    environment = Environment(
        loader=PackageLoader("spinland.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["typeset"] = set_formulas
    return environment.get_template("page.html.j2").render(
        title=reader.title,
        subtitle=reader.subtitle,
        version=version(),
        unfinished=reader.unfinished,
        chapters=chapters,
        definitions=definitions,
        place=place,
        command=_command(reader.config, reader.store.path.name),
        settings=[(name, _shown(value)) for name, value in reader.values.items()],
        file=reader.store.path.name,
        provenance=[_provenance_row(name, reader.get(name)) for name in reader.present],
        environments=[_environment_text(one) for one in reader.store.meta.get("environments", [])],
    )


def _environment_text(environment: dict[str, str]) -> str:
    """Processor and libraries in a line; of the instructions only how many there are."""
    known = environment | {"instructions": f"{len(environment.get('instructions', '').split())} sets"}
    return ", ".join(f"{name} {value}" for name, value in known.items())


def _command(config: Settings, out: str) -> str:
    """The command with all settings that are not the default."""
    words = ["spinland", config.kind]
    for field in fields(config):
        value = getattr(config, field.name)
        if value == field.default:
            continue
        flag = "--" + field.name.replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else "--no-" + flag[2:])
        else:
            words += [flag, ",".join(f"{v:.17g}" if isinstance(v, float) else str(v) for v in value) or "none"
                      if isinstance(value, tuple) else str(value)]  # fmt: skip
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


def _drawings(folder: Path, chapters: list[Chapter], overwrite: bool) -> dict[Path, str]:
    """The figures as files of a folder, which is made; refused before any is written if one is there."""
    files = {
        folder / f"{chapter.anchor}-{i}.svg": figure.svg
        for chapter in chapters
        for i, figure in enumerate(chapter.figures, 1)
    }
    with failures_named(folder, "made"):
        folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        if path.exists() and not overwrite:
            raise StoreError(path, "exists already; --overwrite replaces it")
    return files
