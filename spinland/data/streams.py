"""Registry of the random streams of data sets: the ``replica`` word under one seed and purpose."""

from __future__ import annotations

from enum import IntEnum


class Stream(IntEnum):
    """Numbers are never reused: data sets stay the same across versions."""

    DIGITS_SPLIT = 0
    LINNERUD_SPLIT = 1
    TEACHER_TRAIN = 2
    TEACHER_TEST = 3
    TEACHER_TRAIN_NOISE = 4
    TEACHER_TEST_NOISE = 5
    TEACHER_REFERENCE = 6
