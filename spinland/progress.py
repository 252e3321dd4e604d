"""Progress of long computations: silent by default, shown by whoever installs a display.

Library code says ``with track(total, "training") as advance: ... advance()``. The command line installs
a terminal display; a notebook may install its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[..., None]
Display = Callable[[int, str], AbstractContextManager[Advance]]

_display: Display | None = None


def set_display(display: Display | None) -> None:
    """Install ``display(total, description)``, a context manager that yields ``advance(n=1)``; None is silence."""
    global _display
    _display = display


@contextmanager
def track(total: int, description: str) -> Iterator[Advance]:
    """Yield ``advance(n=1)``, to be called as the work goes on."""
    if _display is None:
        yield lambda n=1: None
        return
    with _display(total, description) as advance:
        yield advance
