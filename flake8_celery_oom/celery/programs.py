"""Where in a list of words a program of Celery starts: ``celery``, ``python -m celery``, ``manage.py celery``..."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flake8_celery_oom.celery.grammar import begins_with_dash, head
from flake8_celery_oom.celery.worker_command import Entry
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.word import Word


@dataclass(frozen=True, slots=True)
class FoundProgram:
    """``words[index:]`` are for ``read_commands(..., entry=entry)``.

    ``words[index]`` is the word that names celery (``celery``, ``/usr/bin/celery``, ``celeryd``, the ``celery`` of
    ``manage.py celery`` and of ``python -m celery``); for airflow it is ``airflow`` itself.
    """

    index: int
    entry: Entry


_PYTHON = re.compile(r"(?:(?:python|pypy)[\d.]*w?|pyw?)(?:\.exe)?$")
"""Python's programs; ``py`` is its launcher on Windows (``py -3 -m celery``)."""
_VERSIONED_PYTHON = re.compile(r"(?:^|/)(python|pypy)[\d.]*$")
"""What stands before a version that is not known: ``python${VERSION}``."""
_PYTHON_FLAGS_WITH_VALUE = frozenset({"-W", "-X", "-Q"})
_CELERY_VARIABLE = re.compile(r"celery_?(?:bin|exe|exec|cmd|command|path)?$", re.IGNORECASE)
_FOLDER = re.compile(r"(?:bin|dir|home|path|prefix|root|venv)\W*$", re.IGNORECASE)
"""The end of the name of a variable that holds a folder."""
_NO_LAUNCHER_VARIABLE = re.compile(
    r"echo|print|log|msg|message|text|kill|grep|find|install|pip|which|title", re.IGNORECASE
)
"""A part of the name of a variable that holds a program which starts none of the words behind it."""
_NAME = re.compile(r"[A-Za-z][\w.-]*$")
_DJANGO_PROGRAMS = frozenset({"manage.py", "django-admin", "django-admin.py", "manage", "nautobot-server"})
_DAEMON_COMMANDS = frozenset({"celeryd", "celeryd_detach", "celeryd_multi"})

_NO_LAUNCHERS = """
: . [ [[ cap fab gh gmake make pm2
alias ansible apk apt apt-get aptitude aws awk az brew bundle cat cd cf chgrp chmod chown circusctl cmp
conda cp curl cut date declare df diff dig dir dnf docker docker-compose dokku du echo egrep eval exit export
expr false fgrep file find flyctl fly foreman forego free gcloud getent git goreman grep groupadd head helm
heroku honcho host hostname htop id info initctl install journalctl jq kill killall kubectl less let ln local
locate log logger ls lsof mamba man message mkdir mktemp monit more mv nerdctl netstat nomad notify-send npm
nslookup oc overmind pacman pgrep pidof ping pip pip2 pip3 pipx pkill podman podman-compose print printf ps
pstree pwd rc-service read readonly restart return rg rm rmdir rsync scp screen sed select service set shift
sleep sort source ssh start stat status stop strace su success supervisorctl sv systemctl tail tar tee telnet
test tmux top touch trap true type typeset umask unalias uniq unset update-rc.d useradd usermod userdel vi vim
warn warning wc wget whereis which whoami xargs yarn yq yum zgrep zypper
"""
NO_LAUNCHERS = frozenset(_NO_LAUNCHERS.split())
"""Programs behind which the words ``celery worker`` start none: they print, look for, install, build or manage.

(Wrappers that do start one, such as ``exec`` or ``docker run``, are taken off before.)
"""


_CELERY = re.compile(r"celery(?:\.exe|-3(?:\.\d+)?)?")
"""The program, also as Fedora's package python3-celery calls it: ``celery-3``, ``celery-3.9``."""


def find_program(words: Sequence[Word]) -> FoundProgram | None:
    """Where the celery program starts in a command from which wrappers (``exec``, ``gosu``, ``env``) are taken off.

    None when it is no celery program. Whether a worker is started is for ``read_commands`` to say.
    """
    if not words:
        return None
    direct = _celery_entry(words[0])
    if direct is not None:
        return FoundProgram(0, direct)
    name = base_name(words[0])
    if name is None:
        return _behind_variable(words)
    if _PYTHON.match(name):
        return _behind_python(words)
    if name in _DJANGO_PROGRAMS:
        return _behind_django(words, 0)
    if name == "airflow":
        return FoundProgram(0, "airflow") if _is_airflow_worker(words[1:3]) else None
    return _behind_other_program(words, name)


