"""What Python programs run commands with, and what they only look at them with, by names."""

from __future__ import annotations

import ast
import re

from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.sources.python_words import dotted

STARTS = frozenset({"worker", "multi", "celeryd"})
_OTHER_COMMANDS = frozenset(
    """
    amqp beat call control events flower graph inspect list logtool migrate purge report result shell status upgrade
    """.split()  # noqa: SIM905
)
TEXT_COMMAND = re.compile(r"(?:^|[\s;&|'\"/=(}])celeryd?(?=\s|$)")
PROGRAM = re.compile(r"(?:\S*/)?celery(?:d|-multi|d-multi)?")
NOT_RUNNING = re.compile(
    r"assert|called|raises|parametrize|print|patch|setattr|setenv|format|debug|info|warn|error", re.IGNORECASE
)
"""Names of functions that only look at what they are given, or show it."""
_SCRIPT = re.compile(r"[\w./-]*\w\.(?:sh|bash|py)")
_RUNS_SCRIPT = re.compile(r"(?:^|[\s;&|])(?:\S*/)?[\w-]+\.(?:sh|bash)(?=\s|$)")
_GIVEN = re.compile(r"sys\.argv\[[1-9]\d*:\]")
_INTERPRETER = re.compile(r"(?:\S*/)?(?:bash|sh|dash|zsh|python[\d.]*)")

RUNNERS = frozenset(
    """
    Popen bash call check_call check_output create_subprocess_exec create_subprocess_shell exec_command execute execl
    execle execlp execlpe execute_from_command_line execv execve execvp execvpe getoutput getstatusoutput local popen
    run run_cmd run_command run_always run_process run_shell shell spawn spawnl spawnlp spawnv spawnve spawnvp spawnvpe
    sudo system
    """.split()  # noqa: SIM905
)
SPREAD = frozenset({"execl", "execlp", "execle", "execlpe", "spawnl", "spawnlp", "create_subprocess_exec"})
"""Runners that take the words as arguments of their own."""
SESSION_RUNNERS = frozenset({"run", "run_always"})
"""The same of a session of nox: ``session.run("celery", "-A", "proj", "worker")``."""
WITH_PROGRAM = frozenset({"execl", "execlp", "execle", "execlpe", "execv", "execve", "execvp", "execvpe"})
"""Runners whose first argument is the file to run, before the words."""
WITH_MODE = frozenset({"spawnl", "spawnlp", "spawnv", "spawnve", "spawnvp", "spawnvpe"})
"""Runners that take a mode, then the file to run, before the words."""
SHELLS = frozenset({"system", "popen", "create_subprocess_shell", "getoutput", "getstatusoutput", "local", "sudo"})
KEYWORDS = ("args", "argv", "cmd", "command", "target")


def called_name(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func).rsplit(".", 1)[-1]


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a literal text."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_true(call: ast.Call, name: str) -> bool:
    """Whether a keyword argument is the literal True."""
    return any(
        keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )


def skipped_arguments(name: str) -> int:
    """How many arguments of a runner stand before the command."""
    return 2 if name in WITH_MODE else 1 if name in WITH_PROGRAM else 0


def with_program(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words of a command whose program is computed: what they ask for says whether that is Celery or Python."""
    if not words or words[0].text is not None or words[0].several or words[0].default_text is not None:
        return words
    written = "".join(part for part in words[0].parts if isinstance(part, str))
    if any(hole.path is not None for hole in words[0].holes) or "celery" in written.lower():
        return words
    texts = [word.text for word in words[1:]]
    if texts[:2] == ["-m", "celery"]:
        return (literal("python", words[0].at), *words[1:])
    names_app = any(text is not None and text.startswith(("-A", "--app")) for text in texts)
    return (literal("celery", words[0].at), *words[1:]) if names_app and "worker" in texts else words


def may_start_worker(words: tuple[Word, ...]) -> bool:
    """Whether words speak of Celery and may start a worker (no other sub-command is written out), or run a script."""
    mentions = any("celery" in part.lower() for word in words for part in word.parts if isinstance(part, str))
    return (mentions and starts_worker(words)) or _runs_script(words)


def hands_on(call: ast.Call, words: tuple[Word, ...]) -> bool:
    """Whether a program becomes what its own arguments say: ``os.execvp(sys.argv[1], sys.argv[1:])``."""
    if len(words) != 1 or not words[0].several or len(words[0].holes) != 1:
        return False
    return (
        dotted(call.func).startswith(("os.", "subprocess.")) and _GIVEN.fullmatch(words[0].holes[0].source) is not None
    )


def other_command(words: tuple[Word, ...]) -> bool:
    """Whether words name a command of Celery that starts no worker, and none that does."""
    texts = {word.text for word in words}
    return bool(texts & _OTHER_COMMANDS) and not texts & STARTS


def starts_worker(words: tuple[Word, ...]) -> bool:
    """Whether the words may be those of a worker."""
    if other_command(words):
        return False
    for word in words:
        text = word.text
        if word.several or (text is None and len(word.parts) == 1):
            return True
        if text is not None and (text in STARTS or re.search(r"celery.*\b(?:worker|multi)\b", text)):
            return True
    return False


def _runs_script(words: tuple[Word, ...]) -> bool:
    """Whether a script of the project may be run: ``["bash", "run.sh"]``, ``[os.path.join(HERE, "run.sh")]``."""
    program = words[0] if words else None
    if program is not None and len(words) > 1:
        default = program.text or program.default_text or ""
        program = words[1] if _INTERPRETER.fullmatch(default) else program
    if program is None:
        return False
    last = program.parts[-1]
    if isinstance(last, str):
        return _SCRIPT.fullmatch(last) is not None
    return last.path is not None and _SCRIPT.fullmatch(last.path) is not None


def text_may_start_worker(text: str) -> bool:
    """The same of a command in one text."""
    return TEXT_COMMAND.search(text) is not None or _RUNS_SCRIPT.search(text) is not None
