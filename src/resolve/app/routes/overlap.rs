//! What the routes of an application say about one another.

use std::collections::HashMap;

use super::super::Resolver;
use crate::app::Route;
use crate::diagnostic::Diagnostic;
use crate::origin::Origin;
use crate::tree::Text;

impl Resolver<'_> {
    /// No two routes may serve one prefix of one host: which one wins would be up to the provider.
    pub(super) fn distinct_routes(&mut self, routes: &[(Text, Route)]) {
        let mut seen: HashMap<(&str, &str), (&Text, Origin)> = HashMap::new();
        for (key, route) in routes {
            for (host, path, at) in places(route) {
                let Some((other, place)) = seen.insert((host, path), (key, at)) else { continue };
                let on = if host.is_empty() { "every host".to_owned() } else { format!("`{host}`") };
                let message = match other == key {
                    true => format!("the route `{key}` says `{path}` on {on} twice"),
                    false => format!("the routes `{other}` and `{key}` both serve `{path}` on {on}"),
                };
                self.diagnostics.push(
                    Diagnostic::error("duplicate-route", message)
                        .at(at)
                        .related(place, "the other one")
                        .help("give one of them another host or path"),
                );
            }
        }
    }

    /// Finds out which excluded prefixes nobody serves: where another route serves one, whoever
    /// takes the longest prefix needs no word on it.
    pub(super) fn close(&mut self, routes: Vec<(Text, Route)>) -> Vec<Route> {
        let mut said = Vec::new();
        let closed = |index: usize, path: &Text, said: &mut Vec<Diagnostic>| {
            let (key, route) = &routes[index];
            let serving =
                routes.iter().filter(|(other, _)| other != key).filter(|(_, other)| other.paths.contains(path));
            let mut open = true;
            for (other, serving) in serving {
                let on = |host: &Text| serving.hosts.is_empty() || serving.hosts.contains(host);
                match route.hosts.iter().filter(|host| on(host)).count() {
                    _ if serving.hosts.is_empty() => open = false,
                    0 => {}
                    count if count == route.hosts.len() => open = false,
                    _ => said.push(
                        Diagnostic::error(
                            "partly-excluded",
                            format!(
                                "`{path}` is excluded from `{key}`, and `{other}` serves it on some of its hosts only"
                            ),
                        )
                        .at(path.origin)
                        .related(other.origin, "the other route")
                        .help("let both have the same hosts, or make two routes of the first one"),
                    ),
                }
            }
            open
        };
        let all: Vec<Vec<Text>> = (0..routes.len())
            .map(|index| {
                routes[index].1.exclude.iter().filter(|path| closed(index, path, &mut said)).cloned().collect()
            })
            .collect();
        said.into_iter().for_each(|diagnostic| self.say(diagnostic));
        routes.into_iter().zip(all).map(|((_, route), closed)| Route { closed, ..route }).collect()
    }
}

/// Each host (empty for every host) with each path of a route, and where the latter is said.
fn places(route: &Route) -> impl Iterator<Item = (&str, &str, Origin)> {
    let hosts: Vec<&str> = match route.hosts.is_empty() {
        true => vec![""],
        false => route.hosts.iter().map(Text::as_str).collect(),
    };
    let paths: Vec<(&str, Origin)> = match route.paths.is_empty() {
        true => vec![("/", route.name.origin)],
        false => route.paths.iter().map(|path| (path.as_str(), path.origin)).collect(),
    };
    hosts.into_iter().flat_map(move |host| paths.clone().into_iter().map(move |(path, at)| (host, path, at)))
}
