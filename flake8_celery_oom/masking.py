"""Secrets that stand in texts of a project: nothing that is printed shows them. What is written is never masked."""

from __future__ import annotations

import re

MASK = "***"
# Every repetition is bounded: texts of others must not take long.
_WORD = r"(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w.-]{0,40}"
_VALUE = r"(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|[^\s\"'`,;)}\]]{1,500})"
_ASSIGNED = re.compile(rf"(?P<name>{_WORD}[\"'`]?\s{{0,4}}:?[=:]\s{{0,4}}){_VALUE}", re.IGNORECASE)
_OPTION = re.compile(rf"(?P<name>(?<![\w-])--?[\w-]{{0,40}}{_WORD}\s{{1,4}})(?![=:]){_VALUE}", re.IGNORECASE)
_BEHIND = re.compile(rf"(?P<name>{_WORD}[\"']\s{{0,4}},\s{{0,4}})(?![\"']?value\b){_VALUE}", re.IGNORECASE)
"""``["--token", "x"]``."""
_NAMED = re.compile(
    rf"(?P<name>\bname[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?[\w.-]{{0,40}}{_WORD}[\"']?(?:\s{{0,4}},|[\s+-])[\s+-]{{0,40}}"
    rf"[\"']?value[\"']?\s{{0,4}}[=:]\s{{0,4}}){_VALUE}",
    re.IGNORECASE,
)
"""``name: API_KEY, value: x``, on one line or on two, as lists of variables are written."""
_ACTION = re.compile(rf"\{{\{{[^{{}}\n]{{0,200}}?{_WORD}[^{{}}\n]{{0,200}}\}}\}}", re.IGNORECASE)
"""``{{ .Values.password | default "x" }}``."""
_TEXT = re.compile(r"\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'")
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@:]{0,200}:[^\s/@]{0,500}(?=@)")
_MARKS = re.compile(r"://|passw|passph|secret|token|key|credential", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with the values of passwords, tokens and keys, and the credentials of addresses, as ``***``."""
    if _MARKS.search(text) is None:
        return text
    text = _CREDENTIALS.sub(MASK, text)
    text = _ASSIGNED.sub(lambda match: match[0] if _is_prose(match) else f"{match['name']}{MASK}", text)
    for pattern in (_NAMED, _OPTION, _BEHIND):
        text = pattern.sub(lambda match: f"{match['name']}{MASK}", text)
    return _ACTION.sub(lambda match: _TEXT.sub(MASK, match[0]), text)


def _is_prose(match: re.Match[str]) -> bool:
    """Whether the name is the last word of a phrase (``the next token: found``), and not a key."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    return re.fullmatch(r"[a-z]+\s*:\s*", match["name"]) is not None and re.fullmatch(r"\w ", before) is not None
