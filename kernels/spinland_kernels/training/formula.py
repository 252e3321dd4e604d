"""One step of each optimiser for one parameter, in PyTorch's arithmetic."""

import math

from ..jit import formula


@formula
def sgd(w, g, rate, decay):
    """Weight after a plain step; ``decay`` is the L2 coefficient added to the gradient."""
    return w - rate * (g + decay * w)


@formula
def momentum(w, g, buffer, rate, decay, mu, along_gradient, along_buffer):
    """Weight and buffer after a step with momentum.

    b' = mu b + g, and the step is along b' (heavy ball: 0, 1) or g + mu b' (Nesterov: 1, mu). A buffer that
    begins at zero equals the first gradient after the first step.
    """
    g = g + decay * w
    buffer = mu * buffer + g
    return w - rate * (along_gradient * g + along_buffer * buffer), buffer


@formula
def decayed(w, g, decay):
    """Gradient with the L2 term of coefficient ``decay``."""
    return g + decay * w


@formula
def adam_moments(g, first, second, beta_1_rest, beta_2, beta_2_rest):
    """Both moments after a step (Kingma and Ba 2015); ``..._rest`` is 1 − beta."""
    return first + beta_1_rest * (g - first), beta_2 * second + beta_2_rest * (g * g)


@formula
def adam(w, first, second, rate, shrink, scale, eps):
    """Weight after a step along the moments (Loshchilov and Hutter 2019).

    ``rate`` is the learning rate over 1 − beta_1^t, ``scale`` is 1 / sqrt(1 − beta_2^t), ``shrink`` the factor of
    decoupled decay.
    """
    return shrink * w - rate * (first / (math.sqrt(second) * scale + eps))
