"""Look for what should not leave the machine: secrets, and paths that name a person's folders.

Secrets are found by detect-secrets' detectors of known token shapes. Its entropy and keyword detectors are left out: in
prompts and replies, which are prose and code examples, they flag nearly every line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DETECTORS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)

ANTHROPIC_KEY = re.compile(r"sk-ant-[A-Za-z0-9_-]{8,}")
"""detect-secrets has no detector for these, and they are the ones at hand here."""

MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|Users|root)/|[A-Za-z]:\\{1,2}Users\\{1,2})[\w.-]+")
"""Absolute paths below somebody's home folder."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that should not be shared."""

    file: str
    line: int
    """From 1."""
    what: str
    """Its kind, such as `GitHub Token` or `machine path`; never the secret itself."""


def scan(path: Path, *, name: str | None = None) -> list[Leak]:
    """Return what should not leave the machine in one text file, in the order of its lines.

    Args:
        path: The file.
        name: What to call it in the result; None for its path.
    """
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    leaks = []
    text = path.read_text(encoding="utf-8", errors="replace")
    with transient_settings({"plugins_used": [{"name": detector} for detector in DETECTORS]}):
        for number, line in enumerate(text.splitlines(), start=1):
            kinds = {secret.type for secret in scan_line(line)}
            if ANTHROPIC_KEY.search(line):
                kinds.add("Anthropic key")
            if MACHINE_PATH.search(line):
                kinds.add("machine path")
            leaks += [Leak(name or str(path), number, kind) for kind in sorted(kinds)]
    return leaks
