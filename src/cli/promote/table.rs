//! What is promoted, as a table for people.

use super::super::args::PromoteArguments;
use super::super::excerpt;
use super::plan::{Promotion, Version};

/// Hexadecimal digits of a digest that are shown.
const DIGITS: usize = 12;

/// One line for each image; empty when there is none.
pub fn table(promotions: &[Promotion], arguments: &PromoteArguments) -> String {
    if promotions.is_empty() {
        return String::new();
    }
    let head = ["overlay", "image", &arguments.from, &arguments.to, "now"].map(str::to_owned);
    let mut rows = vec![head];
    for promotion in promotions {
        let Promotion { image, overlay, source, before, after, .. } = promotion;
        let row = [overlay.clone(), image.clone(), version(source), version(before), version(after)];
        rows.push(row.map(|cell| excerpt::escape(&cell)));
    }
    let widths: Vec<usize> =
        (0..5).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Tag and digest, the digest cut.
fn version(version: &Version) -> String {
    let digest = version.digest.as_ref().map(|digest| match digest.split_once(':') {
        Some((algorithm, digits)) if digits.chars().count() > DIGITS => {
            format!("@{algorithm}:{}…", digits.chars().take(DIGITS).collect::<String>())
        }
        _ => format!("@{digest}"),
    });
    let text = format!("{}{}", version.tag.as_deref().unwrap_or_default(), digest.unwrap_or_default());
    if text.is_empty() { "-".to_owned() } else { text }
}
