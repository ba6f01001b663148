//! `lifeboat completions`: the script that clap generates, which offers the names of drills as well.
//!
//! The names are asked for when they are completed (`lifeboat list --names`), so that those in ./drills
//! are among them.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{arguments::Arguments, exit::Exit, print};

/// Takes the place of `complete -F _lifeboat`: names and files for a word that is a drill, else what clap
/// offers.
const BASH: &str = r#"
_lifeboat_with_drills() {
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" word
    _lifeboat "$@"
    [[ "${cur}" == -* || "${prev}" == -* ]] && return 0
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "${word}" in
            run|check|list)
                COMPREPLY=( $(compgen -W "$(lifeboat list --names 2>/dev/null)" -- "${cur}") )
                COMPREPLY+=( $(compgen -f -- "${cur}") )
                return 0
                ;;
        esac
    done
}
"#;

/// What zsh asks where the argument is a drill.
const ZSH: &str = r#"
_lifeboat_drills() {
    compadd -- ${(f)"$(lifeboat list --names 2>/dev/null)"}
    _files
}
"#;

const FISH: &str = "complete -c lifeboat -n \"__fish_seen_subcommand_from run check list\" \
    -a \"(lifeboat list --names 2>/dev/null)\"\n";

/// Prints the script of a shell.
pub(super) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "lifeboat", &mut script);
    print(&with_drills(shell, &String::from_utf8_lossy(&script)))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a shell without a completion of names has the plain script"
)]
fn with_drills(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => {
            let (functions, registered) =
                script.rsplit_once("\nif [[ \"${BASH_VERSINFO").unwrap_or((script, ""));
            let registered =
                registered.replace("complete -F _lifeboat ", "complete -F _lifeboat_with_drills ");
            format!("{functions}{BASH}\nif [[ \"${{BASH_VERSINFO{registered}")
        }
        Shell::Zsh => {
            let asks = |line: &str| {
                let drills = line.starts_with("'*::drills --");
                if drills { line.replace(":_default'", ":_lifeboat_drills'") } else { line.to_owned() }
            };
            let (head, rest) = script.split_once('\n').unwrap_or((script, ""));
            let rest: String = rest.lines().map(|line| asks(line) + "\n").collect();
            format!("{head}\n{ZSH}{rest}")
        }
        Shell::Fish => format!("{script}{FISH}"),
        _ => script.to_owned(),
    }
}
