"""Network layers on a tile of samples with the samples along rows: matrices are (units, T).

One unit is then one contiguous row, which is what an exchange of units moves, and loops over samples
vectorise. ``work`` is cut into two halves, which hold two layers turn and turn about.
"""

from ..jit import block
from ..mlp import layers
from ..mlp.formula import layer_size


@block
def inward(point, network, x, layer, work, z):
    """Pre-activations (M, T) of hidden layer ``layer`` for samples x (T, inputs); returns the next offset."""
    widths, bias = network.widths, network.bias
    offset = layer_size(widths[0], widths[1], bias)
    if layer == 0:
        layers.affine_columns(point, 0, bias, x, True, z)
        return offset
    rows = x.shape[0]
    half = work.shape[0] // 2
    here = 0
    a = layers.matrix(work, 0, widths[1], rows)
    layers.affine_columns(point, 0, bias, x, True, a)
    for step in range(1, layer):
        layers.rectify(a)
        here = half - here
        out = layers.matrix(work, here, widths[step + 1], rows)
        layers.affine_columns(point, offset, bias, a, False, out)
        offset += layer_size(widths[step], widths[step + 1], bias)
        a = out
    layers.rectify(a)
    layers.affine_columns(point, offset, bias, a, False, z)
    return offset + layer_size(widths[layer], widths[layer + 1], bias)


@block
def outward(point, network, layer, offset, work, z):
    """Outputs (k, T) from pre-activations of layer ``layer`` in the first half of ``work``."""
    widths, bias = network.widths, network.bias
    rows = z.shape[1]
    half = work.shape[0] // 2
    here = 0
    for step in range(layer, widths.shape[0] - 1):
        layers.rectify(z)
        here = half - here
        out = layers.matrix(work, here, widths[step + 1], rows)
        layers.affine_columns(point, offset, bias, z, False, out)
        offset += layer_size(widths[step], widths[step + 1], bias)
        z = out
    return z
