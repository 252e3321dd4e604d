"""What makes no sense is refused at the door, with the name of the argument."""

import numpy as np
import pytest

from spinland import checks
from spinland.errors import ArgumentError, DeviceUnavailable, SpinlandError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.geometry import Euclidean, Sphere
from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape

NETWORK = ReLUNetwork((2, 3, 2))
X = np.array([[0.0, 1.0], [1.0, 2.0], [3.0, 4.0]])
Y = np.array([0, 1, 1])
ZEROS = np.zeros(NETWORK.n_params)
LANDSCAPE = NetworkLandscape(NETWORK, X, Y)
BOWL = FunctionLandscape(lambda w: (w**2).sum(axis=1), 3)
NAN, INF = float("nan"), float("inf")


def build(x=X, y=Y, *, network=NETWORK, **options):
    return NetworkLandscape(network, x, y, **options)


def with_entry(array, value):
    changed = np.array(array, float)
    changed.flat[0] = value
    return changed


NETWORKS = {
    "widths-negative": (lambda: ReLUNetwork((2, -3, 2)), "widths[1]"),
    "widths-zero": (lambda: ReLUNetwork((2, 0)), "widths[1]"),
    "widths-real": (lambda: ReLUNetwork((2, 3.5)), "widths[1]"),
    "widths-bool": (lambda: ReLUNetwork((2, True)), "widths[1]"),
    "widths-one": (lambda: ReLUNetwork((2,)), "widths"),
    "widths-number": (lambda: ReLUNetwork(5), "widths"),
    "widths-text": (lambda: ReLUNetwork("784"), "widths[0]"),
    "bias-text": (lambda: ReLUNetwork((2, 3), bias="no"), "bias"),
    "replicas-zero": (lambda: NETWORK.initialize(0), "n_replicas"),
    "replicas-first": (lambda: NETWORK.initialize(1, first=-1), "first"),
    "initialize-seed": (lambda: NETWORK.initialize(1, seed=-1), "seed"),
    "initialize-dtype": (lambda: NETWORK.initialize(1, dtype="float16"), "dtype"),
    "layers-short": (lambda: NETWORK.layers(ZEROS[1:]), "point"),
    "layers-batch": (lambda: NETWORK.layers(ZEROS[None]), "point"),
    "flatten-count": (lambda: NETWORK.flatten(NETWORK.layers(ZEROS)[:1]), "layers"),
    "flatten-weight": (
        lambda: NETWORK.flatten([(np.zeros((2, 3)), np.zeros(3)), NETWORK.layers(ZEROS)[1]]),
        "layers[0] weight",
    ),
    "flatten-bias": (
        lambda: NETWORK.flatten([(np.zeros((3, 2)), np.zeros(2)), NETWORK.layers(ZEROS)[1]]),
        "layers[0] bias",
    ),
    "flatten-no-bias": (
        lambda: NETWORK.flatten([(np.zeros((3, 2)), None), NETWORK.layers(ZEROS)[1]]),
        "layers[0] bias",
    ),
}

