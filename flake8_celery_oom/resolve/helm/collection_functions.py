"""Functions of lists and maps."""

from __future__ import annotations

from flake8_celery_oom.resolve.helm.calling import (
    Undecided,
    function,
    integer_of,
    items_of,
    table_of,
    text_of,
)
from flake8_celery_oom.resolve.helm.ropes import Rope, Spot
from flake8_celery_oom.resolve.helm.values import (
    Items,
    Number,
    Table,
    Unknown,
    Value,
    copied,
    known,
    number_text,
    same,
    truthy,
)

_MOST = 2_000


@function("list", "tuple")
def _list(arguments: list[Value], spot: Spot) -> Value:
    return Items(list(arguments))


@function("dict")
def _dict(arguments: list[Value], spot: Spot) -> Value:
    entries: dict[str, Value] = {}
    for index in range(0, len(arguments), 2):
        entries[_key(arguments[index])] = arguments[index + 1] if index + 1 < len(arguments) else Rope()
    return Table(entries)


def _key(value: Value) -> str:
    if isinstance(value, Number):
        return number_text(value.value)
    return text_of(value)


@function("get")
def _get(arguments: list[Value], spot: Spot) -> Value:
    table, key = table_of(arguments[0]), text_of(arguments[1])
    found = table.get(key)
    return Rope() if found is None and key not in table.entries else found


@function("hasKey")
def _has_key(arguments: list[Value], spot: Spot) -> Value:
    table, key = table_of(arguments[0]), text_of(arguments[1])
    if key not in table.entries and table.rest is not None:
        raise Undecided
    return Number(key in table.entries)


@function("index")
def _index(arguments: list[Value], spot: Spot) -> Value:
    value = arguments[0]
    for key in arguments[1:]:
        match value:
            case Table():
                value = value.get(text_of(key))
            case Items(items):
                position = integer_of(key)
                if not 0 <= position < len(items):
                    raise Undecided
                value = items[position]
            case Unknown():
                name = f"{value.name}.{text_of(key)}" if value.name and isinstance(key, Rope) else None
                value = Unknown(f"{{{{ {name} }}}}" if name else "", name)
            case _:
                raise Undecided
    return value


@function("dig")
def _dig(arguments: list[Value], spot: Spot) -> Value:
    """``dig "a" "b" default map``: the value below, or the default where a key is not there."""
    *keys, fallback, value = arguments
    for key in keys:
        if isinstance(value, Unknown):
            raise Undecided
        table, name = table_of(value), text_of(key)
        if name not in table.entries:
            if table.rest is not None:
                raise Undecided
            return fallback
        value = table.entries[name]
    return value


@function("pluck")
def _pluck(arguments: list[Value], spot: Spot) -> Value:
    key = text_of(arguments[0])
    tables = [table_of(argument) for argument in arguments[1:]]
    if any(table.rest is not None for table in tables):
        raise Undecided
    return Items([table.entries[key] for table in tables if key in table.entries])


@function("keys")
def _keys(arguments: list[Value], spot: Spot) -> Value:
    """The keys; Go gives them in no order, so that more than one are only known once they are sorted."""
    tables = [table_of(argument) for argument in arguments]
    if any(table.rest is not None for table in tables):
        raise Undecided
    return Items([Rope.at(spot, key) for table in tables for key in sorted(table.entries)])


@function("values")
def _values(arguments: list[Value], spot: Spot) -> Value:
    entries = table_of(arguments[0])
    if entries.rest is not None or len(entries.entries) > 1:
        raise Undecided
    return Items(list(entries.entries.values()))


@function("set")
def _set(arguments: list[Value], spot: Spot) -> Value:
    table, key = table_of(arguments[0]), text_of(arguments[1])
    table.entries[key] = arguments[2]
    return table


@function("unset")
def _unset(arguments: list[Value], spot: Spot) -> Value:
    table, key = table_of(arguments[0]), text_of(arguments[1])
    if table.rest is not None:
        table.entries[key] = None
    else:
        table.entries.pop(key, None)
    return table


@function("merge", "mustMerge")
def _merge(arguments: list[Value], spot: Spot) -> Value:
    """The first map gets what it lacks; empty values count as lacking."""
    target = table_of(arguments[0])
    for source in arguments[1:]:
        _merged(target, table_of(source), over=False, depth=0)
    return target


@function("mergeOverwrite", "mustMergeOverwrite")
def _merge_overwrite(arguments: list[Value], spot: Spot) -> Value:
    """The first map gets what the others say; empty values say nothing."""
    target = table_of(arguments[0])
    for source in arguments[1:]:
        _merged(target, table_of(source), over=True, depth=0)
    return target


def _merged(target: Table, source: Table, *, over: bool, depth: int) -> None:
    if depth > 50:
        raise Undecided
    for key, value in source.entries.items():
        own = target.entries.get(key)
        if isinstance(own, Table) and isinstance(value, Table):
            _merged(own, value, over=over, depth=depth + 1)
            continue
        wins = truthy(value) if over else _lacks(own, key, target)
        if wins is None:
            target.entries[key] = Unknown()
        elif wins or key not in target.entries:
            target.entries[key] = copied(value)
    if source.rest is not None:
        target.rest = target.rest or Unknown()
        if over:
            target.entries.update({key: Unknown() for key in target.entries if key not in source.entries})


def _lacks(own: Value, key: str, target: Table) -> bool | None:
    if key not in target.entries:
        return True if target.rest is None else None
    filled = truthy(own)
    return None if filled is None else not filled


