"""``spinland export``: a result of a file for other programs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from .parameters import UserPath


@click.command()
@click.argument("file", type=UserPath("input"))
@click.argument("name", required=False)
@click.option(
    "--out", type=UserPath("output"), help="The file: .csv, .vts or .vtp.  [default: named after the result, .csv]"
)
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def command(file: Path, name: str | None, out: Path | None, overwrite: bool) -> None:
    """Write the result NAME of FILE as a table (.csv) or a surface (.vts, .vtp).

    Without NAME tell the names of those that can be written.
    """
    from ..checks import renamed
    from ..exports.files import export
    from ..store.hdf5 import Store

    store = Store(file, "r")
    if name is None:
        for found in store.names():
            kind = type(store.load(found, mmap=True))
            if kind.axes:
                click.echo(f"{found}  ({kind.stored_as.name})")
        return
    result = store.load(name)
    with renamed(path="--out"):
        target = export(result, out or Path(name.replace("/", "-") + ".csv"), overwrite=overwrite)
    click.echo(os.fsencode(target))
