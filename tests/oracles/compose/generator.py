"""Made-up compose projects over what people use: several files, overrides, anchors, extends, include, variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

DEFAULT_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
SERVICES = ("worker", "mail", "web")
VARIABLES = ("CONC", "POOL", "EMPTY", "UNSET")


@dataclass(frozen=True)
class Tagged:
    """A value behind a tag or an anchor: ``before`` is written in front of it."""

    before: str
    value: object


@dataclass(frozen=True)
class GeneratedProject:
    """Files of one repository, and how Compose is told of them: ``arguments`` of its command, run in the root."""

    files: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    used: tuple[str, ...] = field(default=(), compare=False)
    """The files that the project consists of, in order."""


# --- YAML -------------------------------------------------------------------------------------------------------------


def written(node: object, indent: int = 0) -> str:
    """A node as block YAML. Texts are YAML already."""
    pad = "  " * indent
    if isinstance(node, dict):
        return "".join(f"{pad}{key}:{_value(value, indent)}" for key, value in node.items()) or f"{pad}{{}}\n"
    if isinstance(node, list):
        return "".join(f"{pad}-{_value(value, indent)}" for value in node)
    return f"{pad}{node}\n"


def _value(node: object, indent: int) -> str:
    before = ""
    while isinstance(node, Tagged):
        before += f" {node.before}"
        node = node.value
    if isinstance(node, (dict, list)):
        if not node:
            return f"{before} {'{}' if isinstance(node, dict) else '[]'}\n"
        return f"{before}\n{written(node, indent + 1)}"
    if isinstance(node, str) and "\n" in node:
        head, *lines = node.split("\n")
        return f"{before} {head}\n" + "".join(f"{'  ' * (indent + 1)}{line}\n" for line in lines)
    return f"{before} {node}\n" if node else f"{before}\n"


def quoted(text: str) -> str:
    """A text in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_PLAIN = re.compile(r"[A-Za-z/][\w ./=-]*")
_OTHER_MEANING = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def styles_of(text: str) -> list[str]:
    """The text in each of YAML's styles that can hold it."""
    made = [quoted(text), "'" + text.replace("'", "''") + "'"]
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _OTHER_MEANING:
        made += [text, text]
    if " " in text.strip():
        head, _, tail = text.strip().rpartition(" ")
        made += [f"|\n{text.lstrip()}", f">\n{head.rstrip()}\n{tail}"]
    return made


def scalars(text: str) -> st.SearchStrategy[str]:
    """The text in one of YAML's styles."""
    return st.sampled_from(styles_of(text))


def on_one_line(texts: list[str], style: int) -> list[str]:
    """Texts as items of a list, in one style where it can hold them."""
    styles = [[one for one in styles_of(text) if "\n" not in one] for text in texts]
    return [made[style % len(made)] for made in styles]


# --- values -----------------------------------------------------------------------------------------------------------

FORMS = (*("$N", "${N}", "${N:-D}", "${N-D}", "${N:+D}", "${N+D}") * 3, "${N:-D}", "${N:?m}", "${N?}")


@st.composite
def references(draw: st.DrawFn, default: str, depth: int = 0) -> str:
    """A variable in one of Compose's notations."""
    name = draw(st.sampled_from(VARIABLES))
    inner = draw(references(default, depth + 1)) if depth < 2 and draw(st.integers(0, 5)) == 0 else default
    return draw(st.sampled_from(FORMS)).replace("N", name, 1).replace("D", inner)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    number = str(draw(st.integers(0, 64)))
    return number if draw(st.booleans()) else draw(references(number))


OPTIONS = ("-c NUM", "--concurrency=NUM", "--pool=POOLS", "-n w@%h", "-Q a,b", "--max-tasks-per-child NUM", "-n $$HOME")


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """The words of a command, as they are meant."""
    found = ["celery", "-A", "proj", "worker"]
    for option in draw(st.lists(st.sampled_from(OPTIONS), max_size=3, unique=True)):
        head, blank, tail = option.partition(" ")
        given = {"NUM": draw(numbers()), "POOLS": "gevent"} if "NUM" in option else {"POOLS": draw(references("solo"))}
        for name, value in given.items():
            head, tail = head.replace(name, value), tail.replace(name, value)
        found += [head, tail] if blank else [head]
    return found


