"""Which commands of PowerShell scripts are launches."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Argv, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import powershell


def started(text: str) -> list[str]:
    launches = [one for one in powershell.read(SourceText("run.ps1", text)) if isinstance(one, Launch)]
    return [" ".join(word.shown for word in one.command.words) for one in launches if isinstance(one.command, Argv)]


@pytest.mark.parametrize(
    "text", ["Write-Host 'ready'", "return $true", "exit 1", "Set-Content -Path out.txt -Value $x", "throw 'no'"]
)
def test_cmdlets_and_keywords_start_nothing(text: str) -> None:
    assert started(text) == []


def test_what_stands_in_a_block_is_started() -> None:
    assert "celery -A shop worker" in started("if ($ok) {\n  Write-Host 'go'\n  celery -A shop worker\n}\n")


@pytest.mark.parametrize(
    "command", ["Invoke-Quiet docker compose up", "Invoke-Quiet celery -A shop worker", "& ./run.ps1", "myprogram work"]
)
def test_functions_that_are_given_a_program_are_kept(command: str) -> None:
    assert started(command) == [command.removeprefix("& ")]
