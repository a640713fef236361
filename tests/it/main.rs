//! Integration tests: whole builds, the command line, snapshots and schemas.
