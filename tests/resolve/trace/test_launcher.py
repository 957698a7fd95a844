"""From files to started workers: who starts what, and by which way."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.workspace import Workspace
from tests.resolve.started_project import follow, shown


def test_a_service_runs_a_verb_of_its_entrypoint_script(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "docker-compose.yml": """
                services:
                  web:
                    build: .
                    command: web
                  jobs:
                    build: .
                    command: worker -c 3
                """,
            "Dockerfile": """
                FROM python:3.12
                WORKDIR /app
                COPY docker/entry.sh /entry
                ENTRYPOINT ["/entry"]
                CMD ["web"]
                """,
            "docker/entry.sh": """
                #!/bin/sh
                case "$1" in
                  worker)
                    shift
                    exec celery -A shop worker "$@"
                    ;;
                  web) exec gunicorn shop.wsgi ;;
                  *) exec "$@" ;;
                esac
                """,
        },
    )
    assert shown(found) == [
        "docker-compose.yml:7 <- docker/entry.sh:5: celery -A shop worker -c 3",
        "docker/entry.sh:5: celery -A shop worker $@",
    ]


def test_the_command_of_the_image_runs_when_the_service_has_none(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "compose.yaml": """
                services:
                  jobs:
                    build:
                      context: .
                      dockerfile: deploy/Dockerfile
                      target: worker
                """,
            "deploy/Dockerfile": """
                FROM python:3.12 AS base
                ENTRYPOINT ["tini", "--"]
                FROM base AS worker
                CMD ["celery", "-A", "shop", "worker"]
                FROM base AS web
                CMD ["gunicorn", "shop.wsgi"]
                """,
        },
    )
    assert shown(found) == ["compose.yaml:2 <- deploy/Dockerfile:4: celery -A shop worker"]


def test_the_dockerfile_that_says_what_a_service_runs_is_a_hop(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  jobs:\n    build: .\n  mail:\n    build: .\n    command: /start.sh\n",
        "Dockerfile": 'FROM a\nCOPY start.sh /\nCMD ["/start.sh"]\n',
        "start.sh": "#!/bin/sh\ncelery -A shop worker\n",
    }
    assert shown(follow(tmp_path, files))[:2] == [
        "compose.yaml:2 <- Dockerfile:3 <- start.sh:2: celery -A shop worker",
        "compose.yaml:6 <- start.sh:2: celery -A shop worker",
    ]


def test_make_runs_the_recipes_of_prerequisites(tmp_path: Path) -> None:
    files = {
        "Makefile": "all: db jobs\n\techo up\njobs:\n\tcelery -A shop worker -c 2\n",
        "start.sh": "#!/bin/sh\nmake all\n",
    }
    assert "start.sh:2 <- Makefile:4: celery -A shop worker -c 2" in shown(follow(tmp_path, files))


def test_a_shell_form_entrypoint_ignores_the_command(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {"Dockerfile": 'FROM a\nENTRYPOINT celery -A shop worker -c 1\nCMD ["celery", "worker", "-c", "9"]\n'},
    )
    assert [line.partition(": ")[2] for line in shown(found)] == ["celery -A shop worker -c 1"]


def test_a_stage_that_sets_its_entrypoint_drops_the_inherited_command(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {"Dockerfile": 'FROM a AS b\nCMD ["worker"]\nFROM b\nENTRYPOINT ["celery", "-A", "shop"]\n'},
    )
    assert shown(found) == []


def test_an_entrypoint_that_is_not_here_is_taken_to_run_its_arguments(tmp_path: Path) -> None:
    found = follow(tmp_path, {"Dockerfile": 'FROM a\nENTRYPOINT ["/init"]\nCMD ["celery", "-A", "shop", "worker"]\n'})
    assert shown(found) == ["Dockerfile:3: celery -A shop worker"]


def test_several_workers_of_one_script(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "start.sh": """
                #!/bin/bash
                celery -A shop worker -Q a -c 1 &
                celery -A shop worker -Q b -c 2 &
                wait
                """,
        },
    )
    assert [one.site.line for one in found] == [2, 3]
    assert len({one.container for one in found}) == 1


def test_the_programs_of_a_supervisor_share_the_container_that_runs_it(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "compose.yml": """
                services:
                  all:
                    image: shop
                    mem_limit: 1g
                    command: supervisord -n -c /etc/supervisor/jobs.conf
                    volumes: ["./deploy:/etc/supervisor"]
                """,
            "deploy/jobs.conf": """
                [program:mail]
                command=celery -A shop worker -Q mail
                [program:media]
                command=celery -A shop worker -Q media
                  -c 2
                [program:beat]
                command=celery -A shop beat
                """,
        },
    )
    assert shown(found) == [
        "compose.yml:5 <- deploy/jobs.conf:2: celery -A shop worker -Q mail",
        "compose.yml:5 <- deploy/jobs.conf:4: celery -A shop worker -Q media -c 2",
        "deploy/jobs.conf:2: celery -A shop worker -Q mail",
        "deploy/jobs.conf:4: celery -A shop worker -Q media -c 2",
    ]


def test_a_command_in_a_variable_stands_where_it_is_written(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "one.sh": '#!/bin/sh\nCMD="celery -A shop worker"\nexec sh -c "$CMD"\n',
            "two.sh": '#!/bin/sh\nCMD="celery -A shop worker -Q"\nif x; then\n  $CMD a\nelse\n  $CMD b\nfi\n',
        },
    )
    assert shown(found) == [
        "one.sh:2: celery -A shop worker",
        "two.sh:4 <- two.sh:2: celery -A shop worker -Q a",
        "two.sh:6 <- two.sh:2: celery -A shop worker -Q b",
    ]


def test_a_wrapper_script_starts_a_worker_when_a_caller_says_so(tmp_path: Path) -> None:
    script = '#!/bin/sh\nwhile true; do\n  timeout 1h celery "$@"\ndone\n'
    found = follow(tmp_path, {"keep.sh": script, "Procfile": "jobs: ./keep.sh -A shop worker -c 4\n"})
    assert shown(found) == [
        "Procfile:1 <- keep.sh:3: celery -A shop worker -c 4",
        "keep.sh:3: celery $@",
    ]
    (tmp_path / "Procfile").write_text("jobs: ./keep.sh -A shop beat\n")
    workspace = Workspace(tmp_path, Config())
    assert Launcher(workspace.facts, lambda _: CeleryVersion()).started() == []


def test_a_management_command_gets_the_whole_command_as_one_argument(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "app/management/commands/reload.py": """
                import subprocess

                class Command:
                    def handle(self, **options):
                        subprocess.run(f"celery {options['command']}", shell=True)
                """,
            "start.sh": """
                #!/bin/sh
                OPTIONS="-A shop worker -c 3"
                python manage.py reload --command "$OPTIONS"
                """,
        },
    )
    assert shown(found) == [
        "app/management/commands/reload.py:5: celery {options['command']}",
        "start.sh:3 <- app/management/commands/reload.py:5: celery -A shop worker -c 3",
    ]


def test_task_runners(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "Makefile": "jobs:\n\tcd src && celery -A shop worker\n",
            "Procfile": "jobs: make jobs\n",
            "package.json": '{"scripts": {"jobs": "celery -A shop worker -c 1"}}\n',
            "start.sh": "#!/bin/sh\nnpm run jobs\n",
            "src/shop/__init__.py": "",
        },
    )
    assert shown(found) == [
        "Makefile:2: celery -A shop worker",
        "Procfile:1 <- Makefile:2: celery -A shop worker",
        "package.json:1: celery -A shop worker -c 1",
        "start.sh:2 <- package.json:1: celery -A shop worker -c 1",
    ]
    assert {one.directory for one in found if one.site.path == "Makefile"} == {"src"}


def test_environment_of_image_and_service(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "compose.yml": """
                services:
                  jobs:
                    build: .
                    environment: {B: "2"}
                    env_file: prod.env
                """,
            "prod.env": "C=3\nB=9\n",
            "Dockerfile": 'FROM a\nENV A=1 B=1\nCMD ["celery", "-A", "shop", "worker"]\n',
        },
    )
    (service,) = (one for one in found if one.site.path == "compose.yml")
    texts = {name: word.text for name, word in service.environment.items()}
    assert texts == {"A": "1", "B": "2", "C": "3"}


def test_the_working_directory_is_mapped_back_to_the_project(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "Dockerfile": 'FROM a\nWORKDIR /srv/app\nCOPY backend /srv/app\nCMD ["celery", "-A", "shop", "worker"]\n',
            "backend/shop/__init__.py": "",
        },
    )
    assert [one.directory for one in found] == ["backend"]


@pytest.mark.parametrize(
    "line",
    [
        "celery -A shop beat",
        "celery -A shop flower",
        "pip install celery worker",
        "echo celery -A shop worker",
        "pgrep -f 'celery -A shop worker'",
        "docker compose up celery worker",
        "sleep 5 # celery -A shop worker",
    ],
)
def test_what_starts_no_worker(tmp_path: Path, line: str) -> None:
    assert follow(tmp_path, {"Procfile": f"x: {line}\n"}) == []


def test_a_service_takes_what_it_does_not_say_from_the_one_it_extends(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "base/services.yml": """
                services:
                  jobs:
                    image: shop
                    environment: {A: "1", B: "1"}
                    mem_limit: 1g
                    command: celery -A shop worker
                """,
            "compose.yml": """
                services:
                  mail:
                    extends: {file: base/services.yml, service: jobs}
                    environment: {B: "2"}
                """,
        },
    )
    assert shown(found) == ["compose.yml:2 <- base/services.yml:6: celery -A shop worker"]
    (mail,) = found
    assert {name: word.text for name, word in mail.environment.items()} == {"A": "1", "B": "2"}
    assert mail.launch is not None
    assert getattr(mail.launch.memory_limit, "value", None) == 1 << 30


def test_docker_run_starts_the_image_of_the_project(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "Dockerfile": 'FROM a\nCOPY entry.sh /\nENTRYPOINT ["/entry.sh"]\n',
            "entry.sh": '#!/bin/sh\ncase "$1" in\n  jobs) exec celery -A shop worker;;\nesac\n',
            "Makefile": "jobs:\n\t./run.sh jobs\n",
            "run.sh": '#!/bin/sh\nNAME=shop\ndocker run -it --rm -e A=$A -v $(pwd):/app $NAME "$@"\n',
        },
    )
    assert "Makefile:2 <- run.sh:3 <- entry.sh:3: celery -A shop worker" in shown(found)
    assert not [line for line in shown(found) if line.startswith("run.sh")]


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("CMD celery -A shop worker", "celery -A shop worker"),
        ('CMD ["celery", "-A", "shop", "worker"]', "celery -A shop worker"),
        ('ENTRYPOINT ["celery", "-A", "shop"]\nCMD ["worker", "-c", "4"]', "celery -A shop worker -c 4"),
    ],
)
def test_docker_run_without_words_starts_the_command_of_the_image(tmp_path: Path, image: str, command: str) -> None:
    files = {
        "Dockerfile": f"FROM a\n{image}\n",
        "deploy.sh": "#!/bin/sh\ndocker build -t shop .\ndocker run -d --env=A=1 -e B=$C -e D -e E=2 shop\n",
    }
    (found,) = [one for one in follow(tmp_path, files) if one.site.path == "deploy.sh"]
    assert " ".join(word.shown for word in found.command.words) == command
    given = {name: found.environment[name].text for name in ("A", "B", "D", "E")}
    assert given == {"A": "1", "B": None, "D": None, "E": "2"}


def test_an_image_of_another_owner_is_not_the_only_one_of_the_project(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM a\nCMD celery -A shop worker\n", "run.sh": "docker run -v .:/mnt tools/lint:1\n"}
    assert not [one for one in follow(tmp_path, files) if one.site.path == "run.sh"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("docker-compose run --rm -e A=1 jobs start -c 3", "celery -A shop worker -c 3"),
        ("docker compose -f compose.yml run jobs start -c 3", "celery -A shop worker -c 3"),
        ('docker compose run --entrypoint "" -d jobs /usr/bin/celery -A x worker', "/usr/bin/celery -A x worker"),
        ("docker compose exec -T jobs celery -A y worker", "celery -A y worker"),
        ("docker compose exec -T jobs start -c 3", None),
        ("docker compose run jobs other", None),
        ("docker compose run jobs", None),
        ("docker compose up jobs", None),
    ],
)
def test_what_docker_compose_runs_in_a_service(command: str, expected: str | None, tmp_path: Path) -> None:
    files = {
        "compose.yml": "services:\n  jobs:\n    build: .\n    command: web\n",
        "Dockerfile": 'FROM a\nCOPY entry.sh /\nENTRYPOINT ["/entry.sh"]\n',
        "entry.sh": '#!/bin/sh\ncase "$1" in\n  start) shift; exec celery -A shop worker "$@";;\nesac\n',
        "Makefile": f"jobs:\n\t{command}\n",
    }
    found = [one for one in follow(tmp_path, files) if one.site.path == "Makefile"]
    words = [" ".join(word.shown for word in one.command.words) for one in found]
    assert words == ([expected] if expected is not None else [])


@pytest.mark.parametrize("program", ['"$PY"', "$RUN", '"$(venv_python)"', "$HOME/bin/python$V"])
def test_a_function_that_hands_its_words_to_a_program_that_a_variable_names(program: str, tmp_path: Path) -> None:
    script = f'#!/bin/bash\nrun() {{\n  {program} "$@"\n}}\nA=1 run -m celery -A shop worker -c 2 &\n'
    assert shown(follow(tmp_path, {"run.sh": script})) == [
        "run.sh:5: celery -A shop worker -c 2",
    ]


def test_stopping_what_a_variable_names_starts_nothing(tmp_path: Path) -> None:
    script = """
        #!/bin/bash
        BIN=/venv/bin/celery
        NODES="one two"
        stop() {
            $BIN multi kill $(running) --pidfile=$PIDS
            $BIN inspect $WHAT
        }
        start() {
            $BIN multi start $NODES -A shop
        }
        case "$1" in
          start) start ;;
          stop) stop ;;
        esac
        """
    assert {str(one.site) for one in follow(tmp_path, {"init": script})} == {"init:9"}


def test_a_list_in_a_program_that_a_service_runs_is_a_place_of_its_own(tmp_path: Path) -> None:
    files = {
        "jobs.py": "import subprocess\n\nsubprocess.run(['celery', '-A', 'shop', 'worker'])\n",
        "Procfile": "jobs: python jobs.py\n",
    }
    assert shown(follow(tmp_path, files)) == [
        "Procfile:1 <- jobs.py:3: celery -A shop worker",
        "jobs.py:3: celery -A shop worker",
    ]


def test_docker_run_with_words_leaves_the_command_of_the_image(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM a\nCMD celery -A shop worker\n", "run.sh": "docker run shop manage\n"}
    assert not [one for one in follow(tmp_path, files) if one.site.path == "run.sh"]


def test_scripts_that_call_each_other_end(tmp_path: Path) -> None:
    files = {"a.sh": "#!/bin/sh\n./b.sh\ncelery -A shop worker\n", "b.sh": "#!/bin/sh\n./a.sh\n"}
    assert {str(one.site) for one in follow(tmp_path, files)} >= {"a.sh:3"}


INVOKED = """
    from invoke import task

    def start(ctx, words):
        ctx.run("celery -A shop worker -c 3")

    @task(aliases=["jobs"])
    def celery_worker(ctx):
        start(ctx, "")

    @task
    def other(ctx):
        ctx.run("celery -A shop worker -c 9")
    """


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("tasks.py", "invoke celery-worker"),
        ("tasks.py", "inv --echo celery_worker --level debug"),
        ("tasks.py", "python -m invoke jobs"),
        ("tasks/__init__.py", "inv celery-worker"),
        ("tasks/work.py", "invoke work.celery-worker"),
        ("deploy/tasks.py", "invoke -r deploy celery-worker"),
        ("ops/work.py", "invoke -c work celery-worker"),
        ("fabfile.py", "fab celery_worker"),
        ("fabfile.py", "fab -H host celery_worker:level=debug"),
        ("ops/fabfile/__init__.py", "fab celery_worker"),
    ],
)
def test_a_task_of_invoke_or_fabric_runs_its_function(tmp_path: Path, path: str, command: str) -> None:
    files = {path: INVOKED, "start.sh": f"#!/bin/sh\n{command}\n", "ops/__init__.py": ""}
    if path.startswith("tasks/"):
        files.setdefault("tasks/__init__.py", "")
    reached = [line for line in shown(follow(tmp_path, files)) if line.startswith("start.sh")]
    assert reached == [f"start.sh:2 <- {path}:4: celery -A shop worker -c 3"]


@pytest.mark.parametrize(
    "command", ["invoke nothing", "invoke --list", "invoke", "fab celery_worker", "inv -c x other"]
)
def test_a_task_that_is_not_there_starts_nothing(tmp_path: Path, command: str) -> None:
    found = follow(tmp_path, {"tasks.py": INVOKED, "start.sh": f"#!/bin/sh\n{command}\n"})
    assert {one.site.path for one in found} == {"tasks.py"}


MOUNTED = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {{name: scripts}}
    data:
      start.sh: |
        #!/bin/sh
        exec celery -A shop worker -c {number}
      plain: |
        #!/bin/bash
        exec celery -A shop worker -c 9
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: jobs}}
    spec:
      template:
        spec:
          containers:
            - name: jobs
              image: shop
              command: ["/scripts/start.sh"]
              resources: {{limits: {{memory: 1Gi}}}}
              volumeMounts: [{{name: from-map, mountPath: /scripts}}]
            - name: one
              image: shop
              command: [sh, /run.sh]
              volumeMounts: [{{name: from-map, mountPath: /run.sh, subPath: plain}}]
          volumes:
            - {{name: from-map, configMap: {{name: scripts}}}}
    """


