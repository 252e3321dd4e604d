"""Loss, accuracy, gradient and Hessian products of ReLU networks.

formula.py   exponential and logarithm of float32, sizes of layers
layers.py    a layer's parameters, product and activation
points.py    points and derivatives in panels, the form that the passes read
passes.py    a tile through all layers: forward, backward, and along a direction
columns.py   loss and accuracy of a tile of outputs (k, T)
scores.py    derivative of the loss by these, and along a direction
work.py      what a launch brings along: samples, lists, workspaces
groups.py    sums of derivatives over groups of tiles
cpu.py       the loops over points and tiles
"""
