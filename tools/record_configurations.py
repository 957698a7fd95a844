"""Asks real Celery releases what they make of configurations, and writes their answers down for the tests.

    python tools/record_configurations.py --venvs DIR [--python 3.8=/path/to/python3.8 ...] [RELEASE ...]

For each release a virtual environment is made below DIR (once) with Celery and Django in it; then this very file runs
inside of it with ``--answer FOLDER``: it loads every application below FOLDER and prints what its settings are. That
part has to run on Python 3.8 and needs nothing but Celery and Django. No worker is started and no broker is needed.

The tests import ``generate`` and ask the Celery release that is installed with them in one process of its own.

The answer to a configuration is a list of values, one for each of SETTINGS, or the name of the exception it ends with.
"""

import argparse
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SETTINGS = [
    "worker_concurrency",
    "worker_max_tasks_per_child",
    "worker_max_memory_per_child",
    "worker_pool",
    "worker_prefetch_multiplier",
    "task_acks_late",
]
OLD = {
    "worker_concurrency": "CELERYD_CONCURRENCY",
    "worker_max_tasks_per_child": "CELERYD_MAX_TASKS_PER_CHILD",
    "worker_max_memory_per_child": "CELERYD_MAX_MEMORY_PER_CHILD",
    "worker_pool": "CELERYD_POOL",
    "worker_prefetch_multiplier": "CELERYD_PREFETCH_MULTIPLIER",
    "task_acks_late": "CELERY_ACKS_LATE",
}
RELEASES = ["4.4.7", "5.0.5", "5.6.3"]
COUNT = 420
SEED = 20261122


# --- questions --------------------------------------------------------------------------------------------------------