ENDS = ("", "", "", "", " ", " && echo done", " | tee log", " > log", "  --without-gossip")


@st.composite
def commands(draw: st.DrawFn) -> object:
    """A command as text or as a list, or one that says nothing."""
    kind = draw(st.sampled_from(["text", "text", "text", "list", "list", "flow", "null", "empty", "shell"]))
    if kind == "null":
        return draw(st.sampled_from(["", "null", "~"]))
    if kind == "empty":
        return draw(st.sampled_from(["[]", '""']))
    parts = draw(words())
    if kind == "shell":
        return draw(scalars(f'sh -c "{" ".join(parts)}{draw(st.sampled_from(ENDS))}"'))
    if kind == "text":
        mark = draw(st.sampled_from(["", "", "'", '"']))
        text = " ".join(f"{mark}{part}{mark}" if index % 2 else part for index, part in enumerate(parts))
        return draw(scalars(text + draw(st.sampled_from(ENDS))))
    if kind == "flow":
        return "[" + ", ".join(quoted(part) for part in parts) + "]"
    return on_one_line(parts, draw(st.integers(0, 3)))


VALUES = ("x y", "true", "a=b", "", "on", "1.5", "007", "0x10", "1e3", "$$A", "4", "$CONC", "${UNSET:-3}", "${POOL-x}")


@st.composite
def assignments(draw: st.DrawFn, *, overriding: bool = False) -> object:
    """Variables of a service, as a mapping or as a list; some take their value from whoever runs Compose."""
    names = draw(st.lists(st.sampled_from(["A", "B", "C", "CONC", "UNSET", "EMPTY"]), unique=True, max_size=3))
    values = [draw(st.sampled_from((*VALUES, None))) for _ in names]
    if draw(st.booleans()):
        lines = [name if value is None else f"{name}={value}" for name, value in zip(names, values, strict=True)]
        return on_one_line(lines, draw(st.integers(0, 3))) or "[]"
    made: dict[str, object] = {}
    plain = draw(st.booleans())
    for name, value in zip(names, values, strict=True):
        bare = plain and value and not any(mark in value for mark in "${}=")
        made[name] = "" if value is None else value if bare else quoted(value)
    if overriding and names and draw(st.integers(0, 4)) == 0:
        made[names[0]] = Tagged("!reset", "null")
    return made or "{}"


MEMORY = (
    *("512m", "1g", "1.5g", "1.1g", "1073741824", '"256M"', "300k", "1GB", "1gb", '"0"', "2Gb", "0.5g", "100b"),
    *("64MB", "${MEM:-1g}", "${MEM:-1g}", '"${UNSET:-2g}"', "1 g", "1e9", "2GiB"),
)


@st.composite
def builds(draw: st.DrawFn) -> object:
    if draw(st.booleans()):
        return draw(st.sampled_from([".", "./app", "app", "..", "${DIR:-app}"]))
    made: dict[str, object] = {}
    for key in draw(st.lists(st.sampled_from(["context", "dockerfile", "target", "args"]), unique=True)):
        if key == "context":
            made[key] = draw(st.sampled_from([".", "./app", "${DIR:-./app}"]))
        elif key == "dockerfile":
            made[key] = draw(st.sampled_from(["Dockerfile", "docker/w.Dockerfile", "Dockerfile.${KIND:-slim}"]))
        elif key == "target":
            made[key] = draw(st.sampled_from(["run", "dev", "${STAGE:-run}"]))
        else:
            made[key] = draw(assignments())
    return made or "."


@st.composite
def env_files(draw: st.DrawFn) -> object:
    names = ["one.env", "two.env", "./conf/three.env", "conf/four"]
    kind = draw(st.sampled_from(["text", "list", "long"]))
    if kind == "text":
        return draw(st.sampled_from(names))
    if kind == "list":
        return list(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))
    path = draw(st.sampled_from([*names, "missing.env"]))
    made: dict[str, object] = {"path": path}
    if path == "missing.env" or draw(st.booleans()):
        made["required"] = "false"
    if draw(st.integers(0, 3)) == 0:
        made["format"] = "raw"
    return [made]


