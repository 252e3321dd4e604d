"""The store: results by name in one HDF5 file per study."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
from numpy.typing import DTypeLike

from .. import checks
from ..errors import ArgumentError, StoreError
from ..paths import user_path
from ..results import Result
from .catalogue import COMPLETE, META, check_name, copy_others, is_taken, is_whole, results_in
from .commit import failures_named, locked, replaced
from .container import changed, get_text, make_group, opened, set_text
from .groups import Place, read_record, write_arrays, write_record
from .mapping import Record, record_of, value_of
from .rows import DIGEST, RowWriter, blank_record, progress, rows_done, write_blank


class Store:
    """Results of a study in an HDF5 file, whole at every instant.

    A change is made on a copy, which then takes the file's place: whoever reads, with spinland or with
    any HDF5 program, sees the file before the change or after it. A process killed at any moment
    loses the change it was making and nothing else. Writers of several processes wait for each other.

    Parameters
    ----------
    path : path-like
        The file.
    mode : {"a", "r"}
        "a" reads and writes, and makes the file if there is none; "r" only reads.

    Raises
    ------
    StoreError
        The file is not ours or damaged, is missing (mode "r"), or cannot be written (mode "a").

    Notes
    -----
    No file stays open between calls, so a store sees at once what other processes have saved, and there is nothing
    to close; ``with`` is accepted for those who are used to it.
    """

    def __init__(self, path: str | os.PathLike[str], mode: str = "a"):
        self.path = Path(os.path.realpath(user_path("path", path)))
        self.mode = checks.choice("mode", mode, ("a", "r"))
        if mode == "a":
            with failures_named(self.path, "reached"):
                there = self.path.exists()
            if not there:
                self._create()
        with opened(self.path):
            pass
        if mode == "a" and not (_may_write(self.path) and _may_write(self.path.parent)):
            raise StoreError(self.path, "may not be written: no permission for the file or its folder")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r}, mode={self.mode!r})"

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def names(self) -> tuple[str, ...]:
        """Names of the results that can be loaded, sorted."""
        with opened(self.path) as (file, raw):
            return tuple(name for name, group in results_in(file) if is_whole(self.path, group, raw))

    def pending(self) -> dict[str, tuple[int, int]]:
        """Results of which rows are missing: name to (rows written, all rows)."""
        with opened(self.path) as (file, raw):
            marks = ((name, rows_done(self.path, group, raw)) for name, group in results_in(file))
            return {
                name: (int(done.sum()), done.size)
                for name, done in marks
                if done is not None and not done.all()
            }

    def load(self, name: str, mmap: bool = False) -> Any:
        """Read a result.

        Parameters
        ----------
        name : str
            Name under which it was saved.
        mmap : bool
            Leave arrays of 64 KiB and more on the disk, as read-only `numpy.memmap`. They keep showing
            what was loaded, even after the file has been changed.

        Returns
        -------
        Result
            Of the class that was saved, equal bit for bit.

        Raises
        ------
        StoreError
            There is no such result, rows of it are missing, or its class or fields are not known here.
        """
        check_name(name)
        with opened(self.path) as (file, raw):
            results = dict(results_in(file))
            if name not in results:
                there = ", ".join(results) or "nothing"
                raise StoreError(self.path, f"has no result {name!r}; it holds: {there}")
            group = results[name]
            done = rows_done(self.path, group, raw)
            if done is not None and not done.all():
                raise StoreError(self.path, f"{name!r} is {progress(done)}")
            if done is None and COMPLETE not in group.attrs:
                raise StoreError(
                    self.path, f"{name!r} has no commit mark; was the file changed by another program?"
                )
            return value_of(self.path, read_record(self.path, group), raw, mmap=mmap)

    def save(self, name: str, result: Result, overwrite: bool = False) -> None:
        """Save a result; it is there entirely or not at all.

        Parameters
        ----------
        name : str
            Letters, digits and ``_-.``; ``/`` makes folders.
        result : Result
            What to save.
        overwrite : bool
            Replace a result of this name, finished or not. Its space is given back.

        Raises
        ------
        ArgumentError
            A bad name, or not something that can be stored.
        StoreError
            The name is taken, or the file cannot be written; it is then as it was.
        """
        check_name(name)
        if not isinstance(result, Result):
            raise ArgumentError("result", "a Result", type(result).__name__)
        record = record_of(result)

        def fill(group: h5py.Group) -> list[Place]:
            places = write_record(group, record)
            group.attrs[COMPLETE] = True
            return places

        with self._writing():
            self._add(name, fill, overwrite)

    def reserve(
        self,
        name: str,
        kind: type[Result],
        n_rows: int,
        *,
        rows: Mapping[str, tuple[tuple[int, ...], DTypeLike]],
        fields: Mapping[str, Any],
    ) -> RowWriter:
        """Make room for a result that is written row by row, or pick up where writing it stopped.

        Parameters
        ----------
        name : str
            As for `save`.
        kind : type
            Class of the result.
        n_rows : int
            Number of rows.
        rows : mapping
            Fields written by rows: name to (shape of one row, type).
        fields : mapping
            All other fields of the class, with their values.

        Returns
        -------
        RowWriter
            ``.missing()`` tells what is left to do. When no row is missing the result can be loaded.

        Raises
        ------
        ArgumentError
            The fields are not those of the class.
        StoreError
            The name is taken by a finished result, or by one that was reserved with other fields, shapes or arguments.
        """
        check_name(name)
        record = blank_record(kind, n_rows, rows, fields)
        with self._writing():
            if self._reserved(name, record):
                return RowWriter(self.path, name)
            self._add(name, lambda group: write_blank(group, record, sorted(rows)), overwrite=False)
        return RowWriter(self.path, name)

    def row_writer(self, name: str) -> RowWriter:
        """Go on writing the rows of a reserved result.

        Raises
        ------
        StoreError
            There is no such result, or it was not reserved.
        """
        self._check_writable()
        return RowWriter(self.path, check_name(name))

    @property
    def meta(self) -> dict[str, Any]:
        """What was said about the study as a whole by `set_meta`; empty if nothing was."""
        with opened(self.path) as (file, _):
            return json.loads(get_text(file, META)) if META in file.attrs else {}

    def set_meta(self, meta: Mapping[str, Any]) -> None:
        """Say something about the study as a whole: its command, its configuration.

        Parameters
        ----------
        meta : mapping
            Anything that JSON can hold. It replaces what was said before.

        Raises
        ------
        ArgumentError
            JSON cannot hold it.
        """
        try:
            text = json.dumps(dict(meta), sort_keys=True)
        except (TypeError, ValueError) as error:
            raise ArgumentError("meta", f"what JSON can hold ({error})") from None
        with self._writing():
            if json.dumps(self.meta, sort_keys=True) == text:
                return  # nothing new: the file keeps its bytes
            with replaced(self.path) as partial, changed(partial, beneath=self.path) as file:
                set_text(file, META, text)

    def _create(self) -> None:
        if not self.path.parent.is_dir():
            raise StoreError(self.path, "cannot be made: its folder does not exist")
        with locked(self.path):
            if not self.path.exists():  # nobody else made it meanwhile
                with replaced(self.path) as partial, changed(partial):
                    pass

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise StoreError(self.path, 'was opened for reading; Store(path, mode="a") writes')

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._check_writable()
        with locked(self.path):
            yield

    def _add(self, name: str, fill: Callable[[h5py.Group], list[Place]], overwrite: bool) -> None:
        """Commit one more group, under the lock; a group that it replaces is left out of the new file."""
        with opened(self.path) as (old, raw):
            taken = is_taken(self.path, old, name, overwrite)
            with replaced(self.path) as partial:
                with changed(partial, beneath=None if taken else self.path) as file:
                    places = copy_others(self.path, old, file, name) if taken else []
                    places += fill(make_group(file, name))
                with open(partial, "r+b") as target:
                    write_arrays(target.fileno(), places, raw)

    def _reserved(self, name: str, record: Record) -> bool:
        with opened(self.path) as (file, raw):
            group = dict(results_in(file)).get(name)
            done = rows_done(self.path, group, raw) if group is not None else None
            if group is None or done is None or done.all():
                return False
            if get_text(group, DIGEST) != record.digest:
                raise StoreError(
                    self.path,
                    f"{name!r} was begun with other arguments; go on with the same ones, or take another name or file",
                )
            return True


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
