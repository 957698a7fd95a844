"""One finding for one cause: what one edit of an app's configuration mends is reported there, once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flake8_celery_oom.analysis.naming import app_called
from flake8_celery_oom.core.findings import Finding, Related, SharedCause
from flake8_celery_oom.core.wishes import Advise, NumberOption, Wish
from flake8_celery_oom.rules.lacking import Lacking
from flake8_celery_oom.rules.places import Place
from flake8_celery_oom.rules.wishes import SEVERAL, Amount, Spot, set_at
from flake8_celery_oom.rules.wording import named


def cause_of(place: Place, happens: str, number: Amount, option: NumberOption, lacks: Lacking) -> SharedCause | None:
    """What the findings about an option have in common that every prefork worker of one app ``lacks``; else None.

    ``happens`` is what these workers do: ``start one process per CPU of the host``.
    """
    app = place.workers[0].app
    if app is None or any(worker.app is None or worker.app.at != app.at for worker in place.workers):
        return None
    own = lacks.of_app(app)
    if not own.all_forking_lack:
        return None
    setting = f"worker_{option}"
    unit = " (KiB)" if option == "max_memory_per_child" else ""
    wish: Wish = number if isinstance(number, Advise) else set_at(Spot(place.at, own.every, app), number)
    message = f"{happens}; set {named(app, setting)}{unit}"
    return SharedCause(app.configured_at, f"workers of app `{app_called(app)}`", message, place.subject, wish)


def one_for_each_cause(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, with those of one cause made one where they stand at several places."""
    single: list[Finding] = []
    shared: dict[tuple[str, SharedCause], list[Finding]] = {}
    for finding in findings:
        if finding.cause is None:
            single.append(finding)
        else:
            shared.setdefault((finding.code, finding.cause), []).append(finding)
    for (_, cause), members in shared.items():
        single += members if len(members) < SEVERAL else [_merged(cause, members)]
    return sorted(single, key=lambda finding: (finding.at, finding.code, finding.message))


def _merged(cause: SharedCause, members: list[Finding]) -> Finding:
    first = members[0]
    own = {member.at: member.cause.label for member in members if member.cause is not None}
    places = {**{related.at: related.message for member in members for related in member.related}, **own}
    return replace(
        first,
        at=cause.at,
        message=f"{len(members)} {cause.subject} {cause.message}",
        related=tuple(Related(at, message) for at, message in sorted(places.items()) if at != cause.at),
        wish=cause.wish,
        places=len(members),
        cause=None,
    )
