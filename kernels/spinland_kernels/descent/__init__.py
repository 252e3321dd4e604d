"""Replicas of a network trained side by side: stochastic gradient descent and Adam."""
