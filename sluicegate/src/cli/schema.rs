//! `sluicegate schema`: JSON Schemas of documents, for editors.

use std::io::Write;

use catalog::document::schema;
use catalog::model::Kind;

use super::get;

#[derive(clap::Args)]
#[command(after_help = "Editors with YAML support complete and check documents by it: write\n  \
    # yaml-language-server: $schema=sluicegate.schema.json\non the first line of a file.\n\n\
    Examples:\n  sluicegate schema > sluicegate.schema.json\n  sluicegate schema policy")]
pub(super) struct Arguments {
    /// The kind; without it documents of any kind
    #[arg(value_parser = get::kind)]
    kind: Option<Kind>,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&schema(asked.kind))?;
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}
