//! Steps, disturbed at each of their calls in turn.

use super::*;

/// Steps that need no server to speak to.
fn steps() -> Vec<String> {
    vec![
        r#"backup = { method = "basebackup", label = "nightly" }"#.to_owned(),
        r#"fault = { freeze = "standby" }"#.to_owned(),
        lose_primary(),
        work(3),
    ]
}

fn lose_primary() -> String {
    r#"fault = { lose-volume = "primary" }"#.to_owned()
}

fn scripted(fake: Fake) -> Fake {
    fake.answer(
        "read the backup's manifest",
        0,
        r#""WAL-Ranges": [{"Start-LSN": "0/2000028", "End-LSN": "0/2000100"}]"#,
    )
    .answer("measure the backup", 0, "4096\t/fake/repository/backup/nightly")
    .answer("count the files of the backup", 0, "9")
}

#[tokio::test(start_paused = true)]
async fn the_transcript_of_steps_that_complete() {
    let seen = World::of(steps(), |fake, _| scripted(fake)).perform().await;
    seen.assert_over("undisturbed");
    assert_eq!(seen.outcomes(), [Outcome::Completed; 4]);
    let expected = [
        "create repository",
        "create primary",
        "create standby",
        "address of repository",
        "address of primary",
        "exec repository: take base backup nightly",
        "exec repository: read the backup's manifest",
        "exec repository: measure the backup",
        "exec repository: count the files of the backup",
        "exec repository: verify base backup nightly",
        "address of standby",
        "freeze standby",
        "destroy primary",
        "processes of standby",
        "remains of primary",
        "thaw standby",
        "exec repository: list the servers' logs",
        "exec standby: fetch standby.pg_controldata",
        "exec standby: fetch standby.backup_label",
        "exec standby: fetch standby.history",
        "clean_up",
    ];
    assert_eq!(seen.transcript, expected);
}

/// The numbers of the calls that steps make, and of the one that thaws at the end.
const OF_STEPS: std::ops::Range<usize> = 4..16;

/// The step that a call belongs to; none where it is a proof beside them, or comes after them all.
fn step_of(nth: usize) -> Option<usize> {
    match nth {
        4..10 => Some(0),
        10..12 => Some(1),
        12 => Some(2),
        _ => None,
    }
}

