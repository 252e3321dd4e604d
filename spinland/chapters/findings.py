"""What a chapter has found: a statement in words and the numbers in it, kept like any other result."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..formatting import number, p_text, plus_minus
from ..provenance import record
from ..results import Result
from ..statistics.judging import Judged, Worst


@dataclass(frozen=True, eq=False, kw_only=True)
class Finding(Result):
    """A judgement, with all numbers it rests on.

    Attributes
    ----------
    chapter : str
        Name of the chapter.
    statement : str
        What was found, in sentences.
    headline : str
        The same in one sentence.
    names : tuple of str
        What each number is.
    values, errors : (K,) float64
        The numbers and their standard errors; NaN where an error has no meaning or is not known.
    p : (K,) float64
        Two-sided probability that chance alone brings a number as far from what it is compared with; NaN where
        none was tested.
    compared_with : tuple of str
        What each number is compared with, empty for nothing.
    references : (K,) float64
        The value of that; NaN where it is no number.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "names": ("number",),
        "values": ("number",),
        "errors": ("number",),
        "p": ("number",),
        "compared_with": ("number",),
        "references": ("number",),
    }

    chapter: str
    statement: str
    headline: str
    names: tuple[str, ...]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    p: NDArray[np.float64]
    compared_with: tuple[str, ...]
    references: NDArray[np.float64]

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Each number in words: its name, value ± error, what it is compared with, and p."""
        for i, name in enumerate(self.names):
            value, error, reference = float(self.values[i]), float(self.errors[i]), float(self.references[i])
            beside = self.compared_with[i] + ("" if math.isnan(reference) else f" {_alone(reference)}")
            chance = "" if math.isnan(self.p[i]) else p_text(float(self.p[i]))
            yield (name, _alone(value) if math.isnan(error) else plus_minus(value, error), beside.strip(), chance)


def _alone(value: float) -> str:
    """A number without an error: a count as it is."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e9 else number(value, 4)


@dataclass(frozen=True)
class _Number:
    name: str
    value: float
    error: float
    p: float
    against: str
    exact: float


class Numbers:
    """Writes the numbers of a statement and keeps them: what is printed is what is stored."""

    def __init__(self) -> None:
        self._numbers: list[_Number] = []

    def keep(
        self,
        name: str,
        value: Judged | float,
        error: float = math.nan,
        *,
        p: float = math.nan,
        against: str = "",
        exact: float = math.nan,
    ) -> None:
        """Keep a number.

        Parameters
        ----------
        name : str
            What it is.
        value : Judged or float
            With its error, or alone.
        error : float
            Its standard error, if it comes alone.
        p : float
            Probability that chance brings it as far from what it is compared with.
        against : str
            What that is.
        exact : float
            Value of that.
        """
        if isinstance(value, Judged):
            error, value = value.error, value.value
        self._numbers.append(_Number(name, float(value), float(error), float(p), against, float(exact)))

    def tell(self, name: str, value: Judged | float, error: float = math.nan, **more: Any) -> str:
        """Keep a number, as `keep` does, and return it written with its error."""
        self.keep(name, value, error, **more)
        if isinstance(value, Judged):
            return str(value)
        return plus_minus(float(value), error)

    def stated(self, name: str, value: float, digits: int = 3, **more: Any) -> str:
        """Keep a number that has no error, as `keep` does, and return it written to so many digits."""
        self.keep(name, value, **more)
        return number(value, digits)

    def worst(self, name: str, found: Worst, against: str) -> str:
        """Keep the largest of several deviations, in standard errors, and return it in words."""
        self.keep(name, found.z, p=found.p, against=against)
        return str(found)

    def finding(self, chapter: str, statement: str, headline: str = "") -> Finding:
        """The finding of these numbers.

        Parameters
        ----------
        chapter : str
        statement : str
        headline : str, optional
            The first sentence of the statement, if nothing else is given.
        """
        first, dot, _ = statement.partition(". ")

        def column(field: str) -> NDArray[np.float64]:
            return np.array([getattr(item, field) for item in self._numbers], np.float64)

        return Finding(
            provenance=record("finding", {"chapter": chapter}, dtype=np.float64),
            chapter=chapter,
            statement=statement,
            headline=headline or first + dot.strip(),
            names=tuple(item.name for item in self._numbers),
            values=column("value"),
            errors=column("error"),
            p=column("p"),
            compared_with=tuple(item.against for item in self._numbers),
            references=column("exact"),
        )
