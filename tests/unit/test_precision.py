"""Precision by name: what it comes to, where it is refused, and where it and the card are told."""

import numpy as np
import pytest

import spinland as sl
from spinland import checks, environment, machines
from spinland.errors import ArgumentError, DeviceUnavailable, StoreError
from spinland.provenance import record_on
from spinland.study.atlas import AtlasConfig, _source
from spinland.study.glasses import GlassConfig
from spinland.study.networks import StudyConfig, run_study
from spinland.study.opening import open_file

SINGLE, DOUBLE = np.dtype("float32"), np.dtype("float64")
DATA = np.ones((4, 2)), np.array([0, 1, 0, 1]), np.ones((2, 2)), np.array([0, 1])
CARD = {"card": "a card, compute capability 9.0", "driver": "CUDA 13.0", "compiler": "numba-cuda 0"}


@pytest.fixture
def a_card(monkeypatch):
    """A card that nothing is launched on."""
    monkeypatch.setattr(machines, "check", lambda device: None)
    monkeypatch.setattr(machines, "card", lambda device: CARD)
    monkeypatch.setattr(machines, "has_tensor_cores", lambda device: True)


def test_without_a_name_it_is_the_float_type():
    assert checks.precision(None, DOUBLE, "cpu") == "float64"
    assert checks.precision(None, SINGLE, "cpu") == checks.precision("float32", SINGLE, "cpu") == "float32"


@pytest.mark.parametrize(
    ("value", "dtype", "device"),
    [
        ("tf32", SINGLE, "cpu"),
        ("3xtf32", SINGLE, "cpu"),
        ("float32", DOUBLE, "cpu"),
        ("tf32", DOUBLE, "cuda"),
        ("float64", DOUBLE, "cpu"),
        ("TF32", SINGLE, "cuda"),
        (32, SINGLE, "cpu"),
    ],
)
@pytest.mark.usefixtures("a_card")
def test_what_the_type_or_the_device_lacks_is_refused(value, dtype, device):
    with pytest.raises(ArgumentError, match=r"^precision: expected"):
        checks.precision(value, dtype, device)


def test_a_card_without_tensor_cores_is_told(a_card, monkeypatch):
    assert checks.precision("tf32", SINGLE, "cuda:1") == "tf32"
    monkeypatch.setattr(machines, "has_tensor_cores", lambda device: False)
    with pytest.raises(DeviceUnavailable, match=r"precision: 'cuda:1' has no tensor cores for 'tf32'"):
        checks.precision("tf32", SINGLE, "cuda:1")
    assert checks.precision("float32", SINGLE, "cuda:1") == "float32"


def test_results_of_networks_tell_it_and_others_have_none():
    network = sl.ReLUNetwork((2, 3, 2))
    for dtype in ("float32", "float64"):
        landscape = sl.NetworkLandscape(network, DATA, dtype=dtype)
        at = network.initialize(1, 0, dtype=dtype)
        assert sl.random_walk(landscape, at, 0.1, 1).provenance.precision == dtype
        assert sl.train(network, DATA, 1, batch_size=2, epochs=1, dtype=dtype).provenance.precision == dtype
    assert record_on(sl.SphericalSpinGlass(3, 3), "line").precision == ""
    assert sl.hierarchy(np.random.default_rng(0).normal(size=(4, 3))).provenance.precision == ""


def test_a_card_is_part_of_the_environment(a_card):
    cores, there = environment.current(), environment.current("cuda")
    assert there == cores | CARD
    assert "card" not in environment.current()  # nothing was written into what is kept
    moved = environment.difference(there, there | {"card": "another card"})
    assert moved == f"card {CARD['card']}, here another card"
    assert CARD["driver"] in environment.summary("cuda")
    assert CARD["driver"] not in environment.summary()


def test_a_study_refuses_it_before_it_computes(tmp_path):
    for config in (StudyConfig(precision="tf32"), StudyConfig(precision="float32", dtype="float64")):
        with pytest.raises(ArgumentError, match=r"^precision: "):
            run_study(config, tmp_path / "study.h5", dataset=DATA, chapters=("training",))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ArgumentError, match=r"^precision: "):
        StudyConfig(precision="half")


@pytest.mark.usefixtures("a_card")
def test_a_study_begun_in_one_precision_is_not_gone_on_with_in_another(tmp_path):
    path, how = tmp_path / "study.h5", {"device": "cuda", "overwrite": False, "mixed": False, "say": lambda text: None}
    first, other = (StudyConfig(device="cuda", precision=precision) for precision in ("tf32", "3xtf32"))
    assert open_file(path, first, {}, (), **how).meta["environments"] == [environment.current("cuda")]
    assert open_file(path, first, {}, (), **how) is not None
    with pytest.raises(StoreError, match=r"is a study with precision = 'tf32', not '3xtf32'"):
        open_file(path, other, {}, (), **how)
    with pytest.raises(StoreError, match=r"was begun elsewhere \(.*card a card, compute capability 9.0, here nothing"):
        open_file(path, first, {}, (), **how | {"device": "cpu"})


def test_an_atlas_of_a_glass_has_no_precision():
    facts = {"kind": "glass", "config": GlassConfig().as_dict()}
    with pytest.raises(ArgumentError, match=r"^precision: expected none: a glass has no layers"):
        _source(facts, None, AtlasConfig(precision="tf32"))
