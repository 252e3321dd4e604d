"""Training of one network written plainly in NumPy float64, from the gradients of the oracle of networks."""

import math

import numpy as np

from .network import gradient


class SGD:
    def __init__(self, momentum=0.0, nesterov=False, weight_decay=0.0):
        self.mu, self.nesterov, self.decay = momentum, nesterov, weight_decay
        self.buffer = None

    def step(self, w, g, rate):
        g = g + self.decay * w
        if self.mu:
            self.buffer = g if self.buffer is None else self.mu * self.buffer + g
            g = g + self.mu * self.buffer if self.nesterov else self.buffer
        return w - rate * g


class Adam:
    def __init__(self, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.betas, self.eps, self.decay, self.decoupled = betas, eps, weight_decay, decoupled
        self.t, self.m, self.v = 0, 0.0, 0.0

    def step(self, w, g, rate):
        self.t += 1
        if self.decoupled:
            w = w * (1 - rate * self.decay)
        else:
            g = g + self.decay * w
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        m_hat = self.m / (1 - b1**self.t)
        v_hat = self.v / (1 - b2**self.t)
        return w - rate * m_hat / (np.sqrt(v_hat) + self.eps)


def cosine(rate, final, total):
    return lambda t: final + (rate - final) * (1 + math.cos(math.pi * t / total)) / 2


def cyclic(low, high, period):
    def rate(t):
        phase = (t % period) / period
        return low + (high - low) * (2 * phase if phase < 0.5 else 2 - 2 * phase)

    return rate


def step(rate, factor, every):
    return lambda t: rate * factor ** int(t // every)


def train(point, widths, bias, x, y, kind, optimizer, rate, batch_size, orders):
    """Point after each epoch (E + 1, dim); ``orders`` holds the permutation of each epoch."""
    history = [point]
    n = len(x)
    for epoch, order in enumerate(orders):
        for low in range(0, n, batch_size):
            batch = order[low : low + batch_size]
            g = gradient(widths, bias, point, x[batch], y[batch], kind)
            point = optimizer.step(point, g, rate(epoch + (low // batch_size) / math.ceil(n / batch_size)))
        history.append(point)
    return np.array(history)
