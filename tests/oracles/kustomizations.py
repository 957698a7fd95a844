"""Kustomizations as people write them, drawn at random: a base, patches, overlays, components, generators."""

from __future__ import annotations

import copy
import json
import textwrap
from dataclasses import dataclass, field
from typing import Any

import yaml
from hypothesis import strategies as st

PREFIX = "zz"
WORDS = ["celery", "-A", "shop", "worker"]
sizes = st.sampled_from([1, 2, 4, 8])
amounts = st.sampled_from(["256Mi", "512Mi", "1Gi", "2Gi"])
more_words = st.lists(st.sampled_from(["-E", "-c", "4", "--pool=solo", "-Q", "fast,slow"]), max_size=3)


@dataclass
class Tree:
    """The files of one case: ``root`` is the folder that is built, ``prefix`` makes its names its own."""

    files: dict[str, str] = field(default_factory=dict)
    root: str = "base"
    prefix: str = "c"
    loose: bool = False

    def placed(self) -> dict[str, str]:
        return {path: text.replace(PREFIX, self.prefix) for path, text in self.files.items()}


def dumped(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False)


# --- the base ---------------------------------------------------------------------------------------------------------


@st.composite
def containers(draw: st.DrawFn, name: str) -> dict[str, Any]:
    one: dict[str, Any] = {
        "name": name,
        "image": draw(st.sampled_from(["registry/shop:1", "shop", "registry:5000/shop:2"])),
    }
    kind = draw(st.integers(0, 3))
    if kind in (0, 2):
        one["command"] = [*WORDS] if kind == 0 else ["sh", "-c"]
    if kind in (1, 2, 3):
        one["args"] = ["exec celery worker"] if kind == 2 else [*WORDS[1:], *draw(more_words)]
    if draw(st.booleans()):
        one["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": "b"}]
    if draw(st.booleans()):
        one["resources"] = {"limits": {"cpu": "1", "memory": draw(amounts)}, "requests": {"memory": "64Mi"}}
    if draw(st.integers(0, 3)) == 0:
        one["envFrom"] = [{"configMapRef": {"name": f"{PREFIX}-settings"}}]
    return one


