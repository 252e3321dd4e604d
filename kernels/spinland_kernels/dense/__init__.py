"""Networks on the card, written once: for values, slices and swaps all samples are multiplied, zeros as others are.

layers.py    forward, back, and gradients of weights, as products of matrices
samples.py   samples on the card: loss, accuracy, and the loss's derivatives by the outputs
"""