def test_a_container_runs_a_script_of_a_mounted_config_map(tmp_path: Path) -> None:
    found = [one for one in follow(tmp_path, {"jobs.yaml": MOUNTED.format(number=3)}) if one.kind == "kubernetes"]
    assert shown(found) == [
        "jobs.yaml:21 <- jobs.yaml:7: celery -A shop worker -c 3",
        "jobs.yaml:26 <- jobs.yaml:10: celery -A shop worker -c 9",
    ]
    assert found[0].launch is not None
    assert getattr(found[0].launch.memory_limit, "value", None) == 1 << 30


def test_config_maps_of_one_name_belong_to_the_objects_beside_them(tmp_path: Path) -> None:
    found = follow(
        tmp_path, {f"{name}/jobs.yaml": MOUNTED.format(number=number) for name, number in (("a", 1), ("b", 2))}
    )
    assert [line for line in shown(found) if ":21" in line] == [
        "a/jobs.yaml:21 <- a/jobs.yaml:7: celery -A shop worker -c 1",
        "b/jobs.yaml:21 <- b/jobs.yaml:7: celery -A shop worker -c 2",
    ]
    assert {one.site.path for one in found if one.kind == "shell"} == {"a/jobs.yaml", "b/jobs.yaml"}


def test_a_chart_runs_a_script_of_its_config_map(tmp_path: Path) -> None:
    name = '{{ include "shop.fullname" . }}-scripts'
    template = MOUNTED.format(number="{{ .Values.number }}").replace("name: scripts", f"name: '{name}'")
    found = follow(
        tmp_path,
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "chart/values.yaml": "number: 5\n",
            "chart/templates/jobs.yaml": template,
        },
    )
    reached = [one for one in found if one.kind == "helm" and one.site.line == 21]
    assert [one.command.words[-1].shown for one in reached] == ["5"]