@function("deepCopy", "mustDeepCopy")
def _deep_copy(arguments: list[Value], spot: Spot) -> Value:
    return copied(arguments[0])


@function("pick")
def _pick(arguments: list[Value], spot: Spot) -> Value:
    table, wanted = table_of(arguments[0]), [text_of(key) for key in arguments[1:]]
    return Table({key: table.entries[key] for key in wanted if key in table.entries}, table.rest)


@function("omit")
def _omit(arguments: list[Value], spot: Spot) -> Value:
    table, unwanted = table_of(arguments[0]), {text_of(key) for key in arguments[1:]}
    return Table({key: value for key, value in table.entries.items() if key not in unwanted}, table.rest)


@function("first", "mustFirst")
def _first(arguments: list[Value], spot: Spot) -> Value:
    items = items_of(arguments[0])
    return items[0] if items else None


@function("last", "mustLast")
def _last(arguments: list[Value], spot: Spot) -> Value:
    items = items_of(arguments[0])
    return items[-1] if items else None


@function("rest", "mustRest")
def _rest(arguments: list[Value], spot: Spot) -> Value:
    return Items(items_of(arguments[0])[1:])


@function("initial", "mustInitial")
def _initial(arguments: list[Value], spot: Spot) -> Value:
    return Items(items_of(arguments[0])[:-1])


@function("append", "mustAppend", "push", "mustPush")
def _append(arguments: list[Value], spot: Spot) -> Value:
    return _short(Items([*items_of(arguments[0]), arguments[1]]))


@function("prepend", "mustPrepend")
def _prepend(arguments: list[Value], spot: Spot) -> Value:
    return _short(Items([arguments[1], *items_of(arguments[0])]))


@function("concat")
def _concat(arguments: list[Value], spot: Spot) -> Value:
    return _short(Items([item for argument in arguments for item in items_of(argument)]))


def _short(items: Items) -> Items:
    if len(items.items) > _MOST:
        raise Undecided
    return items


@function("reverse", "mustReverse")
def _reverse(arguments: list[Value], spot: Spot) -> Value:
    return Items(items_of(arguments[0])[::-1])


@function("slice", "mustSlice")
def _slice(arguments: list[Value], spot: Spot) -> Value:
    items = items_of(arguments[0])
    bounds = [integer_of(bound) for bound in arguments[1:]]
    first, last = bounds[0] if bounds else 0, bounds[1] if len(bounds) > 1 else len(items)
    if not 0 <= first <= last <= len(items):
        raise Undecided
    return Items(items[first:last])


@function("compact", "mustCompact")
def _compact(arguments: list[Value], spot: Spot) -> Value:
    items = items_of(arguments[0])
    if any(truthy(item) is None for item in items):
        raise Undecided
    return Items([item for item in items if truthy(item)])


@function("uniq", "mustUniq")
def _uniq(arguments: list[Value], spot: Spot) -> Value:
    found: list[Value] = []
    for item in _all_known(arguments[0]):
        if not any(same(item, other) for other in found):
            found.append(item)
    return Items(found)


@function("without", "mustWithout")
def _without(arguments: list[Value], spot: Spot) -> Value:
    if not all(known(argument) for argument in arguments[1:]):
        raise Undecided
    items = _all_known(arguments[0])
    return Items([item for item in items if not any(same(item, other) for other in arguments[1:])])


@function("has", "mustHas")
def _has(arguments: list[Value], spot: Spot) -> Value:
    if arguments[1] is None:
        return Number(value=False)
    if not known(arguments[0]):
        raise Undecided
    return Number(any(same(arguments[0], item) for item in _all_known(arguments[1])))


def _all_known(value: Value) -> list[Value]:
    items = items_of(value)
    if len(items) > 200 or not all(known(item) for item in items):
        raise Undecided
    return items


@function("sortAlpha")
def _sort_alpha(arguments: list[Value], spot: Spot) -> Value:
    items = _all_known(arguments[0])
    if not all(isinstance(item, Rope) for item in items):
        raise Undecided
    return Items(sorted(items, key=text_of))


@function("len")
def _len(arguments: list[Value], spot: Spot) -> Value:
    match arguments[0]:
        case Items(items):
            return Number(len(items))
        case Table(entries, None):
            return Number(len(entries))
        case Rope():
            return Number(len(text_of(arguments[0]).encode()))
        case _:
            raise Undecided


@function("until")
def _until(arguments: list[Value], spot: Spot) -> Value:
    return _counted(0, integer_of(arguments[0]), 1)


@function("untilStep")
def _until_step(arguments: list[Value], spot: Spot) -> Value:
    return _counted(*(integer_of(argument) for argument in arguments))


def _counted(start: int, stop: int, step: int) -> Items:
    if step == 0 or abs(stop - start) // abs(step) > _MOST:
        raise Undecided
    return Items([Number(number) for number in range(start, stop, step)])


@function("seq")
def _seq(arguments: list[Value], spot: Spot) -> Value:
    """Numbers in a row, as the program ``seq`` writes them."""
    bounds = [integer_of(argument) for argument in arguments]
    start, step, stop = {1: (1, 1, *bounds), 2: (bounds[0], 1, bounds[-1]), 3: tuple(bounds)}[len(bounds)]
    if step == 0 or abs(stop - start) // abs(step) > _MOST:
        raise Undecided
    if len(bounds) < 3 and stop < start:
        step = -1
    return Rope.at(spot, " ".join(map(str, range(start, stop + (1 if step > 0 else -1), step))))
