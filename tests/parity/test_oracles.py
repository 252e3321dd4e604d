"""Every kernel, on every machine there is, against its naive form in NumPy."""

from pathlib import Path

import numpy as np
import pytest

import spinland_kernels
from tests.parity.cases import CASES

KERNELS = Path(spinland_kernels.__file__).parent


@pytest.mark.parametrize("name", CASES)
def test_a_kernel_computes_what_its_oracle_does(name, device):
    for kernel in CASES[name].kernels:
        if device != "cpu" and not (KERNELS / kernel / f"{device}.py").exists():
            pytest.skip(f"{kernel} has no form for {device} yet")
    compared = 0
    for got, want, tolerances in CASES[name].compared(device):
        np.testing.assert_allclose(got, want, **tolerances)
        compared += np.size(want)
    assert compared > 10


def test_every_kernel_has_a_case():
    kernels = {path.parent.name for path in KERNELS.glob("*/cpu.py")}
    assert {kernel for case in CASES.values() for kernel in case.kernels} == kernels
