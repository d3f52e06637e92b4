"""The launcher as a person uses it: pick, see the price, run, watch, stop, resume, retry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser.lab import Lab, eventually, shoot
from browser.test_axe import look

from tests.server import Fault, MessagesServer

CELL = """import agentkit as ak
agent = ak.load("agents/backend-engineer.md")
launcher = ak.launch(
    {{"today": agent, "terse": agent.without("Testing and monitoring")}},
    ak.samples(agent),
    backend=ak.Messages(base_url="{url}", api_key="any-key-will-do"),
    model="claude-haiku-4-5",
    store=False,
)
launcher"""


@pytest.fixture(scope="module")
def _api() -> Iterator[MessagesServer]:
    with MessagesServer("Here is a **plan**.") as server:
        yield server


@pytest.fixture
def api(_api: MessagesServer) -> MessagesServer:
    """One server for all, so that one notebook will do; nothing is left in it of the test before."""
    _api.received.clear()
    _api.faults = []
    _api.fault = lambda body: None
    return _api


@pytest.fixture
def form(lab: Lab, desk: Any, api: MessagesServer) -> Any:
    """A notebook with a new launcher in it."""
    lab.show(desk, "launch.ipynb", [CELL.format(url=api.url), "6 * 7"])
    desk.wait_for_selector(".ak-launch[data-lm-suppress-shortcuts] .ak-name")
    return desk


def test_pick_run_and_read(lab: Lab, form: Any, api: MessagesServer) -> None:
    form.get_by_text("counted by the server").wait_for()
    form.get_by_label("example-2:").uncheck()
    form.get_by_label("Epochs").press("Control+A")
    form.keyboard.type("3")
    form.keyboard.press("Tab")
    form.get_by_text("= 12 trials").wait_for()
    form.get_by_text("12, of these 0 in the store and 12 to call").wait_for()
    form.get_by_role("button", name="Run what is picked").click()
    form.get_by_text("Done", exact=True).wait_for()
    bar = form.get_by_role("progressbar", name="Trials that have ended")
    eventually(form, lambda: bar.get_attribute("aria-valuenow"), "12")
    assert len(api.calls) == 12
    told = "print(launcher.results.frame['output'].nunique(), len(launcher.results))"
    eventually(form, lambda: lab.evaluate(form, told), "1 12\n")
    form.get_by_role("group", name="The same in Python").get_by_text("epochs=3").wait_for()
    assert form.errors == []


def test_the_page_stays_usable_and_stop_stops(lab: Lab, form: Any, api: MessagesServer) -> None:
    waiting = True
    first: list[str] = []

    def fault(body: Any) -> Fault | None:
        first.append(body["messages"][0]["content"])
        return Fault("hang") if waiting and first[0] == first[-1] else None

    api.fault = fault
    form.get_by_role("button", name="Run what is picked").click()
    form.get_by_text("Running", exact=True).wait_for()
    form.get_by_text("4/6 done").wait_for()
    shoot(form, "launcher-running", form.locator(".ak-launch"))
    # Another cell runs meanwhile, and the form goes on; it hears Stop before that cell is over.
    assert lab.evaluate(form, "print(6 * 7)") == "42\n"
    lab.start(form, "import time\nwhile launcher.running.state == 'running': time.sleep(0.05)")
    form.get_by_role("button", name="Stop; what finished is kept").click()
    form.get_by_text("Stopped", exact=True).wait_for()
    form.wait_for_function("() => window.ended")
    waiting = False
    before = len(api.calls)
    form.get_by_role("button", name="Resume: run what is missing").click()
    form.get_by_text("Done", exact=True).wait_for()
    assert len(api.calls) == before + 2


def test_failures_are_told_and_retried(form: Any, api: MessagesServer) -> None:
    api.faults = [Fault("status", 400, "invalid_request_error", "the prompt is not to my taste")] * 2
    form.get_by_role("button", name="Run what is picked").click()
    form.get_by_text("Done, 2 trials failed", exact=True).wait_for()
    failures = form.get_by_role("group", name="Failures")
    eventually(form, lambda: failures.get_by_text("the prompt is not to my taste").count(), 2)
    shoot(form, "launcher-failed", form.locator(".ak-launch"))
    failures.get_by_role("button", name="Retry the trials that failed").click()
    form.get_by_text("Done", exact=True).wait_for()
    failures.get_by_text("None.").wait_for()


def test_the_keyboard_alone_is_enough(form: Any, api: MessagesServer) -> None:
    cells = form.locator(".jp-Notebook .jp-Cell").count()
    form.get_by_label("terse").focus()
    form.keyboard.press("Space")
    form.get_by_text("= 3 trials").wait_for()
    for key in ("b", "a", "d", "d"):
        form.keyboard.press(key)
    assert form.locator(".jp-Notebook .jp-Cell").count() == cells
    form.get_by_role("button", name="Run what is picked").focus()
    form.keyboard.press("Enter")
    form.get_by_text("Done", exact=True).wait_for()
    assert len(api.calls) == 3


def test_it_can_be_read_in_each_theme_and_at_each_width(lab: Lab, form: Any, api: MessagesServer) -> None:
    reason = "messages: text content blocks must be non-empty"
    api.faults = [None, Fault("status", 400, "invalid_request_error", reason)]
    form.get_by_text("counted by the server").wait_for()
    form.get_by_role("button", name="Run what is picked").click()
    form.get_by_text("Done, 1 trial failed", exact=True).wait_for()
    # Nothing beside the form lies over what stands under it.
    script = """() => {
      const groups = [...document.querySelectorAll('.ak-launch .ak-side > .ak-group')];
      const bottom = (each) => Math.max(...[each, ...each.querySelectorAll('*')].map(
        (inner) => inner.getBoundingClientRect().bottom));
      return groups.slice(0, -1).every((each, at) => bottom(each) <= groups[at + 1].getBoundingClientRect().top + 1);
    }"""
    eventually(form, lambda: form.evaluate(script), True)
    look(lab, form, "launcher", ".ak-launch", 680)
