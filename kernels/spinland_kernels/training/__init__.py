"""Replicas of a network trained side by side: stochastic gradient descent and Adam.

formula.py   one step of each optimiser for one parameter
blocks.py    steps on stretches of a parameter vector
lists.py     the first layer with lists, gathered anew for each batch
work.py      what a launch brings along: lists of the samples, workspaces
cpu.py       the loops over replicas, epochs and batches
"""
