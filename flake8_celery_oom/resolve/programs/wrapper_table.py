"""The programs that run the rest of their words as a command, and which of their own words stand before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.core.word import Word

Words: TypeAlias = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How to find the command in the words of a wrapper.

    ``valued``: options that take the next word. ``own``: how many words stand before the command (``gosu user cmd``).
    ``needs_separator``: the command starts after ``--``. ``verbs``: words that must follow the program (``poetry
    run``). ``assignments``: ``NAME=value`` words may precede the command (``env``).
    """

    valued: frozenset[str] = frozenset()
    own: int = 0
    needs_separator: bool = False
    verbs: tuple[str, ...] = ()
    assignments: bool = False


def options(text: str) -> frozenset[str]:
    """Option names written in one line."""
    return frozenset(text.split())


_TERMINAL = options(
    "-w --window -p --profile -d --startingDirectory --title --tabColor --colorScheme --size --pos -s --sessionId"
)
"""Options of Windows Terminal that take a value ("Using command line arguments for Windows Terminal")."""

WRAPPERS: Mapping[str, tuple[Wrapper, ...]] = {
    "exec": (Wrapper(),),
    "command": (Wrapper(),),
    "builtin": (Wrapper(),),
    "nohup": (Wrapper(),),
    "time": (Wrapper(options("-f -o --format --output")),),
    "env": (Wrapper(options("-u --unset -C --chdir -S"), assignments=True),),
    "nice": (Wrapper(options("-n --adjustment")),),
    "ionice": (Wrapper(options("-c -n --class --classdata")),),
    "chrt": (Wrapper(own=1),),
    "taskset": (Wrapper(own=1),),
    "setarch": (Wrapper(own=1),),
    "stdbuf": (Wrapper(options("-i -o -e")),),
    "unbuffer": (Wrapper(),),
    "setsid": (Wrapper(),),
    "timeout": (Wrapper(options("-s --signal -k --kill-after"), own=1),),
    "flock": (Wrapper(options("-w --timeout -E --conflict-exit-code"), own=1),),
    "gosu": (Wrapper(own=1),),
    "su-exec": (Wrapper(own=1),),
    "setuser": (Wrapper(own=1),),
    "chpst": (Wrapper(options("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c")),),
    "softlimit": (Wrapper(options("-m -d -s -l -a -o -p -f -c -r -t")),),
    "s6-setuidgid": (Wrapper(own=1),),
    "s6-env": (Wrapper(assignments=True),),
    "s6-applyuidgid": (Wrapper(options("-u -g -G")),),
    "s6-envdir": (Wrapper(options("-c"), own=1),),
    "s6-notifyoncheck": (Wrapper(options("-3 -s -T -t -w -n -c")),),
    "s6-softlimit": (Wrapper(options("-a -c -d -f -l -m -o -p -r -s -t")),),
    "with-contenv": (Wrapper(),),
    "fdmove": (Wrapper(own=2),),
    "setpriv": (Wrapper(options("--reuid --regid --groups --inh-caps --bounding-set")),),
    "sudo": (Wrapper(options("-u -g -h -p -C -D -R -T -U --user --group --chdir"), assignments=True),),
    "doas": (Wrapper(options("-u -C")),),
    "runuser": (Wrapper(options("-u -g -G")),),
    "tini": (Wrapper(options("-p -e")),),
    "dumb-init": (Wrapper(options("-r --rewrite")),),
    "catatonit": (Wrapper(),),
    "pid1": (Wrapper(),),
    "docker-init": (Wrapper(),),
    "wait-for-it": (Wrapper(options("-h -p -t --host --port --timeout"), own=1, needs_separator=True),),
    "wait-for": (Wrapper(options("-t --timeout"), own=1, needs_separator=True),),
    "wait": (Wrapper(needs_separator=True),),
    "dockerize": (Wrapper(options("-wait -timeout -template -stdout -stderr -wait-retry-interval -delims -env")),),
    "poetry": (Wrapper(options("-C -P --directory --project"), verbs=("run",)),),
    "pipenv": (Wrapper(verbs=("run",)),),
    "pdm": (Wrapper(options("-p --project"), verbs=("run",)),),
    "rye": (Wrapper(verbs=("run",)),),
    "pixi": (Wrapper(options("-e --environment --manifest-path"), verbs=("run",)),),
    "hatch": (Wrapper(options("-e --env"), verbs=("run",)),),
    "uv": (
        Wrapper(
            options(
                "--with --with-editable --with-requirements --python -p --project --directory --package --extra --group"
                " --no-group --only-group --env-file --index --default-index --index-url --cache-dir --config-file"
            ),
            verbs=("run",),
        ),
    ),
    "pyenv": (Wrapper(verbs=("exec",)),),
    "asdf": (Wrapper(verbs=("exec",)),),
    "mise": (Wrapper(verbs=("exec",), needs_separator=True),),
    **dict.fromkeys(("start-pgbouncer", "start-pgbouncer-stunnel", "start-stunnel", "qgtunnel"), (Wrapper(),)),
    "npx": (Wrapper(options("-p --package -c --call")),),
    "pnpx": (Wrapper(),),
    "bunx": (Wrapper(),),
    "uvx": (Wrapper(options("--from --with --python -p")),),
    "conda": (Wrapper(options("-n --name -p --prefix --cwd"), verbs=("run",)),),
    "micromamba": (Wrapper(options("-n --name -p --prefix --cwd"), verbs=("run",)),),
    "mamba": (Wrapper(options("-n --name -p --prefix --cwd"), verbs=("run",)),),
    "newrelic-admin": (Wrapper(verbs=("run-program",)), Wrapper(verbs=("run-python",))),
    "ddtrace-run": (Wrapper(),),
    "opentelemetry-instrument": (
        Wrapper(
            options(
                "--traces_exporter --metrics_exporter --logs_exporter --service_name --exporter_otlp_endpoint"
                " --disabled_instrumentations"
            )
        ),
    ),
    "elasticapm-run": (Wrapper(),),
    "scout-apm": (Wrapper(),),
    "py-spy": (Wrapper(options("-o --output -f --format -r --rate -d --duration"), verbs=("record",)),),
    "strace": (Wrapper(options("-e -o -s -p")),),
    "ltrace": (Wrapper(options("-e -o -s -p")),),
    "chamber": (Wrapper(needs_separator=True),),
    "aws-vault": (Wrapper(needs_separator=True),),
    "doppler": (Wrapper(options("-p -c --project --config --token"), verbs=("run",)),),
    "infisical": (Wrapper(options("--env --path --projectId --token"), verbs=("run",)),),
    "op": (Wrapper(options("--env-file --account"), verbs=("run",)),),
    "dotenv": (Wrapper(options("-f --file -e"), verbs=("run",)), Wrapper(options("-f --file -e"))),
    "xargs": (Wrapper(options("-n -I -P -L -d -E -s -a --max-args --replace --max-procs --max-lines --delimiter")),),
    "screen": (Wrapper(options("-S -dmS -DmS -dmLS -c -e -h -p -s -t -T")),),
    "envdir": (Wrapper(own=1),),
    "honcho": (Wrapper(options("-e --env"), verbs=("run",)),),
    "heroku": (Wrapper(options("-a --app"), verbs=("run",)), Wrapper(options("-a --app"), verbs=("local:run",))),
    "xvfb-run": (Wrapper(options("-n -s -e -f -p -w --server-num --server-args")),),
    "start-stop-daemon": (Wrapper(needs_separator=True),),
    "memray": (Wrapper(options("-o --output"), verbs=("run",)),),
    "fil-profile": (Wrapper(verbs=("run",)),),
    "coverage": (
        Wrapper(options("--rcfile --source --omit --include --concurrency --data-file --context"), verbs=("run",)),
    ),
    "nssm": (Wrapper(own=1, verbs=("install",)),),
    "wt": (
        *(Wrapper(_TERMINAL, verbs=(verb,)) for verb in ("new-tab", "nt", "split-pane", "sp")),
        Wrapper(_TERMINAL),
    ),
    "wsl": (Wrapper(options("-d --distribution -u --user --cd")),),
    "kernprof": (Wrapper(options("-o --outfile -s --setup")),),
}
"""Program name -> how its command is found; the first description whose verbs match counts."""


PYTHON_MODULES_THAT_WRAP: Mapping[str, Wrapper] = {
    "debugpy": Wrapper(options("--listen --connect --log-to --configure-subProcess --adapter-access-token")),
    "coverage": WRAPPERS["coverage"][0],
    "memray": WRAPPERS["memray"][0],
    "ddtrace.commands.ddtrace_run": Wrapper(),
    "hupper": Wrapper(options("-w --watch -x --exclude --reload-interval --shutdown-interval")),
    "cProfile": Wrapper(options("-o -s")),
    "trace": Wrapper(options("-C --coverdir -f --file --ignore-module --ignore-dir")),
}
"""``python -m module``: the command behind it is again given to Python (a script, or ``-m module``)."""
