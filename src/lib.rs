//! Strata renders typed applications and overlays into Kubernetes manifests for Argo CD. Files in,
//! bytes out, the same bytes every time: no network, no cluster, no clock.
//!
//! # The flow
//!
//! Data flows one way, and each step is a module:
//!
//! ```text
//! load -> resolve -> lower -> transform -> check -> emit
//! ```
//!
//! | stage | contract |
//! |---|---|
//! | [`load`] | entry paths become parsed source trees with positions; the only stage that reads what users write, and only below the project's root |
//! | [`resolve`] | the layers of an overlay merge as trees and are read once into a validated [`app::App`] with every default filled in; pure |
//! | [`lower`] | an `App` becomes resources, one file per kind; it cannot fail, for what it relies on is established by `resolve` |
//! | [`transform`] | resources to resources, one file per transform; it reports facts ("matches nothing") and whoever runs it sets their level |
//! | [`check`] | the final resources to diagnostics, one file per check; it changes nothing, and no door goes around it |
//! | [`emit`] | resources to bytes: YAML, JSON, a folder of files |
//!
//! [`compose`] stands beside `lower`: the same `App` as a Docker Compose file, with the names and images of
//! the checked resources.
//!
//! [`argocd`] says what Argo CD makes of resources: the order of a sync, and the Applications. It is pure,
//! and `cli` shows it.
//!
//! [`kustomize`] is the second front end: it stands in the place of `resolve` and `lower`, and
//! folds kustomizations into resources as `kustomize build` does. Its fold applies transforms layer
//! by layer, for that is what kustomize means, so it alone of the stages imports another one.
//!
//! [`pipeline`] runs them and is the only module that imports them, with the order of a build on
//! one screen and that of one layer's transforms on another; what it returns, [`cli`] turns into
//! bytes with `emit`. `cli` holds all printing and chooses the exit code.
//!
//! [`import`] is the way back: resources that kustomize renders become files of the model. It is
//! pure, and `cli` alone imports it: it builds what a draft says, and writes the one that renders
//! the same.
//!
//! [`explain`] says where a field of a build comes from and what it replaced. It is pure, and `cli`
//! alone imports it: all that it says it reads from the origins and the files of a build.
//!
//! An overlay is built by itself. What only the project as a whole can break (the capacity of a
//! cluster, a number that one application has alone) is compared after that: `load` then reads the
//! rest of the project too, and [`pipeline`] renders what shares the cluster.
//!
//! A stage returns its value and pushes what it has to say into the [`diagnostic::Diagnostics`]
//! that it is given. `Err` ([`error::Error`]) and `None` mean that nothing useful can follow, not
//! that something is wrong.
//!
//! # The nouns
//!
//! They know no stage, and stages talk to each other through nothing else.
//!
//! - [`tree`]: the copy-on-write tree that every stage works on. Cloning a node is O(1); a patch
//!   copies only the path that it touches; maps keep their written order until `emit` sorts them.
//! - [`origin`]: where each node comes from, a byte of a source or a link in a chain of causes.
//! - [`diagnostic`], [`error`]: what there is to say, as data with origins, and never as text with
//!   a position in it.
//! - [`model`]: what users write, as types, and the JSON Schemas that editors read.
//! - [`app`]: what it means. As written and resolved are two types: an `App` holds no short form,
//!   no inheritance and no choice of a provider.
//! - [`resource`]: one Kubernetes object with every name that it ever had, and the set of them,
//!   which alone changes ids and so keeps its indexes right.
//! - [`project`]: the files of a run, what they are and what they refer to.
//! - [`remote`]: texts that name a git repository or a file elsewhere.
//! - [`policy`]: what an organisation asks of objects, ready to be held against them; [`cel`]: the
//!   language in which it does.
//! - [`diff`]: what differs between two renders, and what that does to what runs.
//! - [`kubernetes`], [`scope`], [`names`], [`image`], [`base64`]: what Kubernetes defines, offline;
//!   [`date`]: a day, never today;
//!   [`promql`]: what Prometheus and Loki do.
//!
//! # What is not there
//!
//! Each absence that a test can see has one in `tests/it/architecture.rs`.
//!
//! - No stage imports another stage (but `kustomize` the transforms), and no noun imports a stage.
//! - No stage but `load` reads a project's files. `emit` and `cli` read only what they wrote.
//! - Nothing in the library prints, panics on input, starts a process, opens a socket or reads the
//!   environment: what surrounds a run comes in through [`cli::Env`]. So do the programs that
//!   `vendor`, `--fetch` and `--enable-helm` ask for; without one of these none is started.
//! - There is no global, no lock and no counter that threads share. Overlays build in parallel,
//!   each with diagnostics of its own, which are then merged and sorted.
//! - There is no node without an origin. A value that a default makes leads to a named rule
//!   ([`lower::rules`]).
//! - There is no untyped JSON between stages, and no build state in annotations.
//! - A rule on the final resources (guards, forbidden keys, tags, selectors) has no door around it:
//!   [`check`] sees what a patch, a template or a plain manifest made as it sees a typed field.
//! - Nothing that a user writes is ignored: an unknown field is an error, and so is a patch, an
//!   image or a removal that matches nothing. (In a kustomization what kustomize lets pass is a
//!   warning.)
//! - There is no guess: the dialect of a YAML text, the kind of a patch and the kind of a file are
//!   said, not found out.
//! - No scan of all resources lies in a loop over resources: work grows with the size of the input.
//!
//! # Where to start reading
//!
//! [`pipeline`] first, from [`pipeline::build`] down. Then follow one feature: a field of
//! [`model::workload`] through `src/resolve/app/workloads.rs` to `src/lower/deployment.rs`, a patch
//! from `src/pipeline/patches.rs` to `src/transform/patch/`, a rule such as
//! `src/check/replicas_guard.rs`. `STRATA_UPDATE=1 cargo test` writes what the tests keep: every
//! overlay's output in `snapshots/`, and the schemas in `schemas/`.

pub mod app;
pub mod argocd;
pub mod base64;
pub mod cel;
pub mod check;
pub mod cli;
pub mod compose;
pub mod date;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod error;
pub mod explain;
pub mod image;
pub mod import;
pub mod kubernetes;
pub mod kustomize;
pub mod load;
pub mod lower;
pub mod model;
pub mod names;
pub mod origin;
pub mod pipeline;
pub mod policy;
pub mod project;
pub mod promql;
pub mod remote;
pub mod resolve;
pub mod resource;
pub mod scope;
pub mod transform;
pub mod tree;

/// The version of this Strata.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
