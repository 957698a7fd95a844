from __future__ import annotations

from dataclasses import replace

from flake8_celery_oom.core.findings import Finding, SharedCause
from flake8_celery_oom.rules.grouping import one_for_each_cause
from tests.rules.workers import at

APP = at("shop/celery.py", 3)


def finding(line: int, *, code: str = "CO201", cause_at: object = APP) -> Finding:
    cause = SharedCause(APP, "workers of app `shop`", "may grow", f"worker `{line}`") if cause_at else None
    return Finding(code, "x", "warning", at(line=line), f"worker {line} may grow", cause=cause)


def test_three_places_of_one_cause_are_one_finding() -> None:
    (one,) = one_for_each_cause([finding(9), finding(4), finding(7)])
    assert (one.at, one.message, one.places) == (APP, "3 workers of app `shop` may grow", 3)
    assert [(str(each.at), each.message) for each in one.related] == [
        ("compose.yml:4", "worker `4`"),
        ("compose.yml:7", "worker `7`"),
        ("compose.yml:9", "worker `9`"),
    ]


def test_commands_that_name_the_app_in_two_ways_share_a_cause() -> None:
    named = SharedCause(APP, "workers of app `shop:app`", "may grow", "worker `9`")
    (one,) = one_for_each_cause([finding(4), finding(7), replace(finding(9), cause=named)])
    assert (one.message, one.places) == ("3 workers of app `shop` may grow", 3)


def test_two_places_and_other_causes_stay() -> None:
    two = [finding(4), finding(7)]
    assert one_for_each_cause(two) == two
    alone = [finding(line, cause_at=None) for line in (1, 2, 3)]
    assert one_for_each_cause(alone) == alone
    mixed = [*two, finding(9, code="CO101")]
    assert len(one_for_each_cause(mixed)) == 3
    other = replace(finding(9), cause=SharedCause(at("mail/celery.py"), "workers of app `mail`", "may grow", "worker"))
    assert len(one_for_each_cause([*two, other])) == 3
