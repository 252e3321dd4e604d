"""The equations of :mod:`.formula` and their derivatives at a point."""

from ..jit import block
from . import formula


@block
def contract(tensor, n, order, x, scratch, out):
    """Out (n, n) = J x^{p−2} for a symmetric tensor J (n^p,) of real entries and a complex vector x (n,).

    ``scratch`` (2, 2, n^{p−1}): real and imaginary parts of what is left of the tensor, there and back.
    """
    size = tensor.shape[0]
    if order == 2:
        for i in range(n):
            for j in range(n):
                out[i, j] = tensor[i * n + j]
        return
    size //= n
    real, imaginary = scratch[0, 0], scratch[0, 1]
    for r in range(size):
        real[r] = imaginary[r] = 0.0
    for k in range(n):
        a, b = x[k].real, x[k].imag
        for r in range(size):
            real[r] += a * tensor[k * size + r]
            imaginary[r] += b * tensor[k * size + r]
    side = 0
    for _ in range(order - 3):
        size //= n
        real, imaginary = scratch[side, 0], scratch[side, 1]
        side = 1 - side
        to_real, to_imaginary = scratch[side, 0], scratch[side, 1]
        for r in range(size):
            to_real[r] = to_imaginary[r] = 0.0
        for k in range(n):
            a, b = x[k].real, x[k].imag
            for r in range(size):
                to_real[r] += a * real[k * size + r] - b * imaginary[k * size + r]
                to_imaginary[r] += a * imaginary[k * size + r] + b * real[k * size + r]
    real, imaginary = scratch[side, 0], scratch[side, 1]
    for i in range(n):
        for j in range(n):
            out[i, j] = complex(real[i * n + j], imaginary[i * n + j])


@block
def linearise(homotopy, t, z, work):
    """Derivative F_z into ``work.matrix``, −F into ``work.newton[0]`` and −∂F/∂t into ``work.newton[1]``."""
    order, gamma, chart, matrix = homotopy.order, homotopy.gamma, work.chart, work.matrix
    minus_value, minus_speed = work.newton[0], work.newton[1]
    n = chart.shape[0]
    x, value = z[:n], z[n]
    contract(homotopy.tensors, n, order, x, work.scratch, matrix)
    unity = -1.0 + 0.0j
    for i in range(n):
        image = 0.0j
        for j in range(n):
            image += matrix[i, j] * x[j]
            matrix[i, j] *= (order - 1) * t
        diagonal, minus_value[i], minus_speed[i] = formula.row(image, x[i], value, t, gamma, order)
        matrix[i, i] += diagonal
        matrix[i, n] = -x[i]
        matrix[n, i] = chart[i]
        unity += chart[i] * x[i]
    matrix[n, n] = 0
    minus_value[n] = -unity
    minus_speed[n] = 0
