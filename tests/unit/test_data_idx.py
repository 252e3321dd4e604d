"""The IDX reader takes whole files only, and says what is wrong with the others."""

from __future__ import annotations

import gzip
import struct
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spinland.data import read_idx
from spinland.errors import DataError
from tests.oracles.idx import CODES, idx_bytes

_zipped = partial(gzip.compress, mtime=0)  # without the time: tests have the same names in every process


_ARRAYS = st.sampled_from(sorted(CODES)).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
        elements={"allow_nan": False} if dtype.startswith("float") else None,
    )
)
_SMALL = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "file"


def _encode(array, zipped):
    return _zipped(idx_bytes(array)) if zipped else idx_bytes(array)


@given(array=_ARRAYS, zipped=st.booleans())
@settings(max_examples=60, deadline=None)
def test_round_trip(path, array, zipped):
    path.write_bytes(_encode(array, zipped))
    read = read_idx(path)
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    assert read.shape == array.shape
    assert np.array_equal(read, array)


@given(array=_ARRAYS, zipped=st.booleans(), data=st.data())
@settings(max_examples=100, deadline=None)
def test_every_truncation_is_refused(path, array, zipped, data):
    whole = _encode(array, zipped)
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(DataError, match="file: "):
        read_idx(path)


def test_every_flipped_bit_of_a_zipped_file_is_refused_or_harmless(path):
    whole = _zipped(idx_bytes(_SMALL))
    refused = 0
    for at in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            assert np.array_equal(read_idx(path), _SMALL)  # bits of the time stamp and the like
        except DataError:
            refused += 1
    assert refused > 8 * (len(whole) - 10)  # gzip's own header has ten bytes


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "truncated: 0 of 4 bytes of header"),
        (idx_bytes(_SMALL)[:-5], r"truncated: 19 of 24 bytes of data of shape \(2, 3, 4\)"),
        (idx_bytes(_SMALL) + b"x", r"longer than its header says \(shape \(2, 3, 4\), 24 bytes"),
        (_zipped(idx_bytes(_SMALL) + b"x"), "longer than its header says"),
        (b"\x89PNG" + bytes(40), "not an IDX file: wrong magic number 0x89504e47"),
        (b"\0\0\x08\0" + bytes(40), "wrong magic number 0x00000800"),
        (b"\0\0\x08\xff" + bytes(2000), "wrong magic number 0x000008ff"),
        (struct.pack(">HBBII", 0, 8, 2, 3, 0), r"holds no data: shape \(3, 0\)"),
        (_zipped(idx_bytes(_SMALL))[:-8], "truncated gzip data: it ends in the end"),
        (_zipped(idx_bytes(_SMALL))[:-8] + bytes(8), "corrupt gzip data"),
        (_zipped(idx_bytes(_SMALL)) + b"tail", "corrupt gzip data"),
        # A header that claims far more than any memory must fail by what is there, not by allocating.
        (struct.pack(">HBBIII", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"abc", "truncated: 3 of 7922816"),
    ],
)
def test_the_message_says_what_is_wrong(path, content, problem):
    path.write_bytes(content)
    with pytest.raises(DataError, match=problem) as caught:
        read_idx(path)
    assert caught.value.path == path


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="nothing: no such file"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)
