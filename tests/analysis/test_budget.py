from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import ONE_PROCESS, Need, Plan, need, verdict
from flake8_celery_oom.analysis.weight_table import BASELINES
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.quantity import GIB, KIB, MIB

IMPORTS = ("django", "numpy", "pandas", "requests")
FOUR = Plan(concurrency=4, max_memory_per_child=150 * 1024, celery_major=5)

plans = st.builds(
    Plan,
    pool=st.just("prefork"),
    concurrency=st.integers(1, 64),
    idle_children=st.none() | st.integers(0, 80),
    max_memory_per_child=st.none() | st.integers(1, 4_000_000),
    max_tasks_per_child=st.none() | st.integers(1, 1000),
    task_growth=st.none() | st.integers(0, GIB),
    imports=st.frozensets(st.sampled_from(IMPORTS)),
    celery_major=st.sampled_from((None, 4, 5)),
    beat=st.booleans(),
    copies=st.integers(1, 4),
    prefetch_multiplier=st.integers(0, 100),
    waiting=st.integers(0, 10_000),
    message_size=st.integers(0, MIB),
)
limits = st.integers(1, 64 * GIB)
quick = settings(max_examples=150, deadline=None)


def mebibytes(amount: int | None) -> int | None:
    return None if amount is None else round(amount / MIB)


# --- the formulas, with the numbers of real runs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "idle", "tight", "safe"),
    [
        (FOUR, 107, 540, 652),
        (replace(FOUR, task_growth=10 * MIB), 107, 580, 692),
        (replace(FOUR, imports=frozenset({"django", "requests"})), 152, 522, 670),
        (replace(FOUR, imports=frozenset({"django", "pandas", "numpy"})), 168, 479, 696),
        (replace(FOUR, celery_major=4), 67, 562, 635),
        (replace(FOUR, celery_major=None), 67, 540, 652),
        (replace(FOUR, beat=True), 115, 548, 695),
        (replace(FOUR, idle_children=1), 48, 540, 652),
        (replace(FOUR, idle_children=9), 107, 540, 652),
        (replace(FOUR, copies=2), 214, 1080, 1305),
        (replace(FOUR, prefetch_multiplier=100), 107, 543, 656),
        (replace(FOUR, waiting=5000, message_size=10 * 1024), 107, 748, 860),
        (replace(FOUR, max_memory_per_child=10_000), 107, 107, 221),
        (replace(FOUR, max_memory_per_child=None), 107, None, None),
        (replace(FOUR, max_memory_per_child=None, max_tasks_per_child=20), 107, None, None),
        (replace(FOUR, max_memory_per_child=None, max_tasks_per_child=20, task_growth=4 * MIB), 107, 427, 541),
        (replace(FOUR, max_tasks_per_child=5, task_growth=4 * MIB), 107, 187, 301),
        (replace(FOUR, concurrency=None), None, None, None),
        (replace(FOUR, pool="custom"), None, None, None),
        (replace(FOUR, celery_major=3), None, None, None),
        (replace(FOUR, pool="threads"), 37, None, None),
        (Plan(pool="gevent", imports=frozenset({"django"}), celery_major=5), 53, None, None),
        (Plan(pool="solo", beat=True, copies=2, celery_major=5), 91, None, None),
    ],
)
def test_need(plan: Plan, idle: int | None, tight: int | None, safe: int | None) -> None:
    needed = need(plan)
    assert (mebibytes(needed.idle), mebibytes(needed.tight), mebibytes(needed.safe)) == (idle, tight, safe)


def test_an_import_that_was_not_weighed_counts_as_none() -> None:
    assert need(replace(FOUR, imports=frozenset({"requests"}))) == need(FOUR)
    assert budget.counted_import(replace(FOUR, imports=frozenset({"requests"}))) == ""
    assert budget.counted_import(replace(FOUR, imports=frozenset(IMPORTS))) == "pandas"
    assert budget.counted_import(replace(FOUR, celery_major=3)) == ""


def test_every_python_has_the_usual_rows() -> None:
    rows: dict[tuple[str, str], set[str]] = {(row.celery, row.python): set() for row in BASELINES}
    for row in BASELINES:
        assert row.imports not in rows[row.celery, row.python]
        rows[row.celery, row.python].add(row.imports)
        assert row.weights.main_rss >= row.weights.main_alone > 0
        assert row.weights.child_rss >= row.weights.child_own > 0
    assert len(rows) == 5
    assert all(imports >= {"", "django", "numpy", "pandas"} for imports in rows.values())


