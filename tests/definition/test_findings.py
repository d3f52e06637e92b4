from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition import ruledocs
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.findings import Rule, rules

GOOD = "description: Use this agent for b\n"
BODY = "---\n\nYou report what you find.\n"
BAD = {
    # Files that a rule reports, beside the example in the rule itself.
    "AK101": "---\nname: aaa\ndescription: one\ntwo: 'x' y\n" + BODY,
    "AK202": ("---\nname: aaa\n" + GOOD + BODY).replace("\n", "\r\n"),
    "AK304": "---\nname: api-designer\ndescription: Use it. <example>user: 'x' assistant: \"I'll use the api-architect "
    'agent"</example>\n' + BODY,
    "AK305": f"---\nname: aaa\ndescription: Use {'many words ' * 200}\n{BODY}",
    "AK401": "---\nname: aaa\n" + GOOD + "---\n",
    "AK402": "---\nname: aaa\n" + GOOD + "---\nThis agent reports.\n",
    "AK403": "---\nname: aaa\n" + GOOD + "---\n" + "You report. " * 2_000,
    "AK404": "---\nname: aaa\n" + GOOD + "---\nYou report. Always ask the user first.\nNever ask the user first.\n",
    "AK405": "---\nname: aaa\n"
    + GOOD
    + f"---\nYou report.\n{'- Say plainly what you know and what you do not know, ok' * 2}\n" * 2,
    "AK406": "---\nname: aaa\n" + GOOD + "---\nYou think.\n",
}


def file_of(bad: str) -> str:
    head = "" if bad.startswith("name:") else "name: aaa\n"
    middle = "" if "description:" in bad else GOOD
    return f"---\n{head}{middle}{bad}\n{BODY}"


FILE_RULES = [rule for rule in rules() if rule.check and rule.code not in ("AK203", "AK218")]


@pytest.mark.parametrize("rule", FILE_RULES, ids=lambda rule: rule.code)
def test_each_rule_reports_its_example(rule: Rule) -> None:
    text = BAD.get(rule.code) or file_of(rule.bad)
    found = [finding for finding in ak.loads(text).findings if finding.code == rule.code]
    assert found, text
    assert 1 <= found[0].line <= text.count("\n") + 1
    assert found[0].column >= 1


@pytest.mark.parametrize("rule", [rule for rule in FILE_RULES if rule.mend], ids=lambda rule: rule.code)
def test_each_fix_mends(rule: Rule) -> None:
    agent = ak.loads(BAD.get(rule.code) or file_of(rule.bad))
    if rule.code in ("AK101", "AK212"):
        agent = ak.loads(file_of(rule.bad if rule.code == "AK101" else "color: BLUE"))
    mended = agent.fix(rule.code)
    assert mended != agent
    assert rule.code not in [finding.code for finding in mended.findings]
    assert mended.verdict != "dropped"


def test_a_good_file_has_no_findings() -> None:
    text = "---\nname: aaa\ndescription: >-\n  Use for b. <example>user: 'x' assistant: y</example>\n"
    agent = ak.loads(text + "tools: Read, Bash, mcp__x__y\nmodel: opus\ncolor: blue\n" + BODY)
    assert agent.findings == ()


def test_plugins_and_bytes(tmp_path: Path) -> None:
    (tmp_path / ".claude-plugin").mkdir()
    (tmp_path / "agents").mkdir()
    path = tmp_path / "agents" / "aaa.md"
    path.write_bytes(b"---\nname: aaa\n" + GOOD.encode() + b"permissionMode: plan\n---\nYou report \xff.\n")
    codes = {finding.code for finding in ak.load(path).findings}
    assert {"AK203", "AK218"} <= codes


