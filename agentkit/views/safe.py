"""The only place where untrusted text becomes HTML.

Definitions, replies, errors and file names are untrusted. Two ways lead from them to a page: `escape` for text shown as
it is, `markdown` for text shown rendered. Markdown is parsed with raw HTML off, code is highlighted from a fixed set of
styles, and an allow-list sanitiser (nh3) has the last word: no images, no ids, no classes, no style that came from the
text, links to http, https and mailto only.

Characters that act without being seen are written out (`unseen`): `⟨U+202E⟩` instead of a line that reads backwards.
What a reader sees is what the model was given.

Headings become `<p role="heading">`: a notebook adds an anchor to every real heading, which made a table of 2,000
replies three times slower to paint, and puts them in its table of contents.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NewType

from agentkit.unseen import visible as visible
from agentkit.views import direction

if TYPE_CHECKING:
    import nh3
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Html = NewType("Html", str)
"""HTML that is safe to show: made here, or put together from such pieces and fixed tags."""

INERT = 'class="mathjax_ignore"'
"""For the outermost element of every view: a notebook typesets `$…$` in HTML, and TeX has links and styles too."""

RENDER_LIMIT = 200_000
"""Characters beyond which a text is shown as it is: parsing it as Markdown would hold up the page."""

_QUIET = "rgba(128,128,128,.35)"
_CODE_STYLES = {
    "Comment": "color:var(--jp-mirror-editor-comment-color,#717d7d);font-style:italic",
    "Keyword": "color:var(--jp-mirror-editor-keyword-color,#2f8132);font-weight:bold",
    "Literal.String": "color:var(--jp-mirror-editor-string-color,#c0403d)",
    "Literal.Number": "color:var(--jp-mirror-editor-number-color,#2f8132)",
    "Name.Builtin": "color:var(--jp-mirror-editor-builtin-color,#2f8132)",
    "Name.Class": "font-weight:bold",
    "Name.Decorator": "color:var(--jp-mirror-editor-meta-color,#a845c9)",
    "Name.Function": "font-weight:bold",
    "Name.Tag": "color:var(--jp-mirror-editor-tag-color,#2f8132)",
    "Operator.Word": "color:var(--jp-mirror-editor-keyword-color,#2f8132);font-weight:bold",
}
_TAGS = {
    *("p", "br", "hr", "blockquote", "ul", "ol", "li", "pre", "code", "span", "strong", "em", "s", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_STYLES = {
    *("color", "font-style", "font-weight", "text-align", "border", "border-collapse", "padding", "margin"),
    *("white-space", "overflow-wrap"),
}
_FOREIGN_TAGS = {
    *_TAGS,
    *("div", "details", "summary", "small", "b", "i", "u", "ins", "del", "mark", "sub", "sup", "kbd", "samp"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "caption", "tfoot", "section", "figure", "figcaption"),
}
_FOREIGN_STYLES = {
    *_STYLES,
    *(
        "background",
        "background-color",
        "font",
        "font-size",
        "font-family",
        "text-decoration",
        "vertical-align",
        "line-height",
    ),
    *(f"border-{part}" for part in ("top", "right", "bottom", "left", "color", "style", "width", "radius", "spacing")),
    *(f"{side}-{part}" for side in ("margin", "padding") for part in ("top", "right", "bottom", "left")),
    *("width", "min-width", "max-width", "height", "min-height", "max-height", "overflow", "overflow-x", "overflow-y"),
    *("display", "opacity", "table-layout", "word-break", "list-style-type", "position", "left", "top", "z-index"),
}
_FOREIGN_ATTRIBUTES = {
    "*": {"style", "role", "aria-level", "aria-label", "title"},
    "a": {"href"},
    "details": {"open"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}


def escape(text: str) -> Html:
    """Return text as HTML that shows it as it is, in an element or in a quoted attribute.

    >>> escape("<b onclick='x()'>")
    '&lt;b onclick=&#x27;x()&#x27;&gt;'
    """
    return Html(html.escape(visible(text), quote=True))


def inert(html: str) -> Html:
    """Return safe HTML inside the element that keeps a notebook from typesetting `$…$` in it.

    >>> inert("<p>$1 to $2</p>")
    '<div class="mathjax_ignore"><p>$1 to $2</p></div>'
    """
    return Html(f"<div {INERT}>{html}</div>")


def lines(text: str) -> Html:
    r"""Return text as HTML that keeps its line breaks also where styles are stripped.

    >>> lines("one\ntwo")
    'one<br>two'
    """
    return Html(direction.apart(escape(text).replace("\n", "<br>")))


@lru_cache(maxsize=2048)
def markdown(text: str) -> Html:
    r"""Return Markdown rendered as safe HTML.

    Tables and strikethrough are on; raw HTML is shown as text; images become links to them.

    Args:
        text: Untrusted Markdown. Above `RENDER_LIMIT` characters it is shown as it is.

    >>> markdown("# Hi <script>")
    '<p role="heading" aria-level="3"><strong>Hi &lt;script&gt;</strong></p>\n'
    """
    if len(text) > RENDER_LIMIT:
        return _plain(text)
    return _render(_parser().parse(visible(text)))


@lru_cache(maxsize=2048)
def folded(text: str, lead: int) -> tuple[Html, Html]:
    """Return rendered Markdown in two pieces: what to show at once, and the rest.

    Args:
        text: Untrusted Markdown.
        lead: Characters of source to show at once. The cut falls between two top-level blocks; the first piece is
            empty where the first block alone is longer, the second where all of it fits.

    Returns:
        The two pieces, each complete in itself.
    """
    if len(text) > RENDER_LIMIT:
        return Html(""), _plain(text)
    source = visible(text)
    tokens = _parser().parse(source)
    cut = _cut(tokens, source, lead)
    return _render(tokens[:cut]), _render(tokens[cut:])


@lru_cache(maxsize=256)
def foreign(text: str) -> Html:
    """Return HTML that came from elsewhere, such as a saved notebook's output, with only what cannot act left in it.

    Structure, text and inline styles stay. Scripts, handlers, pictures, forms, frames, ids, classes, style sheets,
    other links than http, https and mailto, and styles that could load something or leave their place go.

    >>> foreign('<p style="color:red" onclick="x()" id="a">Hi<script>x()</script></p>')
    '<p style="color:red">Hi</p>'
    """
    return Html(visible(_foreign_cleaner().clean(visible(text))))


@lru_cache(maxsize=1)
def _foreign_cleaner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=_FOREIGN_TAGS,
        attributes=_FOREIGN_ATTRIBUTES,
        attribute_filter=_foreign_attribute,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        filter_style_properties=_FOREIGN_STYLES,
    )


def _foreign_attribute(_tag: str, name: str, value: str) -> str | None:
    if name != "style":
        return value
    # A backslash can spell any of the others; comments can split them.
    refused = ("url(", "image(", "image-set(", "expression(", "fixed", "absolute", "\\", "/*", "@", "<")
    lowered = value.lower()
    return None if any(word in lowered for word in refused) or re.search(r"[:\s]-[\d.]", lowered) else value


def _cut(tokens: Sequence[Token], source: str, lead: int) -> int:
    """Return how many tokens make up the top-level blocks that end within `lead` characters of the source."""
    ends = [0]
    for line in source.split("\n"):
        ends.append(ends[-1] + len(line) + 1)
    cut = 0
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0 and token.map and ends[min(token.map[1], len(ends) - 1)] > lead + 1:
            return cut
        if token.level == 0 and token.nesting <= 0:
            cut = index + 1
    return cut


def _render(tokens: Sequence[Token]) -> Html:
    if not tokens:
        return Html("")
    parser = _parser()
    dirty = parser.renderer.render(tokens, parser.options, {})
    # Once more at the end: character references such as &#x202e; turn into controls only while parsing.
    return Html(direction.blocks(visible(_cleaner().clean(dirty))))


def _plain(text: str) -> Html:
    return Html(direction.blocks(f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(text)}</pre>'))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight})
    parser.enable(["table", "strikethrough"])
    for name, rule in {
        "image": _image,
        "heading_open": _heading,
        "heading_close": _fixed("</strong></p>\n"),
        "table_open": _fixed('<table style="border-collapse:collapse;margin:.5em 0">\n'),
        "th_open": _cell,
        "td_open": _cell,
        "code_block": _code_block,
    }.items():
        parser.add_render_rule(name, rule)
    return parser


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    import nh3

    styled = {tag: {"style"} for tag in ("span", "pre", "table", "th", "td")}
    return nh3.Cleaner(
        tags=_TAGS,
        attributes={**styled, "*": set(), "a": {"href"}, "ol": {"start"}},
        tag_attribute_values={"p": {"role": {"heading"}, "aria-level": set("3456")}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        filter_style_properties=_STYLES,
    )


def _fixed(text: str) -> Callable[..., str]:
    return lambda *_arguments: text


def _heading(_: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    level = min(int(tokens[index].tag[1:]) + 2, 6)
    return f'<p role="heading" aria-level="{level}"><strong>'


def _cell(_: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    align = str(tokens[index].attrs.get("style", "text-align:left"))
    return f'<{tokens[index].tag} style="{align};border:1px solid {_QUIET};padding:2px 8px">'


def _image(_: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    source = html.escape(str(tokens[index].attrs.get("src", "")), quote=True)
    return f'<a href="{source}">image: {html.escape(tokens[index].content or "no description")}</a>'


def _code_block(_: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return _highlight(tokens[index].content, "", "")


def _highlight(code: str, language: str, _attributes: str) -> str:
    # Returned with its own <pre>, so that the parser adds no class that names the language.
    inner = _colour(code, language) if language and len(code) <= RENDER_LIMIT // 4 else html.escape(code)
    return f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere"><code>{inner}</code></pre>\n'


def _colour(code: str, language: str) -> str:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return html.escape(code)
    pieces = []
    for style, tokens in groupby(lexer.get_tokens(code), key=lambda token: _style_of(token[0])):
        text = html.escape("".join(value for _, value in tokens))
        pieces.append(f'<span style="{style}">{text}</span>' if style else text)
    return "".join(pieces)


@lru_cache(maxsize=512)
def _style_of(kind: object) -> str:
    name = str(kind).removeprefix("Token.")
    while name:
        if name in _CODE_STYLES:
            return _CODE_STYLES[name]
        name = name.rpartition(".")[0]
    return ""
