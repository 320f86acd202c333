"""Makes a provider's schema from an npm package that carries it, so that Terraform can check a configuration offline.

`@cdktf/provider-*` packages describe every resource and data source of a provider in `.jsii`, a JSON file: names,
types, what is required, what is a block. Two steps:

    schemas.py extract TARBALL INTEGRITY NAME OUT     all of it, as compact JSON; refuses another tarball
    schemas.py select ALL OUT NAME...                 only these resources and data sources; refuses unknown ones

A type is {"k": "string|number|bool|any"}, {"k": "list|map", "e": type} or {"k": "obj", "a": attributes}; an attribute is
{"t": type, "r": required, "b": is a block} or {"t": type, "c": true} where only the provider sets it.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import tarfile

ANCHOR = re.compile(r"/docs/(?:resources|data-sources)/[a-z0-9_]+#([a-z0-9_]+)")
OF_PROVIDER = re.compile(r"/docs#([a-z0-9_]+)")
PAGE = re.compile(r"/docs/(resources|data-sources)/([a-z0-9_]+)#")
PLAIN = {"string": "string", "number": "number", "boolean": "bool"}
MAPS = {"StringMap": "string", "NumberMap": "number", "BooleanMap": "bool"}
# Types refer to themselves (WAF statements do); Terraform's own schema is cut as well.
DEEPEST = 8
# What every resource has in the package, and in Terraform by other means.
NOT_ATTRIBUTES = {
    "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners", "constructs", "fqn",
    "friendly_unique_id", "terraform_resource_type", "terraform_meta_attributes", "terraform_generator_metadata",
    "cdktf_stack", "path", "node", "raw_overrides", "constructor_name", "internal_value", "creation_stack",
    "terraform_resource", "terraform_attribute", "complex_object_index", "complex_object_is_from_set",
}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def words(member):
    docs = member.get("docs", {})
    return f"{docs.get('summary', '')} {docs.get('remarks', '')}"


class Package:
    """One `.jsii`."""

    def __init__(self, assembly):
        self.types = assembly["types"]

    def type_of(self, reference, depth):
        if reference is None:
            return {"k": "any"}
        if "primitive" in reference:
            return {"k": PLAIN.get(reference["primitive"], "any")}
        if "collection" in reference:
            collection = reference["collection"]
            kind = "list" if collection["kind"] == "array" else "map"
            return {"k": kind, "e": self.type_of(collection["elementtype"], depth)}
        if "union" in reference:
            own = [one for one in reference["union"]["types"] if one.get("fqn") != "cdktf.IResolvable"]
            return self.type_of(own[0], depth) if own else {"k": "any"}
        name = reference.get("fqn", "")
        if name.startswith("cdktf."):
            element = MAPS.get(name.removeprefix("cdktf."))
            return {"k": "map", "e": {"k": element}} if element else {"k": "any"}
        found = self.types.get(name)
        if not found or found["kind"] != "interface" or depth > DEEPEST:
            return {"k": "any"}
        inside = self.attributes(found, depth + 1)
        return {"k": "obj", "a": inside | self.computed(f"{name}OutputReference", inside)}

    def attributes(self, interface, depth):
        found = {}
        for member in interface.get("properties", []):
            text = words(member)
            anchor = ANCHOR.search(text) or OF_PROVIDER.search(text)
            name = anchor.group(1) if anchor else snake(member["name"])
            found[name] = {
                "t": self.type_of(member.get("type"), depth),
                "r": not member.get("optional", False),
                "b": text.strip().startswith(f"{name} block"),
            }
        return found

    def computed(self, teller, known):
        """What the class of a resource, or of a block within, tells and its configuration does not take."""
        found = {}
        for member in self.types.get(teller, {}).get("properties", []):
            name = snake(member["name"])
            if member.get("static") or name.endswith("_input") or name in known or name in NOT_ATTRIBUTES:
                continue
            found[name] = {"t": self.type_of(member.get("type"), 0), "c": True}
        return found

    def schema(self, provider):
        """Everything of the provider, whose types begin with its name."""
        schema = {"provider": {}, "resources": {}, "data": {}}
        for name, interface in self.types.items():
            if interface["kind"] != "interface" or not name.endswith("Config"):
                continue
            if "cdktf.TerraformMetaArguments" not in interface.get("interfaces", []):
                if name.split(".")[-1].endswith("ProviderConfig"):
                    schema["provider"] = self.attributes(interface, 0)
                continue
            pages = (PAGE.search(words(member)) for member in interface.get("properties", []))
            page = next((page for page in pages if page), None)
            if page is None:
                continue
            attributes = self.attributes(interface, 0)
            attributes |= self.computed(name.removesuffix("Config"), attributes)
            kind = "resources" if page.group(1) == "resources" else "data"
            schema[kind][f"{provider}_{page.group(2)}"] = attributes
        return schema


def extract(tarball, integrity, provider, out):
    with open(tarball, "rb") as file:
        packed = file.read()
    algorithm, _, wanted = integrity.partition("-")
    if base64.b64encode(hashlib.new(algorithm, packed).digest()).decode() != wanted:
        sys.exit(f"{tarball} is not what providers.json names: its {algorithm} is another")
    with tarfile.open(tarball) as files:
        assembly = files.extractfile("package/.jsii").read()
    # Large packages keep the assembly in a file of its own.
    described = json.loads(assembly)
    if described.get("schema") == "jsii/file-redirect":
        with tarfile.open(tarball) as files:
            described = json.loads(gzip.decompress(files.extractfile(f"package/{described['filename']}").read()))
    schema = Package(described).schema(provider)
    with open(out, "w") as file:
        json.dump(schema, file)


def select(everything, out, names):
    with open(everything) as file:
        schema = json.load(file)
    chosen = {"provider": schema["provider"], "resources": {}, "data": {}}
    for name in names:
        kind, _, what = name.partition(":")
        if what not in schema[kind]:
            sys.exit(f"the provider has no {what} (among its {kind})")
        chosen[kind][what] = schema[kind][what]
    with open(out, "w") as file:
        json.dump(chosen, file)


def main(arguments):
    match arguments:
        case ["extract", tarball, integrity, provider, out]:
            extract(tarball, integrity, provider, out)
        case ["select", everything, out, *names]:
            select(everything, out, names)
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])
