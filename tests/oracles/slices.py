"""Loss and accuracy of a ReLU network, one sample at a time, in float64."""

import itertools
import math

import numpy as np


def loss_and_accuracy(widths, bias, point, x, y, loss):
    """Mean loss and share of right answers of labels ``y`` (n,); mean squared error is against one-hot rows."""
    total, right = 0.0, 0
    for sample, label in zip(np.asarray(x, float), y, strict=True):
        z, at = sample, 0
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
            weight = point[at : at + fan_in * fan_out].reshape(fan_out, fan_in)
            at += fan_in * fan_out
            z = weight @ (z if layer == 0 else np.maximum(z, 0))
            if bias:
                z = z + point[at : at + fan_out]
                at += fan_out
        right += int(np.argmax(z)) == label
        if loss == "cross_entropy":
            top = z.max()
            total += top + math.log(math.fsum(np.exp(z - top))) - z[label]
        else:
            total += float(np.mean((z - np.eye(len(z))[label]) ** 2))
    return total / len(y), right / len(y)
