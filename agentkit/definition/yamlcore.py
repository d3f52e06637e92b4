"""YAML as the loader reads it: version 1.2, core scalars."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, ClassVar

from agentkit.errors import AgentkitError


class YamlError(AgentkitError):
    """A block is not YAML. `line` and `column` count from 1 within the block; None where unknown."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def scalar(text: str) -> Any:
    """Return the value of a plain scalar: null, bool, int, float or the text itself.

    >>> [scalar(text) for text in ("no", "0x1F", "2001-01-01", "~", "True", "1e3")]
    ['no', 31, '2001-01-01', None, True, 1000.0]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text and text[0] in "+-.0123456789":
        if _INT.match(text):
            return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)
        if _FLOAT.match(text):
            return float(text)
    return text


def key_text(key: object) -> str:
    """Return a mapping key as the text the loader keeps it under.

    >>> [key_text(key) for key in (5, True, None, 1.5)]
    ['5', 'true', 'null', '1.5']
    """
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return repr(key) if isinstance(key, float) else str(key)


def read(block: str) -> Any:
    """Read a frontmatter block.

    Raises:
        YamlError: it is not YAML.
    """
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    try:
        return YAMLHandler().load(block, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise YamlError(error.problem or str(error), *place) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlError(str(error).splitlines()[0]) from error


@cache
def _loader() -> Any:
    import yaml

    class CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """The safe loader with the scalars of YAML 1.2's core schema."""

        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

        def construct_scalar(self, node: Any) -> Any:
            value = super().construct_scalar(node)
            return scalar(value) if node.style is None and node.tag == "tag:yaml.org,2002:str" else value

    CoreLoader.add_constructor("tag:yaml.org,2002:str", CoreLoader.construct_scalar)
    return CoreLoader
