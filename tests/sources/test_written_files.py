"""Files that scripts write with here-documents."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.sources import written_files

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
    ],
)
def test_a_unit_is_read_at_its_place(opening: str, closing: str) -> None:
    (unit,) = launches(f"{opening}\n{UNIT}{closing}\necho done\n")
    assert (unit.kind, unit.at.line) == ("systemd", 4)
    assert isinstance(unit.memory_limit, Known)
    assert unit.memory_limit.value == 1 << 30


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
