"""Hostile texts, and what may be left of them in a page. Shared by the views' tests and the browser's."""

from __future__ import annotations

from html.parser import HTMLParser

MARKUP = (
    "<script>window.__owned=1</script>",
    "<SCRIPT SRC=https://evil.invalid/x.js></SCRIPT>",
    "<scr<script>ipt>window.__owned=1</scr</script>ipt>",
    "<img src=x onerror=window.__owned=1>",
    "<img src='https://evil.invalid/pixel.png'>",
    "<img/src/onerror=window.__owned=1>",
    "<svg onload=window.__owned=1>",
    "<svg><script>window.__owned=1</script></svg>",
    "<svg><animate onbegin=window.__owned=1 attributeName=x dur=1s>",
    "<svg><foreignObject><iframe onload=window.__owned=1></foreignObject></svg>",
    "<svg><style><img src=x onerror=window.__owned=1></style></svg>",
    "<svg><a xlink:href='javascript:window.__owned=1'><text>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg onload=window.__owned=1>#x'></use></svg>",
    "<math><mtext><table><mglyph><style><img src onerror=window.__owned=1>",
    "<math href='javascript:window.__owned=1'>click</math>",
    "<math><annotation-xml encoding='text/html'><script>window.__owned=1</script></annotation-xml></math>",
    "<iframe src='javascript:window.__owned=1'></iframe>",
    "<iframe srcdoc='<script>parent.__owned=1</script>'></iframe>",
    "<object data='data:text/html,<script>parent.__owned=1</script>'></object>",
    "<embed src='https://evil.invalid/x.swf'>",
    "<body onload=window.__owned=1>",
    "<input autofocus onfocus=window.__owned=1>",
    "<select autofocus onfocus=window.__owned=1>",
    "<textarea autofocus onfocus=window.__owned=1>",
    "<details open ontoggle=window.__owned=1>",
    "<video><source onerror=window.__owned=1></video>",
    "<audio src=x onerror=window.__owned=1>",
    "<marquee onstart=window.__owned=1>",
    "<a href='javascript:window.__owned=1'>click</a>",
    "<a href=' &#14; javascript:window.__owned=1'>click</a>",
    "<a href='jav&#x09;ascript:window.__owned=1'>click</a>",
    "<a href='vbscript:window.__owned=1'>click</a>",
    "<form action='https://evil.invalid'><button>go</button></form>",
    "<button formaction='javascript:window.__owned=1'>go</button>",
    "<style>body{display:none!important}</style>",
    "<style>@import 'https://evil.invalid/x.css';</style>",
    "<link rel=stylesheet href='https://evil.invalid/x.css'>",
    "<div style='position:fixed;inset:0;background:url(https://evil.invalid/x)'>cover</div>",
    "<p style='behavior:url(x);color:expression(window.__owned=1)'>x</p>",
    "<meta http-equiv=refresh content='0;url=https://evil.invalid'>",
    "<base href='https://evil.invalid/'>",
    "<template><script>window.__owned=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.__owned=1>'>",
    "<!--><img src=x onerror=window.__owned=1>-->",
    "<![CDATA[<script>window.__owned=1</script>]]>",
    "<?xml-stylesheet href='javascript:window.__owned=1'?>",
    "</td></tr></table></div><script>window.__owned=1</script>",
    "</details></summary></pre></textarea></title></style><script>window.__owned=1</script>",
    "<x onclick=window.__owned=1 id=jp-main-dock-panel class=jp-Notebook>clobber</x>",
    "<form id=document><input name=cookie></form>",
    "<div contenteditable onpaste=window.__owned=1>x</div>",
    '"><script>window.__owned=1</script>',
    "' onmouseover='window.__owned=1",
    "` onmouseover=`window.__owned=1",
    # What one parser takes for text and the next for an element.
    "<svg></p><style><a id='</style><img src=1 onerror=window.__owned=1>'>",
    "<math><mtext><table><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=window.__owned=1 src=1>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=window.__owned=1>",
    "<noscript><style></noscript><img src=x onerror=window.__owned=1></style>",
    "<table><caption><svg><title><table><tr><td></title><img src=x onerror=window.__owned=1>",
    "<select><template><img src=x onerror=window.__owned=1></template></select>",
    "<xmp><p title='</xmp><img src=x onerror=window.__owned=1>'>",
    "<title><a title='</title><script>window.__owned=1</script>'>",
    "<plaintext><img src=x onerror=window.__owned=1>",
    "<!--><script>window.__owned=1</script>--!>",
    "<img\tsrc=x\nonerror=\rwindow.__owned=1>",
    "<img src=x onerror=&#119;indow.__owned&#x3d;1>",
    # What loads.
    "<img srcset='https://evil.invalid/a 1x, https://evil.invalid/b 2x'>",
    "<picture><source srcset=https://evil.invalid/x><img></picture>",
    "<video poster=https://evil.invalid/x src=https://evil.invalid/y autoplay></video>",
    "<input type=image src=https://evil.invalid/x formaction=https://evil.invalid>",
    "<link rel='preload prefetch dns-prefetch' as=image href=https://evil.invalid/x>",
    "<svg><image href=https://evil.invalid/x /><filter><feImage href=https://evil.invalid/x /></filter></svg>",
    "<a href=https://evil.invalid ping=https://evil.invalid/ping>ping</a>",
    "<body background=https://evil.invalid/x><table background=https://evil.invalid/x><td background=x>",
    "<script type=module src=https://evil.invalid/x.js></script><script type=importmap>{}</script>",
    "<frameset onload=window.__owned=1><frame src=javascript:parent.__owned=1></frameset>",
    "<applet code=x archive=https://evil.invalid/x></applet><bgsound src=https://evil.invalid/x>",
    # What changes the page around it.
    "<style>:root{--jp-layout-color0:red;--jp-ui-font-color1:red}</style>",
    "<style>@font-face{font-family:x;src:url(https://evil.invalid/x)}*{font-family:x}</style>",
    "<div style='background:image-set(\"https://evil.invalid/x\" 1x);mask:url(https://evil.invalid/y)'>x</div>",
    "<div style='list-style:url(https://evil.invalid/x);content:url(https://evil.invalid/y)'>x</div>",
    "<p style='position:absolute;transform:scale(99);z-index:99999;animation:x 1s'>cover</p>",
    "<p id=__proto__ name=constructor class=jp-mod-active>clobber</p>",
    "<a id=documentElement href=javascript:window.__owned=1><img name=getElementById>",
    "<div popover id=p onbeforetoggle=window.__owned=1></div><button popovertarget=p>x</button>",
    "<dialog open onclose=window.__owned=1><form method=dialog><button autofocus>x</button></form></dialog>",
    # Ends of what a page may embed it in.
    "</script><script>window.__owned=1</script><!--<script>",
    "</style><script>window.__owned=1</script>",
    "--><script>window.__owned=1</script>",
    "]]><script>window.__owned=1</script>",
)
"""Texts that are markup; shown, each must be readable as typed."""

