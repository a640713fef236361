//! The policies of the organisation, from the files that were read for them.

use super::Checking;
use crate::diagnostic::{Diagnostic, Diagnostics, levels, near_miss};
use crate::model::project::Project as Settings;
use crate::policy::Policies;
use crate::project::Project;
use crate::resolve;
use crate::tree::{Node, Text};

/// All policies of the project, for whoever checks.
pub(super) fn policies(
    project: &Project,
    settings: Option<&Settings>,
    checking: Option<&Checking>,
    diagnostics: &mut Diagnostics,
) -> Policies {
    let Some(checking) = checking else { return Policies::default() };
    let files = project.policies.iter().map(|file| project.get(*file));
    let documents: Vec<Node> = files.flat_map(|file| file.documents()).cloned().collect();
    let mut found = Diagnostics::default();
    let policies = resolve::policies::resolve(&documents, project.sources(), &mut found);
    if !found.has_errors() {
        let names = settings.into_iter().flat_map(|settings| settings.policy.iter()).map(|(name, _)| name);
        unknown(names, &policies, checking, &mut found);
    }
    diagnostics.append(found);
    policies
}

/// Says which of the codes that are given a level name a policy that is not there. With other policies
/// than the project's own, nobody can tell.
pub(super) fn unknown<'t>(
    names: impl Iterator<Item = &'t Text>,
    policies: &Policies,
    checking: &Checking,
    diagnostics: &mut Diagnostics,
) {
    for written in names.filter(|_| checking.policies.is_none()) {
        let Some((levels::POLICY, name)) = written.split_once('/') else { continue };
        if policies.list.iter().any(|policy| policy.name == name) {
            continue;
        }
        let help = match near_miss(name, policies.list.iter().map(|policy| policy.name.as_str())) {
            Some(near) => format!("did you mean `policy/{near}`?"),
            None => "write the name that the policy has under `metadata`".to_owned(),
        };
        let message = format!("there is no policy `{name}`");
        diagnostics.push(Diagnostic::error("unknown-code", message).at(written.origin).help(help));
    }
}
