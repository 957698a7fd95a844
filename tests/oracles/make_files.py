"""Makefiles of the kinds that people write around ``celery worker``, made from a seed.

Every recipe starts one worker with an application name of its own, and ``all`` needs every target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from tests.oracles.real_shell import Trial

DIGITS = ("1", "2", "3", "4", "8", "16")
ENVIRONMENTS: tuple[dict[str, str], ...] = ({}, {"E_N": "6"}, {"E_N": "9"})


@dataclass
class Made:
    """A Makefile while it is written."""

    random: Random
    lines: list[str] = field(default_factory=list)
    recipes: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    apps: int = 0
    uses_environment: bool = False

    def one(self, *choices: str) -> str:
        return self.random.choice(choices)

    def digit(self) -> str:
        return self.one(*DIGITS)

    def app(self) -> str:
        self.apps += 1
        return f"app{self.apps}"

    def name(self) -> str:
        """A variable that has not been used yet."""
        return f"V{len(self.lines)}_{self.random.randrange(100)}"

    def known(self, name: str) -> str:
        self.numbers.append(name)
        return name

    def number(self) -> str:
        """A number, or a reference to a variable that holds one."""
        if self.numbers and self.random.random() < 0.8:
            name = self.one(*self.numbers)
            return self.one(f"$({name})", f"${{{name}}}", f"$(strip $({name}))")
        return self.digit()

    def target(self, body: str, *, head: str = "", needs: str = "") -> str:
        """A target with this recipe."""
        name = f"t{len(self.targets)}"
        self.targets.append(name)
        self.recipes.append(
            f"{head.replace('TARGET', name)}{name}: {needs}\n" + "\n".join(f"\t{line}" for line in body.split("\n"))
        )
        return name

    def worker(self, options: str) -> str:
        return f"celery -A {self.app()} worker {options}"


def variables(made: Made) -> None:
    name, digit, other = made.name(), made.digit(), made.digit()
    forms = [
        f"{name} = {digit}",
        f"{name} := {digit}",
        f"{name} ::= {digit}",
        f"{name} = {digit}  # how many",
        f"override {name} = {digit}",
        f"{name}_A = {digit}\n{name} = $({name}_A)",
        f"{name}_A := {digit}\n{name} := $({name}_A)\n{name}_A := {other}",
        f"{name} = $({name}_A)\n{name}_A = {digit}",
        f"{name} = {digit}\n{name} := $({name})",
        f"{name} != echo {digit}",
        f"{name} := $(shell echo {digit})",
        f"{name} = $(words a b c)",
        f"{name}_L = {digit} {other} 2\n{name} = $(word 2,$({name}_L))",
        f"{name}_L = {digit} {other}\n{name} = $(firstword $({name}_L))",
        f"{name}_L := {digit} {other}\n{name} := $(lastword $({name}_L))",
        f"{name} = $(subst x,,x{digit})",
        f"{name} = $(patsubst n%,%,n{digit})",
        f"{name}_P = n{digit}.q\n{name} = $({name}_P:n%.q=%)",
        f"{name}_P = {digit}.c\n{name} = $({name}_P:.c=)",
        f"{name} = $(filter {digit},0 {digit} 77)",
        f"{name} = $(filter-out a b,a {digit} b)",
        f"{name} = $(if yes,{digit},{other})",
        f"{name} = $(if ,{digit},{other})",
        f"{name}_E =\n{name} = $(or $({name}_E),{digit})",
        f"{name} = $(and a,{digit})",
        f"{name} = $(notdir /tmp/{digit})",
        f"{name} = $(basename {digit}.txt)",
        f"{name}_f = $(1)\n{name} = $(call {name}_f,{digit})",
        f"{name}_f = $(word $(1),{digit} {other})\n{name} = $(call {name}_f,2)",
        f"{name}_f = $(if $(filter big,$(1)),{digit},{other})\n{name} = $(call {name}_f,small)",
        f"define {name}\n{digit}\nendef",
        f"{name}_X_big = {digit}\n{name}_KIND = big\n{name} = $({name}_X_$({name}_KIND))",
        f"{name} = $(sort {digit} {digit})",
        f"{name} = $(strip   {digit}   )",
        f"{name} = $(lastword $(sort 1 {digit}))",
        f"{name} = $(foreach x,{digit},$(x))",
        f"{name} = $(or $(NOWHERE),{digit})",
        f"{name} = $(or $(strip $(NOWHERE)),$(NOWHERE_ELSE),{digit})",
        f"{name} = $(if $(NOWHERE),{other},{digit})",
        f"{name} = $(if $(filter on,$(NOWHERE)),{other},$(words a b))",
    ]
    made.lines.append(made.one(*forms))
    made.known(name)


def conditional_default(made: Made) -> None:
    name, digit = made.name(), made.digit()
    made.uses_environment = True
    made.lines.append(made.one(f"E_N ?= {digit}\n{name} = $(E_N)", f"{name} = {digit}\n{name} ?= 99"))
    made.known(name)


def conditionals(made: Made) -> None:
    name, digit, other = made.name(), made.digit(), made.digit()
    conditions = [
        "ifeq (a,a)", "ifeq (a,b)", "ifneq (a,b)", 'ifeq "x" "x"', "ifeq ($(strip a ),a)", f"ifeq ($({name}_K),one)",
        f"ifdef {name}_K", f"ifneq ($({name}_K),)", f"ifneq (,$(findstring on,$({name}_K)))", f"ifeq ('$({name}_K)','two')",
        f"ifeq ($(words $({name}_K)),1)",
    ]  # fmt: skip
    condition = made.one(*conditions)
    forms = [
        f"{condition}\n{name} = {digit}\nelse\n{name} = {other}\nendif",
        f"{name} = {digit}\n{condition}\n  {name} = {other}\nendif",
        f"{condition}\n{name} := {digit}\nelse ifeq (c,c)\n{name} := {other}\nelse\n{name} := 77\nendif",
        f"{name} = {digit}\n{condition}\nelse\nifeq (x,x)\n{name} = {other}\nendif\nendif",
    ]
    made.lines.append(f"{name}_K = {made.one('one', 'two')}\n" + made.one(*forms))
    made.known(name)


def exports(made: Made) -> None:
    name = "CELERY_WORKER_CONCURRENCY"
    value, digit = made.number(), made.digit()
    command = made.worker("-l info")
    choice = made.random.randrange(9)
    if choice == 0:
        made.target(command, head=f"TARGET: export {name} = {value}\n")
    elif choice == 1:
        made.target(f"{name}={value} {command}")
    elif choice == 2:
        made.target(f"export {name}={value}; {command}")
    elif choice == 3:
        made.target(f"export {name}={value}\n{command}")
    elif choice == 4:
        file = f"vars{made.apps}.env"
        made.files[file] = f"{name}={digit}\nOTHER=x\n"
        made.target(f"set -a; . ./{file}; set +a; {command}")
    elif choice == 7:
        inner = made.target(command)
        made.target("true", head=f"TARGET: export {name} = {digit}\n", needs=inner)
    elif choice == 8 and not any("$(1)" in line for line in made.lines):  # a call without arguments may be refused
        made.lines.append(f"{name} = {digit}\n.EXPORT_ALL_VARIABLES:\n")
        made.target(command)
    elif choice == 5:
        file = f"n{made.apps}.txt"
        made.files[file] = f"{digit}\n"
        made.target(made.worker(f"-c $$(cat {file})"))
        made.target(command)
    else:
        made.target(f"env {name}={value} {command}")


def targets(made: Made) -> None:
    value, digit = made.number(), made.digit()
    name = made.name()
    choice = made.random.randrange(14)
    if choice == 0:
        made.target(f"@{made.worker(f'-c {value}')}")
    elif choice == 1:
        made.target(f"{made.worker(f'-c {value}')} \\\n\t  --max-tasks-per-child={made.number()}")
    elif choice == 2:
        made.target(made.worker(f"-c $({name})"), head=f"TARGET: {name} = {digit}\n")
    elif choice == 3:
        made.target(f"N={value}; {made.worker('-c $$N')}")
    elif choice == 4:
        made.target(f"-@for n in {digit} {digit}; do {made.worker('-c $$n')}; done")
    elif choice == 5:
        made.lines.append(f"define {name}\ncelery -A $(1) worker -c $(2)\nendef")
        made.target(f"$(call {name},{made.app()},{value})")
    elif choice == 6:
        made.lines.append(f"{name} = celery -A $(1) worker $(2)")
        made.target(f"$(call {name},{made.app()},-c {value})")
    elif choice == 7:
        made.target(f"$(foreach q,low high,{made.worker(f'-Q $(q) -c {value}')};)")
    elif choice == 8 and not any("$(1)" in line for line in made.lines):  # a call without arguments may be refused
        made.lines.append(f"{name} = celery -A")
        made.target(f"$({name}) {made.app()} worker -c {value}")
    elif choice == 9:
        inner = made.target(made.worker(f"-c {value}"))
        made.target(f"$(MAKE) -s {inner}")
    elif choice == 10:
        made.target(f"sh -c '{made.worker(f'-c {value}')}'")
    elif choice == 11:
        inner = made.target(made.worker(f"-c $({name})"), head=f"{name} = {digit}\n")
        made.target("true", head=f"TARGET: {name} = {made.digit()}\n", needs=inner)
    elif choice == 12:
        made.target(made.worker("-c $(words $(@:t%=%)) -n $(@:t%=w%) --max-tasks-per-child=$(@:t%=1%)"))
    else:
        made.target(f"cd . && {made.worker(f'-c {value}')} &")


def trial(seed: int) -> Trial:
    """A Makefile whose target ``all`` runs everything in it."""
    random = Random(seed)
    made = Made(random)
    for _ in range(random.randint(1, 5)):
        random.choice((variables, variables, variables, conditionals, conditionals, conditional_default))(made)
    for _ in range(random.randint(1, 4)):
        random.choice((targets, targets, targets, exports))(made)
    text = "all: " + " ".join(made.targets) + "\n\n" + "\n".join(made.lines) + "\n\n" + "\n\n".join(made.recipes) + "\n"
    files = {**made.files, "Makefile": text}
    return Trial(files, ("make", "-s", "-i", "all"), ENVIRONMENTS if made.uses_environment else ({},))


def trials(count: int) -> st.SearchStrategy[list[Trial]]:
    """So many trials, which have as little in common as seeds have."""
    return st.integers(0, 2**62).map(lambda seed: [trial(seed * count + number) for number in range(count)])


def texts(one: Trial) -> Iterator[str]:
    """The files of a trial for a message."""
    for path, text in one.files.items():
        yield f"--- {path}\n{text}"
