"""TF32 and 3×TF32 by name: what networks give in them, that results tell of them, and that nothing else takes them."""

import json
from dataclasses import fields

import numpy as np
import pytest

import spinland as sl
from tests.card.costs import check
from tests.card.test_network_twins import DOUBLE
from tests.oracles import network as networks
from tests.parity.cases import points, samples

WIDTHS = (5, 9, 3)
NETWORK = sl.ReLUNetwork(WIDTHS)
N = 7
LOST = 2.0**-10 + 2.0**-20
"""Of a product in TF32, what its two factors lose by rounding, and what float32 loses in adding so few."""


def landscape(precision, widths=WIDTHS, n=N):
    x, y = samples(n, widths[0], widths[-1], "cross_entropy")
    return sl.NetworkLandscape(sl.ReLUNetwork(widths), x, y, device="cuda", precision=precision)


def loss_bound(at, x):
    """How far the loss at a point may be off in TF32: that of the outputs, as Σ |∂L/∂z| ≤ 2 for each sample."""
    (w_1, b_1), (w_2, _) = NETWORK.layers(at)
    first = LOST * (np.abs(x) @ np.abs(w_1).T)
    active = np.maximum(x @ w_1.T + b_1, 0)
    second = LOST * ((active + first) @ np.abs(w_2).T) + first @ np.abs(w_2).T
    return 2 * second.max(axis=1).mean()


def everything(of, at):
    """What a network's landscape computes."""
    origin, *directions = at
    return {
        "value": of.value(at[:2]),
        "gradient": of.gradient(at[:1]),
        "product with the Hessian": of.hessian_product(at[0], at[1:2]),
        "slice": of.slice(origin, directions).value([[0.3, -0.7]]),
        "swaps": sl.swap_interpolation(of, origin, (2,), (0.0, 0.4), 1).values,
        "walk": sl.random_walk(of, origin, 0.05, 1).values,
    }


@pytest.mark.usefixtures("card")
def test_losses_are_as_near_as_the_theory_says():
    at, given = points(NETWORK, 2), samples(N, *WIDTHS[::2], "cross_entropy")
    exact = [networks.loss(WIDTHS, True, point, *given, "cross_entropy") for point in at]
    for value, want, point in zip(landscape("tf32").value(at), exact, at, strict=True):
        assert 1e-7 < abs(value - want) < loss_bound(point, given[0])


@pytest.mark.usefixtures("card")
def test_all_that_a_network_gives_is_in_the_precision_asked_for():
    """3×TF32 beside float32 as this is beside float64; TF32 within ten units of its own, for the largest number."""
    at = points(NETWORK, 3)
    single = everything(landscape("float32"), at)
    for precision, unit in (("tf32", 10 * LOST), ("3xtf32", 1e-5)):
        for name, found in everything(landscape(precision), at).items():
            want = single[name]
            np.testing.assert_allclose(found, want, rtol=0, atol=unit * max(1, np.abs(want).max()), err_msg=name)
            assert not np.array_equal(found, want), name


@pytest.mark.usefixtures("card")
def test_bits_depend_neither_on_what_goes_together_nor_on_memory(monkeypatch):
    from spinland_kernels import jit_cuda
    from spinland_kernels.mlp import cuda

    monkeypatch.setattr(cuda, "PART", 3)  # three parts
    of, at = landscape("3xtf32"), points(NETWORK, 2)
    values, slopes = of.value(at), of.gradient(at)
    monkeypatch.setattr(jit_cuda, "free", lambda: 0)  # one point at a time
    np.testing.assert_array_equal(of.value(at), values)
    np.testing.assert_array_equal(of.gradient(at[1:]), slopes[1:])


def trained(precision, epochs=1):
    x, y = samples(N, *WIDTHS[::2], "cross_entropy")
    y[:3] = np.arange(3)
    where = {"evaluate": "none", "device": "cuda", "precision": precision}
    return sl.train(NETWORK, (x, y, x[:4], y[:4]), 2, sl.SGD(0.1), N, epochs, **where)


@pytest.mark.usefixtures("card")
def test_replicas_are_trained_in_it():
    """Two steps of gradient descent of a network that would else be trained by a block, in float32."""
    single = trained("float32", 2).params
    np.testing.assert_array_equal(single, trained(None, 2).params)
    for precision, unit in (("tf32", 10 * LOST), ("3xtf32", 1e-5)):
        found = trained(precision, 2)
        np.testing.assert_allclose(found.params, single, rtol=0, atol=unit)
        assert not np.array_equal(found.params, single)
        assert found.provenance.precision == precision


@pytest.mark.usefixtures("card")
def test_results_tell_the_precision_and_the_card(tmp_path):
    at = points(NETWORK, 1)
    for asked, told in ((None, "float32"), ("float32", "float32"), ("tf32", "tf32"), ("3xtf32", "3xtf32")):
        walk = sl.random_walk(landscape(asked, n=4), at, 0.1, 1)
        assert walk.provenance.precision == told
        made = json.loads(walk.provenance.environment)
        assert {"card", "driver", "compiler", "processor"} <= set(made)
        sl.Store(tmp_path / f"{asked}.h5").save("walk", walk)
        assert sl.Store(tmp_path / f"{asked}.h5").load("walk").provenance == walk.provenance
    glass = sl.SphericalSpinGlass(3, 3, device="cuda")
    assert sl.line(glass, *glass.random_points(2), [0.5]).provenance.precision == ""


@pytest.mark.usefixtures("card")
def test_replicas_begun_in_one_precision_are_not_gone_on_with_in_another(tmp_path):
    made, store = trained("tf32", 0), sl.Store(tmp_path / "begun.h5")
    rows = {"params": (made.params.shape[1:], made.params.dtype)}
    kept = {field.name: getattr(made, field.name) for field in fields(made) if field.name not in rows}

    def reserve(provenance):
        return store.reserve("ensemble", sl.Ensemble, 2, rows=rows, fields=kept | {"provenance": provenance})

    reserve(made.provenance).write([0], params=made.params[:1])
    assert reserve(made.provenance).missing().tolist() == [1]
    with pytest.raises(sl.StoreError, match="begun with other arguments"):
        reserve(trained("3xtf32", 0).provenance)


def test_networks_launch_the_products_that_were_asked_for(paper):
    widths, n = (30, 64, 40, 10), 2049
    at = np.zeros((3, sl.ReLUNetwork(widths).n_params), "f4")
    x, y = samples(64, widths[0], widths[-1], "cross_entropy")

    def all_of(precision):
        of = landscape(precision, widths=widths, n=n)
        everything(of, at)
        sl.train(of.network, (x, y, x, y), 2, epochs=1, evaluate="none", device="cuda", precision=precision)

    multiplied = {}
    for precision in ("float32", "tf32", "3xtf32"):
        with pytest.warns(sl.DivergenceWarning):  # on paper nothing is alive
            launches = paper(lambda precision=precision: all_of(precision))
        multiplied[precision] = {launch.kernel.name for launch in launches if ".multiply" in launch.kernel.name}
    assert multiplied == {
        "float32": {"lanes.cuda.multiply"},
        "tf32": {"lanes.tensor.multiply_tf32"},
        "3xtf32": {"lanes.tensor.multiply_3xtf32"},
    }
    check(launches, double=DOUBLE, capabilities=[(9, 0)])
