"""The first layer where most inputs are zero: only the other numbers are multiplied.

lists.py     the numbers other than zero, block by block
layer.py     the products of a layer and of its gradient, the other factor in panels (lanes/panels.py)
product.py   lists times rows of vectors, with the sums in registers
"""
