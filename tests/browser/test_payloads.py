"""Every hostile text through every view and the form, in a live trusted notebook and in standalone pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser.lab import Lab, shoot
from nbconvert import HTMLExporter
from payloads import ALL

from agentkit.views import card, diff, safe, table
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.page import page as whole_page

ACTIVE = "script, iframe, object, embed, svg, math, img, video, audio, form, style, link, meta, base, input, button"
STYLES = """() => [document.body, document.querySelector('.jp-NotebookPanel')].map((node) => {
  const style = getComputedStyle(node);
  return [style.display, style.visibility, style.color, style.backgroundColor, style.position].join();
}).join('|')"""
FOUND = "(selector) => [...document.querySelectorAll(selector)].map((node) => node.outerHTML.slice(0, 200))"
SETUP = """
import sys
sys.path.insert(0, {tests!r})
from payloads import ALL
from IPython.display import HTML, display
from agentkit.views import card, diff, safe, table
from agentkit.views.grid import Cell, Grid, GridRow
def row(text):
    return GridRow(text, text, text, {{"a": [Cell(text, scores={{text: 1.0}})], text: [Cell(None, error=text)]}})
rows = [row(text) for text in ALL]
"""
VIEWS = (
    "for at in range(0, len(rows), 40): display(HTML(table.table_html(Grid(['a'], rows[at:at + 40], note=ALL[at]))))",
    "for t in ALL: display(HTML(card.card_html(card.Card(t, t, t, t, [(t, t)], notes=[card.Note(t, t, t)]))))",
    "display(HTML(''.join(diff.unified_html('a', t, t, t) + diff.words_html(t, 'a') for t in ALL)))",
)
FORM = """
import agentkit as ak
prompt = '\\n\\n'.join(text.encode('utf-8', 'replace').decode() for text in ALL)
agent = ak.loads('---\\nname: a\\ndescription: b\\n---\\nYou.\\n').replace(system_prompt=prompt)
clean = [text.encode('utf-8', 'replace').decode() for text in ALL]
blocks = [ak.Example(user=a, assistant=b, context=c) for a, b, c in zip(clean[::3], clean[1::3], clean[2::3])]
agent = agent.replace(examples=blocks[::4])
for at, text in enumerate(clean):
    agent = agent.replace(**{f'field-{at}': text}) if at % 8 == 0 else agent
form = ak.edit(agent)
form._prompt.mode.value = 'Preview'
for text in clean[::2]:
    for field in ('name', 'model', 'color'):
        form.state.set_field(field, text)
