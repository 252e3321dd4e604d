"""The loss of a network on an affine family of parameter vectors."""

from .affine import EvaluatedSlice as NetworkSlice

__all__ = ["NetworkSlice"]
