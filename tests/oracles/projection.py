"""Random projections, number by number."""

import numpy as np

from tests.oracles import philox


def matrix(seed, purpose, subspace, dim, dimension, kind):
    """P (dim, dimension) with columns of length 1, from signs or normals."""
    columns = np.empty((dim, dimension))
    for j in range(dimension):
        if kind == "normal":
            columns[:, j] = [philox.normal(seed, purpose, subspace, j, i) for i in range(dim)]
        for i in range(dim) if kind == "signs" else ():
            word = philox.words(seed, i // 128, j, subspace, purpose)[i % 128 // 32]
            columns[i, j] = 1 if word >> i % 32 & 1 else -1
    return columns / np.linalg.norm(columns, axis=0)
