#!/usr/bin/env python3
"""Packs the definitions beside this script into `definitions.pack`, which is part of the binary.

    schemas/crds/pack.py        (standard library only)

Run it after `reduce.py`, and after a definition is taken away. The same files give the same bytes.
`src/kubernetes/custom_pack.rs` reads the pack; the layout (little-endian) is written down here only:

    header   16 bytes: magic "SCD1", u16 kinds, u16 nodes, u16 cells, u16 strings, u32 length of text
    ends     u32 each: where the text of string N ends (it starts where N-1 ends)
    kinds    6 bytes each, sorted by kind, then group: u16 kind, u16 group, u16 node (strings, and the
             whole definition)
    nodes    5 bytes each: u8 tag (see TAGS), u16 a, u16 b: of a string and of a number a is the
             string with its text; of a list and of a mapping a is the first of b cells
    cells    u16 each: the nodes of a list; of a mapping a string and a node by turns
    text     UTF-8

What is equal is stored once, however often the definitions say it: a generator of an ApplicationSet
within generators, or the selector of a pod. A node comes after the nodes in it.
"""

import json
import struct
from pathlib import Path

TAGS = ["null", "false", "true", "number", "string", "list", "mapping"]


class Pack:
    def __init__(self):
        self.strings, self.nodes, self.cells, self.known = {}, [], [], {}

    def string(self, text):
        return self.strings.setdefault(text, len(self.strings))

    def node(self, value):
        if isinstance(value, dict):
            record = ("mapping", tuple(cell for key, below in value.items() for cell in (self.string(key), self.node(below))))
        elif isinstance(value, list):
            record = ("list", tuple(self.node(below) for below in value))
        elif isinstance(value, str):
            record = ("string", self.string(value))
        elif value is None or isinstance(value, bool):
            record = (json.dumps(value), 0)
        else:
            record = ("number", self.string(json.dumps(value)))
        if record not in self.known:
            self.known[record] = len(self.nodes)
            self.nodes.append(self.packed(*record))
        return self.known[record]

    def packed(self, tag, content):
        first, count = content, 0
        if isinstance(content, tuple):
            first, count = len(self.cells), len(content)
            self.cells.extend(content)
        return struct.pack("<BHH", TAGS.index(tag), first, count)


def main():
    folder = Path(__file__).parent
    pack, kinds = Pack(), []
    for path in sorted(folder.glob("*.json")):
        definition = json.loads(path.read_text())
        spec = definition["spec"]
        kinds.append((spec["names"]["kind"], spec["group"], pack.node(definition)))
    kinds = [struct.pack("<HHH", pack.string(kind), pack.string(group), node) for kind, group, node in sorted(kinds)]
    ends, end = [], 0
    for text in pack.strings:
        end += len(text.encode())
        ends.append(struct.pack("<I", end))
    header = struct.pack("<4s4HI", b"SCD1", len(kinds), len(pack.nodes), len(pack.cells), len(ends), end)
    cells = [struct.pack("<H", cell) for cell in pack.cells]
    tables = b"".join(b"".join(table) for table in (ends, kinds, pack.nodes, cells))
    data = header + tables + "".join(pack.strings).encode()
    (folder / "definitions.pack").write_bytes(data)
    print(f"{len(kinds)} kinds, {len(pack.nodes)} nodes: {len(data)} bytes")


if __name__ == "__main__":
    main()
