"""Blind side-by-side ratings: order, durability, raters, frames."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.errors import ScoreError, StoreError
from agentkit.scoring.rating import ANSWERS, Rating

PROMPTS = {"today": "Be kind.", "terse": "Be brief."}
INPUTS = [f"question {number}" for number in range(12)]


def echo(request: Any) -> str:
    return f"{request['system']} {request['messages'][-1]['content']}"


def results(variants: Any = PROMPTS, inputs: Any = INPUTS, reply: Any = echo, **named: Any) -> ak.Results:
    return ak.run(variants, inputs, backend=ak.Scripted(reply), store=False, progress=False, **named)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ratings.db"


def prefer(rating: Rating, variant: str) -> None:
    for at, item in enumerate(rating.items):
        rating.rate(at, "left" if item.left.variant == variant else "right")


def test_order_and_sides_follow_from_seed_and_rater_alone(file: Path) -> None:
    found = results()
    same = [Rating(found, file=file).items for _ in range(2)]
    assert same[0] == same[1]
    shown = [(one.sample, one.left.variant) for one in same[0]]
    assert [sample for sample, _ in shown] != list(found.samples)
    assert sorted(sample for sample, _ in shown) == sorted(found.samples)
    assert {left for _, left in shown} == set(PROMPTS)
    for other in (Rating(found, seed=1, file=file), Rating(found, rater="bob", file=file)):
        assert [(one.sample, one.left.variant) for one in other.items] != shown


def test_sides_are_even_over_many_pairs(file: Path) -> None:
    rating = Rating(results(inputs=[f"q {n}" for n in range(1_000)]), file=file)
    left = sum(item.left.variant == "today" for item in rating.items)
    assert 430 < left < 570  # 4.4 standard deviations


def test_every_answer_is_kept_and_the_last_counts(file: Path) -> None:
    found = results()
    rating = Rating(found, rater="ann", file=file)
    for at, answer in enumerate(ANSWERS):
        rating.rate(at, answer)
    rating.rate(0, "tie")
    rating.write_note(1, "the right o")
    rating.write_note(1, "the right one has a plan")
    rating.rate(2, None)
    again = Rating(found, rater="ann", file=file)
    assert [again.answer(at) for at in range(5)] == ["tie", "right", None, "both bad", None]
    assert again.note(1) == "the right one has a plan"
    assert (again.done, again.next) == (3, 2)
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM ratings").fetchone() == (8,)


def test_a_kill_loses_nothing(tmp_path: Path, file: Path) -> None:
    code = f"""
import os, agentkit as ak
from agentkit.scoring.rating import Rating
reply = ak.Scripted(lambda asked: asked["system"] + " " + asked["messages"][-1]["content"])
results = ak.run({PROMPTS!r}, {INPUTS!r}, backend=reply, store=False, progress=False)
rating = Rating(results, rater="ann", file={str(file)!r})
rating.rate(0, "left"); rating.write_note(0, "beca")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    rating = Rating(results(), rater="ann", file=file)
    assert (rating.answer(0), rating.note(0), rating.next) == ("left", "beca", 1)


def test_nothing_that_was_said_can_be_changed(file: Path) -> None:
    rating = Rating(results(), file=file)
    rating.rate(0, "left")
    with sqlite3.connect(file) as database:
        for statement in ("UPDATE ratings SET value = 'right'", "DELETE FROM ratings"):
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                database.execute(statement)


def test_raters_are_kept_apart_and_come_back_together(file: Path) -> None:
    found = results()
    for rater, variant in (("ann", "terse"), ("bob", "today")):
        prefer(Rating(found, rater=rater, file=file), variant)
    rating = Rating(found, rater="cy", file=file)
    assert rating.done == 0
    frame = rating.frame
    assert list(frame.columns) == ["rater", "sample", "epoch", "left", "right", "winner", "note", "at"]
    assert set(frame[frame["rater"] == "ann"]["winner"]) == {"terse"}
    assert set(frame[frame["rater"] == "bob"]["winner"]) == {"today"}
    # Each as it stood before that rater, not before this one.
    for rater in ("ann", "bob"):
        own = {item.sample: item.left.variant for item in Rating(found, rater=rater, file=file).items}
        assert all(own[row.sample] == row.left for row in frame[frame["rater"] == rater].itertuples())


