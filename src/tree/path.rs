//! The path of a field, as people read it in messages.

use ecow::EcoString;

/// One step into a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The value under a key of a mapping.
    Key(EcoString),
    /// The item at an index of a list, counted from 0.
    Index(usize),
}

/// The path of a field. It prints as `spec.containers[0].env`; a key that is not a plain word
/// prints as `["app.kubernetes.io/name"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

impl Path {
    /// Goes down to the value under `key`.
    pub fn push_key(&mut self, key: impl Into<EcoString>) {
        self.0.push(Segment::Key(key.into()));
    }

    /// Goes down to the item at `index`.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Segment::Index(index));
    }

    /// Goes up one step.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key)
                    if key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$')) && !key.is_empty() =>
                {
                    write!(f, "{}{key}", if place == 0 { "" } else { "." })?;
                }
                Segment::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}
