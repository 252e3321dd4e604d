"""A writer of the IDX format, naive and independent of the reader under test."""

from __future__ import annotations

import struct

import numpy as np

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array: np.ndarray) -> bytes:
    """The file that holds ``array``."""
    header = struct.pack(">HBB", 0, CODES[str(array.dtype)], array.ndim)
    lengths = b"".join(struct.pack(">I", length) for length in array.shape)
    letter = {"uint8": "B", "int8": "b", "int16": "h", "int32": "i", "float32": "f", "float64": "d"}[str(array.dtype)]
    return header + lengths + struct.pack(f">{array.size}{letter}", *array.ravel().tolist())
