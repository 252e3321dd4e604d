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
from ..results import Result
from . import loading
from .catalogue import COMPLETE, META, check_name, check_new_name, is_taken, is_whole, results_in
from .checksums import CHECKS, checks_of, get_checked_text, set_checked_text
from .commit import failures_named, locked, real_path, replaced
from .container import changed, format_of, make_group, opened, refuse_old, set_text
from .copies import copy_others
from .groups import Place, write_arrays, write_record
from .mapping import record_of
from .resuming import take_up
from .rows import RowWriter, blank_record, rows_of, write_blank


class Store:
    """Results of a study in an HDF5 file, whole at every instant.

    A change is made on a copy, which then takes the file's place: whoever reads, with spinland or with
    any HDF5 program, sees the file before the change or after it. A process killed at any moment
    loses the change it was making and nothing else. Writers of several processes wait for each other.
    Every array, row and description has a checksum: what is loaded is what was saved, or a StoreError.

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

    Examples
    --------
    >>> import tempfile
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = sl.Store(f"{folder}/mine.h5")
    ...     store.save("between", sl.line(bowl, [0, 0], [2, 0], [0, 0.5, 1]))
    ...     store.names(), store.load("between").values
    (('between',), array([0., 1., 4.]))
    """

    def __init__(self, path: str | os.PathLike[str], mode: str = "a"):
        self.path = real_path(path)
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

    @property
    def format(self) -> int:
        """Version of the file's layout; files of format 1 hold no checksums and can only be read."""
        with opened(self.path) as (file, _):
            return int(format_of(file))

    def names(self) -> tuple[str, ...]:
        """Names of the results that can be loaded, sorted."""
        with opened(self.path) as (file, raw):
            return tuple(sorted(name for name, group in results_in(file) if is_whole(self.path, group, raw)))

    def pending(self) -> dict[str, tuple[int, int]]:
        """Results of which rows are missing: name to (rows written, all rows)."""
        with opened(self.path) as (file, raw):
            found = ((name, rows_of(self.path, group, raw)) for name, group in results_in(file))
            return {
                name: (int(rows.done.sum()), rows.done.size)
                for name, rows in found
                if rows is not None and not rows.done.all()
            }

    def verify(self) -> None:
        """Compare everything in the file with its checksums: results, finished rows, what was said about the study.

        Reads the whole file, some GB a second. In a file of format 1 there is nothing to compare with.

        Raises
        ------
        StoreError
            Names the result that is not what was saved.
        """
        with opened(self.path) as (file, raw):
            if META in file.attrs:
                get_checked_text(self.path, file, META)
            for name, group in results_in(file):
                loading.verify(self.path, name, loading.find(self.path, name, group, raw), raw)

    def load(self, name: str, mmap: bool = False) -> Any:
        """Read a result.

        Parameters
        ----------
        name : str
            Name under which it was saved.
        mmap : bool
            Leave arrays of 64 KiB and more on the disk, as read-only `numpy.memmap`. They keep showing what was loaded,
            even after the file has been changed. They are read once, to compare them with their checksums.

        Returns
        -------
        Result
            Of the class that was saved, equal bit for bit.

        Raises
        ------
        StoreError
            There is no such result, rows of it are missing, it is damaged, or its class, version or fields are unknown.
        """
        mmap = checks.boolean("mmap", mmap)
        check_name(name)
        with opened(self.path) as (file, raw):
            results = dict(results_in(file))
            if name not in results:
                there = ", ".join(results) or "nothing"
                raise StoreError(self.path, f"has no result {name!r}; it holds: {there}")
            return loading.load(self.path, name, results[name], raw, mmap)

    def save(self, name: str, result: Result, overwrite: bool = False) -> None:
        """Save a result; it is there entirely or not at all.

        Parameters
        ----------
        name : str
            Letters, digits and ``_-.``; ``/`` makes folders.
        result : Result
            What to save.
        overwrite : bool
            Replace a result of this name, finished or not. Its space is given back; what other programs have put
            into the file elsewhere stays.

        Raises
        ------
        ArgumentError
            A bad name, or not something that can be stored.
        StoreError
            The name is taken, or the file cannot be written; it is then as it was.
        """
        check_new_name(name)
        overwrite = checks.boolean("overwrite", overwrite)
        if not isinstance(result, Result):
            raise ArgumentError("result", "a Result", type(result).__name__)
        record = record_of(result)

        def fill(group: h5py.Group) -> list[Place]:
            places = write_record(group, record)
            set_text(group, CHECKS, checks_of(record))
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
        mixed: bool = False,
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
            All other fields of the class, with their values; those that have a default may be left out.
        mixed : bool
            Go on although the rows that are there were made on another processor or with other libraries. The
            provenance then tells both.

        Returns
        -------
        RowWriter
            ``.missing()`` tells what is left to do. When no row is missing the result can be loaded.

        Raises
        ------
        ArgumentError
            The fields are not those of the class.
        StoreError
            The name is taken by a finished result, or by one that was reserved with other fields, shapes or arguments,
            or elsewhere (without ``mixed``).
        """
        check_new_name(name)
        mixed = checks.boolean("mixed", mixed)
        for argument, value in (("rows", rows), ("fields", fields)):
            for field in checks.instance(argument, value, Mapping, "a mapping from names of fields"):
                checks.instance(argument, field, str, "a mapping from names of fields")
        record = blank_record(kind, n_rows, rows, fields)
        with self._writing():
            if take_up(self.path, name, record, mixed):
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
            meta = json.loads(get_checked_text(self.path, file, META)) if META in file.attrs else {}
            if not isinstance(meta, dict):
                raise StoreError(self.path, "what it says about the study as a whole makes no sense")
            return meta

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
        checks.instance("meta", meta, Mapping, "a mapping")
        try:
            text = json.dumps(dict(meta), sort_keys=True)
        except (TypeError, ValueError, RecursionError) as error:
            raise ArgumentError("meta", f"what JSON can hold ({error})") from None
        with self._writing():
            if json.dumps(self.meta, sort_keys=True) == text:
                return  # nothing new: the file keeps its bytes
            with replaced(self.path) as partial, changed(partial, beneath=self.path) as file:
                set_checked_text(file, META, text)

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
            with opened(self.path) as (file, _):
                refuse_old(self.path, file)
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


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
