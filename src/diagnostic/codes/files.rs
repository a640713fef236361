//! Files, folders and YAML.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::error("yaml-syntax", "a file is YAML", "correct the place that the message names"),
    Code::error("duplicate-key", "a mapping has each key once", "keep one of the two"),
    Code::error(
        "ambiguous-scalar",
        "a value without quotes means one thing to every reader",
        "put it in quotes where text is meant, or write `true` or `false`",
    )
    .why("`on`, `010` and `12:30` are read in different ways by YAML 1.1 and 1.2")
    .example("DEBUG: on", "DEBUG: \"on\""),
    Code::error("number-too-large", "a number fits in 64 bits", "put it in quotes if text is meant"),
    Code::error("not-finite", "a number is one that JSON has", "write a number, or put it in quotes if text is meant"),
    Code::error("text-lost", "a text that a reader would take for something else stands in quotes", "put it in quotes"),
    Code::error("key-not-text", "a key is a text", "put the key in quotes"),
    Code::error("merge-key", "`<<` merges a mapping or a list of mappings", "write an alias of a mapping"),
    Code::error("tag-mismatch", "a value is what its tag says", "remove the tag"),
    Code::finding(
        "unknown-tag",
        Level::Warning,
        "a tag is one of YAML's own; in a file of the model another one is an error",
        "readers disagree on what it means",
        "remove the tag",
    )
    .example("port: !custom 80", "port: 80"),
    Code::error("alias-budget", "the aliases of a file stand for a bounded number of values", "write the values out"),
    Code::error("alias-cycle", "no alias stands inside what it names", "write the value out"),
    Code::error(
        "control-character",
        "a text holds no control characters",
        "write the character as an escape, or take it away",
    ),
    Code::error("not-utf8", "a file is UTF-8", "save it as UTF-8"),
    Code::error("too-deep", "values are nested up to a depth", "flatten the value"),
    Code::error(
        "several-documents",
        "a file of the model holds one document",
        "put each app, overlay and component into a file of its own",
    ),
    Code::error("file-not-found", "what is named is there", "make the file, or write the path that was meant"),
    Code::error("file-not-readable", "what is named can be read", "look at its permissions"),
    Code::error("file-too-large", "a file has a size that manifests have", "split it into several files"),
    Code::error("project-too-large", "all files together have a size that projects have", "build a part of it"),
    Code::error("not-a-regular-file", "what is read is a regular file", "name a regular file"),
    Code::error("empty-folder", "a folder of manifests holds some", "put `*.yaml`, `*.yml` or `*.json` files into it"),
    Code::error(
        "ambiguous-folder",
        "a folder that is named holds one file of the model",
        "name the file instead of the folder",
    ),
    Code::error(
        "absolute-path",
        "a path is relative to the folder of its file",
        "write it relative to the folder of the file",
    ),
    Code::error("empty-path", "a path names something", "write `.` for the folder of the file"),
    Code::error("path-with-newline", "a path has one line", "write what is meant as YAML: take the `|` or `>` away"),
    Code::error("interpolated-path", "a path is written out", "name the file itself"),
    Code::error("outside-project", "what is read lies below the project's root", "move the file into the project"),
    Code::error(
        "remote-reference",
        "a typed file names what is in the project",
        "download it into the project and name the copy",
    ),
];
