"""The IDX format of the MNIST files, plain or gzipped.

Layout: two zero bytes, a byte for the type, a byte for the number of dimensions, each length as a big-endian
32-bit number, then the numbers themselves, big-endian, last index fastest. Source: Y. LeCun, C. Cortes and
C. J. C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .. import budget
from ..errors import DataError
from ..paths import user_path

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 64  # NumPy's limit


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read one IDX file; gzip is recognised by content, not by name.

    Returns
    -------
    array
        In the machine's byte order, of the shape that the header says.

    Raises
    ------
    DataError
        The file is missing or cannot be read; it is no IDX file; it is shorter or longer than its header
        says; it is empty; its gzip stream is corrupt or ends early.
    """
    path = user_path("path", path)
    try:
        with open(path, "rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not zipped:
                return _parse(path, file)
            with gzip.GzipFile(fileobj=file) as stream:
                return _parse(path, stream)
    except FileNotFoundError:
        raise DataError(path, "no such file") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, f"corrupt gzip data ({error})") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from None


def _parse(path: Path, stream: BinaryIO | gzip.GzipFile) -> NDArray[Any]:
    magic = _read(path, stream, 4, "header")
    if magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= _MAX_DIMENSIONS:
        raise DataError(path, f"not an IDX file: wrong magic number 0x{magic.hex()}")
    lengths = np.frombuffer(_read(path, stream, 4 * magic[3], "header"), ">u4")
    shape = tuple(int(length) for length in lengths)
    if 0 in shape:
        raise DataError(path, f"holds no data: shape {shape}")
    dtype = np.dtype(_TYPES[magic[2]])
    body = _read(path, stream, math.prod(shape) * dtype.itemsize, f"data of shape {shape}")
    # Reading past the end also makes gzip compare its checksum.
    if _read_upto(path, stream, 1, "end"):
        raise DataError(path, f"longer than its header says (shape {shape}, {len(body)} bytes of data)")
    return np.frombuffer(body, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read(path: Path, stream: BinaryIO | gzip.GzipFile, size: int, what: str) -> bytearray:
    """Exactly ``size`` bytes."""
    body = _read_upto(path, stream, size, what)
    if len(body) < size:
        raise DataError(path, f"truncated: {len(body)} of {size} bytes of {what}")
    return body


def _read_upto(path: Path, stream: BinaryIO | gzip.GzipFile, size: int, what: str) -> bytearray:
    """As many as ``size`` bytes, fewer at the end of the file."""
    body = bytearray()
    try:
        while chunk := stream.read(min(budget.STREAM, size - len(body))):
            body += chunk
    except EOFError:  # gzip's word for a stream without an end
        where = f"it ends in the {what}, after {len(body)} of {size} bytes"
        raise DataError(path, f"truncated gzip data: {where}") from None
    return body
