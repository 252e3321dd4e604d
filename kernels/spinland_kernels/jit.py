"""The only place with Numba options and compiler flags.

Three decorators, one for each kind of compiled function:

``formula``
    scalars in, scalars out; the mathematics, shared by the processor and the card.
``block``
    arrays in, arrays out, sequential; called from loops, never from Python in production.
``loop``
    the entry points: parallel over independent items (``prange``), kept on disk by :mod:`.diskcache`, called
    from Python through :mod:`.company`.

Every one states ``fastmath`` and ``error_model``: a helper that states neither takes them from
whichever caller compiles it first (numba#7168, numba#2305).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from time import perf_counter
from typing import Any, TypeVar

import numba
from numba import types
from numba.core import codegen, event

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

#: Flags that let a loop be vectorised without assuming that NaN and infinity do not occur.
REASSOCIATE = {"reassoc", "contract", "arcp", "nsz"}


def _compile_entry_points_whole() -> None:
    """Optimise each function once alone and once in the entry points it is linked into; translate only these.

    Numba optimises every block twice and translates it to machine code, and again in each block and loop that
    calls it, with all that these call. Only what stands in an entry point is ever run. A function is optimised
    alone first because some loops vectorise only there, before they are surrounded by others.

    Numba also leaves the blocks in an entry point as weak symbols, and of several the first loaded wins, which
    may have been optimised together with other code. With reassociated sums these differ in the last bits, so a
    study that was compiled and one that was resumed would differ too: an entry point runs its own copies.
    """
    engine: Any = codegen.JITCPUCodegen
    library: Any = codegen.JITCodeLibrary
    names = "add_llvm_module", "_optimize_final_module", "_finalize_final_module"
    if not all(hasattr(library, name) for name in names) or not hasattr(engine, "set_env"):
        return  # another Numba inside: slower, and the test of cold and warm runs will tell
    add, optimise, finish = (getattr(library, name) for name in names)
    set_env = engine.set_env

    def defined(module: Any) -> list[Any]:
        functions = [fn for fn in module.functions if not fn.is_declaration]
        ours = any("spinland_kernels" in fn.name for fn in functions)
        return functions if ours else []  # other libraries stay as they are

    def inner(module: Any) -> bool:
        functions = defined(module)
        own = (fn.name for fn in functions if fn.linkage.name == "external")
        return bool(functions) and not any(name.startswith("_ZN7cpython") for name in own)

    def add_optimised(self: Any, module: Any) -> None:
        if inner(module):
            module.data_layout = self._codegen._data_layout
            passes, builder = self._codegen._module_pass_manager()
            passes.run(module, builder)
        add(self, module)

    def optimise_whole(self: Any) -> None:
        if inner(self._final_module):
            return
        for fn in defined(self._final_module):
            if fn.linkage.name == "linkonce_odr":
                fn.linkage = "internal"
        optimise(self)

    def finish_whole(self: Any) -> None:
        if not inner(self._final_module):
            finish(self)
            return
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def set_env_of_compiled(self: Any, name: str, env: Any) -> None:
        if self._engine.get_global_value_address(name):
            set_env(self, name, env)

    library.add_llvm_module = add_optimised
    library._optimize_final_module = optimise_whole
    library._finalize_final_module = finish_whole
    engine.set_env = set_env_of_compiled


_compile_entry_points_whole()


def _decorate(function: F, **options: Any) -> F:
    return numba.njit(error_model="numpy", **options)(function)


def _entry_point(function: F, parallel: bool) -> F:
    dispatcher: Any = _decorate(function, fastmath=False, parallel=parallel, nogil=True)
    if function.__module__.startswith(f"{__package__}."):  # of others the hash of the sources knows nothing
        dispatcher._cache = KernelCache(function)
    return in_company(dispatcher, function, parallel)


def _inner(function: F, **options: Any) -> Any:
    """Compile what only compiled code calls, without the code that takes arguments from Python.

    It is compiled once for flags True and False, offsets 0 and 1, not once for every literal in a call.
    """
    dispatcher: Any = _decorate(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)
    if not hasattr(dispatcher, "get_call_template"):  # with NUMBA_DISABLE_JIT, a plain function
        return dispatcher
    by_types = dispatcher.get_call_template

    def by_plain_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in dict(kws).items()}
        return by_types(tuple(types.unliteral(kind) for kind in args), plain)

    def keep(result: Any) -> None:  # for compiled callers; not for Python, which would jump to nowhere
        dispatcher.overloads[tuple(result.signature.args)] = result

    def refuse(*args: Any, **kws: Any) -> None:
        raise TypeError(
            f"{function.__qualname__} is called from compiled code alone; its py_func is plain Python"
        )

    dispatcher.get_call_template = by_plain_types
    dispatcher.add_overload = keep
    dispatcher._compile_for_args = refuse
    return dispatcher


def formula(function: F) -> F:
    """Compile a scalar function, exact arithmetic, callable from loops on either device."""
    return _decorate(function, fastmath=False)


def block(function: F) -> F:
    """Compile sequential array code that loops call."""
    return _inner(function, fastmath=False)


def vector_block(function: F) -> F:
    """Compile sequential array code whose sums may be reassociated, so that they vectorise.

    The order of summation is fixed when it is compiled: the bits depend on the machine's vector
    width, not on the number of threads.
    """
    return _inner(function, fastmath=REASSOCIATE)


def loop(function: F) -> F:
    """Compile an entry point: parallel over independent items, cached on disk."""
    return _entry_point(function, parallel=True)


def serial_loop(function: F) -> F:
    """Compile a cached entry point without parallel parts."""
    return _entry_point(function, parallel=False)


class _CompileListener(event.Listener):
    """Tells two callbacks of each entry point that is really compiled (not read from the cache)."""

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


def on_compile(begun: Callable[[str], None], done: Callable[[str, float], None]) -> None:
    """Call ``begun(name)`` before an entry point is compiled and ``done(name, seconds)`` after it."""
    event.register("numba:compile", _CompileListener(begun, done))
