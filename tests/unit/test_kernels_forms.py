"""The form of kernels: few arguments, annotations, sums in a written order, and a guide that runs."""

import ast
import re
from pathlib import Path

import pytest

import spinland
from tests.unit.test_kernels_house import KERNELS, kernels_copy, run_in

OPERATIONS = sorted(p.parent.name for p in KERNELS.glob("*/cpu.py"))
FOLDERS = sorted({p.parent.name for p in KERNELS.glob("*/*.py")})
MOST_PUBLIC, MOST_COMPILED = 6, 10
COMPILED = {"block", "loop", "serial_loop", "formula", "arithmetic"}


def arguments(function):
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return [a for a in every if a.arg != "typingctx"]


def functions(path):
    """Functions of a file that are called: (function, whether it is compiled)."""
    for f in ast.parse(path.read_text()).body:
        if isinstance(f, ast.FunctionDef):
            decorators = {d.id for d in f.decorator_list if isinstance(d, ast.Name)}
            yield f, bool(decorators & (COMPILED | {"intrinsic"}))


@pytest.mark.parametrize("folder", FOLDERS)
def test_kernels_take_few_arguments(folder):
    for path in (KERNELS / folder).glob("*.py"):
        for f, compiled in functions(path):
            most = MOST_COMPILED if compiled else MOST_PUBLIC
            if compiled or (path.name == "cpu.py" and not f.name.startswith("_")):
                assert len(arguments(f)) <= most, f"{path.parent.name}/{path.name}: {f.name}"


@pytest.mark.parametrize("folder", OPERATIONS)
def test_public_kernels_say_what_they_take_and_give(folder):
    public = [
        f for f, compiled in functions(KERNELS / folder / "cpu.py") if not compiled and not f.name.startswith("_")
    ]
    assert public
    for f in public:
        assert f.returns is not None, f.name
        assert all(a.annotation is not None for a in arguments(f)), f.name


def test_no_sum_is_left_to_the_compiler():
    """What may be reassociated comes out differently in another surrounding."""
    flags = {}
    for path in KERNELS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "fastmath":
                flags.setdefault(path.name, []).append(ast.unparse(node.value))
    assert set(flags) == {"jit.py"}
    assert set(flags["jit.py"]) == {"False"}


def written_in_parallel(tree):
    """Assignments in the body of a parallel loop."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and ast.unparse(node.iter).startswith("prange("):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Assign):
                    yield from inner.targets
                elif isinstance(inner, ast.AugAssign):
                    yield inner.target


def through_tuples(tree):
    return [
        ast.unparse(target)
        for target in written_in_parallel(tree)
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute)
    ]


def test_no_parallel_loop_writes_through_a_tuple():
    """Numba loses, without a word, what the body of a parallel loop itself writes as ``work.out[i] = ...``."""
    assert through_tuples(ast.parse("for i in prange(n):\n    work.out[i] = 1\n    out[i] = 2")) == ["work.out[i]"]
    loops = 0
    for path in KERNELS.rglob("*.py"):
        tree = ast.parse(path.read_text())
        loops += len(list(written_in_parallel(tree)))
        assert through_tuples(tree) == [], path
    assert loops > 20


GUIDE = Path(spinland.__file__).parents[1] / "CONTRIBUTING.md"


def test_the_kernel_of_the_guide_runs(tmp_path):
    """The worked example, put where it says, in a copy of the kernels; its test at the end."""
    copy = kernels_copy(tmp_path)
    parts = re.findall(r"```python\n# (\S+)\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    files = dict(parts)
    assert list(files) == ["overlap/formula.py", "overlap/cpu.py", "tests/unit/test_overlap.py"]
    (copy / "overlap").mkdir()
    (copy / "overlap" / "__init__.py").write_text('"""Overlaps with a reference."""\n')
    for name in list(files)[:2]:
        (copy / name).write_text(files[name])
    assert run_in(tmp_path, tmp_path / "cache", files["tests/unit/test_overlap.py"] + "print(len(found))") == 7