form.state.set_lead(clean[-1])
form.state.problem = '\\n'.join(ALL)
form.settle()
form
"""


def owned(page: Any) -> Any:
    return page.evaluate("() => window.__owned")


def test_nothing_runs_in_a_trusted_notebook(lab: Lab, desk: Any) -> None:
    lab.show(desk, "calm.ipynb", ["1"])
    before = desk.evaluate(STYLES)
    setup = SETUP.format(tests=str(Path(__file__).parent.parent))
    lab.show(desk, "payloads.ipynb", [setup, *VIEWS, FORM])
    desk.wait_for_selector(".ak-form .ak-preview")
    desk.evaluate(
        "() => document.querySelectorAll('.jp-OutputArea-output details').forEach((fold) => { fold.open = true; })"
    )
    for link in desk.query_selector_all(".jp-OutputArea-output a"):
        assert str(link.get_attribute("href") or "").startswith(("http://", "https://", "mailto:", "")), link
        assert "javascript" not in str(link.get_attribute("href") or "")
    desk.wait_for_timeout(500)
    assert owned(desk) is None
    assert desk.left == []
    assert desk.evaluate(STYLES) == before
    for place in (".jp-RenderedHTMLCommon", ".ak-form .widget-html-content"):
        assert desk.evaluate(FOUND, f"{place} :is({ACTIVE}, mjx-container)") == []
    text = desk.evaluate("() => document.querySelector('.jp-Notebook').innerText")
    assert "<script>window.__owned=1</script>" in text
    shoot(desk, "payloads")


SCROLL = "(part) => { const view = document.querySelector('.ak-view'); view.scrollTop = view.scrollHeight * part; }"
SETTLED = "() => [...document.querySelectorAll('.ak-place')].every((place) => place.textContent !== '…')"
EXPLORE = """
import agentkit as ak
clean = [text.encode('utf-8', 'replace').decode() for text in ALL]
fields = {text: text for text in clean[::10] if text.strip()}
samples = ak.samples([{'id': f'{at} {text}', 'input': text, **fields} for at, text in enumerate(clean)])
answer = lambda request: request['messages'][0]['content']
results = ak.run({'a': 'You.', clean[0]: 'Me.'}, samples, backend=ak.Scripted(answer), store=False, progress=False)
results = results.score(**{text: (lambda reply: ak.Score(0.5, reply, reply)) for text in clean[::8] if text.strip()})
view = results.explore()
view
"""


def test_nothing_runs_in_the_live_comparison(lab: Lab, desk: Any) -> None:
    setup = SETUP.format(tests=str(Path(__file__).parent.parent))
    lab.show(desk, "payloads-explore.ipynb", [setup, EXPLORE])
    desk.wait_for_selector(".ak-explore .ak-place.ak-first strong")
    for mode in ("rendered", "source", "diff"):
        desk.get_by_label("Replies as").select_option(mode)
        for part in range(8):
            desk.evaluate(SCROLL, part / 8)
            desk.wait_for_function(SETTLED)
            assert desk.evaluate(FOUND, f".ak-place :is({ACTIVE}):not([data-act])") == []
    assert desk.evaluate(FOUND, ".ak-explore mjx-container") == []
    desk.locator(".ak-body-line .ak-place").nth(1).dblclick(position={"x": 5, "y": 5})
    desk.get_by_role("region", name="Transcript").wait_for()
    assert desk.evaluate(FOUND, f".ak-opened :is({ACTIVE}, mjx-container)") == []
    assert owned(desk) is None
    assert desk.left == []


RATE = """
import agentkit as ak
clean = [text.encode('utf-8', 'replace').decode() for text in ALL]
# Four at a time: request, reference answer, left and right.
fours = [(clean[at:at + 4] + clean[:4])[:4] for at in range(0, len(clean), 4)]
samples = [{'id': f'{at} {a}', 'input': a, 'target': b} for at, (a, b, _, _) in enumerate(fours)]
replies = {a: (c, d) for a, _, c, d in fours}
answer = lambda request: replies[request['messages'][0]['content']][request['system'] == 'Me.']
results = ak.run({'a': 'You.', clean[0]: 'Me.'}, samples, backend=ak.Scripted(answer), store=False, progress=False)
rater = results.rate(rater=clean[1], file='payloads-ratings.db')
rater.act({'do': 'names'})
rater
"""
LAUNCH = """
variants = {text: text + ' .' for text in clean if text.strip()}
launcher = ak.launch(variants, [text + ' ?' for text in clean[:40]], model=clean[2],
                     backend=ak.Scripted(lambda request: ValueError(request['system'])), store=False)
launcher.state.choose(samples=launcher.state.samples.ids[:1])
try:
    launcher.run().wait()
except ak.AgentkitError:
    pass