def test_ratings_become_scores_and_agreement(file: Path) -> None:
    found = results()
    for rater in ("ann", "bob"):
        prefer(Rating(found, rater=rater, file=file), "terse")
    rating = Rating(found, rater="bob", file=file)
    rating.rate(0, "tie")
    rating.rate(1, "both bad")
    scores = rating.scores
    assert list(scores.columns) == ["variant", "sample", "epoch", "rater", "value"]
    assert len(scores) == 2 * 2 * len(INPUTS)
    bob = scores[scores["rater"] == "bob"].set_index(["sample", "variant"])["value"]
    assert [bob[rating.items[0].sample, name] for name in PROMPTS] == [0.5, 0.5]
    assert [bob[rating.items[1].sample, name] for name in PROMPTS] == [0.0, 0.0]
    assert [bob[rating.items[2].sample, name] for name in PROMPTS] == [0.0, 1.0]
    scored = found.score(people=scores)
    assert scored.compare("today", "terse", score="people").verdict == "better"
    assert 0.5 < ak.agreement(scores).alpha < 1


def test_several_variants_are_compared_two_by_two(file: Path) -> None:
    found = results({"a": "A", "b": "B", "c": "C"}, ["one", "two"], epochs=2)
    rating = Rating(found, file=file)
    assert len(rating.items) == 3 * 2 * 2
    for at, item in enumerate(rating.items):  # a before b before c
        rating.rate(at, "left" if item.left.variant < item.right.variant else "right")
    assert rating.scores.groupby("variant")["value"].mean().to_dict() == {"a": 1.0, "b": 0.5, "c": 0.0}
    assert len(Rating(found, variants=["a", "c"], file=file).items) == 4
    assert Rating(found, variants=["a", "c"], file=file).done == 4


def test_a_renamed_variant_keeps_its_ratings_and_a_changed_reply_does_not(file: Path) -> None:
    prefer(Rating(results(), rater="ann", file=file), "terse")
    renamed = Rating(results({"old": "Be kind.", "new": "Be brief."}), rater="ann", file=file)
    assert renamed.done == len(INPUTS)
    assert set(renamed.frame["winner"]) == {"new"}
    changed = Rating(results(reply=lambda request: echo(request).upper()), rater="ann", file=file)
    assert changed.done == 0
    assert changed.frame.empty


def test_what_has_one_reply_alone_is_left_out_and_counted(file: Path) -> None:
    def reply(request: Any) -> Any:
        if "question 3" in str(request["messages"]) and "brief" in request["system"]:
            return ValueError("no")
        return echo(request)

    rating = Rating(results(reply=reply), file=file)
    assert len(rating.items) == len(INPUTS) - 1
    assert "1 pairs without two replies" in str(rating.summary)


def test_equal_replies_and_equal_samples_keep_their_places(file: Path) -> None:
    found = results({"a": "Same", "b": "Same", "c": "C"}, [{"input": "x", "id": "1"}, {"input": "x", "id": "2"}])
    rating = Rating(found, file=file)
    for at in range(len(rating.items)):
        rating.rate(at, "left")
    assert sorted(zip(rating.frame["sample"], rating.frame["left"], rating.frame["right"], strict=True)) == sorted(
        (item.sample, item.left.variant, item.right.variant) for item in rating.items
    )


def test_the_summary_says_wins_and_sides(file: Path) -> None:
    rating = Rating(results(), rater="ann", file=file)
    prefer(rating, "terse")
    text = str(rating.summary)
    assert "12 of 12 by ann" in text
    assert "12 won, 0 tied, 0 both bad, 0 lost" in text
    assert "left side" in text
    assert "<table" in rating.summary._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda found, file: Rating(found, variants=["today"], file=file), "two variants"),
        (lambda found, file: Rating(found, variants=["today", "x"], file=file), "two variants"),
        (lambda found, file: Rating(found, rater="  ", file=file), "needs a name"),
        (lambda found, file: Rating(found, file=file).rate(0, "better"), "no such answer"),
        (lambda found, file: Rating(found.errors, file=file), "no sample has a reply"),
    ],
)
def test_what_cannot_be_rated_is_said(call: Any, message: str, file: Path) -> None:
    with pytest.raises(ScoreError, match=message):
        call(results(), file)


def test_another_kind_of_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    other, text, newer = tmp_path / "other.db", tmp_path / "text.db", tmp_path / "newer.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (a)")
    text.write_text("not a database, but long enough to be looked at as one " * 50)
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 9")
    for path in (other, text, newer):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=path.name):
            Rating(results(), file=path)
        assert path.read_bytes() == before


def test_two_at_once_make_the_file_once_and_lose_nothing(tmp_path: Path, file: Path) -> None:
    code = f"""
import sys
from agentkit.scoring.rating_file import RatingFile
for number in range(30):
    RatingFile({str(file)!r}).add(sys.argv[1], f"item {{number}}", "l", "answer", "left")
"""
    workers = [subprocess.Popen([sys.executable, "-c", code, name], cwd=tmp_path) for name in ("ann", "bob", "cy")]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM ratings").fetchone() == (90,)