def test_an_import_that_was_measured_on_another_python_adds_what_it_added_there() -> None:
    rows = {(row.python, row.imports): row.weights for row in BASELINES if row.celery == "5.7.0"}
    measured = {python: rows[python, "torch"].child_own - rows[python, ""].child_own for python in ("3.11",)}
    (other,) = budget.baselines(replace(FOUR, imports=frozenset({"torch"}), python="3.12"))
    assert other.child_own == rows["3.12", ""].child_own + min(measured.values())
    (own,) = budget.baselines(replace(FOUR, imports=frozenset({"torch"}), python="3.11"))
    assert own == rows["3.11", "torch"]


def test_a_python_that_is_named_counts_alone() -> None:
    idle = {python: need(replace(FOUR, python=python)).idle or 0 for python in ("", "3.10", "3.11", "3.13", "3.99")}
    assert idle["3.10"] < idle[""] < idle["3.11"] != idle["3.13"]
    assert idle["3.99"] == idle[""]
    assert need(replace(FOUR, celery_major=4, python="3.13")) == need(replace(FOUR, celery_major=4))


# --- what must hold for all numbers -----------------------------------------------------------------------------------


def at_most(left: int | None, right: int | None) -> bool:
    """Whether a need grows: without bound is more than any number."""
    return right is None or (left is not None and left <= right)


GROWING = (
    "concurrency",
    "max_memory_per_child",
    "max_tasks_per_child",
    "copies",
    "prefetch_multiplier",
    "waiting",
    "message_size",
)


@quick
@given(plans, st.sampled_from(GROWING), st.integers(0, 1000))
def test_a_larger_number_needs_no_less(plan: Plan, name: str, more: int) -> None:
    value = getattr(plan, name)
    assume(value is not None)
    small, large = need(plan), need(replace(plan, **{name: value + more}))
    assert at_most(small.idle, large.idle)
    assert at_most(small.tight, large.tight)
    assert at_most(small.safe, large.safe)


@quick
@given(plans, st.integers(0, GIB))
def test_tasks_that_take_more_need_no_less(plan: Plan, more: int) -> None:
    plan = replace(plan, task_growth=plan.task_growth or 0)
    small, large = need(plan), need(replace(plan, task_growth=(plan.task_growth or 0) + more))
    assert at_most(small.tight, large.tight)
    assert at_most(small.safe, large.safe)


@quick
@given(plans)
def test_a_limit_less_needs_no_less(plan: Plan) -> None:
    assert at_most(need(plan).tight, need(replace(plan, max_memory_per_child=None)).tight)
    assert at_most(need(plan).tight, need(replace(plan, max_tasks_per_child=None)).tight)


@quick
@given(plans, st.sampled_from(IMPORTS))
def test_an_import_more_needs_no_less(plan: Plan, name: str) -> None:
    """Not so for ``tight``: what the main process has imported, the children share."""
    small, large = need(plan), need(replace(plan, imports=plan.imports | {name}))
    assert at_most(small.idle, large.idle)
    assert at_most(small.safe, large.safe)


@quick
@given(plans)
def test_the_three_needs_are_in_order(plan: Plan) -> None:
    needed = need(replace(plan, idle_children=None))
    assert needed.idle is not None
    assert (needed.tight is None) is (needed.safe is None)
    if needed.tight is not None:
        assert needed.idle <= needed.tight
        assert at_most(needed.tight, needed.safe)


@quick
@given(plans)
def test_beat_is_a_process_more(plan: Plan) -> None:
    without, with_beat = need(replace(plan, beat=False)), need(replace(plan, beat=True))
    assert without.idle is not None
    assert with_beat.idle == without.idle + plan.copies * budget.BEAT