class Generator:
    """Writes one application after another, each in a package of its own."""

    def __init__(self, seed=SEED):
        self.rng = random.Random(seed)
        self.number = 0

    def value(self, setting):
        """A value for a setting, new every time, as Python code; and lines that have to stand before it."""
        rng = self.rng
        self.number += 1
        if setting == "worker_pool":
            return repr(rng.choice(["solo", "threads", "gevent", "eventlet", "prefork"])), []
        if setting == "task_acks_late":
            return rng.choice(["True", "False"]), []
        number = self.number + 1
        if rng.random() < 0.06:
            return rng.choice(["0", "None"]), []
        form = rng.randrange(9)
        name = f"V{self.number}"
        if form == 0:
            return f"{number} * 3", []
        if form == 1:
            return name, [f"{name} = {number}"]
        if form == 2:
            return f"int('{number}')", []
        if form == 3:
            return f"max(1, {number})", []
        if form == 4:
            return f"{number} if {rng.choice(['True', '1 < 2', 'not False'])} else 1", []
        if form == 5:
            return name, ["if 2 > 1:", f"    {name} = {number}", "else:", f"    {name} = 1"]
        if form == 6:
            return f"{name.lower()}()", [f"def {name.lower()}(n={number}):", "    return n"]
        return str(number), []

    def key(self, setting, namespace):
        """A spelling of a setting; the plain ones more often."""
        prefix = (namespace or "CELERY").rstrip("_") + "_"
        spellings = [setting] * 3 + [OLD[setting]] * 3
        if namespace:
            right = prefix + setting
            spellings += [right.upper() if prefix.isupper() else right.lower()] * 7
        spellings += [
            (prefix + setting).upper(),
            (prefix + setting).lower(),
            setting.upper(),
            prefix + OLD[setting],
            setting.split("_", 1)[1],
        ]
        return self.rng.choice(spellings)

    def pairs(self, namespace, most=3):
        """Some keys with the code of their values, and the lines before."""
        found, before = {}, []
        for setting in self.rng.sample(SETTINGS, self.rng.randint(1, most)):
            code, lines = self.value(setting)
            found[self.key(setting, namespace)] = code
            before += lines
        return found, before

    def display(self, pairs):
        """A dict, as a display or a call."""
        if self.rng.random() < 0.4:
            return "dict({})".format(", ".join("{}={}".format(*item) for item in pairs.items()))
        return "{{{}}}".format(", ".join("{!r}: {}".format(*item) for item in pairs.items()))

    def config(self, package, namespace):
        """The configuration module of a package, and the expression that names its object."""
        rng = self.rng
        pairs, before = self.pairs(namespace, 4)
        lines = [*before]
        kind = rng.choice(["module", "import", "class", "dotted", "object", "instance", "dict", "inherited", "star"])
        plain = ["{} = {}".format(*item) for item in pairs.items()]
        imports = ""
        if kind in {"module", "import"}:
            lines += plain
            source = repr(package + ".conf") if kind == "module" else "conf"
            imports = "" if kind == "module" else f"from {package} import conf"
        elif kind == "star":
            return (
                {"base.py": "\n".join([*lines, *plain]) + "\n", "conf.py": "from .base import *\n"},
                repr(package + ".conf"),
                "",
            )
        elif kind == "dict":
            lines.append("CONF = " + self.display(pairs))
            source, imports = rng.choice([(repr(package + ".conf:CONF"), ""), ("CONF", "from .conf import CONF")])
        elif kind == "inherited":
            half = len(plain) // 2
            lines += ["class Base:", *("    " + line for line in ["pass", *plain[:half]])]
            lines += ["class Conf(Base):", *("    " + line for line in ["pass", *plain[half:]])]
            source, imports = rng.choice([(repr(package + ".conf:Conf"), ""), ("Conf()", "from .conf import Conf")])
        else:
            lines += ["class Conf:", *("    " + line for line in ["pass", *plain])]
            source = {
                "class": repr(package + ".conf:Conf"),
                "dotted": repr(package + ".conf.Conf"),
                "object": "Conf",
                "instance": "Conf()",
            }[kind]
            imports = "from .conf import Conf" if kind in {"object", "instance"} else ""
        return {"conf.py": "\n".join(lines) + "\n"}, source, imports

    def write(self, target):
        """A statement that writes to ``app.conf``, and the lines before it."""
        rng = self.rng
        pairs, before = self.pairs(None, 2)
        key, code = next(iter(pairs.items()))
        form = rng.randrange(8)
        if form == 0:
            return [f"{target}.{key} = {code}"], before
        if form == 1:
            return [f"{target}[{key!r}] = {code}"], before
        if form == 2:
            return [f"setattr({target}, {key!r}, {code})"], before
        if form == 3:
            return ["{}.update({})".format(target, ", ".join("{}={}".format(*item) for item in pairs.items()))], before
        if form == 4:
            return [f"{target}.update({self.display(pairs)})"], before
        if form == 5:
            return [
                "{}.update([{}])".format(target, ", ".join("({!r}, {})".format(*item) for item in pairs.items()))
            ], before
        if form == 6:
            return [f"{target}.update(**{self.display(pairs)})"], before
        return [f"{target}.setdefault({key!r}, {code})"], before

    def statement(self):
        """A statement after the application is made, and the lines before it."""
        rng = self.rng
        form = rng.random()
        if form < 0.62:
            return self.write("app.conf")
        if form < 0.72:
            pairs, before = self.pairs(None, 2)
            display = self.display(pairs)
            return [rng.choice(["app.add_defaults(%s)", "app.add_defaults(lambda: %s)"]) % display], before
        if form < 0.76:
            pairs, before = self.pairs(None, 2)
            return [f"app.conf.add_defaults({self.display(pairs)})"], before
        if form < 0.80:
            pairs, before = self.pairs(None, 1)
            return ["app.conf.changes[{!r}] = {}".format(*next(iter(pairs.items())))], before
        if form < 0.88:
            return [rng.choice(["app.conf.broker_url", "x = app.conf['task_routes']", "app.conf.get('timezone')"])], []
        inner, before = self.write("sender.conf")
        signal = rng.choice(["on_configure", "on_after_configure"])
        return [
            f"@app.{signal}.connect",
            f"def change{self.number}(sender, **kwargs):",
            "    " + inner[0],
        ], before

    def creation(self, namespace):
        """The statement that makes the application."""
        rng = self.rng
        arguments, before = ["'x'"], []
        form = rng.random()
        if form < 0.15:
            pairs, before = self.pairs(None, 2)
            arguments += ["{}={}".format(*item) for item in pairs.items()]
        elif form < 0.28:
            pairs, before = self.pairs(None, 2)
            arguments.append("changes=" + self.display(pairs))
        if namespace:
            arguments.append(f"namespace={namespace!r}")
        return arguments, before

    def application(self, index):
        """The files of one package."""
        rng = self.rng
        package = f"c{index:04d}"
        namespace = rng.choice([None, None, None, "CELERY", "CELERY", "CELERY_", "celery", "APP"])
        if rng.random() < 0.12:
            return package, self.django(package)
        in_creation = namespace is not None and rng.random() < 0.2
        arguments, before = self.creation(namespace if in_creation else None)
        files, source, imports = {}, None, ""
        if rng.random() < 0.75:
            files, source, imports = self.config(package, namespace)
        lines = ["from celery import Celery", *([imports] if imports else []), *before]
        steps = []
        if source is not None and rng.random() < 0.12:
            arguments.append("config_source=" + source)
        elif source is not None:
            given = f", namespace={namespace!r}" if namespace and not in_creation else ""
            steps.append(([f"app.config_from_object({source}{given})"], []))
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            steps.append(self.statement())
        rng.shuffle(steps)
        for _, earlier in steps:
            lines += earlier
        lines += self.subclass(arguments) if rng.random() < 0.12 else ["app = Celery({})".format(", ".join(arguments))]
        for step, _ in steps:
            lines += step
        files["__init__.py"] = ""
        files["app.py"] = "\n".join(lines) + "\n"
        return package, files

    def subclass(self, arguments):
        """A subclass of Celery that configures itself."""
        inner, before = self.write("self.conf")
        method = self.rng.choice(["on_init", "on_configure", "__init__"])
        lines = [*before, "class App(Celery):"]
        if method == "__init__":
            lines += ["    def __init__(self, *args, **kwargs):", "        super().__init__(*args, **kwargs)"]
        else:
            lines.append(f"    def {method}(self):")
        return [*lines, "        " + inner[0], "app = App({})".format(", ".join(arguments))]

    def django(self, package):
        """An application that takes the settings of Django."""
        rng = self.rng
        namespace = rng.choice(["CELERY", "CELERY", None])
        pairs, before = self.pairs(namespace, 4)
        given = f", namespace={namespace!r}" if namespace else ""
        lines = [
            "import os",
            "from celery import Celery",
            f"os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{package}.settings')",
            "app = Celery('x')",
            f"app.config_from_object('django.conf:settings'{given})",
        ]
        if rng.random() < 0.4:
            step, earlier = self.write("app.conf")
            lines = [*lines[:2], *earlier, *lines[2:], *step]
        settings = [*before, *("{} = {}".format(*item) for item in pairs.items())]
        files = {"app.py": "\n".join(lines) + "\n", "__init__.py": ""}
        if rng.random() < 0.4:
            files["base.py"] = "\n".join(settings) + "\n"
            files["settings.py"] = "from .base import *\nSECRET_KEY = 'x'\n"
        else:
            files["settings.py"] = "\n".join(["SECRET_KEY = 'x'", *settings]) + "\n"
        return files


