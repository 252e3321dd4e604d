"""``spinland data``: fetch and check data sets."""

from __future__ import annotations

from pathlib import Path

import click

from .parameters import UserPath


@click.group()
def command() -> None:
    """Fetch and check data sets."""


@command.command("list")
def list_sets() -> None:
    """Name the data sets."""
    from ..data import DOWNLOADS, NAMES

    for name in NAMES:
        click.echo(f"{name:<14} {'downloaded files, checksummed' if name in DOWNLOADS else 'comes with the program'}")


_folder = click.option(
    "--data-dir", type=UserPath("folder"), help="Folder of the files.  [default: $SPINLAND_DATA, else the user's cache]"
)


@command.command()
@click.argument("name")
@_folder
def fetch(name: str, data_dir: Path | None) -> None:
    """Download a data set and check its checksums."""
    from ..data import fetch as fetch_set
    from .display import Terminal

    Terminal().install()
    click.echo(f"{name} is in {fetch_set(name, data_dir)}")


@command.command()
@click.argument("name")
@_folder
@click.pass_context
def check(ctx: click.Context, name: str, data_dir: Path | None) -> int:
    """Compare the files of a data set with the published checksums."""
    from ..data import verify

    files = verify(name, data_dir)
    for file in files:
        click.echo(f"{file.status:<18} {file.file}")
    return 0 if all(file.status == "ok" for file in files) else 1
