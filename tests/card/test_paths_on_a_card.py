"""Paths ask a landscape on the card for gradients; minibatches, whose kernel has no twin yet, are refused."""

import numpy as np
import pytest

import spinland as sl
from tests.parity.cases import points, samples

pytestmark = pytest.mark.usefixtures("card")


def landscape(device):
    x, y = samples(9, 3, 2, "cross_entropy")
    return sl.NetworkLandscape(sl.ReLUNetwork((3, 4, 2)), x, y, dtype="float64", device=device)


def test_paths_on_all_samples_are_those_of_the_cores():
    start, end = points(sl.ReLUNetwork((3, 4, 2)), 2)
    found = []
    for device in ("cpu", "cuda"):
        path = sl.connecting_path(landscape(device), start, end, steps=3, optimizer=sl.Adam(0.05))
        found.append((path.controls, path.evaluate(landscape(device), 3).values))
    for here, there in zip(*found, strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-9)


def test_minibatches_are_refused_by_name():
    start, end = points(sl.ReLUNetwork((3, 4, 2)), 2)
    with pytest.raises(sl.DeviceUnavailable, match="'path' has no kernel for 'cuda'"):
        sl.connecting_path(landscape("cuda"), start, end, steps=3, batch_size=4)