@pytest.mark.parametrize(
    ("files", "copies", "reached"),
    [
        ("/etc/supervisor/conf.d/*.conf", "COPY deploy/jobs /etc/supervisor/conf.d", {"deploy/jobs/a.conf"}),
        ("conf.d/*.conf", "COPY deploy/jobs /etc/conf.d/", {"deploy/jobs/a.conf"}),
        ("%(here)s/jobs/*.conf x.ini", "", {"deploy/jobs/a.conf"}),
        ("/opt/jobs/*.conf ; all of them", "", {"deploy/jobs/a.conf"}),
        ("/opt/*.conf", "COPY deploy/other/b.conf /opt/b.conf", {"deploy/other/b.conf"}),
        ("/opt/jobs/*.ini", "", {"deploy/jobs/a.conf", "deploy/other/b.conf"}),
    ],
)
def test_supervisord_starts_the_programs_of_included_files(
    tmp_path: Path, files: str, copies: str, reached: set[str]
) -> None:
    found = follow(
        tmp_path,
        {
            "Dockerfile": f"""
                FROM a
                COPY deploy/main.conf /etc/main.conf
                {copies}
                CMD ["supervisord", "-c", "/etc/main.conf"]
                """,
            "deploy/main.conf": f"[supervisord]\nnodaemon=true\n[include]\nfiles = {files}\n",
            "deploy/jobs/a.conf": "[program:a]\ncommand=celery -A shop worker -c 1\n",
            "deploy/other/b.conf": "[program:b]\ncommand=celery -A shop worker -c 2\n",
        },
    )
    assert {one.via[-1].path for one in found if one.kind == "dockerfile"} == reached


