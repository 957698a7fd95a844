"""uWSGI: the programs that its master starts beside the web server, each a Launch; all of them share one container.

Source: ``core/daemons.c`` (``uwsgi_opt_add_daemon``: ``smart-`` options have a file for the pid before the command) and
the page "Attaching daemons" of uWSGI 2.0 (``attach-daemon2``: ``cmd=...,pidfile=...``).
Commands run in ``/bin/sh -c "exec ..."`` (``core/utils.c``, ``uwsgi_exec_command_with_args``).
"""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import substitute

KIND = "uwsgi"
TITLE = "uWSGI"
NAMES = ("uwsgi*.ini",)

_NAME = re.compile(r"\.(?:ini|conf|cfg)(?:\.(?:j2|jinja2?|tpl|tmpl|template|in|example|dist))?\Z")
_DAEMON = re.compile(
    r"^[ \t]*(?:legion-)?(?P<smart>smart-)?attach-(?:control-)?daemon(?P<second>2?)[ \t]*=[ \t]*(?P<value>\S[^\r\n]*)",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"^[ \t]*env[ \t]*=[ \t]*(?P<name>[A-Za-z_]\w*)=(?P<value>[^\r\n]*)", re.MULTILINE)
_OPTION = re.compile(r"^[ \t]*(?P<name>[\w-]+)[ \t]*=[ \t]*(?P<value>[^\r\n]*)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\$\((?P<variable>\w+)\)|%\((?P<option>[\w-]+)\)|\{\{.*?\}\}")
_COMMAND = re.compile(r"(?:^|,)[ \t]*(?:cmd|command|exec)=(?P<command>.*?)(?=,[\w]+=|\Z)")
"""The value of ``attach-daemon2``."""
_PID_FILE = re.compile(r"\S+[ \t]+")


def claims(path: str, head: str) -> bool:
    """A configuration file that attaches a daemon."""
    return _NAME.search(posixpath.basename(path)) is not None and _DAEMON.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each program that is attached."""
    plain = MappedText.plain(source)
    options = {match["name"]: match["value"].strip() for match in _OPTION.finditer(source.text)}
    environment = {
        match["name"]: Word.of(_filled(plain[match.start("value") : match.end("value")], options))
        for match in _VARIABLE.finditer(source.text)
    }
    facts: list[Fact] = []
    for match in _DAEMON.finditer(source.text):
        start, end = _command(match)
        command = _filled(plain[start:end], options)
        if command.text.strip():
            facts.append(
                Launch(
                    KIND,
                    posixpath.basename(source.path).partition(".")[0],
                    command.location(),
                    ShellText(command, command.location(), True),
                    environment=environment,
                    workdir=options.get("chdir") or None,
                    container=source.path,
                )
            )
    return facts


def _command(match: re.Match[str]) -> tuple[int, int]:
    """Where the command of an option starts and ends."""
    value, start = match["value"].rstrip(), match.start("value")
    if match["smart"]:
        pid_file = _PID_FILE.match(value)
        return start + (pid_file.end() if pid_file is not None else 0), start + len(value)
    inner = _COMMAND.search(value) if match["second"] else None
    return (start + inner.start("command"), start + inner.end("command")) if inner else (start, start + len(value))


def _filled(text: MappedText, options: dict[str, str]) -> MappedText:
    """The text with ``%(option)`` filled in, and a hole for ``$(VARIABLE)`` and what a template fills in."""

    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
        known = options.get(match["option"]) if match["option"] else None
        is_plain = known is not None and _PLACEHOLDER.search(known) is None
        return known if known is not None and is_plain else Hole(match[0], match["variable"], at=piece.location())

    return substitute(text, _PLACEHOLDER, meaning)
