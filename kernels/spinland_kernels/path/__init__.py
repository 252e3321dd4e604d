"""Training of paths w(t) = Σ_k φ_k(t) θ_k: from a point's gradient to its control vectors, in one pass.

formula.py   a number of a point, and what a control vector gets of its gradient
work.py      what a launch brings along: control vectors and moments together, and in panels; points
cpu.py       the loops over paths; their steps are those of the training (:mod:`..training.blocks`)
cuda.py      the same on a card: the gradients are those of replicas in step (:mod:`..training.large`)
"""