LINES = st.sampled_from(
    ["name: aaa", "name: Aaa Bbb", "description: Use it: now", "description: a --- b", "description: fix #1 # cut",
     "description: 'Don't'", "description: C:\\new\\x", "description: >\n  Use it", "second line",
     "tools: read, MultiEdit",
     "tools: [Read, LS]", "tools:\n\t- Read", "allowed-tools: Read", "max_turns: 3", "color: BLUE", "color: '#fff'",
     "model: Sonnet", "model: x: y", "permissionMode: Plan", "x: [a: b", "x: \"a\" b", "# c", "", "hooks: []",
     "description: \"Use \\\"it\\\": x\"", "effort: HIGH", "emoji: 🙂: x", "tools: Read # c", "---"]
)  # fmt: skip


@given(
    st.lists(LINES, min_size=1, max_size=6).map("\n".join),
    st.sampled_from(["\n---\nYou report.\n", "\n---", "---x\n", "\n"]),
    st.booleans(),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fixes_never_make_a_file_stop_loading(block: str, end: str, crlf: bool) -> None:
    text = f"---\nname: base\ndescription: Use for b\n{block}{end}"
    agent = ak.loads(text.replace("\n", "\r\n") if crlf else text)
    rank = {"dropped": 0, "repaired": 1, "loads": 2}
    mended = agent.fix()
    assert rank[mended.verdict] >= rank[agent.verdict]
    assert mended.fix() == mended
    for rule in rules():
        if rule.mend:
            assert rank[agent.fix(rule.code).verdict] >= rank[agent.verdict]
            if rule.code in ("AK201", "AK202") and agent.verdict != "dropped":
                fixed = agent.fix(rule.code)
                assert (fixed.name, fixed.model, fixed.tools) == (agent.name, agent.model, agent.tools)


def test_the_lines_of_examples_are_mended_as_one_description() -> None:
    # Each of the lines after the first would be a field of its own, or keeps the block from parsing.
    block = (
        "description: Use it for tests: often. Examples:\\n\\n<example>\\nContext: A change\n"
        'user: "Do "x""\\nassistant: "I\'ll call aaa"\n<commentary>It fits\n</commentary>\\n</example>\ncolor: blue\n'
    )
    agent = ak.loads(f"---\nname: aaa\n{block}{BODY}")
    assert agent.verdict == "dropped"
    mended = agent.fix("AK101")
    assert mended.verdict == "loads"
    assert list(mended.metadata) == ["name", "description", "color"]
    (example,) = mended.examples
    assert (example.context, example.user, example.assistant) == ("A change", 'Do "x"', "I'll call aaa")
    assert example.commentary == "It fits"


def test_an_event_that_the_loader_does_not_know_is_told() -> None:
    findings = ak.loads(f"---\nname: aaa\n{GOOD}hooks:\n  stop: []\n  Stop: []\n{BODY}").findings
    (finding,) = [each for each in findings if each.code == "AK221"]
    assert "'stop'" in finding.message


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("tools: Read, Write\ndisallowedTools: Write, Read", True),
        ("tools: Bash(git:*)\ndisallowedTools: Bash", True),
        ("tools: Read, Bogus\ndisallowedTools: Read", True),
        ("tools: Read, Write\ndisallowedTools: Write", False),
        ("tools: Read\ndisallowedTools: Read\nmemory: user", False),  # a memory brings tools of its own
        ("disallowedTools: Read", False),
    ],
)
def test_tools_that_are_all_disallowed_are_no_tools(fields: str, found: bool) -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}{fields}\n{BODY}")
    assert ("AK105" in [finding.code for finding in agent.findings]) is found