@st.composite
def bases(draw: st.DrawFn, tree: Tree) -> dict[str, Any]:
    """The workload of the base."""
    names = ["worker", "beat"] if draw(st.booleans()) else ["worker"]
    pod = {"containers": [draw(containers(name)) for name in names]}
    kind = draw(st.sampled_from(["Deployment", "StatefulSet", "CronJob"]))
    template = {"metadata": {"labels": {"app": "jobs"}}, "spec": pod}
    if kind == "CronJob":
        spec: dict[str, Any] = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}
    else:
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": "jobs"}}, "template": template}
    version = "batch/v1" if kind == "CronJob" else "apps/v1"
    metadata = {"name": f"{PREFIX}-jobs", "labels": {"app": "jobs"}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def pod_path(workload: dict[str, Any]) -> list[str]:
    return (
        ["spec", "jobTemplate", "spec", "template", "spec"]
        if workload["kind"] == "CronJob"
        else ["spec", "template", "spec"]
    )


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    node = workload
    for part in pod_path(workload):
        node = node[part]
    return node


# --- patches ----------------------------------------------------------------------------------------------------------


@st.composite
def strategic(draw: st.DrawFn, workload: dict[str, Any], *, named: bool = True, wide: bool = False) -> dict[str, Any]:
    """A strategic merge patch of a container, or of more. ``wide``: it may meet objects of other kinds."""
    name = draw(st.sampled_from([one["name"] for one in pod_of(workload)["containers"]]))
    one: dict[str, Any] = {"name": name}
    for kind in draw(st.lists(st.integers(0, 11), min_size=1, max_size=3)):
        match kind:
            case 0:
                one["args"] = [*WORDS[1:], "-c", str(draw(sizes))]
            case 1:
                one["command"] = [*WORDS, "--pool=threads"]
            case 2:
                one["args"] = None
            case 3:
                one["env"] = [{"name": "A", "value": "9"}, {"name": "C", "value": "c"}]
            case 4:
                one["env"] = [{"name": "B", "$patch": "delete"}]
            case 5:
                one["resources"] = {"limits": {"memory": draw(amounts)}}
            case 6:
                one["resources"] = {"limits": None}
            case 7:
                one["resources"] = {"limits": {"memory": None, "cpu": "2"}}
            case 8:
                one["resources"] = None
            case 9:
                one["image"] = "registry/other:3"
            case 10:
                one["envFrom"] = [{"configMapRef": {"name": "other"}}]
            case _:
                one["resources"] = {"$patch": "replace", "limits": {"memory": "3Gi"}}
    listed: list[Any] = [one]
    extra = draw(st.integers(0, 9))
    if extra == 0:
        listed.append({"name": "sidecar", "image": "side", "args": ["-x"], "resources": {"limits": {"memory": "64Mi"}}})
    elif extra == 1 and len(pod_of(workload)["containers"]) > 1:
        listed = [{"name": name, "$patch": "delete"}]
    elif extra == 2 and not wide:
        one["$patch"] = "replace"  # an item that is there stays as it is
    patch: dict[str, Any] = {"containers": listed}
    for part in reversed(pod_path(workload)):
        patch = {part: patch}
    head = {"apiVersion": workload["apiVersion"], "kind": workload["kind"]}
    metadata = workload["metadata"]["name"] if named else "whatever"
    return {**head, "metadata": {"name": metadata}, **patch}


@st.composite
def operations(draw: st.DrawFn, workload: dict[str, Any], *, loose: bool) -> list[dict[str, Any]]:
    """A JSON patch that fits the workload as it is; the workload is changed with it.

    ``loose``: another patch went over it, so that only what always fits is done.
    """
    made: list[dict[str, Any]] = []
    pod = pod_of(workload)
    for _ in range(draw(st.integers(1, 3))):
        index = 0 if loose else draw(st.integers(0, len(pod["containers"]) - 1))
        one = pod["containers"][index]
        start = "/" + "/".join([*pod_path(workload), "containers", str(index)])
        kind = draw(st.sampled_from([0, 5, 9])) if loose else draw(st.integers(0, 9))
        if kind == 0:
            one["args"] = [*WORDS[1:], "-c", str(draw(sizes))]
            made.append({"op": "add", "path": f"{start}/args", "value": [*one["args"]]})
        elif kind == 1 and "args" in one:
            made.append({"op": "add", "path": f"{start}/args/-", "value": "-B"})
            one["args"].append("-B")
        elif kind == 2 and one.get("args"):
            made.append({"op": "replace", "path": f"{start}/args/0", "value": "-Ofair"})
        elif kind == 3 and "args" in one:
            made.append({"op": "remove", "path": f"{start}/args"})
            del one["args"]
        elif kind == 4 and "resources" in one and "memory" in one["resources"].get("limits", {}):
            made.append({"op": "replace", "path": f"{start}/resources/limits/memory", "value": draw(amounts)})
        elif kind == 5:
            one["resources"] = {"limits": {"memory": draw(amounts)}}
            made.append({"op": "add", "path": f"{start}/resources", "value": copy.deepcopy(one["resources"])})
        elif kind == 6 and "resources" in one:
            made.append({"op": "remove", "path": f"{start}/resources"})
            del one["resources"]
        elif kind == 7 and "env" in one:
            made.append({"op": "add", "path": f"{start}/env/-", "value": {"name": "E", "value": "e"}})
            one["env"].append({"name": "E", "value": "e"})
        elif kind == 8 and one.get("args"):
            made.append({"op": "add", "path": f"{start}/args/0", "value": "-x"})
            one["args"].insert(0, "-x")
        else:
            one["command"] = ["celery", "worker"]
            made.append({"op": "add", "path": f"{start}/command", "value": ["celery", "worker"]})
    return made


@st.composite
def with_patches(draw: st.DrawFn, tree: Tree, folder: str, workload: dict[str, Any], layer: dict[str, Any]) -> None:
    """Put patches into a kustomization."""
    kind = draw(st.integers(0, 6))
    target: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"kind": workload["kind"], "name": workload["metadata"]["name"]},
                {"kind": workload["kind"]},
                {"name": f"{PREFIX}-.*"},
                {"labelSelector": "app=jobs"},
                {"kind": workload["kind"], "name": "other"},
            ]
        )
    )
    fits = target.get("name") != "other"
    tree.loose = tree.loose or kind < 4
    if kind == 0:
        layer.setdefault("patches", []).append({"patch": dumped(draw(strategic(workload)))})
    elif kind == 1:
        named = draw(st.booleans())
        layer.setdefault("patches", []).append(
            {"patch": dumped(draw(strategic(workload, named=named, wide=True))), "target": target}
        )
    elif kind == 2:
        name = f"patch{len(tree.files)}.yaml"
        tree.files[f"{folder}/{name}"] = dumped(draw(strategic(workload)))
        key = draw(st.sampled_from(["patches", "patchesStrategicMerge"]))
        layer.setdefault(key, []).append({"path": name} if key == "patches" else name)
    elif kind == 3:
        layer.setdefault("patchesStrategicMerge", []).append(dumped(draw(strategic(workload))))
    else:
        changed = workload if fits else copy.deepcopy(workload)
        listed = draw(operations(changed, loose=tree.loose))
        text = json.dumps(listed) if draw(st.booleans()) else dumped(listed)
        if kind == 4:
            layer.setdefault("patches", []).append({"patch": text, "target": target})
        else:
            exact = {"group": workload["apiVersion"].partition("/")[0], "version": "v1", "kind": workload["kind"]}
            exact["name"] = workload["metadata"]["name"] if fits else "other"
            one: dict[str, Any] = {"target": exact if kind == 5 else target}
            if draw(st.booleans()):
                name = f"operations{len(tree.files)}.yaml"
                tree.files[f"{folder}/{name}"] = text
                one["path"] = name
            else:
                one["patch"] = text
            if fits or kind != 5:
                layer.setdefault("patchesJson6902" if kind == 5 else "patches", []).append(one)