KEYS: dict[str, st.SearchStrategy[object]] = {
    "command": commands(),
    "entrypoint": commands(),
    "env_file": env_files(),
    "build": builds(),
    "working_dir": st.sampled_from(["/app", "/srv/${NAME:-x}", "${UNSET}"]),
    "mem_limit": st.sampled_from(MEMORY),
    "scale": st.sampled_from(["0", "2", '"3"', "${N:-4}"]),
    "deploy": st.sampled_from([{"replicas": "2"}, {"replicas": '"${EMPTY:-2}"'}, {"replicas": "${N:-4}"}]),
    "profiles": st.just(["jobs"]),
}
FREQUENT = (*KEYS, *("command",) * 3, *("environment",) * 3, "env_file", "build", "mem_limit", "limit")
RESETS = ("command", "environment", "mem_limit", "env_file", "build")


@st.composite
def bodies(draw: st.DrawFn, *, overriding: bool = False) -> dict[str, object]:
    """The keys of a service, but for ``image``, ``extends`` and merge keys."""
    made: dict[str, object] = {}
    for key in draw(st.lists(st.sampled_from(FREQUENT), max_size=3 if overriding else 5, unique=True)):
        if key == "limit":
            made["deploy"] = {"resources": {"limits": {"memory": draw(st.sampled_from(MEMORY)), "cpus": '"0.5"'}}}
        elif key == "environment":
            made[key] = draw(assignments(overriding=overriding))
        elif key not in made:
            made[key] = draw(KEYS[key])
    if "scale" in made or "mem_limit" in made:
        made.pop("deploy", None)
    return _tagged(draw, made) if overriding else made


def _tagged(draw: st.DrawFn, body: dict[str, object]) -> dict[str, object]:
    """The keys of an overriding service, some with ``!override`` or ``!reset``."""
    tag = draw(st.sampled_from(["", "", "", "!override", "!reset"]))
    if tag == "!override" and body and "!reset" not in str(body):
        key = draw(st.sampled_from(sorted(body)))
        body[key] = Tagged(tag, body[key])
    elif tag == "!reset":
        body[draw(st.sampled_from(RESETS))] = Tagged(tag, draw(st.sampled_from(["null", "[]", "{}"])))
    return body


DOTENV = {
    "CONC": ("CONC=8", "CONC=8 # eight", 'CONC="6"', "export CONC=5", "CONC='4'", "CONC: 3", "CONC=${BASE:-2}"),
    "POOL": ("POOL=gevent", "POOL='solo'", "POOL=$BASE"),
    "EMPTY": ("EMPTY=", 'EMPTY=""'),
    "MEM": ("MEM=2g", "MEM=512m"),
    "BASE": ("BASE=threads",),
    "#": ("# a comment", "", "   "),
}
ENV_LINES = (
    *(
        "A=1",
        "B=two words",
        'C="quoted # no"',
        "A='single $X'",
        "B=${A:-none}",
        "C=$CONC",
        "D=a#b",
        "E=a #b",
        "F=",
        "G",
    ),
    *("H=${UNSET}", 'I="a\\nb"', "J = spaced", "export K=1", "L=$$x", 'M="\\$x"', "N=${A}-${B}", "# no", ""),
)


@st.composite
def dotenvs(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(sorted(DOTENV)), unique=True))
    return "".join(f"{draw(st.sampled_from(DOTENV[name]))}\n" for name in names)


def env_texts() -> st.SearchStrategy[str]:
    """The text of an env file."""
    lines = st.lists(st.sampled_from(ENV_LINES), max_size=5)
    return lines.map(lambda found: "".join(f"{line}\n" for line in found))


# --- projects ---------------------------------------------------------------------------------------------------------

Services = dict[str, dict[str, object]]


@st.composite
def services(draw: st.DrawFn, names: tuple[str, ...], *, overriding: bool = False) -> Services:
    made: Services = {}
    for name in names:
        body = draw(bodies(overriding=overriding))
        if (not overriding and "build" not in body) or (overriding and draw(st.integers(0, 4)) == 0):
            body["image"] = draw(st.sampled_from(["shop", "shop:1", "${REPO:-shop}:${TAG:-latest}"]))
        made[name] = body or {"image": "shop"}
    return made