@pytest.mark.parametrize(
    ("fields", "told", "fixed"),
    [
        ("disallowedTools: write, Bash", ["write"], "disallowedTools: Write, Bash"),
        ("disallowedTools: Bogus", ["Bogus"], "disallowedTools: Bogus"),
        ("disallowedTools: MultiEdit, ls", ["ls"], "disallowedTools: MultiEdit, ls"),
        ("disallowedTools: '*'", [], "disallowedTools: '*'"),
        ("disallowedTools: mcp__github, Agent(reviewer)", [], "disallowedTools: mcp__github, Agent(reviewer)"),
        # The right spelling would take away what is allowed.
        ("tools: Write, Read\ndisallowedTools: write", ["write"], "tools: Write, Read\ndisallowedTools: write"),
        ("tools: write, Read\ndisallowedTools: bash", ["write", "bash"], "tools: Write, Read\ndisallowedTools: Bash"),
    ],
)
def test_a_misspelt_disallowed_tool_is_told(fields: str, told: list[str], fixed: str) -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}{fields}\n{BODY}")
    found = [finding for finding in agent.findings if finding.code == "AK214"]
    assert [finding.message.split("'")[1] for finding in found] == told
    assert agent.fix("AK214").dumps() == f"---\nname: aaa\n{GOOD}{fixed}\n{BODY}"
    assert any(finding.fix for finding in found) == (fixed != fields)


def test_a_tool_with_a_specifier_is_gone_where_the_tool_is_disallowed() -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}tools: Read, Agent(reviewer)\ndisallowedTools: Write, Agent\n{BODY}")
    found = [(each.code, each.line, each.column) for each in agent.findings if each.code != "AK302"]
    assert found == [("AK216", 5, 25)]


def test_unknown_codes_are_refused() -> None:
    with pytest.raises(ak.errors.EditError, match="AK201"):
        ak.loads("").fix("AK999")
    with pytest.raises(ak.errors.EditError):
        ak.loads("").fix("AK302")


def test_the_documentation_is_current(repo: Path) -> None:
    assert (repo / "docs" / "lint-rules.md").read_text("utf-8") == ruledocs.page()


def test_findings_read_well() -> None:
    (finding,) = [each for each in ak.loads(file_of("color: BLUE")).findings if each.code == "AK212"]
    assert str(finding).startswith("<text>:4:1: warning AK212 color cannot be 'BLUE'")
    assert finding.docs == "docs/lint-rules.md#ak212"
    assert finding.fix == "write blue"


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("Always ask first.", "Never ask first!", True),
        ("Always use tabs, please", "Do not use tabs.", True),
        ("ALWAYS use tabs here", "(Don't use tabs here)", True),
        ('Always say "yes please".', "Never say yes please.", False),  # the quotes make them other words
        ("- **Always** ask first.", "- **NEVER** ask first.", True),
        ("Always run `make test`", "never run make test", True),
        ("always run tests", "do not run tests", True),
        ("You should always use tabs.", "You must not use tabs.", True),
        ("You should not use tabs.", "Tabs: always use tabs.", True),
        ("Always commit.", "Never commit.", True),
        ("- **Always** commit!", "- Do not **commit**.", True),
        ("Always verify; then report.", "Never verify.", True),
        ("Always commit.", "Never commit secrets.", False),
        ("Always commit.", "Never push.", False),
        ("Always ask first.", "Never ask twice.", False),
        ("Always run tests", "Never run tests before noon", False),
        ("Always ask first.", "Always ask first!", False),
    ],
)
def test_orders_contradict_each_other_whatever_ends_them(first: str, second: str, found: bool) -> None:
    agent = ak.loads(f"---\nname: a\ndescription: Use for b\n---\nYou report. {first}\n{second}\n")
    assert ("AK404" in [finding.code for finding in agent.findings]) is found


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("- {}", "- {}", True),
        ("- {}", "* {}", True),
        ("1. {}", "12. {}", True),
        ("{}", "  - {}", True),
        ("- {}", "- {} And more.", False),
        ("- {}", "- [ ] {}", False),
    ],
)
def test_a_sentence_that_stands_twice_is_found_whatever_bullet_it_has(first: str, second: str, found: bool) -> None:
    sentence = "Validate all the input at the boundary before it reaches any handler."
    lines = (first.format(sentence), "Other.", second.format(sentence))
    agent = ak.loads("---\nname: aaa\ndescription: Use for b\n---\nYou report.\n" + "\n".join(lines) + "\n")
    places = [(each.line, each.column) for each in agent.findings if each.code == "AK405"]
    assert places == ([(8, lines[2].index("Validate") + 1)] if found else [])


