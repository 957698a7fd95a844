"""Makefiles: rules with their recipe lines, the variables in them expanded as far as the file alone says.

A character of an expanded recipe line stands where it was written, which for a variable's value is the variable's
definition. What the file does not say becomes a hole: variables of the environment or of another file, what asks the
system, variables that the branches of a conditional define differently, and a number given with ``?=`` (a hole whose
default is that number, as everybody may say ``make N=8``). Conditionals whose condition is known are decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.makefile_expansion import HOST_CPUS, Expansion, Variable, Variables, hole, moved
from flake8_celery_oom.syntax.makefile_functions import shell_output
from flake8_celery_oom.syntax.makefile_lines import Branch, Recipe, colon_in, compared, unjoined, without_comment
from flake8_celery_oom.syntax.substitution import standing_at, stripped, word_at

_MAX_VALUES = 200

_ASSIGNMENT = re.compile(r"(?P<name>[^\s:#=+?!]+)\s*(?P<operator>::?:?=|[?+!]?=)[ \t]*")
_DEFINE = re.compile(
    r"(?:(?:export|override)\s+)*define\s+(?P<name>[^\s:#=+?!]+)\s*(?:(?P<operator>::?:?=|[?+!]?=)\s*)?$"
)
_CONDITIONAL = re.compile(r"(?P<word>ifeq|ifneq|ifdef|ifndef|else|endif)(?![\w.-])")
_PASSED_OVER = re.compile(r"(?:vpath|load|-load)(?:\s|$)")
_INCLUDE = re.compile(r"(?:-?include|sinclude)\s+")
_MOST_INCLUDED = 30
_TAKEN_BACK = re.compile(r"(?P<word>unexport|undefine)(?:\s(?P<names>.*))?$")
_MODIFIERS = re.compile(r"(?:(?:override|private)\s+)*(?P<export>export(?=\s|$)\s*)?(?:(?:override|private)\s+)*")


@dataclass(frozen=True, slots=True)
class RecipeLine:
    """One line of a recipe, for which make starts one shell: continuation lines joined, ``@``, ``-``, ``+`` taken off.

    ``text`` is what the shell gets, ``at`` where the line stands.
    """

    text: MappedText
    at: Location


@dataclass(frozen=True, slots=True)
class Rule:
    """Targets with their recipe; ``environment`` is what make exports to the shells of this recipe."""

    targets: tuple[str, ...]
    lines: tuple[RecipeLine, ...]
    at: Location
    environment: Mapping[str, Word] = field(default_factory=dict)


Included: TypeAlias = "Callable[[str], list[SourceText]]"
"""Gives the files that a name behind ``include`` means, as written; none where they are not known."""


def parse(source: SourceText, included: Included = lambda _: []) -> tuple[Rule, ...]:
    """The rules of a Makefile that have a recipe, in the order of the file. What is no make is left out.

    Variables are those that the file has together with the files that it includes. One that cannot be read may set
    any number that stands before it.
    """
    reader = _Reader(source, included)
    reader.read()
    return reader.rules()


# --- lines ------------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the lines in order and keeps what they define; recipes are expanded at the end, as make does."""

    def __init__(self, source: SourceText, included: Included, depth: int = 0) -> None:
        self._source = source
        self._included = included
        self._depth = depth
        self._variables: Variables = {}
        self._of_target: dict[str, Variables] = {}
        self._exported: set[str] = set()
        self._exported_for: dict[str, set[str]] = {}
        self._export_all = False
        self._prefix = "\t"
        self._recipes: list[Recipe] = []
        self._recipe: Recipe | None = None
        self._common_environment: dict[str, Word] | None = None
        self._branches: list[Branch] = []
        self._one_shell = False
        self._line = 1

    def read(self) -> None:
        """Read all lines."""
        last = self._source.line_count
        while self._line <= last:
            raw = self._source.line_text(self._line)
            if self._recipe is not None and raw.startswith(self._prefix):
                line = self._logical_recipe_line()
                if self._is_read:
                    self._recipe.lines.append(line)
            else:
                self._directive(self._logical_line())

    def rules(self) -> tuple[Rule, ...]:
        """The rules read so far, expanded."""
        last: dict[str, Recipe] = {}
        expansion = Expansion(self._source, self._variables)
        names = [Word.of(expansion.expand(recipe.targets)).shown.split() for recipe in self._recipes]
        for recipe, targets in zip(self._recipes, names, strict=True):
            last.update(dict.fromkeys(targets if recipe.lines and not recipe.adds else (), recipe))
        inherited = self._inherited(names)
        made: list[Rule] = []
        for recipe, targets in zip(self._recipes, names, strict=True):
            own = [name for name in targets if recipe.adds or last.get(name, recipe) is recipe]
            rule = self._rule(recipe, own, inherited) if recipe.lines and own else None
            made += [rule] if rule is not None else []
        return tuple(made)

    def _inherited(self, names: list[list[str]]) -> dict[str, set[str]]:
        """Variables that a target hands down to its prerequisites: what these have then depends on who needs them."""
        needs: dict[str, set[str]] = {}
        expansion = Expansion(self._source, self._variables)
        for recipe, targets in zip(self._recipes, names, strict=True):
            wanted = Word.of(expansion.expand(recipe.prerequisites)).shown.split() if self._of_target else []
            for name in targets:
                needs.setdefault(name, set()).update(wanted)
        found: dict[str, set[str]] = {}
        for target, own in self._of_target.items():
            waiting, seen = [target], {target}
            while waiting:
                fresh = needs.get(waiting.pop(), set()) - seen
                seen |= fresh
                waiting.extend(fresh)
            for name in seen - {target}:
                found.setdefault(name, set()).update(own)
                self._exported_for.setdefault(name, set()).update(self._exported_for.get(target, ()))
        return found

    @property
    def _is_read(self) -> bool:
        """Whether the lines here count: no conditional around them is known to leave them out."""
        return all(branch.holds is not False for branch in self._branches)

    @property
    def _is_unsure(self) -> bool:
        return any(branch.holds is None for branch in self._branches)

    # Physical lines are joined in two ways: a recipe keeps its backslashes for the shell, other lines become one.

    def _physical(self) -> tuple[MappedText, bool]:
        start = self._source.starts[self._line - 1]
        body = self._source.line_text(self._line)
        self._line += 1
        continued = (len(body) - len(body.rstrip("\\"))) % 2 == 1 and self._line <= self._source.line_count
        return MappedText.plain(self._source, start, start + len(body)), continued

    def _logical_recipe_line(self) -> MappedText:
        piece, continued = self._physical()
        pieces = [piece[len(self._prefix) :]]
        while continued:
            piece, continued = self._physical()
            pieces.append(piece[1:] if piece.text.startswith(self._prefix) else piece)
        return MappedText.joined(pieces, "\n")

    def _logical_line(self) -> MappedText:
        piece, continued = self._physical()
        pieces = [piece]
        while continued:
            pieces[-1] = pieces[-1][: len(pieces[-1].text.rstrip("\\").rstrip())]
            piece, continued = self._physical()
            pieces.append(stripped(piece))
        return stripped(MappedText.joined(pieces, " "))

    def _directive(self, line: MappedText) -> None:
        text = line.text
        if not text or text.startswith("#"):
            return
        if match := _CONDITIONAL.match(text):
            self._conditional(match["word"], line[match.end() :])
            return
        if not self._is_read:
            if definition := _DEFINE.match(text):
                self._define(definition["name"], "", kept=False)
            return
        self._recipe = None
        if match := _INCLUDE.match(text):
            self._include(without_comment(line[match.end() :]))
            return
        if _PASSED_OVER.match(text):
            return
        if match := _TAKEN_BACK.match(text):
            self._take_back(match["word"], (match["names"] or "").split())
            return
        if match := _DEFINE.match(text):
            self._define(match["name"], match["operator"] or "=")
            return
        modifiers = _MODIFIERS.match(text)
        exported = bool(modifiers and modifiers["export"])
        body = line[modifiers.end() :] if modifiers else line
        if match := _ASSIGNMENT.match(body.text):
            self._assign(self._variables, match["name"], match["operator"], without_comment(body[match.end() :]))
            if exported:
                self._exported.add(match["name"])
        elif exported:
            names = without_comment(body).text.split()
            self._exported.update(names)
            self._export_all = self._export_all or not names
        else:
            self._rule_line(line)

    def _conditional(self, word: str, rest: MappedText) -> None:
        if word == "endif":
            self._branches = self._branches[:-1]
        elif word != "else":
            self._branches.append(Branch(self._condition(word, stripped(rest)) if self._is_read else False))
        elif self._branches:
            branch = self._branches.pop()
            before = branch.before | {branch.holds}
            holds = False if True in before else None if None in before else True
            again = _CONDITIONAL.match(stripped(rest).text)
            if again is not None and holds is not False:
                condition = self._condition(again["word"], stripped(stripped(rest)[again.end() :]))
                holds = None if holds is None and condition is not False else condition
            self._branches.append(Branch(holds, before))

    def _condition(self, word: str, rest: MappedText) -> bool | None:
        """Whether the condition behind ``ifeq``, ``ifdef`` and the like holds; None when the file does not say."""
        rest = without_comment(rest)
        expansion = Expansion(self._source, self._variables)
        if word in {"ifdef", "ifndef"}:
            name = expansion.known(rest)
            variable = self._variables.get(name) if name else None
            if variable is None or variable.unsure or variable.conditional:
                return None
            return any(text.text for text, _ in variable.pieces) is (word == "ifdef")
        pair = compared(rest)
        if pair is None:
            return None
        first, second = (expansion.known(stripped(one)) for one in pair)
        return None if first is None or second is None else (first == second) is (word == "ifeq")

    def _include(self, names: MappedText) -> None:
        """Read the variables of included files as if they stood here."""
        known = Expansion(self._source, self._variables).known(names)
        found = [self._included(name) for name in (known or "?").split()]
        if self._depth > 4 or len(found) > _MOST_INCLUDED or not all(found) or self._is_unsure:
            for variable in self._variables.values():
                variable.replaceable = True
        for source in [one for files in found for one in files][:_MOST_INCLUDED] if self._depth <= 4 else ():
            inner = _Reader(source, self._included, self._depth + 1)
            inner._variables = {name: moved(one, MappedText.plain(source)[:1]) for name, one in self._variables.items()}
            before = {name: one.shown for name, one in inner._variables.items()}
            inner.read()
            for name, one in inner._variables.items():
                if one.shown != before.get(name):
                    self._variables[name] = moved(one, names)
                    self._variables[name].unsure |= self._is_unsure
            self._exported |= inner._exported
            self._export_all |= inner._export_all

    def _take_back(self, word: str, names: list[str]) -> None:
        """``unexport`` and ``undefine``."""
        if word == "unexport":
            self._exported -= set(names)
            self._export_all = self._export_all and bool(names)
            return
        for name in names:
            self._variables[name] = Variable(unsure=True)

    def _define(self, name: str, operator: str, *, kept: bool = True) -> None:
        start = self._source.starts[min(self._line, len(self._source.starts)) - 1]
        end, depth = start, 1
        while depth and self._line <= self._source.line_count:
            body = self._source.line_text(self._line).strip()
            depth += 1 if _DEFINE.match(body) else -1 if re.match(r"endef(?:\s|$)", body) else 0
            self._line += 1
            if depth:
                end = self._source.starts[self._line - 2] + len(self._source.line_text(self._line - 1))
        if kept:
            self._assign(self._variables, name, operator, MappedText.plain(self._source, start, max(start, end)))

    def _assign(self, variables: Variables, name: str, operator: str, value: MappedText) -> None:
        if name == ".RECIPEPREFIX":
            self._prefix = value.text[:1] or "\t"
        old = variables.get(name)
        if operator == "?=" and old is not None and not self._is_unsure:
            return
        if operator == "!=":
            output = shell_output(Expansion(self._source, self._variables).known(value) or "?")
            found = None if output is None else standing_at(value, output)
            value, operator = found or hole(value, host_cpus=bool(HOST_CPUS.search(value.text))), ":="
        if operator in {":=", "::=", ":::="}:
            known = {**self._variables, **variables}
            piece = (Expansion(self._source, known).expand(value), True)
        else:
            piece = (value, False)
        if operator == "+=" and old is not None:
            if len(old.pieces) < _MAX_VALUES:
                space = MappedText(self._source, " ", [piece[0].offsets[0]] * 2)
                old.pieces += [(space, True), piece]
            old.unsure = old.unsure or self._is_unsure
            return
        same = old is not None and [text.text for text, _ in old.pieces] == [piece[0].text]
        unsure = self._is_unsure and not same
        variables[name] = Variable([piece], operator == "?=", unsure)

    def _rule_line(self, line: MappedText) -> None:
        colon = colon_in(line.text)
        if colon < 0:
            return
        targets = line[: len(line.text[:colon].rstrip("& \t"))]
        rest = line[len(line.text) - len(line.text[colon:].lstrip(":")) :]
        rest = stripped(rest)
        modifiers = _MODIFIERS.match(rest.text)
        body = rest[modifiers.end() :] if modifiers else rest
        if match := _ASSIGNMENT.match(body.text):
            value = without_comment(body[match.end() :])
            for name in targets.text.split():
                self._assign(self._of_target.setdefault(name, {}), match["name"], match["operator"], value)
                if modifiers and modifiers["export"]:
                    self._exported_for.setdefault(name, set()).add(match["name"])
            return
        semicolon = without_comment(rest).text.find(";")
        needs = without_comment(rest)[: semicolon if semicolon >= 0 else None]
        adds = line.text[colon : colon + 2] == "::" or self._is_unsure
        self._one_shell = self._one_shell or targets.text == ".ONESHELL"
        self._export_all = self._export_all or targets.text == ".EXPORT_ALL_VARIABLES"
        self._recipe = Recipe(targets, needs, adds)
        self._recipes.append(self._recipe)
        if semicolon >= 0:
            self._recipe.lines.append(stripped(rest[semicolon + 1 :]))

    # Recipes

    def _rule(self, recipe: Recipe, names: list[str], inherited: dict[str, set[str]]) -> Rule | None:
        variables = self._variables
        exported = set(variables) if self._export_all else self._exported
        for name in names:
            handed_down = inherited.get(name, set()) - set(self._of_target.get(name, ()))
            if handed_down:
                variables = {**variables, **{one: Variable(unsure=True) for one in handed_down}}
                exported = exported | self._exported_for.get(name, set())
            if own := self._of_target.get(name):
                variables = {**variables, **own}
                exported = exported | self._exported_for.get(name, set())
        needs = Expansion(self._source, self._variables).known(recipe.prerequisites)
        automatic = {"@": names[0], "@F": names[0].rpartition("/")[2]} if "%" not in names[0] else {}
        if needs is not None and "|" not in needs and needs.split():
            automatic |= {"<": needs.split()[0], "^": " ".join(dict.fromkeys(needs.split()))}
        lines = [line for raw in recipe.lines for line in self._recipe_lines(raw, variables, automatic)]
        if self._one_shell and len(lines) > 1:
            whole = MappedText.joined([line.text for line in lines], "\n")
            lines = [RecipeLine(whole, lines[0].at)]
        if variables is not self._variables:
            environment = self._environment(exported, variables)
        else:
            environment = self._common_environment = self._common_environment or self._environment(exported, variables)
        return Rule(tuple(names), tuple(lines), recipe.targets.location(), environment) if lines else None

    def _environment(self, exported: set[str], variables: Variables) -> dict[str, Word]:
        made: dict[str, Word] = {}
        for name in sorted(exported & variables.keys()):
            if pieces := variables[name].pieces:
                text = Expansion(self._source, variables).expand(MappedText.joined([text for text, _ in pieces]))
                made[name] = word_at(text, pieces[0][0].location())
            elif variables[name].unsure and variables is not self._variables:
                made[name] = Word((Hole(f"$({name})", name),))
        return made

    def _recipe_lines(
        self, raw: MappedText, variables: Variables, automatic: Mapping[str, str]
    ) -> Iterator[RecipeLine]:
        expanded = Expansion(self._source, variables, automatic).expand(raw)
        for line in unjoined(expanded):
            body = stripped(line)
            body = stripped(body[len(body.text) - len(body.text.lstrip("@-+ \t")) :])
            if body.text and not body.text.startswith("#"):
                written = stripped(raw)
                yield RecipeLine(body, written.location())
