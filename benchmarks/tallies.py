"""What counts are made of: numbers of a launch, and what its parts cost."""

from __future__ import annotations

from typing import Any, NamedTuple

from spinland_kernels.networks import CROSS_ENTROPY

EXP = 20
"""Operations of an exponential or a logarithm of float32."""


class Count(NamedTuple):
    """Of a launch, or of several.

    Operations in the type of the arrays; in float64 whatever that is; of whole numbers. Bytes of the card's memory;
    of shared memory or the first cache.
    """

    operations: int = 0
    double: int = 0
    whole: int = 0
    far: int = 0
    near: int = 0

    def __add__(self, other: Any) -> Count:
        return Count(*(a + b for a, b in zip(self, other, strict=True)))


def wanted(kind: int, outputs: int, size: int) -> int:
    """Bytes of what is wanted of one sample: a label, or outputs of so many bytes each."""
    return 8 if kind == CROSS_ENTROPY else outputs * size
