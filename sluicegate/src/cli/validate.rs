//! `sluicegate validate`: whether documents can be right, without a server.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use catalog::Document;

use super::file;

#[derive(clap::Args)]
#[command(
    after_help = "Looks at each document by itself; `apply --dry-run` and `diff` also look at \
    what it refers to on the server.\n\nExamples:\n  sluicegate validate -f orders.yaml"
)]
pub(super) struct Arguments {
    /// YAML or JSON documents; `-` reads standard input
    #[arg(short, long, value_name = "FILE", required = true)]
    file: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut wrong, mut right) = (0, 0);
    for path in &arguments.file {
        let (name, text) = file::read(path)?;
        let parsed = match file::is_json(&text) {
            true => Document::parse_json(&name, &text),
            false => Document::parse_yaml(&name, &text),
        };
        match parsed {
            Ok(documents) => right += documents.len(),
            Err(problems) => {
                wrong += problems.len();
                for problem in problems {
                    writeln!(std::io::stderr(), "{problem}")?;
                }
            }
        }
    }
    if wrong > 0 {
        bail!("{wrong} things are wrong");
    }
    writeln!(std::io::stdout(), "{right} documents are right")?;
    Ok(())
}
