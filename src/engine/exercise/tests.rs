//! The loop over steps on a runtime of a script: whatever happens to a call, the lab is cleaned_up and
//! nothing passes.
//!
//! No PostgreSQL is behind the script, so set-up ends at the first server that is to answer; steps that need
//! none are driven on a context that stands as far as it can.

mod closing;
mod deadlines;
mod set_up;
mod steps;

use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::journal::Ledger;
use crate::{
    action::workload::ServiceHost,
    drill::RuntimeKind,
    engine::Store,
    journal::{DrillFile, Entry, Exercise, Provenance},
    judge::{Judgement, Subject, Verdict, judge_run},
    lab::{Provision, clock::Clock, fake::Fake, node::Secrets, repository, session::Credentials},
    pg::Major,
    syntax,
};

/// The cluster of every drill here; each test has steps of its own.
const CLUSTER: &str = r#"
title = "A drill of a script"
[archive]
method = "command"
[[nodes]]
name = "primary"
[[nodes]]
name = "standby"
role = "standby"
[workload]
writers = 1
"#;

/// A step that needs no server: the clients try to commit for so long.
fn work(seconds: u64) -> String {
    format!("work = \"{seconds}s\"")
}

/// A run of one exercise on a runtime of a script.
struct World {
    folder: TempDir,
    store: Store,
    recorder: Recorder,
    drill: Arc<Drill>,
    exercise: Exercise,
    fake: Arc<Fake>,
    cancel: CancellationToken,
}

/// What was seen of it.
struct Seen {
    transcript: Vec<String>,
    existing: Vec<String>,
    events: Vec<Event>,
    judgement: Judgement,
}

impl World {
    /// A drill of these steps, with the script of the runtime.
    fn of(verbs: Vec<String>, script: impl FnOnce(Fake, &CancellationToken) -> Fake) -> Self {
        let name = "fake/drill".parse().expect("a name");
        let step = |verb: String| format!("[[steps]]\n{verb}\ndeadline = \"10m\"\n");
        let text = format!("{CLUSTER}{}", verbs.into_iter().map(step).collect::<String>());
        let file = DrillFile { path: "drill.toml".into(), text };
        let drill = syntax::recorded(&name, &file.path, &file.text)
            .unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"));
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path(), "run").expect("a folder");
        let recorder =
            Recorder::create(&store.journal(), Clock::start(), CancellationToken::new()).expect("a journal");
        recorder.record(Event::RunStarted {
            run: "run".into(),
            lifeboat: "0.1.0".into(),
            started: Timestamp::UNIX_EPOCH,
            runtime: RuntimeKind::Fake,
            jobs: 1,
            machine: BTreeMap::new(),
            provenance: Provenance::default(),
        });
        let exercise = Exercise { drill: name, postgres: Major(17) };
        let recorder = recorder.for_exercise(exercise.clone());
        recorder.record(Event::Planned { drill: Box::new(drill.clone()), file });
        let cancel = CancellationToken::new();
        let fake = Arc::new(script(Fake::default(), &cancel));
        Self { folder, store, recorder, drill: Arc::new(drill), exercise, fake, cancel }
    }

    fn exercising(&self) -> Exercising {
        let credentials =
            |role: &str| Credentials { role: role.into(), password: "secret".into(), authority: None };
        Exercising {
            drill: Arc::clone(&self.drill),
            runtime: Arc::clone(&self.fake) as Arc<dyn Runtime>,
            recorder: self.recorder.clone(),
            secrets: Secrets { superuser: credentials("postgres"), application: credentials("lifeboat_app") },
            folder: self.store.exercise(&self.exercise).expect("a folder"),
            cache: self.folder.path().to_path_buf(),
            cancel: self.cancel.clone(),
            keep: None,
        }
    }

    /// The exercise from its beginning to its end.
    async fn run(self) -> Seen {
        let kept = run(self.exercising()).await;
        assert!(!kept, "nobody asked to keep it");
        self.seen()
    }

    /// A context with all nodes and with clients, who find nobody to commit to.
    async fn standing(&self) -> DrillContext {
        let mut context = begin(self.exercising());
        let names = self.drill.nodes().iter().map(|node| node.name.clone());
        for name in [repository()].into_iter().chain(names) {
            context.create(&name, Provision::Empty).await.expect("a node");
        }
        let hosts = vec![ServiceHost::of(&context.repository()).await.expect("an address")];
        context.start_clients(hosts).expect("a ledger");
        context
    }

    /// The steps and the end of the exercise, on a context that stands.
    async fn perform(self) -> Seen {
        let mut context = self.standing().await;
        run_steps(&mut context, &self.drill.steps, &self.cancel).await;
        close(context, &self.cancel, None).await;
        self.seen()
    }

    fn seen(self) -> Seen {
        self.recorder.health().expect("a whole journal");
        let journal = self.store.read().expect("a journal");
        let ledger = |exercise: &Exercise| {
            let read = self.store.ledger(exercise).expect("a ledger");
            read.map(|ledger| Box::new(ledger) as Box<dyn Ledger>)
        };
        let judged = judge_run(&journal.entries, &self.store.integrity(&journal), &ledger);
        let judged = judged.expect("a journal that can be judged");
        let entries = self.store.read().expect("a journal").entries;
        Seen {
            transcript: self.fake.transcript(),
            existing: self.fake.existing(),
            events: entries.into_iter().map(|Entry { event, .. }| event).collect(),
            judgement: judged.exercises.into_iter().next().expect("an exercise"),
        }
    }
}

impl Seen {
    /// Whatever happened: the last call was to clean_up, nothing exists, and nobody says that the promise was
    /// kept.
    #[track_caller]
    fn assert_over(&self, case: &str) {
        assert_eq!(
            self.transcript.iter().filter(|call| *call == "clean_up").count(),
            1,
            "{case}: {:#?}",
            self.transcript
        );
        assert_eq!(
            self.transcript.last().map(String::as_str),
            Some("clean_up"),
            "{case}: {:#?}",
            self.transcript
        );
        assert_eq!(self.existing, Vec::<String>::new(), "{case}");
        assert_eq!(self.judgement.verdict, Some(Verdict::Inconclusive), "{case}");
        let last = self.events.iter().rev().take(2).collect::<Vec<_>>();
        assert!(
            matches!(last.as_slice(), [Event::DrillEnded { .. }, Event::CleanedUp { .. }]),
            "{case}: {last:?}"
        );
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn outcomes(&self) -> Vec<Outcome> {
        let ended = self.events.iter().filter_map(|event| match event {
            Event::StepEnded { outcome, .. } => Some(*outcome),
            _ => None,
        });
        ended.collect()
    }

    fn interrupted(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::DrillEnded { interrupted: true }))
    }

    /// The verdict and the message of the finding about this.
    #[allow(clippy::needless_pass_by_value, reason = "a subject is written where it is asked for")]
    fn finding(&self, subject: Subject) -> (Verdict, &str) {
        let finding =
            self.judgement.findings.iter().find(|finding| finding.subject == subject).expect("a finding");
        (finding.verdict, &finding.message)
    }
}
