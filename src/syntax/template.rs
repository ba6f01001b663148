//! A drill to begin with.

use super::{declared::Fault, nearest::both, reading::Section};

/// The text of a drill that runs as it is, with comments that tell what can be changed; `name` goes into its
/// title.
#[must_use]
pub fn template(name: &str) -> String {
    let title: String =
        name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).take(100).collect();
    let title = if title.trim().is_empty() { "A drill" } else { title.trim() };
    let faults = both(Fault::KEYS.iter().map(|key| key.name));
    TEMPLATE.replace("{faults}", &faults).replace("{title}", title)
}

const TEMPLATE: &str = r#"# A drill for Lifeboat. `lifeboat check FILE` says whether it is right;
# `lifeboat schema` prints the schema for your editor.
title = "{title}: complete loss of the primary, recovered from a base backup and archived WAL"
description = """
Say here what disaster this stands for, and what is left when it has come.
"""
tags = ["physical", "pitr"]

# Time that people need to notice and to decide; it is declared, not measured, and added to the recovery time.
# human = "5m"

# What you promised. Without an objective the drill measures, and judges nothing against it.
[objectives]
rto = "1h"
rpo = "5m"

[postgres]
# version = 17               # any supported version, where it is left out
settings = { archive_timeout = "2s" }

# The first node is the primary; a standby has `role = "standby"`, and may have `synchronous = true` or
# `delay = "10m"`.
[[nodes]]
name = "primary"

# Where WAL goes; without it a base backup can't be rolled forward.
[archive]
method = "command"

[dataset]
fixture = "shop"
scale = 1                    # 1 is tens of megabytes

# Clients that commit known rows through the whole drill, so that what was lost can be counted.
[workload]
writers = 4
rate = "200/s"

# Steps run one after another; each has one verb.
[[steps]]
backup = { method = "basebackup", label = "nightly" }   # compress = "lz4", "zstd" or "gzip"

[[steps]]
work = "10s"

# Faults: {faults}.
[[steps]]
fault = { lose-volume = "primary" }

# target: "latest", "immediate", "before-fault", or a restore point as in { name = "release" }.
[[steps]]
recover = { from = "nightly", target = "latest" }

[[steps]]
check = ["ledger", "content", { rows = { table = "shop.customer", at-least = 1 } }, "reprotect"]
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    #[test]
    fn the_template_is_a_drill_whatever_its_name() {
        let name = "mine".parse().expect("a name");
        for title in ["mine", "", "a \"quoted\"\n\\ \u{1b}[31m name", "{title}"] {
            let drill =
                parse(&name, "mine.toml", &template(title)).unwrap_or_else(|no| panic!("{}", no.plain()));
            assert!(!drill.title.is_empty());
        }
    }
}
