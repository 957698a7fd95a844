"""Fixes put into a project: chosen, proved together, and taken apart until only those are left that hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from flake8_celery_oom.changes.edits import ConflictError, apply, by_path
from flake8_celery_oom.changes.proof import LINE_NUMBER, Checked, UnprovenError, prove
from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.findings import Edit, Finding, Fix
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.wishes import Respell, SetSetting, SetValue, WrapInInt

MAX_ROUNDS = 12
PYTHON = (".py", ".pyw", ".pyi")
Key: TypeAlias = tuple[str, str, str, str]


class Fixable(Checked, Protocol):
    """A project whose findings carry fixes."""

    def scene(self) -> Scene:
        """What the fixes were made from."""


Open: TypeAlias = Callable[[Mapping[str, str]], Fixable]
"""Reads the project with other texts for some of its files."""


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that stays, and why."""

    finding: Finding
    reason: str


@dataclass
class Outcome:
    """What became of the findings of one project.

    ``texts`` are the new texts of the files that change, ``originals`` those files as they were read.
    """

    texts: dict[str, str] = field(default_factory=dict)
    originals: dict[str, SourceText] = field(default_factory=dict)
    fixed: list[Finding] = field(default_factory=list)
    unsafe: list[Finding] = field(default_factory=list)
    """Findings that only ``unsafe`` would fix."""
    left: list[Left] = field(default_factory=list)


