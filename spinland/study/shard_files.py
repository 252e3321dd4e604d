"""Shards as they are put together: read, compared with their checksums, and refused where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import progress
from ..environment import difference
from ..errors import StoreError
from ..provenance import version
from ..store.container import FORMAT
from ..store.hdf5 import Store
from ..store.merging import written
from .opening import unlike
from .shards import OWN


@dataclass(frozen=True)
class Part:
    """A shard that is put into its file."""

    store: Store
    meta: dict[str, Any]

    @classmethod
    def opened(cls, path: Path) -> Part:
        """A shard, all of it compared with its checksums.

        Raises
        ------
        StoreError
            It is none, or is damaged.
        """
        store = Store(path, "r")
        meta = store.meta
        if "shard" not in meta:
            raise StoreError(path, "is no shard: those are made by spinland study, glass or atlas with --shard K/N")
        if store.format != FORMAT:
            raise StoreError(path, "was made by an earlier spinland, whose files are of another format")
        store.verify()
        return cls(store, {"plan": [], "rooms": {}, "tasks": [], "ready": [], "chapters": []} | meta)

    @property
    def number(self) -> int:
        """Which of the parts it is, from 1."""
        return int(self.meta["shard"]["number"])

    @property
    def count(self) -> int:
        """How many parts there are."""
        return int(self.meta["shard"]["count"])

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def of_whole(self) -> dict[str, Any]:
        """What the file tells of itself before anything is in it."""
        of_file = {name: value for name, value in self.meta.items() if name not in OWN}
        return of_file | {"kind": self.meta["shard"]["of"], "finished": False, "failed": {}}

    @cached_property
    def results(self) -> list[str]:
        """Names of its results but for ensembles."""
        return [name for name in self.store.names() if name not in self.meta["rooms"]]

    @cached_property
    def rows(self) -> dict[str, NDArray[np.int64]]:
        """Rows that it has of ensembles; the ensembles themselves would keep files open, of each of many shards."""
        there = {*self.store.names(), *self.store.pending()}
        return {name: written(self.store, name).rows for name in self.meta["rooms"] if name in there}

    def numbers(self, name: str) -> NDArray[np.int64]:
        """Numbers of the replicas that it has of an ensemble."""
        return self.number - 1 + self.count * self.rows[name]


def opened(paths: Sequence[Path]) -> list[Part]:
    """Shards, compared with their checksums, in an order that does not depend on that of the paths."""
    parts = []
    with progress.track(len(paths), "shards compared with their checksums") as advance:
        for path in paths:
            parts.append(Part.opened(path))
            advance()
    return sorted(parts, key=lambda part: (part.count, part.number, part.store.path))


def check_fit(whole: Path, before: Store | None, parts: Sequence[Part], mixed: bool) -> None:
    """Refuse shards that are not of this file, or not of one file.

    Raises
    ------
    StoreError
        Names the one, and in what it differs.
    """
    known = parts[0].of_whole if before is None else before.meta
    place = parts[0].store.path if before is None else whole
    if "config" not in known or (before is not None and before.format != FORMAT):
        raise StoreError(place, "holds something else than a study, glass or atlas of this format; choose another file")
    if known["version"] != version():
        raise StoreError(place, f"was made by spinland {known['version']}, this is {version()}")
    for part in parts:
        path, found = part.store.path, part.of_whole
        if found["kind"] != known.get("kind"):
            raise StoreError(path, f"is a shard of another kind of file ({found['kind']}) than {place}")
        if reason := unlike(found, known):
            raise StoreError(path, f"is a shard of another file than {place}: {reason}")
        odd = [one for one in found["environments"] if one not in known["environments"]]
        if odd and not mixed:
            raise StoreError(
                path,
                f"was made elsewhere than {place} ({difference(known['environments'][-1], odd[0])}): its last digits "
                "may differ; make it anew there, or put both together with --mixed, which the file then tells",
            )