def test_the_verb_of_a_script_that_hands_its_arguments_to_a_function(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "start": """
                #!/bin/bash
                main() {
                    if [[ ${1:-} == "serve" ]]; then
                        supervisord -c /etc/jobs/supervisord.conf
                    fi
                    manage "$@"
                }
                main "$@"
                """,
            "etc/jobs/supervisord.conf": """
                [program:mail]
                command=celery -A shop worker -c 2
                """,
            "Dockerfile": """
                FROM shop
                COPY etc /etc/
                COPY start /bin/
                ENTRYPOINT ["/bin/start"]
                CMD ["serve"]
                """,
        },
    )
    assert shown(found) == [
        "Dockerfile:5 <- start:4 <- etc/jobs/supervisord.conf:2: celery -A shop worker -c 2",
        "etc/jobs/supervisord.conf:2: celery -A shop worker -c 2",
        "start:4 <- etc/jobs/supervisord.conf:2: celery -A shop worker -c 2",
    ]


def test_variables_of_the_script_that_runs_supervisord_reach_the_commands(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "start.sh": """
                : "${MAIL_OPTS:="-c 3 --max-tasks-per-child 5"}"
                MEDIA_OPTS="-P threads -c $(nproc)"
                export MAIL_OPTS MEDIA_OPTS
                supervisord -c jobs.conf
                """,
            "jobs.conf": """
                [program:mail]
                command=celery -A shop worker %(ENV_MAIL_OPTS)s
                [program:media]
                command=celery -A shop worker %(ENV_MEDIA_OPTS)s -E
                [program:other]
                command=celery -A shop worker %(ENV_OTHER)s
                """,
        },
    )
    mail, media, other = (one.command.options for one in found if one.site.path == "start.sh")
    assert (unknown_default(mail["concurrency"]), unknown_default(mail["max_tasks_per_child"])) == ("3", "5")
    assert isinstance(media["pool"], Known)
    assert media["pool"].value.text == "threads"
    assert isinstance(media["concurrency"], Known)
    assert media["concurrency"].value.holes[0].host_cpus
    assert isinstance(media["max_tasks_per_child"], Unset)
    assert unknown_default(other["concurrency"]) is None


