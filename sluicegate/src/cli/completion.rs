//! `sluicegate completion`: a script that completes commands in a shell.

use clap::CommandFactory;
use clap_complete::Shell;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  source <(sluicegate completion bash)\n  \
    sluicegate completion zsh > ~/.zfunc/_sluicegate")]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) {
    let mut command = super::Cli::command();
    clap_complete::generate(arguments.shell, &mut command, "sluicegate", &mut std::io::stdout());
}