@pytest.mark.parametrize("tag", ["example", "Example", "EXAMPLE"])
@pytest.mark.parametrize(
    ("called", "stale"),
    [
        ("api-architect agent", True),
        ('"api-architect" agent', True),
        ("`api-architect` agent", True),
        ("<b>api-architect</b> agent", True),
        ("api-architect subagent", True),
        ("web-designer agent", True),
        ("api-designer agent", False),
        ("`api-designer` agent", False),
        ("right agent", False),
    ],
)
def test_an_example_that_calls_another_agent_is_told_however_it_is_written(tag: str, called: str, stale: bool) -> None:
    example = f"<{tag}>user: hi\n  assistant: I'll use the {called} now</{tag}>"
    agent = ak.loads(f"---\nname: api-designer\ndescription: |\n  Use it when asked.\n  {example}\n{BODY}")
    assert [each.code for each in agent.findings] == (["AK304"] if stale else [])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("<EXAMPLE>user: a assistant: b", ["AK303"]),
        ("<example>user: a assistant: b</example></Example>", ["AK303"]),
        ("</example> <example>user: a assistant: b</example> <example>", ["AK303"]),
        ("<EXAMPLE>user: a</EXAMPLE>", ["AK306"]),
        ("<example>user: a assistant: b</example> <Example>user: a</Example>", ["AK306"]),
        ("<example>user: a user: a assistant: b assistant: b</example> <example>c</example>", ["AK306"]),
        ("<Example>user: a assistant: b</Example>", []),
    ],
)
def test_tags_of_examples_count_in_capitals_too(text: str, codes: list[str]) -> None:
    agent = ak.loads(f"---\nname: aaa\ndescription: |\n  Use it when asked. {text}\n{BODY}")
    assert [each.code for each in agent.findings] == codes


def test_of_a_file_that_cannot_be_read_nothing_is_made_up() -> None:
    turns = "<example>\nuser: hi\nassistant: I'll use the other-agent agent.\nuser: ho\nassistant: go\n</example>\n"
    agent = ak.loads(f"---\nname: a-b\ndescription: Use it when asked. {turns}tools: Read, LS\n---\nYou report.\n")
    assert agent.verdict == "dropped"
    assert [(each.code, each.line) for each in agent.findings] == [("AK101", 8), ("AK213", 9)]


def codes_of(fields: str, body: str = "You report what you find.", name: str = "api-designer") -> list[str]:
    agent = ak.loads(f"---\nname: {name}\n{fields}\n---\n\n{body}\n")
    return [finding.code for finding in agent.findings]


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("Allowed-Tools", "tools"),
        ("AllowedTools", "tools"),
        ("allowed_tool", "tools"),
        ("allowTools", "tools"),
        ("disabled-tools", "disallowedTools"),
        ("when-to-use", "description"),
        ("MaxTurns", "maxTurns"),
        ("mode", None),  # keys of other programs
        ("permission", None),
        ("memo", None),
    ],
)
def test_a_slip_is_taken_for_the_field_it_means(key: str, field: str | None) -> None:
    assert meant(key) == field


def test_a_fix_that_cannot_be_made_is_not_promised() -> None:
    for fields in ("hook: []", "allowed-tools: Read\nallowed_tools: Grep"):
        agent = ak.loads(f"---\nname: aaa\n{GOOD}{fields}\n{BODY}")
        promised = [
            finding.message.split("'")[1] for finding in agent.findings if finding.code == "AK210" and finding.fix
        ]
        left = agent.fix("AK210").metadata
        assert all(key not in left for key in promised)
        assert all(key in left for key in agent.metadata if key not in promised and key not in BY_NAME)


