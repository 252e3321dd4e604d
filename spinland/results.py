"""The base of all results: frozen, with provenance, storable by one generic function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from .arrays import Owner
from .provenance import Provenance
from .result_names import Registered


@dataclass(frozen=True, eq=False, kw_only=True)
class Result(Owner, Registered):
    """Something that was computed.

    Fields of a result are NumPy arrays, numbers, strings, booleans, None, tuples of strings or numbers, or
    further results; the store needs no more than their names. NaN means "not computed". A file knows the class
    by its name, whichever module it is in; :class:`spinland.result_names.Registered` says how to give it another one,
    and what to do when its fields change.

    Arrays are the result's own and read-only: what it was made from may be changed afterwards. A maker
    that gives away a large array of its own seals it (:func:`spinland.arrays.sealed`), which saves the copy.

    Attributes
    ----------
    provenance : Provenance
        How it was made.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Names of the axes of arrays, field by field, of what is a table (:mod:`spinland.exports.tables`).

    An axis whose coordinates are a field has its name. An array may have fewer axes, the first of them left out, or one
    of instances before them."""

    provenance: Provenance

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # dataclass writes one that prints whole arrays, unless there is one
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """The class, short values, and the shapes of arrays."""
        made = self.provenance.function + ("" if self.provenance.seed is None else f", seed {self.provenance.seed}")
        parts = [f"{f.name}={_short(getattr(self, f.name))}" for f in fields(self) if f.name != "provenance"]
        return f"{type(self).__qualname__}({', '.join(parts)}; by {made})"


def _short(value: Any) -> str:
    """A value in a few words: arrays by type and shape, long tuples by length."""
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape:
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, Result):
        return f"{type(value).__qualname__}(...)"
    if isinstance(value, tuple) and len(value) > 6:
        return f"({len(value)} entries)"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
