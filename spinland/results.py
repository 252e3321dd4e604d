"""The base of all results: frozen, with provenance, storable by one generic function."""

from __future__ import annotations

from dataclasses import dataclass

from .provenance import Provenance


@dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """Something that was computed.

    Fields of a result are NumPy arrays, numbers, strings, booleans, None, tuples of strings or numbers, or
    further results; the store needs no more than their names. NaN means "not computed".

    Attributes
    ----------
    provenance : Provenance
        How it was made.
    """

    provenance: Provenance
