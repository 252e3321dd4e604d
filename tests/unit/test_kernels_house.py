"""Rules of the house that no linter knows: decorators, stale caches, twins, imports, docstrings, sizes."""

import ast
import importlib
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import spinland
import spinland_kernels
from spinland_kernels import diskcache, jit

KERNELS = Path(spinland_kernels.__file__).parent
PACKAGE = Path(spinland.__file__).parent
SOURCES = sorted([*KERNELS.rglob("*.py"), *PACKAGE.rglob("*.py")])


def name_of(path):
    return path.relative_to(KERNELS.parent if path.is_relative_to(KERNELS) else PACKAGE.parent).as_posix()


def calls_and_imports(tree):
    """Dotted names that a module imports, and attributes that it looks up on ``numba`` or ``cuda``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "numba":
            yield f"numba.{node.attr}"


FORBIDDEN = {
    f"numba.{name}" for name in ("njit", "jit", "vectorize", "guvectorize", "generated_jit", "stencil", "cfunc")
}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_jit_py_compiles(path):
    used = set(calls_and_imports(ast.parse(path.read_text())))
    if path == KERNELS / "jit.py":
        assert used & FORBIDDEN == {"numba.njit"}
    else:
        assert not used & FORBIDDEN


def test_the_scan_sees_what_it_should():
    seen = set(calls_and_imports(ast.parse("from numba import njit\nimport numba\n@numba.jit\ndef f(): pass")))
    assert seen & FORBIDDEN == {"numba.njit", "numba.jit"}


def kernels_copy(folder):
    copy = folder / "spinland_kernels"
    shutil.copytree(KERNELS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def run_in(tree, cache, script):
    environment = {**os.environ, "PYTHONPATH": str(tree), "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=False, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


HASH = """
import hashlib, json, sys
from pathlib import Path
from spinland_kernels import diskcache
root = Path(diskcache.__file__).parent
hashes = {"": diskcache.source_hash()}
for path in sorted(root.rglob("*.py")):
    source = path.read_bytes()
    path.write_bytes(source + b"#")
    diskcache.source_hash.cache_clear()
    hashes[path.relative_to(root).as_posix()] = diskcache.source_hash()
    path.write_bytes(source)
