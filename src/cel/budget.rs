//! What an evaluation may cost.

/// What is left of what an evaluation may cost. One unit is one step: a node of the expression, an
/// element of a list, sixteen bytes of a text.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    left: u64,
}

/// Nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent;

impl Budget {
    /// The steps of one expression. Kubernetes gives an expression ten million of its own units, in
    /// which a step costs about ten.
    pub const EXPRESSION: u64 = 1_000_000;

    /// A budget of `steps`.
    pub fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// How much of it is left.
    pub fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Spent> {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Spent)
            }
        }
    }

    /// Pays for reading or making `bytes` bytes.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Result<(), Spent> {
        self.spend(bytes / 16)
    }
}
