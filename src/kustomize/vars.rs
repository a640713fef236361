//! `vars`: `$(NAME)` in known fields becomes a field of a resource.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ecow::EcoString;

use super::selector::effective;
use super::spec::{Spec, Var};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Resource, ResourceId, ResourceSet};
use crate::tree::{Node, Value};

/// The variables of a layer and those below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars(BTreeMap<EcoString, Var>);

impl Vars {
    /// Adds the variables of a layer, and notes in the resources which of them they give a value.
    pub fn add(&mut self, vars: &[Var], set: &mut ResourceSet) -> Result<()> {
        for var in vars {
            let matched: Vec<usize> = candidates(var, set);
            match matched[..] {
                [] => {}
                [index] => {
                    // Variables are no part of an id.
                    let _ = set.update(index, |resource| resource.vars.push(var.name.value.clone()));
                }
                [first, second, ..] => {
                    let (first, second) = (set.get(first).id(), set.get(second).id());
                    let message = format!("the variable `{}` means both `{first}` and `{second}`", var.name);
                    let problem = Diagnostic::error("ambiguous-variable", message).at(var.name.origin);
                    return Err(problem.help("give `objref` a `namespace`").into());
                }
            }
        }
        vars.iter().try_for_each(|var| self.insert(var.clone()))
    }

    /// Adds the variables of another layer.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        other.0.into_values().try_for_each(|var| self.insert(var))
    }

    fn insert(&mut self, var: Var) -> Result<()> {
        if let Some(known) = self.0.get(&var.name.value) {
            let message = format!("the variable `{}` is there twice", var.name);
            let problem = Diagnostic::error("duplicate-variable", message).at(var.name.origin);
            return Err(problem.related(known.name.origin, "the other one").into());
        }
        self.0.insert(var.name.value.clone(), var);
        Ok(())
    }

    /// Replaces the variables in all resources; `more` are fields beside the usual ones.
    pub fn resolve(
        &self,
        set: &mut ResourceSet,
        more: &[Spec],
        origins: &mut Origins,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut holders: HashMap<&str, &Resource> = HashMap::new();
        for resource in set.iter() {
            resource.vars.iter().for_each(|name| _ = holders.entry(name).or_insert(resource));
        }
        let value = |(name, var): (&EcoString, &Var)| Ok((name.clone(), value(var, holders.get(name.as_str()))?));
        let values = self.0.iter().map(value);
        let values: BTreeMap<EcoString, Node> = values.collect::<Result<_>>()?;
        let mut run = Run { values: &values, used: BTreeSet::new(), origins, problem: None, from: None };
        for index in 0..set.len() {
            let gvk = set.get(index).id().gvk.clone();
            let own = more.iter().filter(|spec| super::config::as_field(spec).selects(&gvk));
            let own: Vec<EcoString> = own.map(|spec| spec.path.clone()).collect();
            let done = set.update(index, |resource| {
                for path in usual(&gvk.kind).into_iter().map(EcoString::from).chain(own) {
                    run.field(&mut resource.root, &path);
                }
            });
            done.map_err(|_| Error::new("duplicate-resource", "variables give a resource the id of another one"))?;
        }
        if let Some(problem) = run.problem.take() {
            return Err(problem.into());
        }
        for (name, var) in self.0.iter().filter(|(name, _)| !run.used.contains(*name)) {
            let message = format!("the variable `{name}` is used nowhere");
            diagnostics.push(Diagnostic::warning("unused-variable", message).at(var.name.origin));
        }
        Ok(())
    }
}

fn candidates(var: &Var, set: &ResourceSet) -> Vec<usize> {
    let wanted = ResourceId { gvk: var.gvk.clone(), namespace: var.namespace.clone(), name: var.object.clone() };
    let exact = !wanted.namespace.is_empty() || crate::scope::is_cluster_scoped_for_kustomize(&wanted.gvk);
    let fits = |id: &ResourceId| {
        id.gvk == wanted.gvk && id.name == wanted.name && (!exact || effective(id) == effective(&wanted))
    };
    let found = set.find_by_any_name(&var.gvk.kind, &var.object).iter().copied();
    found.filter(|index| set.get(*index).every_id().any(fits)).collect()
}

