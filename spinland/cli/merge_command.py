"""``spinland merge``: what several processes made of a study, a glass or an atlas, put together."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import StoreError
from .parameters import UserPath


@click.command()
@click.argument("out", type=UserPath("output"), metavar="FILE")
@click.argument("shards", type=UserPath("input"), metavar="SHARD...", nargs=-1, required=True)
@click.option(
    "--mixed",
    is_flag=True,
    help="Put together what was made on several processors or with several libraries; the file then tells.",
)
@click.option("--quiet", is_flag=True, help="Tell nothing but what is missing.")
def command(out: Path, shards: tuple[Path, ...], mixed: bool, quiet: bool) -> None:
    """Put SHARDs, the files of spinland study, glass or atlas with --shard K/N, into FILE.

    The shards are read and kept. With all of them FILE has the same bytes as one made in one process. What is missing
    is told, and is then an error (exit code 1), after what is there was put into FILE: merge again with more, in any
    order. The study, glass or atlas goes on with FILE, with or without --shard.
    """
    from ..report.page import command_of
    from ..store.hdf5 import Store
    from ..study.books import book_of
    from ..study.merging import merge_shards
    from .display import Terminal

    terminal = Terminal(quiet)
    terminal.install()
    missing = merge_shards(out, shards, mixed=mixed, say=terminal.say)
    if missing:
        raise StoreError(out, f"{'; '.join(missing)}; what there is was merged: merge the rest, too, when it is there")
    store = Store(out, "r")
    book, _ = book_of(store)
    if store.meta["finished"]:
        terminal.say("all of it is there")
        return
    chapters = {name for shard in shards for name in Store(shard, "r").meta["chapters"]}
    words = command_of(book, store.path.name, [chapter.name for chapter in book.chapters if chapter.name in chapters])
    folder = "" if store.path.parent == Path.cwd() else f" in {store.path.parent}"
    terminal.say(f"this goes on with it{folder}, with --shard for what can be made side by side now: {words}")
