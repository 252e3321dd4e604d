"""Progress of long computations: silent by default, shown by whoever installs a display.

Library code says ``with track(total, "training") as advance: ... advance()``. `show_progress` shows it in a
terminal or a notebook; the command line installs a display of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from . import checks

Advance = Callable[..., None]
Display = Callable[[int, str], AbstractContextManager[Advance]]

_display: Display | None = None


def set_display(display: Display | None) -> Display | None:
    """Install ``display(total, description)``, a context manager that yields ``advance(n=1)``; None is silence.

    Returns
    -------
    callable or None
        The display until now.
    """
    global _display
    before, _display = _display, display
    return before


def shown() -> bool:
    """Whether a display is installed."""
    return _display is not None


# The thread that redraws is not there in a forked child, which would write into its parent's bars.
os.register_at_fork(after_in_child=lambda: set_display(None))  # type: ignore[arg-type]


@contextmanager
def track(total: int, description: str) -> Iterator[Advance]:
    """Yield ``advance(n=1)``, to be called as the work goes on; nested calls are shown below each other."""
    if _display is None:
        yield lambda n=1: None
        return
    with _display(total, description) as advance:
        yield advance


class ShownProgress:
    """What `show_progress` returns: leaving its ``with`` block puts back the display there was before."""

    def __init__(self, before: Display | None):
        self._before = before

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        set_display(self._before)


def show_progress(on: bool = True) -> ShownProgress:
    """Show how far long computations are, from now on or within a ``with`` block; off until it is called.

    In a terminal these are bars on standard error, in a notebook a bar below the cell, and elsewhere (a log
    file, say) a line every 15 seconds. The numbers computed are the same with and without.

    Parameters
    ----------
    on : bool
        False switches it off.

    Returns
    -------
    ShownProgress
        Of use in ``with sl.show_progress(): ...`` only, which ends with the block.

    Raises
    ------
    ArgumentError
        ``on`` is neither True nor False.
    """
    on = checks.boolean("on", on)
    if not on:
        return ShownProgress(set_display(None))
    from .displays import display_here  # brings in rich, which scripts do not need

    return ShownProgress(set_display(display_here()))
