"""Commands in every notation, made at random, with the place where an option belongs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

MARK = "«»"


@dataclass(frozen=True)
class Made:
    """A file with a mark where options belong; ``between`` is the form in which each is added there."""

    path: str
    text: str
    between: str


QUEUES = st.sampled_from(["default", "a,b", "mail.high", "größe", "x-1"])
OPTION = st.one_of(
    st.sampled_from(["-l info", "--loglevel=INFO", "-E", "-B", "-Ofair", "--without-gossip", "-n w1@%h", "-P prefork"]),
    QUEUES.map(lambda queue: f"-Q {queue}"),
    QUEUES.map(lambda queue: f"--queues={queue}"),
)
OPTIONS = st.lists(OPTION, max_size=4, unique_by=lambda option: option[:3])
APPS = st.sampled_from(["-A shop ", "--app=shop.celery:app ", "-A worker ", ""])
PROGRAMS = st.sampled_from(
    ["celery ", "/usr/local/bin/celery ", "python -m celery ", "exec celery ", "poetry run celery "]
)
PLAIN_PROGRAMS = st.sampled_from(["celery ", "/usr/local/bin/celery ", "python -m celery "])
NEWLINES = st.sampled_from(["\n", "\r\n"])
BLANKS = st.sampled_from(["", " ", "  ", "\t"])
COMMENTS = st.sampled_from(["", "  # why", " # celery worker", "\t# ü 😀", " # -c 4 && x"])
ENDS = st.sampled_from(["", " && echo done", "; true", " | tee log", " > /dev/null 2>&1", " >>log", " &", " || exit 1"])
NAMES = st.sampled_from(["web", "db", "redis-1", "zoë"])


@st.composite
def words(draw: st.DrawFn, programs: st.SearchStrategy[str] = PLAIN_PROGRAMS) -> list[str]:
    """The words of a command; the mark is at the end of the word ``worker``."""
    options = [word for option in draw(OPTIONS) for word in option.split()]
    return [*(draw(programs) + draw(APPS)).split(), f"worker{MARK}", *options]


@st.composite
def line(draw: st.DrawFn, programs: st.SearchStrategy[str] = PROGRAMS) -> str:
    """A command line."""
    return " ".join(draw(words(programs)))


@st.composite
def shell_line(draw: st.DrawFn) -> str:
    """A command line for a shell: quotes, continuations, what follows."""
    parts = draw(words(PROGRAMS))
    quote = draw(st.sampled_from(["", "'", '"']))
    quoted = [f"{quote}worker{quote}{MARK}" if part.endswith(MARK) else part for part in parts]
    gaps = [draw(st.sampled_from([" ", " ", "  ", " \\\n    "])) for _ in quoted]
    text = "".join(gap + part for gap, part in zip(gaps, quoted, strict=True)).lstrip(" \\\n")
    return text + draw(ENDS)


@st.composite
def script(draw: st.DrawFn) -> Made:
    """A shell script."""
    way = draw(st.sampled_from(["plain", "variable", "array", "inner", "if"]))
    comment = draw(COMMENTS)
    if way == "plain":
        body = draw(shell_line()) + comment
    elif way == "variable":
        body = f'CMD="{draw(line(PLAIN_PROGRAMS))}"{comment}\nexec $CMD {draw(OPTION)}'
    elif way == "array":
        inside = " ".join(draw(words(st.just(""))))
        body = f'args=({inside}){comment}\ncelery "${{args[@]}}"'
    elif way == "inner":
        quote = draw(st.sampled_from(["'", '"']))
        body = f"bash -c {quote}{draw(line())}{draw(ENDS)}{quote}{comment}"
    else:
        body = f'if [ -n "$X" ]; then\n\t{draw(shell_line())}{comment}\nfi'
    text = f"#!/bin/bash\n{draw(st.sampled_from(['', 'set -e', '# worker']))}\n{body}\n"
    return Made("bin/run.sh", text, " {}")


@st.composite
def yaml(draw: st.DrawFn) -> Made:
    """A compose file: every notation of YAML."""
    way = draw(st.sampled_from(["plain", "single", "double", "folded", "literal", "flow", "block", "shell", "anchor"]))
    comment, newline, blank = draw(COMMENTS), draw(NEWLINES), draw(BLANKS)
    indent = " " * draw(st.integers(2, 4))
    deep = indent * 3
    between = " {}"
    head = ""
    if way in {"plain", "single", "double"}:
        quote = {"plain": "", "single": "'", "double": '"'}[way]
        value = f" {quote}{draw(line())}{quote}{comment}"
    elif way in {"folded", "literal"}:
        sign = (">" if way == "folded" else "|") + draw(st.sampled_from(["", "-", "+"]))
        joint = f"\n{deep}" if way == "folded" else " \\\n" + deep
        value = f" {sign}{comment}\n{deep}" + joint.join(draw(words()))
    elif way == "flow":
        quote = draw(st.sampled_from(["", "'", '"']))
        items = [f"{quote}{word[: -len(MARK)]}{quote}{MARK}" if MARK in word else f'"{word}"' for word in draw(words())]
        value = f" [{', '.join(items)}]{comment}"
        between = f", {quote}{{}}{quote}"
    elif way == "block":
        quote = draw(st.sampled_from(["", "'", '"']))
        gap = draw(st.sampled_from([" ", "  "]))
        items = [
            f"-{gap}{quote}{word[: -len(MARK)]}{quote}{blank}{comment}{MARK}" if MARK in word else f"-{gap}'{word}'"
            for word in draw(words())
        ]
        value = "".join(f"\n{deep}{item}" for item in items)
        between = f"\n{deep}-{gap}{quote}{{}}{quote}"
    elif way == "shell":
        value = f"\n{deep}- sh\n{deep}- -c\n{deep}- |\n{deep}  cd /srv\n{deep}  {draw(line())}{draw(ENDS)}{comment}"
    else:
        head = f"x-cmd: &cmd {draw(line())}\n"
        value = f" *cmd{comment}"
    other = f"{indent}{draw(NAMES)}:\n{indent * 2}image: x{draw(COMMENTS)}\n"
    service = f"{indent}worker:\n{indent * 2}command:{value}\n{indent * 2}image: shop\n"
    parts = [other, service] if draw(st.booleans()) else [service, other]
    text = f"{head}services:\n{''.join(parts)}"
    return Made("compose.yml", text.replace("\n", newline), between.replace("\n", newline))


@st.composite
def dockerfile(draw: st.DrawFn) -> Made:
    """A Dockerfile: shell form and exec form, continuations and comments between."""
    keyword = draw(st.sampled_from(["CMD", "ENTRYPOINT", "cmd"]))
    newline = draw(NEWLINES)
    gap = draw(st.sampled_from([" ", " \\\n    ", " \\\n# why\n    "]))
    if draw(st.booleans()):
        items = [f'"worker"{MARK}' if MARK in word else json.dumps(word, ensure_ascii=False) for word in draw(words())]
        command, between = f"[{f',{gap}'.join(items)}]", ', "{}"'
    else:
        command, between = gap.join(draw(words(PROGRAMS))), " {}"
    text = f"FROM python:3.12\nRUN pip install shop\n{keyword} {command}\n"
    return Made("Dockerfile", text.replace("\n", newline), between)


@st.composite
def listed(draw: st.DrawFn) -> Made:
    """JSON, TOML and Python lists, on one line or one item a line."""
    path, form = draw(
        st.sampled_from(
            [
                ("pyproject.toml", "[tool.pdm.scripts]\nw = {{cmd = {}}}\n"),
                ("run.py", "import subprocess\n\nsubprocess.run({})\n"),
                ("run.py", "import os\n\nos.execvp('celery', {})  # ü\n"),
            ]
        )
    )
    quote = draw(st.sampled_from(["'", '"']))
    items = [f"{quote}worker{quote}{MARK}" if MARK in word else f'"{word}"' for word in draw(words(st.just("celery ")))]
    if draw(st.booleans()) or path == "pyproject.toml":
        return Made(path, form.format(f"[{', '.join(items)}]"), f", {quote}{{}}{quote}")
    return Made(path, form.format("[\n    " + ",\n    ".join(items) + ",\n]"), f",\n    {quote}{{}}{quote}")


FORMS: list[tuple[str, str, bool]] = [
    ("Procfile", "web: gunicorn shop\nworker: {}\n", True),
    ("Makefile", "run:\n\t@{} # why\n", False),
    ("Makefile", "W = {}\n\nrun:\n\t$(W)\n", False),
    ("supervisord.conf", "[program:w]\nautostart=true\ncommand = {} ; why\nnumprocs=1\n", False),
    ("w.service", "[Unit]\n[Service]\nExecStart=/usr/bin/env {}\nRestart=always\n", False),
    ("pyproject.toml", '[tool.poe.tasks]\nw = "{}" # why\n', False),
    ("package.json", '{{"name": "x", "scripts": {{"w": "{}", "y": "z"}}}}\n', False),
    ("app.json", '{{"formation": {{}}, "scripts": {{"postdeploy": "{}"}}}}\n', False),
    ("run.py", 'import subprocess\n\nsubprocess.run("{}", shell=True)\n', False),
    ("run.py", 'import os\n\nos.system(f"cd {{x}} && {}")\n', False),
    ("run.py", "import subprocess\n\nsubprocess.run('{}'.split())\n", False),
]


@st.composite
def other(draw: st.DrawFn) -> Made:
    """One command line in a file of another kind."""
    path, form, _ = draw(st.sampled_from(FORMS))
    return Made(path, form.format(draw(line(PLAIN_PROGRAMS))), " {}")


@st.composite
def celeryd(draw: st.DrawFn) -> Made:
    """The variables of Celery's service scripts."""
    options = " ".join(draw(OPTIONS.filter(bool)))
    text = f'CELERYD_NODES="w1"\nCELERY_BIN="/usr/bin/celery"\nCELERYD_OPTS="{options}{MARK}"{draw(COMMENTS)}\n'
    return Made("etc/default/celeryd", text, " {}")


KINDS: dict[str, Callable[[], st.SearchStrategy[Made]]] = {
    "script": script,
    "yaml": yaml,
    "dockerfile": dockerfile,
    "listed": listed,
    "other": other,
    "celeryd": celeryd,
}
