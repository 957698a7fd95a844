"""A piece of text that only the running system fills in."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_celery_oom.core.location import Location


@dataclass(frozen=True, slots=True)
class Hole:
    """A piece of text that only the running system fills in: ``$VAR``, ``{{ .Values.x }}``, ``%(ENV_X)s``.

    ``default`` is the text used when nothing else is said (``${C:-4}`` -> "4"). ``several`` is true when the hole may
    become no word or several words (an unquoted ``$OPTS``, ``"$@"``). ``host_cpus`` is true when the hole is the number
    of CPUs of the machine, or grows with it (``$(nproc)``). ``perhaps`` is the one word that the hole is, if it is a
    word at all (``if x: words.append("--pool=solo")``). ``path`` is the file or folder of the project that the hole is,
    relative to the root (``os.path.dirname(__file__)``). ``host_memory`` is true when the hole is made of the memory of
    the machine (``$(free -m | ...)``). ``options`` are the options of the program's own command line that give it
    (``("--procs", "-p")`` for ``args.procs``); without them it is ``default``.
    """

    source: str
    name: str | None = None
    default: str | None = None
    at: Location | None = None
    several: bool = False
    host_cpus: bool = False
    perhaps: str | None = None
    path: str | None = None
    host_memory: bool = False
    options: tuple[str, ...] = ()
