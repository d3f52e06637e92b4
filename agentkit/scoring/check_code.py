"""Checks on replies of coding agents: code that parses, nothing left out, the sections asked for."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable

from agentkit.errors import MissingExtra
from agentkit.scoring.score import Score, Subject, registered

Run = Callable[[Subject], Score]
Parser = Callable[[str], str | None]
"""Code → what is wrong with it, None where it parses."""

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
_ALIASES = {
    "py": "python",
    "python3": "python",
    "yml": "yaml",
    "js": "javascript",
    "jsx": "javascript",
    "node": "javascript",
}
_ALIASES |= {"mjs": "javascript", "postgresql": "sql", "mysql": "sql", "sqlite": "sql", "psql": "sql"}
_DIALECTS = {"postgresql": "postgres", "psql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_COMMENT = r"(?:#|//|/\*|--)"
_PLACEHOLDERS = re.compile(
    "|".join(
        (
            r"\bTO-?DO\b|\bFIX-?ME\b|lorem ipsum",
            r"<(?:your|placeholder|insert)[^>\n]*>|\[(?:your|insert|placeholder)[^\]\n]*\]",
            r"\b(?:your|insert|add)[ _](?:\w+[ _])?code[ _]here\b|\bimplementation (?:goes|omitted)\b",
            rf"{_COMMENT}\s*(?:\.{{3}}|…)|{_COMMENT}\s*implement(?:ation)?\b[^\n]*\bhere\b",
            rf"{_COMMENT}[^\n]*\b(?:rest of|remaining) (?:the |your )?(?:\w+ )?"
            r"(?:code|implementation|logic|file|methods|functions)",
        )
    ),
    re.IGNORECASE,
)


@registered
def code_block_parses(language: str | None = None) -> Run:
    """Say whether every fenced code block parses, by a real parser of its language.

    Python by `ast`, JSON by `json`, YAML by PyYAML, SQL by sqlglot (of the dialect that the fence names, such as
    `postgresql`), JavaScript by tree-sitter. Blocks in other languages are left out; with none to parse it is False.

    Args:
        language: Looks at blocks of this language only; blocks that name none are then taken to be in it.
    """
    wanted = None if language is None else _ALIASES.get(str(language).lower(), str(language).lower())
    if wanted is not None and wanted not in PARSERS:
        raise ValueError(f"language={language!r} is none of {', '.join(PARSERS)}")

    def run(subject: Subject) -> Score:
        parsed = 0
        for info, code in code_blocks(subject.output):
            kind = _ALIASES.get(info, info) or wanted or ""
            if kind not in PARSERS or (wanted is not None and kind != wanted):
                continue
            parsed += 1
            fault = PARSERS[kind](info)(code)
            if fault is not None:
                return Score(False, answer=code, explanation=f"{kind}: {fault}")
        return Score(parsed > 0, explanation=None if parsed else f"no code block{f' in {wanted}' if wanted else ''}")

    return run


@registered
def no_placeholder() -> Run:
    """Say whether nothing was left out: no note to do it later, no "rest of the code", no "<your … here>"."""

    def run(subject: Subject) -> Score:
        found = _PLACEHOLDERS.search(subject.output)
        return Score(found is None, answer=found.group(0) if found else None)

    return run


@registered
def has_section(*titles: str) -> Run:
    """Say whether the reply has headings, or bold lead-ins on a line of their own, that contain these words."""
    if not titles:
        raise ValueError("name at least one section")

    def run(subject: Subject) -> Score:
        found = re.findall(
            r"^\s{0,3}(?:#{1,6}\s+(.+?)\s*#*|(?:[-*+]|\d+\.)?\s*\*\*(.+?)\*\*.*)$", subject.output, re.MULTILINE
        )
        heads = [(heading or lead).casefold() for heading, lead in found]
        missing = [title for title in titles if not any(str(title).casefold() in head for head in heads)]
        return Score(not missing, explanation=f"no section {', '.join(map(repr, missing))}" if missing else None)

    return run


@registered
def mentions(*terms: str, any: bool = False) -> Run:
    """Say whether the reply has all of the terms as whole words (or with `any` one), whatever their case."""
    if not terms:
        raise ValueError("name at least one term")
    patterns = {str(term): re.compile(rf"(?<!\w){re.escape(str(term))}(?!\w)", re.IGNORECASE) for term in terms}

    def run(subject: Subject) -> Score:
        missing = [term for term, pattern in patterns.items() if not pattern.search(subject.output)]
        passed = len(missing) < len(patterns) if any else not missing
        return Score(passed, explanation=None if passed else f"no mention of {', '.join(missing)}")

    return run


def code_blocks(text: str) -> list[tuple[str, str]]:
    r"""Return (language as written, code) of every fenced block; one that is never closed runs to the end.

    >>> code_blocks("Try\n```py\nx = 1\n```\n")
    [('py', 'x = 1\n')]
    """
    found, at = [], 0
    while opening := _FENCE.search(text, at):
        fence = opening["fence"]
        closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
        end = closing.search(text, opening.end())
        code = text[opening.end() + 1 : end.start() if end else len(text)]
        words = opening["info"].strip().lower().split()
        indent = opening["indent"]
        lines = [line.removeprefix(indent) for line in code.splitlines(keepends=True)]
        found.append((words[0] if words else "", "".join(lines)))
        at = end.end() if end else len(text)
    return found


def _python(info: str) -> Parser:
    import ast

    def parse(code: str) -> str | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ast.parse(code)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                return str(error)
        return None

    return parse


def _json(info: str) -> Parser:
    import json

    def parse(code: str) -> str | None:
        try:
            json.loads(code)
        except (ValueError, RecursionError) as error:
            return str(error)
        return None

    return parse


def _yaml(info: str) -> Parser:
    import yaml

    def parse(code: str) -> str | None:
        try:
            for _ in yaml.parse(code, Loader=yaml.SafeLoader):
                pass
        except (yaml.YAMLError, RecursionError) as error:
            return " ".join(str(error).split())
        return None

    return parse


def _sql(info: str) -> Parser:
    try:
        import sqlglot
        from sqlglot.errors import SqlglotError
    except ImportError:
        raise MissingExtra("code_block_parses for SQL", "checks") from None

    def parse(code: str) -> str | None:
        try:
            statements = sqlglot.parse(code, dialect=_DIALECTS.get(info))
        except (SqlglotError, RecursionError) as error:
            return str(error).splitlines()[0]
        # What sqlglot cannot read as a statement it keeps as an opaque command, bare words as an alias.
        bare = [one for one in statements if isinstance(one, sqlglot.exp.Alias | sqlglot.exp.Column)]
        return "not a statement" if bare or not any(statements) else None

    return parse


def _javascript(info: str) -> Parser:
    try:
        import tree_sitter_javascript
        from tree_sitter import Language
        from tree_sitter import Parser as TreeSitter
    except ImportError:
        raise MissingExtra("code_block_parses for JavaScript", "checks") from None
    parser = TreeSitter(Language(tree_sitter_javascript.language()))

    def parse(code: str) -> str | None:
        root = parser.parse(code.encode()).root_node
        if not root.has_error:
            return None
        node = root
        while not (node.is_error or node.is_missing):
            node = next(child for child in node.children if child.has_error or child.is_missing)
        return f"line {node.start_point.row + 1}, column {node.start_point.column + 1}"

    return parse


PARSERS: dict[str, Callable[[str], Parser]] = {
    "python": _python,
    "json": _json,
    "yaml": _yaml,
    "sql": _sql,
    "javascript": _javascript,
}
"""Language → what makes its parser for a fence's own word."""
