"""A shorter way of Numba's through LLVM for our entry points, which saves a third of the time that compiling takes.

Numba optimises every block twice and translates it to machine code, and again in each block and loop that calls it,
with all that these call. Only what stands in an entry point is ever run. So each function is optimised alone (some
loops vectorise only there, before they are surrounded by others) and once more in the entry points into which it is
linked, and only these are translated.

Numba also leaves the blocks in an entry point as weak symbols, and of several the first loaded wins, which may have
been optimised together with other code. Here an entry point runs its own copies. The bits do not hang on it: no sum may
be reassociated (:mod:`.jit`), and with Numba's own way they are the same.

This replaces private parts of Numba's code generator, for the time in which an entry point of ours is compiled and for
functions of ours only; no other code of the process ever meets it. Where the parts are missing, compiling goes Numba's
own way. What holds is told by `state`, and a version on which it was not tried is warned of when it first compiles.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numba
from numba.core import codegen
from numba.core.compiler_lock import global_compiler_lock

OLDEST, NEWEST = "0.62", "0.68"
"""Versions of Numba between which this is known to hold: tests ran on both."""

_PARTS = (
    (codegen.JITCPUCodegen, ("_library_class", "_module_pass_manager", "set_env")),
    (
        codegen.JITCodeLibrary,
        (
            "add_llvm_module",
            "_optimize_final_module",
            "_finalize_final_module",
            "_finalize_dynamic_globals",
            "_verify_declare_only_symbols",
        ),
    ),
)


def missing() -> list[str]:
    """Parts of Numba that this needs and that are not there."""
    return [f"{part.__name__}.{name}" for part, names in _PARTS for name in names if not hasattr(part, name)]


def is_tried() -> bool:
    """Whether this version of Numba is between those tried."""
    here, *ends = (tuple(map(int, text.split(".")[:2])) for text in (numba.__version__, OLDEST, NEWEST))
    return ends[0] <= here <= ends[1]


def state() -> str:
    """How this Numba compiles our kernels, in words."""
    if lost := missing():
        return f"Numba does, which takes longer: {numba.__version__} has no {', '.join(lost)}"
    return f"whole entry points; tried with Numba {OLDEST} to {NEWEST}" + ("" if is_tried() else ", not with this")


class _Library(codegen.JITCodeLibrary):  # type: ignore[misc]
    """A function of ours and all that it calls: what only others call is optimised, and not translated."""

    def _ours(self, module: Any) -> list[Any]:
        """Functions that a module defines, none if it holds other libraries' only: these go Numba's way."""
        functions = [fn for fn in module.functions if not fn.is_declaration]
        return functions if any("spinland_kernels" in fn.name for fn in functions) else []

    def _is_inner(self, module: Any) -> bool:
        functions = self._ours(module)
        own = (fn.name for fn in functions if fn.linkage.name == "external")
        return bool(functions) and not any(name.startswith("_ZN7cpython") for name in own)

    def add_llvm_module(self, ll_module: Any) -> None:
        """Optimise a function alone before it is linked."""
        if self._is_inner(ll_module):
            ll_module.data_layout = self._codegen._data_layout
            passes, builder = self._codegen._module_pass_manager()
            passes.run(ll_module, builder)
        super().add_llvm_module(ll_module)

    def _optimize_final_module(self) -> None:
        if self._is_inner(self._final_module):
            return
        for fn in self._ours(self._final_module):
            if fn.linkage.name == "linkonce_odr":
                fn.linkage = "internal"
        super()._optimize_final_module()

    def _finalize_final_module(self) -> None:
        if not self._is_inner(self._final_module):
            super()._finalize_final_module()
            return
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@cache
def _warn_once() -> None:
    warnings.warn(
        f"kernels were tried with Numba {OLDEST} to {NEWEST}, this is {numba.__version__}: compare a run that "
        "compiles them with one that finds them compiled before you trust the last digits",
        RuntimeWarning,
        stacklevel=2,
    )


@contextmanager
def compiling(target_context: Any) -> Iterator[None]:
    """Compile and load functions of ours this way within the block; one thread at a time."""
    if not is_tried():
        _warn_once()
    if missing():
        yield
        return
    engine = target_context.codegen()
    with global_compiler_lock:
        if "_library_class" in vars(engine):  # within the compilation of another
            yield
            return
        own_way = engine.set_env

        def set_env(name: str, env: Any) -> None:
            if engine._engine.get_global_value_address(name):  # what is not translated has none
                own_way(name, env)

        engine._library_class, engine.set_env = _Library, set_env
        try:
            yield
        finally:
            del engine._library_class, engine.set_env
