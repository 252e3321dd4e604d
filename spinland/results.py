"""The base of all results: frozen, with provenance, storable by one generic function."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from .provenance import Provenance

_classes: dict[tuple[str, str], type[Result]] = {}


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

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _classes[cls.__module__, cls.__qualname__] = cls


_classes[Result.__module__, Result.__qualname__] = Result


def result_class(module: str, name: str) -> type[Result]:
    """Find the class of a stored result; a module of spinland is imported if it was not yet.

    Parameters
    ----------
    module, name : str
        Where the class was defined, and its qualified name.

    Raises
    ------
    LookupError
        There is no such class. A module outside spinland is never imported: what a file says
        must not decide which code runs.
    """
    if (module, name) not in _classes and module.startswith("spinland."):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise LookupError(
                f"result class {name} is in {module}, which cannot be imported: {error}"
            ) from error
    try:
        return _classes[module, name]
    except KeyError:
        raise LookupError(f"no result class {name} in {module}") from None
