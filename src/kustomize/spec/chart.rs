//! `helmCharts` and `helmGlobals`, as they are written.

use ecow::EcoString;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kustomize::read::Fields;
use crate::origin::Origin;
use crate::tree::{Node, Text};

/// A Helm chart that a kustomization asks for.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The chart's name, which is the folder's below its home.
    pub name: Text,
    /// The version to pull.
    pub version: Option<Text>,
    /// Where to pull it from when it is not there.
    pub repo: Option<Text>,
    /// The name of the release; one is generated when there is none.
    pub release_name: Option<Text>,
    /// The namespace of the release.
    pub namespace: Option<Text>,
    /// The file of values that takes the place of the chart's own.
    pub values_file: Option<Text>,
    /// More files of values.
    pub additional_values_files: Vec<Text>,
    /// Values that stand in the kustomization.
    pub values: Option<Node>,
    /// What becomes of those and the ones in the file.
    pub merge: ValuesMerge,
    /// `--include-crds`.
    pub include_crds: bool,
    /// `--no-hooks`.
    pub skip_hooks: bool,
    /// `--skip-tests`.
    pub skip_tests: bool,
    /// `--debug`.
    pub debug: bool,
    /// `--api-versions`.
    pub api_versions: Vec<Text>,
    /// `--kube-version`.
    pub kube_version: Option<Text>,
    /// `--name-template`.
    pub name_template: Option<Text>,
    /// Where charts lie and helm keeps its settings.
    pub globals: HelmGlobals,
    /// Where it is written.
    pub origin: Origin,
}

/// How values in the kustomization and values in a file come together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValuesMerge {
    /// Those in the kustomization win.
    #[default]
    Override,
    /// Those in the file win.
    Merge,
    /// Those in the file do not count.
    Replace,
}

/// `helmGlobals`.
#[derive(Clone, Debug, Default)]
pub struct HelmGlobals {
    /// The folder of charts, relative to the kustomization's: `charts` when there is none.
    pub chart_home: Option<Text>,
    /// The folder of helm's settings; a new one when there is none.
    pub config_home: Option<Text>,
}

const GLOBALS: &[&str] = &["chartHome", "configHome"];
const FIELDS: &[&str] = &[
    "name",
    "version",
    "repo",
    "releaseName",
    "namespace",
    "additionalValuesFiles",
    "valuesFile",
    "valuesInline",
    "valuesMerge",
    "includeCRDs",
    "skipHooks",
    "apiVersions",
    "kubeVersion",
    "nameTemplate",
    "skipTests",
    "debug",
];
/// Those of the plugin `HelmChartInflationGenerator`.
const PLUGIN_FIELDS: &[&str] = &[
    "name",
    "version",
    "repo",
    "releaseName",
    "namespace",
    "additionalValuesFiles",
    "valuesFile",
    "valuesInline",
    "valuesMerge",
    "includeCRDs",
    "skipHooks",
    "apiVersions",
    "kubeVersion",
    "nameTemplate",
    "skipTests",
    "debug",
    "chartHome",
    "configHome",
    "apiVersion",
    "kind",
    "metadata",
];
/// Those of the deprecated `helmChartInflationGenerator`.
const OLD_FIELDS: &[&str] = &[
    "chartName",
    "chartVersion",
    "chartRepoUrl",
    "chartHome",
    "chartRepoName",
    "helmBin",
    "helmHome",
    "values",
    "valuesLocal",
    "valuesMerge",
    "releaseName",
    "releaseNamespace",
    "extraArgs",
];

impl HelmGlobals {
    /// Reads `helmGlobals`.
    pub(in crate::kustomize) fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        Self::of(&mut Fields::new(node, "`helmGlobals`", GLOBALS, diagnostics))
    }

    fn of(fields: &mut Fields) -> Self {
        Self { chart_home: fields.filled("chartHome"), config_home: fields.filled("configHome") }
    }
}

impl Chart {
    /// Reads an entry of `helmCharts`.
    pub(in crate::kustomize) fn read(node: &Node, globals: &HelmGlobals, said: &mut Diagnostics) -> Option<Self> {
        Self::of(Fields::new(node, "a chart", FIELDS, said), globals.clone())
    }

    /// Reads the configuration of the plugin.
    pub(in crate::kustomize) fn plugin(node: &Node, said: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::lenient(node, "a chart", PLUGIN_FIELDS, said);
        let globals = HelmGlobals::of(&mut fields);
        Self::of(fields, globals)
    }

    fn of(mut fields: Fields, globals: HelmGlobals) -> Option<Self> {
        Some(Self {
            name: name(&mut fields, "name")?,
            version: fields.filled("version"),
            repo: fields.filled("repo"),
            release_name: positional(&mut fields, "releaseName"),
            namespace: fields.filled("namespace"),
            values_file: fields.filled("valuesFile"),
            additional_values_files: fields.texts("additionalValuesFiles"),
            values: values(&mut fields, "valuesInline"),
            merge: merge(&mut fields),
            include_crds: fields.truth("includeCRDs"),
            skip_hooks: fields.truth("skipHooks"),
            skip_tests: fields.truth("skipTests"),
            debug: fields.truth("debug"),
            api_versions: fields.texts("apiVersions"),
            kube_version: fields.filled("kubeVersion"),
            name_template: fields.filled("nameTemplate"),
            globals,
            origin: fields.origin,
        })
    }

