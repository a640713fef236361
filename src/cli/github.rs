//! What stands in a workflow command of GitHub Actions, escaped as its runner reads it: `%`, CR and LF in a
//! message, `:` and `,` too in a property (actions/toolkit, packages/core/src/command.ts).

/// A message.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: a file, a title.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
