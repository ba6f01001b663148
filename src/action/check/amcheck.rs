//! Every table and every B-tree index of every database, by PostgreSQL's own `amcheck`.

use super::{DrillContext, Recovery};
use crate::{
    journal::{CheckFacts, Complaint, Examined, Severity},
    lab::{Command, LabError},
};

/// What `pg_amcheck` ends with where it found corruption.
///
/// Source: `src/bin/pg_amcheck/pg_amcheck.c`: `exit(2)` where `all_checks_pass` is false.
const CORRUPT: i64 = 2;

/// More complaints than these are counted, not kept.
const KEPT: usize = 100;

pub(super) async fn verify(context: &DrillContext, recovery: &Recovery) -> Result<CheckFacts, LabError> {
    let node = &recovery.node;
    let address = node.address().await?;
    // Locks of readers alone: the clients of a service go on.
    let arguments = [
        context.runtime.installation().program("pg_amcheck"),
        "--all".into(),
        "--install-missing".into(),
        "--heapallindexed".into(),
        "--verbose".into(),
        "--no-password".into(),
        "-h".into(),
        address.host.to_string(),
        "-p".into(),
        address.port.to_string(),
    ];
    let command = Command::new("verify tables and indexes with pg_amcheck", arguments);
    let output = node.exec_as_superuser(command.clone()).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let refused = refusals(&said);
    let output = match output.code {
        CORRUPT => output,
        // It ends early where the damage is in a catalog that it reads itself.
        _ if !refused.is_empty() => output,
        _ => output.success(&command)?,
    };
    Ok(CheckFacts::Examined(Examined {
        examined: said.lines().filter(|line| is_examined(line)).count() as u64,
        complaints: complaints(&output.text()).into_iter().chain(refused).collect(),
    }))
}

/// Whether a line of its talk tells of a table or an index that it looks at.
fn is_examined(line: &str) -> bool {
    ["checking heap table ", "checking btree index "].iter().any(|words| line.contains(words))
}

/// What a server says of a page or a file that it can't read; the program passes its words on, and no
/// SQLSTATE.
///
/// Source: `src/backend/storage/page/bufpage.c`, `smgr/md.c`, `buffer/bufmgr.c`.
const UNREADABLE: [&str; 4] =
    ["invalid page in block ", "could not read block", "could not open file \"", "page verification failed"];

/// What kept it from going on, where that is damage of what it reads itself.
fn refusals(talk: &str) -> Vec<Complaint> {
    let of_damage = talk.lines().filter(|line| UNREADABLE.iter().any(|words| line.contains(words)));
    let told = of_damage.map(|line| line.trim_start_matches("pg_amcheck: ").to_owned());
    let complaint = |text| Complaint { severity: Severity::Damage, about: "pg_amcheck".into(), text };
    told.map(complaint).take(KEPT).collect()
}

/// What it complains of: a line that names a table or an index, and the lines below it, which are indented.
fn complaints(text: &str) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> = Vec::new();
    let is_place = |line: &str| line.starts_with("heap table ") || line.starts_with("btree index ");
    for line in text.lines() {
        match complaints.last_mut() {
            _ if is_place(line) => {
                let about = line.trim_end_matches(':').to_owned();
                complaints.push(Complaint { severity: Severity::Damage, about, text: String::new() });
            }
            Some(last) if line.starts_with(' ') => {
                let text = format!("{} {}", last.text, line.trim());
                text.trim().clone_into(&mut last.text);
            }
            Some(_) | None => {}
        }
    }
    let more = complaints.len().saturating_sub(KEPT);
    complaints.truncate(KEPT);
    if more > 0 {
        let text = format!("{more} more complaints");
        complaints.push(Complaint { severity: Severity::Damage, about: "pg_amcheck".into(), text });
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_is_counted_and_what_is_damaged_is_named() {
        let talk = "pg_amcheck: including database \"shop\"\n\
                    pg_amcheck: checking heap table \"shop.shop.customer\"\n\
                    pg_amcheck: checking btree index \"shop.shop.customer_pkey\"\n";
        assert_eq!(talk.lines().filter(|line| is_examined(line)).count(), 2);
        let said = "heap table \"shop.shop.customer\", block 0, offset 1:\n    xmin 4 is odd\n\
                    btree index \"shop.shop.customer_pkey\":\n    ERROR:  heap tuple (0,1) lacks matching \
                    index tuple\n    HINT:  Retrying\n";
        let found = complaints(said);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].about, "heap table \"shop.shop.customer\", block 0, offset 1");
        assert_eq!(found[1].text, "ERROR:  heap tuple (0,1) lacks matching index tuple HINT:  Retrying");
        assert_eq!(complaints("").len(), 0);
        let refused = "pg_amcheck: error: query failed: ERROR:  invalid page in block 3 of relation \
            base/5/2662\n\
                       pg_amcheck: query was: SELECT 1\n";
        assert_eq!(
            refusals(refused).first().map(|complaint| complaint.text.as_str()),
            Some("error: query failed: ERROR:  invalid page in block 3 of relation base/5/2662")
        );
        assert_eq!(refusals(talk), []);
        assert_eq!(complaints(&said.repeat(80)).len(), KEPT + 1);
    }
}
