"""Compiled kernels on disk: a file for each entry point and types, whole and verified or not there at all.

The folder is named after a hash of all kernel sources: Numba stamps a compiled function with the one file that
defines it (numba#1833), so an edited formula in another file would otherwise go on running in its old form.

A file carries the checksum of its content and of its own name. One that is empty, cut, altered or of another make
is taken for absent: the kernel is compiled and the file replaced. It is written beside its place and renamed, so
that a kill leaves the old file or none, and of two processes the later wins with a whole file.

No disk ever stops a computation. Where the wanted folder cannot be written, a folder of this user alone in the
temporary directory serves; where that fails too, kernels live as long as the process. Numba's own fall-backs
(``__pycache__``, its own user folder) know the one file only, and are never used.
"""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import shutil
import stat
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import numba
from numba.core import config
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from . import claims, whole

_MAGIC = b"spinland kernel 1\n"
_DIGEST = hashlib.sha256().digest_size
_LEFT_OVER_S = 3600  # a file still unfinished after this time belongs to a process that was killed
_TRIAL = bytes(1 << 16)  # what must fit on the disk for a folder to be called writable


class Folder(NamedTuple):
    """A place for compiled kernels.

    Attributes
    ----------
    path : Path
        The folder; it need not exist.
    reason : str
        What made it a candidate.
    private : Path or None
        Folder above it that must belong to this user alone before anything below it is trusted.
    """

    path: Path
    reason: str
    private: Path | None = None


