"""How a number came to be: version, function, seed, arguments, data, device, float type.

Nothing here depends on when or where it ran, so a resumed study ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np


def version() -> str:
    """Version of the installed spinland, ``"0+checkout"`` when it is not installed."""
    try:
        return metadata.version("spinland")
    except metadata.PackageNotFoundError:
        return "0+checkout"


@dataclass(frozen=True)
class Provenance:
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
    """

    function: str
    arguments: str = "{}"
    seed: int | None = None
    data: str = ""
    device: str = "cpu"
    dtype: str = ""
    version: str = ""


def fingerprint(*arrays: Any) -> str:
    """Hash of the shapes, types and bytes of some arrays, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(array)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= 64 else f"array {value.shape} {fingerprint(value)}"
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return repr(value)


def record(
    function: str,
    arguments: dict[str, Any] | None = None,
    *,
    seed: int | None = None,
    data: str = "",
    device: str = "cpu",
    dtype: Any = "",
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
    )