fn value(var: &Var, holder: Option<&&Resource>) -> Result<Node> {
    let problem =
        |message: String| Error::from(Diagnostic::error("variable-without-value", message).at(var.name.origin));
    let holder = holder.ok_or_else(|| problem(format!("no resource gives the variable `{}` its value", var.name)))?;
    let node = super::path::get(&holder.root, &steps(&var.path));
    node.cloned().ok_or_else(|| problem(format!("`{}` has no field `{}`", holder.id(), var.path)))
}

/// The steps of `a.b[0].c`: an index after a key is a step of its own.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    for part in super::path::split(path) {
        let indexed = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match indexed.filter(|(_, index)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((key, index)) => {
                steps.extend((!key.is_empty()).then(|| key.to_owned()));
                steps.push(index.to_owned());
            }
            None => steps.push(part),
        }
    }
    steps
}

/// The fields that kustomize looks at by default (its `varReference` configuration).
fn usual(kind: &str) -> Vec<String> {
    let containers = |pod: &str| {
        let fields = ["args", "command", "env/value", "volumeMounts/mountPath"];
        let lists = ["containers", "initContainers"];
        let paths = lists.iter().flat_map(|list| fields.map(|field| format!("{pod}/{list}/{field}")));
        paths.collect::<Vec<_>>()
    };
    let with = |mut paths: Vec<String>, more: &[&str]| {
        paths.extend(more.iter().map(|path| (*path).to_owned()));
        paths
    };
    const POD: &str = "spec/template/spec";
    let of_kind = match kind {
        "CronJob" => with(
            containers("spec/jobTemplate/spec/template/spec"),
            &["spec/jobTemplate/spec/template/volumes/nfs/server"],
        ),
        "DaemonSet" | "Job" | "ReplicaSet" => with(containers(POD), &["spec/template/spec/volumes/nfs/server"]),
        "Deployment" => {
            with(containers(POD), &["spec/template/spec/volumes/nfs/server", "spec/template/metadata/annotations"])
        }
        "StatefulSet" => with(containers(POD), &["spec/volumeClaimTemplates/spec/nfs/server"]),
        "Pod" => with(containers("spec"), &["spec/volumes/nfs/server"]),
        "Ingress" => with(Vec::new(), &["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"]),
        "Service" => with(Vec::new(), &["spec/ports/port", "spec/ports/targetPort"]),
        "PersistentVolume" => with(Vec::new(), &["spec/nfs/server"]),
        _ => Vec::new(),
    };
    with(of_kind, &["metadata/labels", "metadata/annotations"])
}

/// One replacement of all variables.
struct Run<'a> {
    values: &'a BTreeMap<EcoString, Node>,
    used: BTreeSet<EcoString>,
    origins: &'a mut Origins,
    problem: Option<Diagnostic>,
    /// Where the value of the first variable of a text comes from.
    from: Option<Origin>,
}

