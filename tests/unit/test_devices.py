"""The door to the kernels: which module, which machine, and a refusal where there is none."""

import ast
import sys

import pytest
from threadpoolctl import threadpool_info

from spinland import devices
from spinland.errors import DeviceUnavailable, SpinlandError
from spinland_kernels import devices as kernels


def test_an_operation_is_the_module_of_its_machine():
    module = devices.operation("philox", "cpu")
    assert module.__name__ == "spinland_kernels.philox.cpu"
    assert module is sys.modules[module.__name__]


def test_every_operation_has_a_module_for_the_cores():
    names = kernels.operations("cpu")
    assert {"mlp", "walk", "swap", "slice", "pspin", "philox"} <= set(names)
    for name in names:
        assert kernels.operation(name, "cpu").__name__ == f"spinland_kernels.{name}.cpu"


@pytest.mark.parametrize("name", kernels.operations("cpu"))
def test_what_has_no_twin_is_refused(name):
    if name in kernels.operations("cuda"):
        pytest.skip("it has a twin")
    with pytest.raises(kernels.Unavailable, match=name):
        kernels.operation(name, "cuda")
    with pytest.raises(DeviceUnavailable, match=f"device: '{name}' has no kernel for 'cuda'") as caught:
        devices.operation(name, "cuda")
    assert isinstance(caught.value, SpinlandError)


def test_a_twin_without_a_card_is_refused(monkeypatch):
    from numba import cuda

    monkeypatch.setattr(kernels, "find_spec", lambda name: object())  # as if philox had a twin
    monkeypatch.setattr(cuda, "is_available", lambda: False)
    kernels._card.cache_clear()
    with pytest.raises(DeviceUnavailable, match="no card"):
        devices.operation("philox", "cuda")


@pytest.mark.parametrize(("name", "device"), [("philox", "tpu"), ("nothing", "cpu"), ("jit", "cpu"), ("..", "cpu")])
def test_names_of_nothing_are_refused(name, device):
    with pytest.raises(ValueError, match="no operation"):
        kernels.operation(name, device)


def test_a_machine_is_described():
    assert "logical cores" in devices.describe("cpu")
    if not devices.has_kernels("cuda"):
        assert devices.describe("cuda") == "cuda has no kernels in this version"


def test_nothing_compiled_is_loaded_before_it_is_asked_for(run_python):
    script = "import sys, spinland.devices, spinland.rng, spinland.checks\n"
    script += "before = 'numba' in sys.modules, any(m.endswith('.cpu') for m in sys.modules)\n"
    script += "spinland.devices.operation('philox', 'cpu')\n"
    script += "print([*before, 'numba' in sys.modules])"
    assert ast.literal_eval(run_python(script)) == [False, False, True]


def test_blas_runs_on_one_thread_inside():
    with devices.single_threaded():
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} <= {1}
