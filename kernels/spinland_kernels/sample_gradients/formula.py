"""Scalar mathematics of the gradients of single samples."""

from ..jit import formula


@formula
def layer_product(activities, bias, slopes):
    """(a·a' + bias) (δ·δ'): what a layer adds to the inner product of the gradients of two samples.

    The gradient of a layer is δ (a, 1)', an outer product. With or without a bias the second factor of it ends in
    a 1 or not.
    """
    return (activities + bias) * slopes