MARKDOWN = (
    "[click](javascript:window.__owned=1)",
    "[click](JaVaScRiPt:window.__owned=1)",
    "[click](data:text/html;base64,PHNjcmlwdD5wYXJlbnQuX19vd25lZD0xPC9zY3JpcHQ+)",
    "[click](java&#x0A;script:window.__owned=1)",
    "[click][1]\n\n[1]: javascript:window.__owned=1",
    "![x](https://evil.invalid/pixel.png)",
    '![x](https://evil.invalid/"onerror="window.__owned=1)',
    '[x](https://evil.invalid "onmouseover=window.__owned=1")',
    "[relative](/api/shutdown) [scheme](//evil.invalid/x)",
    "<javascript:window.__owned=1>",
    "<https://evil.invalid/\"onclick='window.__owned=1'>",
    "**<img src=x onerror=window.__owned=1>**",
    "[<img src=x onerror=window.__owned=1>](https://evil.invalid)",
    "| a |\n|---|\n| <script>window.__owned=1</script> |",
    "```html\n<script>window.__owned=1</script>\n```",
    '```"><script>window.__owned=1</script>\nx\n```',
    "``` js onload=window.__owned=1\nx\n```",
    "`<img src=x onerror=window.__owned=1>`",
    "# <svg/onload=window.__owned=1>",
    "&lt;script&gt;window.__owned=1&lt;/script&gt;",
    "&#60;script&#62;window.__owned=1&#60;/script&#62;",
    "<div>\n\n**bold** <script>window.__owned=1</script>\n\n</div>",
    "> <style>*{display:none}</style>",
    "1. <iframe src=//evil.invalid></iframe>",
    "{{constructor.constructor('window.__owned=1')()}}",
    "${window.__owned=1} #{7*7} <%= 7*7 %> {% raw %}",
    "$\\href{javascript:window.__owned=1}{x}$ $$\\style{position:fixed}{x}$$",
    "[footnote]: <javascript:window.__owned=1>",
    "[x](<javascript:window.__owned=1>)",
    "[x](javascript&colon;window.__owned=1)",
    "[x](&#106;&#97;vascript:window.__owned=1)",
    "[x](\\javascript:window.__owned=1) [x](java%73cript:window.__owned=1)",
    "[x](\x01javascript:window.__owned=1)",
    "[x](https://evil.invalid 'a\" onmouseover=\"window.__owned=1')",
    "[a]\n\n[a]: https://evil.invalid '\"onmouseover=window.__owned=1 x=\"'",
    "![a][b]\n\n[b]: https://evil.invalid/x.png",
    "[![x](https://evil.invalid/x.png)](javascript:window.__owned=1)",
    '!["onerror=window.__owned=1](javascript:window.__owned=1)',
    "[x](data:image/svg+xml,%3Csvg%20onload=window.__owned=1%3E) [x](blob:https://evil.invalid/x)",
    "[x](file:///etc/passwd) [x](vbscript:window.__owned=1) [x](#jp-main-dock-panel)",
    "x[^1]\n\n[^1]: <img src=x onerror=window.__owned=1>",
    "<!-- --!><img src=x onerror=window.__owned=1> -->",
    "- [ ] <input autofocus onfocus=window.__owned=1>",
    "    <script>window.__owned=1</script>",
    '~~~"><img src=x onerror=window.__owned=1>\nx\n~~~',
    '| a |\n|:-"onclick=window.__owned=1-:|\n| [x](javascript:window.__owned=1) |',
    "\\(\\href{javascript:window.__owned=1}{x}\\) \\[\\href{javascript:window.__owned=1}{y}\\]",
    "$$\\require{html}\\style{position:fixed;inset:0;background:red}{\\class{jp-Notebook}{\\cssId{main}{x}}}$$",
    "\\begin{align}\\href{javascript:window.__owned=1}{y}\\end{align}",
    "$\\includegraphics{https://evil.invalid/x} \\unicode{x3c} \\def\\x{\\x\\x}\\x$",
    "__proto__",
    "constructor",
    '{"__proto__": {"owned": 1}, "constructor": {"prototype": {"owned": 1}}}',
    "{{7*7}} [[7*7]] <%= 7*7 %> #{7*7} ${7*7} @{7*7} {%raw%}",
)
"""Texts that act through Markdown, entities or templates."""

