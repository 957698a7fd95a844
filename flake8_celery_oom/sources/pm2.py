"""pm2: the programs of an ecosystem file.

Source: PM2's "Ecosystem File" and "Application declaration", and ``lib/Common.js`` of PM2 5.4: ``cmd`` and ``command``
are other names of ``script``; a script that holds blanks is run by a shell; one that ends with ``.py`` or ``.sh`` is
run by Python or bash unless ``interpreter`` says otherwise.
"""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.syntax import javascript, json, yaml
from flake8_celery_oom.syntax.node_values import environment, mappings, number, scalars
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, text

KIND = "pm2"
TITLE = "pm2's ecosystem files"
NAMES = ("*ecosystem*.js", "*ecosystem*.cjs", "*ecosystem*.mjs", "*ecosystem*.json", "*ecosystem*.yml", "pm2*.json")

_NAME = re.compile(r"(?:ecosystem|pm2|process(?:es)?)\b[^/]*\.(?:[cm]?js|json|ya?ml)$", re.IGNORECASE)
_APPS = re.compile(r"\bapps\b[\"']?\s*[:=]")
_INTERPRETERS = {".py": "python", ".sh": "bash"}


def claims(path: str, head: str) -> bool:
    """By name, and where it lists applications."""
    return _NAME.search(posixpath.basename(path)) is not None and _APPS.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each application, in its ``cwd`` or in the folder of the file."""
    root = _root(source)
    apps = mappings(root.get("apps")) if isinstance(root, Mapping) else mappings(root)
    launches = [_launch(app, posixpath.dirname(source.path) or ".") for app in apps]
    return [launch for launch in launches if launch is not None]


def _root(source: SourceText) -> Node | None:
    if source.path.endswith("js"):
        return javascript.exported(source)
    if source.path.endswith(".json"):
        return json.parse(source).node
    document = next(yaml.documents(source), None)
    return document.node if document is not None else None


def _launch(app: Mapping, folder: str) -> Launch | None:
    script = next((node for key in ("script", "cmd", "command") if isinstance(node := app.get(key), Scalar)), None)
    if script is None or script.is_null:
        return None
    cwd = text(app.get("cwd"))
    command, at = _command(app, script)
    return Launch(
        KIND,
        text(app.get("name")) or "",
        at,
        command,
        environment=environment(app.get("env")),
        workdir=posixpath.normpath(posixpath.join(folder, cwd)) if cwd and not cwd.startswith("/") else folder,
        replicas=number(app.get("instances")) or 1,
    )


def _command(app: Mapping, script: Scalar) -> tuple[Command, Location]:
    arguments = app.get("args")
    pieces = [script.value, *(item.value for item in scalars(arguments))]
    at = script.at
    if isinstance(arguments, Scalar) or not re.search(r"\s", script.value.text):
        last = pieces[-1].location()
        at = script.value.source.location(min(at.start, last.start), max(at.end, last.end)) if len(pieces) > 1 else at
    before = _interpreter(app, script)
    if isinstance(arguments, Scalar) or re.search(r"\s", script.value.text):
        line = MappedText.joined(pieces, " ")
        prefix = "".join(f"{word} " for word in before)
        if prefix:
            line = MappedText.joined([MappedText(line.source, prefix, [line.offsets[0]] * (len(prefix) + 1)), line])
        return ShellText(line, at, shell=not before and bool(re.search(r"\s", script.value.text))), at
    return Argv((*(literal(word, script.at) for word in before), *map(Word.of, pieces)), at, "python"), at


def _interpreter(app: Mapping, script: Scalar) -> list[str]:
    """The program that runs the script, with its own arguments."""
    named = text(app.get("interpreter")) or text(app.get("exec_interpreter"))
    own = [item.value.text for item in scalars(app.get("interpreter_args"))]
    if named == "none":
        return []
    ending = posixpath.splitext(script.value.text)[1]
    default = _INTERPRETERS.get(ending) if not script.value.holes else None
    program = named or default
    return [program, *own] if program is not None else []
