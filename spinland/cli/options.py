"""Options of a command from its settings class; the settings from options and a TOML file."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..chapters.book import Book
from ..chapters.settings import S, Settings, from_mapping, listed, read_toml
from ..errors import ArgumentError, StoreError
from .executors import workers_of
from .parameters import Numbers, ShardNumber, UserPath, Words


def _option(name: str, help: str, default: Any, hint: Any) -> Callable[..., Any]:
    flag = "--" + name.replace("_", "-")
    shown = "none" if default is None or default == () else default
    if isinstance(default, tuple):
        shown = ",".join(f"{item:g}" for item in default)
    text = f"{help}  [default: {shown}]" if default is not None else help
    if hint is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=text)
    kind = _kind(hint)
    return click.option(flag, name, type=kind, default=None, metavar=_metavar(kind), help=text)


def _kind(hint: Any) -> Any:
    """Type of an option: a scalar, or numbers for a tuple of them; None is no value of the command line."""
    if isinstance(hint, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    return Numbers(typing.get_args(hint)[0]) if typing.get_origin(hint) is tuple else hint


def _metavar(kind: Any) -> str:
    if isinstance(kind, Numbers):
        return "A,B,…"
    return {int: "N", float: "X", str: "TEXT"}[kind]


class ChapterCommand(click.Command):
    """Lists the settings by chapter in ``--help``."""

    book: type[Book]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        chapters = {name: chapter for name, chapter, _, _ in listed(self.book.settings)}
        by_chapter: dict[str, list[tuple[str, str]]] = {"Files": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                by_chapter.setdefault(chapters.get(str(parameter.name), "Files"), []).append(record)
        for chapter, records in by_chapter.items():
            with formatter.section(chapter):
                formatter.write_dl(records)
        with formatter.section("Chapters"):
            formatter.write_dl([(chapter.name, chapter.title) for chapter in self.book.chapters])


def book_command(
    book: type[Book], fill: Callable[..., int], help: str, *, place: Callable[[Path], Path] | None = None
) -> click.Command:
    """The command that fills a kind of file and writes its page, with every setting as an option.

    Parameters
    ----------
    book : class
        Its settings become options, its help names its chapters.
    fill : callable
        Called with settings, file, ``chapters``, ``mixed``, ``overwrite`` and ``say``; returns how many it made.
    help : str
        What the command does.
    place : callable, optional
        For a command that takes a file and makes another from it: where the other goes by default. ``fill`` is then
        called with settings, the file that is given, and the one to be made.
    """
    kind = book.settings

    def run(
        out: Path | None,
        toml: Path | None,
        show_settings: bool,
        chapters: tuple[str, ...] | None,
        page: bool,
        overwrite: bool,
        mixed: bool,
        quiet: bool,
        workers: int | None,
        scheduler: str | None,
        shard: tuple[int, int] | None,
        **given: Any,
    ) -> None:
        given_files = {"source": given.pop("source")} if place is not None else {}
        config = _gather(kind, toml, given)
        if show_settings:
            click.echo(_as_toml(config), nl=False)
            return
        if place is not None and given_files["source"] is None:
            raise click.UsageError("Missing argument 'FILE': the study or glass whose solutions it is about.")
        if out is None:
            out = Path(f"{kind.kind}.h5") if place is None else place(given_files["source"])
        if out.suffix.lower() in (".html", ".htm"):
            raise ArgumentError("out", f"an HDF5 file such as {kind.kind}.h5; the page goes beside it", str(out))
        made = partial(fill, config, *given_files.values(), out, chapters=chapters, mixed=mixed, shard=shard)
        if shard is not None:
            from ..store.commit import real_path
            from ..study.shards import Shard

            out, page = Shard.of(shard).path(real_path(out, "out")), False
        with workers_of(workers, scheduler) as executor:
            _run_and_report(partial(made, executor=executor), out, page=page, overwrite=overwrite, quiet=quiet)

    decorated: Any = run
    for name, _, words, default in reversed(listed(kind)):
        decorated = _option(name, words, default, typing.get_type_hints(kind)[name])(decorated)
    for option in reversed(_common(f"{kind.kind}.h5" if place is None else f"beside the file given, .{kind.kind}.h5")):
        decorated = option(decorated)
    if place is not None:
        argument = click.argument("source", type=UserPath("input"), metavar="FILE", required=False)
        decorated = argument(decorated)
    command: ChapterCommand = click.command(
        kind.kind, cls=ChapterCommand, help=help, context_settings={"max_content_width": 110}
    )(decorated)
    command.book = book
    return command


def _common(out: str) -> tuple[Callable[..., Any], ...]:
    """Options that every such command has; ``out`` says where its file goes by default."""
    return (
        click.option(
            "--out",
            type=UserPath("output"),
            help=f"File of the results; its page is written beside it.  [default: {out}]",
        ),
        click.option(
            "--config", "toml", type=UserPath("input"), help="TOML file with settings; options given here win over it."
        ),
        click.option(
            "--chapters",
            type=Words(),
            metavar="A,B,…",
            help="Make only these of the chapters named below, and what they need of others; more can be added to "
            "the file later.  [default: all]",
        ),
        click.option("--page/--no-page", default=True, help="Write the HTML page at the end.  [default: page]"),
        click.option("--overwrite", is_flag=True, help="Replace a finished file, or one that cannot be taken up."),
        click.option(
            "--mixed",
            is_flag=True,
            help="Go on with a file begun on another processor or with other libraries; it then tells.",
        ),
        click.option(
            "--workers", type=click.IntRange(1), metavar="N", help="Work in N processes of this machine; the same file."
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Work on the workers of a scheduler of Dask, such as tcp://host:8786, or of the JSON file in which it "
            "keeps its address; the same file.",
        ),
        click.option(
            "--shard",
            type=ShardNumber(),
            metavar="K/N",
            help="Make the K-th of N parts in a file of its own beside the other, as one of N jobs that know nothing "
            "of each other; spinland merge puts them together, and the command without it makes the rest.",
        ),
        click.option("--quiet", is_flag=True, help="Show no progress."),
        click.option("--show-settings", is_flag=True, help="Print all settings as TOML and stop."),
    )


def _gather(kind: type[S], toml: Path | None, given: dict[str, Any]) -> S:
    """Settings from the file and from the options, which win."""
    chosen = {name: value for name, value in given.items() if value is not None}
    if toml is None:
        return from_mapping(kind, chosen)
    try:
        return from_mapping(kind, read_toml(toml, kind) | chosen)
    except ArgumentError as error:
        if error.argument in chosen:
            raise
        raise click.UsageError(f"{toml}: {error}") from error


def _as_toml(config: Settings) -> str:
    """Settings as TOML; those without a value are left out. JSON's numbers and lists are TOML's."""
    rows = [f"{key} = {_toml(key, value)}\n" for key, value in config.as_dict().items() if value is not None]
    return f"[{config.kind}]\n" + "".join(rows)


def _toml(name: str, value: Any) -> str:
    """A value in TOML, in letters that every terminal has."""
    if not isinstance(value, str):
        return json.dumps(value)
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise ArgumentError(name, "text that TOML can hold", value)
    plain = (c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in value)
    return f'"{"".join(plain)}"'


def _run_and_report(run: Callable[..., int], out: Path, *, page: bool, overwrite: bool, quiet: bool) -> None:
    """Run what fills a file, then write its page, and tell what could not be made.

    Parameters
    ----------
    run : callable
        Called with ``overwrite`` and ``say``; returns how many results it made.
    out : path
        The file.
    page, overwrite, quiet : bool
        Options of the command.
    """
    from ..report.page import check_page, page_path, write_page
    from ..store.hdf5 import Store
    from .display import Terminal

    terminal = Terminal(quiet)
    terminal.install()
    target = page_path(out)
    if page:
        check_page(target, out, overwrite)
    computed = run(overwrite=overwrite, say=terminal.say)
    if page:
        if computed or _is_older(target, out):
            write_page(out, target, overwrite=overwrite)
        terminal.say(f"page: {target}")
    terminal.tell_compiled()
    failed = Store(out, "r").meta["failed"]
    if failed:
        raise StoreError(out, f"{len(failed)} results could not be made: {', '.join(failed)}")


def _is_older(page: Path, file: Path) -> bool:
    """Whether the page is missing or was written before the file's last change."""
    return not page.exists() or page.stat().st_mtime_ns < file.stat().st_mtime_ns
