"""The live comparison at 10,000 samples × 4 variants of 2 KB: seconds to paint, to the end, to a text.

    python benchmarks/explore.py [SAMPLES]

Needs a browser, as tests/browser does.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser.lab import FLAGS, Lab, browser_path

SETUP = """
import agentkit as ak
words = "Use a **token bucket** in Redis, one for each user, and answer `429` with Retry-After. ".split()
long = " ".join(words[at % len(words)] + ("\\n\\n" if at % 40 == 39 else "") for at in range(360))
names = ["a", "b", "c", "d"]
scripted = ak.Scripted(lambda request: request["system"] + long)
results = ak.run({name: name for name in names}, [f"sample {at}" for at in range(SAMPLES)],
                 backend=scripted, store=False, progress=False)
print(len(results), len(long))
"""
WAIT = """() => {
  const places = [...document.querySelectorAll('.ak-place')];
  return places.length > 8 && places.every((place) => place.textContent !== '…');
}"""
CELL = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.model.cells.get(2).sharedModel.setSource('view = results.explore(); view');
  notebook.activeCellIndex = 2;
}"""
FIND = """() => {
  const field = document.querySelector('.ak-explore input');
  field.value = 'sample 77';
  field.dispatchEvent(new Event('input'));
}"""


def timed(page: Any, act: str, ready: str) -> float:
    start = time.perf_counter()
    page.evaluate(act)
    page.wait_for_function(ready, polling=10)
    page.evaluate("() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    return time.perf_counter() - start


def main(samples: int) -> None:
    from playwright.sync_api import sync_playwright

    folder = Path(tempfile.mkdtemp())
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1360, "height": 1000})
            page.set_default_timeout(300_000)
            lab.show(page, "explore.ipynb", [f"SAMPLES = {samples}", SETUP, "1"])
            print("trials and characters of a reply:", lab.evaluate(page, "print(len(results), len(long))").strip())
            lab.evaluate(page, "import agentkit.widgets.explore")
            page.evaluate(CELL)
            run = "() => { window.jupyterapp.commands.execute('notebook:run-cell'); }"
            print(f"results.explore() until painted: {timed(page, run, WAIT):.2f} s")
            end = "() => { const view = document.querySelector('.ak-view'); view.scrollTop = view.scrollHeight; }"
            there = f"() => document.querySelector('.ak-body-line[data-line=\"{samples - 1}\"] .ak-place p') !== null"
            print(f"to the end: {timed(page, end, there):.2f} s")
            found = f"() => !document.querySelector('.ak-status').textContent.startsWith('{samples:,} ')"
            print(f"to find a text: {timed(page, FIND, found):.2f} s")
            browser.close()
    finally:
        lab.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
