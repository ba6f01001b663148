//! Set-up, disturbed at each of its calls in turn.

use super::*;

/// A prepared cluster is there, and its server ends before it answers: that is how far set-up comes on a
/// script.
fn copied(fake: Fake) -> Fake {
    fake.answer("look for the server's process", 1, "").answer("read the log of", 0, "no server")
}

/// The same, with the cluster still to be prepared.
fn filled(fake: Fake) -> Fake {
    copied(fake.answer("copy the prepared cluster", 9, ""))
}

#[tokio::test(start_paused = true)]
async fn the_transcript_of_a_set_up_whose_server_ends() {
    let seen = World::of(vec![work(1)], |fake, _| copied(fake)).run().await;
    seen.assert_over("undisturbed");
    let expected = [
        "create repository",
        "exec repository: make the archive",
        "create primary",
        "exec primary: copy the prepared cluster",
        "address of primary",
        "exec primary: start the server on primary",
        "address of primary",
        "exec primary: look for the server's process",
        "exec primary: read the log of primary",
        "exec repository: list the servers' logs",
        "exec primary: fetch primary.pg_controldata",
        "exec primary: fetch primary.backup_label",
        "exec primary: fetch primary.history",
        "clean_up",
    ];
    assert_eq!(seen.transcript, expected);
    let (verdict, message) = seen.finding(Subject::Baseline);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(
        message,
        "the cluster could not be built: start the server on primary: the server on primary died; its log \
         says: no server"
    );
}

/// How many calls an undisturbed run has before it is cleaned_up.
async fn calls(script: fn(Fake) -> Fake) -> usize {
    let seen = World::of(vec![work(1)], |fake, _| script(fake)).run().await;
    seen.assert_over("undisturbed");
    seen.transcript.len() - 1
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_any_call_ends_in_an_empty_lab_and_never_passes() {
    for script in [copied, filled] {
        for nth in 0..calls(script).await {
            let seen = World::of(vec![work(1)], |fake, _| script(fake).fail_at(nth)).run().await;
            seen.assert_over(&format!("failure at call {nth}, {:?}", seen.transcript.get(nth)));
            assert_eq!(seen.outcomes(), [Outcome::Skipped], "call {nth}");
        }
    }
}

#[tokio::test(start_paused = true)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
async fn a_crash_at_any_call_is_told_and_ends_in_an_empty_lab() {
    for nth in 0..calls(copied).await {
        let seen = World::of(vec![work(1)], |fake, _| copied(fake).crash_at(nth)).run().await;
        seen.assert_over(&format!("crash at call {nth}, {:?}", seen.transcript.get(nth)));
        let told = seen.events.iter().any(|event| match event {
            Event::SetUpFailed { error } | Event::EvidenceMissing { error, .. } => {
                error.to_string().contains("a bug in lifeboat")
            }
            _ => false,
        });
        assert!(told, "crash at call {nth}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_at_a_deadline_wherever_it_is() {
    let started = std::time::Instant::now();
    for nth in 0..calls(filled).await {
        let seen = World::of(vec![work(1)], |fake, _| filled(fake).hang_at(nth)).run().await;
        seen.assert_over(&format!("hang at call {nth}, {:?}", seen.transcript.get(nth)));
    }
    // The deadlines are hours; the bound is for a machine that is busy with other things.
    assert!(started.elapsed() < Duration::from_mins(2), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_at_any_call_ends_in_an_empty_lab() {
    for nth in 0..calls(filled).await {
        let seen = World::of(vec![work(1)], |fake, cancel| filled(fake).cancel_at(nth, cancel)).run().await;
        seen.assert_over(&format!("interrupt at call {nth}, {:?}", seen.transcript.get(nth)));
        assert!(seen.interrupted(), "interrupt at call {nth}");
    }
}