@st.composite
def layers(draw: st.DrawFn, tree: Tree, folder: str, workload: dict[str, Any], layer: dict[str, Any]) -> None:
    """What one kustomization does beside installing."""
    for _ in range(draw(st.integers(0, 2))):
        draw(with_patches(tree, folder, workload, layer))
    extra = draw(st.integers(0, 7))
    if extra == 0:
        layer["images"] = [{"name": draw(st.sampled_from(["registry/shop", "shop"])), "newTag": "9"}]
    elif extra == 1:
        layer["images"] = [{"name": "shop", "newName": "mirror/shop"}]
    elif extra == 2:
        layer["namespace"] = "prod"
    elif extra == 3:
        layer["replicas"] = [{"name": workload["metadata"]["name"], "count": 3}]
    elif extra == 4:
        behavior = draw(st.sampled_from(["merge", "replace"]))
        literals = [f"A={draw(sizes)}", "NEW=new"]
        if any("settings" in text for text in tree.files.values() if "configMapGenerator" in text):
            layer["configMapGenerator"] = [{"name": f"{PREFIX}-settings", "behavior": behavior, "literals": literals}]
    elif extra == 5:
        item = draw(st.sampled_from(["[name=worker]", "[name=worker]", "0", "*", "[name=added]"]))
        places = ["image", "env.[name=R].value", "resources.limits.cpu", "args.0", "env.0.value"]
        place = draw(st.sampled_from(places)) if item != "[name=added]" else "image"
        path = ".".join([*pod_path(workload), "containers", item, place])
        created = {"options": {"create": True}} if item == "[name=added]" or place != "image" else {}
        layer["replacements"] = [
            {
                "source": {
                    "kind": workload["kind"],
                    "name": workload["metadata"]["name"],
                    "fieldPath": "metadata.name",
                },
                "targets": [{"select": {"kind": workload["kind"]}, "fieldPaths": [path], **created}],
            }
        ]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A base, and perhaps overlays over it."""
    tree = Tree()
    workload = draw(bases(tree))
    tree.files["base/jobs.yaml"] = dumped(workload)
    kind = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    base: dict[str, Any] = {"resources": ["jobs.yaml"]}
    if draw(st.booleans()):
        generator: dict[str, Any] = {"name": f"{PREFIX}-settings", "literals": [f"A={draw(sizes)}", "B=b"]}
        if draw(st.booleans()):
            tree.files["base/settings.env"] = "# more\nFROM_FILE=1\n\nOTHER=x y\n"
            generator["envs"] = ["settings.env"]
        if draw(st.booleans()):
            tree.files["base/run.sh"] = "#!/bin/sh\nexec celery worker\n"
            generator["files"] = ["run.sh"] if draw(st.booleans()) else ["start=run.sh"]
        base["configMapGenerator"] = [generator]
        base["generatorOptions"] = {"disableNameSuffixHash": True}
    draw(layers(tree, "base", workload, base))
    tree.files["base/kustomization.yaml"] = kind + dumped(base)
    below = "base"
    for number in range(draw(st.integers(0, 2))):
        folder = f"overlays/o{number}"
        layer: dict[str, Any] = {"resources": [f"../../{below}"], "generatorOptions": {"disableNameSuffixHash": True}}
        if draw(st.integers(0, 3)) == 0:
            component: dict[str, Any] = {}
            draw(with_patches(tree, f"components/p{number}", workload, component))
            head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            tree.files[f"components/p{number}/kustomization.yaml"] = head + dumped(component)
            layer["components"] = [f"../../components/p{number}"]
        draw(layers(tree, folder, workload, layer))
        if draw(st.integers(0, 4)) == 0:
            layer["namePrefix"] = f"p{number}-"
        tree.files[f"{folder}/kustomization.yaml"] = kind + dumped(layer)
        below = folder
    tree.root = below
    return tree


def shown(files: dict[str, str]) -> str:
    return "".join(f"--- {path}\n{textwrap.indent(text, '  ')}" for path, text in sorted(files.items()))
