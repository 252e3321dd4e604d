"""Data sets: bundled, read from files, downloaded, made by a teacher, or your own arrays."""

from __future__ import annotations

from .dataset import Dataset
from .fetching import FileCheck, fetch, is_local, verify
from .idx import read_idx
from .loading import NAMES, as_dataset, load_dataset
from .sources import DOWNLOADS

__all__ = [
    "DOWNLOADS",
    "NAMES",
    "Dataset",
    "FileCheck",
    "as_dataset",
    "fetch",
    "is_local",
    "load_dataset",
    "read_idx",
    "verify",
]
