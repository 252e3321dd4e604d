"""Loss of a ReLU network on an affine family of points.

columns.py   layers at a group of points, for one set of lanes of samples
work.py      what a launch brings along: the later layers packed, workspaces
cpu.py       the loops over tiles of samples and blocks of points
"""
