#!/usr/bin/env python3
"""Packs the Kubernetes definitions that Strata uses offline into `definitions.pack`.

    pip download --no-deps kubernetes-validate==1.37.0
    schemas/kubernetes/pack.py kubernetes_validate-1.37.0-py3-none-any.whl

Reads `v1.<minor>.0-local/_definitions.json` of every minor release from 1.25 on, drops
descriptions and writes one file that all versions share. The same wheel gives the same bytes.
`src/kubernetes/pack.rs` reads the file; the layout (little-endian) is written down here only:

    header   24 bytes: magic "SKD1", u8 first minor, u8 number of minors,
             u16 types, u16 fields, u16 kinds, u16 lists, u16 strings, u32 length of text,
             4 bytes zero
    strings  u32 each: where the text of string N ends (it starts where N-1 ends);
             sorted by their UTF-8 bytes, so the order of ids is the order of names
    types    8 bytes each: u8 kind (see KINDS), u8 flags (see FLAGS),
             u16 a: first field (object), type of items (array) or values (map), or format,
             u16 b: number of fields (object), u16 list: index into lists or NONE
    fields   6 bytes each, sorted by name, then version, within one object: u16 name, u16 type,
             u8 versions (high nibble the first, low nibble the last, counted from the first
             minor), u8 1 when required
    kinds    10 bytes each, sorted by kind, group, version: u16 kind, u16 group, u16 version,
             u16 type, u8 versions as in fields, u8 scope (0 no resource of its own,
             1 namespaced, 2 cluster)
    lists    10 bytes each: u16 merge key or NONE, 4 times u16 list-map key or NONE
    text     UTF-8

A field that is the same in all versions is stored once; one that changed is stored once per
run of equal versions. A type refers to an object by its fields, never by a copy of them.
"""

import hashlib
import json
import re
import struct
import sys
import zipfile
from pathlib import Path

OLDEST = 25
NONE = 0xFFFF
KINDS = ["any", "object", "map", "array", "string", "integer", "number", "boolean", "int-or-string", "quantity"]
FORMATS = [None, "int32", "int64", "double", "byte", "date-time"]
LIST_TYPES = {None: 0, "atomic": 1, "set": 2, "map": 3}
MAP_TYPES = {None: 0, "atomic": 4, "granular": 8}
STRATEGIES = {"merge": 16, "retainKeys": 32, "replace": 64}
FLAGS = (LIST_TYPES, MAP_TYPES, STRATEGIES)
PREFIX = "#/$defs/"
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
}

# Resources without a namespace: `kubectl api-resources --namespaced=false` of 1.25 to 1.37, or
# `+genclient:nonNamespaced` in k8s.io/api. Kinds that no path of the API serves alone are in
# NO_RESOURCE; all others are namespaced. The definitions do not hold paths, hence these tables.
CLUSTER = """
Namespace Node PersistentVolume ComponentStatus
admissionregistration.k8s.io/MutatingAdmissionPolicy admissionregistration.k8s.io/MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/MutatingWebhookConfiguration admissionregistration.k8s.io/ValidatingAdmissionPolicy
admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/ValidatingWebhookConfiguration
apiextensions.k8s.io/CustomResourceDefinition apiregistration.k8s.io/APIService
authentication.k8s.io/SelfSubjectReview authentication.k8s.io/TokenReview
authorization.k8s.io/SelfSubjectAccessReview authorization.k8s.io/SelfSubjectRulesReview
authorization.k8s.io/SubjectAccessReview
certificates.k8s.io/CertificateSigningRequest certificates.k8s.io/ClusterTrustBundle
flowcontrol.apiserver.k8s.io/FlowSchema flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration
internal.apiserver.k8s.io/StorageVersion
networking.k8s.io/ClusterCIDR networking.k8s.io/IPAddress networking.k8s.io/IngressClass networking.k8s.io/ServiceCIDR
node.k8s.io/RuntimeClass
rbac.authorization.k8s.io/ClusterRole rbac.authorization.k8s.io/ClusterRoleBinding
resource.k8s.io/DeviceClass resource.k8s.io/DeviceTaintRule resource.k8s.io/ResourceClass
resource.k8s.io/ResourcePoolStatusRequest resource.k8s.io/ResourceSlice
scheduling.k8s.io/PriorityClass
storage.k8s.io/CSIDriver storage.k8s.io/CSINode storage.k8s.io/StorageClass storage.k8s.io/VolumeAttachment
storage.k8s.io/VolumeAttributesClass storagemigration.k8s.io/StorageVersionMigration
""".split()
NO_RESOURCE = ["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status", "resource.k8s.io/Status"]
# Options of requests, registered in every group: nobody writes them in a manifest.
SKIPPED = ("meta.v1.DeleteOptions", "meta.v1.WatchEvent")


