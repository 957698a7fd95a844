"""When a number that follows from a memory limit is safe to write, and what is said where it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding, Fix
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.quantity import MIB
from flake8_celery_oom.workspace import Workspace

APP = 'from celery import Celery\n\napp = Celery("shop")\n'


def weighed(main: float, alone: float, child: float, own: float) -> Config:
    weights = Weights(*(round(amount * MIB) for amount in (main, alone, child, own)))
    return Config(weights=(("shop", weights),), select=("CO2", "CO3"))


BARE = weighed(51, 27.5, 42, 20)
USUAL = weighed(180, 100, 135, 60)
HEAVY = weighed(420, 260, 330, 110)


def findings(folder: Path, files: dict[str, str], config: Config) -> list[Finding]:
    for name, text in {"shop.py": APP, "requirements.txt": "celery==5.4.0\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Workspace(folder, config).findings()


def the_fix(folder: Path, files: dict[str, str], config: Config) -> Fix:
    (fix,) = (one.fix for one in findings(folder, files, config) if one.fix is not None)
    return fix


def compose(command: str, limit: str, more: str = "") -> dict[str, str]:
    return {
        "compose.yml": f"services:\n  worker:\n    image: shop\n    command: {command}\n    mem_limit: {limit}\n{more}"
    }


ALONE = compose("celery -A shop worker -c 2", "512m")


def test_a_number_is_safe_where_the_app_was_weighed_and_is_alone(tmp_path: Path) -> None:
    fix = the_fix(tmp_path, ALONE, BARE)
    assert (fix.title, fix.safety, fix.doubt) == ("set max-memory-per-child to 183000", "safe", "")
    used = 51 + 2 * 183_000 / 1024
    assert used <= 0.8 * 512 < used + 2


def test_the_headroom_is_chosen(tmp_path: Path) -> None:
    assert the_fix(tmp_path, ALONE, replace(BARE, headroom=50)).title == "set max-memory-per-child to 104000"
    assert the_fix(tmp_path, ALONE, replace(BARE, headroom=0)).title == "set max-memory-per-child to 235000"


def test_a_number_that_was_not_weighed_is_not_safe(tmp_path: Path) -> None:
    fix = the_fix(tmp_path, ALONE, replace(BARE, weights=()))
    assert fix.safety == "unsafe"
    assert fix.doubt == "what an idle process of this app weighs was not measured (`celery-oom weigh` does)"


@pytest.mark.parametrize(
    ("files", "doubt"),
    [
        (
            compose('sh -c "gunicorn shop & exec celery -A shop worker -c 2"', "512m"),
            "`gunicorn` runs in the same container, and what it weighs is not known",
        ),
        (
            compose('sh -c "celery -A shop worker -c 2 & gunicorn shop"', "512m"),
            "`gunicorn` runs in the same container, and what it weighs is not known",
        ),
        (
            compose('sh -c "python migrate.py && exec celery -A shop worker -c 2"', "512m"),
            "",
        ),
        (
            compose("celery -A shop worker -c 2", "512m", "    healthcheck:\n      test: celery -A shop status\n"),
            "the health check `celery -A shop` runs in the same container, and what it weighs is not known",
        ),
        (
            compose("celery -A shop worker -c 2", "512m", "    healthcheck:\n      disable: true\n"),
            "",
        ),
        (
            compose("celery -A shop worker -c 2", '"${LIMIT:-512m}"'),
            "the memory limit of the container may be another",
        ),
        (
            {
                "compose.yml": "services:\n  worker:\n    build: .\n    mem_limit: 512m\n",
                "Dockerfile": "FROM python\nCOPY . .\n"
                "HEALTHCHECK --interval=30s CMD celery -A shop inspect ping\nCMD celery -A shop worker -c 2\n",
            },
            "the health check `celery -A shop` runs in the same container, and what it weighs is not known",
        ),
        (
            {
                "compose.yml": "services:\n  worker:\n    build: .\n    command: supervisord -n -c all.conf\n"
                "    mem_limit: 512m\n",
                "Dockerfile": "FROM python\nCOPY . .\n",
                "all.conf": "[program:web]\ncommand=gunicorn shop\n\n"
                "[program:worker]\ncommand=celery -A shop worker -c 2\n",
            },
            "`web` runs in the same container, and what it weighs is not known",
        ),
    ],
)
def test_what_else_runs_in_the_container_is_asked_for(tmp_path: Path, files: dict[str, str], doubt: str) -> None:
    fix = the_fix(tmp_path, files, BARE)
    assert (fix.safety, fix.doubt) == ("unsafe" if doubt else "safe", doubt)


def test_a_health_check_of_kubernetes_counts_and_that_of_its_image_does_not(tmp_path: Path) -> None:
    manifest = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {template: {spec: {containers: [\n"
        '  {name: worker, image: me/shop, command: ["celery", "-A", "shop", "worker", "-c", "2"],\n'
        "   resources: {limits: {memory: 512Mi}}PROBE}]}}}\n"
    )
    dockerfile = "FROM python\nHEALTHCHECK CMD celery -A shop inspect ping\n"
    files = {"shop/Dockerfile": dockerfile, "worker.yaml": manifest.replace("PROBE", "")}
    assert the_fix(tmp_path, files, BARE).safety == "safe"
    probe = ', livenessProbe: {exec: {command: ["celery", "-A", "shop", "inspect", "ping"]}}'
    assert the_fix(tmp_path, {"worker.yaml": manifest.replace("PROBE", probe)}, BARE).safety == "unsafe"


# --- safe fixes of earlier versions that public reports contradict ----------------------------------------------------


def test_a_web_server_beside_the_worker_in_512_mib(tmp_path: Path) -> None:
    command = 'sh -c "celery -A shop worker -c 1 & gunicorn -w 2 shop.wsgi"'
    fix = the_fix(tmp_path, compose(command, "512m"), USUAL)
    assert fix.safety == "unsafe"
    assert "gunicorn" in fix.doubt


def test_a_health_check_in_320_mib(tmp_path: Path) -> None:
    check = "    healthcheck:\n      test: [CMD-SHELL, celery -A shop inspect ping]\n"
    fix = the_fix(tmp_path, compose("celery -A shop worker -c 1", "320m", check), BARE)
    assert fix.safety == "unsafe"
    assert "health check" in fix.doubt


def test_tensorflow_with_eight_children_in_4_gib(tmp_path: Path) -> None:
    command = "celery -A shop worker -c 8"
    files = {**compose(command, "4g"), "shop.py": f"import tensorflow\n{APP}"}
    assert the_fix(tmp_path, files, replace(HEAVY, weights=())).safety == "shown", "what TensorFlow weighs is known"
    advised = the_fix(tmp_path, files, HEAVY)
    assert (advised.title, advised.safety) == ("run at most 5 processes: more leave none room for tasks", "shown")


def test_a_number_that_nobody_chose_leaves_room_for_what_is_imported(tmp_path: Path) -> None:
    files = {"compose.yml": "services:\n  worker:\n    image: shop\n    command: celery -A shop worker -c 2\n"}
    assert the_fix(tmp_path, files, Config(select=("CO2",))).title == "set max-memory-per-child to 200000"
    files["shop.py"] = f"import torch\n{APP}"
    assert the_fix(tmp_path, files, Config(select=("CO2",))).title == "set max-memory-per-child to 350000"


def test_a_heavy_import_in_1000_mib(tmp_path: Path) -> None:
    files = compose("celery -A shop worker -c 2", "1000m")
    assert the_fix(tmp_path, files, replace(HEAVY, weights=())).safety == "unsafe"
    advised = the_fix(tmp_path, files, HEAVY)
    assert (advised.title, advised.safety) == (
        "raise the memory limit: it leaves the processes no room for tasks",
        "shown",
    )


def test_ten_children_in_a_task_of_ecs_with_1_gib(tmp_path: Path) -> None:
    definition = (
        '{"family": "shop", "memory": "1024", "containerDefinitions": [{"name": "worker", "image": "shop",'
        ' "command": ["celery", "-A", "shop", "worker", "-c", "10"]}]}'
    )
    assert the_fix(tmp_path, {"task-definition.json": definition}, replace(USUAL, weights=())).safety != "safe"
    (idle,) = (one for one in findings(tmp_path, {}, weighed(150, 90, 130, 95)) if one.code == "CO302")
    assert "11 idle processes need 1.02 GiB before any task, killed at 1 GiB; --concurrency=3 with" in idle.message


def test_autoscale_of_eight_in_1_gib(tmp_path: Path) -> None:
    files = compose("celery -A shop worker --autoscale=8,1 --max-memory-per-child=200000", "1g")
    assert the_fix(tmp_path, files, replace(USUAL, weights=())).safety == "unsafe"
    (exceeds,) = findings(tmp_path, files, USUAL)
    assert exceeds.code == "CO301"
    assert exceeds.message.endswith("killed at 1 GiB; an autoscale maximum of 3 fits")