launcher.settle()
launcher
"""


def test_nothing_runs_in_the_rating_form_and_the_launcher(lab: Lab, desk: Any) -> None:
    setup = SETUP.format(tests=str(Path(__file__).parent.parent))
    lab.show(desk, "payloads-rate.ipynb", [setup, RATE, LAUNCH])
    desk.wait_for_selector(".ak-rate .ak-side")
    desk.wait_for_selector(".ak-launch .ak-failures")
    pairs = -(-len(ALL) // 4)
    for text in ALL[:: len(ALL) // 4]:
        desk.get_by_role("textbox", name="Note", exact=True).fill(text.encode("utf-8", "replace").decode())
    desk.get_by_label("Rater").fill(ALL[3])
    desk.get_by_label("Rater").press("Enter")
    for at in range(2, pairs + 1):
        desk.get_by_role("button", name="On f").click()
        desk.get_by_text(f"Pair {at} of {pairs}").wait_for()
        assert desk.evaluate(FOUND, f".ak-rate .ak-text :is({ACTIVE})") == []
    assert desk.evaluate(FOUND, f".ak-launch .widget-html-content :is({ACTIVE}, mjx-container)") == []
    assert owned(desk) is None
    assert desk.left == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_in_a_standalone_page(chromium: Any, tmp_path: Path, scheme: str) -> None:
    rows = [GridRow(text, text, text, {"a": [Cell(text)], "b": [Cell(None, error=text)]}) for text in ALL]
    parts = [table.table_html(Grid(["a", "b"], rows[at : at + 40])) for at in range(0, len(rows), 40)]
    parts += [card.card_html(card.Card(text, text, text, text)) for text in ALL]
    parts += [diff.unified_html("a", text) for text in ALL] + [safe.markdown(text) for text in ALL]
    file = tmp_path / "page.html"
    file.write_text(whole_page(ALL[0], parts, lead=ALL[1]))
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.wait_for_timeout(300)
    assert owned(page) is None
    assert asked == [file.as_uri()]
    assert (
        page.evaluate(
            "() => document.querySelectorAll('body :is(script, iframe, svg, img, style, form, input)').length"
        )
        == 0
    )
    assert "<script>window.__owned=1</script>" in page.inner_text("body")
    shoot(page, f"payloads-page-{scheme}")
    context.close()


SHOW = """
from IPython.display import display
from test_hostile_places import PLACES, SLOW, clean, html_of
from agentkit.scoring.plots import intervals
import agentkit as ak
for name, make in PLACES.items():
    made = [make(text) for text in map(clean, ALL[::40] if name in SLOW else ALL[::6]) if text.strip()]
    display(HTML(''.join(map(html_of, made))))
    print(*made)
    if made:
        display(made[0])
display(intervals([(text, 0.5, (0.1, 0.9)) for text in map(clean, ALL[::20])], clean(ALL[0])))
texts = [clean(text) for text in ALL if text.strip()]
results = ak.run({text: 'You.' for text in texts[:12]}, texts[:6], backend=ak.Scripted(texts[3]), store=False)
display(results.frame, ak.samples(texts).frame)
results.to_html('payloads-results.html', title=texts[0])
"""
RAISE = "raise ak.AgentkitError(''.join(texts), received=texts[0], accepted=texts[5], hint=texts[-1])"


def test_nothing_runs_in_what_shows_itself_nor_in_the_pages_made_of_it(lab: Lab, desk: Any, tmp_path: Path) -> None:
    from agentkit.notebook.export import notebook_page

    lab.show(desk, "calm.ipynb", ["1"])
    before = desk.evaluate(STYLES)
    setup = SETUP.format(tests=str(Path(__file__).parent.parent))
    lab.show(desk, "payloads-places.ipynb", [setup, SHOW, RAISE])
    desk.get_by_text("AgentkitError:").first.wait_for()
    desk.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    assert desk.evaluate(STYLES) == before
    # A frame is shown by pandas, whose text a notebook does typeset; of that, links are what could act.
    assert (
        desk.evaluate(
            FOUND, f".jp-OutputArea-output :is({ACTIVE}):not(.jp-RenderedImage img, mjx-container *, style[scoped])"
        )
        == []
    )
    assert desk.evaluate(FOUND, ".mathjax_ignore mjx-container") == []
    assert desk.evaluate(FOUND, ".jp-OutputArea-output a[href^='javascript' i]") == []
    assert (owned(desk), desk.left) == (None, [])
    notebook = nbformat.read(lab.root / "payloads-places.ipynb", 4)
    pages = {
        "shared": notebook_page(notebook, title=ALL[0]),
        "converted": HTMLExporter().from_notebook_node(notebook)[0],
    }
    pages["results"] = (lab.root / "payloads-results.html").read_text()
    for name, html in pages.items():
        file = tmp_path / f"{name}.html"
        file.write_text(html, "utf-8", "replace")
        page = desk.context.new_page()
        asked: list[str] = []
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_timeout(200)
        assert owned(page) is None, name
        # nbconvert's own template asks for its scripts.
        assert [url for url in asked if "cdnjs" not in url or "evil" in url] == [file.as_uri()], name
        assert "window.__owned=1" in page.inner_text("body")
        page.close()
