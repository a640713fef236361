//! `strata schema`: the JSON Schemas of the files that users write.

use super::args::SchemaArguments;
use super::{Context, Done, Ended, files};
use crate::diagnostic::near_miss;
use crate::emit;
use crate::error::{Error, Result};

pub(super) fn run(arguments: &SchemaArguments, context: &mut Context) -> Ended {
    let schemas = crate::model::schemas();
    let chosen = choose(&schemas, arguments.name.as_deref())?;
    match &arguments.output {
        Some(folder) => {
            let folder = context.env.cwd.join(folder);
            for (file, text) in &chosen {
                let path = folder.join(file);
                files::make_parent(&path)?;
                emit::file::write_atomically(&path, text.as_bytes())?;
            }
        }
        None if arguments.name.is_some() => {
            for (_, text) in &chosen {
                context.print(text.as_bytes())?;
            }
        }
        None => {
            let names: String = chosen.iter().map(|(file, _)| format!("{}\n", short(file))).collect();
            context.print(names.as_bytes())?;
        }
    }
    Ok(Done::Fine)
}

/// The schema `name`, with or without `.schema.json`; all of them without a name.
fn choose<'a>(schemas: &'a [(&'static str, String)], name: Option<&str>) -> Result<Vec<&'a (&'static str, String)>> {
    let Some(name) = name else { return Ok(schemas.iter().collect()) };
    let chosen: Vec<_> = schemas.iter().filter(|(file, _)| short(file) == short(name)).collect();
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let names: Vec<_> = schemas.iter().map(|(file, _)| short(file)).collect();
    let help = match near_miss(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are `{}`", names.join("`, `")),
    };
    Err(Error::new("unknown-schema", format!("there is no schema `{name}`")).help(help))
}

fn short(file: &str) -> &str {
    file.strip_suffix(".schema.json").unwrap_or(file)
}
