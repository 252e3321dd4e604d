"""One process compiles a kernel; the others that need it wait for it instead of compiling it as well.

A claim is an empty file beside the kernel's place, locked by the process that compiles. The system lifts the lock when
that process ends, however it ends, so that nobody waits for the dead; one that lives but is stopped is waited for
during `PATIENCE_S` only. Where nothing can be locked (no folder, another user's claim, a file system without locks),
each process compiles for itself.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

PATIENCE_S = 120.0
"""Longest wait for a kernel that another process compiles; the largest takes a tenth of it on a quiet core."""

_POLL_S = 0.02


class Claim:
    """The right to compile a kernel, until it is released or the process ends.

    Parameters
    ----------
    path : Path
        The file.
    descriptor : int
        It, opened and locked.
    """

    def __init__(self, path: Path, descriptor: int):
        self._path, self._descriptor = path, descriptor

    def release(self) -> None:
        """Let others compile; removes the file."""
        with suppress(OSError):
            self._path.unlink()  # still locked: who has opened it finds that it is no longer the one in the folder
        os.close(self._descriptor)


def take(path: Path) -> Claim | None:
    """The claim, or None while another has it.

    Raises
    ------
    OSError
        The file cannot be made or locked.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_in_place(path, descriptor):
                return Claim(path, descriptor)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its owner removed it between our opening and locking it


def _is_in_place(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    return False


def obtain(
    path: Path,
    there: Callable[[], bool],
    waiting: Callable[[], AbstractContextManager[object]],
    patience: float = PATIENCE_S,
) -> Claim | None:
    """The claim as soon as it is to be had, None when it is not needed any more or patience ends.

    Parameters
    ----------
    path : Path
        The claim, in a folder that exists.
    there : callable
        Whether the kernel has been compiled.
    waiting : callable
        Makes a context in which the wait takes place, if there is any.
    patience : float
        Seconds.

    Raises
    ------
    OSError
        The file cannot be made or locked.
    """
    claim = take(path)
    if claim is None:
        with waiting():
            end = time.monotonic() + patience
            while claim is None and not there() and time.monotonic() < end:
                time.sleep(_POLL_S)
                claim = take(path)
    if claim is not None and there():  # compiled between our looking for it and taking the claim
        claim.release()
        return None
    return claim
