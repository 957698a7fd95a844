"""Shell scripts of the kinds that people write around ``celery worker``, made by hypothesis.

Every script ends, calls only programs that :mod:`real_shell` has, and gives each ``celery`` command that it writes an
application name of its own (``-A app3``), by which a call is known again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from tests.oracles.real_shell import Trial

DIGITS = ("1", "2", "3", "4", "8", "16")
POOLS = ("prefork", "threads", "solo")
NUMBERS = ("N", "M", "WORKERS")
TEXTS = ("OPTS", "EXTRA", "MODE", "POOL")
ENVIRONMENTS: tuple[Mapping[str, str], ...] = (
    {},
    {"E_N": "6", "E_MODE": "two"},
    {"E_N": "9", "E_MODE": "one", "E_SET": "x"},
    {"E_MODE": "prefork"},
    {"E_MODE": "two", "E_SET": "x"},
    {"E_MODE": "prefork", "E_SET": "x", "E_N": "6"},
    {"E_SET": "x"},
)
"""What a script may find in its environment: nothing, or something for each of the names it looks at."""


@dataclass
class Made:
    """A script while it is written."""

    random: Random
    bash: bool
    lines: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    apps: int = 0
    indent: int = 0
    depth: int = 0
    uses_environment: bool = False
    asked: bool = False
    """Whether a condition looked at the environment: the only one that does, since two may exclude each other."""

    def add(self, text: str) -> None:
        """One more line, or several."""
        indent = "" if "<<" in text else "    " * self.indent
        self.lines.extend(indent + line for line in text.split("\n"))

    def one(self, *choices: str) -> str:
        """One of the texts."""
        return self.random.choice(choices)

    def chance(self, of: int = 2) -> bool:
        """True once in ``of``."""
        return self.random.randrange(of) == 0

    def digit(self) -> str:
        """A number of processes."""
        return self.one(*DIGITS)

    def app(self) -> str:
        """A name that no other command has."""
        self.apps += 1
        return f"app{self.apps}"

    def may_ask_environment(self) -> bool:
        """Once in a while, and not inside of what depends on it already: then all can be reached."""
        if self.indent or self.asked or not self.chance(4):
            return False
        self.uses_environment = self.asked = True
        return True

    # --- words ------------------------------------------------------------------------------------------------------

    def number(self) -> str:
        """A number, or a variable that holds one."""
        if self.numbers and not self.chance(4):
            name = self.one(*self.numbers)
            return self.one(f"${name}", f'"${name}"', f"${{{name}}}", f"${{{name}:-2}}")
        return self.digit()

    def options(self) -> str:
        """Some options of a worker."""
        made: list[str] = []
        if not self.chance(3):
            value = self.number()
            made.append(self.one(f"-c {value}", f"--concurrency={value}", f"--concurrency {value}", f"-c{value}"))
        if self.chance(3):
            made.append(f"--max-tasks-per-child={self.number()}")
        if self.texts and self.chance(2):
            name = self.one(*self.texts)
            made.append(f"-P ${name}" if name == "POOL" else f"${name}" if name in {"OPTS", "EXTRA"} else f"-n ${name}")
        if self.arrays and self.chance(2):
            made.append(f'"${{{self.one(*self.arrays)}[@]}}"')
        return " ".join(made)

    def worker(self, *more: str) -> str:
        """A command that starts a worker."""
        return " ".join(part for part in (f"celery -A {self.app()} worker", self.options(), *more) if part)

    def literal_worker(self, *more: str) -> str:
        """A command whose words are all plain."""
        return " ".join((f"celery -A {self.app()} worker -c {self.digit()}", *more))


Statement = Callable[[Made], None]


def statements(script: Made, most: int = 3) -> None:
    """A few statements more, one level deeper."""
    choices = _BASH if script.bash else _POSIX
    script.depth += 1
    for _ in range(script.random.randint(1, most)):
        kept = [one for one in choices if script.depth < 3 or one in _PLAIN]
        script.random.choice(kept)(script)
    script.depth -= 1


def block(script: Made, most: int = 2) -> None:
    """The body of a compound command. What it alone defines is not used behind it."""
    script.indent += 1
    kept = [list(one) for one in (script.numbers, script.texts, script.arrays, script.functions)]
    statements(script, most)
    script.numbers, script.texts, script.arrays, script.functions = kept
    script.indent -= 1


# --- plain statements -------------------------------------------------------------------------------------------------


def assign_number(script: Made) -> None:
    name = script.one(*NUMBERS)
    script.add(f"{script.one('', '', 'export ')}{name}={script.digit()}")
    if name not in script.numbers:
        script.numbers.append(name)


def assign_text(script: Made) -> None:
    name = script.one(*TEXTS)
    values = {
        "POOL": POOLS,
        "MODE": ("one", "two", "worker"),
        "OPTS": ("-c 2", "--max-tasks-per-child=10 -E", "-P solo"),
        "EXTRA": ("-E", "-l info", "--max-tasks-per-child 7"),
    }[name]
    value = script.one(*values)
    quote = script.one('"', "'")
    if name in script.texts and name in {"OPTS", "EXTRA"} and script.chance():
        script.add(f'{name}="${name} {value}"' if not script.bash or script.chance() else f'{name}+=" {value}"')
    else:
        script.add(f"{name}={quote}{value}{quote}")
    if name not in script.texts:
        script.texts.append(name)


def assign_default(script: Made) -> None:
    script.uses_environment = True
    name = script.one(*NUMBERS)
    value = script.digit()
    script.add(
        script.one(
            f"{name}=${{E_N:-{value}}}",
            f'{name}="${{E_N-{value}}}"',
            f": ${{E_N:={value}}}\n{name}=$E_N",
            f'{name}=$E_N\n[ -n "${name}" ] || {name}={value}',
            f'{name}=${{E_N}}\nif [ -z "${name}" ]; then {name}={value}; fi',
            f'export {name}="${{E_N:-{value}}}"',
        )
    )
    if name not in script.numbers:
        script.numbers.append(name)


def start(script: Made) -> None:
    script.add(
        script.worker(*([script.one("&", "-l info", ">/dev/null 2>&1", "&& true", "|| true")] * script.chance()))
    )


def start_with_environment(script: Made) -> None:
    value = script.number()
    name = script.one("CELERY_WORKER_CONCURRENCY", "CELERY_WORKER_MAX_TASKS_PER_CHILD", "OTHER")
    command = f"celery -A {script.app()} worker -l info"
    forms = [f"{name}={value} {command}", f"env {name}={value} {command}", f"export {name}={value}\n{command}"]
    forms.append(f"( export {name}={value}; {command} )")
    forms.append(f"{name}={value}\n{command}")
    forms.append(f"{name}={value}\nexport {name}\n{command}")
    forms.append(f"set -a\n{name}={value}\nset +a\n{command}")
    forms.append(f"set -a; {name}={value}; set +a\n{name}={script.digit()}\n{command}")
    forms.append(f"set -o allexport\n{name}={value}\nset +o allexport\n{command}")
    forms.append(f"set -a\nA=1\nset +a\n{name}={value}\nset -a\nB=1\nset +a\n{command}\nunset {name}")
    forms.append(f"export {name}={value}\nunset {name}\n{command}")
    forms.append(f"export {name}\n{name}={value}\n{command}")
    for wrapper in (
        'env -i PATH="$PATH"',
        'env - OTHER=1 PATH="$PATH"',
        f"env -u {name}",
        f"env -u OTHER -u {name} A=1",
    ):
        forms.append(f"export {name}={value}\n{wrapper} {command}\nunset {name}")
    script.add(script.one(*forms))


def options_in_the_environment(script: Made) -> None:
    """A variable of several words that a shell finds in its environment: not quoted, it is several words there too."""
    app, path = script.app(), f"child{script.apps}.sh"
    options = script.one("-l info", "--time-limit=300", "") + f" -c {script.digit()} -P {script.one(*POOLS)}"
    name = f"OPTIONS_{app.upper()}"
    command = f"celery -A {app} worker {script.one(f'${name}', f'${{{name}}}', f'${{{name}:-}}', f'-l info ${name}')}"
    script.files[path] = f"#!/bin/sh\nexec {command}\n"
    script.add(
        script.one(
            f"{name}='{options}' sh -c '{command}'",
            f"export {name}=\"{options}\"\nsh -c '{command}'",
            f"export {name}='{options}'\nsh ./{path}",
            f'{name}="{options}" sh ./{path}',
            f'env {name}="{options}" sh ./{path}',
        )
    )


def held_command(script: Made) -> None:
    name = script.one("CMD", "RUN")
    command = script.literal_worker()
    more = f"--max-tasks-per-child={script.number()}"
    script.add(
        script.one(
            f'{name}="{command}"\n${name}',
            f'{name}="{command}"\n${name} {more}',
            f'{name}="{command} {more}"\nexec_it=1\n${name}',
            f'{name}="{command}"\neval "${name} {more}"',
            f'{name}="{command}"\nsh -c "${name}"',
            f'{name}="{command}"\n{name}="${name} {more}"\n${name} &',
            f"{name}='{command}'\nnohup ${name} {more} &",
        )
    )


def pipes(script: Made) -> None:
    app, digit = script.app(), script.digit()
    script.add(
        script.one(
            f'echo "-A {app} worker -c {digit}" | xargs celery',
            f"echo -A {app} worker | xargs celery --quiet",
            f'printf "%s\\n" "-A {app} worker -c {digit}" | xargs celery',
            f'echo "{digit}" | xargs -I X celery -A {app} worker -c X',
            f'echo "{digit}" | xargs -n 1 celery -A {app} worker -c',
            f'echo "celery -A {app} worker -c {digit}" | sh',
            f"cat <<EOF | sh\ncelery -A {app} worker -c {digit}\nEOF",
            f"sh <<'EOF'\nN={digit}\ncelery -A {app} worker -c $N\nEOF",
            f"sh <<EOF\ncelery -A {app} worker -c {script.number()}\nEOF",
            f"sh -s <<EOF\ncelery -A {app} worker \\\\\n  -c {digit}\nEOF",
            f"celery -A {app} worker -c {digit} | cat",
            f"celery -A {app} worker -c {digit} 2>&1 | tail -n 1",
        )
    )


def substitution(script: Made) -> None:
    name = script.one(*NUMBERS)
    digit = script.digit()
    forms = [
        f"{name}=$(echo {digit})",
        f"{name}=`echo {digit}`",
        f"{name}=\"$(printf '%s' {digit})\"",
        f'{name}=$(echo "a:{digit}" | cut -d: -f2)',
        f'{name}=$(echo "n={digit}" | tr -d "n=")',
        f"{name}=$(cat <<EOF\n{digit}\nEOF\n)",
        f"{name}=$(({digit} + 1))",
        f"{name}={digit}\n{name}=$(( {name} * 2 ))",
        f"{name}={digit}\n{name}=$(( ${name} + 3 - 1 ))",
        f"{name}=$(( ({digit} + 1) % 5 + 1 ))",
    ]
    script.add(script.one(*forms))
    if name not in script.numbers:
        script.numbers.append(name)


def suffixes(script: Made) -> None:
    digit, name = script.digit(), script.one(*NUMBERS)
    forms = [
        f"PAIR=web:{digit}\n{name}=${{PAIR#*:}}",
        f"PAIR={digit}:web\n{name}=${{PAIR%%:*}}",
        f"PAIR=a-b-{digit}\n{name}=${{PAIR##*-}}",
        f"PAIR={digit}.txt\n{name}=${{PAIR%.txt}}",
        f"PAIR=x{digit}\n{name}=${{PAIR#x}}",
        f"PAIR=set\n{name}=${{PAIR:+{digit}}}",
    ]
    if script.bash:
        forms += [
            f"PAIR=n{digit}\n{name}=${{PAIR:1}}",
            f"PAIR=n{digit}m\n{name}=${{PAIR//[a-z]/}}",
            f"PAIR=n{digit}\n{name}=${{PAIR/n/}}",
            f"REF={name}\n{name}={digit}\nV=${{!REF}}\n{name}=$V",
            f"printf -v {name} '%d' {digit}",
            f"read -r {name} <<< '{digit}'",
            f"read -r _ {name} <<< 'x {digit}'",
            f"IFS=: read -r A {name} <<< 'q:{digit}'",
            f"IFS=, read -ra PARTS <<< '{digit},b'\n{name}=${{PARTS[0]}}",
            f"[[ 'n={digit}' =~ n=([0-9]+) ]] && {name}=${{BASH_REMATCH[1]}}",
            f"(( {name} = {digit} ))",
            f"let {name}={digit}",
            f"{name}={digit}; (( {name}++ ))",
            f"{name}={digit}; (( {name} += 2 ))",
            f"mapfile -t LINES_ <<< '{digit}'\n{name}=${{LINES_[0]}}",
        ]
    script.add(script.one(*forms))
    if name not in script.numbers:
        script.numbers.append(name)


def arrays(script: Made) -> None:
    name = script.one("ARGS", "FLAGS")
    if name in script.arrays and script.chance():
        script.add(f"{name}+=({script.one('-E', '--max-tasks-per-child=5', '-l info')})")
        return
    script.add(
        script.one(
            f"{name}=(-c {script.number()})",
            f"{name}=()",
            f"declare -a {name}=(-c {script.digit()} -l info)",
            f"{name}=(\n  -c {script.digit()}\n  --max-tasks-per-child={script.digit()}\n)",
            f"{name}=(-l)\n{name}+=(info)",
            f"{name}=()\n{name}+=(--concurrency {script.number()})",
        )
    )
    if name not in script.arrays:
        script.arrays.append(name)


# --- compound statements ----------------------------------------------------------------------------------------------


def condition(script: Made) -> str:
    """A condition, mostly one that can be told."""
    forms = ["true", "false", "[ 1 = 1 ]", "[ a = b ]", "test -z ''", "! false"]
    if script.numbers:
        name = script.one(*script.numbers)
        forms += [
            f"[ ${name} -gt 3 ]",
            f'[ "${name}" = 4 ]',
            f'[ "${name}" -le 8 ] && [ -n "${name}" ]',
            f'[ -z "${name}" ]',
            f'test "${name}" != 2',
            f'[ "${name}" -eq 1 -o "${name}" -eq 2 ]',
        ]
        if script.bash:
            forms += [f"[[ ${name} -ge 3 && ${name} != 16 ]]", f"(( {name} > 3 ))", f"[[ ${name} =~ ^[12]$ ]]"]
            forms += [f"[[ ${name} == 1* ]]"]
    if script.may_ask_environment():
        forms += ['[ -n "$E_SET" ]', '[ "$E_MODE" = one ]', '[ -n "$E_MODE" ]', '[ "${E_MODE:-one}" = one ]']
    return script.one(*forms)


def branches(script: Made) -> None:
    script.add(f"if {condition(script)}; then")
    block(script)
    if script.chance(3):
        script.add(f"elif {condition(script)}; then")
        block(script)
    if script.chance():
        script.add("else")
        block(script)
    script.add("fi")


def array_in_branches(script: Made) -> None:
    digit = script.digit()
    script.add(f"ARGS=(-c {digit})")
    for _ in range(2):
        option = script.one("--max-tasks-per-child=9", "-P threads", "-l info", "-E")
        script.add(
            script.one(
                f"if {condition(script)}; then ARGS+=({option}); fi",
                f"{condition(script)} && ARGS+=({option})",
                f'if {condition(script)}; then\n    ARGS+=({option})\nelse\n    ARGS+=("-Q" q)\nfi',
            )
        )
    script.add(f'celery -A {script.app()} worker "${{ARGS[@]}}"')
    if "ARGS" not in script.arrays:
        script.arrays.append("ARGS")


def short_condition(script: Made) -> None:
    name = script.one(*NUMBERS)
    script.add(f"{name}={script.digit()}")
    script.add(f"{condition(script)} {script.one('&&', '||')} {name}={script.digit()}")
    if name not in script.numbers:
        script.numbers.append(name)


def case(script: Made) -> None:
    if script.texts and script.chance():
        subject = f'"${script.one(*script.texts)}"'
    elif script.may_ask_environment():
        subject = '"${E_MODE:-one}"'
    else:
        subject = script.one("one", "two", "worker")
    script.add(f"case {subject} in")
    script.indent += 1
    for patterns in ("one", script.one("two|worker", "w*|two")):
        script.add(f"{patterns})")
        block(script, 1)
        script.add(";;")
    if script.chance():
        script.add("*)")
        block(script, 1)
        script.add(";;")
    script.indent -= 1
    script.add("esac")


def loops(script: Made) -> None:
    app = script.app()
    digits = f"{script.digit()} {script.digit()}"
    forms = [
        f"for n in {digits}; do\n    celery -A {app} worker -c $n &\ndone",
        f"for pair in a:{script.digit()} b:{script.digit()}; do\n    celery -A {app} worker"
        ' -n "${pair%%:*}" -c "${pair##*:}"\ndone',
        f"for q in a b; do\n    celery -A {app} worker -c {script.number()} -Q $q\ndone",
        f"LIST='{digits}'\nfor n in $LIST; do celery -A {app} worker -c $n; done",
        f"i=1\nwhile [ $i -le 3 ]; do\n    N=$i\n    i=$((i + 1))\ndone\ncelery -A {app} worker -c $N",
        f"i=0\nuntil [ $i -ge 2 ]; do i=$((i + 1)); done\ncelery -A {app} worker -c $i",
        f"N=3\nuntil true; do N=5; done\ncelery -A {app} worker -c $N",
        f"N=3\nuntil [ $N -eq 5 ]; do N=$((N + 1)); done\ncelery -A {app} worker -c $N",
        f"while read -r n; do\n    celery -A {app} worker -c $n </dev/null\ndone <<EOF\n{digits.replace(' ', chr(10))}\nEOF",
        f"while true; do\n    celery -A {app} worker -c {script.digit()}\n    break\ndone",
        f"for n in 1 2 4; do\n    [ $n = 2 ] && continue\n    celery -A {app} worker -c $n\ndone",
        f"for n in {digits}; do N=$n; done\ncelery -A {app} worker -c $N",
        f"for n in $(seq 1 2); do celery -A {app} worker -c $n; done",
        f"export A=1 N={script.digit()}\nenv -i PATH=\"$PATH\" sh -c 'celery -A {app} worker -c ${{N:-4}}'",
        f'OPTS=\nfor o in -E --max-tasks-per-child=3; do OPTS="$OPTS $o"; done\ncelery -A {app} worker $OPTS',
    ]
    if script.bash:
        forms += [
            f"for ((i = 1; i <= 2; i++)); do celery -A {app} worker -c $i; done",
            f"L=(x {digits})\ncelery -A {app} worker -c ${{#L[@]}}",
            f'L=(-E -c {script.digit()} -l info)\ncelery -A {app} worker "${{L[@]:1:2}}"',
            f'L=({script.digit()}.x)\ncelery -A {app} worker -c "${{L[@]%.x}}"',
            f"T=a{script.digit()}b\ncelery -A {app} worker -c ${{T//[a-z]/}}",
            f"T=a{script.digit()}b\ncelery -A {app} worker -c ${{T//[^0-9]}}",
            f"for i in {{1..2}}; do celery -A {app} worker -c $i; done",
            f'QUEUES=("a 2" "b 4")\nfor q in "${{QUEUES[@]}}"; do\n    set -- $q\n'
            f'    celery -A {app} worker -Q "$1" -c "$2"\ndone',
            f'QUEUES=(a:2 b:4)\nfor q in "${{QUEUES[@]}}"; do\n    IFS=: read -r name n <<< "$q"\n'
            f'    celery -A {app} worker -Q "$name" -c "$n"\ndone',
            f'declare -A SIZES=([a]=2 [b]=2)\nfor q in "${{!SIZES[@]}}"; do celery -A {app} worker -c ${{SIZES[$q]}}; done',
            f"N=0\nwhile (( N < 3 )); do (( N++ )); done\ncelery -A {app} worker -c $N",
        ]
    script.add(script.one(*forms))


def functions(script: Made) -> None:
    name = f"f{script.apps}_{len(script.functions)}"
    app, digit = script.app(), script.digit()
    head = script.one(f"{name}() {{", f"function {name} {{" if script.bash else f"{name} () {{")
    forms = [
        f'{head}\n    celery -A {app} worker -c "$1"\n}}\n{name} {digit}',
        f'{head}\n    celery -A {app} worker "$@"\n}}\n{name} -c {digit} -l info',
        f'{head}\n    q=$1; shift\n    celery -A {app} worker -Q "$q" "$@"\n}}\n{name} low -c {digit}\n{name} high -c {digit}',
        f"{head}\n    local N=5\n    other=1\n}}\nN={digit}\n{name}\ncelery -A {app} worker -c $N",
        f"{head}\n    local n=$1\n    celery -A {app} worker -c $n\n}}\nn=7\n{name} {digit}",
        f"{head}\n    local N\n    N=9\n}}\nN={digit}\n{name}\ncelery -A {app} worker -c $N",
        f"{head}\n    N=9\n}}\nN={digit}\n{name}\ncelery -A {app} worker -c $N",
        f"{head}\n    echo {digit}\n}}\nN=$({name})\ncelery -A {app} worker -c $N",
        f"{head}\n    local v=$1\n    echo $((v + 1))\n}}\nN=$({name} {digit})\ncelery -A {app} worker -c $N",
        f'{head}\n    [ "$1" = yes ] && return 0\n    return 1\n}}\nif {name} yes; then celery -A {app} worker -c {digit}; fi',
        f"{head}\n    return 1\n}}\n{name} || celery -A {app} worker -c {digit}",
        f"{head}\n    [ $# -gt 1 ] || return 0\n    celery -A {app} worker -c $2\n}}\n{name} a {digit}\n{name} b",
        f"{head}\n    while [ $# -gt 0 ]; do\n        case $1 in\n            -n) shift; K=$1 ;;\n        esac\n        shift\n"
        f"    done\n}}\nK=1\n{name} -n {digit}\ncelery -A {app} worker -c $K",
        f"{head}\n    celery -A {app} worker -c {digit} $*\n}}\n{name} -E -l info &",
        f'{head}\n    OPTS="$OPTS $1"\n}}\nOPTS=\n{name} -E\n{name} --max-tasks-per-child={digit}\n'
        f"celery -A {app} worker $OPTS",
        f"{head}\n    local N=6\n    inner_{app}\n}}\ninner_{app}() {{ celery -A {app} worker -c $N; }}\nN={digit}\n{name}",
    ]
    if script.bash:
        forms += [
            f'{head}\n    local -a opts=(-c "$1")\n    opts+=(-E)\n    celery -A {app} worker "${{opts[@]}}"\n}}\n{name} {digit}',
            f"{head}\n    local -n ref=$1\n    ref={digit}\n}}\nN=1\n{name} N\ncelery -A {app} worker -c $N",
            f"{head}\n    declare N=5\n}}\nN={digit}\n{name}\ncelery -A {app} worker -c $N",
            f'{head}\n    local q n\n    IFS=: read -r q n <<< "$1"\n    celery -A {app} worker -Q $q -c $n\n}}\n{name} a:{digit}',
            f"{head}\n    local o OPTIND=1\n    while getopts 'c:e' o; do\n        case $o in c) K=$OPTARG ;; e) E=1 ;; esac\n    done\n"
            f"}}\n{name} -c {digit} -e\ncelery -A {app} worker -c $K",
        ]
    script.add(script.one(*forms))


def groups(script: Made) -> None:
    app, digit = script.app(), script.digit()
    script.add(
        script.one(
            f"N={digit}\n( N=5; true )\ncelery -A {app} worker -c $N",
            f"N={digit}\n{{ N=5; }}\ncelery -A {app} worker -c $N",
            f"( celery -A {app} worker -c {digit} ) &",
            f"{{ celery -A {app} worker -c {digit}; }} >/dev/null",
            f"N={digit}\necho x | {{ N=5; cat; }}\ncelery -A {app} worker -c $N",
            f"N={digit}\nN=5 true\ncelery -A {app} worker -c $N",
            f"N={digit}\nX=$(N=5; echo $N)\ncelery -A {app} worker -c $N",
            f'set -- -c {digit}\ncelery -A {app} worker "$@"',
            f"set -- a {digit}\nshift\ncelery -A {app} worker -c $1",
            f"set -- {digit} 3 4\ncelery -A {app} worker -c $# -n w$1",
            f'set -- -c {digit}\nset -- celery -A {app} worker "$@" -E\n"$@"',
            f'set -- celery -A {app} worker -c {digit}\nif [ "$1" = celery ]; then\n    shift\n    celery "$@"\nfi',
            f"trap 'true' TERM\ncelery -A {app} worker -c {digit} &\nwait",
            f"N={digit}\nunset N\ncelery -A {app} worker -c ${{N:-3}}",
            f"cd . && celery -A {app} worker -c {digit}",
            f"if celery -A {app} worker -c {digit}; then true; fi",
            f"! celery -A {app} worker -c {digit}",
            f"command celery -A {app} worker -c {digit}",
        )
    )


def other_script(script: Made) -> None:
    """A second script that is called or sourced."""
    app, digit = script.app(), script.digit()
    name = f"part{app}.sh"
    shell = script.one("bash", "sh") if script.bash else "sh"
    bodies = {
        f'celery -A {app} worker -c "$1"': f"{digit}",
        f'exec celery -A {app} worker "$@"': f"-c {digit}",
        f'case "$1" in\n    worker) shift; celery -A {app} worker -c {digit} "$@" ;;\n    *) exec "$@" ;;\nesac': (
            "worker -E"
        ),
        f"celery -A {app} worker -c ${{N:-{digit}}}": "",
        'exec "$@"': f"celery -A {app} worker -c {digit}",
    }
    body = script.one(*bodies)
    script.files[name] = f"#!/bin/{shell}\n{body}\n"
    arguments = bodies[body]
    script.add(
        script.one(
            f"./{name} {arguments}",
            f"{shell} {name} {arguments}",
            f"{shell} ./{name} {arguments} &",
            f'DIR=$(cd "$(dirname "$0")" && pwd)\n{shell} "$DIR/{name}" {arguments}',
            f'HERE=$(dirname "$0")\n"$HERE/{name}" {arguments}',
            f"N={script.digit()} ./{name} {arguments}",
            f"export N={script.digit()}\n./{name} {arguments}",
        ).rstrip()
    )


def sourced(script: Made) -> None:
    """A file of variables or functions."""
    app, digit = script.app(), script.digit()
    name = f"lib{app}.sh"
    variable = script.one("CELERY_WORKER_CONCURRENCY", "S")
    kind = script.one("plain", "export", "function", "settings")
    quoted = script.one(str(digit), f'"{digit}"')
    script.files[name] = {
        "plain": f"{variable}={digit}\n",
        "export": f"export {variable}={digit}\n",
        "settings": f"# of the worker\n{variable}={quoted}\n\nOTHER=a\n",
        "function": f'start_{app}() {{\n    celery -A {app} worker -c "$1"\n}}\nS={digit}\n{variable}={digit}\n',
    }[kind]
    load = script.one(f". ./{name}", f"set -a\n. ./{name}\nset +a", f"set -o allexport; . ./{name}; set +o allexport")
    if script.bash and script.chance():
        load = f"source ./{name}"
    if kind == "settings":
        shown = script.one(f"grep -v '^#' {name}", f"sed 's/#.*//' {name}", f"grep -vE '^(#|$)' ./{name}")
        load = f"export $({shown} | xargs)"
    script.add(load)
    script.add(f"start_{app} $S" if kind == "function" else f"celery -A {app} worker -c ${{{variable}:-1}}")
    script.add(f"celery -A {script.app()} worker -l info")


_PLAIN: list[Statement] = [assign_number, assign_text, assign_default, start, start, start_with_environment, groups]
_POSIX: list[Statement] = [
    *_PLAIN,
    options_in_the_environment,
    held_command,
    pipes,
    substitution,
    suffixes,
    branches,
    branches,
    short_condition,
    case,
    loops,
    loops,
    functions,
    functions,
    other_script,
    sourced,
]
_BASH: list[Statement] = [*_POSIX, arrays, arrays, array_in_branches]


def trial(seed: int) -> Trial:
    """A script with what it calls, started without arguments. Seeds that are near each other make nothing alike."""
    random = Random(seed)
    bash = random.random() < 0.5
    script = Made(random, bash)
    statements(script, 5)
    if script.chance(3):
        script.add(f"exec {script.worker()}")
    else:
        start(script)
    shell = "bash" if bash else "sh"
    files = {**script.files, "main.sh": f"#!/bin/{shell}\n" + "\n".join(script.lines) + "\n"}
    return Trial(files, (shell, "main.sh"), ENVIRONMENTS if script.uses_environment else ({},))


def trials(count: int) -> st.SearchStrategy[list[Trial]]:
    """So many trials, which have as little in common as seeds have."""
    return st.integers(0, 2**62).map(lambda seed: [trial(seed * count + number) for number in range(count)])


def texts(one: Trial) -> Iterator[str]:
    """The files of a trial for a message."""
    for path, text in one.files.items():
        yield f"--- {path}\n{text}"
