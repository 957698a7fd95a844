"""The rules: one module each, found by its file name (``co101_concurrency_unset.py``).

A rule module has ``RULE``, ``check(project, config)`` where it looks at the project, and a docstring that is the
rule's page: its first line is the heading, the rest is Markdown. Rules see the resolved project,
:mod:`flake8_celery_oom.analysis` and what Celery knows (:mod:`flake8_celery_oom.celery`), nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeAlias

from flake8_celery_oom.config import Config, ConfigError
from flake8_celery_oom.core.findings import Finding, Related, Severity, SharedCause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.wishes import Wish
from flake8_celery_oom.masking import masked
from flake8_celery_oom.suggest import did_you_mean

_MODULE = re.compile(r"(co\d{3})_(\w+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is called, how bad its findings are, and whether it is on when nobody says so."""

    code: str
    name: str
    severity: Severity
    on: bool
    summary: str

    def finding(
        self,
        at: Location,
        message: str,
        related: Iterable[Related] = (),
        wish: Wish | None = None,
        details: Iterable[str] = (),
        cause: SharedCause | None = None,
    ) -> Finding:
        """A finding of this rule; names taken from files cannot break its one line.

        ``details`` are for readers who ask for more: where was looked, which version counts. ``cause`` is what it
        shares with other findings of this rule.
        """
        places = tuple(Related(one.at, _one_line(one.message)) for one in related)
        more = tuple(_one_line(one) for one in details if one)
        text = _one_line(message)
        return Finding(self.code, self.name, self.severity, at, text, places, wish=wish, details=more, cause=cause)


def _one_line(text: str) -> str:
    return masked("".join(char if char.isprintable() else "?" for char in " ".join(text.split())))


Check: TypeAlias = Callable[[Project, Config], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule with its check (None: something else than the project decides) and its page."""

    rule: Rule
    check: Check | None
    page: str


@cache
def modules() -> dict[str, str]:
    """The module of every code, in the order of the codes; nothing is imported for it."""
    found = {}
    for module in iter_modules(__path__):
        match = _MODULE.fullmatch(module.name)
        if match:
            found[match[1].upper()] = f"{__name__}.{module.name}"
    return dict(sorted(found.items()))


@cache
def entry(code: str) -> Entry:
    """The rule with this code. Raises KeyError when there is none."""
    module = import_module(modules()[code])
    return Entry(module.RULE, getattr(module, "check", None), _page(module.RULE, module.__doc__ or ""))


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    return tuple(entry(code).rule for code in modules())


def _page(rule: Rule, doc: str) -> str:
    heading, _, body = doc.partition("\n")
    when = "on by default" if rule.on else "off by default"
    return f"# {rule.code} {rule.name}\n\n{heading}\n\nSeverity: {rule.severity}; {when}.\n\n{body.strip()}\n"


def selected(config: Config) -> frozenset[str]:
    """The codes that run: those selected, or on by default, without those ignored.

    The longest beginning of a code decides, and ``ignore`` decides a tie: ``select CO1, ignore CO101`` leaves CO102.
    A rule that is off by default runs only where its whole code is named, as in flake8.
    """
    return frozenset(code for code in modules() if _runs(code, config))


def _runs(code: str, config: Config) -> bool:
    is_on = entry(code).rule.on
    named = [one for one in (*config.select, *config.extend_select) if is_on or one == code]
    chosen = _length(code, named)
    if chosen < 0 and not config.select and is_on:
        chosen = 0
    return chosen >= 0 and chosen > _length(code, config.ignore)


def _length(code: str, beginnings: Iterable[str]) -> int:
    return max((len(beginning) for beginning in beginnings if code.startswith(beginning)), default=-1)


def check_codes(codes: Iterable[str], where: str) -> None:
    """Raises ConfigError, naming ``where``, for the first code or beginning of a code that no rule has."""
    for one in codes:
        if not any(code.startswith(one) for code in modules()):
            raise ConfigError(f"{where}: no rule is called {one}{did_you_mean(one, modules())}; see 'celery-oom rules'")


def check_config(config: Config) -> None:
    """Raises ConfigError for the first code of a configuration that no rule has."""
    for name in ("select", "extend_select", "ignore"):
        check_codes(getattr(config, name), name.replace("_", "-"))
    check_codes((code for code, _ in config.severity), "severity")
    check_codes((code for _, codes in config.per_file_ignores for code in codes), "per-file-ignores")


def run_rules(project: Project, config: Config) -> list[Finding]:
    """What the selected rules say about a project, in the order of the places.

    A rule that raises does not end the run: what it said until then stays, and a finding under its code says so.
    """
    found: list[Finding] = []
    for code in sorted(selected(config)):
        one = entry(code)
        if one.check is None:
            continue
        try:
            for finding in one.check(project, config):
                found.append(finding)  # one by one: what was said before an error stays
        except MemoryError:
            raise
        except Exception as error:
            found.append(_broken(one.rule, project, error))
    return sorted(set(found), key=lambda finding: (finding.at, finding.code, finding.message))


def _broken(rule: Rule, project: Project, error: Exception) -> Finding:
    places = [*(worker.at for worker in project.workers), *(app.configured_at for app in project.apps)]
    at = min(places, default=Location("pyproject.toml", 0, 0, 1, 1, 1, 1))
    what = " ".join(f"{type(error).__name__}: {error}".split())
    message = f"could not be checked for this project ({what}): a mistake in celery-oom, please report it"
    return Finding(rule.code, rule.name, "error", at, message)
