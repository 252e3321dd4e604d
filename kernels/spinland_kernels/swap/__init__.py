"""Loss between a network and its copies with hidden units exchanged.

formula.py   interpolation of a unit
columns.py   layers below and above the exchanged units, samples as columns
work.py      what a launch brings along: exchanges, workspaces
cpu.py       the loops over tiles of samples and groups of trials
"""