def base_name(word: Word) -> str | None:
    """The file name of a program, also behind an unknown folder (``$VENV/bin/celery``, ``${BIN_DIR}celery``).

    Of ``python${VERSION}`` it is ``python``. None when it is unknown.
    """
    text = word.text if word.text is not None else word.default_text
    if text is None and len(word.parts) > 1 and isinstance(word.parts[-2], str) and isinstance(word.parts[-1], Hole):
        text = found[1] if (found := _VERSIONED_PYTHON.search(word.parts[-2])) else None
    elif text is None and word.parts and isinstance(word.parts[-1], str):
        before = word.parts[-2] if len(word.parts) > 1 else None
        behind_folder = isinstance(before, Hole) and _FOLDER.search(before.name or before.source) is not None
        text = word.parts[-1] if "/" in word.parts[-1] or behind_folder else None
    return text.replace("\\", "/").rpartition("/")[2] if text else None


def _celery_entry(word: Word) -> Entry | None:
    name = base_name(word)
    if name is not None and _CELERY.fullmatch(name):
        return "celery"
    match name:
        case "celeryd":
            return "celeryd"
        case "celeryd-multi":
            return "celeryd-multi"
        case _:
            return None


def _behind_variable(words: Sequence[Word]) -> FoundProgram | None:
    """``$CELERY_BIN -A proj worker``, ``$PYTHON -m celery ...``, ``$RUN celery ...``: what a variable runs.

    A variable that is called celery is taken to be it when a word of Celery's own follows. Any other may hold an
    interpreter, or what runs the rest of the line (``poetry run``, ``sudo -E``, nothing).
    """
    word = words[0]
    names = [hole.name or hole.source.strip("${}\"'()%! ") for hole in word.holes]
    if len(word.parts) != 1 or not names or not any(other.text in {"worker", "multi"} for other in words[1:]):
        return None
    if _CELERY_VARIABLE.search(names[0]):
        return FoundProgram(0, "celery")
    if _NO_LAUNCHER_VARIABLE.search(names[0]) or not any(map(_continues_command, words[2:])):
        return None
    return _behind_python(words)


def _behind_python(words: Sequence[Word]) -> FoundProgram | None:
    index = 1
    while index < len(words):
        text = head(words[index])
        if text == "-m" and index + 1 < len(words):
            return _behind_module(words, index + 1, words[index + 1].text or "")
        if text.startswith("-m") and len(text) > 2:
            return _behind_module(words, index, text[2:])
        if text in _PYTHON_FLAGS_WITH_VALUE:
            index += 2
        elif text == "-c" or text == "-":
            return None
        elif text.startswith("-"):
            index += 1
        else:
            break
    if index >= len(words):
        return None
    direct = _celery_entry(words[index])
    if direct is not None:
        return FoundProgram(index, direct)
    name = base_name(words[index])
    if name is None or not name.endswith(".py"):
        return None
    is_django = name in _DJANGO_PROGRAMS or name.startswith("manage")
    return _behind_django(words, index) if is_django else _behind_other_program(words[index:], name, index)


def _behind_module(words: Sequence[Word], index: int, module: str) -> FoundProgram | None:
    if module in {"celery", "celery.__main__", "celery.bin.celery"}:
        return FoundProgram(index, "celery")
    if module in {"manage", "django"}:
        return _behind_django(words, index)
    return _behind_other_program(words[index:], module.partition(".")[0] or "-", index)


def _behind_django(words: Sequence[Word], index: int) -> FoundProgram | None:
    """``manage.py celery`` and ``manage.py celeryd``, also behind ``--settings``."""
    position = index + 1
    while position < len(words) and begins_with_dash(words[position]):
        separate = head(words[position]) in {"--settings", "--pythonpath", "-v", "--verbosity", "-c", "--config"}
        position += 2 if separate else 1
    command = words[position].text if position < len(words) else None
    if command == "celery" or command in _DAEMON_COMMANDS:
        return FoundProgram(position, "manage.py")
    return None


def _is_airflow_worker(words: Sequence[Word]) -> bool:
    texts = [word.text for word in words]
    return texts[:1] == ["worker"] or texts == ["celery", "worker"]


def _behind_other_program(words: Sequence[Word], name: str, offset: int = 0) -> FoundProgram | None:
    """``<program> [options] [sub-commands] celery worker [options]``, unless the program is known to be no launcher."""
    if name in NO_LAUNCHERS:
        return None
    for index in range(1, len(words) - 1):
        if words[index].text == "celery" and words[index + 1].text == "worker":
            following = words[index + 2] if index + 2 < len(words) else None
            if following is not None and not _continues_command(following):
                return None
            return FoundProgram(offset + index, "program")
        text = words[index].text
        if text is None or not (text.startswith("-") or _NAME.match(text)) or text == "--":
            return None
        if index > 4:
            return None
    return None


def _continues_command(word: Word) -> bool:
    """Whether a word behind ``celery worker`` may belong to a command, rather than to a sentence."""
    return begins_with_dash(word) or bool(word.holes) or "=" in head(word)
