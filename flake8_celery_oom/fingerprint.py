"""What identifies a finding while the lines around it come and go: for baselines and code scanning services."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from flake8_celery_oom.core.findings import Finding

_LINE_NUMBER = re.compile(r"(?<=[^\s:]):\d+\b")


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """One for each finding, in their order: 16 hexadecimal digits of its code, path, message and number of likes.

    Line numbers in the message do not count, so a finding keeps its fingerprint when lines are added above it.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    result = []
    for finding in findings:
        likes = (finding.code, finding.at.path, _LINE_NUMBER.sub("", finding.message))
        seen[likes] += 1
        text = "\n".join((*likes, str(seen[likes])))
        result.append(sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16])
    return result
