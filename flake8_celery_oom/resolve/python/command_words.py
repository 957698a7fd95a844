"""The command line of the program that is followed: it starts a Celery worker, so it is no other command of Django."""

from __future__ import annotations

from flake8_celery_oom.resolve.python.values import Abstract, Constant, External, Items

ARGV = External("sys.argv")
MODULES = External("sys.modules")
_OTHER_COMMANDS = frozenset(
    {
        "behave",
        "check",
        "collectstatic",
        "compilemessages",
        "createsuperuser",
        "dbshell",
        "dumpdata",
        "flush",
        "jenkins",
        "loaddata",
        "makemessages",
        "makemigrations",
        "migrate",
        "nosetests",
        "py.test",
        "pytest",
        "runserver",
        "runserver_plus",
        "schemamigration",
        "shell",
        "shell_plus",
        "showmigrations",
        "sqlmigrate",
        "startapp",
        "syncdb",
        "test",
        "testserver",
        "unittest",
    }
)
"""Words that settings look for on the command line, and that no worker is started with."""
_OF_TESTS = frozenset({"pytest", "_pytest"})


def is_absent(word: Abstract, container: Abstract) -> bool:
    """Whether ``word in sys.argv`` or ``word in sys.modules`` is certainly false in a worker."""
    words = _OTHER_COMMANDS if container == ARGV else _OF_TESTS if container == MODULES else frozenset()
    return isinstance(word, Constant) and word.value in words


def is_other_command(value: Abstract) -> bool:
    """Whether a word of the command line, or a list of one, is certainly not this."""
    if isinstance(value, Items):  # a list in a list is no word; lists may hold each other any number of times
        return value.open is None and any(map(_is_other_word, value.values))
    return _is_other_word(value)


def _is_other_word(value: Abstract) -> bool:
    return isinstance(value, Constant) and value.value in _OTHER_COMMANDS
