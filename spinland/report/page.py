"""The page: chapters from a file, put together and written at once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..errors import StoreError
from ..formatting import given
from ..provenance import Provenance, version
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


def page_path(study: Path) -> Path:
    """Where the page of a study goes by default: beside it."""
    return study.with_suffix(".html")


def check_page(target: Path, overwrite: bool) -> None:
    """Refuse to replace a file that is not a page of ours.

    Raises
    ------
    StoreError
        There is such a file.
    """
    if overwrite or not target.exists():
        return
    with suppress(OSError), open(target, encoding="utf-8", errors="replace") as file:
        if '<meta name="generator" content="spinland' in file.read(1000):
            return
    raise StoreError(target, "exists already and is no page of spinland; --overwrite replaces it")


def write_page(study: Path, target: Path, *, overwrite: bool = False, figures: Path | None = None) -> Path:
    """Write the page of a file, finished or not.

    Parameters
    ----------
    study : path
        File of a study.
    target : path
        The page.
    overwrite : bool
        Replace files that exist. A page that spinland wrote is renewed without being asked: the file holds the results.
    figures : path, optional
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
    check_page(target, overwrite)
    store = Store(study, "r")
    kind = store.meta.get("kind")
    if kind not in PAGES:
        raise StoreError(study, f"holds no {' and no '.join(PAGES)}")
    read, makers, definitions = PAGES[kind]
    reader = read(store)
    chapters = [chapter for make in makers if (chapter := make(reader)) is not None]
    html = _render(reader, chapters, definitions)
    _write(target, html)
    if figures is not None:
        _write_figures(figures, chapters, overwrite)
    return target


def _render(reader: Reader, chapters: list[Chapter], definitions: Definitions) -> str:
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
        command=_command(reader.config, reader.store.path.name),
        settings=[(name, _shown(value)) for name, value in reader.values.items()],
        file=reader.store.path.name,
        provenance=[_provenance_row(name, reader.get(name)) for name in reader.present],
    )


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
    return name, type(result).__name__, p.function, seed, p.dtype, p.data, p.version


def _write(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(target, f"cannot be written: {error.strerror or error}") from None


def _write_figures(folder: Path, chapters: list[Chapter], overwrite: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(folder, f"cannot be made: {error.strerror or error}") from None
    for chapter in chapters:
        for i, figure in enumerate(chapter.figures, 1):
            path = folder / f"{chapter.anchor}-{i}.svg"
            if path.exists() and not overwrite:
                raise StoreError(path, "exists already; --overwrite replaces it")
            _write(path, figure.svg)
