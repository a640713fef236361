//! How far a long command is, on stderr: one line that is written over on a terminal, a few lines in the
//! log of a CI, and nothing elsewhere.

use super::Context;
use super::args::MessageFormat;

/// Overlays from which on it is told.
const MANY: usize = 50;
/// Lines that a log gets.
const LINES: usize = 4;

/// Says how far it is.
pub(super) struct Teller {
    way: Way,
    /// How much of it is done that was told.
    told: usize,
}

enum Way {
    Nowhere,
    Terminal,
    Log,
}

impl Teller {
    /// A teller of text; machines that read stderr as JSON are told nothing.
    pub fn new(format: MessageFormat, context: &Context) -> Self {
        let in_ci = (context.env.var)("CI").is_some_and(|set| !["", "0", "false"].iter().any(|off| set == *off));
        let way = match format {
            MessageFormat::Json => Way::Nowhere,
            MessageFormat::Text if context.env.stderr_is_terminal => Way::Terminal,
            MessageFormat::Text if in_ci => Way::Log,
            MessageFormat::Text => Way::Nowhere,
        };
        Self { way, told: 0 }
    }

    /// Says that `done` of `all` overlays are rendered.
    pub fn tell(&mut self, (done, all): (usize, usize), context: &mut Context) {
        let step = (all / LINES).max(1);
        match self.way {
            _ if all < MANY => {}
            Way::Nowhere => {}
            Way::Terminal if done < all => context.say(&format!("\r\x1b[Krendered {done} of {all} overlays")),
            Way::Terminal => context.say("\r\x1b[K"),
            Way::Log if done / step > self.told / step => {
                self.told = done;
                context.say(&format!("rendered {done} of {all} overlays\n"));
            }
            Way::Log => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Env;
    use crate::cli::tests::env;

    fn told(all: usize, format: MessageFormat, env: &Env) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut context = Context { env, out: &mut out, err: &mut err, color_out: false, color_err: false };
        let mut teller = Teller::new(format, &context);
        (1..=all).step_by(16).chain([all]).for_each(|done| teller.tell((done, all), &mut context));
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn a_terminal_has_one_line_and_a_log_a_few() {
        let quiet = || env(std::path::Path::new("/"));
        let terminal = || Env { stderr_is_terminal: true, ..quiet() };
        let ci = || Env { var: Box::new(|name| (name == "CI").then(|| "true".into())), ..quiet() };
        assert_eq!(told(1000, MessageFormat::Text, &quiet()), "");
        assert_eq!(told(1000, MessageFormat::Json, &terminal()), "");
        assert_eq!(told(49, MessageFormat::Text, &terminal()), "");
        let line = told(1000, MessageFormat::Text, &terminal());
        assert!(line.starts_with("\r\x1b[Krendered 1 of 1000 overlays\r") && line.ends_with("\r\x1b[K"), "{line}");
        assert!(!line.contains('\n'));
        let log = told(1000, MessageFormat::Text, &ci());
        assert_eq!(log.lines().count(), 4, "{log}");
        assert!(log.ends_with("rendered 1000 of 1000 overlays\n"), "{log}");
    }
}
