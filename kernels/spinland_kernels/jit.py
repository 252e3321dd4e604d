"""The only place with Numba options, compiler flags and cache policy.

Three decorators, one for each kind of compiled function:

``formula``
    scalars in, scalars out; the mathematics, shared by the processor and the card.
``block``
    arrays in, arrays out, sequential; called from loops, never from Python in production.
``loop``
    the entry points: parallel over independent items (``prange``), cached on disk.

Every one states ``fastmath`` and ``error_model``: a helper that states neither takes them from
whichever caller compiles it first (numba#7168, numba#2305).

The cache folder is named after a hash of all kernel sources. Numba stamps a compiled function with
the one file that defines it (numba#1833), so an edited formula in another file would otherwise go on
running in its old form.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import types
from numba.core import codegen, config, event

F = TypeVar("F", bound=Callable[..., Any])


def _let_idle_threads_sleep() -> None:
    """Load OpenMP so that its threads sleep while they wait, unless the user has said how they shall.

    Spinning threads take the cores from whatever else runs: beside another busy process a launch took ten
    times as long. OpenMP reads the variable once, when it is loaded; other libraries keep their own choice.
    """
    if "OMP_WAIT_POLICY" in os.environ:
        return
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    try:
        with suppress(ImportError):  # without OpenMP Numba takes another threading layer
            import_module("numba.np.ufunc.omppool")
    finally:
        del os.environ["OMP_WAIT_POLICY"]


_let_idle_threads_sleep()

#: Flags that let a loop be vectorised without assuming that NaN and infinity do not occur.
REASSOCIATE = {"reassoc", "contract", "arcp", "nsz"}


@cache
def source_hash() -> str:
    """Hash of all kernel sources, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Folder of the compiled kernels; ``NUMBA_CACHE_DIR`` or ``XDG_CACHE_HOME`` move it."""
    root = os.environ.get("NUMBA_CACHE_DIR")
    if root:
        return Path(root) / f"spinland-{source_hash()}"
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "spinland" / "kernels" / source_hash()


def _optimise_entry_points_only() -> None:
    """Optimise a kernel once, where all of it is linked, and make it run its own copy of what it was linked from.

    Numba optimises each block by itself and again in everything that it is linked into: an entry point of a few
    levels spent more than half of its compile time so, on code that never runs.

    It also leaves the blocks as weak symbols, and of several the first loaded wins: in the process that
    compiles these are the blocks by themselves, later the copies in the cached entry point. With reassociated
    sums these differ in the last bits, so a study that was compiled and one that was resumed would differ too.
    """
    library: Any = codegen.CPUCodeLibrary
    optimise = getattr(library, "_optimize_final_module", None)
    if optimise is None:  # another Numba inside: the test of cold and warm runs will tell
        return

    def optimise_entry_point(self: Any) -> None:
        defined = [fn for fn in self._final_module.functions if not fn.is_declaration]
        if not any("spinland_kernels" in fn.name for fn in defined):  # other libraries stay as they are
            optimise(self)
        elif self.name in _entry_points:
            for fn in defined:
                if fn.linkage.name in ("linkonce_odr", "weak_odr"):
                    fn.linkage = "internal"
            optimise(self)
            # The loader would serve a private function to others that ask for its name, and what is private
            # may have lost arguments.
            for fn in self._final_module.functions:
                if fn.linkage.name == "internal":
                    fn.name += ".private"

    library._optimize_final_module = optimise_entry_point


#: Qualified names of the functions that are cached; a block of the same name is optimised for nothing, no more.
_entry_points: set[str] = set()
_optimise_entry_points_only()


def _decorate(function: F, **options: Any) -> F:
    # Numba reads CACHE_DIR when it decorates; other libraries keep their own setting.
    settings: Any = config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder())
    if options.get("cache"):
        _entry_points.add(function.__qualname__)
    try:
        return numba.njit(error_model="numpy", **options)(function)
    finally:
        settings.CACHE_DIR = before


def _one_form(dispatcher: Any) -> Any:
    """Compile a block once for flags True and False, offsets 0 and 1, not once for every literal in a call."""
    if not hasattr(dispatcher, "get_call_template"):  # with NUMBA_DISABLE_JIT, a plain function
        return dispatcher
    by_types = dispatcher.get_call_template

    def by_plain_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in dict(kws).items()}
        return by_types(tuple(types.unliteral(kind) for kind in args), plain)

    dispatcher.get_call_template = by_plain_types
    return dispatcher


def formula(function: F) -> F:
    """Compile a scalar function, exact arithmetic, callable from loops on either device."""
    return _decorate(function, fastmath=False)


def block(function: F) -> F:
    """Compile sequential array code that loops call."""
    return _one_form(_decorate(function, fastmath=False))


def vector_block(function: F) -> F:
    """Compile sequential array code whose sums may be reassociated, so that they vectorise.

    The order of summation is fixed when it is compiled: the bits depend on the machine's vector
    width, not on the number of threads.
    """
    return _one_form(_decorate(function, fastmath=REASSOCIATE))


def loop(function: F) -> F:
    """Compile an entry point: parallel over independent items, cached on disk."""
    return _decorate(function, fastmath=False, parallel=True, cache=True, nogil=True)


def serial_loop(function: F) -> F:
    """Compile a cached entry point without parallel parts."""
    return _decorate(function, fastmath=False, cache=True, nogil=True)


class _CompileListener(event.Listener):
    """Tells a callback the name of each function that is really compiled (not read from the cache)."""

    def __init__(self, callback: Callable[[str], None]):
        self.callback = callback

    def on_start(self, event: Any) -> None:
        dispatcher = event.data["dispatcher"]
        if dispatcher.targetoptions.get("nogil"):  # entry points only, not what they call
            self.callback(dispatcher.py_func.__qualname__)

    def on_end(self, event: Any) -> None:
        pass


def on_compile(callback: Callable[[str], None]) -> None:
    """Call ``callback(name)`` whenever an entry point is about to be compiled."""
    event.register("numba:compile", _CompileListener(callback))


def clear_cache() -> int:
    """Delete the compiled kernels of all versions; returns how many folders went."""
    mine = cache_folder()
    pattern = "spinland-*" if mine.name.startswith("spinland-") else "*"
    folders = [path for path in mine.parent.glob(pattern) if path.is_dir() and _is_hash(path.name[-16:])]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return len(folders)


def _is_hash(name: str) -> bool:
    return len(name) == 16 and set(name) <= set("0123456789abcdef")
