//! Docker Compose files.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::finding(
        "not-in-compose",
        Level::Note,
        "what Docker Compose has no word for is left out of its file",
        "the services run without it",
        "keep it in mind, or run the environment in a cluster",
    )
    .example("networkPolicies: ...", "nothing to change"),
    Code::finding(
        "compose-env-file",
        Level::Note,
        "values of secrets come from an env file that nobody but you has",
        "services do not start without it",
        "write the file, and keep it out of version control",
    )
    .example("secrets: {shop: {keys: {TOKEN: {}}}}", "echo TOKEN=... >> shop.env"),
    Code::finding(
        "compose-health-tool",
        Level::Note,
        "a health check runs inside the container, with a tool that the image needs",
        "without the tool the service is never healthy, and what waits for it never starts",
        "put the tool into the image, or write a probe with a command",
    )
    .example("probe: {http: /healthz}   # the image has no wget", "probe: {exec: [/app/healthy]}"),
    Code::finding(
        "compose-route",
        Level::Note,
        "routes are the business of the proxy before the project",
        "the services are reached by their ports alone",
        "say it to the proxy",
    )
    .example("routes: {web: {...}}", "a virtual host of the proxy"),
    Code::error(
        "compose-without-application",
        "a Compose file is made of a typed application",
        "build an overlay whose base is an App",
    ),
];