LANDSCAPES = {
    "network": (lambda: build(network=(2, 3, 2)), "network"),
    "x-columns": (lambda: build(X[:, :1]), "x"),
    "x-flat": (lambda: build(X[0]), "x"),
    "x-empty": (lambda: build(X[:0], Y[:0]), "x"),
    "x-nan": (lambda: build(with_entry(X, NAN)), "x"),
    "x-too-large-for-float32": (lambda: build(with_entry(X, 1e300)), "x"),
    "x-text": (lambda: build([["1", "2"]], [0]), "x"),
    "x-complex": (lambda: build(X * 1j), "x"),
    "x-ragged": (lambda: build([[1.0, 2.0], [3.0]]), "x"),
    "x-none": (lambda: build(None), "x"),
    "y-short": (lambda: build(y=Y[:2]), "y"),
    "y-empty": (lambda: build(y=Y[:0]), "y"),
    "y-outside": (lambda: build(y=[0, 1, 2]), "y"),
    "y-negative": (lambda: build(y=[0, 1, -1]), "y"),
    "y-real-labels": (lambda: build(y=[0.0, 1.0, 1.0]), "y"),
    "y-one-hot-cross-entropy": (lambda: build(y=np.eye(2)[Y], loss="cross_entropy"), "y"),
    "y-targets-shape": (lambda: build(y=np.zeros((3, 3)), loss="mse"), "y"),
    "y-targets-nan": (lambda: build(y=np.full((3, 2), NAN), loss="mse"), "y"),
    "loss": (lambda: build(loss="hinge"), "loss"),
    "dtype": (lambda: build(dtype="float16"), "dtype"),
    "dtype-none": (lambda: build(dtype=None), "dtype"),
    "dtype-name": (lambda: build(dtype="single precision"), "dtype"),
    "device": (lambda: build(device="tpu"), "device"),
    "precision": (lambda: build(precision="float16"), "precision"),
    "precision-of-the-cores": (lambda: build(precision="tf32"), "precision"),
    "precision-of-float64": (lambda: build(dtype="float64", precision="float32"), "precision"),
    "points-short": (lambda: LANDSCAPE.value(ZEROS[1:]), "points"),
    "points-cube": (lambda: LANDSCAPE.value(ZEROS[None, None]), "points"),
    "points-number": (lambda: LANDSCAPE.value(1.0), "points"),
    "points-nan": (lambda: LANDSCAPE.gradient(with_entry(ZEROS, NAN)), "points"),
    "points-infinite": (lambda: LANDSCAPE.evaluate(with_entry(ZEROS, INF)), "points"),
    "hessian-batch": (lambda: LANDSCAPE.hessian_product(ZEROS[None], ZEROS), "point"),
    "hessian-vectors": (lambda: LANDSCAPE.hessian_product(ZEROS, ZEROS[1:]), "vectors"),
    "hessian-nan": (lambda: LANDSCAPE.hessian_product(ZEROS, with_entry(ZEROS, NAN)), "vectors"),
    "slice-origin": (lambda: LANDSCAPE.slice(ZEROS[1:], ZEROS), "origin"),
    "slice-directions": (lambda: LANDSCAPE.slice(ZEROS, ZEROS[1:]), "directions"),
    "slice-coefficients": (lambda: LANDSCAPE.slice(ZEROS, ZEROS).value(np.zeros((4, 2))), "coefficients"),
    "slice-nan": (lambda: LANDSCAPE.slice(ZEROS, ZEROS).value([NAN]), "coefficients"),
}

FUNCTIONS = {
    "value": (lambda: FunctionLandscape(3, 3), "value"),
    "dim": (lambda: FunctionLandscape(np.sum, 0), "dim"),
    "dim-real": (lambda: FunctionLandscape(np.sum, 2.0), "dim"),
    "gradient": (lambda: FunctionLandscape(np.sum, 3, gradient=1), "gradient"),
    "geometry": (lambda: FunctionLandscape(np.sum, 3, geometry="sphere"), "geometry"),
    "value-shape": (lambda: FunctionLandscape(np.sum, 3).value(np.ones((2, 3))), "landscape.value"),
    "gradient-shape": (
        lambda: FunctionLandscape(lambda w: w[:, 0], 3, gradient=lambda w: w[0]).gradient(np.ones((2, 3))),
        "landscape.gradient",
    ),
    "points": (lambda: BOWL.value(np.ones(4)), "points"),
    "points-nan": (lambda: BOWL.gradient([1, NAN, 0]), "points"),
    "hessian": (lambda: BOWL.hessian_product(np.ones(3), np.ones(2)), "vectors"),
    "slice": (lambda: BOWL.slice(np.ones(3), np.ones((2, 4))), "directions"),
    "radius-negative": (lambda: Sphere(-1.0), "radius"),
    "radius-unknown": (lambda: Sphere().retract(np.ones(3)), "radius"),
    "origin-of-the-sphere": (lambda: Sphere(1.0).retract(np.zeros(3)), "points"),
}