def unknown_default(value: object) -> str | None:
    assert isinstance(value, Unknown)
    return value.default.text if value.default is not None else None


def test_circusd_starts_its_watchers_with_their_environment(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "Dockerfile": 'FROM a\nCOPY . /srv\nWORKDIR /srv\nCMD ["circusd", "--daemon", "deploy/circus.ini"]\n',
            "deploy/circus.ini": """
                [watcher:jobs]
                cmd = celery
                args = -A shop worker -c $(circus.env.CHILDREN)
                [env:jobs]
                CHILDREN = 3
                """,
        },
    )
    assert shown(found) == [
        "Dockerfile:4 <- deploy/circus.ini:2: celery -A shop worker -c 3",
        "deploy/circus.ini:2: celery -A shop worker -c 3",
    ]


@pytest.mark.parametrize(
    ("target", "command", "reached"),
    [
        ("/etc/supervisor/conf.d/", "supervisord -n", True),
        ("/etc/supervisord.d/jobs.ini", "supervisord -n -c /etc/supervisord.conf", True),
        ("/etc/supervisor.d/jobs.ini", "supervisord", True),
        ("/opt/jobs.conf", "supervisord -n", False),
        ("/etc/supervisor/conf.d/", "supervisord -c /opt/other.conf", False),
    ],
)
def test_supervisord_of_a_distribution_includes_what_an_image_puts_there(
    tmp_path: Path, target: str, command: str, reached: bool
) -> None:
    found = follow(
        tmp_path,
        {
            "Dockerfile": f"FROM debian\nCOPY deploy/jobs.conf {target}\nCMD {command}\n",
            "deploy/jobs.conf": "[program:jobs]\ncommand=celery -A shop worker -c 1\n",
            "deploy/more.conf": "[program:more]\ncommand=celery -A shop worker -c 2\n",
        },
    )
    assert {str(one.via[-1]) for one in found if one.kind == "dockerfile"} == (
        {"deploy/jobs.conf:2"} if reached else set()
    )


