"""``spinland report``: a study's pictures and numbers as one HTML page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from .parameters import UserPath


@click.command()
@click.argument("study", type=UserPath("input"))
@click.option("--out", type=UserPath("output"), help="The page.  [default: beside the study, .html]")
@click.option("--figures", type=UserPath("folder"), help="Write every figure into this folder as well, as SVG.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@click.option("--text", is_flag=True, help="Tell the findings here, with their numbers, and write nothing.")
def command(study: Path, out: Path | None, figures: Path | None, overwrite: bool, text: bool) -> None:
    """Write the page of a study, finished or not, to be read without a network."""
    from ..report.page import page_path, write_page
    from ..report.text import told

    if text:
        if out is not None or figures is not None:
            raise click.UsageError("--text writes no file: it goes without --out and --figures")
        click.echo(told(study, width=shutil.get_terminal_size().columns))
        return

    target = write_page(study, out or page_path(study), overwrite=overwrite, figures=figures)
    click.echo(os.fsencode(target))  # the name itself, whatever letters the terminal knows
