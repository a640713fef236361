//! `strata argocd parameters`: what the form of an Application offers to change.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{environment, print, report};
use crate::cli::args::argocd::PluginArguments;
use crate::cli::{Context, Ended, json};
use crate::model::overlay::ParameterType;
use crate::pipeline::{self, Declared, Rendered};
use crate::tree::Node;

/// A parameter as Argo CD's plugin server reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Announcement {
    name: String,
    title: String,
    tooltip: String,
    required: bool,
    item_type: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    collection_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    map: BTreeMap<String, String>,
}

pub(super) fn run(arguments: &PluginArguments, context: &mut Context) -> Ended {
    let root = pipeline::project_root(&arguments.path, &context.env.cwd);
    let given = environment::request(arguments, context);
    let plain = || environment::plain(arguments, context);
    // With a parameter that is wrong the form is needed all the more, to put it right.
    let request = given.unwrap_or_else(|_| plain());
    let declared = match pipeline::declared(&request) {
        Ok(declared) => declared,
        Err(error) => return report::error(error, &root, context),
    };
    let built = pipeline::build(&request).ok().and_then(|outcome| outcome.builds.into_iter().next());
    let built = built.or_else(|| pipeline::build(&plain()).ok()?.builds.into_iter().next());
    let announced = announcements(&declared, built.as_ref());
    print(json::to_text(&announced).as_bytes(), context).or_else(|error| report::error(error, &root, context))
}

/// The declared parameters in their order, then `images` and `replicas` as they are rendered.
fn announcements(declared: &[Declared], built: Option<&Rendered>) -> Vec<Announcement> {
    let mut announced: Vec<Announcement> = declared.iter().map(of_declared).collect();
    let Some(built) = built else { return announced };
    let images = Announcement {
        name: "images".into(),
        title: "Images".into(),
        tooltip: "the tag, digest or TAG@DIGEST of each image".into(),
        required: false,
        item_type: "string",
        collection_type: "map",
        string: None,
        map: pipeline::images(built).into_iter().collect(),
    };
    let replicas = Announcement {
        name: "replicas".into(),
        title: "Replicas".into(),
        tooltip: "the number of pods of each workload that no autoscaler changes".into(),
        required: false,
        item_type: "number",
        collection_type: "map",
        string: None,
        map: pipeline::replicas(built).into_iter().collect(),
    };
    let is_free = |one: &Announcement| !one.map.is_empty() && !declared.iter().any(|known| *known.name == *one.name);
    announced.extend([images, replicas].into_iter().filter(is_free));
    announced
}

fn of_declared(declared: &Declared) -> Announcement {
    let parameter = &declared.parameter;
    let mut words: Vec<String> = parameter.description.iter().map(ToString::to_string).collect();
    if !parameter.allowed.is_empty() {
        let allowed: Vec<&str> = parameter.allowed.iter().map(|allowed| allowed.as_str()).collect();
        words.push(format!("one of {}", allowed.join(", ")));
    }
    words.push(match (parameter.min.as_ref(), parameter.max.as_ref()) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => String::new(),
    });
    words.retain(|word| !word.is_empty());
    Announcement {
        name: declared.name.to_string(),
        title: title(&declared.name),
        tooltip: words.join("; "),
        required: declared.value.is_none(),
        item_type: match parameter.parameter_type {
            ParameterType::String => "string",
            ParameterType::Integer => "number",
            ParameterType::Boolean => "boolean",
        },
        collection_type: "",
        string: declared.value.as_ref().and_then(plain),
        map: BTreeMap::new(),
    }
}

/// A scalar as a form shows it.
fn plain(node: &Node) -> Option<String> {
    let number = || node.as_i64().map(|number| number.to_string());
    let word = || node.as_bool().map(|word| word.to_string());
    node.as_str().map(str::to_owned).or_else(number).or_else(word)
}

/// `log-level` as a title: `Log level`.
fn title(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