def generate(count=COUNT, seed=SEED):
    """The packages of ``count`` applications: {package: {file name: text}}."""
    generator = Generator(seed)
    found = {"c0000": {"__init__.py": "", "app.py": "from celery import Celery\napp = Celery('x')\n"}}
    found.update(generator.application(index) for index in range(1, count))
    return found


def write_files(packages, folder):
    """Write the packages below a folder."""
    for package, files in packages.items():
        (Path(folder) / package).mkdir(parents=True)
        for name, text in files.items():
            (Path(folder) / package / name).write_text(text, "utf-8")


# --- answers ----------------------------------------------------------------------------------------------------------


def answer(package):
    """What the settings of a package's application are, by the Celery that runs this."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    import django.conf

    django.conf.settings._wrapped = django.conf.empty  # noqa: SLF001
    try:
        app = importlib.import_module(package + ".app").app
        if os.environ.get("DJANGO_SETTINGS_MODULE"):
            django.conf.settings._setup()  # noqa: SLF001
        # The first access makes the configuration, and finds its own key by other rules than all later ones.
        app.conf.get("timezone")
        return [getattr(app.conf, name, "no such setting") for name in SETTINGS]
    except Exception as error:
        return type(error).__name__


def answer_all(folder):
    """The answers to all packages below a folder."""
    sys.path.insert(0, folder)
    packages = sorted(path.name for path in Path(folder).iterdir() if path.name.startswith("c"))
    return {package: answer(package) for package in packages}


def ask(python, packages):
    """The answers of the Celery that belongs to a Python interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(packages, folder)
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("CELERY", "DJANGO", "PYTHON"))
        }
        run = subprocess.run(
            [python, str(Path(__file__).resolve()), "--answer", folder],
            env=environment, stdout=subprocess.PIPE, check=True, text=True,
        )  # fmt: skip
    return json.loads(run.stdout)


# --- recording --------------------------------------------------------------------------------------------------------


def interpreter(release, venvs, pythons):
    """The interpreter of a virtual environment that has the release; made when it is not there."""
    home = Path(venvs) / f"configurations-{release}"
    python = home / "bin" / "python"
    if not python.exists():
        line = "3.8" if release < "5.1" else "3.11"
        subprocess.run([pythons.get(line, "python" + line), "-m", "venv", home], check=True)
        wanted = ["celery==" + release, "Django<5", "setuptools<58"]
        wanted += ["click<8", "importlib-metadata<5"] if release < "5.1" else []
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", default=RELEASES)
    parser.add_argument("--answer", metavar="FOLDER")
    parser.add_argument("--venvs", metavar="DIR")
    parser.add_argument("--python", action="append", default=[], metavar="VERSION=PATH")
    arguments = parser.parse_args()
    if arguments.answer:
        json.dump(answer_all(arguments.answer), sys.stdout, default=repr)
        return
    if not arguments.venvs:
        parser.error("--venvs says where the virtual environments are kept")
    data = Path(__file__).resolve().parents[1] / "tests" / "data"
    pythons = dict(pair.split("=", 1) for pair in arguments.python)
    packages = generate()
    for release in arguments.releases:
        answers = ask(interpreter(release, arguments.venvs, pythons), packages)
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(answers[name])}" for name in sorted(answers))
        (data / f"configurations_{release}.json").write_text(f"{{\n{rows}\n}}\n", "utf-8")
        print(release, len(answers))


if __name__ == "__main__":
    main()
