//! Stage `load`: an entry path becomes parsed source trees with positions.

pub mod yaml;
