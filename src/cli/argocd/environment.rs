//! What Argo CD says through the environment of its plugin.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cli::args::argocd::PluginArguments;
use crate::cli::{Context, Env, json};
use crate::diagnostic::near_miss;
use crate::error::{Error, Result};
use crate::pipeline::{self, ARGOCD, Declared, Given, Request};

/// The beginning of the variables that `source.plugin.env` sets.
const ENV: &str = "ARGOCD_ENV_";
/// The most bytes that parameters have; Linux itself takes 128 KiB for one variable.
const LONGEST: usize = 1 << 20;

/// A parameter of an Application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    name: Option<String>,
    string: Option<String>,
    array: Option<Vec<String>>,
    map: Option<BTreeMap<String, String>>,
}

/// What is to be built, with all that Argo CD sets.
pub(super) fn request(arguments: &PluginArguments, context: &Context) -> Result<Request> {
    for (refused, flag) in [(arguments.fetch, "--fetch"), (arguments.enable_helm, "--enable-helm")] {
        if refused {
            return Err(Error::new("not-in-plugin", format!("`{flag}` is refused in the plugin of Argo CD"))
                .help("run `strata vendor` and commit what it fetched, or render the chart into a file"));
        }
    }
    let mut request = plain(arguments, context);
    request.given.kubernetes = text(context.env, "KUBE_VERSION")?.and_then(|version| version.parse().ok());
    let (parameters, variables) = (parameters(context.env)?, variables(context.env)?);
    if parameters.is_empty() && variables.is_empty() {
        return Ok(request);
    }
    let declared = pipeline::declared(&request)?;
    let mut names = std::collections::HashSet::new();
    for parameter in parameters {
        let name = parameter.name.clone().unwrap_or_default();
        if !names.insert(name.clone()) {
            let message = format!("the parameter `{name}` is given twice");
            return Err(Error::new("invalid-parameter", message).help("leave one of the two in the Application"));
        }
        take(parameter, &name, &declared, &mut request)?;
    }
    // The order of variables is that of nothing; what is said about them must not depend on it.
    for (name, value) in variables {
        let parameter = of_variable(&name, &declared)?;
        if !names.contains(parameter) {
            request.set.push((parameter.to_owned(), value));
        }
    }
    Ok(request)
}

/// What is to be built without anything that Argo CD sets. It is read as from the project's root, so
/// that places are files of the repository.
pub(super) fn plain(arguments: &PluginArguments, context: &Context) -> Request {
    let cwd = pipeline::project_root(&arguments.path, &context.env.cwd);
    let entries = vec![pipeline::join(&context.env.cwd, &arguments.path)];
    Request { entries, cwd, given: Given { by_argocd: true, ..Given::default() }, ..Request::default() }
}

fn parameters(env: &Env) -> Result<Vec<Parameter>> {
    let wrong = |message: String| {
        Error::new("invalid-parameter", message)
            .help("Argo CD writes a list such as `[{\"name\": \"replicas\", \"map\": {\"my-app\": \"3\"}}]`")
    };
    let Some(written) = text(env, ARGOCD)?.filter(|text| !text.trim().is_empty()) else { return Ok(Vec::new()) };
    if written.len() > LONGEST {
        return Err(wrong(format!("`{ARGOCD}` has more than 1 MiB")));
    }
    match json::from_text::<Option<Vec<Parameter>>>(&written) {
        Ok(parameters) => Ok(parameters.unwrap_or_default()),
        Err(place) => Err(wrong(format!("`{ARGOCD}` is not the JSON that Argo CD writes: {place}"))),
    }
}

/// Puts one parameter where it belongs: `images` and `replicas` are maps, all others one value.
fn take(parameter: Parameter, name: &str, declared: &[Declared], request: &mut Request) -> Result<()> {
    let wrong = |message: String, help: &str| Err(Error::new("invalid-parameter", message).help(help.to_owned()));
    let is_declared = declared.iter().any(|known| *known.name == *name);
    let maps = ["images", "replicas"].contains(&name) && !is_declared;
    match parameter {
        Parameter { name: None, .. } => wrong(
            "a parameter has no name".into(),
            "write its `name` in the Application, under `source.plugin.parameters`",
        ),
        Parameter { string: Some(value), array: None, map: None, .. } if !maps => {
            request.set.push((name.to_owned(), value));
            Ok(())
        }
        Parameter { string: None, array: None, map: Some(map), .. } if maps && name == "images" => {
            request.given.images.extend(map);
            Ok(())
        }
        Parameter { string: None, array: None, map: Some(map), .. } if maps => {
            for (workload, count) in map {
                let Some(number) = count.parse::<i64>().ok().filter(|number| *number >= 0) else {
                    let message = format!("the parameter `replicas` gives `{workload}` no whole number");
                    return wrong(message, "write a number such as \"2\"");
                };
                request.given.replicas.push((workload, number));
            }
            Ok(())
        }
        _ if maps => wrong(
            format!("the parameter `{name}` is a map"),
            if name == "images" { "write `map: {IMAGE: TAG}`" } else { "write `map: {WORKLOAD: \"2\"}`" },
        ),
        _ => wrong(
            format!("the parameter `{name}` is one value"),
            "write `string: VALUE`, and neither `array` nor `map`",
        ),
    }
}

/// The variables of `source.plugin.env`, sorted.
fn variables(env: &Env) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for name in (env.names)().iter().filter_map(|name| name.to_str()).filter(|name| name.starts_with(ENV)) {
        found.extend(text(env, name)?.map(|value| (name.to_owned(), value)));
    }
    found.sort();
    Ok(found)
}

/// The parameter that a variable sets: `ARGOCD_ENV_LOG_LEVEL` sets `log-level` and `logLevel` does
/// not exist, for case is not kept.
fn of_variable<'d>(variable: &str, declared: &'d [Declared]) -> Result<&'d str> {
    let as_variable = |known: &Declared| format!("{ENV}{}", known.name.to_uppercase().replace('-', "_"));
    let exact = |known: &&Declared| variable == as_variable(known) || variable[ENV.len()..] == *known.name;
    if let Some(known) = declared.iter().find(exact) {
        return Ok(&known.name);
    }
    let names: Vec<String> = declared.iter().map(as_variable).collect();
    let help = match near_miss(variable, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{}`?", &near[ENV.len()..]),
        None if names.is_empty() => "the overlay declares no `parameters:`".to_owned(),
        None => format!(
            "the overlay takes {}",
            names.iter().map(|name| format!("`{}`", &name[ENV.len()..])).collect::<Vec<_>>().join(", ")
        ),
    };
    let message = format!("the overlay declares no parameter for the variable `{}`", &variable[ENV.len()..]);
    Err(Error::new("unknown-parameter", message).help(help))
}

fn text(env: &Env, name: &str) -> Result<Option<String>> {
    match (env.var)(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => {
            Err(Error::new("invalid-parameter", format!("the variable `{name}` is not text")).help("write it in UTF-8"))
        }
    }
}
