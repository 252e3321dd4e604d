"""``spinland study``: train replicas, run the four protocols, store everything, write the page."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..errors import ArgumentError, StoreError
from ..study.config import StudyConfig, from_mapping, read_toml, settings

_LISTS = {"hidden": int, "sigmas": float, "swaps": int, "widths": int, "batch_sizes": int, "radii": float}


class _Numbers(click.ParamType):
    """Numbers separated by commas; ``none`` is the empty list."""

    name = "list"

    def __init__(self, kind: type):
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            return tuple(self.kind(item) for item in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of {self.kind.__name__} separated by commas", param, ctx)


def _option(name: str, help: str, default: Any, hint: Any) -> Callable[..., Any]:
    flag = "--" + name.replace("_", "-")
    shown = "none" if default is None or default == () else default
    if isinstance(default, tuple):
        shown = ",".join(f"{item:g}" for item in default)
    text = f"{help}  [default: {shown}]" if default is not None else help
    if hint is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=text)
    kind: Any = _Numbers(_LISTS[name]) if name in _LISTS else _scalar(hint)
    return click.option(flag, name, type=kind, default=None, metavar=_metavar(kind), help=text)


def _scalar(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    return hint


def _metavar(kind: Any) -> str:
    if isinstance(kind, _Numbers):
        return "A,B,…"
    return {int: "N", float: "X", str: "TEXT"}[kind]


class _ChapterCommand(click.Command):
    """Lists the settings by chapter in ``--help``."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        chapters = {name: chapter for name, chapter, _, _ in settings()}
        by_chapter: dict[str, list[tuple[str, str]]] = {"Files": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                by_chapter.setdefault(chapters.get(str(parameter.name), "Files"), []).append(record)
        for chapter, records in by_chapter.items():
            with formatter.section(chapter):
                formatter.write_dl(records)


def _with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    hints = typing.get_type_hints(StudyConfig)
    for name, _, help, default in reversed(settings()):
        command = _option(name, help, default, hints[name])(command)
    return command


@click.command(cls=_ChapterCommand, context_settings={"max_content_width": 110})
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("study.h5"), show_default=True,
              help="File of the study; its page is written beside it.")  # fmt: skip
@click.option("--config", "toml", type=click.Path(path_type=Path, dir_okay=False),
              help="TOML file with settings; options given here win over it.")  # fmt: skip
@click.option("--page/--no-page", default=True, help="Write the HTML page at the end.  [default: page]")
@click.option("--overwrite", is_flag=True, help="Replace a finished study, or one with other settings.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.option("--show-settings", is_flag=True, help="Print all settings as TOML and stop.")
@_with_settings
def command(
    out: Path, toml: Path | None, page: bool, overwrite: bool, quiet: bool, show_settings: bool, **given: Any
) -> None:
    """Train replicas of a ReLU network and run the four protocols of arXiv:2407.20724 on them.

    Everything goes into one HDF5 file. Stopped at any moment, the same command goes on where it was.
    """
    values = read_toml(toml) if toml is not None else {}
    values = {key.replace("-", "_"): value for key, value in values.items()}
    values |= {name: value for name, value in given.items() if value is not None}
    config = from_mapping(values)
    if show_settings:
        click.echo(_as_toml(config), nl=False)
        return
    if out.suffix == ".html":
        raise ArgumentError("--out", "an HDF5 file such as study.h5; the page goes beside it", str(out))
    from ..report.page import check_page, page_path, write_page
    from ..store.hdf5 import Store
    from ..study.run import run_study
    from .display import Terminal

    terminal = Terminal(quiet)
    terminal.install()
    target = page_path(out)
    if page:
        check_page(target, overwrite)
    computed = run_study(config, out, overwrite=overwrite, say=terminal.say)
    if page:
        if computed or _is_older(target, out):
            write_page(out, target, overwrite=overwrite)
        terminal.say(f"page: [bold]{target}[/bold]")
    failed = Store(out, "r").meta["failed"]
    if failed:
        raise StoreError(out, f"{len(failed)} results could not be made: {', '.join(failed)}")


def _is_older(page: Path, study: Path) -> bool:
    """Whether the page is missing or was written before the study's last change."""
    return not page.exists() or page.stat().st_mtime_ns < study.stat().st_mtime_ns


def _as_toml(config: StudyConfig) -> str:
    """Settings as TOML; those without a value are left out. JSON's numbers, strings and lists are TOML's."""
    rows = [f"{key} = {json.dumps(value)}\n" for key, value in config.as_dict().items() if value is not None]
    return "[study]\n" + "".join(rows)