@pytest.mark.parametrize("fields", ["allowed-tools: codebase, search", "permission-mode: bypassPermissions"])
def test_a_renamed_field_takes_no_tools_away_and_opens_no_door(fields: str) -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}{fields}\n{BODY}")
    assert [finding.fix for finding in agent.findings if finding.code == "AK210"] == [None]
    assert agent.fix() == agent


@pytest.mark.parametrize(
    ("line", "told"), [("--- tools ---", True), ("-----", True), ("---x: y", True), ("---", False), ("---  ", False)]
)
def test_a_fence_with_more_on_its_line_is_told(line: str, told: bool) -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}{line}\ntools: Read\n{BODY}")
    assert ("AK110" in [finding.code for finding in agent.findings]) is told


def test_quoted_names_of_tools_are_names() -> None:
    agent = ak.loads(f'---\nname: aaa\n{GOOD}tools: "Read", "Write"\n{BODY}')
    assert agent.verdict == "dropped"
    assert agent.tools == agent.fix().tools == ("Read", "Write")


def test_the_reason_stands_where_it_is() -> None:
    agent = ak.loads(f"---\nname: aaa\ndescription: Use when: x\nsecond line\ntools: Read\n{BODY}")
    assert [(finding.line, finding.column) for finding in agent.findings if finding.code == "AK101"] == [(4, 1)]


def test_a_value_in_the_wrong_letter_case_is_mended_and_promised() -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}permissionMode: AcceptEdits\n{BODY}")
    assert [finding.fix for finding in agent.findings if finding.code == "AK212"] == ["write acceptEdits"]
    assert agent.fix("AK212").metadata["permissionMode"] == "acceptEdits"


@pytest.mark.parametrize(
    ("fields", "fixed"),
    [
        ("tools: Read, grep # look only, no grep", "tools: Read, Grep # look only, no grep"),
        ("tools:\n  - Read   # grep\n  - grep  # find", "tools:\n  - Read   # grep\n  - Grep  # find"),
        ("tools: [Read, grep]  # two", "tools: [Read, Grep]  # two"),
        ("tools: grep, Read, Grep", "tools: Grep, Read"),
        ("tools: Read,grep,Grep # keep", "tools: Read,Grep # keep"),
        ('tools: "Read, grep, Grep"', 'tools: "Read, Grep"'),
        ('tools: ["Read","grep","Grep"]', "tools: [Read, Grep]"),
        ("tools:\n- Read # a\n# about\n- grep # b\n- Grep # c", "tools:\n- Read # a\n# about\n- Grep # b"),
    ],
)
def test_a_fix_of_tools_keeps_the_comments(fields: str, fixed: str) -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}{fields}\n{BODY}")
    assert agent.fix("AK214").dumps() == f"---\nname: aaa\n{GOOD}{fixed}\n{BODY}"


def test_what_cannot_be_edited_is_promised_no_fix() -> None:
    agent = ak.loads('---\n\tx: y\nname: w\nisolation: "Worktree"\nhooks: {bad\ntools: Read\n---\nYou report.\n')
    assert agent.verdict == "dropped"
    assert "AK212" in [finding.code for finding in agent.findings]
    assert [finding.code for finding in agent.findings if finding.fix and agent.fix(finding.code) == agent] == []


def test_no_fix_gives_an_agent_a_shell() -> None:
    agent = ak.loads(f"---\nname: aaa\n{GOOD}tools: Read, LS\n{BODY}")
    assert agent.fix().tools == ("Read", "Glob")


