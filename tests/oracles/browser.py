"""A page as a browser lays it out: how wide its tables are, at any width of the window."""

import html
import json
import re
import shutil
import subprocess

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# The page lies in a frame of the width that is asked for: windows cannot be narrower than about 500 pixels.
LOOK = """<!doctype html><title>no</title><iframe width=%d height=900 style="border:0" srcdoc="%s"></iframe>
<script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument, found = [page.documentElement.scrollWidth];
  for (const table of page.querySelectorAll("table")) {
    const box = table.parentElement, style = frame.contentWindow.getComputedStyle(box);
    found.push([table.offsetWidth, box.clientWidth, style.overflowX, box.tabIndex]);
  }
  document.title = JSON.stringify(found);
};
</script>"""


def table_widths(page, width, folder):
    """Width of the whole page; and of each table its width, that of its box, how the box scrolls and its tab index.

    Pictures and scripts are left out: no table depends on them.
    """
    text = re.sub(r"<svg.*?</svg>|<script.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    (folder / "look.html").write_text(LOOK % (width, html.escape(text)), encoding="utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000", "--virtual-time-budget=10000"]
    run = subprocess.run(
        [BROWSER, *words, "--dump-dom", (folder / "look.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    whole, *tables = json.loads(re.search(r"<title>(.*?)</title>", run.stdout)[1])
    return whole, tables