@quick
@given(plans, st.sampled_from(sorted(ONE_PROCESS)))
def test_pools_without_children_ignore_what_is_said_of_children(plan: Plan, pool: str) -> None:
    bare = Plan(pool=pool, imports=plan.imports, celery_major=plan.celery_major, beat=plan.beat, copies=plan.copies)
    assert need(replace(plan, pool=pool)) == need(bare)
    assert budget.largest_concurrency(replace(plan, pool=pool), GIB) is None
    assert budget.largest_max_memory(replace(plan, pool=pool), GIB) is None


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_verdicts() -> None:
    one = Need(100, 200, 300)
    assert [verdict(one, limit) for limit in (99, 199, 200, 299, 300)] == [
        "exceeds",
        "exceeds",
        "tight",
        "tight",
        "fits",
    ]
    assert [verdict(Need(100, None, None), limit) for limit in (99, 100)] == ["exceeds", "unknown"]
    assert verdict(budget.UNKNOWN, 1) == "unknown"
    assert verdict(Need(100, 50, 60), 80) == "exceeds"


@quick
@given(plans, limits, limits)
def test_a_higher_limit_is_never_worse(plan: Plan, limit: int, more: int) -> None:
    order = ("exceeds", "tight", "fits")
    low, high = verdict(need(plan), limit), verdict(need(plan), limit + more)
    if "unknown" not in {low, high}:
        assert order.index(low) <= order.index(high)
    else:
        assert (low, high) in {("exceeds", "unknown"), ("unknown", "unknown")}


@quick
@given(st.lists(plans, min_size=1, max_size=4))
def test_together_is_the_sum(several: list[Plan]) -> None:
    needs = [need(plan) for plan in several]
    whole = budget.together(needs)
    assert whole.idle == sum(one.idle or 0 for one in needs)
    assert (whole.safe is None) is any(one.safe is None for one in needs)
    if whole.tight is not None:
        assert whole.tight == sum(one.tight or 0 for one in needs)


# --- what fits --------------------------------------------------------------------------------------------------------


def safe(plan: Plan) -> int:
    amount = need(replace(plan, idle_children=None)).safe
    assert amount is not None
    return amount


@quick
@given(plans, limits)
def test_the_largest_concurrency_fits_and_one_more_does_not(plan: Plan, limit: int) -> None:
    count = budget.largest_concurrency(plan, limit)
    if count is None:
        assert need(plan).safe is None
        return
    assert safe(replace(plan, concurrency=count + 1)) > limit
    if count:
        assert safe(replace(plan, concurrency=count)) <= limit


@quick
@given(plans, limits)
def test_the_largest_max_memory_fits_and_one_more_does_not(plan: Plan, limit: int) -> None:
    plan = replace(plan, max_tasks_per_child=None)
    kib = budget.largest_max_memory(plan, limit)
    newborn = max(row.child_rss for row in budget.baselines(plan))
    if kib is None:
        assert safe(replace(plan, max_memory_per_child=newborn // KIB + 1)) > limit
        return
    assert kib * KIB > newborn
    assert safe(replace(plan, max_memory_per_child=kib)) <= limit < safe(replace(plan, max_memory_per_child=kib + 1))


def test_the_largest_max_memory_holds_without_a_limit_of_tasks_too() -> None:
    assert budget.largest_max_memory(replace(FOUR, max_tasks_per_child=1, task_growth=0), GIB) == 248_738


def test_what_cannot_be_said() -> None:
    assert budget.largest_concurrency(replace(FOUR, max_memory_per_child=None), GIB) is None
    assert budget.largest_concurrency(FOUR, 10 * MIB) == 0
    assert budget.largest_max_memory(replace(FOUR, concurrency=None), GIB) is None
    assert budget.largest_max_memory(FOUR, 10 * MIB) is None
    assert budget.largest_max_memory(replace(FOUR, celery_major=3), GIB) is None


@pytest.mark.parametrize(("children", "counted"), [(4, 223.34), (8, 395.82)])
def test_the_kernel_keeps_more_for_processes_with_many_libraries(children: int, counted: float) -> None:
    """pandas, SQLAlchemy and Sentry on Python 3.13: anonymous and kernel memory that a cgroup counted, in MiB."""
    main_rss, main_alone, child_rss, child_own = (round(amount * MIB) for amount in (110, 50.3, 87, 42.58))
    weights = Weights(main_rss, main_alone, child_rss, child_own, None)
    idle = budget.need(budget.Plan(concurrency=children, weights=weights)).idle
    assert idle is not None
    assert abs(idle / MIB - counted) < 0.002 * counted