diskcache.source_hash.cache_clear()
assert diskcache.source_hash() == hashes[""]
(root / "new.py").touch()
diskcache.source_hash.cache_clear()
hashes["new.py"] = diskcache.source_hash()
print(json.dumps(hashes))
"""


def test_the_hash_follows_every_source(tmp_path):
    kernels_copy(tmp_path)
    hashes = run_in(tmp_path, tmp_path / "cache", HASH)
    assert len(hashes) == len(list(KERNELS.rglob("*.py"))) + 2
    assert len(set(hashes.values())) == len(hashes)
    assert hashes[""] == diskcache.source_hash()


UNIFORM = """
import json
import numpy as np
from spinland_kernels.philox import cpu
out = np.empty((1, 3))
cpu.fill_uniforms(out, 1, 2, [3], 4)
print(json.dumps([out[0].tolist(), sum(cpu._fill_uniforms.dispatcher.stats.cache_hits.values())]))
"""


def test_an_edited_formula_is_compiled_anew(tmp_path):
    copy, cache = kernels_copy(tmp_path), tmp_path / "cache"
    first, hits = run_in(tmp_path, cache, UNIFORM)
    assert hits == 0
    again, hits = run_in(tmp_path, cache, UNIFORM)
    assert (again, hits) == (first, 1)
    formula = copy / "philox" / "formula.py"
    source = formula.read_text()
    assert source.count("+ 0.5) * _TO_UNIT") == 1
    formula.write_text(source.replace("+ 0.5) * _TO_UNIT", "+ 0.5) * _TO_UNIT + 1.0"))
    edited, hits = run_in(tmp_path, cache, UNIFORM)
    assert hits == 0
    assert edited == pytest.approx([u + 1 for u in first], abs=1e-15)


def test_literal_arguments_share_one_compiled_form():
    @jit.block
    def shifted(x, by):
        return x + by

    @jit.serial_loop
    def both(x):
        return shifted(x, 1) + shifted(x, 2) + shifted(x, x)

    assert both(3) == 15
    assert len(shifted.signatures) == 1


def test_entry_points_and_their_seconds_are_told_when_compiled():
    @jit.block
    def twice(x):
        return x + x

    @jit.serial_loop
    def four_times(x):
        return twice(twice(x))

    begun, done = [], []
    jit.on_compile(begun.append, lambda name, seconds: done.append((name, seconds)))
    assert four_times(2) == four_times(2) == 8
    assert [name.split(".")[-1] for name in begun] == ["four_times"]
    assert [name for name, _ in done] == begun
    assert done[0][1] > 0


def test_a_block_is_refused_to_python_before_and_after_it_is_compiled():
    @jit.block
    def half(x):
        return x / 2

    @jit.serial_loop
    def quarter(x):
        return half(half(x))

    for _ in range(2):
        with pytest.raises(TypeError, match="half is called from compiled code alone"):
            half(3.0)
        assert quarter(3.0) == 0.75
    assert half.py_func(3.0) == 1.5


def public_functions(module):
    return {
        name: f
        for name, f in vars(module).items()
        if not name.startswith("_") and getattr(f, "__module__", None) == module.__name__ and callable(f)
    }


def plain(function):
    return getattr(function, "py_func", function)


def modules(package):
    """Names of all modules of a package, itself included."""
    found = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return [package.__name__, *(info.name for info in found if not info.name.endswith("__main__"))]


def test_every_module_can_be_imported_and_brings_no_framework(run_python):
    names = [*modules(spinland_kernels), *modules(spinland)]
    script = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
    script += "print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = set(ast.literal_eval(run_python(script, MPLBACKEND="agg")))
    assert not loaded & {"torch", "jax", "jaxlib", "tensorflow", "keras", "flax", "mxnet", "paddle"}


def test_import_is_light(run_python):
    loaded = run_python("import sys, spinland\nprint(*{name.split('.')[0] for name in sys.modules})").split()
    assert not set(loaded) & {"numba", "matplotlib", "scipy", "sklearn", "h5py"}


def documented(module):
    """Public classes and functions that a module defines, and the public methods of the classes."""
    for name, thing in public_functions(module).items():
        yield name, thing
        if inspect.isclass(thing):
            for method, member in vars(thing).items():
                function = getattr(member, "fget", getattr(member, "func", getattr(member, "__func__", member)))
                if not method.startswith("_") and inspect.isfunction(function):
                    yield f"{name}.{method}", function


def parameters_section(docstring):
    """Names under "Parameters" of a numpydoc docstring, or None."""
    match = re.search(r"^Parameters\n-{10}\n(.*?)(?=^\S[^\n]*\n-{3,}\n|\Z)", docstring, re.MULTILINE | re.DOTALL)
    if match is None:
        return None
    heads = re.findall(r"^(\S[^:\n]*?)\s*(?::.*)?$", match.group(1), re.MULTILINE)
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def has_content(path):
    return bool(ast.parse(path.read_text()).body)


@pytest.mark.parametrize("path", [p for p in SOURCES if has_content(p)], ids=name_of)
def test_public_things_are_documented(path):
    assert ast.get_docstring(ast.parse(path.read_text())), "the module has no docstring"
    name = ".".join(Path(name_of(path)).with_suffix("").parts).removesuffix(".__init__")
    if name.endswith("__main__"):
        return
    module = importlib.import_module(name)
    for label, thing in documented(module):
        thing = plain(thing)
        docstring = inspect.getdoc(thing)
        assert docstring, f"{label} has no docstring"
        names = parameters_section(docstring)
        if names is not None:
            signature = [p for p in inspect.signature(thing).parameters if p not in ("self", "cls")]
            assert sorted(names) == sorted(signature), label  # related names may share an entry


def test_the_parameter_scan_reads_numpydoc():
    text = (
        "Do it.\n\nParameters\n----------\na, b : int\n    Numbers: two.\nc\n    More.\n\nReturns\n-------\nx : "
        "int\n    It.\n"
    )
    assert parameters_section(text) == ["a", "b", "c"]
    assert parameters_section("Do it.\n\nReturns\n-------\nx\n") is None


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_stay_small(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("folder", sorted({p.parent for p in SOURCES}), ids=str)
def test_no_function_is_named_like_a_package_beside_it(folder):
    beside = {p.name for p in folder.iterdir() if p.is_dir()}
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        functions = {f.name for f in tree.body if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")}
        functions -= {"main"}  # the entry point of a program
        assert not functions & beside, path