CHECKS = {
    "integer-text": (lambda: checks.integer("n", "3"), "n"),
    "integer-real": (lambda: checks.integer("n", 3.0), "n"),
    "integer-bool": (lambda: checks.integer("n", np.True_), "n"),
    "integer-small": (lambda: checks.integer("n", 1, minimum=2), "n"),
    "integer-large": (lambda: checks.integer("n", 4, minimum=2, maximum=3), "n"),
    "real-nan": (lambda: checks.real("s", NAN), "s"),
    "real-infinite": (lambda: checks.real("s", INF), "s"),
    "real-huge": (lambda: checks.real("s", 10**400), "s"),
    "real-text": (lambda: checks.real("s", "0.1"), "s"),
    "real-bool": (lambda: checks.real("s", True), "s"),
    "real-complex": (lambda: checks.real("s", 1j), "s"),
    "real-array": (lambda: checks.real("s", np.array([1.0])), "s"),
    "real-zero": (lambda: checks.real("s", 0, above=0), "s"),
    "real-small": (lambda: checks.real("s", -0.1, minimum=0), "s"),
    "real-large": (lambda: checks.real("s", 1.1, minimum=0, maximum=1), "s"),
    "choice": (lambda: checks.choice("c", 1, (True, "one")), "c"),
    "array-dimensions": (lambda: checks.float_array("a", [[1.0]], ndim=1), "a"),
    "array-shape": (lambda: checks.float_array("a", [[1.0]], shape=(None, 2)), "a"),
    "array-none": (lambda: checks.float_array("a", [None, 1.0]), "a"),
    "array-dates": (lambda: checks.float_array("a", np.array(["2024-07-29"], "M8[D]")), "a"),
}


@pytest.mark.parametrize("group", [NETWORKS, LANDSCAPES, FUNCTIONS, CHECKS], ids=["net", "land", "func", "check"])
def test_bad_input_is_named(group):
    for case, (call, name) in group.items():
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == name, case
        assert str(caught.value).startswith(f"{name}: expected "), case
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("call", [lambda: checks.device("cuda"), lambda: build(device="cuda")])
def test_cuda_is_refused_not_replaced(call):
    with pytest.raises(DeviceUnavailable, match="cuda") as caught:
        call()
    assert isinstance(caught.value, SpinlandError)


def test_messages_tell_what_came_and_what_was_expected():
    with pytest.raises(ArgumentError, match=r"^x: expected an array of shape \(any, 2\), got shape \(3, 1\)$"):
        build(X[:, :1])
    with pytest.raises(ArgumentError, match=r"^y: expected labels from 0 to 1, got labels from 0 to 2$"):
        build(y=[0, 1, 2])


def test_good_input_passes():
    assert checks.integer("n", np.int64(3), minimum=3, maximum=3) == 3
    assert checks.real("s", np.float32(0.5), above=0) == 0.5
    assert checks.real("s", np.array(2), minimum=2, maximum=2) == 2.0
    array = np.ones((2, 3))
    assert checks.float_array("a", array) is array
    assert checks.float_array("a", 3).shape == ()
    assert checks.float_array("a", [[True, False]], dtype="f4").dtype == np.float32
    frozen = np.ones(3)
    frozen.setflags(write=False)
    assert checks.float_array("a", frozen).flags.writeable
    assert checks.float_array("a", [NAN], finite=False).shape == (1,)
    assert checks.choice("c", None, (None, "filter")) is None
    assert build(y=np.array([0, 1, 1], np.uint8)).value(ZEROS) == pytest.approx(np.log(2))
    regression = NetworkLandscape(ReLUNetwork((2, 1)), X, np.array([0.0, 1.0, 2.0]), loss="mse")
    assert regression.value(np.zeros(3)) == pytest.approx(5 / 3)
    assert isinstance(BOWL.geometry, Euclidean)
