"""The only place with Numba options and compiler flags.

Four decorators, one for each kind of compiled function:

``arithmetic``
    whole numbers in, whole numbers out: sizes and places, for compiled code and, as plain Python, for the rest.
``formula``
    scalars in, scalars out; the mathematics, shared by the processor and the card.
``block``
    arrays in, arrays out, sequential; called from loops, never from Python in production.
``loop``
    the entry points: parallel over independent items (``prange``), kept on disk by :mod:`.diskcache`, called
    from Python through :mod:`.company`.

Every one states ``fastmath`` and ``error_model``: a helper that states neither takes them from
whichever caller compiles it first (numba#7168, numba#2305). None of them lets sums be reassociated: a sum that
shall vectorise has explicit accumulators (:mod:`.sums`), so that its bits do not hang on how it was compiled.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any, TypeVar, cast

import numba
from numba import extending, types
from numba.core import event

from . import whole
from .company import in_company
from .diskcache import KernelCache

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

_WAIT = "spinland:wait"  # an event of ours among Numba's: another process compiles what this one needs


def _decorate(function: F, **options: Any) -> F:
    return numba.njit(error_model="numpy", **options)(function)


def _entry_point(function: F, parallel: bool) -> F:
    dispatcher: Any = _decorate(function, fastmath=False, parallel=parallel, nogil=True)
    if hasattr(dispatcher, "overloads"):  # with NUMBA_DISABLE_JIT it is a plain function
        _compile_whole(dispatcher)
        if function.__module__.startswith(f"{__package__}."):  # of others the hash of the sources knows nothing
            _keep_on_disk(dispatcher, KernelCache(function))
    return in_company(dispatcher, function, parallel)


def _compile_whole(dispatcher: Any) -> None:
    """Take the shorter way through LLVM."""
    compile_numbas_way = dispatcher.compile

    def compile_whole(signature: Any) -> Any:
        with whole.compiling(dispatcher.targetctx):
            return compile_numbas_way(signature)

    dispatcher.compile = compile_whole


def _keep_on_disk(dispatcher: Any, cache: KernelCache) -> None:
    """Have one process at a time compile a kernel for the same types; the others wait and read it."""
    compile_now = dispatcher.compile

    def waiting() -> Any:
        return event.trigger_event(_WAIT, data={"dispatcher": dispatcher})

    def compile_in_turn(signature: Any) -> Any:
        if signature in dispatcher.overloads:  # by another thread, meanwhile
            return compile_now(signature)
        with cache.turn(signature, dispatcher.targetctx, waiting):
            return compile_now(signature)

    dispatcher._cache = cache
    dispatcher.compile = compile_in_turn


def _inner(function: F, **options: Any) -> Any:
    """Compile what only compiled code calls, without the code that takes arguments from Python.

    It is compiled once for flags True and False, offsets 0 and 1, not once for every literal in a call.
    """
    dispatcher: Any = _decorate(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)
    if not hasattr(dispatcher, "get_call_template"):  # with NUMBA_DISABLE_JIT, a plain function
        return dispatcher
    _compile_whole(dispatcher)
    by_types = dispatcher.get_call_template

    def by_plain_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in dict(kws).items()}
        return by_types(tuple(types.unliteral(kind) for kind in args), plain)

    def keep(result: Any) -> None:  # for compiled callers; not for Python, which would jump to nowhere
        dispatcher.overloads[tuple(result.signature.args)] = result

    def refuse(*args: Any, **kws: Any) -> None:
        raise TypeError(f"{function.__qualname__} is called from compiled code alone; its py_func is plain Python")

    dispatcher.get_call_template = by_plain_types
    dispatcher.add_overload = keep
    dispatcher._compile_for_args = refuse
    return dispatcher


def arithmetic(function: F) -> F:
    """Plain Python for Python, compiled in what compiled code calls: sizes and places, which both ask for."""
    options = {"fastmath": False, "error_model": "numpy"}
    return cast(F, extending.register_jitable(**options)(function))


def formula(function: F) -> F:
    """Compile a scalar function, exact arithmetic, callable from loops on either device and from Python.

    For Python it is compiled once more, when it is first called from there: loops need no code for that.
    """
    inner, outer = _inner(function, fastmath=False), _decorate(function, fastmath=False)
    if inner is not function:  # as it is with NUMBA_DISABLE_JIT
        inner._compile_for_args = lambda *args, **kws: outer
    return cast(F, inner)


def block(function: F) -> F:
    """Compile sequential array code that loops call."""
    return _inner(function, fastmath=False)


def loop(function: F) -> F:
    """Compile an entry point: parallel over independent items, cached on disk."""
    return _entry_point(function, parallel=True)


def serial_loop(function: F) -> F:
    """Compile a cached entry point without parallel parts."""
    return _entry_point(function, parallel=False)


class _Listener(event.Listener):
    """Tells two callbacks of each entry point that is compiled or waited for (not read from the cache)."""

    def __init__(self, begun: Callable[[str], None], done: Callable[[str, float], None]):
        self.begun, self.done = begun, done
        self.starts: list[float] = []

    def on_start(self, event: Any) -> None:
        dispatcher = event.data["dispatcher"]
        if dispatcher.targetoptions.get("nogil"):  # entry points only, not what they call
            self.starts.append(perf_counter())
            self.begun(dispatcher.py_func.__qualname__)

    def on_end(self, event: Any) -> None:
        dispatcher = event.data["dispatcher"]
        if dispatcher.targetoptions.get("nogil"):
            self.done(dispatcher.py_func.__qualname__, perf_counter() - self.starts.pop())


def on_compile(begun: Callable[[str], None], done: Callable[[str, float], None]) -> Callable[[], None]:
    """Call ``begun(name)`` before an entry point is compiled and ``done(name, seconds)`` after it.

    Returns
    -------
    callable
        Ends it.
    """
    return _listen("numba:compile", begun, done)


def on_wait(begun: Callable[[str], None], done: Callable[[str, float], None]) -> Callable[[], None]:
    """Call ``begun(name)`` before an entry point is waited for that another process compiles, ``done`` after it.

    Returns
    -------
    callable
        Ends it.
    """
    return _listen(_WAIT, begun, done)


def _listen(kind: str, begun: Callable[[str], None], done: Callable[[str, float], None]) -> Callable[[], None]:
    listener = _Listener(begun, done)
    event.register(kind, listener)
    return partial(event.unregister, kind, listener)
