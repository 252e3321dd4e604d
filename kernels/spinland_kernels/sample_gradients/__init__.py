"""Gradients of the loss of every single sample: their inner products, sums with weights, and components."""
