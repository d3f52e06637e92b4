from __future__ import annotations

from agentkit.views.card import Card, Note, card_html, card_text

CARD = Card(
    "reviewer",
    "Use after each change. <example>user: hi</example>",
    "repaired",
    "the description holds `: `",
    facts=[("model", "opus"), ("tools", "all tools")],
    sections=[("Role", 120), ("Output", 30)],
    examples=1,
    notes=[Note("warning", "retry", "loads only by the retry", 3, "quote it")],
)


def test_both_faces_say_the_same() -> None:
    for face in (card_text(CARD), card_html(CARD)):
        for word in (
            "reviewer",
            "Loads after a repair",
            "Use after each change.",
            "opus",
            "Role",
            "line 3",
            "quote it",
        ):
            assert word in face, word


def test_lines_keep_their_width() -> None:
    assert max(map(len, card_text(CARD, 60).split("\n"))) <= 60


def test_an_empty_card_has_words_for_it() -> None:
    empty = Card("", "", "dropped")
    assert "(no name)" in card_text(empty)
    assert "no description" in card_html(empty)
