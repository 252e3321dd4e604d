"""Surfaces that turn: what they hold, and that a browser draws and turns them without a network."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from spinland import figures
from spinland.chapters.sections import picture, turning
from spinland.errors import ArgumentError
from spinland.report.page import _plotly
from tests.oracles import results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Takes the surface with the mouse, moves it, lets it go, and writes down where the eye was before and after.
TURN = """
<script>
const place = document.querySelector(".turning"), eyes = [];
const look = () => eyes.push(Object.values(place._fullLayout.scene._scene.getCamera().eye));
const mouse = (name, x, y, buttons) => place.querySelector("canvas").dispatchEvent(
  new MouseEvent(name, {clientX: x, clientY: y, buttons: buttons, button: 0, bubbles: true, view: window}));
setTimeout(() => {
  look();
  mouse("mousemove", 300, 300, 0); mouse("mousedown", 300, 300, 1);
  for (let i = 1; i < 20; i++) setTimeout(() => mouse("mousemove", 300 + 6 * i, 300 + 2 * i, 1), 40 * i);
  setTimeout(() => { mouse("mouseup", 420, 340, 0); }, 900);
  setTimeout(() => { look(); document.title = JSON.stringify(eyes); }, 2500);
}, 2500);
</script>
"""


def test_a_surface_holds_the_plane_and_its_names():
    plane = results.plane()
    figure = figures.turning_surface(plane, log=False)
    surface, pins = figure.data[0], figure.layout.scene.annotations
    np.testing.assert_array_equal(surface.z, plane.values.T)
    np.testing.assert_array_equal(surface.x, plane.a)
    assert len(pins) == 3
    assert [pin.text for pin in pins] == list(plane.point_labels)
    np.testing.assert_allclose([(pin.x, pin.y) for pin in pins], plane.points)


def test_a_logarithmic_surface_has_round_numbers_on_its_axis():
    plane = results.plane()
    figure = figures.turning_surface(plane, log=True)
    np.testing.assert_array_equal(figure.data[0].z, np.log10(plane.values).T)
    axis = figure.layout.scene.zaxis
    assert len(axis.tickvals) == len(axis.ticktext) >= 2
    with pytest.raises(ArgumentError, match="log"):
        figures.turning_surface(results.plane(results.glass), log=True)


def test_the_same_plane_gives_the_same_text():
    first, second = (figures.turning_surface(results.plane()).to_json() for _ in range(2))
    assert first == second
    json.loads(first)


def test_a_still_drawing_stands_on_paper():
    plane = results.plane()
    still = picture(figures.plane_surface(plane), "The plane.")
    both = turning(figures.turning_surface(plane), still, "It turns.")
    assert (both.svg, both.caption) == (still.svg, "It turns.")
    assert json.loads(both.turning)["data"][0]["type"] == "surface"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.slow
def test_a_browser_turns_it(tmp_path):
    figure = figures.turning_surface(results.plane()).to_json().replace("<", "\\u003c")
    show = f"Plotly.newPlot(document.querySelector('.turning'), {figure}.data, {figure}.layout);"
    page = (
        f"<!doctype html><title>no</title><div class=turning></div><script>{_plotly()}</script><script>{show}</script>"
    )
    (tmp_path / "page.html").write_text(page + TURN)
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--window-size=1000,800"]
    words += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=30000", "--dump-dom"]
    run = subprocess.run(
        [CHROMIUM, *words, (tmp_path / "page.html").as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    title = re.search(r"<title>(.*?)</title>", run.stdout)[1]
    before, after = json.loads(title)
    assert np.linalg.norm(np.subtract(before, after)) > 0.1
