from __future__ import annotations

import pytest

from agentkit.views import safe


def test_headings_are_paragraphs_with_a_role() -> None:
    html = safe.markdown("# One\n\n###### Six")
    assert '<p role="heading" aria-level="3"><strong>One</strong></p>' in html
    assert 'aria-level="6"' in html
    assert "<h" not in html


def test_tables_keep_their_alignment() -> None:
    html = safe.markdown("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert html.count("text-align:right") == 2
    assert html.count("text-align:left") == 2


def test_code_is_coloured_for_a_known_language_only() -> None:
    assert "font-weight:bold" in safe.markdown("```python\ndef f(): pass\n```")
    assert "span" not in safe.markdown("```nosuchlanguage\ndef f(): pass\n```")


def test_links_leave_without_a_trace() -> None:
    assert safe.markdown("[a](https://example.com)") == (
        '<p><a href="https://example.com" target="_blank" rel="noopener noreferrer nofollow">a</a></p>\n'
    )
    assert "href" not in safe.markdown("[a](/api/kernels)")


def test_images_become_links() -> None:
    assert ">image: a cat</a>" in safe.markdown("![a cat](https://example.com/cat.png)")


def test_emoji_joiners_stay() -> None:
    assert "👩‍🔬" in safe.markdown("👩‍🔬")


@pytest.mark.parametrize("lead", [0, 1, 10, 25, 60, 10_000])
def test_folding_loses_nothing(lead: int) -> None:
    text = "# Head\n\nfirst *paragraph*\n\n- a\n- b\n\n```\ncode\n```\n\n> quote\n\nlast"
    first, rest = safe.folded(text, lead)
    assert first + rest == safe.markdown(text)


def test_folding_cuts_between_blocks() -> None:
    first, rest = safe.folded("one\n\ntwo\n\nthree", 9)
    assert first == "<p>one</p>\n<p>two</p>\n"
    assert rest == "<p>three</p>\n"


def test_a_huge_text_is_shown_as_it_is() -> None:
    html = safe.markdown("*a* " * safe.RENDER_LIMIT)
    assert "<em>" not in html
    assert "*a*" in html