def test_the_command_behind_a_variable_with_a_default(tmp_path: Path) -> None:
    script = """
        #!/bin/sh
        BIN=${BIN:-celery}
        MULTI=${MULTI:-"$BIN multi"}
        as_user() {
            su "$WHO" -c "$MULTI $*"
        }
        as_user start one --app=shop -c 3 $OPTIONS
        """
    found = follow(tmp_path, {"init": script})
    assert shown(found) == ["init:5: celery multi start one --app=shop -c 3 $OPTIONS"]


@pytest.mark.parametrize(
    ("command", "counts"),
    [
        ("npx concurrently -k --names a,b 'npm:worker' 'celery -A shop worker -c 6'", ["4", "6"]),
        ("run-p worker web", ["4"]),
        ("npm-run-all --parallel web worker", ["4"]),
        ("concurrently 'npm:web'", []),
        ("make jobs N=7", ["7"]),
        ("make -s jobs", ["{N}"]),
    ],
)
def test_runners_of_several_tasks_and_variables_given_to_make(tmp_path: Path, command: str, counts: list[str]) -> None:
    files = {
        "package.json": '{"scripts": {"worker": "celery -A shop worker -c 4", "web": "gunicorn"}}',
        "Makefile": "N ?= 2\njobs:\n\tcelery -A shop worker -c $(N)\n",
        "start.sh": f"#!/bin/sh\n{command}\n",
    }
    reached = {one.command.words[-1] for one in follow(tmp_path, files) if one.site.path == "start.sh"}
    assert sorted(word.text or "{N}" for word in reached) == counts


@pytest.mark.parametrize(
    ("command", "starts"),
    [
        ("bin/start-pgbouncer celery -A shop worker -c 3", True),
        ("bin/start-pgbouncer newrelic-admin run-program celery -A shop worker -c 3", True),
        ("bin/start-pgbouncer echo celery -A shop worker -c 3", False),
        ("/opt/tools/with-secrets /venv/bin/celery -A shop worker", True),
        ("with-secrets celery -A shop worker", False),
        ("/usr/bin/pkill celery -A worker", False),
        ("/opt/tools/with-secrets celery", False),
    ],
)
def test_a_program_by_path_that_is_not_here_is_taken_to_run_a_celery_command(
    tmp_path: Path, command: str, starts: bool
) -> None:
    assert bool(follow(tmp_path, {"Procfile": f"jobs: {command}\n"})) is starts


MANAGED = """
    from django.core.management.base import BaseCommand

    from shop.celery import app

    class Command(BaseCommand):
        def add_arguments(self, parser):
            parser.add_argument("--processes-of", type=int, default=4)

        def handle(self, *args, **options):
            app.worker_main(["worker", f"--concurrency={options['processes_of']}"])
    """


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("--processes-of 6", "--concurrency=6"),
        ("--processes-of=7 --other", "--concurrency=7"),
        ("--other 6", "--concurrency=4"),
    ],
)
def test_options_of_a_program_are_what_its_caller_gives(tmp_path: Path, arguments: str, word: str) -> None:
    files = {
        "Procfile": f"jobs: python manage.py jobs {arguments}\n",
        "shop/management/commands/jobs.py": MANAGED,
    }
    (found,) = [one for one in follow(tmp_path, files) if one.site.path == "Procfile"]
    assert found.command.words[-1].shown == word


