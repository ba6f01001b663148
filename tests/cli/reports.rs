//! Reports are made of a run's folder alone.

use std::{fs, path::Path, process::Command};

use crate::support::{Harness, drills, text};

const FILES: [&str; 3] = ["junit.xml", "report.json", "report.md"];

fn bytes(run: &Path) -> Vec<(&'static str, Vec<u8>)> {
    FILES
        .map(|name| (name, fs::read(run.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))))
        .to_vec()
}

fn forget(run: &Path) {
    for name in FILES {
        fs::remove_file(run.join(name)).unwrap();
    }
}

#[test]
fn a_report_is_rendered_again_byte_for_byte_from_the_journal_alone() {
    let user = Harness::local();
    user.run(&user.drill("pitr", &drills::pitr().text()), &[]).exits(0);
    let run = user.latest();
    let first = bytes(&run);

    forget(&run);
    user.lifeboat(&["report", "latest"]).exits(0).prints("PASS");
    assert_eq!(bytes(&run), first, "by the name `latest`");

    let elsewhere = Harness::from_scratch();
    let copy = elsewhere.folder().join("copy of a run");
    assert!(Command::new("cp").arg("-a").arg(&run).arg(&copy).status().unwrap().success());
    forget(&copy);
    elsewhere.lifeboat(&["report", text(&copy)]).exits(0);
    assert_eq!(bytes(&copy), first, "from a copy elsewhere");

    evidence_that_was_changed(&elsewhere, &copy);
    a_dead_runners_journal(&elsewhere, &copy);
}

/// Wherever the journal of a run that passed ends too early, nobody can tell.
fn a_dead_runners_journal(user: &Harness, run: &Path) {
    let path = run.join("journal.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
    let last = ends[ends.len() - 2];
    for (cut, why) in [
        (whole.len() - 1, "its last line is torn"),
        (last, "its last line is missing"),
        (ends[ends.len() / 2], "half of it is missing"),
    ] {
        fs::write(&path, &whole[..cut]).unwrap();
        let told = user.lifeboat(&["report", text(run)]);
        assert_eq!(told.code, 3, "{why}: {told:?}");
        assert!(fs::read_to_string(run.join("junit.xml")).unwrap().contains("<error"), "{why}");
    }
    fs::write(&path, "").unwrap();
    let told = user.lifeboat(&["report", text(run)]);
    assert!(told.code != 0, "an empty journal proves nothing: {told:?}");
    fs::write(&path, &whole).unwrap();
}

/// What was changed since the run proves nothing, whatever it says: nobody can tell, and the file and the
/// line are named.
fn evidence_that_was_changed(user: &Harness, run: &Path) {
    let exercise = run.join("pitr@15");
    let inconclusive = |file: &str, change: &dyn Fn(Vec<u8>) -> Option<Vec<u8>>, words: &str| {
        let path = if file == "journal.jsonl" { run.join(file) } else { exercise.join(file) };
        let before = fs::read(&path).unwrap();
        match change(before.clone()) {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        user.lifeboat(&["report", text(run)]).exits(3).prints(file);
        fs::write(&path, before).unwrap();
        let report = fs::read_to_string(run.join("report.md")).unwrap();
        assert!(report.contains(words) && report.contains("journal.jsonl"), "{file}: {words}: {report}");
    };
    let turned = |text: Vec<u8>| {
        let text = String::from_utf8(text).unwrap();
        Some(text.replacen("\"a\"", "\"i\"", 89).into_bytes())
    };
    inconclusive("ledger.jsonl", &turned, "its content was changed, though it still has");
    inconclusive("ledger.jsonl", &|text| Some(text[..text.len() / 2].to_vec()), "bytes, and had");
    inconclusive("evidence/recovered.log", &|_| Some(Vec::new()), "it is empty, and had");
    inconclusive("evidence/recovered.log", &|text| Some([text, vec![b'\n']].concat()), "bytes, and had");
    inconclusive("evidence/recovered.pg_controldata", &|_| None, "it is gone");
    let another_number = |text: Vec<u8>| {
        Some(
            String::from_utf8(text)
                .unwrap()
                .replacen("\"acknowledged\":", "\"acknowledged\":9", 1)
                .into_bytes(),
        )
    };
    inconclusive("journal.jsonl", &another_number, "it was changed after it was written");
    user.lifeboat(&["report", text(run)]).exits(0);
}

#[test]
fn a_report_of_a_run_that_is_not_there_is_a_mistake_of_the_command_line() {
    let user = Harness::from_scratch();
    user.lifeboat(&["report", "latest"]).exits(2).says("latest").says("no run was found");
    user.lifeboat(&["report", "/no/such/folder"]).exits(2).says("/no/such/folder");
    for run in ["20261120-172744-8d81", "20261121-172744-8d81"] {
        fs::create_dir_all(user.reports().join(run)).unwrap();
        fs::write(user.reports().join(run).join("journal.jsonl"), "").unwrap();
    }
    let named = "there are 20261121-172744-8d81, 20261120-172744-8d81";
    user.lifeboat(&["report", text(&user.reports())])
        .exits(2)
        .says("it has no journal.jsonl")
        .says("--reports")
        .says(named);
    user.lifeboat(&["report", "."]).exits(2).says("it has no journal.jsonl").says(named);
}