@pytest.mark.parametrize(
    ("fields", "cut", "fixed"),
    [
        ("description: Use for issue #12 and more", "#12", "Use for issue #12 and more"),
        ("description: Use when\n  fixing issue #12 and more", "#12", "Use when fixing issue #12 and more"),
        ("description: Use when\n  #12 is open", "#12", "Use when #12 is open"),
        ("description: Use it # TODO: say when", None, None),
        ("description: Use it\n  # a remark", None, None),
        ("description: Use it\ninitialPrompt: Look at issue #12", "#12", "Look at issue #12"),
        ("description: Use it\ncolor: #10B981", "#10B981", "#10B981"),
        ("description: Use it\ntools: # these\n  - Read", None, None),
        ("description: Use it\nmodel: opus # the best", None, None),
        ("description: 'Use it' # now", None, None),
        ("description: |\n  Use #12 here", None, None),
    ],
)
def test_a_comment_that_cuts_a_value_is_told(fields: str, cut: str | None, fixed: str | None) -> None:
    agent = ak.loads(f"---\nname: aaa\n{fields}\n{BODY}")
    found = [finding for finding in agent.findings if finding.code == "AK111"]
    assert [finding.message.split("'")[1].split()[0] for finding in found] == ([cut] if cut else [])
    if cut:
        line = agent.text.split("\n")[found[0].line - 1]
        assert line[found[0].column - 1 :].startswith(cut)
        assert fixed in agent.fix("AK111").metadata.values()


def test_a_comment_behind_a_name_is_one() -> None:
    for name, cut in (("code-reviewer # once reviewer", False), ("C # reviewer", True)):
        assert ("AK111" in codes_of(GOOD, name=name)) is cut


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (r"Reads C:\new", "Reads C:/new"),
        (r"Reads C:\Program Files\nodejs\x", "Reads C:/Program Files/nodejs/x"),
        (r"Reads src\notes\x", "Reads src/notes/x"),
        (r"Reads .\notes", "Reads ./notes"),
        (r"Reads %APPDATA%\npm", "Reads %APPDATA%/npm"),
        (r"Reads \\server\new", "Reads //server/new"),
        (r"Option A:\nuse when asked", None),
        (r"Q:\nWhy? A:\nThis one.", None),
        (r"Use it.\n\n<example>\nuser: hi\nassistant: ho\n</example>", None),
        (r"one\ttwo\nthree", None),
        (r"Use it (often).\nuser: hi", None),
        (r"Reads C:\dev\app", None),
    ],
)
def test_a_path_with_a_backslash_n_is_told(text: str, fixed: str | None) -> None:
    agent = ak.loads(f"---\nname: aaa\ndescription: {text}\n{BODY}")
    assert ("AK112" in [finding.code for finding in agent.findings]) is (fixed is not None)
    if fixed:
        assert agent.fix("AK112").description == fixed


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I'll use the api-architect agent", True),
        ("I'll use the api-designer-v2 agent", True),
        ("I'll use the api-architect sub-agent", True),
        ("I'll use the **api-architect** agent", True),
        ("I'll use the Api-Architect agent", True),
        ("I'll launch agent api-architect", True),
        ("Task(subagent_type='api-architect')", True),
        ("Over to @api-architect", True),
        ("I'll use the api-designer agent, not the api-architect agent", False),
        ("That is a well-known agent pattern", False),
        ("I'll use a full-stack agent", False),
        ("I'll use the domain-specific agent", False),
        ("Mail me at someone@my-host", False),
        ("Over to @agent-api-designer", False),
        ("I'll use the read-only agent", False),
    ],
)
def test_an_example_that_calls_another_agent(said: str, told: bool) -> None:
    fields = f'description: "Use it. <example>user: x assistant: {said}</example>"'
    assert ("AK304" in codes_of(fields)) is told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Expert in Go for fast services", True),
        ("Builds services using Go", True),
        ("Backend expert", True),
        ("If someone asks about X", False),
        ("PROACTIVELY reviews code", False),
        ("Triggers on deploy", False),
        ("Best for small teams", False),
        ("Prüft den Code und die Tests", False),
        ("Revisa el código y los estilos", False),
        ("审查代码", False),
    ],
)
def test_a_description_says_when(text: str, told: bool) -> None:
    assert ("AK301" in codes_of(f"description: {text}")) is told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("This agent checks the layout and reports to the young.", True),
        ("✅ This agent checks the code — and reports to the user.", True),
        ("Report to the user when your work is done.", False),
        ("Prüft den Code und die Tests, report.", False),
    ],
)
def test_a_prompt_addresses_the_model(body: str, told: bool) -> None:
    assert ("AK402" in codes_of(GOOD, body)) is told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("You check the code. ✅ Done.", True),
        ("You list each finding as `file:line`.", False),
        ("You end with a JSON object.", False),
    ],
)
def test_a_prompt_says_what_comes_back(body: str, told: bool) -> None:
    assert ("AK406" in codes_of(GOOD, body)) is told


