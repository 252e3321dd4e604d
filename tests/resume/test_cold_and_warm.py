"""Which process compiled a kernel, and for which processor, changes no bit."""

import pytest

from spinland.environment import current

SCRIPT = """
import hashlib
import numpy as np
import spinland as sl
from spinland_kernels import jit, vectors

compiled = []
jit.on_compile(compiled.append, lambda name, seconds: None)
network = sl.ReLUNetwork((12, 40, 3))
points = network.initialize(6, seed=1)
x = network.initialize(50, seed=2)[:, :12]
y = np.arange(50) % 3
landscape = sl.NetworkLandscape(network, x, y)
listed = sl.NetworkLandscape(network, np.maximum(x, 0) * (x > 0.1), y)
glass = sl.SphericalSpinGlass(20, 3, dtype="float32")
results = [
    sl.plane(landscape, points[0], points[1:3], np.linspace(-1, 1, 7), np.linspace(-1, 1, 5)).values,
    sl.swap_interpolation(landscape, points[0], [0, 3, 9], np.linspace(0, 1, 5), 3).values,
    sl.distances(points),
    sl.train(network, (np.maximum(x, 0) * (x > 0.1), y, x, y), 2, epochs=2, batch_size=8).params,
    sl.train(network, (x, y, x, y), 2, epochs=2, batch_size=8).params,
    sl.random_walk(landscape, points[0], 0.1, 4, 3, constraint="sphere").values,
    *(of.gradient(points) for of in (landscape, listed)),
    *(of.hessian_product(points[0], points) for of in (landscape, listed)),
    glass.value(glass.random_points(1, 0)),
    glass.value(glass.random_points(19, 0)),
]
bits = hashlib.sha256(b"".join(np.ascontiguousarray(r).tobytes() for r in results)).hexdigest()
print(bits, len(compiled), vectors.REGISTERS, vectors.REGISTER, vectors.ROWS)
"""


@pytest.mark.slow  # every kernel is compiled
def test_cold_and_warm_runs_and_other_registers_have_the_same_bits(run_python, tmp_path):
    """Compiled for AVX2, which processors with AVX-512 have too: half the registers, of half the width."""
    if not {"avx2", "fma"} <= set(current()["instructions"].split()):
        pytest.skip("no AVX2 here")
    bits, _, *shape = run_python(SCRIPT).split()
    other = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}
    cold, n_compiled, *narrow = run_python(SCRIPT, **other).split()
    assert int(n_compiled) == len(list(tmp_path.rglob("*.kernel"))) > 10
    assert narrow == ["16", "32", "6"]
    assert (shape == ["32", "64", "16"]) == ("avx512f" in current()["instructions"].split())
    assert run_python(SCRIPT, **other).split() == [cold, "0", *narrow]
    assert bits == cold
