"""Files that scripts write with here-documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.frontends import cli
from flake8_celery_oom.sources import written_files
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

UNIT = "[Service]\nExecStart=$HOME/bin/celery -A shop worker -c 3\nMemoryMax=1G\n"
PROGRAM = "[program:jobs]\ncommand=celery -A shop worker -c 4\n"


def launches(text: str) -> list[Launch]:
    source = SourceText("install.sh", f"#!/bin/sh\n{text}")
    found = [fact for fact in written_files.read(source) if isinstance(fact, Launch)]
    for one in found:
        assert isinstance(one.command, ShellText)
        assert one.command.text.source is source
        assert source.text[one.at.start : one.at.end] == one.command.text.text
    return found


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("cat > /etc/systemd/system/jobs.service <<EOF", "EOF"),
        ("cat <<'UNIT' >/etc/systemd/system/jobs.service", "UNIT"),
        ('    sudo tee "/etc/systemd/system/$NAME.service" >/dev/null << "END"', "END"),
        ("tee -a jobs.service <<-EOF", "\tEOF"),
        ("sudo bash -c 'cat <<EOF > /etc/systemd/system/jobs.service", "EOF'"),
    ],
)
def test_a_unit_is_read_at_its_place(opening: str, closing: str) -> None:
    (unit,) = launches(f"{opening}\n{UNIT}{closing}\necho done\n")
    assert (unit.kind, unit.at.line) == ("systemd", 4)
    assert isinstance(unit.memory_limit, Known)
    assert unit.memory_limit.value == 1 << 30


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ('echo "', '" | tee /etc/systemd/system/jobs.service'),
        ("echo -e '", "' | sudo tee -a /etc/systemd/system/jobs.service > /dev/null"),
        ("if true; then printf '", "' > /etc/systemd/system/jobs.service; fi"),
        ('sudo echo "', '" >> "$HOME/.config/systemd/user/jobs.service"'),
    ],
)
def test_a_unit_that_is_printed_to_a_file(before: str, behind: str) -> None:
    text = f"echo \"here\"; echo 'nothing' > b.service\n{before}[Unit]\n{UNIT}{behind}\necho 'done'\n"
    (unit,) = launches(text)
    assert (unit.kind, unit.at.line) == ("systemd", 5)


@pytest.mark.parametrize("behind", ["", " | grep x", " > notes.txt"])
def test_a_unit_that_is_printed_elsewhere(behind: str) -> None:
    assert launches(f"echo '[Unit]\n{UNIT}'{behind}\necho x > jobs.service\n") == []


def test_files_that_one_script_writes_are_containers_of_their_own() -> None:
    first = f"cat > a.service <<EOF\n{UNIT}EOF\n"
    second = f"cat > /etc/supervisor/conf.d/jobs.conf <<EOF\n{PROGRAM}EOF\n"
    unit, program = launches(first + second)
    assert (program.kind, program.name) == ("supervisor", "jobs")
    assert isinstance(program.memory_limit, Unset)
    assert unit.container != program.container


@pytest.mark.parametrize(
    "text",
    [
        f"cat <<EOF\n{UNIT}EOF\n",
        f"cat > notes.txt <<EOF\n{UNIT}EOF\n",
        f"# cat > a.service <<EOF\n{UNIT}EOF\n",
        "cat > a.service <<EOF\n[Unit]\nDescription=x\nEOF\n",
        f"cat > a.service <<EOF\n{UNIT}",
    ],
)
def test_what_is_no_such_file(text: str) -> None:
    assert launches(text) == []


COMPOSE = """services:
  jobs:
    image: shop:latest
    command: celery -A shop worker -c {count}
    mem_limit: 1g
"""


@pytest.mark.parametrize(
    ("opening", "count", "expected"),
    [
        ("cat > docker-compose.yml << 'EOF'", "3", 3),
        ("cat <<EOF >/srv/shop/compose.yaml", "3", 3),
        ("tee stack.yml <<EOF", "3", 3),
        ("cat > docker-compose.yml <<EOF", r"\${COUNT:-3}", ("unknown", 3)),
        ("cat > docker-compose.yml <<'EOF'", "${COUNT:-3}", ("unknown", 3)),
        ("cat > docker-compose.yml <<EOF", "$COUNT", ("unknown", None)),
    ],
)
def test_a_compose_file_is_read_at_its_place(opening: str, count: str, expected: object, tmp_path: Path) -> None:
    script = f"#!/bin/sh\nset -e\n{opening}\n{COMPOSE.format(count=count)}EOF\ndocker compose up -d\n"
    write_files(tmp_path, {"install.sh": script})
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert (worker.kind, worker.name, worker.at.path, worker.at.line) == ("compose", "jobs", "install.sh", 7)
    assert isinstance(worker.memory_limit, Known)
    found = worker.concurrency
    assert (found.value if isinstance(found, Known) else ("unknown", getattr(found, "default", None))) == expected


def test_other_yaml_that_a_script_writes_is_no_compose_file(tmp_path: Path) -> None:
    text = COMPOSE.format(count=3).replace("image", "picture").replace("command", "words").replace("mem_limit", "most")
    write_files(tmp_path, {"install.sh": f"#!/bin/sh\ncat > jobs.yml <<EOF\n{text}EOF\n"})
    assert Workspace(tmp_path, Config()).project().workers == ()


def test_a_fix_of_a_written_compose_file_changes_the_script(tmp_path: Path) -> None:
    text = (
        "#!/bin/sh\ncat > docker-compose.yml <<'EOF'\nservices:\n  a:\n    image: b\n    command: celery worker\nEOF\n"
    )
    write_files(tmp_path, {"install.sh": text})
    assert cli.main(["fix", "--unsafe-fixes", str(tmp_path)]) in {0, 1}
    changed = (tmp_path / "install.sh").read_text()
    assert "\n    command: celery worker --concurrency=2 --max-memory-per-child=" in changed
    assert changed.startswith("#!/bin/sh\ncat > docker-compose.yml <<'EOF'\nservices:\n")
    assert changed.endswith("\nEOF\n")
