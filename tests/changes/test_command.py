"""One more option in a command, in every notation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.changes.projects import ADDED, fix, set_options

SHELL = [
    "celery -A shop worker«» -l info",
    "exec celery -A shop worker« \\\n  » \\\n  -l info\n",
    "celery -A shop worker«» # why\n",
    "celery -A shop worker«» && echo done",
    "celery -A shop worker«»|cat",
    "celery -A shop worker«»; true",
    "celery -A shop worker«»&\nwait\n",
    "celery -A shop worker«» > log 2>&1",
    "celery -A shop 'worker'«» -l info",
    'celery -A shop "worker"«»\n',
    "bash -c 'celery -A shop worker«»'",
    'bash -c "celery -A shop worker«» && true"',
    "su --command 'celery -A shop worker«» -l info' app\n",
    'CMD="celery -A shop worker«»"\nexec $CMD -l info\n',
    "args=(-A shop worker«» '-l' info)\ncelery \"${args[@]}\"\n",
    "ROLE=worker\ncelery -A shop $ROLE -l info«»\n",
    "celery -A worker worker«»\n",
    "celery worker«» -A shop",
    "python -m celery -A shop worker«»",
    "celery -A shop worker«»\r\necho\r\n",
    "celery multi start w1 -A shop -l info«»\n",
    "celery multi start«» w1\n",
    "celery multi start w1 -A shop -l info«» -- -E\n",
    "if true; then\n\tcelery -A shop worker«»\nfi",
    "celery -A shop worker«» -Q é,ü # 😀\n",
    "celery -b redis://worker -A shop worker«»\n",
]


@pytest.mark.parametrize("marked", SHELL)
def test_shell_script(marked: str, tmp_path: Path) -> None:
    set_options(tmp_path, "run.sh", f"#!/bin/bash\n{marked}")


FLOW = [
    'command: ["celery", "-A", "shop", "worker"«», "-l", "info"]',
    "command: ['celery', '-A', 'shop', 'worker'«»]",
    'command: ["celery", "-A", "shop", "worker"«» ]  # c',
]


@pytest.mark.parametrize("marked", FLOW)
def test_yaml_flow_list(marked: str, tmp_path: Path) -> None:
    quote = '"' if '"worker"' in marked else "'"
    set_options(tmp_path, "compose.yml", f"services:\n  w:\n    {marked}\n", between=f", {quote}{{}}{quote}")


def test_yaml_flow_list_without_quotes(tmp_path: Path) -> None:
    set_options(tmp_path, "compose.yml", "services:\n  w: {command: [celery, worker«», -l, info]}\n", between=", ")


def test_yaml_flow_list_with_an_item_a_line(tmp_path: Path) -> None:
    marked = 'services:\n  w:\n    command: [\n      "celery",\n      "worker"«», # c\n      "-l", "info",\n    ]\n'
    without = marked.replace(" # c", "")
    set_options(tmp_path, "compose.yml", without, between=',\n      "{}"')
    set_options(tmp_path, "compose.yml", without.replace("\n", "\r\n"), between=',\r\n      "{}"')
    set_options(tmp_path, "compose.yml", marked, between=', "{}"')


BLOCK = [
    ("- worker«»", "\n      - {}"),
    ("- worker  # the role«»", "\n      - {}"),
    ('- "worker"«»', '\n      - "{}"'),
    ("-   'worker' «»", "\n      -   '{}'"),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("item", "between"), BLOCK)
def test_yaml_block_list(item: str, between: str, newline: str, tmp_path: Path) -> None:
    head = "services:\n  w:\n    command:\n      - celery\n      - -A\n      - shop\n"
    marked = f"{head}      {item}\n      - -l\n      - info\n"
    set_options(tmp_path, "compose.yml", marked.replace("\n", newline), between=between.replace("\n", newline))


def test_yaml_block_list_at_the_end_of_the_file(tmp_path: Path) -> None:
    marked = "services:\n  w:\n    command:\n    - celery\n    - worker«»"
    set_options(tmp_path, "compose.yml", marked, between="\n    - {}")


SCALARS = [
    "command: celery -A shop worker«» -l info # c",
    "command: 'celery -A shop worker«»'",
    'command: "celery -A shop worker«» -n \\"w@%h\\""',
    'command: "sh -c \\"celery -A shop worker«» -l info\\""',
    "command: sh -c 'celery -A shop worker«»'",
    'command: bash -c "cd /srv && celery -A shop worker«»"',
    "command: >\n      celery -A shop\n      worker«\n      »\n      -l info\n",
    "command: >-\n      celery -A shop worker«»\n",
    "command: |\n      celery -A shop worker«»  \n",
    "command:\n      - sh\n      - -c\n      - |\n        cd /srv\n        exec celery -A shop worker«» > /log  # c\n",
    "entrypoint: [celery, -A, shop]\n    command: worker«» -l info",
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("marked", SCALARS)
def test_yaml_scalar(marked: str, newline: str, tmp_path: Path) -> None:
    text = f"# top\nservices:\n  w:\n    image: a\n    {marked}\n  other:\n    image: b\n"
    set_options(tmp_path, "compose.yml", text.replace("\n", newline))


def test_an_anchored_command_is_edited_once(tmp_path: Path) -> None:
    marked = "x: &c celery -A shop worker«»\nservices:\n  a:\n    command: *c\n  b:\n    command: *c\n"
    set_options(tmp_path, "compose.yml", marked)


def test_an_anchored_command_stays_when_one_of_two_sets_its_own(tmp_path: Path) -> None:
    text = (
        "x: &c celery -A shop worker\nservices:\n  a:\n    command: *c\n  b:\n    command: *c\n"
        "    environment:\n      CELERY_WORKER_CONCURRENCY: '4'\n"
    )
    fixed = fix(tmp_path, {"compose.yml": text, "requirements.txt": "celery==5.4.0\n"}, "CO101")
    assert not fixed.outcome.texts
    assert "runs the same command" in fixed.reasons["CO101"]


DOCKERFILE = [
    ('CMD ["celery", "-A", "shop", "worker"«»]', ', "{}"'),
    ('CMD ["celery", "worker"«», \\\n     # c\n     "-l", "info"]', ', "{}"'),
    ('ENTRYPOINT ["celery", "-A", "shop"]\nCMD ["worker"«»]', ', "{}"'),
    ("CMD celery -A shop worker«»", " "),
    ("CMD exec celery -A shop \\\n  # c\n  worker« \\\n  » \\\n  -l info", " "),
    ("ENTRYPOINT celery -A shop worker«» # no comment", " "),
    ('CMD ["sh", "-c", "celery -A shop worker«»"]', " "),
]


@pytest.mark.parametrize(("marked", "between"), DOCKERFILE)
def test_dockerfile(marked: str, between: str, tmp_path: Path) -> None:
    set_options(tmp_path, "Dockerfile", f"FROM python:3.12\nRUN true\n{marked}\n", between=between)


OTHERS = [
    ("Procfile", "web: gunicorn shop\nworker: celery -A shop worker«» -l info\n"),
    ("supervisord.conf", "[program:w]\ncommand=celery -A shop\n  worker«» ; c\n  -l info\nautostart=true\n"),
    ("w.service", "[Service]\nExecStart=/usr/bin/celery \\\n  # c\n  -A shop worker« \\\n  » \\\n  -l info\n"),
    ("Makefile", "W = celery -A shop worker«»\nrun:\n\t@$(W) -l info\n"),
    ("Makefile", "run:\n\tcelery -A shop worker« \\\n\t\t» \\\n\t\t-l info  # c\n"),
    ("etc/default/celeryd", 'CELERYD_NODES="w1 w2"\nCELERY_BIN=/usr/bin/celery\nCELERYD_OPTS="-l info«»"\n'),
    ("pyproject.toml", '[tool.poe.tasks]\nw = "celery -A shop worker«»" # c\n'),
    ("package.json", '{\n  "scripts": {"w": "celery -A shop worker«»"}\n}\n'),
    ("run.py", 'import subprocess\nsubprocess.run("celery -A shop worker«»", shell=True)\n'),
    ("run.py", 'import os\nos.system(f"celery -A shop worker«» -Q {q}")\n'),
    ("run.py", 'import os\nos.system("celery -A shop worker«» "\n          "-l info")\n'),
    ("run.py", 'import subprocess\nsubprocess.run("celery -A shop worker«»".split())\n'),
]


@pytest.mark.parametrize(("path", "marked"), OTHERS)
def test_other_files(path: str, marked: str, tmp_path: Path) -> None:
    set_options(tmp_path, path, marked)


LISTS = [
    ("pyproject.toml", '[tool.pdm.scripts]\nw = {cmd = ["celery", "worker"«»]}\n', ', "{}"'),
    ("run.py", "import subprocess\nsubprocess.run(['celery', 'worker'«»])\n", ", '{}'"),
    ("run.py", "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'celery', 'worker'«»])\n", ", '{}'"),
    ("run.py", 'from celery import Celery\n\napp = Celery()\napp.worker_main(["worker"«», "-l", "info"])\n', ', "{}"'),
    ("run.py", 'import subprocess\nsubprocess.run([\n    "celery",\n    "worker"«»,\n])\n', ',\n    "{}"'),
]


@pytest.mark.parametrize(("path", "marked", "between"), LISTS)
def test_lists_of_other_files(path: str, marked: str, between: str, tmp_path: Path) -> None:
    set_options(tmp_path, path, marked, between=between)


def test_a_worker_that_code_makes_gets_keywords(tmp_path: Path) -> None:
    text = "from celery import Celery\n\napp = Celery()\napp.Worker(loglevel='info').start()\napp.Worker().start()\n"
    fixed = fix(tmp_path, {"run.py": text}, "CO101", "CO201")
    assert "Worker(loglevel='info', concurrency=2, max_memory_per_child=200000)" in fixed.texts["run.py"]
    assert "Worker(concurrency=2, max_memory_per_child=200000)" in fixed.texts["run.py"]


def test_a_worker_that_code_makes_gets_another_value(tmp_path: Path) -> None:
    text = "from celery import Celery\n\napp = Celery()\napp.Worker(concurrency=0, loglevel='info').start()\n"
    fixed = fix(tmp_path, {"run.py": text}, "CO102")
    assert "app.Worker(concurrency=2, loglevel='info')" in fixed.texts["run.py"], fixed.reasons


def test_a_caller_that_lacks_the_option_gets_it_not_the_script(tmp_path: Path) -> None:
    files = {
        "compose.yml": (
            "services:\n  a:\n    build: .\n    command: [-l, info]\n  b:\n    build: .\n"
            "    command: [-c, '4', --max-memory-per-child=300000]\n"
        ),
        "Dockerfile": 'FROM python\nCOPY . /srv\nENTRYPOINT ["/srv/run.sh"]\n',
        "run.sh": '#!/bin/sh\nexec celery -A shop worker "$@"\n',
    }
    fixed = fix(tmp_path, files, "CO101", "CO201")
    assert set(fixed.outcome.texts) <= {"compose.yml"}
    assert f"command: [-l, info, {', '.join(ADDED)}]" in fixed.texts["compose.yml"], fixed.reasons


def test_celery_3_gets_its_own_spelling(tmp_path: Path) -> None:
    files = {"Procfile": "w: celery -A shop worker -c 2\n", "requirements.txt": "celery==3.1.26\n"}
    fixed = fix(tmp_path, files, "CO202")
    assert fixed.texts["Procfile"] == "w: celery -A shop worker --maxtasksperchild=50 -c 2\n"


@pytest.mark.parametrize("behind", ["\n", "  # why\n", "\r\n", ""])
def test_a_value_without_quotes_takes_no_second_word(behind: str, tmp_path: Path) -> None:
    head = "CELERYD_NODES=w1\nCELERY_BIN=/usr/bin/celery\n"
    fixed = fix(tmp_path, {"etc/default/celeryd": f"{head}CELERYD_OPTS=-E{behind}"}, "CO101")
    assert fixed.reasons == {
        "CO101": "the command is put together from pieces, and none of them is the place to add --concurrency"
    }


VALUES = [
    ("run.sh", "celery worker -c $(nproc)\n", "celery worker -c 2\n"),
    ("run.sh", 'celery worker --concurrency="$(nproc)" -l info\n', 'celery worker --concurrency="2" -l info\n'),
    ("run.sh", "celery worker \\\n  -c \\\n  $(( $(nproc) * 2 )) &\n", "celery worker \\\n  -c \\\n  2 &\n"),
    ("run.sh", "celery worker -c`nproc`\n", "celery worker -c2\n"),
    ("run.sh", "N=$(nproc)\ncelery worker -c $N\n", "N=2\ncelery worker -c $N\n"),
    ("run.sh", "N=$(nproc)\nserve $N &\ncelery worker -c $N\n", "N=$(nproc)\nserve $N &\ncelery worker -c 2\n"),
    ("run.sh", "celery worker -c ${N:-$(nproc)}\n", "celery worker -c ${N:-2}\n"),
    (
        "compose.yml",
        "services:\n  w:\n    command: celery worker -c ${C:-0}\n",
        "services:\n  w:\n    command: celery worker -c ${C:-2}\n",
    ),
    (
        "compose.yml",
        'services:\n  w:\n    command: [celery, worker, -c, "0"]\n',
        'services:\n  w:\n    command: [celery, worker, -c, "2"]\n',
    ),
    (
        "compose.yml",
        "services:\n  w:\n    command: [celery, worker, --concurrency=0]\n",
        "services:\n  w:\n    command: [celery, worker, --concurrency=2]\n",
    ),
    (
        "run.py",
        'import subprocess\nsubprocess.run(["bash", "-c", "celery worker -c $(nproc)"])\n',
        'import subprocess\nsubprocess.run(["bash", "-c", "celery worker -c 2"])\n',
    ),
]


@pytest.mark.parametrize(("path", "before", "after"), VALUES)
def test_another_value(path: str, before: str, after: str, tmp_path: Path) -> None:
    start = "#!/bin/bash\n" if path == "run.sh" else ""
    fixed = fix(tmp_path, {path: start + before, "requirements.txt": "celery==4.4.7\n"}, "CO102")
    assert fixed.texts[path] == start + after, fixed.reasons


REMOVALS = [
    ("celery worker -c 4 --autoscale 9,3", "celery worker --autoscale 9,3"),
    ("celery worker --autoscale 9,3 -c 4", "celery worker --autoscale 9,3"),
    ("celery worker --autoscale 9,3 --concurrency=4 # c", "celery worker --autoscale 9,3 # c"),
    ("celery worker --autoscale 9,3 -c '4'", "celery worker --autoscale 9,3"),
    ("celery worker \\\n  -c 4 \\\n  --autoscale 9,3", "celery worker \\\n  --autoscale 9,3"),
    ("sh -c 'celery worker --autoscale 9,3 -c 4'", "sh -c 'celery worker --autoscale 9,3'"),
]


@pytest.mark.parametrize(("before", "after"), REMOVALS)
def test_an_option_is_taken_away(before: str, after: str, tmp_path: Path) -> None:
    fixed = fix(tmp_path, {"run.sh": f"#!/bin/sh\n{before}\n"}, "CO103")
    assert fixed.texts["run.sh"] == f"#!/bin/sh\n{after}\n", fixed.reasons


LIST_REMOVALS = [
    ('[celery, worker, -P, gevent, --max-tasks-per-child, "5", -l, info]', "[celery, worker, -P, gevent, -l, info]"),
    ('["celery", "worker", "-P", "gevent", "--max-tasks-per-child=5"]', '["celery", "worker", "-P", "gevent"]'),
    (
        "\n    - celery\n    - worker\n    - -Pgevent\n    - --max-tasks-per-child\n    - '5'  # c\n    - -E",
        "\n    - celery\n    - worker\n    - -Pgevent\n    - -E",
    ),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), LIST_REMOVALS)
def test_an_item_is_taken_out_of_a_list(before: str, after: str, newline: str, tmp_path: Path) -> None:
    def text(command: str) -> str:
        return f"services:\n  w:\n    command: {command}\n    image: a\n".replace("\n", newline)

    fixed = fix(tmp_path, {"compose.yml": text(before)}, "CO205", unsafe=True)
    assert fixed.texts["compose.yml"] == text(after), fixed.reasons


RUNS = [
    (">\n      celery worker -P gevent\n      --max-tasks-per-child 5\n      --max-memory-per-child 9\n", ""),
    (
        ">\n      celery worker -P gevent\n      --max-tasks-per-child 5\n      --max-memory-per-child 9\n      -E\n",
        "-E",
    ),
    ("celery worker -P gevent --max-memory-per-child 9 --max-tasks-per-child 5 -E\n", " -E"),
    ("celery worker --max-memory-per-child 9 -P gevent --max-tasks-per-child=5\n", ""),
]


@pytest.mark.parametrize(("command", "rest"), RUNS)
def test_options_side_by_side_leave_no_line_behind(command: str, rest: str, tmp_path: Path) -> None:
    text = f"services:\n  w:\n    command: {command}    image: a\n"
    fixed = fix(tmp_path, {"compose.yml": text}, "CO205", unsafe=True)
    words = command[: command.index("celery")] + "celery worker -P gevent"
    separator = "\n      " if rest == "-E" else ""
    assert fixed.texts["compose.yml"] == f"services:\n  w:\n    command: {words}{separator}{rest}\n    image: a\n"


def test_options_of_two_files_go_from_both(tmp_path: Path) -> None:
    files = {
        "Procfile": "w: ./run.sh --max-tasks-per-child=5 -E\n",
        "run.sh": '#!/bin/sh\nexec celery worker -P gevent --max-memory-per-child=9000 "$@"\n',
    }
    fixed = fix(tmp_path, files, "CO205", unsafe=True)
    assert fixed.texts["Procfile"] == "w: ./run.sh -E\n", fixed.reasons
    assert fixed.texts["run.sh"] == '#!/bin/sh\nexec celery worker -P gevent "$@"\n'


def test_supervisor_with_one_option_a_line(tmp_path: Path) -> None:
    text = "[program:w]\ncommand=celery\n\t-A shop\n\tworker«\n\t»\n\t-l info\n"
    set_options(tmp_path, "supervisord.conf", text)


def test_settings_that_workers_without_children_share(tmp_path: Path) -> None:
    """They ignore what the others need, so it is written in the settings all the same."""
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": "from celery import Celery\napp = Celery('shop')\napp.conf.task_acks_late = True\n",
        "Procfile": "".join(f"{name}: celery -A shop worker -c 2 -Q {name}\n" for name in "abc")
        + "d: celery -A shop worker -P solo\n",
    }
    fixed = fix(tmp_path, files, "CO201")
    assert not fixed.outcome.left
    assert fixed.texts["Procfile"] == files["Procfile"]
    added = fixed.texts["shop/celery.py"].removeprefix(files["shop/celery.py"])
    assert added.startswith("app.conf.worker_max_memory_per_child = ")
