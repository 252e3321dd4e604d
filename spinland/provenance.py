"""How a number came to be: version, function, seed, arguments, data, device, precision, processor and libraries.

Nothing here depends on when it ran, in which process or on how many threads: on one machine a resumed study
ends with the same bytes. Where it ran does matter, to the last digits of the numbers themselves, so the processor
and the libraries are part of the record.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, is_dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import environment
from .errors import ArgumentError
from .result_names import Registered


def version() -> str:
    """Version of the installed spinland, ``"0+checkout"`` when it is not installed."""
    try:
        return metadata.version("spinland")
    except metadata.PackageNotFoundError:
        return "0+checkout"


@dataclass(frozen=True)
class Provenance(Registered):
    """Record kept with every result.

    Attributes
    ----------
    function : str
        Public name of what made the result.
    arguments : str
        Its arguments as JSON; long arrays appear as their fingerprint.
    seed : int or None
        Seed of all random numbers, None where none were drawn.
    data : str
        Fingerprint of the landscape or data set, empty where there is none.
    device, dtype : str
        Where and in which float type it was computed.
    version : str
        Version of spinland.
    environment : str
        Processor and libraries, and card, driver and compiler of what was computed on one, as a line of JSON; a line
        for each where parts of a result, such as the replicas of an ensemble, were made in several. Empty in files of
        format 1.
    precision : str
        In what the layers of a network were multiplied: ``"float32"``, ``"float64"``, ``"tf32"`` or ``"3xtf32"``; empty
        where there are none.
    """

    function: str
    arguments: str = "{}"
    seed: int | None = None
    data: str = ""
    device: str = "cpu"
    dtype: str = ""
    version: str = ""
    environment: str = ""
    precision: str = ""


def fingerprint(*arrays: Any) -> str:
    """Hash of the shapes, types and values of some arrays, 16 hexadecimal digits.

    Raises
    ------
    ArgumentError
        An array of objects or records: their bytes are addresses or padding.
    """
    digest = hashlib.sha256()
    for array in arrays:
        array = np.asarray(array)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(value_bytes(array))
    return digest.hexdigest()[:16]


def value_bytes(array: NDArray[Any]) -> memoryview:
    """Bytes that are equal where the entries of an array are: its own, without the padding of long doubles.

    Raises
    ------
    ArgumentError
        An array of objects or records.
    """
    if array.dtype.kind in "OV":
        raise ArgumentError("array", "an array of numbers or text", f"type {array.dtype}")
    array = np.ascontiguousarray(array).reshape(-1)
    if array.dtype.kind == "b":
        array = array.view(np.uint8) != 0  # any other byte than 0 is True
    elif array.dtype.kind in "fc" and array.dtype.type in (np.longdouble, np.clongdouble):
        array = _long_parts(array.astype(array.dtype.newbyteorder("=")).view(np.longdouble))
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _long_parts(array: NDArray[Any]) -> NDArray[np.float64]:
    """Long doubles (n,) as sums of three doubles times a power of two, (n, 4): exact up to IEEE's quadruple type."""
    mantissa, exponent = np.frexp(array)
    high = mantissa.astype(np.float64)
    rest = np.subtract(mantissa, high, out=np.zeros_like(mantissa), where=np.isfinite(mantissa))
    middle = rest.astype(np.float64)
    return np.stack([high, middle, (rest - middle).astype(np.float64), exponent], axis=1)


def _plain(value: Any) -> Any:
    """An argument as JSON can hold it, the same in every process."""
    if isinstance(value, np.longdouble):
        return repr(value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, np.ndarray):
        if value.size <= 64 or value.dtype.kind == "O":
            return _plain(value.tolist())
        return f"array {value.shape} {fingerprint(value)}"
    if is_dataclass(value) and not isinstance(value, type):
        return {"name": type(value).__name__} | {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return getattr(value, "__qualname__", None) or repr(value)


def record(
    function: str,
    arguments: dict[str, Any] | None = None,
    *,
    seed: int | None = None,
    data: str = "",
    device: str = "cpu",
    dtype: Any = "",
    precision: str = "",
) -> Provenance:
    """Make a :class:`Provenance`; ``arguments`` may hold arrays, numbers, strings, lists and dictionaries."""
    return Provenance(
        function=function,
        arguments=json.dumps(_plain(arguments or {}), sort_keys=True),
        seed=seed,
        data=data,
        device=device,
        dtype=str(np.dtype(dtype)) if dtype != "" else "",
        version=version(),
        environment=environment.summary(device),
        precision=precision,
    )


def record_on(
    landscape: Any, function: str, arguments: dict[str, Any] | None = None, *, seed: int | None = None
) -> Provenance:
    """:func:`record` of what was computed on a landscape, or on a list of instances of one kind.

    What the landscape adds is its fingerprint (of instances all of them, in a row), its device, its float type and,
    where it has one, the precision of its products.
    """
    items = landscape if isinstance(landscape, (list, tuple)) else [landscape]
    data = " ".join(item.fingerprint for item in items)
    where = {"device": items[0].device, "dtype": items[0].dtype, "precision": getattr(items[0], "precision", "")}
    return record(function, arguments, seed=seed, data=data, **where)
