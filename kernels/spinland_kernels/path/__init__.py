"""Training of paths w(t) = Σ_k φ_k(t) θ_k: from a point's gradient to its control vectors, in one pass.

formula.py   a number of a point, and what a control vector gets of its gradient
blocks.py    points and steps of one path, a part of the vectors at a time
work.py      what a launch brings along: panels of the control vectors, points and gradients
cpu.py       the loops over paths
cuda.py      the same on the card, with the training's steps of points
"""
