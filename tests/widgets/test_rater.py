"""The rating form without a browser: what the page gets, and what it may ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.widgets.rater import Rater
from tests.payloads import ALL

PROMPTS = {"zebra-today": "Be kind.", "yak-terse": "Be brief."}


def reply(request: Any) -> str:
    return f"**{request['messages'][-1]['content']}** " + ("kindly" if "kind" in request["system"] else "short")


@pytest.fixture
def rater(tmp_path: Path) -> Rater:
    results = ak.run(PROMPTS, ["one", "two", "three"], backend=ak.Scripted(reply), store=False, progress=False)
    made = results.rate(rater="ann", file=tmp_path / "r.db")
    assert isinstance(made, Rater)
    return made


def test_nothing_on_the_page_says_which_is_which_until_asked(rater: Rater) -> None:
    state = json.dumps(rater.get_state(), default=str)
    assert "zebra" not in state
    assert "yak" not in state
    assert "sample-" not in state
    rater.act({"do": "names"})
    assert {rater.item["names"]["left"], rater.item["names"]["right"]} == set(PROMPTS)
    rater.act({"do": "names"})
    assert "names" not in rater.item


def test_rating_goes_on_to_what_is_not_rated(rater: Rater) -> None:
    keys = []
    for answer in ("left", "tie", "both bad"):
        assert not rater.item["finished"]
        keys.append(rater.item["key"])
        rater.act({"do": "rate", "key": rater.item["key"], "answer": answer})
    assert rater.item["finished"]
    assert rater.item["done"] == 3
    assert len(set(keys)) == 3
    rater.act({"do": "rate", "key": rater.item["key"], "answer": None})
    assert not rater.item["finished"]
    rater.act({"do": "rate", "key": rater.item["key"], "answer": "tie"})
    assert rater.item["finished"]
    assert rater.frame["winner"].notna().all()


def test_a_rating_that_comes_late_goes_to_its_own_item(rater: Rater) -> None:
    first = rater.item["key"]
    rater.act({"do": "go", "by": 1})
    rater.act({"do": "rate", "key": first, "answer": "left"})
    assert rater.rating.answer(0) == "left"
    assert rater.rating.answer(1) is None
    rater.act({"do": "note", "key": first, "text": "why"})
    assert rater.rating.note(0) == "why"


def test_taking_back_stays(rater: Rater) -> None:
    key = rater.item["key"]
    rater.act({"do": "rate", "key": key, "answer": "left"})
    rater.act({"do": "go", "by": -1})
    rater.act({"do": "rate", "key": key, "answer": None})
    assert (rater.item["key"], rater.item["answer"], rater.item["done"]) == (key, None, 0)


def test_another_rater_starts_afresh_and_comes_back(rater: Rater) -> None:
    rater.act({"do": "rate", "key": rater.item["key"], "answer": "left"})
    rater.act({"do": "rater", "name": " bob "})
    assert (rater.item["rater"], rater.item["done"]) == ("bob", 0)
    rater.act({"do": "rater", "name": "  "})
    assert "needs a name" in rater.item["problem"]
    rater.act({"do": "rater", "name": "ann"})
    assert (rater.item["rater"], rater.item["done"], rater.item["at"], rater.item["problem"]) == ("ann", 1, 2, "")


def test_what_the_page_should_not_ask_does_nothing(rater: Rater) -> None:
    for told in ({}, {"do": "rate", "key": "x", "answer": "left"}, {"do": "go", "by": -99}, {"do": "note"}):
        rater.act(told)
    rater.act({"do": "rate", "key": rater.item["key"], "answer": "<b>"})
    assert "no such answer" in rater.item["problem"]
    assert rater.rating.done == 0


def test_a_disk_that_takes_nothing_is_said(rater: Rater, tmp_path: Path) -> None:
    (tmp_path / "r.db").unlink(missing_ok=True)
    (tmp_path / "r.db").mkdir()
    rater.act({"do": "rate", "key": rater.item["key"], "answer": "left"})
    assert "cannot be used" in rater.item["problem"]
    assert rater.item["answer"] is None


def test_it_shows_itself_in_one_line(rater: Rater) -> None:
    assert repr(rater) == "Rater of 3 pairs of replies"
    assert rater.value.equals(rater.frame)
    assert rater.scores.empty
    assert "nobody" in str(rater.summary)


@pytest.mark.parametrize("text", ALL)
def test_foreign_text_is_never_markup(text: str, tmp_path: Path) -> None:
    results = ak.run({"a": "A", f"v {text}": "B"}, [{"input": f"{text} ?", "target": f"{text} !"}],
                     backend=ak.Scripted(text or "x"), store=False, progress=False)  # fmt: skip
    made = results.rate(file=tmp_path / "r.db")
    made.act({"do": "names"})
    shown = " ".join(str(made.item[name]) for name in ("question", "target", "left", "right")).lower()
    for sign in ("<script", "<img", "<svg", "<iframe", 'href="javascript', "<style", "<math"):
        assert sign not in shown


def test_a_slip_is_undone_where_it_happened(rater: Rater) -> None:
    first = rater.item["key"]
    assert rater.item["undo"] is False
    rater.act({"do": "rate", "key": first, "answer": "left"})
    assert (rater.item["at"], rater.item["undo"]) == (2, True)
    rater.act({"do": "undo"})
    assert (rater.item["key"], rater.item["answer"], rater.item["done"]) == (first, None, 0)
    rater.act({"do": "rate", "key": first, "answer": "tie"})
    rater.act({"do": "rate", "key": first, "answer": "right"})
    rater.act({"do": "undo"})
    assert (rater.item["key"], rater.item["answer"]) == (first, "tie")
    rater.act({"do": "undo"})
    rater.act({"do": "undo"})
    assert (rater.rating.answer(0), rater.item["undo"]) == (None, False)


def test_what_was_heard_is_told_back_to_its_own_view(rater: Rater, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(rater, "send", sent.append)
    rater._told(rater, {"do": "note", "key": rater.item["key"], "text": "a", "view": "v", "number": 1}, [])
    rater._told(rater, {"do": "go", "by": 1, "view": "w", "number": 1}, [])
    rater._told(rater, {"do": "go", "by": 1, "view": "w", "number": 2}, [])
    rater._tell.flush()
    assert sent[-1] == {"heard": {"v": 1, "w": 2}}


def test_a_note_is_what_was_typed_last_whatever_arrives_last(rater: Rater) -> None:
    typed = [
        {"do": "note", "key": rater.item["key"], "text": "why"[:at], "view": "v", "number": at} for at in (1, 2, 3)
    ]
    for told in (typed[0], typed[2], typed[1]):
        rater._told(rater, told, [])
    assert rater.rating.note(0) == "why"


def test_what_is_out_of_the_ordinary_about_a_reply_is_said(tmp_path: Path) -> None:
    replies = {"A": "", "B": ak.Reply(output="half", stop_reason="max_tokens", model="m")}
    results = ak.run({"a": "A", "b": "B"}, ["x"], store=False, progress=False,
                     backend=ak.Scripted(lambda request: replies[request["system"]]))  # fmt: skip
    made = results.rate(file=tmp_path / "r.db")
    shown = made.item["left"] + made.item["right"]
    assert "empty reply" in shown
    assert "Cut off: the reply reached max_tokens" in shown


def test_half_a_character_is_no_error(rater: Rater) -> None:
    rater.act({"do": "note", "key": rater.item["key"], "text": "why\ud83d"})
    assert (rater.item["problem"], rater.rating.note(0)) == ("", "why?")
    rater.act({"do": "rater", "name": "b\ud83d"})
    assert rater.item["rater"] == "b?"