def test_a_verb_is_no_value_of_a_program(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "start.sh": "python main.py worker $QUEUES\n",
            "main.py": """
                import click
                from celery import Celery
                app = Celery("shop")

                @click.command()
                @click.option("--processes", default=2)
                def worker(processes):
                    app.worker_main(["worker", "-c", processes])
                """,
        },
    )
    (started,) = (one for one in found if one.site.path == "start.sh")
    concurrency = started.command.options["concurrency"]
    assert isinstance(concurrency, Known)
    assert (concurrency.value.text, concurrency.value.default_text) == (None, "2")


@pytest.mark.parametrize(
    ("call", "known"),
    [
        ("/bin/bash {{ home }}/{{ env }}_run_jobs.sh --loglevel=INFO -c {{ count }}", False),
        ("{{ home }}/run_jobs.sh", True),
        ("{{ home }}/prerun_jobs.sh -c 3", True),
    ],
)
def test_a_script_that_is_a_template_may_be_called_under_another_name(tmp_path: Path, call: str, known: bool) -> None:
    files = {
        "templates/run_jobs.sh.j2": "#!/bin/bash\ncelery -A shop worker $@\n",
        "templates/jobs.conf.j2": f"[program:jobs]\ncommand={call}\n",
    }
    (started,) = (one for one in follow(tmp_path, files) if one.site.path.endswith("run_jobs.sh.j2"))
    assert isinstance(started.command.options["concurrency"], Unset if known else Unknown)


@pytest.mark.parametrize(
    ("program", "starts"), [("${BIN_DIR}celery", True), ("$VENV/bin/celery", True), ("${LOG_LEVEL}celery", False)]
)
def test_a_program_behind_a_folder_that_is_not_known(tmp_path: Path, program: str, starts: bool) -> None:
    files = {"start.sh": f'#!/bin/sh\nsu jobs --command "nice -n 3 {program} -A shop worker -c 2"\n'}
    assert bool(follow(tmp_path, files)) is starts


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ("((N = 2 * 3))", "6"),
        ("((N++))", "5"),
        ("let N=N*2", "8"),
        ("if ((N > 3)); then ((N = 3)); fi", "3"),
        ("for ((N = 0; N < 8; N++)); do echo $N; done", "8"),
        ("for ((N = 0; N < 80; N++)); do echo $N; done", None),
        ("((N = OF_THE_ENVIRONMENT + 1))", None),
        ("((M = N))", "4"),
        ("((N == 4))", "4"),
    ],
)
def test_what_arithmetic_changes(tmp_path: Path, change: str, count: str | None) -> None:
    counts = set()
    for started in follow(tmp_path, {"start.sh": f"#!/bin/bash\nN=4\n{change}\ncelery -A shop worker -c $N\n"}):
        concurrency = started.command.options["concurrency"]
        assert isinstance(concurrency, Known)
        counts.add(concurrency.value.text)
    assert counts == {count}


def test_a_script_that_calls_itself_starts_its_worker_at_one_place(tmp_path: Path) -> None:
    script = """
        #!/bin/bash
        run_worker() {
          exec poetry run celery -A shop worker
        }
        case "$1" in
          all) tmux new-session -d "./start.sh worker" ;;
          worker) run_worker ;;
        esac
    """
    assert len({one.site for one in follow(tmp_path, {"start.sh": script})}) == 1


DOCKERFILE = 'FROM python AS base\nCMD ["celery", "-A", "shop", "worker"]\nFROM base AS web\nCMD ["gunicorn", "shop"]\n'


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("{context: ., target: base}", ["compose.yml:2 <- Dockerfile:2: celery -A shop worker"]),
        ("{context: ., target: BASE}", ["compose.yml:2 <- Dockerfile:2: celery -A shop worker"]),
        ("{context: ., target: '0'}", ["compose.yml:2 <- Dockerfile:2: celery -A shop worker"]),
        ("{context: ., target: beat}", ["Dockerfile:2: celery -A shop worker"]),
        ("{context: ., target: '${STAGE}'}", ["Dockerfile:2: celery -A shop worker"]),
        (".", ["Dockerfile:2: celery -A shop worker"]),
    ],
)
def test_the_stage_that_a_service_builds(build: str, expected: list[str], tmp_path: Path) -> None:
    files = {"Dockerfile": DOCKERFILE, "compose.yml": f"services:\n  jobs:\n    build: {build}\n"}
    assert shown(follow(tmp_path, files)) == expected


