"""Scalar mathematics of a ReLU network and its two losses."""

import math

from ..jit import formula


@formula
def not_below(z, floor):
    """max(z, floor), both of one type; NaN stays NaN."""
    return z if not z <= floor else floor


@formula
def cross_entropy(top, label_logit, rest):
    """Cross-entropy in nats from the largest logit, the label's, and Σ exp(z − top) over all others.

    log Σ exp z − z_label, arranged so that neither large logits nor a tiny loss lose digits.
    """
    return (top - label_logit) + math.log1p(rest)


@formula
def layer_size(fan_in, fan_out, bias):
    """Number of parameters of a layer."""
    return fan_out * (fan_in + 1) if bias else fan_out * fan_in
