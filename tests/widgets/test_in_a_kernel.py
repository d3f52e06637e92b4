"""Widgets in a real kernel: its two threads for messages, and how many messages a form is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

CODE = """import agentkit as ak
results = ak.run({"a": "A", "b": "B"}, ["x"], store=False, progress=False,
                 backend=ak.Scripted(lambda request: request["system"]))
raters = [results.rate(file=f"{at}.db") for at in range(6)]
print(*[each.comm.comm_id for each in raters], raters[0].item["key"])"""
LAUNCH = "launcher = ak.launch({'a': 'A', 'b': 'B'}, [f'q{n}' for n in range(40)], backend=ak.Scripted(str))"
TEXT = "half a thought, and the other half"


@pytest.fixture
def kernel(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(repo))
    manager, client = start_new_kernel(startup_timeout=60, cwd=str(tmp_path))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed(kernel: Any, code: str) -> str:
    text: list[str] = []

    def heard(message: Any) -> None:
        if message["msg_type"] == "stream":
            text.append(message["content"]["text"])

    reply = kernel.execute_interactive(code, output_hook=heard, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(text)


def test_a_form_is_few_messages(kernel: Any, repo: Path) -> None:
    """A kernel drops what lies in its queue beyond 1,000, and may have 500 of the last form there yet."""
    for code in (f"form = ak.edit({str(repo / 'agents' / 'backend-engineer.md')!r})", LAUNCH):
        sent: list[Any] = []
        kernel.execute_interactive(f"import agentkit as ak\n{code}", output_hook=sent.append, timeout=60)
        assert 50 < len(sent) < 400


def test_every_widget_of_a_form_hears_on_the_thread_that_is_asked_for(kernel: Any, repo: Path) -> None:
    code = f"""import agentkit as ak
forms = [ak.edit({str(repo / "agents" / "backend-engineer.md")!r}), {LAUNCH.split(" = ")[1]}]
forms[0].state.add_example(); forms[0].settle()
def under(widget):
    return [widget, *(each for child in getattr(widget, "children", ()) for each in under(child))]
comms = [each.comm for form in forms for child in form.children for each in under(child)]
route = "_reply_subshell_for"
print(len(comms), sum(not hasattr(one, route) or getattr(one, route)({{}}, "asked") == "asked" for one in comms))"""
    count, heard = map(int, printed(kernel, code).split())
    assert count > 150
    assert heard == count


def test_many_widgets_come_no_faster_than_a_server_takes_them(kernel: Any) -> None:
    code = """import time, agentkit as ak
example = "<example>\\nuser: 'hi'\\nassistant: 'ho'\\n</example>\\n"
agent = ak.loads("---\\nname: a\\ndescription: b\\n---\\n" + "## A\\n\\nYou.\\n\\n" * 150)
agent = agent.replace(description="b\\n" + example * 30)
start = time.monotonic()
form = ak.edit(agent)
print(time.monotonic() - start)"""
    sent: list[Any] = []
    kernel.execute_interactive(code, output_hook=sent.append, timeout=60)
    (took,) = [float(one["content"]["text"]) for one in sent if one["msg_type"] == "stream"]
    assert len(sent) > 1000
    assert took > (len(sent) - 600) / 1000 / 1.5


def subshell(kernel: Any) -> str | None:
    """Return a thread of the kernel's for a widget's messages, as JupyterLab asks for one; None where there is none."""
    if "kernel subshells" not in kernel.kernel_info(reply=True, timeout=30)["content"].get("supported_features", []):
        return None
    kernel.control_channel.send(kernel.session.msg("create_subshell_request"))
    return str(kernel.get_control_msg(timeout=30)["content"]["subshell_id"])


def type_note(kernel: Any, comm: str, key: str, number: int, thread: str | None) -> None:
    told = {"do": "note", "key": key, "text": TEXT[:number], "view": "v", "number": number}
    message = kernel.session.msg("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": told}})
    if thread:
        message["header"]["subshell_id"] = thread
    kernel.shell_channel.send(message)


@pytest.mark.parametrize("early", [0, 30])
def test_a_note_is_what_was_typed_last(kernel: Any, early: int) -> None:
    *comms, key = printed(kernel, CODE).split()
    thread = subshell(kernel)
    for comm in comms:
        for number in range(1, len(TEXT) + 1):  # some before the page knows its thread
            type_note(kernel, comm, key, number, thread if number > early else None)
    heard = "print(*[rater._inbox.heard.get('v') for rater in raters])"
    deadline = time.monotonic() + 30
    while printed(kernel, heard).split() != [str(len(TEXT))] * len(comms) and time.monotonic() < deadline:
        time.sleep(0.1)
    notes = printed(kernel, "print(*[rater.frame['note'][0] for rater in raters], sep='\\n')").splitlines()
    assert notes == [TEXT] * len(comms)


def test_a_widget_hears_while_a_cell_runs(kernel: Any, tmp_path: Path) -> None:
    comm, *_, key = printed(kernel, CODE).split()
    thread = subshell(kernel)
    if thread is None:
        pytest.skip("this kernel has one thread for cells and widgets")
    cell = kernel.execute("import time\nwhile not raters[0].rating.note(0): time.sleep(0.05)\nprint('heard')")
    type_note(kernel, comm, key, 1, thread)
    while (reply := kernel.get_shell_msg(timeout=20))["parent_header"].get("msg_id") != cell:
        pass
    assert reply["content"]["status"] == "ok"