@pytest.mark.parametrize(
    "body",
    [
        "Always write tests for new code. Never write tests for old code.",
        "Always read the file first.\nDo not read the file twice.",
        "```\nAlways ask first.\nNever ask first.\n```",
        "In Python 2, always use print. In Python 3, never use print.",
    ],
)
def test_orders_about_different_things_do_not_contradict(body: str) -> None:
    assert "AK404" not in codes_of(GOOD, f"You report.\n{body}")


def test_every_restatement_is_told_but_those_in_code() -> None:
    lines = [f"Say plainly what you know and what you do not know about the {word} matter" for word in ("a", "b", "c")]
    body = "\n".join(["You report.", *lines[:2], "- " + lines[0], lines[1], "```", lines[2], lines[2], "```"])
    agent = ak.loads(f"---\nname: aaa\n{GOOD}---\n{body}\n")
    assert [finding.line for finding in agent.findings if finding.code == "AK405"] == [8, 9]


@pytest.mark.parametrize("value", ["\n  write: false", "5", "true"])
def test_tools_that_are_no_names_are_told(value: str) -> None:
    assert "AK212" in codes_of(f"{GOOD}tools: {value}")
    assert "AK212" in codes_of(f"{GOOD}disallowedTools: {value}")


def test_a_memory_brings_tools() -> None:
    found = codes_of(f"{GOOD}tools: read\nmemory: project")
    assert "AK105" not in found
    assert "AK214" in found


def test_a_plugin_may_have_folders_of_agents(tmp_path: Path) -> None:
    (tmp_path / ".claude-plugin").mkdir()
    path = tmp_path / "agents" / "team" / "a.md"
    path.parent.mkdir(parents=True)
    path.write_text(f"---\nname: aaa\n{GOOD}permissionMode: plan\n{BODY}")
    assert "AK218" in [finding.code for finding in ak.load(path).findings]


@pytest.mark.parametrize(
    ("code", "fields", "at"),
    [
        ("AK214", "description: Use it\ntools: WebSearch, Search", "Search"),
        ("AK216", "description: Use it\ntools: Read, Edit\ndisallowedTools: NotebookEdit, Edit", "Edit"),
        ("AK303", "description: <example>user: a assistant: b</example> <example>c", "<example>c"),
        ("AK306", "description: <example>user: a assistant: b</example> <example>c</example>", "<example>c"),
        (
            "AK304",
            'description: "old-one <example>user: a assistant: the api-designer agent</example> <example>user: a '
            'assistant: the old-one agent</example>"',
            "old-one agent",
        ),
        ("AK104", "description: Use it\nhooks:\n  Stop: []\n  PreToolUse: 5", "PreToolUse"),
        ("AK221", "description: Use it\nhooks:\n  Stop: []\n  Stopp: []", "Stopp"),
        ("AK201", "description: Use it\ntools: [Read, Grep", "tools"),
        ("AK112", r"description: First C:\dev\x then D:\new\y", "D:"),
    ],
)
def test_a_finding_points_to_what_it_is_about(code: str, fields: str, at: str) -> None:
    agent = ak.loads(f"---\nname: api-designer\n{fields}\n{BODY}")
    (finding,) = [finding for finding in agent.findings if finding.code == code]
    line = agent.text.split("\n")[finding.line - 1]
    place = finding.column - 1
    assert line[place:].startswith(at)
    assert not line[place - 1 : place].isalnum()
