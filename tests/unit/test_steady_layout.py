"""Pictures do not depend on the last bit of a place, which the layout's solver takes from addresses in memory."""

import numpy as np
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

from spinland.figures import style
from spinland.figures.export import svg_text


def drawn():
    figure = style.canvas(None, (9.2, 5.0))
    left, right = figure.subfigures(1, 2)
    for part, word in ((left, "Trained networks"), (right, "Minima")):
        axes = part.subplots(2)
        part.suptitle(word)
        axes[0].imshow(np.eye(3))
        axes[1].plot([0, 1], [0, 1])
    return figure


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_the_solver_does_not_reach_the_picture(seed, monkeypatch):
    solve, before = ConstrainedLayoutEngine.execute, drawn()
    text = svg_text(before)
    random = np.random.default_rng(seed)

    def shaken(box):
        return Bbox(box.get_points() + random.choice([-1, 0, 1], (2, 2)) * 2.0**-40)

    def noisy(self, fig):
        result = solve(self, fig)
        for part in fig.subfigs:
            part._redo_transform_rel_fig(bbox=shaken(part.bbox_relative))
        for ax in fig.axes:
            ax._set_position(shaken(ax.get_position(original=True)), which="both")
        return result

    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", noisy)
    assert svg_text(drawn()) == text
