"""The shorter way through LLVM: for functions of ours alone, with a word where it was not tried."""

import numba
import numpy as np
import pytest
from numba.core import codegen

from spinland_kernels import jit, whole
from spinland_kernels.philox import cpu


def library_of(dispatcher):
    (compiled,) = dispatcher.overloads.values()
    return compiled.library


def entry_point():
    """One of ours, not compiled yet."""
    fresh = jit.serial_loop(cpu._fill_uniforms.dispatcher.py_func)
    fresh.dispatcher._cache = numba.core.caching.NullCache()
    return fresh


def called(kernel):
    out = np.empty((1, 3))
    kernel(out, np.uint64(1), np.uint64(2), np.array([3], np.uint64), np.uint64(4), np.uint64(0))
    return out[0].tolist()


@numba.njit
def anybodys(x):
    return x + 1.0


def test_only_our_functions_are_compiled_this_way():
    before = {name: getattr(codegen.JITCodeLibrary, name) for name in dir(codegen.JITCodeLibrary)}
    kernel = entry_point()
    called(kernel)
    assert type(library_of(kernel.dispatcher)) is whole._Library
    engine = kernel.dispatcher.targetctx.codegen()
    assert not {"_library_class", "set_env"} & vars(engine).keys()
    assert {name: getattr(codegen.JITCodeLibrary, name) for name in before} == before
    assert anybodys(1.0) == 2.0
    assert type(library_of(anybodys)) is codegen.JITCodeLibrary


def test_after_an_error_of_the_compiler_numba_is_as_it_was():
    @jit.serial_loop
    def wrong(x):
        return x.no_such_attribute

    with pytest.raises(numba.TypingError):
        wrong(1.0)
    assert "_library_class" not in vars(wrong.dispatcher.targetctx.codegen())


def test_without_the_parts_numba_compiles_its_own_way(monkeypatch):
    want = called(entry_point())
    monkeypatch.setattr(whole, "missing", lambda: ["JITCodeLibrary.a_part"])
    kernel = entry_point()
    assert called(kernel) == want
    assert type(library_of(kernel.dispatcher)) is codegen.JITCodeLibrary
    assert whole.state().startswith("Numba does, which takes longer: ")
    assert whole.state().endswith(" has no JITCodeLibrary.a_part")


@pytest.mark.parametrize("version", ["0.61.2", "0.100.0", "1.0.0rc1"])
def test_a_version_that_was_not_tried_is_warned_of(version, monkeypatch):
    assert whole.is_tried()
    monkeypatch.setattr(numba, "__version__", version)
    whole._warn_once.cache_clear()
    kernel = entry_point()
    with pytest.warns(RuntimeWarning, match=f"this is {version}: compare a run"):
        called(kernel)
    assert whole.state().endswith(", not with this")
    whole._warn_once.cache_clear()


def test_this_version_is_tried():
    assert whole.missing() == []
    assert whole.state() == f"whole entry points; tried with Numba {whole.OLDEST} to {whole.NEWEST}"
