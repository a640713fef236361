#!/usr/bin/env python3
"""Reduces CustomResourceDefinitions to what Strata validates with.

    schemas/crds/reduce.py <crd.yaml>...        (needs PyYAML)

Writes one file per definition, `<plural>.<group>.json`, beside this script. Taken out are texts
for people, versions that are not served, printer columns, status, annotations and labels; the
schemas themselves are left as upstream publishes them. Run `pack.py` afterwards: the binary holds
what that makes.
"""

import json
import sys
from pathlib import Path

import yaml


def main(paths):
    for path in paths:
        for document in yaml.safe_load_all(Path(path).read_text()):
            if document and document.get("kind") == "CustomResourceDefinition":
                name = document["metadata"]["name"]
                text = json.dumps(reduce(document), separators=(",", ":"), sort_keys=True)
                Path(__file__).with_name(f"{name}.json").write_text(text + "\n")


def reduce(document):
    spec = document["spec"]
    versions = [
        {key: version[key] for key in ("name", "served", "storage", "deprecated") if key in version}
        | {"schema": {"openAPIV3Schema": without_descriptions(version["schema"]["openAPIV3Schema"])}}
        for version in spec["versions"]
        if version["served"]
    ]
    names = {key: spec["names"][key] for key in ("kind", "plural") if key in spec["names"]}
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "metadata": {"name": document["metadata"]["name"]},
        "spec": {"group": spec["group"], "names": names, "scope": spec["scope"], "versions": versions},
    }


def without_descriptions(schema):
    """The schema without its texts; a field that is called `description` stays."""
    result = {}
    for key, value in schema.items():
        if key in ("description", "title", "example", "externalDocs"):
            continue
        if key == "properties":
            value = {name: without_descriptions(below) for name, below in value.items()}
        elif key in ("items", "additionalProperties", "not") and isinstance(value, dict):
            value = without_descriptions(value)
        elif key in ("allOf", "anyOf", "oneOf"):
            value = [without_descriptions(below) for below in value]
        result[key] = value
    return result


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
