"""Are printed errors right? ``python -m benchmarks.coverage [--repetitions N] [--only NAME] [--json FILE]``.

Every statistic is measured on many independent sets of data. Its estimates scatter; that scatter is what the
error it reports should be. The table has one row for each statistic and kind of data: the reported error
(root mean square) over the true scatter, which should be 1, with its standard error. A ratio that is more than
20 % off, and by more than two of its standard errors, is marked, and the exit status is then 1.

**To add an entry**, write a file ``benchmarks/coverage_SUBJECT.py`` with a function ``entries()`` that yields
:class:`Entry`. It is found by its name; nothing else needs to be edited::

    from benchmarks.coverage import Entry

    def entries():
        yield Entry("mean of ten numbers", "Gaussian", measure, truth=0.0)

    def measure(seed):                          # a new set of data for each seed
        x = np.random.default_rng(seed).standard_normal(10)
        return x.mean(), x.std(ddof=1) / np.sqrt(10)

``measure`` may return arrays, such as the bins of a histogram: their elements are taken together, squares of
errors and scatters added up. Several statistics of one costly computation share it by ``functools.lru_cache``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALLOWED = 0.2  # a printed error may be this far from the truth
_RESAMPLES = 500  # of the repetitions, for the standard error of a ratio


@dataclass(frozen=True)
class Entry:
    """A statistic with its error, on one kind of data.

    Attributes
    ----------
    name : str
        Statistic.
    data : str
        Kind of data.
    measure : callable
        seed → (estimate, error), numbers or arrays of equal shape; the seeds 0, 1, 2, ... give independent
        sets of data. NaN: not determined, left out.
    truth : float, array or callable, optional
        What the estimates should scatter about, where that is known; called for where it takes long to compute.
    """

    name: str
    data: str
    measure: Callable[[int], tuple[Any, Any]]
    truth: ArrayLike | Callable[[], ArrayLike] | None = None


@dataclass(frozen=True)
class Coverage:
    """One row of the table.

    Attributes
    ----------
    name, data : str
        Of the entry.
    repetitions : int
        Sets of data with a finite estimate and error.
    scatter, reported : float
        Standard deviation of the estimates, and root mean square of the errors (of arrays: the roots of the
        sums of squares over elements).
    ratio, ratio_error : float
        reported/scatter, and its standard error by bootstrap over repetitions.
    bias : float
        (mean estimate − truth)/scatter; NaN where the truth is not known.
    within_one, within_two : float
        Part of the estimates no further than one (two) of their errors from the truth, or from the mean
        estimate; 0.68 and 0.95 for a normal estimate with a known error.
    """

    name: str
    data: str
    repetitions: int
    scatter: float
    reported: float
    ratio: float
    ratio_error: float
    bias: float
    within_one: float
    within_two: float

    @property
    def wrong(self) -> bool:
        """Whether the ratio is further from 1 than allowed, by more than two of its standard errors."""
        return bool(abs(self.ratio - 1) - ALLOWED > 2 * self.ratio_error)


def coverage(entry: Entry, repetitions: int, first_seed: int = 0) -> Coverage:
    """Measure an entry on so many sets of data."""
    pairs = [entry.measure(seed) for seed in range(first_seed, first_seed + repetitions)]
    estimates = np.array([np.atleast_1d(np.asarray(e, float)).ravel() for e, _ in pairs])
    errors = np.array([np.atleast_1d(np.asarray(e, float)).ravel() for _, e in pairs])
    good = np.isfinite(estimates).all(axis=1) & np.isfinite(errors).all(axis=1)
    estimates, errors = estimates[good], errors[good]
    n = len(estimates)
    if n < 3:
        raise RuntimeError(f"{entry.name}, {entry.data}: {n} finite results of {repetitions}")
    scatter, reported = _summary(estimates, errors)
    chosen = np.random.default_rng(0).integers(0, n, (_RESAMPLES, n))
    again = [_summary(estimates[c], errors[c]) for c in chosen]
    truth = entry.truth() if callable(entry.truth) else entry.truth
    centre = estimates.mean(axis=0) if truth is None else np.ravel(np.asarray(truth, float))
    away = np.abs(estimates - centre)
    bias = np.nan
    if truth is not None:
        bias = float(np.sqrt(np.sum((estimates.mean(axis=0) - centre) ** 2))) / scatter
        if estimates.shape[1] == 1:
            bias = float(estimates.mean() - centre[0]) / scatter
    return Coverage(
        name=entry.name,
        data=entry.data,
        repetitions=n,
        scatter=scatter,
        reported=reported,
        ratio=reported / scatter,
        ratio_error=float(np.std([r / s for s, r in again if s > 0])),
        bias=bias,
        within_one=float(np.mean(away <= errors)),
        within_two=float(np.mean(away <= 2 * errors)),
    )


def _summary(estimates: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[float, float]:
    """Scatter and reported error, (repetitions, elements) → two numbers."""
    scatter = np.sqrt(np.sum(estimates.var(axis=0, ddof=1)))
    return float(scatter), float(np.sqrt(np.sum(np.mean(errors**2, axis=0))))


def all_entries() -> Iterator[Entry]:
    """Entries of all files ``coverage_*.py`` beside this one, in the order of their names."""
    names = sorted(m.name for m in iter_modules([str(Path(__file__).parent)]))
    for name in names:
        if name.startswith("coverage_"):
            yield from import_module(f"{__package__}.{name}").entries()


def table(rows: Iterable[Coverage]) -> Iterator[str]:
    """Lines of the table, in Markdown, as the rows come."""
    yield "| statistic | data | n | true scatter | reported/true | bias/scatter | within 1, 2 errors |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for r in rows:
        ratio = f"{r.ratio:.2f} ± {r.ratio_error:.2f}" + (" **!**" if r.wrong else "")
        bias = "–" if np.isnan(r.bias) else f"{r.bias:+.2f}"
        yield (
            f"| {r.name} | {r.data} | {r.repetitions} | {r.scatter:.3g} | {ratio} | {bias} "
            f"| {r.within_one:.2f}, {r.within_two:.2f} |"
        )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.coverage", description="reported error over true scatter"
    )
    parser.add_argument("--repetitions", type=int, default=200, metavar="N", help="sets of data (200)")
    parser.add_argument("--only", metavar="NAME", help="entries whose statistic or data contain this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the numbers")
    options = parser.parse_args(arguments)
    if options.repetitions < 3:
        parser.error("--repetitions wants 3 at least")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if an error is further from the truth than allowed."""
    options = _options(arguments)
    word = (options.only or "").lower()
    chosen = [e for e in all_entries() if word in e.name.lower() or word in e.data.lower()]
    if not chosen:
        print(f"no entry contains {options.only!r}", file=sys.stderr)
        return 2
    rows: list[Coverage] = []
    for line in table(_measured(chosen, options.repetitions, rows)):
        print(line, flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return int(any(row.wrong for row in rows))


def _measured(entries: Sequence[Entry], repetitions: int, rows: list[Coverage]) -> Iterator[Coverage]:
    for entry in entries:
        rows.append(coverage(entry, repetitions))
        yield rows[-1]


if __name__ == "__main__":
    sys.exit(main())
