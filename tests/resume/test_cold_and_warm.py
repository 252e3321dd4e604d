"""A process that compiles the kernels and one that finds them compiled compute the same bits."""

import pytest

SCRIPT = """
import hashlib
import numpy as np
import spinland as sl
from spinland_kernels import jit

compiled = []
jit.on_compile(compiled.append, lambda name, seconds: None)
network = sl.ReLUNetwork((12, 40, 3))
points = network.initialize(6, seed=1)
x = network.initialize(50, seed=2)[:, :12]
y = np.arange(50) % 3
landscape = sl.NetworkLandscape(network, x, y)
results = [
    sl.plane(landscape, points[0], points[1:3], np.linspace(-1, 1, 7), np.linspace(-1, 1, 5)).values,
    sl.swap_interpolation(landscape, points[0], [0, 3, 9], np.linspace(0, 1, 5), 3).values,
    sl.distances(points),
    sl.train(network, (np.maximum(x, 0) * (x > 0.1), y, x, y), 2, epochs=2, batch_size=8).params,
    sl.train(network, (x, y, x, y), 2, epochs=2, batch_size=8).params,
    sl.random_walk(landscape, points[0], 0.1, 4, 3, constraint="sphere").values,
]
print(hashlib.sha256(b"".join(np.ascontiguousarray(r).tobytes() for r in results)).hexdigest(), len(compiled))
"""


@pytest.mark.slow  # every kernel is compiled
def test_cold_and_warm_runs_have_the_same_bits(run_python, tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    cold, n_compiled = run_python(SCRIPT, **environment).split()
    assert int(n_compiled) == len(list(tmp_path.rglob("*.kernel"))) > 10
    assert run_python(SCRIPT, **environment).split() == [cold, "0"]
