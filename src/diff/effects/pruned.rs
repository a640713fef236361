//! What is not rendered any more is deleted.

use super::{Case, Effect, Found, Rule, has_sync_option, hook};
use crate::diff::Change;

pub(super) const RULE: Rule = Rule {
    name: "pruned",
    effect: Effect::Pruned,
    text: "an object is not rendered any more, and `Prune=false` is not on it",
    source: "https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/#automatic-pruning and https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some(old) = case.old.filter(|_| case.object.change == Change::Removed) else { return };
    match () {
        () if has_sync_option(old, "Prune=false") => {}
        () if hook(old).is_some() => found.push("the hook does not run any more", None),
        () if has_sync_option(old, "Prune=confirm") => found.push("it is deleted once somebody confirms", None),
        () => found.push("it is deleted where pruning is on", None),
    }
}
