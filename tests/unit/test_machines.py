"""The door to the kernels: which module, which machine, and a refusal where there is none."""

import ast
import sys
import threading
import time
from contextlib import nullcontext
from importlib.machinery import ModuleSpec
from types import SimpleNamespace

import pytest
from threadpoolctl import threadpool_info

import spinland as sl
from spinland import machines
from spinland.errors import DeviceUnavailable, SpinlandError
from spinland_kernels import blas
from spinland_kernels import devices as kernels


def test_an_operation_is_the_module_of_its_machine():
    module = machines.operation("philox", "cpu")
    assert module.__name__ == "spinland_kernels.philox.cpu"
    assert module is sys.modules[module.__name__]


def test_every_operation_has_a_module_for_the_cores():
    names = kernels.operations("cpu")
    assert {"mlp", "walk", "swap", "slice", "pspin", "philox"} <= set(names)
    for name in names:
        assert kernels.operation(name, "cpu").__name__ == f"spinland_kernels.{name}.cpu"


@pytest.fixture
def one_card(monkeypatch):
    """A card that nothing is launched on."""
    monkeypatch.setattr(kernels, "cards", lambda: ["a card"])


def test_what_has_no_twin_is_refused(one_card, monkeypatch):
    """As a new operation is, until it has one."""
    monkeypatch.setattr(kernels, "find_spec", lambda module: None)
    kernels._on.cache_clear()
    with pytest.raises(kernels.Unavailable, match="path"):
        kernels.operation("path", "cuda")
    with pytest.raises(DeviceUnavailable, match="device: 'path' has no kernel for 'cuda'") as caught:
        machines.operation("path", "cuda")
    assert isinstance(caught.value, SpinlandError)


@pytest.mark.parametrize("device", ["cuda:1", "cuda:17"])
def test_a_card_that_is_not_there_is_refused(device, one_card):
    with pytest.raises(DeviceUnavailable, match=f"device: {device!r} is not there: the last card is 'cuda:0'"):
        machines.operation("philox", device)
    with pytest.raises(DeviceUnavailable, match="the last card is 'cuda'"):
        sl.SphericalSpinGlass(5, 3, device=device)


def test_a_cards_lack_of_memory_is_told_as_our_error(monkeypatch):
    jit_cuda = pytest.importorskip("spinland_kernels.jit_cuda")
    entered = []
    monkeypatch.setattr(jit_cuda, "on", lambda index: nullcontext(entered.append(index)))
    monkeypatch.setattr(kernels, "cards", lambda: ["a card", "another"])

    def full():
        """What needs more than there is."""
        raise jit_cuda.OutOfMemory(3, 2)

    name = "spinland_kernels.philox.cuda"
    twin = SimpleNamespace(full=full, most=7, __spec__=ModuleSpec(name, None))
    monkeypatch.setitem(sys.modules, name, twin)
    kernels._on.cache_clear()
    module = machines.operation("philox", "cuda:1")
    assert module.most == 7
    assert module.full.__doc__ == full.__doc__
    with pytest.raises(sl.DeviceMemoryError, match="device: 3 bytes") as caught:
        module.full()
    assert (caught.value.needed, caught.value.free, entered) == (3, 2, [1])
    with pytest.raises(jit_cuda.OutOfMemory):
        kernels.operation("philox", "cuda:1").full()
    assert machines.operation("philox", "cuda:1") is module
    kernels._on.cache_clear()


ABSENT = {
    "numba-cuda is not installed": ("implementation", "Built-in"),
    "no driver, or no card": ("is_available", lambda: False),
}


@pytest.mark.parametrize("reason", ABSENT)
def test_what_is_absent_is_named_and_nothing_falls_back(reason, monkeypatch):
    jit_cuda = pytest.importorskip("spinland_kernels.jit_cuda")
    monkeypatch.setattr(jit_cuda._cuda, "implementation", "NVIDIA", raising=False)
    monkeypatch.setattr(jit_cuda, "SIMULATED", False)
    monkeypatch.setattr(jit_cuda._cuda, *ABSENT[reason])
    cores, card = sl.devices()
    assert (cores.available, card.available) == (True, False)
    assert reason in card.description
    for refused in (
        lambda: machines.operation("philox", "cuda"),
        lambda: sl.SphericalSpinGlass(5, 3, device="cuda"),
        lambda: sl.train(sl.ReLUNetwork((64, 3, 10)), "digits", 1, device="cuda"),
    ):
        with pytest.raises(DeviceUnavailable, match=f"device: {reason}"):
            refused()


def test_a_package_that_does_not_fit_is_named(monkeypatch):
    """A numba-cuda of an older NumPy fails while it is imported, in ways of its own."""
    monkeypatch.setitem(sys.modules, "spinland_kernels.jit_cuda", None)
    monkeypatch.delattr("spinland_kernels.jit_cuda", raising=False)
    with pytest.raises(DeviceUnavailable, match=r"numba-cuda cannot be imported \(numba-cuda .*, numpy .*\)"):
        machines.operation("philox", "cuda")


@pytest.mark.parametrize("name", ["nothing", "jit", ".."])
def test_names_of_nothing_are_refused(name):
    with pytest.raises(ValueError, match="no operation"):
        kernels.operation(name, "cpu")


@pytest.mark.parametrize("device", ["tpu", "cuda:", "cuda:x", "cpu:0", "CUDA", ""])
def test_devices_of_no_name_are_refused(device):
    with pytest.raises(ValueError, match="no device"):
        kernels.operation("philox", device)
    with pytest.raises(sl.ArgumentError, match="device"):
        sl.SphericalSpinGlass(5, 3, device=device)


def test_the_devices_are_described():
    cores, *cards = sl.devices()
    assert cores.available
    assert "logical cores" in cores.description
    assert [card.name for card in cards] == ["cuda", *(f"cuda:{i}" for i in range(1, len(cards)))]
    assert str(cores) == f"cpu: {cores.description}"


def test_nothing_compiled_is_loaded_before_it_is_asked_for(run_python):
    script = "import sys, spinland.machines, spinland.rng, spinland.checks\n"
    script += "before = 'numba' in sys.modules, any(m.endswith('.cpu') for m in sys.modules)\n"
    script += "spinland.machines.operation('philox', 'cpu')\n"
    script += "print([*before, 'numba' in sys.modules])"
    assert ast.literal_eval(run_python(script)) == [False, False, True]


def test_blas_runs_on_one_thread_inside():
    with machines.single_threaded():
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} <= {1}


@pytest.mark.usefixtures("all_threads")
def test_items_side_by_side_come_in_their_order_and_blas_goes_alone(threads):
    def look(item):
        assert all(library.num_threads == 1 for library in blas._libraries())
        time.sleep(0.01 * (item % 3))  # the later ones end first
        return item**2, threading.get_ident()

    found = list(machines.side_by_side(look, range(12)))
    assert [square for square, _ in found] == [item**2 for item in range(12)]
    assert len({thread for _, thread in found}) > 1
    threads(1)
    alone = list(machines.side_by_side(look, range(12)))
    assert {thread for _, thread in alone} == {threading.get_ident()}
    assert list(machines.side_by_side(look, [])) == []


def test_the_first_item_that_fails_is_told():
    with pytest.raises(ValueError, match="item 3"):
        list(machines.side_by_side(lambda item: _fail(item) if item == 3 else item, range(6)))


def _fail(item):
    raise ValueError(f"item {item}")
