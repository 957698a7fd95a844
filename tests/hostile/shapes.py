"""Projects that look harmless and are made to cost time or memory: each a dictionary of paths and texts.

What every shape must do is stated in :mod:`tests.hostile.test_bounds`. Add one here whenever something was slow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

Files = dict[str, str]

DOCKERFILE = "FROM python:3.12\nRUN pip install celery==5.4.0\n"
APP = "from celery import Celery\napp = Celery('proj')\n"
COMPOSE = "services:\n  worker:\n    build: .\n    command: {}\n"

SHAPES: dict[str, Callable[[], Files]] = {}
GROWING: dict[str, Callable[[int], Files]] = {}
"""Shapes that are large by their number of something."""


def shape(make: Callable[[], Files]) -> Callable[[], Files]:
    """Register a shape under the name of its function."""
    SHAPES[make.__name__] = make
    return make


def growing(*numbers: int) -> Callable[[Callable[[int], Files]], Callable[[int], Files]]:
    """Register what makes shapes with a number of something, and a shape for each number."""

    def register(make: Callable[[int], Files]) -> Callable[[int], Files]:
        GROWING[make.__name__] = make
        SHAPES.update({f"{make.__name__}_{number}": partial(make, number) for number in numbers})
        return make

    return register


def _script(body: str) -> Files:
    return {
        "Dockerfile": DOCKERFILE + 'COPY run.sh /run.sh\nENTRYPOINT ["/run.sh"]\n',
        "run.sh": f"#!/bin/bash\n{body}\n",
        "proj.py": APP,
    }


def _settings(body: str) -> Files:
    return {
        "proj.py": f"from celery import Celery\napp = Celery('proj')\n{body}\n",
        "Procfile": "worker: celery -A proj worker\n",
    }


# --- values that grow ---------------------------------------------------------------------------------------------------


@shape
def shell_doubling() -> Files:
    return _script("A=aaaaaaaaaa\n" + "A=$A$A\n" * 22 + 'celery -A proj worker -c $A -n "$A"')


@shape
def shell_doubling_appended() -> Files:
    return _script("A=aaaaaaaaaa\n" + 'A+="$A"\n' * 40 + 'celery -A proj worker -c $A -n "$A"')


@shape
def shell_doubling_array() -> Files:
    return _script("A=(a b)\n" + 'A+=("${A[@]}")\n' * 40 + 'celery -A proj worker "${A[@]}"')


@shape
def shell_doubling_positional() -> Files:
    return _script("set -- a b c\n" + 'set -- "$@" "$@"\n' * 40 + 'celery -A proj worker "$@"')


@shape
def shell_doubling_loop() -> Files:
    return _script(
        "A=a\nfor i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5; do A=$A$A; done; done\ncelery -A proj worker -n $A"
    )


@shape
def shell_doubling_substitution() -> Files:
    return _script("A=aaaa\n" + "A=$(echo $A $A)\n" * 40 + 'celery -A proj worker -n "$A"')


@shape
def shell_doubling_replaced() -> Files:
    return _script("A=aaaa\n" + "A=${A//a/aa}\n" * 40 + 'celery -A proj worker -n "$A"')


@shape
def shell_printf_width() -> Files:
    return _script("A=$(printf '%1000000000s' x)\ncelery -A proj worker -n \"$A\"")


@shape
def shell_brace_ranges() -> Files:
    return _script(
        "celery -A proj worker -n {1..1000000000}\nfor i in {1..100000}{1..100000}; do celery -A proj worker -n $i; done"
    )


@shape
def shell_seq() -> Files:
    return _script("for i in $(seq 1 1000000000); do celery -A proj worker -n w$i & done; wait")


@shape
def shell_power() -> Files:
    return _script("A=$((9**9**9**9))\nB=$((1<<1000000000))\ncelery -A proj worker -c $A -n $B")


@shape
def environment_doubling() -> Files:
    return {
        "Dockerfile": DOCKERFILE + "ENV A=aaaaaaaaaa\n" + "ENV A=$A$A\n" * 60 + 'CMD celery -A proj worker -n "$A"\n',
        "proj.py": APP,
    }


@shape
def arguments_doubling() -> Files:
    return {
        "Dockerfile": "ARG A=aaaaaaaaaa\n" + "ARG A=$A$A\n" * 60 + "FROM python:$A\nCMD celery -A proj worker\n",
        "proj.py": APP,
    }


@shape
def compose_variables_doubling() -> Files:
    lines = ["A0=aaaaaaaaaa", *(f"A{n}=${{A{n - 1}}}${{A{n - 1}}}" for n in range(1, 60))]
    return {".env": "\n".join(lines), "docker-compose.yml": COMPOSE.format("celery -A proj worker -n ${A59}")}


@shape
def yaml_aliases() -> Files:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 12)]
    return {"docker-compose.yml": "\n".join(lines) + "\n" + COMPOSE.format("*a11"), "proj.py": APP}


@shape
def yaml_merge_keys() -> Files:
    lines = ["x0: &x0 {a: celery -A proj worker}"]
    lines += [f"x{n}: &x{n}\n  <<: [*x{n - 1}, *x{n - 1}, *x{n - 1}]" for n in range(1, 30)]
    return {
        "docker-compose.yml": "\n".join(lines)
        + "\nservices:\n  worker:\n    <<: *x29\n    command: celery -A proj worker\n"
    }


@shape
def makefile_doubling() -> Files:
    lines = ["A0 = aaaaaaaaaa", *(f"A{n} = $(A{n - 1})$(A{n - 1})" for n in range(1, 60))]
    return {"Makefile": "\n".join(lines) + "\nworker:\n\tcelery -A proj worker -n $(A59)\n", "proj.py": APP}


@shape
def makefile_doubling_simple() -> Files:
    return {"Makefile": "A := aaaaaaaaaa\n" + "A := $(A)$(A)\n" * 60 + "worker:\n\tcelery -A proj worker -n $(A)\n"}


@shape
def makefile_foreach() -> Files:
    ten = "1 2 3 4 5 6 7 8 9 10"
    text = "celery -A proj worker"
    for name in "abcdefghijkl":
        text = f"$(foreach {name},{ten},{text})"
    return {"Makefile": f"worker:\n\t{text}\n"}


@shape
def python_text_doubling() -> Files:
    return _settings("x = 'aaaaaaaaaa'\n" + "x = x + x\n" * 24 + "app.conf.worker_concurrency = x")


@shape
def python_list_doubling() -> Files:
    return _settings("x = [1, 2, 3]\n" + "x = x + x\n" * 24 + "app.conf.worker_concurrency = x")


@shape
def python_pairs() -> Files:
    return _settings(
        "x = 1\n" + "x = (x, x)\n" * 18 + "app.conf.worker_concurrency = x\napp.conf.update(a=x, **{'b': x})"
    )


@shape
def python_pairs_more() -> Files:
    return _settings(
        "x = 1\n" + "x = [x, x]\n" * 60 + "app.conf.worker_concurrency = str(x)\ny = x == x\nz = len(f'{x}')"
    )


@shape
def python_repeated_text() -> Files:
    return _settings("x = 'a' * 10**9\ny = ['a'] * 10**9\nz = b'a' * 10**9\napp.conf.worker_concurrency = len(x)")


@shape
def python_power() -> Files:
    return _settings(
        "x = 9**9**9**9\ny = 1 << 10**10\nz = 10**4000 * 10**4000 * 10**4000\napp.conf.worker_concurrency = x"
    )


@shape
def python_format_width() -> Files:
    return _settings(
        "x = f\"{'a':>1000000000}\"\ny = '%1000000000s' % 'a'\nz = '{:>1000000000}'.format('a')\n"
        "u = 'a'.ljust(10**9)\nv = 'a'.zfill(10**9)\nw = 'a'.center(10**9)\n"
        "t = 'a'.replace('', 'b' * 100000).replace('b', 'c' * 100000)\ns = ('x' * 90000).join(['y'] * 9000)\n"
        "app.conf.worker_concurrency = len(x)"
    )


@shape
def python_ranges() -> Files:
    return _settings(
        "x = list(range(10**12))\ny = sum(range(10**9))\nz = [i for i in range(10**9)]\napp.conf.worker_concurrency = sum(z)"
    )


@shape
def python_nested_loops() -> Files:
    loops = "".join(f"{'    ' * n}for i{n} in range(10):\n" for n in range(12))
    return _settings(f"x = 0\n{loops}{'    ' * 12}x += 1\napp.conf.worker_concurrency = x")


@shape
def python_nested_comprehensions() -> Files:
    loops = " ".join(f"for i{n} in range(10)" for n in range(12))
    return _settings(f"x = [1 {loops}]\napp.conf.worker_concurrency = len(x)")


@shape
def python_exponential_calls() -> Files:
    functions = "def f0():\n    return 1\n" + "".join(
        f"def f{n}():\n    return f{n - 1}() + f{n - 1}()\n" for n in range(1, 40)
    )
    return _settings(f"{functions}app.conf.worker_concurrency = f39()")


@shape
def python_branches() -> Files:
    lines = "".join(f"if os.environ.get('A{n}'):\n    x = x + {n}\nelse:\n    x = x + {n + 7}\n" for n in range(60))
    return _settings(f"import os\nx = 1\n{lines}app.conf.worker_concurrency = x")


# --- calls that branch --------------------------------------------------------------------------------------------------


@shape
def npm_scripts_calling_two() -> Files:
    scripts = {f"s{n}": f"npm run s{n + 1} && npm run s{n + 1}" for n in range(12)}
    return {"package.json": json.dumps({"scripts": scripts | {"s12": "celery -A proj worker"}}), "proj.py": APP}


@shape
def npm_scripts_calling_two_deep() -> Files:
    scripts = {f"s{n}": f"npm run s{n + 1} && npm run s{n + 1}" for n in range(40)}
    return {
        "package.json": json.dumps({"scripts": scripts | {"s40": "celery -A proj worker"}}),
        "Procfile": "worker: npm run s0\n",
    }


@shape
def make_targets_calling_two() -> Files:
    rules = "".join(f"t{n}:\n\t$(MAKE) t{n + 1}\n\t$(MAKE) t{n + 1}\n" for n in range(12))
    return {"Makefile": f"{rules}t12:\n\tcelery -A proj worker\n", "proj.py": APP}


@shape
def make_prerequisites() -> Files:
    rules = "".join(f"t{n}: t{n + 1}a t{n + 1}b\nt{n + 1}a: t{n + 1}\nt{n + 1}b: t{n + 1}\n" for n in range(40))
    return {"Makefile": f"{rules}t40:\n\tcelery -A proj worker\n", "Procfile": "worker: make t0\n"}


@shape
def scripts_calling_two() -> Files:
    scripts = {f"s{n}.sh": f"#!/bin/sh\nsh s{n + 1}.sh\nsh s{n + 1}.sh\n" for n in range(14)}
    return scripts | {"s14.sh": "#!/bin/sh\ncelery -A proj worker\n", "Procfile": "worker: sh s0.sh\n", "proj.py": APP}


@shape
def shell_functions_calling_two() -> Files:
    functions = "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(40))
    return _script(f"{functions}f40() {{ celery -A proj worker; }}\nf0")


@shape
def shell_nested_for() -> Files:
    loops = "".join(f"for i{n} in 1 2 3 4 5 6 7 8 9 10; do\n" for n in range(12))
    return _script(f"{loops}celery -A proj worker -c $i1\n" + "done\n" * 12)


@shape
def shell_branches() -> Files:
    lines = "".join(f'if [ -n "$V{n}" ]; then A="$A {n}"; else A="$A x{n}"; fi\n' for n in range(60))
    return _script(f"{lines}celery -A proj worker $A")


@shape
def shell_cases() -> Files:
    lines = "".join(f'case "$V{n}" in a) A{n}=1;; b) A{n}=2;; c) A{n}=3;; *) A{n}=4;; esac\n' for n in range(60))
    return _script(lines + "celery -A proj worker -c $A1 " + " ".join(f"$A{n}" for n in range(60)))


@shape
def compose_extends_chain() -> Files:
    services = "".join(f"  s{n}:\n    extends: s{n + 1}\n" for n in range(2000))
    return {"docker-compose.yml": f"services:\n{services}  s2000:\n    image: x\n    command: celery -A proj worker\n"}


@shape
def compose_includes() -> Files:
    files = {
        f"c{n}.yml": f"include:\n  - c{n + 1}.yml\n  - ./c{n + 1}.yml\nservices:\n  s{n}:\n    image: x\n"
        for n in range(16)
    }
    return files | {"c16.yml": COMPOSE.format("celery -A proj worker"), "docker-compose.yml": "include: [c0.yml]\n"}


# --- long files -----------------------------------------------------------------------------------------------------------


@growing(1000, 5000)
def procfile(number: int) -> Files:
    return {"Procfile": "".join(f"w{n}: celery -A proj worker -c {n + 1}\n" for n in range(number)), "proj.py": APP}


@growing(2_000)
def supervisor(number: int) -> Files:
    lines = "".join(f"[program:w{n}]\ncommand=celery -A proj worker -c {n + 1} -n w{n}\n" for n in range(number))
    return {"supervisord.conf": f"[supervisord]\n{lines}", "proj.py": APP}


@growing(2_000)
def shell(number: int) -> Files:
    return _script("".join(f"celery -A proj worker -c {n + 1} -n w{n} &\n" for n in range(number)) + "wait")


@growing(20_000)
def here_documents(number: int) -> Files:
    return _script("cat <<E\na\nE\n" * number + "celery -A proj worker")


@shape
def multi_50000() -> Files:
    return _script("celery multi start 50000 -A proj -c 4")


@growing(20_000)
def multi_named(number: int) -> Files:
    return _script("celery multi start " + " ".join(f"w{n}" for n in range(number)) + " -A proj -c 4 -c:3 5")


@growing(10_000)
def stages(number: int) -> Files:
    lines = "".join(f"FROM s{n} AS s{n + 1}\nRUN echo {n}\n" for n in range(number))
    return {"Dockerfile": f"FROM python:3.12 AS s0\n{lines}CMD celery -A proj worker\n", "proj.py": APP}


@growing(20_000)
def dockerfile_runs(number: int) -> Files:
    return {"Dockerfile": DOCKERFILE + "RUN pip install x && echo a\n" * number + "CMD celery -A proj worker\n"}


@growing(20_000)
def dockerfile_environment(number: int) -> Files:
    lines = "".join(f"ENV V{n}=$V{n - 1}a{n}\n" for n in range(number))
    return {"Dockerfile": DOCKERFILE + lines + "CMD celery -A proj worker\n"}


@growing(3_000)
def compose(number: int) -> Files:
    services = "".join(f"  w{n}:\n    build: .\n    command: celery -A proj worker -c {n + 1}\n" for n in range(number))
    return {"docker-compose.yml": f"services:\n{services}", "Dockerfile": DOCKERFILE, "proj.py": APP}


@growing(2_000)
def kubernetes(number: int) -> Files:
    one = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{0}}}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: w\n        image: x\n        args: [celery, -A, proj, worker, -c, '{0}']\n"
    )
    return {"deploy.yaml": "".join(one.format(n) for n in range(number)), "proj.py": APP}


@growing(2_000)
def python_apps(number: int) -> Files:
    return {"proj.py": "from celery import Celery\n" + "".join(f"a{n} = Celery('a{n}')\n" for n in range(number))}


@growing(10_000)
def python_tasks(number: int) -> Files:
    return {
        "proj.py": APP + "".join(f"@app.task\ndef t{n}():\n    pass\n" for n in range(number)),
        "Procfile": "worker: celery -A proj worker\n",
    }


@growing(20_000)
def settings(number: int) -> Files:
    return _settings("".join(f"app.conf.setting_{n} = {n}\n" for n in range(number)))


@growing(5_000)
def makefile_targets(number: int) -> Files:
    return {"Makefile": "".join(f"t{n}:\n\tcelery -A proj worker -c {n}\n" for n in range(number))}


@growing(20_000)
def makefile_variables(number: int) -> Files:
    lines = "".join(f"V{n} = $(V{n - 1}) a\n" for n in range(number))
    return {"Makefile": f"{lines}worker:\n\tcelery -A proj worker -n $(V{number - 1})\n"}


@growing(50_000)
def dotenv(number: int) -> Files:
    lines = "".join(f"V{n}=$V{n - 1}\n" for n in range(number))
    return {".env": lines, "docker-compose.yml": COMPOSE.format(f"celery -A proj worker -c $V{number - 1}")}


@growing(50_000)
def requirements(number: int) -> Files:
    return {
        "requirements.txt": "".join(f"package{n}==1.{n}\n" for n in range(number)) + "celery==5.4.0\n",
        "Procfile": "worker: celery -A proj worker\n",
    }


@growing(20_000)
def ignores(number: int) -> Files:
    return {"Procfile": "worker: celery -A proj worker\n" + "# celery-oom: ignore[CO101] because\n" * number}


@growing(2_000)
def tox(number: int) -> Files:
    return {"tox.ini": "".join(f"[testenv:e{n}]\ncommands = celery -A proj worker -c {n}\n" for n in range(number))}


@shape
def tox_factors() -> Files:
    return {
        "tox.ini": "[tox]\nenvlist = "
        + "-".join(["{a,b,c,d,e,f,g,h,i,j}"] * 12)
        + "\n[testenv]\ncommands = celery -A proj worker\n"
    }


@shape
def workflow_matrix() -> Files:
    keys = "".join(f"        k{n}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n" for n in range(12))
    return {
        ".github/workflows/ci.yml": f"on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n{keys}    steps:\n    - run: celery -A proj worker -c ${{{{ matrix.k1 }}}}\n"
    }


# --- long lines and deep nesting --------------------------------------------------------------------------------------------


@shape
def shell_line() -> Files:
    return _script("celery -A proj worker " + "-c 4 " * 300_000)


@shape
def shell_ands() -> Files:
    return _script("true " + "&& true " * 100_000 + "&& celery -A proj worker")


@shape
def shell_escaped_test() -> Files:
    return _script("[ " + "\\( " * 20_000 + "-n a " + "\\) " * 20_000 + "] && celery -A proj worker")


@shape
def shell_nested_defaults() -> Files:
    return _script("celery -A proj worker -c " + "${a:-" * 300 + "4" + "}" * 300)


@shape
def shell_nested_substitutions() -> Files:
    return _script("celery -A proj worker -c " + "$(echo " * 3000 + "4" + ")" * 3000)


@shape
def shell_nested_arithmetic() -> Files:
    return _script("celery -A proj worker -c $((" + "(" * 30_000 + "4" + ")" * 30_000 + "))")


@shape
def shell_nested_subshells() -> Files:
    return _script("( " * 20_000 + "celery -A proj worker" + " )" * 20_000)


@shape
def shell_nested_ifs() -> Files:
    return _script("if true; then\n" * 20_000 + "celery -A proj worker\n" + "fi\n" * 20_000)


@shape
def shell_nested_shells() -> Files:
    text = "celery -A proj worker"
    for _ in range(12):
        text = "sh -c " + "'" + text.replace("'", "'\\''") + "'"
        if len(text) > 500_000:
            break
    return _script(text)


@shape
def compose_nested_defaults() -> Files:
    return {"docker-compose.yml": COMPOSE.format("celery -A proj worker -c " + "${a:-" * 5000 + "4" + "}" * 5000)}


@shape
def dockerfile_nested_defaults() -> Files:
    return {"Dockerfile": DOCKERFILE + "ENV A=" + "${a:-" * 5000 + "4" + "}" * 5000 + "\nCMD celery -A proj worker\n"}


@shape
def makefile_nested() -> Files:
    return {"Makefile": "A = " + "$(strip " * 5000 + "4" + ")" * 5000 + "\nworker:\n\tcelery -A proj worker -c $(A)\n"}


@shape
def python_parentheses() -> Files:
    return _settings("app.conf.worker_concurrency = " + "(" * 90 + "4" + ")" * 90)


@shape
def python_sum() -> Files:
    return _settings("app.conf.worker_concurrency = " + "1 + " * 50_000 + "1")


@shape
def python_attributes() -> Files:
    return _settings("app.conf.worker_concurrency = a" + ".b" * 50_000)


@shape
def python_negations() -> Files:
    return _settings("app.conf.worker_concurrency = " + "-" * 3000 + "1")


@shape
def python_elifs() -> Files:
    return _settings(
        "if a == 0:\n    pass\n"
        + "".join(f"elif a == {n}:\n    app.conf.worker_concurrency = {n}\n" for n in range(1, 3000))
    )


@shape
def yaml_nested_flow() -> Files:
    return {"docker-compose.yml": COMPOSE.format("[" * 50_000 + "celery" + "]" * 50_000)}


@shape
def yaml_nested_block() -> Files:
    text = "".join(f"{' ' * n}a{n}:\n" for n in range(900))
    return {"docker-compose.yml": f"services:\n  worker:\n    command: celery -A proj worker\nx:\n{text}"}


@shape
def json_nested() -> Files:
    return {"package.json": '{"scripts": {"a": "celery -A proj worker"}, "b": ' + "[" * 100_000 + "]" * 100_000 + "}"}


@shape
def toml_nested() -> Files:
    return {
        "pyproject.toml": "[tool.poe.tasks]\na = 'celery -A proj worker'\nb = " + "[" * 50_000 + "]" * 50_000 + "\n"
    }


@shape
def toml_dotted() -> Files:
    return {
        "pyproject.toml": "[tool.poe.tasks]\na = 'celery -A proj worker'\n[" + ".".join(["a"] * 100_000) + "]\nb = 1\n"
    }


@shape
def hcl_nested() -> Files:
    return {
        "main.tf": 'resource "a" "b" {\n command = "celery -A proj worker"\n c = '
        + "[" * 50_000
        + "]" * 50_000
        + "\n}\n"
    }


@shape
def xml_entities() -> Files:
    entities = '<!ENTITY a0 "celery">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return {
        ".run/a.run.xml": f"<?xml version='1.0'?><!DOCTYPE a [{entities}]><component><configuration name='&a11;'>"
        "<option name='PARAMETERS' value='-A proj worker &a11;'/><option name='MODULE_NAME' value='celery'/>"
        "</configuration></component>"
    }


@shape
def template_nested() -> Files:
    return {
        "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "values.yaml": "a: 1\n",
        "templates/a.yaml": "{{ "
        + "(" * 20_000
        + ".Values.a"
        + ")" * 20_000
        + " }}\n"
        + "{{ if .Values.a }}" * 20_000
        + "celery",
    }


@shape
def helm_loops() -> Files:
    loops = "".join(f"{{{{- range $i{n} := until 1000 }}}}" for n in range(12))
    return {
        "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "values.yaml": "a: 1\n",
        "templates/a.yaml": f"{loops}celery -A proj worker{'{{ end }}' * 12}\n",
    }


@shape
def helm_doubling() -> Files:
    doubling = '{{- $a = printf "%s%s" $a $a -}}' * 60
    return {
        "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "values.yaml": "a: 1\n",
        "templates/a.yaml": '{{- $a := "celery" -}}' + doubling + "\na: {{ $a }}\nb: {{ repeat 1000000000 $a }}\n"
        'c: {{ repeat 1000000000 "a" }}\nd: {{ indent 1000000000 "a" }}\ne: {{ printf "%1000000000s" "a" }}\n',
    }


@shape
def helm_recursion() -> Files:
    return {
        "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "values.yaml": "a: 1\n",
        "templates/a.yaml": '{{ define "a" }}{{ include "a" . }}{{ include "a" . }}celery{{ end }}a: {{ include "a" . }}\n'
        "b: {{ tpl .Values.b . }}\n",
    }


@shape
def helm_defines_doubling() -> Files:
    defines = "".join(
        f'{{{{ define "a{n}" }}}}{{{{ include "a{n + 1}" . }}}}{{{{ include "a{n + 1}" . }}}}{{{{ end }}}}'
        for n in range(40)
    )
    return {
        "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "values.yaml": "a: 1\n",
        "templates/a.yaml": f'{defines}{{{{ define "a40" }}}}celery{{{{ end }}}}a: {{{{ include "a0" . }}}}\n',
    }


@shape
def jinja_unclosed() -> Files:
    return {
        "templates/celery.conf.j2": "[program:celery]\ncommand=celery -A proj worker\n"
        + "{% if a %}" * 50_000
        + "{{ " * 50_000
        + "{# " * 50_000
    }


@shape
def kustomize_bases() -> Files:
    files = {f"k{n}/kustomization.yaml": f"resources:\n- ../k{n + 1}\nnamePrefix: a-\n" for n in range(16)}
    files |= {f"m{n}/kustomization.yaml": f"resources:\n- ../m{n + 1}a\n- ../m{n + 1}b\n" for n in range(10)}
    one = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {template: {spec: {containers: [{name: w, image: x, args: [celery, -A, proj, worker]}]}}}\n"
    return files | {"k16/kustomization.yaml": "resources: [a.yaml]\n", "k16/a.yaml": one}


# --- long runs of one character (for regular expressions and scanners) ------------------------------------------------------


def _runs() -> dict[str, str]:
    size = 400_000
    return {
        "spaces": "celery" + " " * size + "x",
        "tabs": "celery" + "\t" * size + "x",
        "quotes": "celery " + '"' * size,
        "single_quotes": "celery " + "'" * size,
        "backslashes": "celery " + "\\" * size,
        "dollars": "celery " + "$" * size,
        "braces": "celery " + "{{" * (size // 2),
        "dollar_braces": "celery " + "${" * (size // 2),
        "hashes": "celery " + "#" * size,
        "commas": "celery " + "," * size,
        "colons": "celery " + ":" * size,
        "equals": "celery " + "=" * size,
        "dashes": "celery " + "-" * size,
        "newlines": "celery" + "\n" * size,
        "carriage_returns": "celery" + "\r" * size,
        "letters": "celery " + "a" * size,
        "digits": "celery -c " + "1" * size,
        "backquotes": "celery " + "`" * size,
        "brackets": "celery " + "[" * size,
        "parentheses": "celery " + "(" * size,
        "lesser": "celery " + "<" * size,
        "here_documents": "celery " + "<<E " * (size // 4),
        "stars": "celery " + "*" * size,
        "ampersands": "celery " + "&" * size,
        "comments": "celery " + "/*" * (size // 2),
        "directives": "# escape = " + " " * size + "x\ncelery",
        "noqa": "celery # noqa: CO" + "1 " * (size // 2) + "!",
        "ignore": "celery # celery-oom: ignore[" + "CO101," * (size // 6),
    }


KINDS = (
    "Dockerfile", "docker-compose.yml", "run.sh", "Makefile", "Procfile", ".env", "proj.py", "supervisord.conf",
    "celery.service", "package.json", "pyproject.toml", "requirements.txt", "Jenkinsfile", "main.tf", "run.bat", "run.ps1",
    "justfile", "Taskfile.yml", "tox.ini", "a.nomad", "ecosystem.config.js", "celery.conf.j2", "setup.cfg", "Pipfile",
    "circus.ini", "fly.toml", "playbook.yml", "app.json", "setup.py", "noxfile.py", "tasks.py", "run",
)  # fmt: skip


def runs_in_all_kinds() -> dict[str, Files]:
    """Every run of characters as the content of every kind of file, by name."""
    return {f"{name}:{kind}": {kind: text} for name, text in _runs().items() for kind in KINDS}
