"""Loss landscapes of networks and spin glasses behind one interface.

Import as ``import spinland as sl``. The public names and where they live are listed in ``__init__.pyi``;
compiled and plotting parts load when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
