//! The capacity of clusters, over all overlays that have one as their destination.

use std::collections::HashMap;

use ecow::EcoString;

use super::demand::{COUNTED, Demand, Share};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::project::Cluster;
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Text};

/// Places of the greatest shares that a finding points at.
const POINTED_AT: usize = 5;
/// Shares that a finding names.
const NAMED: usize = 20;

/// What one overlay asks of its cluster.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The cluster.
    pub cluster: EcoString,
    /// The overlay's name.
    pub overlay: String,
    /// What it asks for; `None` when it does not build.
    pub demand: Option<Demand>,
}

/// Checks that what all overlays ask of each cluster fits it.
pub fn check(clusters: &Keyed<Cluster>, asked: &[Asked], diagnostics: &mut Diagnostics) {
    for (name, cluster) in clusters.iter() {
        let here: Vec<&Asked> = asked.iter().filter(|asked| asked.cluster == name.value).collect();
        let capacities = [&cluster.capacity.cpu, &cluster.capacity.memory];
        let Some(place) = capacities.iter().find_map(|amount| Some(amount.as_ref()?.0.origin)) else { continue };
        unknown(name, place, &here, diagnostics);
        let shares = shares(&here);
        for (index, capacity) in capacities.into_iter().enumerate() {
            let Some(capacity) = capacity else { continue };
            let reserve = cluster.system_reserve.as_ref();
            let reserved = reserve.and_then(|reserve| [&reserve.cpu, &reserve.memory][index].as_ref());
            let because = reserve.and_then(|reserve| reserve.because.as_ref());
            let sum = Sum { cluster: name, index, capacity: &capacity.0, reserved: reserved.map(|r| &r.0), because };
            diagnostics_of(&sum, &shares, diagnostics);
        }
    }
}

/// Says which overlays could not be counted.
fn unknown(cluster: &Text, place: Origin, asked: &[&Asked], diagnostics: &mut Diagnostics) {
    for asked in asked.iter().filter(|asked| asked.demand.is_none()) {
        let message = format!("`{}` does not build, so what it asks of `{cluster}` is not counted", asked.overlay);
        diagnostics.push(
            Diagnostic::warning("capacity-unknown", message)
                .at(place)
                .help(format!("`strata build {}` says why", asked.overlay)),
        );
    }
}

/// A workload, and the overlay that renders it.
type Named<'a> = (&'a str, &'a Share);

/// The shares of all overlays. An object that several overlays render (one is the base of the
/// other) is there once, with the most that one of them asks for.
fn shares<'a>(asked: &[&'a Asked]) -> Vec<Named<'a>> {
    let mut shares: Vec<Named<'a>> = Vec::new();
    let mut by_object: HashMap<(&str, &str, &str, &str), usize> = HashMap::new();
    for asked in asked {
        for share in asked.demand.iter().flat_map(|demand| &demand.shares) {
            let (kind, namespace, name) = &share.object;
            // Without a namespace, objects of two overlays may lie in two.
            let overlay = if namespace.is_empty() { asked.overlay.as_str() } else { "" };
            let index = *by_object.entry((kind, namespace, name, overlay)).or_insert(shares.len());
            match shares.get_mut(index) {
                None => shares.push((&asked.overlay, share)),
                Some(known) if total(known.1) < total(share) => *known = (&asked.overlay, share),
                Some(_) => {}
            }
        }
    }
    shares
}

/// What all pods of a share ask for; memory counts first where shares are compared.
fn total(share: &Share) -> (i128, i128) {
    (amount(share, 1), amount(share, 0))
}

fn amount(share: &Share, index: usize) -> i128 {
    share.each[index].saturating_mul(i128::from(share.pods))
}

/// One amount of one cluster.
struct Sum<'a> {
    cluster: &'a Text,
    index: usize,
    capacity: &'a Text,
    reserved: Option<&'a Text>,
    because: Option<&'a Text>,
}

fn diagnostics_of(sum: &Sum<'_>, shares: &[Named<'_>], diagnostics: &mut Diagnostics) {
    let mut asking: Vec<Named<'_>> = shares.iter().copied().filter(|(_, share)| amount(share, sum.index) > 0).collect();
    asking.sort_by_key(|(overlay, share)| (std::cmp::Reverse(amount(share, sum.index)), *overlay, &share.object));
    let asked = asking.iter().map(|(_, share)| amount(share, sum.index)).fold(0i128, i128::saturating_add);
    let reserved = sum.reserved.and_then(|text| names::amount(text)).unwrap_or(0);
    let Some(room) = names::amount(sum.capacity).map(|capacity| capacity.saturating_sub(reserved)) else { return };
    if asked <= room {
        return;
    }
    let what = COUNTED[sum.index];
    let message = format!(
        "`{}` has {} of {what} for applications, and all that runs there at one time asks for {}",
        sum.cluster,
        shown(room, sum.index),
        shown(asked, sum.index)
    );
    let mut diagnostic = Diagnostic::error("capacity-exceeded", message).label(sum.capacity.origin, "the capacity");
    if let Some(reserved) = sum.reserved {
        let because = sum.because.map(|because| format!(" for {because}")).unwrap_or_default();
        diagnostic = diagnostic.related(reserved.origin, format!("{reserved} of it are reserved{because}"));
    }
    for (_, share) in asking.iter().take(POINTED_AT) {
        if let Some(place) = share.places[sum.index] {
            diagnostic = diagnostic.related(place, one_line(share, sum.index));
        }
    }
    diagnostics.push(diagnostic.help(all_lines(&asking, sum.index)));
}

/// Every share, the greatest first.
fn all_lines(asking: &[Named<'_>], index: usize) -> String {
    let mut text = format!("what asks for {}:", COUNTED[index]);
    for (overlay, share) in asking.iter().take(NAMED) {
        text.push_str(&format!("\n  {} in {overlay}", one_line(share, index)));
    }
    let rest = asking.iter().skip(NAMED).map(|(_, share)| amount(share, index)).fold(0i128, i128::saturating_add);
    if let Some(more) = asking.len().checked_sub(NAMED).filter(|more| *more > 0) {
        text.push_str(&format!("\n  {} by {more} more", shown(rest, index)));
    }
    text
}

/// A share in words: `512Mi by Deployment/api (2 x 256Mi)`.
fn one_line(share: &Share, index: usize) -> String {
    let (kind, _, name) = &share.object;
    let each = match share.pods {
        1 => String::new(),
        pods => format!(" ({pods} x {})", shown(share.each[index], index)),
    };
    format!("{} by {kind}/{name}{each}", shown(amount(share, index), index))
}

fn shown(amount: i128, index: usize) -> String {
    if index == 0 { names::cpu_text(amount) } else { names::memory_text(amount) }
}
