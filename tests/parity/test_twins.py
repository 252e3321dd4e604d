"""A kernel's forms for the machines offer the same public functions with the same arguments."""

import ast
from pathlib import Path

import spinland_kernels

KERNELS = Path(spinland_kernels.__file__).parent


def public_signatures(source):
    """Arguments of the public functions that a module defines, without what is compiled or imported."""
    return {
        f.name: [a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)]
        for f in ast.parse(source).body
        if isinstance(f, ast.FunctionDef) and not f.name.startswith("_") and not f.decorator_list
    }


def differences(cpu, cuda):
    """Names that only one form has, or whose arguments differ."""
    a, b = public_signatures(cpu), public_signatures(cuda)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def test_twins_have_the_same_names_and_signatures():
    twins = [cuda for cuda in KERNELS.glob("*/cuda.py") if cuda.with_name("cpu.py").exists()]  # lanes is no operation
    assert twins
    for cuda in twins:
        assert differences(cuda.with_name("cpu.py").read_text(), cuda.read_text()) == [], cuda.parent.name


def test_the_comparison_sees_what_it_should():
    cpu = "def losses(points, network): pass\ndef _own(): pass\n@block\ndef inner(x): pass\n"
    assert differences(cpu, "def losses(points, network): pass\ndef _other(x): pass\n") == []
    assert differences(cpu, "def losses(network, points): pass\n") == ["losses"]
    assert differences(cpu, cpu + "def more(x): pass\n") == ["more"]
    assert differences(cpu, "") == ["losses"]
