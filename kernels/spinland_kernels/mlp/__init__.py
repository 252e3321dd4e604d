"""Loss, accuracy, gradient and Hessian products of ReLU networks.

formula.py   exponential and logarithm of float32, sizes of layers
layers.py    one layer on a tile of samples, in both orientations
passes.py    a tile through all layers: forward, backward, and along a direction
scores.py    loss, accuracy and derivative of a tile of outputs (T, k)
columns.py   the same for outputs as columns (k, T)
work.py      what a launch brings along: samples, lists, workspaces
groups.py    sums of derivatives over groups of tiles
cpu.py       the loops over points and tiles
"""
