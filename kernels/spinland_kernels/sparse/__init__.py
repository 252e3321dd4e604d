"""The first layer where most inputs are zero: only the other numbers are multiplied.

lists.py     the numbers other than zero, block by block
panels.py    the other factor, in panels of a few units
product.py   lists times panels, with the sums in registers
"""
