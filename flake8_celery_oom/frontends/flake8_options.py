"""The options of the flake8 plugin: its own, and what those of flake8 mean for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_OWN_CODE = re.compile(r"CO\d{1,3}")
_WHOLE_CODE = re.compile(r"CO\d{3}")


def add_options(parser: Any) -> None:
    """Tell flake8 the options; all of them may stand in its configuration file."""
    parser.add_option(
        "--celery-oom-infra",
        default="yes",
        choices=("yes", "no"),
        metavar="yes|no",
        parse_from_config=True,
        help="Also check Dockerfiles, compose files, manifests, Procfiles, scripts... (default: yes)",
    )
    parser.add_option(
        "--celery-oom-tracked-only",
        default="no",
        choices=("yes", "no"),
        metavar="yes|no",
        parse_from_config=True,
        help="Leave out files that git does not track (default: no)",
    )
    parser.add_option(
        "--celery-oom-extend-select",
        default="",
        metavar="codes",
        comma_separated_list=True,
        parse_from_config=True,
        help="Codes of rules that are off by default, to be checked too",
    )
    parser.add_option(
        "--celery-oom-version",
        default="",
        metavar="version",
        parse_from_config=True,
        help="The Celery version where no requirement names one (5.4.0, or >=5.2,<6)",
    )


def checked_options(options: Any) -> tuple[tuple[str, ...], str]:
    """The codes that are switched on and the specifier of Celery's version.

    A whole code in flake8's own ``--select`` or ``--extend-select`` switches a rule on too. Raises ConfigError.
    """
    for option in ("select", "extend_select"):
        codes = [code for code in getattr(options, option) or () if _OWN_CODE.fullmatch(code)]
        _check_codes(codes, f"--{option.replace('_', '-')}")
    named = [code for code in [*(options.select or ()), *(options.extend_select or ())] if _WHOLE_CODE.fullmatch(code)]
    if not options.celery_oom_extend_select and not options.celery_oom_version:
        return tuple(named), ""
    from flake8_celery_oom.config import selectors, version_specifier

    own = selectors(",".join(options.celery_oom_extend_select), "--celery-oom-extend-select")
    _check_codes(own, "--celery-oom-extend-select")
    version = version_specifier(options.celery_oom_version, "--celery-oom-version")
    return (*named, *own), version


def _check_codes(codes: Sequence[str], where: str) -> None:
    """Raises ConfigError for a code, or beginning of one, that no rule has."""
    if codes:
        from flake8_celery_oom.rules import check_codes

        check_codes(codes, where)


def may_report(options: Any) -> bool:
    """Whether flake8 would show any code of ours: ``--select=E,F`` turns all of them off."""
    if options.select is None:
        return True
    chosen = [*options.select, *(options.extend_select or ())]
    return any(code.startswith("CO") or "CO".startswith(code) for code in chosen)
