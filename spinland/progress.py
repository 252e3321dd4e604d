"""Progress of long computations: silent by default, shown by whoever installs a display.

Library code says ``with track(total, "training") as advance: ... advance()``. What it looks like is the matter
of :mod:`spinland.displays`, which brings in rich: scripts that show nothing never load it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[..., None]
Display = Callable[[int, str], AbstractContextManager[Advance]]

_display: Display | None = None


def set_display(display: Display | None) -> Display | None:
    """Install ``display(total, description)``, whose block gets ``advance(n=1, note="")``; None is silence.

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
    """Yield ``advance(n=1, note="")``, to be called as the work goes on; nested calls are shown below each other.

    A note says in words how it goes, where there is more to say than how far.
    """
    if _display is None:
        yield lambda n=1, note="": None
        return
    with _display(total, description) as advance:
        yield advance
