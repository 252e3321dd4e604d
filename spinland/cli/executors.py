"""Workers that the command line asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..errors import ArgumentError

_PATIENCE_S = 30


@contextmanager
def workers_of(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """An executor for ``--workers`` or ``--scheduler``, None for neither; it ends with the block.

    Raises
    ------
    UsageError
        Both.
    ArgumentError
        Dask is not installed, or nobody answers at the address.
    """
    if workers is not None and scheduler is not None:
        raise click.UsageError("--workers and --scheduler exclude each other: take one of them.")
    if workers is not None:
        from ..execution.local import LocalWorkers

        with LocalWorkers(workers) as executor:
            yield executor
    elif scheduler is not None:
        with _client(scheduler) as client:
            yield client
    else:
        yield None


def _client(scheduler: str) -> Any:
    """A client of Dask, connected."""
    try:
        from distributed import Client
    except ImportError:
        raise ArgumentError("scheduler", "Dask, which pip install 'spinland[cluster]' brings", "none") from None
    named: dict[str, Any] = {"address": scheduler}
    if Path(scheduler).is_file():
        named = {"scheduler_file": scheduler}
    elif not re.fullmatch(r"[a-z]+://.+:\d+", scheduler):
        raise ArgumentError("scheduler", "an address such as tcp://host:8786, or a file that is there", scheduler)
    try:
        return Client(**named, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ArgumentError(
            "scheduler", "the address of a scheduler of Dask that answers", f"{scheduler} ({error})"
        ) from None
