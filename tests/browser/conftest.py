"""One real JupyterLab on loopback and one real browser for the whole session.

Where no browser is installed these tests are deselected, and a line at the end says so and how to get one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browser.lab import FLAGS, REPO, Lab, browser_path, shoot

HERE = Path(__file__).parent
HOW = "apt-get install chromium (or set AGENTKIT_TEST_BROWSER to one), and pip install 'agentkit-notebook[dev]'"
LEFT_OUT: list[pytest.Item] = []


def missing() -> str | None:
    """Return what there is to install before these tests can run; None where nothing is."""
    for module in ("playwright", "axe_playwright_python", "notebook"):
        if find_spec(module) is None:
            return f"{module} is not installed"
    return None if browser_path() else "no Chromium is installed"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = [item for item in items if HERE in item.path.parents]
    for item in mine:
        item.add_marker("browser")
        # On a busy machine a page may take too long to paint; that gets another go, a wrong page does not.
        item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=["TimeoutError"]), append=False)
    if mine and missing():
        LEFT_OUT.extend(mine)
        config.hook.pytest_deselected(items=mine)
        items[:] = [item for item in items if item not in mine]
        return
    # Last of all: Playwright's loop runs in this thread until the session ends, and `asyncio.run` refuses beside it.
    items[:] = [item for item in items if item not in mine] + mine


def left_out(config: pytest.Config) -> bool:
    """Tell whether browser tests were left out, here or by the workers, who alone collect where there are any."""
    return bool(LEFT_OUT) or (bool(config.getoption("numprocesses", None)) and missing() is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and left_out(session.config):
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left_out(config):
        count = f"{len(LEFT_OUT)} " if LEFT_OUT else ""
        terminalreporter.write_line(f"{count}browser tests left out: {missing()}. To run them: {HOW}.", yellow=True)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    running = Lab(tmp_path_factory.mktemp("lab"))
    shutil.copytree(REPO / "agents", running.root / "agents")
    yield running
    running.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        yield browser
        browser.close()


def opened(lab: Lab, chromium: Any, **options: Any) -> Any:
    """Return a fresh page whose requests may go to the lab alone; what left or failed is kept on it."""
    context = chromium.new_context(viewport={"width": 1360, "height": 1000}, **options)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.left = []
    page.errors = []

    def guard(route: Any) -> None:
        url = route.request.url
        if url.startswith((lab.url, "data:", "blob:")):
            route.continue_()
        else:
            page.left.append(url)
            route.abort()

    page.route("**/*", guard)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    return page


@pytest.fixture(scope="session")
def _desk(lab: Lab, chromium: Any) -> Iterator[Any]:
    page = opened(lab, chromium)
    yield page
    page.context.close()


@pytest.fixture
def desk(_desk: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page that tests share, because JupyterLab takes its time to open."""
    _desk.left.clear()
    _desk.errors.clear()
    yield _desk
    if getattr(request.node, "failed", False):
        shoot(_desk, f"failed-{request.node.name}")


@pytest.fixture
def page(lab: Lab, chromium: Any) -> Iterator[Any]:
    """A page of the test's own."""
    page = opened(lab, chromium)
    yield page
    page.context.close()


@pytest.fixture
def agent_file(lab: Lab) -> Path:
    path = lab.root / "agents" / "backend-engineer.md"
    path.write_bytes((REPO / "agents" / "backend-engineer.md").read_bytes())
    # What another test typed and did not save would be offered again.
    shutil.rmtree(lab.root / ".agentkit" / "drafts", ignore_errors=True)
    return path


@pytest.fixture
def form(lab: Lab, desk: Any, agent_file: Path) -> Any:
    """A notebook with a new editor in it."""
    cells = ["import agentkit as ak\nform = ak.edit('agents/backend-engineer.md')\nform", "form.value.color"]
    lab.show(desk, "edit.ipynb", cells)
    desk.wait_for_selector(".ak-form[data-lm-suppress-shortcuts] .ak-name")
    return desk


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    if outcome.get_result().failed:
        item.failed = True  # type: ignore[attr-defined]
