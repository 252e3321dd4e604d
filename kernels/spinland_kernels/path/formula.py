"""Scalar mathematics of a path w(t) = Σ_k φ_k(t) θ_k."""

from ..jit import formula


@formula
def added(total, share, control):
    """A number of a point after one control vector more: Σ φ_k θ_k, in the order of k."""
    return total + share * control


@formula
def passed_on(share, gradient):
    """What a control vector gets of the gradient at a point: ∂L(w(t))/∂θ_k = φ_k(t) ∂L/∂w."""
    return share * gradient
