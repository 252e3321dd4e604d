"""Noise of stochastic gradient descent: covariance of gradients, and what training does near its end."""
