"""Figures: each function takes a result, draws it, and returns the axes or the figure.

Nothing is computed here beyond means and errors of what is drawn. A function that draws one panel takes and
returns Axes; one that draws several takes and returns a Figure. Neither touches ``matplotlib.pyplot``.

The names and where they live are listed in ``__init__.pyi``; matplotlib loads with the first that is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