def main(wheel):
    definitions = read(wheel)
    types = Types(definitions)
    kinds = kinds_of(definitions, types)
    data = write(types, kinds, min(definitions), len(definitions))
    target = Path(__file__).with_name("definitions.pack")
    target.write_bytes(data)
    digest = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    print(f"{Path(wheel).name} sha256 {digest}")
    print(f"1.{min(definitions)} to 1.{max(definitions)}: {len(data)} bytes, {len(kinds)} kinds, {len(types.order)} types")


def read(wheel):
    """The definitions of each minor release, by minor."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            match = re.search(r"/v1\.(\d+)\.0-local/_definitions\.json$", name)
            if match and int(match[1]) >= OLDEST:
                found[int(match[1])] = json.loads(archive.read(name))["$defs"]
    assert sorted(found) == list(range(OLDEST, OLDEST + len(found))), "a minor release is missing"
    assert 0 < len(found) <= 16, "versions are stored in four bits"
    return found


class Types:
    """Every distinct type, numbered in the order of first use; objects are known by name."""

    def __init__(self, definitions):
        self.definitions = definitions
        self.order = {}
        self.objects = {}

    def key(self, minor, schema):
        """What makes two types one: kind, flags, child and lists; an object's child is its name."""
        own, name = dict(schema), None
        while "$ref" in own:
            name = own.pop("$ref").removeprefix(PREFIX)
            own = {**self.definitions[minor][name], **own}
        kind, child = self.kind(minor, own, name)
        strategies = (own.get("x-kubernetes-patch-strategy") or "").split(",")
        flags = LIST_TYPES[own.get("x-kubernetes-list-type")] | MAP_TYPES[own.get("x-kubernetes-map-type")]
        flags |= sum(STRATEGIES[strategy] for strategy in strategies if strategy)
        keys = tuple(own.get("x-kubernetes-list-map-keys", ()))
        merge_key = own.get("x-kubernetes-patch-merge-key")
        assert len(keys) <= 4, keys
        return (kind, flags, child, (merge_key, keys) if merge_key or keys else None)

    def kind(self, minor, schema, name):
        if name in SPECIAL:
            return SPECIAL[name], None
        kind = schema.get("type")
        if isinstance(kind, list):
            (kind,) = [word for word in kind if word != "null"]
        if kind is None:
            assert not set(schema) & {"properties", "items", "oneOf", "anyOf", "allOf", "enum"}, schema
            return "any", None
        if kind == "array":
            return kind, self.key(minor, schema["items"])
        if kind == "object" and "additionalProperties" in schema:
            assert "properties" not in schema, schema
            return "map", self.key(minor, schema["additionalProperties"])
        if kind == "object" and "properties" in schema:
            assert name, "an object without a name"
            return kind, name
        if kind == "object":
            return kind, None
        return kind, FORMATS.index(schema.get("format"))

    def add(self, key):
        """The number of a type; what it refers to gets one as well."""
        # A work list instead of recursion: JSONSchemaProps holds itself.
        pending = [key]
        while pending:
            current = pending.pop()
            if current in self.order:
                continue
            self.order[current] = len(self.order)
            kind, _, child, _ = current
            if kind in ("array", "map"):
                pending.append(child)
            elif kind == "object" and child and child not in self.objects:
                self.objects[child] = self.fields(child)
                pending.extend(type_key for _, type_key, _, _, _ in self.objects[child])
        return self.order[key]

    def fields(self, name):
        """The fields of an object over all versions: (name, type, first, last, required)."""
        runs = {}
        for minor in sorted(self.definitions):
            definition = self.definitions[minor].get(name, {})
            required = set(definition.get("required", ()))
            assert required <= set(definition.get("properties", ())), name
            for field, schema in definition.get("properties", {}).items():
                key, known = self.key(minor, schema), runs.setdefault(field, [])
                if known and known[-1][3] == minor - 1 and (known[-1][1], known[-1][4]) == (key, field in required):
                    known[-1][3] = minor
                else:
                    known.append([field, key, minor, minor, field in required])
        return [tuple(run) for field in sorted(runs, key=str.encode) for run in runs[field]]


