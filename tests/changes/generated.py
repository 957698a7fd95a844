"""Commands in every notation, made at random, with the place where an option belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

MARK = "«»"
_OPTION_BELOW = re.compile(f"{MARK}(?P<gap>[ \\t]*\\\\?\\r?\\n[ \\t]*)-")
"""The next option stands on a line of its own: so does one that is added."""


@dataclass(frozen=True)
class Made:
    """A file with a mark where options belong; ``between`` is the form in which each is added there."""

    path: str
    text: str
    between: str = " {}"
    bom: bool = False

    def with_options(self, *options: str) -> bytes:
        """The file with these options at the mark."""
        below = _OPTION_BELOW.search(self.text) if self.between == " {}" else None
        between = f"{below['gap']}{{}}" if below is not None else self.between
        text = self.text.replace(MARK, "".join(between.replace("{}", option) for option in options))
        return ("\ufeff" * self.bom + text).encode()


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
BLANKS = st.sampled_from(["", " ", "  ", "\t"])
COMMENTS = st.sampled_from(["", "  # why", " # celery worker", "\t# ü 😀", " # -c 4 && x"])
ENDS = st.sampled_from(["", " && echo done", "; true", " | tee log", " > /dev/null 2>&1", " >>log", " &", " || exit 1"])
NAMES = st.sampled_from(["web", "db", "redis-1", "zoë"])
QUOTES = st.sampled_from(["'", '"'])
NO_OR_QUOTES = st.sampled_from(["", "'", '"'])


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
def broken_line(
    draw: st.DrawFn, breaks: Sequence[str], programs: st.SearchStrategy[str] = PLAIN_PROGRAMS, *, quote: bool = False
) -> str:
    """A command line in which some blanks are line breaks as the notation has them."""
    sign = draw(NO_OR_QUOTES) if quote else ""
    parts = [f"{sign}worker{sign}{MARK}" if part.endswith(MARK) else part for part in draw(words(programs))]
    gaps = [draw(st.sampled_from([" ", " ", "  ", *breaks])) for _ in parts[1:]]
    return parts[0] + "".join(gap + part for gap, part in zip(gaps, parts[1:], strict=True))


def listed(items: Sequence[str], quote: str, other: str = '"') -> list[str]:
    """Words as the items of a list; the marked one in quotes of its own."""
    return [
        f"{quote}{item[: -len(MARK)]}{quote}{MARK}" if item.endswith(MARK) else f"{other}{item}{other}"
        for item in items
    ]


# --- scripts and Dockerfiles ------------------------------------------------------------------------------------------

SHELL_BREAKS = (" \\\n    ",)
BODIES = {
    "plain": "{broken}{end}{comment}",
    "variable": 'CMD="{line}"{comment}\nexec $CMD {option}',
    "eval": "CMD='{line}'\neval \"$CMD\"{comment}",
    "array": 'args=({args}){comment}\ncelery "${{args[@]}}"',
    "array of lines": 'args=(\n  {args_lines}  # why\n)\nexec celery "${{args[@]}}"{comment}',
    "inner": "bash -c {quote}{line}{end}{quote}{comment}",
    "su": "su --command {quote}cd /srv && {line}{quote} app{end}{comment}",
    "if": 'if [ -n "$X" ]; then\n\t{broken}{comment}\nfi',
    "function": "run() {{\n  {broken}{comment}\n}}\nrun",
    "subshell": "( cd /srv && {line} ){end}{comment}",
    "case": "case ${{1:-worker}} in\n  worker) {broken} ;;{comment}\nesac",
    "variables": "A=b C='d e' {plain}{end}{comment}",
    "set": 'set -- {plain}{comment}\nexec "$@"',
}


@st.composite
def script(draw: st.DrawFn) -> Made:
    """A shell script."""
    inside = draw(words(st.just("")))
    body = BODIES[draw(st.sampled_from(list(BODIES)))].format(
        broken=draw(broken_line(SHELL_BREAKS, PROGRAMS, quote=True)),
        line=draw(line()),
        plain=draw(line(PLAIN_PROGRAMS)),
        args=" ".join(inside),
        args_lines="\n  ".join(inside),
        option=draw(OPTION),
        quote=draw(QUOTES),
        end=draw(ENDS),
        comment=draw(COMMENTS),
    )
    return Made("bin/run.sh", f"#!/bin/bash\n{draw(st.sampled_from(['', 'set -e', '# worker']))}\n{body}\n")


@st.composite
def dockerfile(draw: st.DrawFn) -> Made:
    """A Dockerfile: shell form and exec form, continuations and comments between."""
    keyword = draw(st.sampled_from(["CMD", "ENTRYPOINT", "cmd"]))
    escape = draw(st.sampled_from(["\\", "\\", "`"]))
    gaps = [" ", f" {escape}\n    ", f" {escape}\n# why\n    ", f"\t{escape}\n  # celery worker -c 4\n\n\t"]
    gap = draw(st.sampled_from(gaps))
    way = draw(st.sampled_from(["shell", "exec", "sh -c", "both"]))
    between = " {}"
    if way == "shell":
        command = f"{keyword} {draw(broken_line(gaps, PROGRAMS))}"
    elif way == "sh -c":
        command = f'{keyword} ["sh", "-c",{gap}"cd /srv && {draw(line())}"]'
    else:
        items = listed([json.dumps(word, ensure_ascii=False)[1:-1] for word in draw(words())], '"')
        between = ', "{}"'
        if way == "exec":
            command = f"{keyword} [{f',{gap}'.join(items)}]"
        else:
            place = next(index for index, item in enumerate(items) if MARK in item)
            command = f"ENTRYPOINT [{', '.join(items[:place])}]\nCMD [{', '.join(items[place:])}]"
    head = f"# escape={escape}\n" if escape == "`" else ""
    return Made("Dockerfile", f"{head}FROM python:3.12\nRUN pip install shop\n{command}\n", between)


# --- YAML -------------------------------------------------------------------------------------------------------------

YAML_WAYS = ["plain", "single", "double", "folded", "literal", "flow", "flow lines", "block", "shell", "inner", "lines"]


@st.composite
def value(draw: st.DrawFn, deep: str) -> tuple[str, str]:
    """A command as the value of a key, in every notation of YAML, and how an option is added to it."""
    way, comment, blank = draw(st.sampled_from(YAML_WAYS)), draw(COMMENTS), draw(BLANKS)
    quote = draw(NO_OR_QUOTES)
    if way in {"plain", "single", "double"}:
        sign = {"plain": "", "single": "'", "double": '"'}[way]
        return f" {sign}{draw(line())}{sign}{comment}", " {}"
    if way == "inner":
        return f" {draw(st.sampled_from(['sh', 'bash']))} -c '{draw(line())}{draw(ENDS)}'{comment}", " {}"
    if way in {"folded", "literal"}:
        sign = (">" if way == "folded" else "|") + draw(st.sampled_from(["", "-", "+"]))
        lines = f"\n{deep}".join(draw(words()))  # Docker Compose makes a word of a backslash and the line end behind it
        return f" {sign}{comment}\n{deep}{lines}", " {}"
    if way == "lines":
        return f"\n{deep}" + f"\n{deep}".join(draw(words())), " {}"
    if way == "flow":
        return f" [{', '.join(listed(draw(words()), quote))}]{comment}", f", {quote}{{}}{quote}"
    if way == "flow lines":
        joined = f",\n{deep}".join(listed(draw(words()), quote))
        tail = draw(st.sampled_from(["", ","]))
        return f" [\n{deep}{joined}{tail}\n{deep}]{comment}", f",\n{deep}{quote}{{}}{quote}"
    if way == "block":
        gap = draw(st.sampled_from([" ", "  "]))
        items = [
            f"-{gap}{quote}{word[: -len(MARK)]}{quote}{blank}{comment}{MARK}" if MARK in word else f"-{gap}'{word}'"
            for word in draw(words())
        ]
        return "".join(f"\n{deep}{item}" for item in items), f"\n{deep}-{gap}{quote}{{}}{quote}"
    scalar = f"|\n{deep}  cd /srv\n{deep}  {draw(line())}{draw(ENDS)}{comment}"
    return f"\n{deep}- sh\n{deep}- -c\n{deep}- {scalar}", " {}"


@st.composite
def compose(draw: st.DrawFn) -> Made:
    """A compose file, with anchors and merge keys too."""
    indent = " " * draw(st.integers(2, 4))
    other = f"{indent}{draw(NAMES)}:\n{indent * 2}image: x{draw(COMMENTS)}\n"
    way = draw(st.sampled_from(["own", "own", "own", "alias", "merged"]))
    head, many = "", f"{indent}worker-2:\n{indent * 2}image: shop\n"
    if way == "own":
        command, between = draw(value(indent * 3))
        service = f"{indent}worker:\n{indent * 2}command:{command}\n{indent * 2}image: shop\n"
    elif way == "alias":
        head, between = f"x-cmd: &cmd {draw(line())}\n", " {}"
        service = f"{indent}worker:\n{indent * 2}command: *cmd{draw(COMMENTS)}\n{many}{indent * 2}command: *cmd\n"
    else:
        command, between = draw(value(indent * 2))
        head = f"x-worker: &worker\n{indent}image: shop\n{indent}command:{command}\n"
        service = f"{indent}worker: *worker\n{many}{indent * 2}<<: *worker\n"
    parts = [other, service] if draw(st.booleans()) else [service, other]
    return Made("compose.yml", f"{head}services:\n{''.join(parts)}", between)


@st.composite
def manifest(draw: st.DrawFn) -> Made:
    """A Kubernetes manifest: the command whole, or its arguments apart."""
    key, quote = draw(st.sampled_from(["command", "args"])), draw(NO_OR_QUOTES)
    items = listed(draw(words(st.just("celery "))), quote)
    deep = "          "
    if draw(st.booleans()):
        between = f"\n{deep}- {quote}{{}}{quote}"
        command = f"{key}:" + "".join(f"\n{deep}- {item}" for item in items)
    else:
        between = f", {quote}{{}}{quote}"
        command = f"{key}: [{', '.join(items)}]{draw(COMMENTS)}"
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: worker\nspec:\n  template:\n    spec:\n"
        f"      containers:\n        - name: worker\n          image: shop{draw(COMMENTS)}\n          {command}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: x\n"
    )
    return Made("k8s/worker.yaml", text, between)


# --- files of one line or one list ------------------------------------------------------------------------------------


@st.composite
def one_of_forms(
    draw: st.DrawFn,
    forms: Sequence[tuple[str, str]],
    breaks: Sequence[str] = (),
    programs: st.SearchStrategy[str] = PLAIN_PROGRAMS,
) -> Made:
    """A file with one command line in it."""
    path, form = draw(st.sampled_from(list(forms)))
    command = draw(broken_line(breaks, programs))
    return Made(path, form.replace("{}", command))


@st.composite
def list_of_forms(draw: st.DrawFn, forms: Sequence[tuple[str, str]], quotes: str) -> Made:
    """A file with one command as a list in it, on one line or one item a line."""
    path, form = draw(st.sampled_from(list(forms)))
    quote = draw(st.sampled_from(quotes))
    items = listed(draw(words(st.just("celery "))), quote)
    between, comma = f", {quote}{{}}{quote}", draw(st.sampled_from(["", ","])) if path.endswith(".py") else ""
    text = ", ".join(items)
    if draw(st.booleans()) and "inline" not in form:
        deep = "\n" + draw(st.sampled_from(["    ", "\t"]))
        between, text = f",{deep}{quote}{{}}{quote}", deep + f",{deep}".join(items) + comma + "\n"
    return Made(path, form.replace("{}", text), between)


PROCFILE = [
    ("Procfile", "web: gunicorn shop\nworker: {}\n"),
    ("Procfile", "worker:   exec {}  \nweb: gunicorn shop\n"),
    ("Procfile", "worker: cd srv && A=b {}\n"),
    ("Procfile", "worker: bash -c '{}'\n"),
    ("Procfile", 'worker: sh -c "exec {}" # why\n'),
]
SUPERVISOR = [
    ("supervisord.conf", "[program:w]\nautostart=true\ncommand = {} ; why\nnumprocs=1\n"),
    ("supervisord.conf", "[supervisord]\nnodaemon=true\n\n[program:w]\ncommand={}\n"),
    ("conf.d/w.ini", "[program:w]\ncommand=\n  {}\n; celery worker\nuser=app\n"),
]
SUPERVISOR_QUOTED = [("conf.d/w.ini", "[program:w]\ncommand=/bin/bash -c 'cd /srv && exec {}'  \ndirectory=/srv\n")]
SUPERVISOR_BREAKS = ("\n    ", "\n\t", " ; why\n  ")
SYSTEMD = [
    ("w.service", "[Unit]\nDescription=ü\n[Service]\nExecStart=/usr/bin/env {}\nRestart=always\n"),
    ("w.service", "[Service]\nExecStart = -/usr/bin/env {}  \n\n[Install]\nWantedBy=multi-user.target\n"),
    ("w.service", "[Service]\nExecStart=/bin/sh -c 'exec {} >> /var/log/w 2>&1'\n"),
    ("w.service", '[Service]\nEnvironment=A=b\nExecStart=/bin/bash -lc "cd /srv && {}"\n'),
]
SYSTEMD_BREAKS = (" \\\n  ", " \\\n# why\n  ", " \\\n; -c 4\n    ")
MAKEFILE = [
    ("Makefile", "run:\n\t@{} # why\n"),
    ("Makefile", ".PHONY: run\nrun: ; {}\n"),
    ("Makefile", "run: build\n\tcd srv && {} &\n\techo $$HOME\n"),
    ("Makefile", "W = {}\n\nrun:\n\t$(W)\n"),
    ("Makefile", "W := {}\n\nrun:\n\t-@$(W) -l info\n"),
    ("Makefile", "run:\n\tbash -c '{}'\n"),
]
TOML = [
    ("pyproject.toml", '[tool.poe.tasks]\nw = "{}" # why\n'),
    ("pyproject.toml", "[tool.poe.tasks.w]\nhelp = \"ü\"\ncmd = '{}'\n"),
    ("pyproject.toml", '[tool.poe.tasks]\nw.shell = "cd srv && {}"\n'),
    ("pyproject.toml", '[tool.pdm.scripts]\nw = {shell = "{}", help = "x"}\n'),
    ("pyproject.toml", '[tool.hatch.envs.default.scripts]\nw = ["echo", "{}"]\n'),
    ("pyproject.toml", '[tool.poe.tasks.w]\nshell = """\ncd srv\n{}\n"""\n'),
    ("fly.toml", "app = 'x'\n[processes]\nweb = 'gunicorn x'\nworker = '{}' # why\n"),
]
TOML_LISTS = [
    ("pyproject.toml", "[tool.pdm.scripts]\nw = {cmd = [{}]}\n"),
    ("pyproject.toml", "[tool.poe.tasks.w]\ncmd = 'true'\n\n[tool.pdm.scripts.w] # why\ncmd = [{}] # why\n"),
]
JSON = [
    ("package.json", '{"name": "x", "scripts": {"w": "{}", "y": "z"}}\n'),
    ("package.json", '{\r\n\t"scripts": {"w": "bash -c \\"{}\\""}}'),
    ("app.json", '{"formation": {}, "scripts": {"postdeploy": "{}"}}\n'.replace("{},", "{ },")),
    (".vscode/tasks.json", '{\n  // why\n  "tasks": [{"label": "w", "type": "shell", "command": "{}"},]\n}\n'),
]
JSON_LISTS = [
    ("task.json", '{"containerDefinitions": [{"name": "w", "image": "x", "command": [{}]}]}\n'),
    ("task.json", '{"family": "w", "containerDefinitions": [{"image": "x", "name": "w", "entryPoint": [{}]}]}\n'),
]
SHELL_IN_PYTHON = [
    ("run.py", 'import subprocess\n\nsubprocess.run("{}", shell=True)\n'),
    ("run.py", 'import os\n\nos.system(f"cd {x} && {}")  # why\n'),
    ("run.py", "import os\n\nos.system(rf'{} -Q {queue} &')\n"),
    ("run.py", "import subprocess\n\nsubprocess.run('{}'.split())\n"),
    ("run.py", "import shlex, subprocess\n\nsubprocess.Popen(shlex.split(u'{}'))\n"),
    ("run.py", 'import os\n\nos.system("cd /srv && "\n          "{}")\n'),
    ("run.py", 'import subprocess\n\nsubprocess.run(["bash", "-c", "exec {}"])\n'),
    ("tasks.py", 'from invoke import task\n\n\n@task\ndef w(c):\n\tc.run("{}", pty=True)\n'),
    ("run.py", 'import subprocess\n\nsubprocess.run("""\n  cd /srv\n  {}\n""", shell=True)\n'),
]
PYTHON_LISTS = [
    ("run.py", "import subprocess\n\nsubprocess.run([{}])\n"),
    ("run.py", "import subprocess\n\nsubprocess.run(({}), check=True)  # ü\n"),
    ("run.py", "import os\n\nos.execvp('celery', [{}])  # ü\n"),
    ("run.py", "import subprocess\n\nargv = [{}]\nargv += ['-l', 'info']\nsubprocess.Popen(argv)\n"),
    ("run.py", "import subprocess, sys\n\nsubprocess.run([sys.executable, '-m', {}])\n"),
    ("run.py", "import subprocess\n\nsubprocess.run(args=[{}] + ['-Q', f'{queue}'])\n"),
]


@st.composite
def celeryd(draw: st.DrawFn) -> Made:
    """The variables of Celery's service scripts."""
    gap, quote = draw(st.sampled_from([" ", " ", " \\\n  "])), draw(QUOTES)
    options = (gap if quote == '"' else " ").join(draw(OPTIONS.filter(bool)))
    export, nodes = draw(st.sampled_from(["", "export "])), draw(st.sampled_from(["w1", "w1 w2", "3"]))
    return Made(
        "etc/default/celeryd",
        f'# celery worker\nCELERYD_NODES="{nodes}"\nCELERY_BIN="/usr/bin/celery"\n'
        f"{export}CELERYD_OPTS={quote}{options}{MARK}{quote}{draw(COMMENTS)}\nCELERYD_USER=app\n",
    )