@cache
def source_hash() -> str:
    """Hash of all kernel sources, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def folders() -> tuple[Folder, ...]:
    """Where compiled kernels may lie, the wanted place first, a temporary one last.

    ``NUMBA_CACHE_DIR`` or, with an absolute path, ``XDG_CACHE_HOME`` move the first. A machine may lack a home
    directory, a temporary directory, or both.
    """
    return tuple(_candidates())


def _candidates() -> Iterator[Folder]:
    named, base = os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME", "")
    instead = "temporary directory"
    try:
        if named:
            yield Folder(Path(named).absolute() / f"spinland-{source_hash()}", "NUMBA_CACHE_DIR")
        elif os.path.isabs(base):
            yield Folder(Path(base) / "spinland" / "kernels" / source_hash(), "XDG_CACHE_HOME")
        elif (home := Path.home()).is_absolute():
            yield Folder(home / ".cache" / "spinland" / "kernels" / source_hash(), "home directory")
        else:
            raise RuntimeError  # a relative HOME is none
    except OSError:
        instead += ", as there is no working directory"
    except RuntimeError:
        instead += ", as there is no home directory"
    with suppress(OSError):  # no temporary directory
        private = Path(tempfile.gettempdir()).absolute() / f"spinland-{os.geteuid()}"
        yield Folder(private / "kernels" / source_hash(), instead, private)


def folder_in_use() -> tuple[Folder | None, list[str]]:
    """The first folder that can be written, None without one, and why each before it cannot; makes none."""
    refused = []
    for folder in folders():
        try:
            _check_owner(folder)
            there = next(path for path in (folder.path, *folder.path.parents) if path.exists())
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(_TRIAL)
                file.flush()
        except OSError as error:
            refused.append(f"{folder.path}: {error.strerror or error}")
        else:
            return folder, refused
    return None, refused


def clear_cache() -> int:
    """Delete the compiled kernels of all versions; returns how many folders went."""
    gone = 0
    for folder in folders():
        pattern = "spinland-*" if folder.path.name.startswith("spinland-") else "*"
        with suppress(OSError):
            _check_owner(folder)
            for path in folder.path.parent.glob(pattern):
                if path.is_dir() and _is_hash(path.name[-16:]):
                    shutil.rmtree(path, ignore_errors=True)
                    gone += 1
    return gone


def _is_hash(name: str) -> bool:
    return len(name) == 16 and set(name) <= set("0123456789abcdef")


def _check_owner(folder: Folder) -> None:
    """Refuse a folder in which others can have put files: what is read is run."""
    if folder.private is None:
        return
    with suppress(FileNotFoundError):
        found = folder.private.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PermissionError(errno.EACCES, "others can write there", str(folder.private))


def _make(folder: Folder) -> None:
    if folder.private is not None:
        with suppress(FileExistsError):
            folder.private.mkdir(mode=0o700)
        _check_owner(folder)
    folder.path.mkdir(parents=True, exist_ok=True)


def _read(name: str) -> Iterator[bytes]:
    """Whole contents of that name, of all folders; what is damaged is passed over."""
    for folder in folders():
        path = folder.path / name
        with suppress(OSError):
            _check_owner(folder)
            if not path.is_file():  # a pipe would be waited for
                continue
            data = path.read_bytes()
            content = data[len(_MAGIC) + _DIGEST :]
            if data == _sealed(name, content):
                yield content


def _sealed(name: str, content: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(name.encode() + b"\0" + content).digest() + content


def _write(folder: Folder, name: str, content: bytes) -> None:
    _make(folder)
    _sweep(folder.path)
    unfinished = folder.path / f"{name}.{uuid.uuid4().hex[:8]}.part"
    try:
        unfinished.write_bytes(_sealed(name, content))
        os.replace(unfinished, folder.path / name)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _sweep(path: Path) -> None:
    for unfinished in (*path.glob("*.part"), *path.glob("*.claim")):
        with suppress(OSError):
            if time.time() - unfinished.stat().st_mtime > _LEFT_OVER_S:
                unfinished.unlink()


def _is_there(name: str) -> bool:
    """Whether a kernel of that name has been kept."""
    return any((folder.path / name).is_file() for folder in folders())


def _claimed(name: str, waiting: Callable[[], AbstractContextManager[object]]) -> claims.Claim | None:
    """The claim to a kernel in the first folder that takes it, None where none does or it is there by now."""
    for folder in folders():
        with suppress(OSError):
            _make(folder)
            return claims.obtain(folder.path / f"{name}.claim", lambda: _is_there(name), waiting)
    return None


@cache
def _warn_once(problem: str) -> None:
    warnings.warn(
        f"compiled kernels cannot be kept, the next process compiles them again; {problem}",
        RuntimeWarning,
        stacklevel=2,
    )


class KernelCache(NullCache):
    """What a Numba dispatcher asks for compiled code and hands it to.

    Parameters
    ----------
    function : function
        The Python function, of this package: only its sources are in the hash.
    """

    def __init__(self, function: Callable[..., Any]):
        self._name = f"{function.__module__.partition('.')[2]}.{function.__qualname__}"

    @property
    def cache_path(self) -> str | None:
        """The wanted folder; Numba shows it in a dispatcher's statistics."""
        return str(folders()[0].path) if folders() else None

    def _file_name(self, signature: Any, codegen: Any) -> str:
        """Name for these types on this processor, by these versions and these settings of the compiler."""
        python = sys.version_info[:2], getattr(sys, "abiflags", "")
        settings = [
            str(getattr(config, name, None))
            for name in ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT")
        ]
        key = signature, codegen.magic_tuple(), numba.__version__, llvmlite.__version__, python, settings
        return f"{self._name}-{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.kernel"

    @contextmanager
    def turn(
        self, signature: Any, target_context: Any, waiting: Callable[[], AbstractContextManager[object]]
    ) -> Iterator[None]:
        """Wait while another process compiles this kernel, and keep others waiting until the block ends.

        Parameters
        ----------
        signature : tuple of Numba's types
            Of the arguments.
        target_context
            Of the compiler.
        waiting : callable
            Makes a context in which a wait takes place, if there is any.
        """
        target_context.refresh()
        name = self._file_name(signature, target_context.codegen())
        claim = None if _is_there(name) else _claimed(name, waiting)
        try:
            yield
        finally:
            if claim is not None:
                claim.release()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Compiled code for these types, None where there is none that is whole."""
        target_context.refresh()
        for content in _read(self._file_name(sig, target_context.codegen())):
            # What is whole and yet not ours to read is compiled anew.
            with suppress(Exception), whole.compiling(target_context):
                return CompileResult._rebuild(target_context, *pickle.loads(content))
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code in the first folder that takes it."""
        if data.lifted or data.library.has_dynamic_globals:
            return  # addresses of this process in it
        name, content = self._file_name(sig, data.codegen), dumps(data._reduce())
        refused = []
        for folder in folders():
            try:
                _write(folder, name, content)
                return
            except OSError as error:
                refused.append(f"{folder.path}: {error.strerror or error}")
        _warn_once("; ".join(refused) or "there is neither a home directory nor a temporary one")
