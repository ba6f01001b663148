//! Whether the recovered server is the one that was meant.

use crate::drill::Recovery;
use crate::judge::{finding::Ruling, record::Record, recovery::CompletedRecovery, source};

/// The ruling on one recovery: the wrong server is a failure, and what can't be told is inconclusive.
pub(in crate::judge) fn ruling(record: &Record<'_>, attempt: &CompletedRecovery<'_>) -> Ruling {
    let recovered = attempt.recovered;
    if let Recovery::Source { .. } = attempt.recovery {
        return source::identity(attempt, record.drill.source());
    }
    let Some(before) = &recovered.before else {
        return Ruling::inconclusive("the server from before the recovery is unknown");
    };
    let after = &recovered.after;
    let same_cluster = before.system_identifier == after.system_identifier;
    let mut complaints = Vec::new();
    let mut require = |holds: bool, otherwise: String| {
        if !holds {
            complaints.push(Ruling::fail(format!("recovered the wrong server: {otherwise}")));
        }
    };
    let identifiers =
        format!("system identifier {} before, {} after", before.system_identifier, after.system_identifier);
    let timelines = format!("timeline {} before, {} after", before.timeline, after.timeline);
    match attempt.recovery {
        Recovery::Restore { .. } if attempt.is_physical() => {
            require(same_cluster, identifiers);
            require(after.timeline > before.timeline, timelines);
        }
        // A system identifier tells nothing here: bare clusters are copies of one that was prepared.
        Recovery::Restore { onto, .. } => {
            require(
                !before.is_same_incarnation(after),
                "a dump is restored into a new cluster, but this is the server from before".into(),
            );
            require(
                after.node.as_ref() == Some(onto) && before.node != after.node,
                format!("the dump was restored onto {onto}, but this is node {}", recovered.node),
            );
        }
        Recovery::Promote { .. } => {
            require(same_cluster, identifiers);
            require(after.timeline > before.timeline, timelines);
        }
        Recovery::Restart { .. } => {
            require(same_cluster, identifiers);
            require(after.timeline == before.timeline, timelines);
            require(
                after.postmaster_start != before.postmaster_start,
                "its postmaster was not restarted".into(),
            );
        }
        Recovery::Source { .. } => {}
        Recovery::Table { .. } => require(
            before.is_same_incarnation(after),
            "the serving node is not the one from before the fault".into(),
        ),
    }
    let nonce = record.started.as_ref().map(|started| started.nonce);
    match (&recovered.nonce, nonce) {
        (Some(found), Some(written)) => require(found == written, "it holds the nonce of another run".into()),
        (None, Some(_)) => require(false, "it does not hold the nonce of this run".into()),
        (_, None) => {}
    }
    let mut unknown = Vec::new();
    if nonce.is_none() {
        unknown.push(Ruling::inconclusive("the nonce of this run is not in the journal"));
    }
    if let Recovery::Restore { from, .. } = attempt.recovery {
        match &recovered.backup {
            Some(backup) => {
                require(backup == from, format!("it was restored from backup {backup}, expected {from}"));
            }
            None => unknown.push(Ruling::inconclusive("the backup it was restored from is unknown")),
        }
        let own = attempt.backup.and_then(|backup| backup.own_label.as_ref());
        match (&recovered.backup_label, own) {
            _ if !attempt.is_physical() => {}
            (Some(label), Some(own)) => {
                require(label == own, format!("its backup_label names {label}, expected {own}"));
            }
            (None, _) => unknown.push(Ruling::inconclusive("its backup_label was not read")),
            (Some(_), None) => {
                unknown.push(Ruling::inconclusive("what its backup was labelled with is unknown"));
            }
        }
    }
    complaints.extend(unknown);
    let mut verified = vec![match attempt.recovery {
        Recovery::Restore { .. } if !attempt.is_physical() => "new node and postmaster".to_owned(),
        Recovery::Restore { .. } | Recovery::Promote { .. } | Recovery::Restart { .. } => {
            "system identifier".to_owned()
        }
        Recovery::Source { .. } | Recovery::Table { .. } => "same postmaster".to_owned(),
    }];
    verified.push(format!("timeline {}", after.timeline));
    verified.extend(recovered.backup_label.iter().map(|label| format!("backup label `{label}`")));
    verified.push("run nonce".to_owned());
    Ruling::of(complaints, format!("identity of {} verified: {}", recovered.node, verified.join(", ")))
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::{Event, Recovered},
        judge::{Verdict, testing::*},
        pg::Timeline,
    };

    fn with(story: Story, change: impl Fn(&mut Recovered)) -> Verdict {
        story.recovered(change).verdict_of("recovery 06 identity")
    }

    #[test]
    fn another_cluster_is_the_wrong_server() {
        for story in [Story::loss(), Story::promoted(true), Story::restart(), Story::table()] {
            assert_eq!(with(story, |recovered| recovered.after.system_identifier = 99), Verdict::Fail);
        }
    }

    #[test]
    fn a_dump_is_known_by_node_and_postmaster_since_bare_clusters_share_a_system_identifier() {
        let dump = |change: fn(&mut Recovered)| with(Story::dump(), change);
        assert_eq!(dump(|recovered| recovered.after.system_identifier = 7), Verdict::Pass);
        assert_eq!(
            dump(|recovered| recovered.after = recovered.before.clone().expect("a server")),
            Verdict::Fail
        );
        assert_eq!(dump(|recovered| recovered.after.node = Some(node("other"))), Verdict::Fail);
    }

    #[test]
    fn a_timeline_that_is_not_new_is_the_wrong_server() {
        for story in [Story::loss(), Story::promoted(true)] {
            assert_eq!(with(story, |recovered| recovered.after.timeline = Timeline(1)), Verdict::Fail);
        }
        assert_eq!(with(Story::restart(), |recovered| recovered.after.timeline = Timeline(2)), Verdict::Fail);
    }

    #[test]
    fn a_restart_is_another_life_and_a_table_comes_back_in_the_same() {
        assert_eq!(
            with(Story::restart(), |recovered| recovered.after = recovered.before.clone().expect("a server")),
            Verdict::Fail
        );
        assert_eq!(
            with(Story::table(), |recovered| recovered.after = server("primary", 7, 1, 100)),
            Verdict::Fail
        );
    }

    #[test]
    fn a_database_without_the_nonce_of_this_run_is_another() {
        assert_eq!(with(Story::dump(), |recovered| recovered.nonce = None), Verdict::Fail);
        assert_eq!(with(Story::loss(), |recovered| recovered.nonce = Some("other".into())), Verdict::Fail);
        let story = Story::loss().without(|event| matches!(event, Event::DrillStarted { .. }));
        assert_eq!(with(story, |_| {}), Verdict::Inconclusive);
    }

    #[test]
    fn another_backup_is_the_wrong_server_and_an_unknown_one_inconclusive() {
        assert_eq!(
            with(Story::loss(), |recovered| recovered.backup_label = Some("weekly".into())),
            Verdict::Fail
        );
        assert_eq!(with(Story::loss(), |recovered| recovered.backup_label = None), Verdict::Inconclusive);
        // A tool that labels its backups itself is judged by its own label.
        let labelled = |own: Option<&str>| {
            let own = own.map(str::to_owned);
            Story::loss().edit(move |event| {
                if let Event::BackupTaken { facts, .. } = event {
                    facts.own_label.clone_from(&own);
                }
            })
        };
        let found = |recovered: &mut Recovered| recovered.backup_label = Some("set 20261127F".into());
        assert_eq!(with(labelled(Some("set 20261127F")), found), Verdict::Pass);
        assert_eq!(with(labelled(Some("set 20261126F")), found), Verdict::Fail);
        assert_eq!(with(labelled(None), found), Verdict::Inconclusive);
        assert_eq!(with(Story::dump(), |recovered| recovered.backup = "weekly".parse().ok()), Verdict::Fail);
        assert_eq!(with(Story::dump(), |recovered| recovered.backup = None), Verdict::Inconclusive);
    }
}
