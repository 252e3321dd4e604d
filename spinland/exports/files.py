"""Results as files, in the form that the name of the file asks for."""

from __future__ import annotations

import os
from pathlib import Path

from .. import checks
from ..errors import ArgumentError
from ..paths import refuse_to_replace, user_path
from ..results import Result
from ..store.files import write_file
from .surfaces import KINDS, surface_bytes
from .tables import csv_text


def export(result: Result, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a result for other programs, by the suffix of the path.

    Parameters
    ----------
    result : Result
        ``.csv``: any result whose class names its axes (lines, paths, planes, walks, swaps, histories of training,
        findings, …), as one long table. ``.vts``, ``.vtp``: a plane as a surface for ParaView, over its coordinates
        and with the value as height.
    path : path-like
        The file.
    overwrite : bool
        Whether a file that exists may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        Another suffix, a result that has no such form, or the file exists and may not be replaced.
    StoreError
        The file cannot be written.

    Examples
    --------
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=2)
    >>> sl.export(sl.line(bowl, [0, 0], [2, 0], [0, 0.5, 1]), "line.csv")  # doctest: +SKIP
    PosixPath('line.csv')
    """
    checks.instance("result", result, Result)
    place = user_path("path", path)
    suffix = place.suffix.lower()
    if suffix not in (".csv", *KINDS):
        raise ArgumentError("path", f"a name that ends with .csv, {' or '.join(KINDS)}", str(place))
    content = csv_text(result).encode() if suffix == ".csv" else surface_bytes(result, suffix)
    refuse_to_replace("path", place, checks.boolean("overwrite", overwrite))
    write_file(place, content)
    return place
