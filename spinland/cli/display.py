"""What a command tells on standard error while it works."""

from __future__ import annotations

import time

from spinland_kernels import jit

from .. import progress
from ..displays import COMPILING, Bars, Lines, console_here, printable
from .main import stop_if_asked


class Terminal:
    """Shows what is going on, on standard error."""

    def __init__(self, quiet: bool = False):
        self.console = console_here()
        self.quiet = quiet
        self._begin = time.monotonic()
        self._compiled: list[float] = []  # seconds of each kernel that was compiled, or waited for
        self._announced = False

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line, above the bars if there are any; between two lines a stop that was swallowed takes effect."""
        stop_if_asked()
        if not self.quiet:
            self.console.print(printable(text), style=style)

    def install(self) -> None:
        """Show progress and compilation from now on."""
        if self.quiet:
            return
        progress.set_display(Bars(self.console) if self.console.is_terminal else Lines(self.say))
        for listen in (jit.on_compile, jit.on_wait):
            listen(self._compiling, lambda name, seconds: self._compiled.append(seconds))

    def _compiling(self, name: str) -> None:
        if not self._announced:
            self._announced = True
            self.say(COMPILING, "dim")

    def tell_compiled(self) -> None:
        """Say what share of the time since the start went into compiling, if any did."""
        if self._compiled:
            seconds, all_seconds = sum(self._compiled), time.monotonic() - self._begin
            self.say(
                f"compiling kernels took {seconds:.1f} s of {all_seconds:.1f} s ({seconds / all_seconds:.0%}); "
                "they are kept for later runs",
                "dim",
            )
