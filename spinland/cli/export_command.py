"""``spinland export``: a result of a file for other programs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from .parameters import UserPath


@click.command()
@click.argument("file", type=UserPath("input"))
@click.argument("name")
@click.option(
    "--out", type=UserPath("output"), help="The file: .csv, .vts or .vtp.  [default: named after the result, .csv]"
)
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def command(file: Path, name: str, out: Path | None, overwrite: bool) -> None:
    """Write the result NAME of FILE as a table (.csv) or a surface (.vts, .vtp).

    The page lists the names of all results; so does spinland export FILE with a name that is not there.
    """
    from ..exports.files import export
    from ..store.hdf5 import Store

    result = Store(file, "r").load(name)
    target = export(result, out or Path(name.replace("/", "-") + ".csv"), overwrite=overwrite)
    click.echo(os.fsencode(target))