UNSEEN = (
    "\x1b[31mred\x1b[0m\x1b]8;;https://evil.invalid\x07link\x1b]8;;\x07",
    "\x1b]0;title\x07\x1b[2J\x1b[H",
    "invoice\u202excod.exe",
    "\u2066a\u2069\u200f\u200e\u061cb",
    "zero\u200bwidth\ufeffjoin\u2060er",
    "tag\U000e0068\U000e0069den",
    "nul\x00bell\x07back\x08space\x7f",
    "c1\x9b31m\x85next",
    "&#x202e;reversed &#27;[31m &#0;",
    "lone\ud800surrogate",
    "line\u2028separator\u2029paragraph",
    "\x1b]8;;javascript:window.__owned=1\x1b\\click\x1b]8;;\x1b\\",
    "\x9d8;;https://evil.invalid\x9clink \x1bP1$r\x1b\\ \x1b]52;c;ZXZpbA==\x07",
    "smile\U0001f600\U000e0148\U000e0155\U000e015c\U000e015fend",
    "selectors\ufe01\ufe02\ufe0f\ufe0fend",
    "blank\u3164\u2800\u115f\u1160\uffa0\u034fend",
    "ad\u200dmin\u200c\u200d\u200cend",
    "music\U0001d173\U0001d17ashort\U0001bca0end",
)
"""Texts that act on a terminal or a reader without being seen."""

ALL = MARKUP + MARKDOWN + UNSEEN

_TAGS = (
    "html head meta title style body main section h1 p footer div span strong em s a br hr blockquote ul ol li pre "
    "code small table thead tbody tfoot tr th td details summary ins del"
)
TAGS = set(_TAGS.split())
ATTRIBUTES = {"style", "href", "rel", "target", "role", "aria-level", "scope", "start", "class"}
HEAD = {"lang", "charset", "http-equiv", "content", "name"}
_PROPERTIES = (
    "color font-style font-weight font-size text-align vertical-align text-decoration border border-top border-left "
    "border-right border-bottom border-collapse border-radius padding padding-left margin margin-top white-space "
    "overflow-wrap overflow-x max-width min-width width table-layout position left z-index background opacity "
    "line-height"
)
PROPERTIES = set(_PROPERTIES.split())
VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Reads HTML as a browser would, and refuses whatever is not on the views' short list."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, f"<{tag}>"
        for name, value in attributes:
            assert name in ATTRIBUTES or (tag in ("html", "meta") and name in HEAD), f"{tag} {name}={value}"
            if name == "class":
                assert value == "mathjax_ignore"
            if name == "href":
                assert (value or "").startswith(("http://", "https://", "mailto:")), value
            if name == "style":
                for part in filter(None, (value or "").split(";")):
                    assert part.partition(":")[0].strip() in PROPERTIES, part
                    assert "url(" not in part, part
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> out of place"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"comment {data!r}")
