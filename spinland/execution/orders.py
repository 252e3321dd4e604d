"""What goes to workers and what comes back."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import environment
from .parcels import Bytes, Parcel, Sealed, digest_of


@dataclass(frozen=True)
class Standard:
    """What every worker must agree with before it works.

    Attributes
    ----------
    canary : callable
        Makes a small piece of the work itself, arrays that are compared.
    digest : str
        The hash of these where the results are gathered.
    environment : mapping
        Processor and libraries there.
    device : str
        Where is computed.
    """

    canary: Callable[[Any], Any]
    digest: str
    environment: Mapping[str, str]
    device: str


@dataclass(frozen=True)
class Order:
    """One task: a pure function of what it is about and of addresses.

    Attributes
    ----------
    about : Parcel
        What it is about, the same for many tasks.
    work : Parcel
        The function, and what it is called with beside that and the addresses.
    rows : int array
        Addresses of what is to be made.
    standard : Standard
        What to agree with.
    threads : int, optional
        Threads of the kernels while it is made; what the worker was given by default.
    buffers : mapping
        Arrays that a worker said it had not.
    sender : tuple of str and int
        Host and process of whoever gathers the results.
    """

    about: Parcel
    work: Parcel
    rows: NDArray[np.int64]
    standard: Standard
    threads: int | None
    buffers: Mapping[str, Bytes]
    sender: tuple[str, int]


def here() -> tuple[str, int]:
    """Host and process."""
    return platform.node(), os.getpid()


@dataclass(frozen=True)
class Lacking:
    """A worker has not got these arrays yet.

    Attributes
    ----------
    fingerprints : tuple of str
    place : str
        Its address in Dask, empty with other engines.
    """

    fingerprints: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True)
class Refused:
    """A worker would make other numbers: who it is, and in what it differs."""

    worker: tuple[str, int]
    difference: str


@dataclass(frozen=True)
class Failed:
    """The work itself raised an error, as it would have anywhere."""

    error: BaseException


@dataclass(frozen=True)
class Done:
    """What was made of the rows.

    Attributes
    ----------
    found : Sealed
        What the function returned.
    seconds : float
        How long it took.
    worker : tuple of str and int
        Host and process.
    warnings : tuple of (class, str)
        What it warned of.
    """

    found: Sealed
    seconds: float
    worker: tuple[str, int]
    warnings: tuple[tuple[type[Warning], str], ...] = field(default=())


Reply = Lacking | Refused | Failed | Done


def difference(standard: Standard, about: Any) -> str:
    """In words, how this process differs from the standard, to be read there; empty where it does not."""
    # "here" is where the results are gathered, and where this is read
    words = environment.difference(environment.current(standard.device), dict(standard.environment))
    if words:  # found without compiling anything for a processor that nobody wants
        return words
    digest = digest_of(standard.canary(about))
    if digest != standard.digest:
        return (
            f"a piece of the work comes out with other bits ({digest[:12]}, here {standard.digest[:12]}), as it would "
            "with a function of yours that is random"
        )
    return ""
