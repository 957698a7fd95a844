"""Values and names of settings and of variables: replaced where they stand, or added beside others."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass

from flake8_celery_oom.celery.settings import NEW_TO_OLD
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.changes.command import number_at
from flake8_celery_oom.changes.edits import line_end
from flake8_celery_oom.changes.names import Addition, spelled_like
from flake8_celery_oom.changes.parsed import namespaces, statement_at, tree_of
from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.findings import Edit
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Setting
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.wishes import Respell, SetSetting, SetValue, WrapInInt
from flake8_celery_oom.syntax import python

_PYTHON = (".py", ".pyw", ".pyi")
_YAML = (".yml", ".yaml")
_BEFORE_SCALAR = re.compile(r"(?:[\[{,][ \t]*|[:-][ \t]+)\Z")
_BEHIND_SCALAR = re.compile(r"[ \t]*(?:[,\]}\r\n]|\Z|#)")
_QUOTED_NUMBER = re.compile(r"([\"'])(?P<number>[1-9]\d*)\1")
_NAME = re.compile(r"\w+")
_NAMED = re.compile(r"[A-Za-z_]\w*=")
"""``-e CELERY_WORKER_CONCURRENCY=6``: the whole word stands for the value."""


def set_value(wish: SetValue, scene: Scene) -> list[Edit]:
    """The edit of a value that stands somewhere. Raises CannotEditError when it is not written as one value."""
    source = scene.source(wish.at)
    if wish.at.path.endswith(_PYTHON):
        return [Edit(_expression(wish.at, source), str(wish.value))]
    start, end = wish.at.start, wish.at.end
    while start < end and source.text[start] in "\"'":
        start += 1
    named = _NAMED.match(source.text, start, end)
    start = named.end() if named is not None else start
    edit = number_at(source, start, str(wish.value))
    if edit.at.end > end:
        raise CannotEditError("the value is not written as one number or one variable")
    return [_as_text(edit, source) if wish.at.path.endswith(_YAML) else edit]


def _as_text(edit: Edit, source: SourceText) -> Edit:
    """In YAML a text stays a text: ``value: two`` becomes ``value: "2"``, since Kubernetes takes no number there."""
    old = source.text[edit.at.start : edit.at.end]
    before = source.text[max(0, edit.at.start - 40) : edit.at.start]
    is_whole = _BEFORE_SCALAR.search(before) and _BEHIND_SCALAR.match(source.text, edit.at.end)
    return Edit(edit.at, f'"{edit.replacement}"') if is_whole and not old.isdecimal() else edit


def wrap_in_int(wish: WrapInInt, scene: Scene) -> list[Edit]:
    """The edits that put ``int(...)`` around an expression; a number in quotes loses the quotes instead."""
    source = scene.source(wish.at)
    at = _expression(wish.at, source)
    quoted = _QUOTED_NUMBER.fullmatch(source.text, at.start, at.end)
    if quoted is not None:
        return [Edit(at, quoted["number"])]
    if _may_be_none(source.text[at.start : at.end]):
        raise CannotEditError("it may be None, of which int() makes no number; give it a default")
    return [
        Edit(source.location(at.start, at.start), "int("),
        Edit(source.location(at.end, at.end), ")"),
    ]


def _may_be_none(code: str) -> bool:
    """Whether an expression reads something that may be missing, and has no default for that."""
    try:
        node = ast.parse(code.strip(), mode="eval").body
    except SyntaxError:
        return True
    match node:
        case ast.Call(func=ast.Attribute(attr="get" | "getenv") | ast.Name(id="getenv"), args=args, keywords=keywords):
            defaults = [*args[1:], *(keyword.value for keyword in keywords if keyword.arg == "default")]
            return not defaults or any(isinstance(one, ast.Constant) and one.value is None for one in defaults)
        case _:
            return False


def _expression(at: Location, source: SourceText) -> Location:
    """The place of the expression that stands at ``at``. Raises CannotEditError when none does."""
    tree = tree_of(source)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.expr) and python.span(source, node) == (at.start, at.end):
            return at
    raise CannotEditError("the value is not one expression of the file")


# --- names ------------------------------------------------------------------------------------------------------------


def respell(wish: Respell, scene: Scene) -> list[Edit]:
    """The edits that write names otherwise. Raises CannotEditError when a name is used elsewhere in the project too."""
    edits = []
    for at, old, new in wish.spellings:
        source = scene.source(at)
        found = [match.start() for match in re.finditer(re.escape(old), source.text[at.start : at.end])]
        if len(found) != 1:
            raise CannotEditError(f"{old} is not written there")
        start = at.start + found[0]
        edits.append(Edit(source.location(start, start + len(old)), new))
    for _, old, new in wish.spellings:
        if wish.everywhere and _NAME.fullmatch(old) and _NAME.fullmatch(new):
            _refuse_other_uses(old, new, [edit.at for edit in edits], scene)
    return edits


def _refuse_other_uses(old: str, new: str, renamed: list[Location], scene: Scene) -> None:
    for source in scene.mentioning(old):
        for match in re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", source.text):
            at = source.location(*match.span())
            if at not in renamed and not scene.is_respelled(at, old, new):
                raise CannotEditError(f"{old} is also used at {at}")


# --- one more setting -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """How a setting is added: beside the setting whose value is at ``at``, or as the statement ``code`` behind ``at``.

    ``beside`` is the new name of the setting there.
    """

    at: Location
    beside: str = ""
    code: str = ""


def set_setting(wish: SetSetting, scene: Scene) -> list[Edit]:
    """The edit that adds a setting to an application: beside another one, else behind what makes or configures it."""
    present = wish.app.settings.get(wish.name)
    if isinstance(present, Known) and present.at is not None and present.origin == "settings":
        return [Edit(_expression(present.at, scene.source(present.at)), str(wish.value))]
    return [way_to_set(wish, scene)[1]]


def way_to_set(wish: SetSetting, scene: Scene) -> tuple[Way, Edit]:
    """The first way to add a setting that the files allow. Raises CannotEditError when there is none."""
    new = addition(wish, scene)
    for beside, at in _siblings(wish, scene):
        found = _beside(at, beside, new, scene.source(at))
        if found is not None:
            return Way(found[0], beside), found[1]
    reason = "no place is known where the application is configured"
    for at in (wish.app.configured_at, wish.app.at):
        source = scene.source(at)
        statement = statement_at(source, at.start, at.end)
        owner = _owner(statement) if statement is not None else None
        if statement is None or owner is None:
            continue
        name = NEW_TO_OLD.get(wish.name, wish.name) if holds(wish.app.version, "<4.0") else wish.name
        code = f"{owner}.{name} = {wish.value}"
        edit = _behind_statement(statement, code, source)
        if edit is not None:
            return Way(python.location(source, statement), code=code), edit
        reason = "the statement that configures the application shares its line with others"
    raise CannotEditError(reason)


def addition(wish: SetSetting, scene: Scene) -> Addition:
    """What is to be added."""
    return Addition(wish.name, str(wish.value), _namespaced(wish.app, scene))


def _beside(at: Location, beside: str, new: Addition, source: SourceText) -> tuple[Location, Edit] | None:
    """The edit that adds a setting beside the one whose value is at ``at``, in the same form; None in other forms.

    It comes with the place of the whole value; ``at`` may be a part of that: what it reads from the environment. A
    statement goes behind the other, an item before it, so that a comment behind the other stays with it.
    """
    tree = tree_of(source)
    for node in ast.walk(tree) if tree is not None else ():
        edit, whole = None, None
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                if _holds(value, at, source):
                    whole = value
                    written, shown = _target(target, source)
                    name = spelled_like(written, beside, new)
                    code = shown.replace("\0", name or "")
                    edit = _behind_statement(node, f"{code} = {new.value}", source) if name and code else None
            case ast.keyword(arg=str(written), value=value) if _holds(value, at, source):
                whole = value
                name = spelled_like(written, beside, new)
                start = python.name_location(source, node).start
                equals = source.text[start + len(written) : python.span(source, value)[0]]
                edit = _before_item(start, f"{name}{equals}{new.value},", source) if name else None
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if key is not None and _holds(value, at, source):
                        whole = value
                        edit = _before_key(key, python.span(source, value)[0], beside, new, source)
            case _:
                pass
        if edit is not None and whole is not None:
            return python.location(source, whole), edit
    return None


def _holds(value: ast.expr | ast.stmt, at: Location, source: SourceText) -> bool:
    start, end = python.span(source, value)
    return start <= at.start and at.end <= end


def _target(target: ast.expr, source: SourceText) -> tuple[str, str]:
    """The name that an assignment gives a value, and the target as code with a NUL in place of that name."""
    code = python.code(source, target)
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) if code.endswith(name):
            return name, code[: len(code) - len(name)] + "\0"
        case ast.Subscript(slice=ast.Constant(value=str(name)) as key) if code.count(name) == 1:
            written = python.code(source, key)
            return name, code.replace(name, "\0") if written[1:-1] == name else ""
        case _:
            return "", ""


def _before_key(key: ast.expr, value: int, beside: str, new: Addition, source: SourceText) -> Edit | None:
    start, end = python.span(source, key)
    written = key.value if isinstance(key, ast.Constant) else None
    if not isinstance(written, str) or source.text[start + 1 : end - 1] != written:
        return None
    name = spelled_like(written, beside, new)
    quote, colon = source.text[start], source.text[end:value]
    return _before_item(start, f"{quote}{name}{quote}{colon}{new.value},", source) if name else None


def _before_item(start: int, item: str, source: SourceText) -> Edit | None:
    if "\n" in item or "#" in item:
        return None
    indent = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    blank = " " if indent.strip() else f"{line_end(source, start)}{indent}"
    return Edit(source.location(start, start), item + blank)


def _behind_statement(statement: ast.stmt, code: str, source: SourceText) -> Edit | None:
    """The edit that adds a statement behind another one, which has its lines for itself."""
    start, end = python.span(source, statement)
    text = source.text
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    stop -= text[stop - 1 : stop] == "\r"
    behind = text[end:stop].strip()
    if indent.strip() or (behind and not behind.startswith("#")):
        return None
    return Edit(source.location(stop, stop), f"{line_end(source, start)}{indent}{code}")


def _siblings(wish: SetSetting, scene: Scene) -> list[tuple[str, Location]]:
    """The settings of the application that are written in Python files, also those whose value is not known.

    Those outside of functions come first (a handler of a signal may change a setting), of these those of workers, then
    those of the file that has the most, the last first. A setting that not all of the workers take from there is left
    out: they run with other settings modules.
    """
    takers = [worker.app for worker in wish.workers if worker.app is not None]
    found = [
        (name, value.at)
        for name, value in wish.app.settings.items()
        if not isinstance(value, Unset)
        and value.at is not None
        and value.at.path.endswith(_PYTHON)
        and all(_place(one.settings.get(name)) == value.at for one in takers)
    ]
    many = Counter(at.path for _, at in found)

    def rank(sibling: tuple[str, Location]) -> tuple[bool, bool, int, str, int]:
        name, at = sibling
        return _in_function(at, scene.source(at)), not name.startswith("worker_"), -many[at.path], at.path, -at.start

    return sorted(found, key=rank)


def _place(value: Value[Setting] | None) -> Location | None:
    return value.at if isinstance(value, (Known, Unknown)) else None


def _in_function(at: Location, source: SourceText) -> bool:
    tree = tree_of(source)
    functions = (
        (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        if tree is not None
        else ()
    )
    return any(_holds(node, at, source) for node in functions)


def _namespaced(app: App, scene: Scene) -> bool | None:
    """Whether ``config_from_object`` gives the settings a namespace; None when no such call is seen."""
    answers = namespaces(scene.source(app.configured_at))
    return next(iter(answers)) if len(answers) == 1 else None


def _owner(statement: ast.stmt) -> str | None:
    """What holds the configuration that a statement makes or changes: ``app.conf``."""
    match statement:
        case (
            ast.Expr(value=ast.Call(func=ast.Attribute(value=owner)))
            | ast.Assign(targets=[ast.Attribute(value=ast.Attribute(attr="conf") as owner)])
        ):
            pass
        case ast.Assign(targets=[*_, (ast.Name() | ast.Attribute()) as owner], value=ast.Call()):
            pass
        case ast.AnnAssign(target=(ast.Name() | ast.Attribute()) as owner, value=ast.Call()):
            pass
        case _:
            return None
    written = ast.unparse(owner)
    if not re.fullmatch(r"[\w.]+", written):
        return None
    return written if written.endswith(".conf") else f"{written}.conf"