    /// Reads an entry of `helmChartInflationGenerator`.
    fn old(node: &Node, said: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::new(node, "a chart", OLD_FIELDS, said);
        Some(Self {
            name: name(&mut fields, "chartName")?,
            version: fields.filled("chartVersion"),
            repo: fields.filled("chartRepoUrl"),
            release_name: positional(&mut fields, "releaseName"),
            namespace: None,
            values_file: fields.filled("values"),
            additional_values_files: Vec::new(),
            values: values(&mut fields, "valuesLocal"),
            merge: merge(&mut fields),
            include_crds: false,
            skip_hooks: false,
            skip_tests: false,
            debug: false,
            api_versions: Vec::new(),
            kube_version: None,
            name_template: None,
            globals: HelmGlobals { chart_home: fields.filled("chartHome"), config_home: fields.filled("helmHome") },
            origin: fields.origin,
        })
    }

    /// The folder of charts that the chart lies in, relative to the kustomization's.
    pub fn home(&self) -> EcoString {
        let home = self.globals.chart_home.as_ref().map_or("charts", |home| home.trim_end_matches('/'));
        match (&self.version, &self.repo) {
            (Some(version), Some(_)) => ecow::eco_format!("{home}/{}-{version}", self.name),
            _ => home.into(),
        }
    }
}

/// The charts of a kustomization, from its whole tree.
pub(in crate::kustomize) fn charts_of(root: &Node, said: &mut Diagnostics) -> Vec<Chart> {
    let has_charts = |key: &str| WHERE.iter().any(|field| key.eq_ignore_ascii_case(field));
    match root.entries().any(|entry| has_charts(&entry.key)) {
        true => charts(&mut Fields::lenient(root, "a kustomization", WHERE, said)),
        false => Vec::new(),
    }
}

/// Where a kustomization has charts.
const WHERE: &[&str] = &["helmCharts", "helmGlobals", "helmChartInflationGenerator"];

/// All charts of a kustomization: those of the present fields and those of the older one, whose
/// last homes count for all where `helmGlobals` says none.
pub(super) fn charts(fields: &mut Fields) -> Vec<Chart> {
    let mut old: Vec<Chart> = fields.each("helmChartInflationGenerator", Chart::old).into_iter().flatten().collect();
    let written = fields.get("helmGlobals").map(|node| HelmGlobals::read(node, fields.diagnostics));
    let globals = written.unwrap_or_else(|| {
        let last =
            |home: fn(&HelmGlobals) -> &Option<Text>| old.iter().rev().find_map(|chart| home(&chart.globals).clone());
        HelmGlobals {
            chart_home: last(|globals| &globals.chart_home),
            config_home: last(|globals| &globals.config_home),
        }
    });
    let read = |node, said: &mut Diagnostics| Chart::read(node, &globals, said);
    let mut charts: Vec<Chart> = fields.each("helmCharts", read).into_iter().flatten().collect();
    old.iter_mut().for_each(|chart| chart.globals = globals.clone());
    charts.extend(old);
    charts
}

fn name(fields: &mut Fields, field: &str) -> Option<Text> {
    let name = positional(fields, field);
    if name.is_none() {
        let problem = Diagnostic::error("missing-field", format!("a chart needs `{field}`")).at(fields.origin);
        fields.diagnostics.push(problem);
    }
    name
}

/// A text that helm gets as a word of its own: it must not be taken for a flag.
fn positional(fields: &mut Fields, field: &str) -> Option<Text> {
    let text = fields.filled(field)?;
    if text.starts_with('-') {
        let message = format!("`{text}` would be a flag of helm");
        fields.diagnostics.push(Diagnostic::error("invalid-chart", message).at(text.origin));
    }
    Some(text)
}

fn values(fields: &mut Fields, field: &str) -> Option<Node> {
    let node = fields.get(field)?;
    match node.as_map() {
        Some(map) => (!map.is_empty()).then(|| node.clone()),
        None => {
            let message = format!("`{field}` is a mapping, and this is {}", node.kind());
            fields.diagnostics.push(Diagnostic::error("wrong-type", message).at(node.origin()));
            None
        }
    }
}

fn merge(fields: &mut Fields) -> ValuesMerge {
    let Some(text) = fields.filled("valuesMerge") else { return ValuesMerge::default() };
    match text.as_str() {
        "override" => ValuesMerge::Override,
        "merge" => ValuesMerge::Merge,
        "replace" => ValuesMerge::Replace,
        other => {
            let problem = Diagnostic::error("unknown-option", format!("`{other}` is no way to merge values"));
            fields.diagnostics.push(problem.at(text.origin).help("write `override`, `merge` or `replace`"));
            ValuesMerge::default()
        }
    }
}
