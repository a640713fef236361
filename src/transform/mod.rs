//! Resources to resources: one file per transform, shared by both front ends. A transform reports
//! facts; how serious a fact is decides the front end.

pub mod patch;
