"""One job done, in the process where it is asked for."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom.api.scanning import ScanError, config_of, opened, stored, workspace_of
from flake8_celery_oom.fleet.jobs import Job, Outcome
from flake8_celery_oom.formats.text import printable
from flake8_celery_oom.listing.stored import Stored, state_of
from flake8_celery_oom.masking import masked

if TYPE_CHECKING:
    from flake8_celery_oom.config import Config

LONGEST_REASON = 500


def perform(job: Job, scratch: str | None = None) -> Outcome:
    """Scan or fix one repository; whatever goes wrong is in the outcome. Raises MemoryError."""
    started, cpu = time.perf_counter(), time.process_time()
    outcome = _performed(job, scratch)
    return replace(
        outcome,
        seconds=round(time.perf_counter() - started, 6),
        cpu=round(time.process_time() - cpu, 6),
        memory=_peak(),
        resident=_resident(),
    )


def _performed(job: Job, scratch: str | None) -> Outcome:
    outcome = Outcome(job.number, job.name, job.path, "scanned")
    try:
        found = stored(job.path)
        outcome = replace(outcome, kind=found.kind)
        state = state_of(found)
        outcome = replace(outcome, commit=state.commit, state=state.key)
        if job.known and job.known == state.key:
            return replace(outcome, result="unchanged")
        return replace(outcome, body=_body(job, found, state.files, scratch))
    except MemoryError:
        raise
    except ScanError as error:
        reason = str(error)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
    except Exception as error:
        reason = f"a mistake in celery-oom ended the scan ({type(error).__name__}: {error})"
    return replace(outcome, result="broken", reason=_line(reason.replace(f"{job.path}{os.sep}", "")))


def _line(text: str) -> str:
    return printable(masked(" ".join(text.split())))[:LONGEST_REASON]


def _body(job: Job, found: Stored, files: tuple[str, ...] | None, scratch: str | None) -> str:
    from flake8_celery_oom.api.building import report_of
    from flake8_celery_oom.api.owners import Owners

    with opened(found, scratch, files) as here:
        workspace, problem = workspace_of(here, _config(job.config))
        if job.fix is None:
            return json.dumps(report_of(workspace, Owners.of(Path(here.root)), problem).document())
        from flake8_celery_oom.fleet.patches import patch_of

        return json.dumps(patch_of(workspace, job.fix))


@lru_cache(maxsize=1)
def _config(path: str) -> Config | None:
    return config_of(path or None)


def _peak() -> int:
    """What this process held at most, in bytes; 0 where the system does not say."""
    try:
        import resource
        import sys
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _resident() -> int:
    """What this process holds now, in bytes; what it held at most where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _peak()
