"""What took long is kept: a stage that was made is read the next time, so a run that was stopped goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


class Keeper:
    """Stages of a protocol in a folder, one file each; None keeps nothing.

    A stage goes by its name alone: another protocol, or other numbers in it, want another folder.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def stage(self, name: str, make: Callable[..., Arrays], *arguments: Any) -> Arrays:
        """The arrays of a stage, from its file or made now; a file is written whole or not at all."""
        path = None if self.folder is None else self.folder / f"{name}.npz"
        if path is not None and path.exists():
            with np.load(path) as file:
                return {key: file[key] for key in file.files}
        print(f"  {name} …", flush=True)
        found = make(*arguments)
        if path is not None:
            part = path.with_suffix(".part.npz")
            np.savez(part, **found)
            os.replace(part, path)
        return found
