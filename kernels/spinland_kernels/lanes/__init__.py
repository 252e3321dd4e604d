"""Samples side by side in vectors: products and sums that stay in registers, written once."""