def kinds_of(definitions, types):
    """Every kind: (kind, group, version, type, first, last, scope), runs of versions joined."""
    runs = {}
    for minor in sorted(definitions):
        for name in sorted(definitions[minor]):
            if name.endswith(SKIPPED):
                continue
            for gvk in definitions[minor][name].get("x-kubernetes-group-version-kind", ()):
                place = (gvk["kind"], gvk["group"], gvk["version"])
                number = types.add(types.key(minor, {"$ref": PREFIX + name}))
                known = runs.setdefault(place, [])
                assert not known or known[-1][2] < minor, f"{place} is defined twice in 1.{minor}"
                if known and known[-1][2] == minor - 1 and known[-1][0] == number:
                    known[-1][2] = minor
                else:
                    known.append([number, minor, minor])
    order = sorted(runs, key=lambda place: [text.encode() for text in place])
    return [(*place, *run, scope(*place[:2], runs)) for place in order for run in runs[place]]


def scope(kind, group, runs):
    qualified = f"{group}/{kind}" if group else kind
    of_list = kind.removesuffix("List")
    listed = of_list != kind and any(place[:2] == (of_list, group) for place in runs)
    if qualified in NO_RESOURCE or listed:
        return 0
    return 2 if qualified in CLUSTER else 1


def write(types, kinds, first, count):
    names = {field for fields in types.objects.values() for field, *_ in fields}
    names |= {text for kind in kinds for text in kind[:3]}
    lists = sorted({key[3] for key in types.order if key[3]}, key=lambda pair: (pair[0] or "", pair[1]))
    names |= {text for merge_key, keys in lists for text in (merge_key, *keys) if text is not None}
    strings = sorted(names, key=str.encode)
    number = {text: place for place, text in enumerate(strings)}
    starts, fields = {}, []
    for name, own in types.objects.items():
        starts[name] = (len(fields), len(own))
        for field, key, low, high, required in own:
            fields.append(struct.pack("<HHBB", number[field], types.order[key], versions(low, high, first), required))
    text = b"".join(name.encode() for name in strings)
    ends, end = [], 0
    for name in strings:
        end += len(name.encode())
        ends.append(struct.pack("<I", end))
    tables = [
        ends,
        [pack_type(key, types, starts, lists) for key in types.order],
        fields,
        [
            struct.pack("<HHHHBB", number[k], number[g], number[v], t, versions(low, high, first), s)
            for k, g, v, t, low, high, s in kinds
        ],
        [pack_list(pair, number) for pair in lists],
    ]
    assert all(len(table) < NONE for table in tables)
    sizes = [len(tables[place]) for place in (1, 2, 3, 4, 0)]
    header = struct.pack("<4sBB5HI4x", b"SKD1", first, count, *sizes, len(text))
    return header + b"".join(b"".join(table) for table in tables) + text


def pack_type(key, types, starts, lists):
    kind, flags, child, own_lists = key
    a, b = 0, 0
    if kind in ("array", "map"):
        a = types.order[child]
    elif kind == "object":
        a, b = starts[child] if child else (0, 0)
    elif kind in ("string", "integer", "number", "boolean"):
        a = child
    return struct.pack("<BBHHH", KINDS.index(kind), flags, a, b, lists.index(own_lists) if own_lists else NONE)


def pack_list(pair, number):
    merge_key, keys = pair
    ids = [number[text] for text in keys] + [NONE] * (4 - len(keys))
    return struct.pack("<5H", NONE if merge_key is None else number[merge_key], *ids)


def versions(low, high, first):
    return (low - first) << 4 | (high - first)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