NOTATIONS: dict[str, Callable[[], st.SearchStrategy[Made]]] = {
    "script": script,
    "Dockerfile": dockerfile,
    "compose": compose,
    "Kubernetes": manifest,
    "Procfile": lambda: one_of_forms(PROCFILE),
    "supervisor": lambda: st.one_of(one_of_forms(SUPERVISOR, SUPERVISOR_BREAKS), one_of_forms(SUPERVISOR_QUOTED)),
    "systemd": lambda: one_of_forms(SYSTEMD, SYSTEMD_BREAKS),
    "Makefile": lambda: one_of_forms(MAKEFILE, [" \\\n\t\t"]),
    "celeryd": celeryd,
    "TOML": lambda: st.one_of(one_of_forms(TOML), list_of_forms(TOML_LISTS, "'\"")),
    "JSON": lambda: st.one_of(one_of_forms(JSON), list_of_forms(JSON_LISTS, '"')),
    "Python text": lambda: one_of_forms(SHELL_IN_PYTHON),
    "Python list": lambda: list_of_forms(PYTHON_LISTS, "'\""),
}


@st.composite
def files(draw: st.DrawFn, notation: str) -> Made:
    """A file in a notation, as an editor may have left it: line ends, a byte order mark, no last line end."""
    made = draw(NOTATIONS[notation]())
    if draw(st.integers(0, 3)) == 0:
        text, between = (one.replace("\r\n", "\n").replace("\n", "\r\n") for one in (made.text, made.between))
        made = replace(made, text=text, between=between)
    if draw(st.integers(0, 3)) == 0:
        made = replace(made, text=made.text.rstrip("\r\n"))
    return replace(made, bom=draw(st.integers(0, 3)) == 0)
