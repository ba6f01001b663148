//! The end of an exercise: what can't be removed is told, and nothing holds the runner for ever.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_cant_be_removed_is_in_the_judgement() {
    let seen = World::of(vec![work(1)], |fake, _| fake.stick("data of standby")).perform().await;
    assert_eq!(seen.existing, ["data of standby"]);
    assert_eq!(seen.judgement.left, ["data of standby: it sticks"]);
}

#[tokio::test(start_paused = true)]
async fn a_dismantling_that_hangs_ends_at_its_bound_and_is_told() {
    let seen = World::of(vec![work(1)], |fake, _| fake.hang("clean_up")).perform().await;
    assert_eq!(seen.judgement.left, ["the lab: not done within 4 min"]);
}

#[tokio::test(start_paused = true)]
async fn a_dismantling_that_crashes_is_told() {
    let calls = World::of(vec![work(1)], |fake, _| fake).perform().await.transcript.len();
    let seen = World::of(vec![work(1)], |fake, _| fake.crash_at(calls - 1)).perform().await;
    assert_eq!(seen.judgement.left, ["the lab: a bug in lifeboat: clean_up: the script says so"]);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_nobody_can_judge_is_kept() {
    let world = World::of(vec![work(1)], |fake, _| fake);
    let context = world.standing().await;
    assert!(close(context, &world.cancel, Some(Arc::new(|| panic!("a judge that crashes")))).await);
    assert!(world.seen().judgement.kept);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_kept_is_not_dismantled_and_is_said_to_be_kept() {
    let world = World::of(vec![work(1)], |fake, _| fake);
    let context = world.standing().await;
    assert!(close(context, &world.cancel, Some(Arc::new(|| true))).await);
    let seen = world.seen();
    assert!(seen.judgement.kept && !seen.transcript.contains(&"clean_up".to_owned()));
}