class Fixer:
    """Mends what can be mended of one project. Nothing is written: the texts are in the outcome.

    ``wanted`` says which findings are asked for, ``editable`` which files may change.
    """

    def __init__(
        self,
        open_project: Open,
        wanted: Callable[[Finding], bool] = lambda _: True,
        editable: Callable[[str], bool] = lambda _: True,
        *,
        unsafe: bool = False,
    ) -> None:
        self._open = open_project
        self._wanted = wanted
        self._editable = editable
        self._safeties = {"safe", "unsafe"} if unsafe else {"safe"}
        self._refused: dict[Key, str] = {}
        self._texts: dict[str, str] = {}
        self._fixed: list[Finding] = []
        self._current = self._first = open_project({})

    def run(self) -> Outcome:
        """Fix, in rounds: what stood in each other's way in one round gets its turn in the next."""
        for _ in range(MAX_ROUNDS):
            offered = self._offered()
            if not offered:
                break
            batch = _together(offered)
            if not self._try(batch):
                self._halve(batch)
        read = {path: self._first.source(path) for path in self._texts}
        originals = {path: source for path, source in read.items() if source is not None}
        outcome = Outcome(dict(self._texts), originals, self._fixed)
        for finding in self._current.findings():
            if self._wanted(finding):
                self._sort_in(finding, outcome)
        return outcome

    def _offered(self) -> list[Finding]:
        """The findings that a fix is offered for, and that have not been refused."""
        return [
            finding
            for finding in self._current.findings()
            if finding.fix is not None
            and finding.fix.safety in self._safeties
            and self._wanted(finding)
            and not self._elsewhere(finding)
            and self._key(finding) not in self._refused
        ]

    def _key(self, finding: Finding) -> Key:
        """Key of a finding that survives edits which shift lines."""
        source = self._current.source(finding.at.path)
        line = source.line_text(finding.at.line) if source is not None else ""
        return finding.code, finding.at.path, LINE_NUMBER.sub("", finding.message), line

    def _halve(self, batch: Sequence[Finding]) -> None:
        """Find the fixes of a batch that hold, when they do not all hold together."""
        if len(batch) == 1:
            return
        middle = len(batch) // 2
        for part in (batch[:middle], batch[middle:]):
            renewed = self._renewed(part)
            if renewed and not self._try(renewed):
                self._halve(renewed)

    def _renewed(self, findings: Sequence[Finding]) -> list[Finding]:
        """The same findings as they stand now."""
        keys = Counter(self._key(finding) for finding in findings)
        renewed = []
        for finding in self._offered():
            key = self._key(finding)
            if keys[key]:
                keys[key] -= 1
                renewed.append(finding)
        return renewed

    def _try(self, batch: Sequence[Finding]) -> bool:
        """Whether the fixes of a batch hold together; if so, they are in. One that fails alone is refused for good."""
        try:
            edits = by_path(finding.fix for finding in batch if finding.fix is not None)
            texts = {path: self._changed(path, changes) for path, changes in edits.items()}
            for finding in batch:
                self._confirm(finding)
            after = self._open({**self._texts, **texts})
            prove(self._current, after, batch, edits)
        except (UnprovenError, ConflictError) as error:
            if len(batch) == 1:
                self._refused[self._key(batch[0])] = str(error)
            return False
        self._texts.update(texts)
        self._fixed.extend(batch)
        self._current = after
        return True

    def _changed(self, path: str, edits: Sequence[Edit]) -> str:
        source = self._current.source(path)
        if source is None:
            raise UnprovenError(f"{path} cannot be read")
        return apply(source.text, edits)

    def _confirm(self, finding: Finding) -> None:
        """Let LibCST have a say in what is changed in Python code."""
        wish = finding.wish
        if isinstance(wish, SetSetting) and not isinstance(wish.app.settings.get(wish.name), Known):
            trouble = self._addition_trouble(wish)
        elif isinstance(wish, (SetSetting, SetValue, WrapInInt)) or (isinstance(wish, Respell) and wish.everywhere):
            trouble = self._replacement_trouble(finding)
        else:
            return
        if trouble:
            raise UnprovenError(trouble)

    def _addition_trouble(self, wish: SetSetting) -> str:
        from flake8_celery_oom.changes.python import confirm
        from flake8_celery_oom.changes.settings import addition, way_to_set

        scene = self._current.scene()
        way, edit = way_to_set(wish, scene)
        source = scene.source(way.at)
        return confirm(source.text, apply(source.text, [edit]), way, addition(wish, scene))

    def _replacement_trouble(self, finding: Finding) -> str:
        fix = finding.fix
        for path, edits in by_path([fix] if fix is not None else []).items():
            source = self._current.source(path)
            if source is None or not path.endswith(PYTHON):
                continue
            from flake8_celery_oom.changes.python_replace import confirm_replaced

            changed = apply(source.text, edits)
            replacements = {edit.at: edit.replacement for edit in edits}
            if isinstance(finding.wish, WrapInInt) and len(edits) > 1:
                at = finding.wish.at
                replacements = {at: f"int({source.text[at.start : at.end]})"}
            trouble = confirm_replaced(source.text, changed, replacements)
            if trouble:
                return trouble
        return ""

    def _elsewhere(self, finding: Finding) -> str:
        """A file that the fix would change and that may not change; empty when there is none."""
        edits = finding.fix.edits if finding.fix is not None else ()
        return next((edit.at.path for edit in edits if not self._editable(edit.at.path)), "")

    def _sort_in(self, finding: Finding, outcome: Outcome) -> None:
        """Note a finding that stays."""
        refused = self._refused.get(self._key(finding))
        if refused is not None:
            outcome.left.append(Left(finding, f"its fix was not made: {refused}"))
        elif finding.fix is None:
            outcome.left.append(Left(finding, self._why_none(finding)))
        elif self._elsewhere(finding):
            outcome.left.append(Left(finding, f"its fix is in {self._elsewhere(finding)}, which was not asked for"))
        elif finding.fix.safety == "shown":
            outcome.left.append(Left(finding, f"only you can: {finding.fix.title}"))
        elif finding.fix.safety not in self._safeties:
            outcome.unsafe.append(finding)
        else:
            outcome.left.append(Left(finding, "it was still found after its fix"))

    def _why_none(self, finding: Finding) -> str:
        if finding.wish is None:
            return "what mends it depends on what the project is for"
        from flake8_celery_oom.changes.lower import fix_of

        try:
            fix_of(finding.wish, self._current.scene())
        except CannotEditError as error:
            return str(error)
        return "there is no fix"


def _together(findings: Sequence[Finding]) -> list[Finding]:
    """The findings whose fixes can land together, the first come first."""
    taken: list[Finding] = []
    fixes: list[Fix] = []
    for finding in findings:
        if finding.fix is None:
            continue
        try:
            by_path([*fixes, finding.fix])
        except ConflictError:
            continue
        taken.append(finding)
        fixes.append(finding.fix)
    return taken