def _with_fragments(draw: st.DrawFn, document: dict[str, object], made: Services) -> None:
    """Give a document anchors, merge keys and ``extends``."""
    shape = draw(st.sampled_from(["", "", "common", "env", "extends", "extends"]))
    names = list(made)
    if shape == "common":
        document["x-common"] = Tagged("&common", draw(bodies()) or {"working_dir": "/x"})
        for name in names:
            made[name].setdefault("<<", draw(st.sampled_from(["*common", "[*common]"])))
    elif shape == "env":
        document["x-env"] = Tagged("&env", {"A": '"9"', "SHARED": '"yes"'})
        for body in made.values():
            if isinstance(environment := body.get("environment"), dict):
                environment.setdefault("<<", "*env")
    elif shape == "extends" and len(names) > 1:
        made[names[1]]["extends"] = draw(st.sampled_from([names[0], {"service": names[0]}]))
        if len(names) > 2:
            made[names[2]]["extends"] = {"service": names[1]}


@st.composite
def documents(draw: st.DrawFn, among: tuple[str, ...] = SERVICES, *, overriding: bool = False) -> dict[str, object]:
    """A compose file with some of these services."""
    names = tuple(draw(st.lists(st.sampled_from(among), min_size=1, max_size=3, unique=True)))
    made = draw(services(names, overriding=overriding))
    document: dict[str, object] = {}
    _with_fragments(draw, document, made)
    return {**document, "services": made}


SHAPES = ("one", "one", "override", "override", "list", "list", "env", "extends", "include", "two")


@st.composite
def generated_projects(draw: st.DrawFn) -> GeneratedProject:
    """One repository, and the files of it that Compose is to take."""
    main = draw(st.sampled_from(DEFAULT_NAMES))
    document = draw(documents())
    own = document["services"]
    assert isinstance(own, dict)
    among = tuple(own)
    files = {name: draw(env_texts()) for name in ("one.env", "two.env", "conf/three.env", "conf/four")}
    dotenv = draw(dotenvs())
    shape = draw(st.sampled_from(SHAPES))
    used: tuple[str, ...] = (main,)
    arguments: tuple[str, ...] = ()
    if shape == "override":
        over = draw(st.sampled_from(OVERRIDE_NAMES))
        files[over] = written(draw(documents(among, overriding=True)))
        used = (main, over)
    elif shape in {"list", "env"}:
        others = draw(
            st.lists(
                st.sampled_from(["docker-compose.prod.yml", "deploy/prod.compose.yml", "third.compose.yml"]),
                min_size=1,
                max_size=2,
                unique=True,
            )
        )
        files.update({path: written(draw(documents(among, overriding=True))) for path in others})
        used = (main, *others)
        if shape == "env":
            dotenv += f"COMPOSE_FILE={':'.join(used)}\n"
        else:
            arguments = tuple(word for path in used for word in ("-f", path))
            line = " ".join(f"{draw(st.sampled_from(['-f ', '--file ', '--file=']))}{path}" for path in used)
            files.update(
                draw(
                    st.sampled_from(
                        [
                            {"up.sh": f"#!/bin/sh\ndocker compose {line} up -d\n"},
                            {"Makefile": f"up:\n\tdocker-compose -p shop {line} up\n"},
                            {"Makefile": f"DC = docker compose {line}\nup:\n\t$(DC) up\n"},
                        ]
                    )
                )
            )
    elif shape == "extends":
        files["common/base.yml"] = written({"services": draw(services(("base", "worker")))})
        for name in ("one.env", "two.env", "conf/three.env", "conf/four"):
            files[f"common/{name}"] = "P=common\n"
        for body in own.values():
            if draw(st.booleans()):
                body["extends"] = {"file": "common/base.yml", "service": draw(st.sampled_from(["base", "worker"]))}
    elif shape == "include":
        files["part/compose.yml"] = written({"services": draw(services(("included",)))})
        if draw(st.booleans()):
            files["part/.env"] = "CONC=21\nPOOL=eventlet\n"
        for name in ("one.env", "two.env", "conf/three.env", "conf/four"):
            files[f"part/{name}"] = "P=part\n"
        document["include"] = draw(st.sampled_from([["part/compose.yml"], [{"path": "part/compose.yml"}]]))
    elif shape == "two":
        other = draw(st.sampled_from([name for name in DEFAULT_NAMES if name != main]))
        files[other] = written(draw(documents()))
        used = (min(main, other, key=DEFAULT_NAMES.index),)
    files[main] = written(document)
    if dotenv.strip():
        files[".env"] = dotenv
    return GeneratedProject(files, arguments, used)
