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


class SAM:
    """Sharpness-aware: each batch gives the gradient at w, then that at the distance ρ along it."""

    def __init__(self, rho, base):
        self.rho, self.base = rho, base

    def step(self, w, slope_of, batches, rate):
        (batch,) = batches
        g = slope_of(w, batch)
        length = np.linalg.norm(g)
        up = self.rho * g / length if length > 0 else 0 * g
        return self.base.step(w, slope_of(w + up, batch), rate)


class EntropySGD:
    """Langevin steps about w, whose mean pulls it; ``noise_of(t)`` is the noise of inner step t."""

    def __init__(self, gamma, base, inner_rate, eps, alpha, growth, noise_of):
        self.gamma, self.base, self.inner_rate = gamma, base, inner_rate
        self.eps, self.alpha, self.growth, self.noise_of = eps, alpha, growth, noise_of
        self.outer = 0

    def step(self, w, slope_of, batches, rate):
        gamma = self.gamma * (1 + self.growth) ** self.outer
        x, mean = w, w
        for inner, batch in enumerate(batches):
            x = x - self.inner_rate * (slope_of(x, batch) + gamma * (x - w))
            x = x + math.sqrt(self.inner_rate) * self.eps * self.noise_of(self.outer * len(batches) + inner)
            mean = (1 - self.alpha) * mean + self.alpha * x
        self.outer += 1
        return self.base.step(w, gamma * (w - mean), rate)


def train_around(point, slope_of, optimizer, rate, batches, per_step):
    """Point after each step of an optimiser that takes the next ``per_step`` of a list of batches at each."""
    history = [point]
    for low in range(0, len(batches), per_step):
        history.append(optimizer.step(history[-1], slope_of, batches[low : low + per_step], rate))
    return np.array(history)


def train_coupled(point, slope_of, rules, rate, batches, gamma, growth=0.0):
    """Copies (T + 1, y, dim) after each step of replicated SGD; ``rules`` and ``batches`` hold those of each copy.

    Each copy goes along the gradient of its own batch and along γ (w − centre), the centre of before the step.
    """
    copies = [point] * len(rules)
    history = [copies]
    for t, parts in enumerate(zip(*batches, strict=True)):
        centre = sum(copies) / len(copies)
        pull = gamma * (1 + growth) ** t
        copies = [
            rule.step(w, slope_of(w, batch) + pull * (w - centre), rate)
            for rule, w, batch in zip(rules, copies, parts, strict=True)
        ]
        history.append(copies)
    return np.array(history)
