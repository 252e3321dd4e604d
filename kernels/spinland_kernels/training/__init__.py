"""Replicas of a network trained side by side: stochastic gradient descent and Adam.

formula.py   one step of each optimiser for one parameter
blocks.py    steps on stretches of a parameter vector
lists.py     the first layer with lists, gathered anew for each batch
work.py      what a launch brings along: lists of the samples, workspaces
cpu.py       the loops over replicas, epochs and batches
cuda.py      the same on a card: what goes up and comes down, which of two ways is gone
orders.py    on the card: the order of the samples in an epoch
small.py     on the card: one block a replica, whose state fits into shared memory
large.py     on the card: replicas in step, one launch for each product of all of them
threads.py   on the card: what one thread does, a parameter's step or a sample's derivative
"""