impl Run<'_> {
    fn field(&mut self, root: &mut Node, path: &str) {
        if let Some((above, _)) = path.split_once("/*") {
            self.no_wildcard(root, above, path);
        }
        let mut found = Vec::new();
        crate::transform::fields::visit(root, path, &mut |leaf| {
            found.push((leaf.place.to_vec(), leaf.node.clone()));
        });
        for (place, mut node) in found {
            match node.value_mut() {
                Value::Str(_) => self.text(&mut node),
                Value::Map(map) => map.iter_mut().for_each(|entry| self.text(&mut entry.node)),
                Value::Seq(items) => {
                    for item in items.make_mut() {
                        if item.as_str().is_none() {
                            let message = format!("variables are looked for in strings, and this is {}", item.kind());
                            self.problem = Some(Diagnostic::error("wrong-type", message).at(item.origin()));
                        }
                        self.text(item);
                    }
                }
                _ => continue,
            }
            crate::transform::fields::replace(root, &place, node);
        }
    }

    /// Kustomize knows no `*` in paths of fields, and says so where a mapping is in its place.
    fn no_wildcard(&mut self, root: &Node, above: &str, path: &str) {
        crate::transform::fields::visit(root, above, &mut |leaf| {
            let is_map = leaf.node.as_map().is_some() || leaf.node.items().any(|item| item.as_map().is_some());
            if is_map && self.problem.is_none() {
                let message = format!("the path `{path}` of a `varReference` holds `*`, which stands for no key");
                let problem = Diagnostic::error("wildcard-in-path", message).at(leaf.node.origin());
                self.problem =
                    Some(problem.help(format!("write `{above}`: variables are looked for in all its values")));
            }
        });
    }

    fn text(&mut self, node: &mut Node) {
        let Some(text) = node.as_str().filter(|text| text.contains('$')) else { return };
        self.from = None;
        let value = self.expand(text);
        if *node.value() != value {
            let origin = self.origins.replace(Cause::Transform("vars"), self.from.unwrap_or(node.origin()), node);
            *node = Node::new(value, origin);
        }
    }

    /// The text with its variables replaced; a text that is one variable becomes its value.
    /// `$$` is a `$`, and an unknown variable stays.
    fn expand(&mut self, text: &str) -> Value {
        let mut out = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            out.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            let close = after.starts_with('(').then(|| after.find(')')).flatten();
            match (after.chars().next(), close) {
                (None, _) => {
                    out.push('$');
                    rest = after;
                }
                (Some('$'), _) => {
                    out.push('$');
                    rest = &after[1..];
                }
                (Some(_), Some(close)) => {
                    let name = &after[1..close];
                    let value = self.values.get(name);
                    let scalar = value.and_then(|value| Some((value, value.scalar_text()?)));
                    if let Some((value, text_of)) = scalar {
                        self.used.insert(name.into());
                        self.from.get_or_insert(value.origin());
                        if text.len() == name.len() + 3 {
                            return value.value().clone();
                        }
                        out.push_str(&text_of);
                    } else {
                        out.push_str(&format!("$({name})"));
                    }
                    rest = &after[close + 1..];
                }
                (Some(other), None) => {
                    out.push('$');
                    out.push(other);
                    rest = &after[other.len_utf8()..];
                }
            }
        }
        out.push_str(rest);
        Value::from(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_expand_as_kustomize_says() {
        let o = Origin::source(0);
        let values = BTreeMap::from([("A".into(), Node::string("x", o)), ("N".into(), Node::new(5, o))]);
        let mut run =
            Run { values: &values, used: BTreeSet::new(), origins: &mut Origins::default(), problem: None, from: None };
        for (text, expected) in [
            ("$(A)", Value::from("x")),
            ("$(N)", Value::Int(5)),
            ("$(N)$(A)", Value::from("5x")),
            ("$$(A)", Value::from("$(A)")),
            ("$(B) $ü $", Value::from("$(B) $ü $")),
            ("$(A", Value::from("$(A")),
        ] {
            assert_eq!(run.expand(text), expected, "{text}");
        }
    }

    #[test]
    fn a_path_has_keys_and_indexes() {
        assert_eq!(steps("spec.ports[0].port"), ["spec", "ports", "0", "port"]);
        assert_eq!(steps(r"metadata.labels.a\.b"), ["metadata", "labels", "a.b"]);
        assert_eq!(steps("metadata.labels.[a.b/c]"), ["metadata", "labels", "a.b/c"]);
        assert_eq!(steps("spec.ports[name=web].port"), ["spec", "ports[name=web]", "port"]);
    }
}