def test_an_image_that_every_service_runs_otherwise_is_a_worker_beside_them(tmp_path: Path) -> None:
    compose = "services:\n  web:\n    build: .\n    command: gunicorn shop\n"
    files = {"Dockerfile": 'FROM python\nCMD ["celery", "-A", "shop", "worker"]\n', "compose.yml": compose}
    assert shown(follow(tmp_path, files)) == ["Dockerfile:2: celery -A shop worker"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/start-jobs", ["k8s.yaml:6 <- docker/jobs/start:2: celery -A shop worker"]),
        ("/app/docker/jobs/start", ["k8s.yaml:6 <- docker/jobs/start:2: celery -A shop worker"]),
        ("/start", []),
        ("/elsewhere/start", []),
        ("/elsewhere/jobs/start", ["k8s.yaml:6 <- docker/jobs/start:2: celery -A shop worker"]),
    ],
)
def test_a_path_in_a_pulled_image_is_where_an_image_of_the_project_has_it(
    path: str, expected: list[str], tmp_path: Path
) -> None:
    pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: ghcr.io/acme/other\n"
    files = {
        "Dockerfile": "FROM python\nCOPY . /app\nCOPY docker/jobs/start /start-jobs\n",
        "docker/jobs/start": "#!/bin/bash\nexec celery -A shop worker\n",
        "k8s.yaml": f'{pod}    command: ["{path}"]\n',
    }
    assert [line for line in shown(follow(tmp_path, files)) if line.startswith("k8s")] == expected


def test_what_an_image_says_is_for_others_where_a_service_has_a_command_of_its_own(tmp_path: Path) -> None:
    dockerfile = 'FROM python:3.12\nCMD ["celery", "-A", "shop", "worker", "-c", "2"]\n'
    service = "services:\n  jobs:\n    build: .\n    command: {}\n"
    worker = {"Dockerfile": dockerfile, "compose.yaml": service.format("celery -A shop worker -c 3")}
    image = "Dockerfile:2: celery -A shop worker -c 2"
    assert shown(follow(tmp_path, worker)) == [image, "compose.yaml:4: celery -A shop worker -c 3"]
    web = {"Dockerfile": dockerfile, "compose.yaml": service.format("gunicorn shop.wsgi")}
    assert shown(follow(tmp_path, web)) == [image]


def test_a_last_stage_without_a_command_runs_that_of_the_stage_below_with_its_own_variables(tmp_path: Path) -> None:
    (found,) = follow(
        tmp_path,
        {
            "Dockerfile": """
                FROM python:3.12 AS base
                ENV N=2
                CMD celery -A shop worker -c $N
                FROM base AS final
                ENV N=5
                """
        },
    )
    assert shown([found])[0].endswith("celery -A shop worker -c 5")


def test_an_image_runs_a_script_that_a_here_document_of_its_dockerfile_holds(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "docker/Dockerfile": """
                FROM python:3.12
                COPY <<'EOF' /srv/run.sh
                #!/bin/sh
                exec celery -A shop worker -c "$1"
                EOF
                CMD ["/srv/run.sh", "4"]
                """
        },
    )
    assert "docker/Dockerfile:6 <- docker/Dockerfile:4: celery -A shop worker -c 4" in shown(found)


SUPERVISED = {
    "Dockerfile": """
        FROM python:3.12
        COPY . /srv/shop
        WORKDIR /srv/shop
        ENV WORKER=yes
        CMD ["./deploy/start.sh"]
        """,
    "deploy/start.sh": "#!/bin/sh\n. deploy/prepare.sh\nexec /usr/bin/supervisord\n",
    "deploy/prepare.sh": """
        cp deploy/web.conf /etc/supervisor/conf.d/web.conf
        if [ X"$WORKER" = X"yes" ]; then
            cp deploy/worker.conf /etc/supervisor/conf.d/
        fi
        """,
    "deploy/web.conf": "[program:web]\ncommand=gunicorn shop.wsgi\n",
    "deploy/worker.conf": "[program:worker]\ncommand=celery -A shop worker -c 3\n",
}


@pytest.mark.parametrize(("worker", "expected"), [("'yes'", 1), ("'no'", 0), ("'${WORKER}'", 1)])
def test_a_program_of_supervisord_runs_where_a_script_has_copied_its_file(
    worker: str, expected: int, tmp_path: Path
) -> None:
    service = f"services:\n  jobs:\n    build: .\n    environment: {{WORKER: {worker}}}\n"
    found = [
        one for one in follow(tmp_path, {**SUPERVISED, "compose.yaml": service}) if one.site.path == "compose.yaml"
    ]
    assert len(found) == expected
    assert all(shown([one])[0].endswith("celery -A shop worker -c 3") for one in found)


def test_a_script_that_was_copied_runs_under_its_new_name(tmp_path: Path) -> None:
    dockerfile = (
        "FROM python:3.12\nCOPY . /srv\nWORKDIR /srv\nCMD cp bin/jobs.sh /usr/local/bin/go && /usr/local/bin/go 4\n"
    )
    files = {"Dockerfile": dockerfile, "bin/jobs.sh": '#!/bin/sh\ncelery -A shop worker -c "$1"\n'}
    assert "celery -A shop worker -c 4" in "\n".join(shown(follow(tmp_path, files)))
