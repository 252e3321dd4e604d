"""Every kernel, on every machine there is, against its naive form in NumPy."""

import numpy as np
import pytest

from spinland_kernels.devices import operations
from tests.parity.cases import CASES


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("name", CASES)
def test_a_kernel_computes_what_its_oracle_does(name, device):
    missing = set(CASES[name].kernels) - set(operations(device))
    if missing and device != "cpu":
        pytest.skip(f"{', '.join(sorted(missing))} has no kernel for {device} yet")
    compared = 0
    for got, want, tolerances in CASES[name].compared(device):
        np.testing.assert_allclose(got, want, **tolerances)
        compared += np.size(want)
    assert compared > 10


def test_every_kernel_has_a_case():
    assert {kernel for case in CASES.values() for kernel in case.kernels} == set(operations("cpu"))
