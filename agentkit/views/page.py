"""A standalone page: one file that runs nothing, loads nothing and reads well on paper."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from agentkit.views.safe import Html, escape

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""The page's own content security policy: inline styles, pictures that are in the page itself, and nothing else."""

_STYLE = """
:root {
  color-scheme: light dark;
  --jp-layout-color0: #ffffff; --ink: #1c2024; --quiet: #5c6670; --line: #d6dbe0; --link: #0b62c4;
  --jp-mirror-editor-keyword-color: #1a6e2b; --jp-mirror-editor-string-color: #b02a25;
  --jp-mirror-editor-number-color: #7a4b00; --jp-mirror-editor-comment-color: #5f6b76;
  --jp-mirror-editor-builtin-color: #1a6e2b; --jp-mirror-editor-meta-color: #8a2fb0;
  --jp-mirror-editor-tag-color: #1a6e2b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --jp-layout-color0: #14171a; --ink: #e6e9ec; --quiet: #a2acb5; --line: #3a4149; --link: #7db8ff;
    --jp-mirror-editor-keyword-color: #7fd18b; --jp-mirror-editor-string-color: #ff9d94;
    --jp-mirror-editor-number-color: #f0c078; --jp-mirror-editor-comment-color: #9aa6b1;
    --jp-mirror-editor-builtin-color: #7fd18b; --jp-mirror-editor-meta-color: #d9a0f5;
    --jp-mirror-editor-tag-color: #7fd18b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--jp-layout-color0); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 90rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1.5rem; overflow-wrap: anywhere; }
section { margin: 0 0 2.5rem; }
p { margin: .5em 0; }
p[role=heading] { margin: 1em 0 .3em; }
td > p:first-child, td > div > p:first-child { margin-top: 0; }
ul, ol { padding-left: 1.4em; margin: .5em 0; }
pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; padding: .6em .8em;
  border: 1px solid var(--line); border-radius: 4px; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .92em; }
blockquote { margin: .5em 0; padding-left: 1em; border-left: 3px solid var(--line); }
a { color: var(--link); }
summary { cursor: pointer; text-decoration: underline dotted; text-underline-offset: 3px; }
summary:focus-visible, a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
footer { color: var(--quiet); font-size: .85rem; }
@media print {
  main { max-width: none; padding: 0; }
  div { overflow: visible !important; }
  tr { break-inside: avoid-page; }
  th { position: static !important; }
  a::after { content: " (" attr(href) ")"; font-size: .85em; }
}
"""


def page(title: str, parts: Iterable[Html], lead: str | None = None) -> str:
    """Return a complete HTML document that runs nothing and loads nothing.

    Light or dark as the reader's system is; folds open without script; prints.

    Args:
        title: The page's heading and its window title; untrusted.
        parts: What it shows, in order: safe HTML from the other views.
        lead: A line of text under the heading; untrusted. None for none.

    >>> document = page("Today <3", [Html("<p>fine</p>")])
    >>> "<h1>Today &lt;3</h1>" in document and "<script" not in document
    True
    """
    shown = escape(" ".join(title.split()) or "agentkit")
    under = f"<p>{escape(lead)}</p>" if lead else ""
    body = "\n".join(f"<section>{part}</section>" for part in parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{shown}</h1>\n{under}{body}\n</main>\n</body>\n</html>\n"
    )


def file_link(name: str, lead: str) -> Html:
    """Return a line that leads to a file beside the page.

    Args:
        name: The file's name; untrusted.
        lead: What it is; untrusted.

    >>> file_link("all of it.csv", "Data:")
    '<p>Data: <a href="all%20of%20it.csv">all of it.csv</a></p>'
    """
    return Html(f'<p>{escape(lead)} <a href="{quote(name, safe="")}">{escape(name)}</a></p>')
