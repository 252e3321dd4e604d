"""Networks on the card, written once: for values, slices and swaps all samples are multiplied, zeros as others are.

layers.py    forward, back, and gradients of weights, as products of matrices
passes.py    all samples through one network, and derivatives of its layers along many vectors
samples.py   samples on the card: loss, accuracy, and the loss's derivatives by the outputs
"""
