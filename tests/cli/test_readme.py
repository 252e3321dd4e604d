"""What is written down runs: README, docstrings, and the list of public names."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

PUBLIC = (
    "load_dataset",
    "Dataset",
    "ReLUNetwork",
    "NetworkLandscape",
    "FunctionLandscape",
    "Landscape",
    "Sphere",
    "Euclidean",
    "random_walk",
    "ruggedness",
    "line",
    "plane",
    "plane_through",
    "trajectory_plane",
    "random_directions",
    "swap_interpolation",
    "correlation",
    "flatness",
    "train",
    "SGD",
    "Adam",
    "AdamW",
    "distances",
    "overlaps",
    "hierarchy",
    "pair_statistics",
    "ultrametricity",
    "Store",
    "run_study",
    "StudyConfig",
    "figures",
    "symmetry",
    "SphericalSpinGlass",
    "theory",
    "gradient_flow",
    "minimize",
    "langevin",
    "replica_exchange",
    "critical_points",
    "path_couplings",
)

WITH_EXAMPLES = (
    "load_dataset",
    "NetworkLandscape",
    "FunctionLandscape",
    "SphericalSpinGlass",
    "train",
    "random_walk",
    "line",
    "plane",
    "swap_interpolation",
    "correlation",
    "flatness",
    "distances",
    "overlaps",
    "hierarchy",
    "ultrametricity",
    "critical_points",
    "Store",
)


def test_readme_python(repository, run_python, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    run_python(f"import os\nos.chdir({str(tmp_path)!r})\n" + "\n".join(blocks), MPLBACKEND="Agg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.h5", "walk.svg"]


def test_readme_names_exist(repository):
    import spinland

    text = (repository / "README.md").read_text("utf-8")
    table = text.split("| data |")[1].split("## What to trust")[0]
    names = set(re.findall(r"`([A-Za-z_]+)`", table)) | set(re.findall(r"\bsl\.([A-Za-z_]+)", text))
    assert len(names) > 30
    assert [name for name in sorted(names) if not hasattr(spinland, name)] == []


def test_public_names():
    import spinland

    assert [name for name in PUBLIC if name not in spinland.__all__] == []
    for name in spinland.__all__:
        assert getattr(spinland, name) is not None


def test_star_import(run_python):
    script = "from spinland import *\nimport spinland\nprint(set(spinland.__all__) <= globals().keys())"
    assert run_python(script).strip() == "True"


def test_importing_spinland_loads_nothing_heavy(run_python):
    heavy = "numba h5py matplotlib sklearn scipy torch"
    script = f"import sys, spinland\nprint([name for name in '{heavy}'.split() if name in sys.modules])"
    assert run_python(script).strip() == "[]"


def _modules():
    """Names and files of all modules of ours."""
    import spinland
    import spinland_kernels

    for package in (spinland, spinland_kernels):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*.py")):
            if path.name != "__main__.py":
                yield (".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__"), path)


@pytest.mark.parametrize("name", [name for name, path in _modules() if ">>> " in path.read_text("utf-8")])
def test_docstring_examples(name):
    result = doctest.testmod(importlib.import_module(name))
    assert (result.failed, result.attempted > 0) == (0, True)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_main_functions_have_an_example(name):
    import spinland

    assert ">>> " in getattr(spinland, name).__doc__


@pytest.mark.parametrize("name", ["figures", "symmetry"])
def test_parts_offer_what_they_list(name):
    import spinland

    part = getattr(spinland, name)
    assert [entry for entry in part.__all__ if not hasattr(part, entry)] == []
