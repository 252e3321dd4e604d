"""A ReLU network one neuron layer at a time, in float64, from lists of (weight, bias)."""

import itertools

import numpy as np


def layers(widths, bias, point):
    """List of (weight (out, in), bias (out,)); without biases these are zeros."""
    point = np.asarray(point, np.float64)
    parts, offset = [], 0
    for fan_in, fan_out in itertools.pairwise(widths):
        weight = point[offset : offset + fan_in * fan_out].reshape(fan_out, fan_in)
        offset += fan_in * fan_out
        b = np.zeros(fan_out)
        if bias:
            b = point[offset : offset + fan_out]
            offset += fan_out
        parts.append((weight, b))
    assert offset == len(point)
    return parts


def flatten(parts, bias):
    """Inverse of :func:`layers`."""
    return np.concatenate([a for w, b in parts for a in ((w.ravel(), b) if bias else (w.ravel(),))])


def forward(widths, bias, point, x):
    """Inputs, every hidden layer's activation and the outputs, each (n, width)."""
    acts = [np.asarray(x, np.float64)]
    parts = layers(widths, bias, point)
    for i, (weight, b) in enumerate(parts):
        z = acts[-1] @ weight.T + b
        acts.append(z if i == len(parts) - 1 else np.maximum(z, 0))
    return acts


def log_softmax(z):
    """Logarithm of the softmax of each row."""
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def output_delta(z, y, kind):
    """Derivative of the mean loss by the outputs; at the label −Σ p over the others, which keeps its digits."""
    n, k = z.shape
    if kind != "cross_entropy":
        return 2 * (z - y) / (n * k)
    delta = np.exp(log_softmax(z))
    delta[np.arange(n), y] = 0
    delta[np.arange(n), y] = -delta.sum(axis=1)
    return delta / n


def loss(widths, bias, point, x, y, kind):
    """Mean cross-entropy in nats (``y`` labels) or squared error over samples and outputs (``y`` targets)."""
    z = forward(widths, bias, point, x)[-1]
    if kind == "cross_entropy":
        return float(np.mean([-row[label] for row, label in zip(log_softmax(z), y, strict=True)]))
    return float(np.mean((z - y) ** 2))


def accuracy(widths, bias, point, x, labels):
    """Share of samples whose largest output is their label's."""
    return float(np.mean(forward(widths, bias, point, x)[-1].argmax(axis=1) == labels))


def gradient(widths, bias, point, x, y, kind):
    """Gradient of the mean loss, by back-propagation."""
    acts = forward(widths, bias, point, x)
    delta = output_delta(acts[-1], y, kind)
    parts = layers(widths, bias, point)
    gradients = []
    for i in reversed(range(len(parts))):
        gradients.insert(0, (delta.T @ acts[i], delta.sum(axis=0)))
        if i > 0:
            delta = (delta @ parts[i][0]) * (acts[i] > 0)
    return flatten(gradients, bias)


def hessian_product(widths, bias, point, vector, x, y, kind):
    """Hessian of the mean loss times a vector: the derivative of :func:`gradient` along it, term by term.

    Exact where no pre-activation is zero: the derivative of relu' is zero there.
    """
    acts = forward(widths, bias, point, x)
    parts, along = layers(widths, bias, point), layers(widths, bias, vector)
    n, k = acts[-1].shape
    delta = output_delta(acts[-1], y, kind)
    dots = [np.zeros_like(acts[0])]
    for i in range(len(parts)):
        dot = dots[-1] @ parts[i][0].T + acts[i] @ along[i][0].T + along[i][1]
        dots.append(dot if i == len(parts) - 1 else dot * (acts[i + 1] > 0))
    if kind == "cross_entropy":
        p = np.exp(log_softmax(acts[-1]))
        # (diag(p) − p p') d, by differences of d: these keep their digits where one p is near one.
        delta_dot = np.stack([q * ((d[:, None] - d) @ q) for q, d in zip(p, dots[-1], strict=True)]) / n
    else:
        delta_dot = 2 * dots[-1] / (n * k)
    products = []
    for i in reversed(range(len(parts))):
        products.insert(0, (delta_dot.T @ acts[i] + delta.T @ dots[i], delta_dot.sum(axis=0)))
        if i > 0:
            mask = acts[i] > 0
            delta, delta_dot = ((delta @ parts[i][0]) * mask, (delta_dot @ parts[i][0] + delta @ along[i][0]) * mask)
    return flatten(products, bias)


def gauss_newton_products(widths, bias, point, vectors, x, kind):
    """mean J'L''J times vectors (m, dim): Jacobians of the outputs, sample by sample, and the loss's own Hessian."""
    n, total = len(x), np.zeros((len(point), len(vectors)))
    for i in range(n):
        acts = forward(widths, bias, point, x[i : i + 1])
        jacobian = np.array([_output_gradient(widths, bias, point, acts, o) for o in range(widths[-1])])
        if kind == "cross_entropy":
            p = np.exp(log_softmax(acts[-1]))[0]
            bend = np.diag(p) - np.outer(p, p)
        else:
            bend = 2 * np.eye(widths[-1]) / widths[-1]
        total += jacobian.T @ (bend @ (jacobian @ np.transpose(vectors))) / n
    return total.T


def _output_gradient(widths, bias, point, acts, output):
    """Gradient of one output of one sample by the parameters."""
    parts, delta, gradients = layers(widths, bias, point), np.eye(widths[-1])[output : output + 1], []
    for i in reversed(range(len(parts))):
        gradients.insert(0, (delta.T @ acts[i], delta.sum(axis=0)))
        if i > 0:
            delta = (delta @ parts[i][0]) * (acts[i] > 0)
    return flatten(gradients, bias)


def hessian_by_differences(widths, bias, point, x, y, kind, step=1e-6):
    """The whole Hessian by central differences of the exact gradient."""
    point = np.asarray(point, np.float64)
    columns = []
    for e in np.eye(len(point)):
        forward_gradient = gradient(widths, bias, point + step * e, x, y, kind)
        columns.append((forward_gradient - gradient(widths, bias, point - step * e, x, y, kind)) / (2 * step))
    return np.array(columns)