/// Whether a call verifies the backup, which is taken by then: that it can't be is for the judge.
const fn verifies(nth: usize) -> bool {
    matches!(nth, 8 | 9)
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_any_call_ends_its_step_and_skips_the_rest() {
    for nth in OF_STEPS {
        let seen = World::of(steps(), |fake, _| scripted(fake).fail_at(nth)).perform().await;
        seen.assert_over(&format!("failure at call {nth}, {:?}", seen.transcript.get(nth)));
        let expected = (0..4).map(|step| match step_of(nth).filter(|_| !verifies(nth)) {
            Some(failed) if step == failed => Outcome::Failed,
            Some(failed) if step > failed => Outcome::Skipped,
            _ => Outcome::Completed,
        });
        assert_eq!(seen.outcomes(), expected.collect::<Vec<_>>(), "call {nth}");
        if let Some(step) = step_of(nth) {
            assert_eq!(seen.finding(Subject::Step { step }).0, Verdict::Inconclusive, "call {nth}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_at_any_call_cancels_its_step() {
    for nth in OF_STEPS {
        let seen = World::of(steps(), |fake, cancel| scripted(fake).cancel_at(nth, cancel)).perform().await;
        seen.assert_over(&format!("interrupt at call {nth}, {:?}", seen.transcript.get(nth)));
        assert!(seen.interrupted(), "call {nth}");
        if let Some(step) = step_of(nth) {
            assert_eq!(seen.outcomes()[step], Outcome::Cancelled, "call {nth}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_ends_at_its_deadline() {
    let steps = vec![lose_primary(), work(1)];
    let started = std::time::Instant::now();
    let world = World::of(steps, |fake, _| fake.hang("destroy"));
    let mut context = world.standing().await;
    // The clients would try to connect all the time.
    context.workload.take().expect("clients").stop().await.expect("a ledger");
    let before = tokio::time::Instant::now();
    run_steps(&mut context, &world.drill.steps, &world.cancel).await;
    assert_eq!(before.elapsed(), Duration::from_mins(10));
    close(context, &world.cancel, None).await;
    let seen = world.seen();
    seen.assert_over("a fault that hangs");
    assert_eq!(seen.outcomes(), [Outcome::TimedOut, Outcome::Skipped]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
async fn a_command_has_the_time_of_its_step_and_the_journal_says_what_took_it() {
    let world = World::of(steps(), |fake, _| fake.hang("take base backup"));
    let mut context = world.standing().await;
    context.workload.take().expect("clients").stop().await.expect("a ledger");
    let before = tokio::time::Instant::now();
    run_steps(&mut context, &world.drill.steps, &world.cancel).await;
    assert_eq!(before.elapsed(), Duration::from_mins(10), "the deadline of the step");
    close(context, &world.cancel, None).await;
    let told = world.seen().events.into_iter().find_map(|event| match event {
        Event::StepEnded { step: 0, outcome, error } => Some((outcome, error.map(|error| error.to_string()))),
        _ => None,
    });
    assert_eq!(told, Some((Outcome::TimedOut, Some("take base backup nightly within 10 min".into()))));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_between_two_steps_starts_no_other() {
    let world = World::of(steps(), |fake, _| scripted(fake));
    world.cancel.cancel();
    let seen = world.perform().await;
    seen.assert_over("interrupted before the first step");
    assert_eq!(seen.outcomes(), [Outcome::Cancelled, Outcome::Skipped, Outcome::Skipped, Outcome::Skipped]);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_cant_be_written_fails_the_step() {
    let world = World::of(vec![lose_primary()], |fake, _| fake);
    let ledger = world.exercising().folder.join(LEDGER_FILE);
    std::os::unix::fs::symlink("/dev/full", &ledger).expect("a link");
    let mut context = world.standing().await;
    run_steps(&mut context, &world.drill.steps, &world.cancel).await;
    close(context, &world.cancel, None).await;
    std::fs::remove_file(ledger).expect("a link");
    let seen = world.seen();
    seen.assert_over("a full disk");
    let (verdict, message) = seen.finding(Subject::Step { step: 0 });
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(message.starts_with("failed: write the ledger"), "{message}");
    assert!(
        seen.events
            .iter()
            .any(|event| matches!(event, Event::EvidenceMissing { file, .. } if file == LEDGER_FILE))
    );
}

#[tokio::test(start_paused = true)]
async fn clients_that_commit_nothing_on_a_service_that_is_up_fail_the_step_early() {
    let world = World::of(vec![work(599)], |fake, _| fake);
    let mut context = world.standing().await;
    let before = tokio::time::Instant::now();
    run_steps(&mut context, &world.drill.steps, &world.cancel).await;
    assert!(before.elapsed() < Duration::from_secs(17), "{:?}", before.elapsed());
    close(context, &world.cancel, None).await;
    let seen = world.seen();
    seen.assert_over("silent clients");
    let (verdict, message) = seen.finding(Subject::Step { step: 0 });
    assert_eq!(verdict, Verdict::Inconclusive);
    // What they were told comes after it, if they had the time to be told anything: theirs is a real clock.
    let silent =
        "failed: let the clients work: no commit was acknowledged for 15 s although the service should be up";
    assert!(message.starts_with(silent), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cant_be_written_is_told_and_its_lab_is_dismantled() {
    let world = World::of(vec![work(1)], |fake, _| fake.answer("look for the server's process", 1, ""));
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
    let mut exercising = world.exercising();
    exercising.recorder = Recorder::over(full, Clock::start(), CancellationToken::new());
    let recorder = exercising.recorder.clone();
    run(exercising).await;
    assert!(recorder.health().is_err());
    assert_eq!(world.fake.transcript().last().map(String::as_str), Some("clean_up"));
    assert_eq!(world.fake.existing(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn no_step_begins_after_the_journal_broke() {
    let world = World::of(steps(), |fake, _| scripted(fake));
    let mut context = world.standing().await;
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
    context.recorder = Recorder::over(full, Clock::start(), CancellationToken::new());
    run_steps(&mut context, &world.drill.steps, &world.cancel).await;
    let calls = world.fake.transcript();
    assert_eq!(
        calls.last().map(String::as_str),
        Some("exec repository: verify base backup nightly"),
        "the first step's last call"
    );
}
