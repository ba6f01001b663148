//! What a run is doing, on standard error: live lines at a terminal, plain ones elsewhere.

use std::{collections::BTreeMap, io::IsTerminal, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::{sync::broadcast, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{judged::judged_alone, terminal};
use crate::{
    action::recorder::Recorder,
    drill::Drill,
    engine::Store,
    human,
    journal::{CheckFacts, Entry, Event, Exercise, Moment, Outcome},
    judge::{CheckJudgement, Finding, Judgement, Verdict},
    report::escape::line::visible,
};

/// Somebody who shows progress until the run is over.
pub(super) struct Shown {
    task: JoinHandle<()>,
    over: CancellationToken,
}

/// Shows what the journal tells from now on of `exercises` drills, `jobs` of them side by side. Each of their
/// checks, and each at its end, is judged by what `store` has of it.
pub(super) fn show(recorder: &Recorder, jobs: u16, exercises: usize, store: Store) -> Shown {
    let mut entries = recorder.listen();
    let over = CancellationToken::new();
    let ended = over.clone();
    let task = tokio::spawn(async move {
        let mut view = View::new(jobs, exercises);
        loop {
            let entry = tokio::select! {
                biased;
                entry = entries.recv() => entry,
                () = ended.cancelled() => break,
            };
            match entry {
                Ok(Entry { at, exercise: Some(exercise), event: Event::DrillEnded { .. } }) => {
                    let judged = so_far(store.clone(), exercise.clone()).await;
                    view.drill_ended(&exercise, at, judged.as_ref());
                }
                Ok(entry) => {
                    if let Some((exercise, step)) = view.awaits_a_verdict(&entry) {
                        // What is done next is not held up by it: this is the view's own task.
                        let judged = so_far(store.clone(), exercise.clone()).await;
                        view.checked(&exercise, step, judged.as_ref());
                    }
                    view.tell(&entry);
                }
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "progress output is behind");
                }
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
        view.end();
    });
    Shown { task, over }
}

/// The judgement of an exercise by what there is of it, made where nothing else waits for it; `None` where it
/// can't be made, which the report will tell.
async fn so_far(store: Store, exercise: Exercise) -> Option<Judgement> {
    match tokio::task::spawn_blocking(move || judged_alone(&store, &exercise)).await {
        Ok(Ok(judgement)) => judgement,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a drill can't be judged yet");
            None
        }
        Err(error) => {
            tracing::debug!(%error, "judging a drill crashed");
            None
        }
    }
}

impl Shown {
    /// Shows what is still to be shown, and stops.
    pub(super) async fn finish(self) {
        self.over.cancel();
        if let Err(error) = self.task.await {
            tracing::debug!(%error, "progress output crashed");
        }
    }
}

struct Line {
    bar: ProgressBar,
    drill: Drill,
    title: String,
    began: Moment,
    started: Moment,
    /// The checks that were told, by step and place in it, with what was told of them.
    told: BTreeMap<(usize, usize), Verdict>,
}

struct View {
    live: Option<MultiProgress>,
    lines: BTreeMap<Exercise, Line>,
    colour: bool,
    /// How many drills there are, and how many of them have begun.
    exercises: usize,
    begun: usize,
    /// Whether a line belongs to the drill whose heading was the last: a person sees that, whoever searches a
    /// log does not.
    one_at_a_time: bool,
}

impl View {
    fn new(jobs: u16, exercises: usize) -> Self {
        let live = std::io::stderr().is_terminal().then(MultiProgress::new);
        let one_at_a_time = live.is_some() && jobs == 1;
        let colour = terminal::colour_on_stderr();
        Self { live, lines: BTreeMap::new(), colour, exercises, begun: 0, one_at_a_time }
    }

    /// A line about a drill that has begun.
    fn say_of(&self, exercise: &Exercise, parts: &[(Paint, &str)]) {
        self.say(&[&[(Paint::Plain, self.whose(exercise).as_str())], parts].concat());
    }

    /// What a line about a drill begins with.
    fn whose(&self, exercise: &Exercise) -> String {
        if self.one_at_a_time { "  ".to_owned() } else { format!("{exercise}  ") }
    }

    /// A line that stays; nothing in it acts instead of being seen.
    fn say(&self, parts: &[(Paint, &str)]) {
        let line: String = parts.iter().map(|(paint, text)| self.paint(*paint, &visible(text))).collect();
        match &self.live {
            Some(live) if live.println(&line).is_ok() => {}
            _ => terminal::say(&line),
        }
    }

    fn tell(&mut self, entry: &Entry) {
        let Some(exercise) = &entry.exercise else { return };
        let plain = |text: String| self.say_of(exercise, &[(Paint::Plain, &text)]);
        match &entry.event {
            Event::Planned { drill, .. } => {
                let bar = ProgressBar::hidden();
                let line = Line {
                    bar,
                    drill: (**drill).clone(),
                    title: String::new(),
                    began: entry.at,
                    started: entry.at,
                    told: BTreeMap::new(),
                };
                self.lines.insert(exercise.clone(), line);
            }
            Event::Skipped { reason } => {
                self.say(&[(Paint::Plain, &format!("{exercise}  skipped: {reason}"))]);
            }
            Event::DrillStarted { postgres, .. } => {
                self.begin(exercise, entry.at, &format!("PostgreSQL {postgres}"));
            }
            Event::StepStarted { title, .. } => self.step(exercise, entry.at, title),
            Event::Progress { text } => self.part(exercise, text),
            Event::StepEnded { step, outcome, error } => {
                let error = error.as_ref().map(ToString::to_string);
                self.step_ended(exercise, entry.at, *step, *outcome, error.as_deref());
            }
            Event::SetUpFailed { error } => plain(format!("set-up failed: {error}")),
            Event::Kept { node, reach } => plain(format!("kept {node}: {reach}")),
            Event::RunStarted { .. }
            | Event::BaselineRecorded { .. }
            | Event::ServerStarted { .. }
            | Event::TlsProbed { .. }
            | Event::BackupTaken { .. }
            | Event::BackupVerified { .. }
            | Event::RestorePointMade { .. }
            | Event::Worked { .. }
            | Event::ClientsEnded { .. }
            | Event::FaultInjected { .. }
            | Event::FaultProbed { .. }
            | Event::FaultHealed { .. }
            | Event::Recovered { .. }
            | Event::NotRecovered { .. }
            | Event::Checked { .. }
            | Event::Evidence { .. }
            | Event::EvidenceMissing { .. }
            | Event::CleanedUp { .. }
            | Event::DrillEnded { .. }
            | Event::RunEnded { .. } => {}
        }
    }

    fn begin(&mut self, exercise: &Exercise, at: Moment, what: &str) {
        let Some(line) = self.lines.get_mut(exercise) else { return };
        line.started = at;
        self.begun += 1;
        if let Some(live) = &self.live {
            let style = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {elapsed}");
            line.bar = live.add(ProgressBar::new_spinner());
            if let Ok(style) = style {
                line.bar.set_style(style);
            }
            line.bar.set_prefix(exercise.to_string());
            line.bar.enable_steady_tick(Duration::from_millis(120));
        }
        let title = visible(&line.drill.title);
        let heading = format!("[{}/{}] {exercise}  {title} ({what})", self.begun, self.exercises);
        let heading =
            if self.live.is_some() { shortened(&heading, terminal::width().into()) } else { heading };
        self.say(&[(Paint::Plain, &heading)]);
        if self.live.is_some() {
            self.part(exercise, "building the cluster");
        }
    }

    fn step(&mut self, exercise: &Exercise, at: Moment, title: &str) {
        if let Some(line) = self.lines.get_mut(exercise) {
            title.clone_into(&mut line.title);
            line.began = at;
            // The time beside it is the step's own.
            line.bar.reset_elapsed();
            line.bar.set_message(visible(title));
        }
    }

    fn part(&self, exercise: &Exercise, text: &str) {
        if let Some(line) = self.lines.get(exercise) {
            let whole =
                if line.title.is_empty() { text.to_owned() } else { format!("{}: {text}", line.title) };
            line.bar.set_message(visible(&whole));
        }
        if self.live.is_none() {
            self.say_of(exercise, &[(Paint::Plain, &format!("  {text}"))]);
        }
    }

    /// The exercise and the step of which a check was just made, or that ends with one which was not told
    /// yet.
    fn awaits_a_verdict(&self, entry: &Entry) -> Option<(Exercise, usize)> {
        let exercise = entry.exercise.as_ref()?;
        if let Event::Checked { step, .. } = &entry.event {
            return Some((exercise.clone(), *step));
        }
        let Event::StepEnded { step, .. } = &entry.event else { return None };
        let line = self.lines.get(exercise)?;
        let checks = line.drill.steps.get(*step)?.verb.checks()?;
        let told = line.told.keys().filter(|(of, _)| of == step).count();
        (told < checks.len()).then(|| (exercise.clone(), *step))
    }

    /// What the judge finds of the checks of a step, each once. What a survey of the clients' rows has
    /// against them waits: commits that were under way then come into the ledger a moment later.
    fn checked(&mut self, exercise: &Exercise, step: usize, judged: Option<&Judgement>) {
        let checks = judged.map(|judged| judged.checks.as_slice()).unwrap_or_default();
        for (number, check) in (1..).zip(checks).filter(|(_, check)| check.step == step) {
            let place = (step, check.index);
            let is_told = self.lines.get(exercise).is_some_and(|line| line.told.contains_key(&place));
            let waits = match &check.found {
                None => true,
                Some(CheckFacts::WorkloadScan(_)) => check.verdict != Verdict::Pass,
                Some(_) => false,
            };
            if is_told || waits {
                continue;
            }
            self.check(exercise, &format!("{number}/{}", checks.len()), check);
            if let Some(line) = self.lines.get_mut(exercise) {
                line.told.insert(place, check.verdict);
            }
        }
    }

    /// How a step ended. That it was done says nothing of what its checks found, which was told before.
    fn step_ended(
        &mut self,
        exercise: &Exercise,
        at: Moment,
        step: usize,
        outcome: Outcome,
        error: Option<&str>,
    ) {
        let Some(line) = self.lines.get_mut(exercise) else { return };
        let (of, number) = (line.drill.steps.len(), step + 1);
        let took = human::duration(at.since(line.began));
        // What is done from here to the next step is not this one's.
        let title = std::mem::take(&mut line.title);
        line.bar.reset_elapsed();
        let (paint, mark, text) = match outcome {
            Outcome::Skipped => return,
            Outcome::Completed => (Paint::Plain, "·", format!("done in {took}")),
            Outcome::Interrupted => (Paint::Plain, "·", format!("interrupted by a fault after {took}")),
            Outcome::Failed => {
                let error = error.unwrap_or("no reason was given");
                (Paint::Bad, "✗", format!("failed after {took}: {error}"))
            }
            Outcome::TimedOut => (Paint::Bad, "✗", format!("timed out after {took}")),
            Outcome::Cancelled => (Paint::Bad, "✗", format!("interrupted after {took}")),
        };
        let text = format!(" {number}/{of} {title}: {text}");
        self.say_of(exercise, &[(paint, mark), (Paint::Plain, &text)]);
    }

    /// What the judge found, once a drill is over: each check that was not told so, and the verdict with what
    /// is not good.
    fn drill_ended(&self, exercise: &Exercise, at: Moment, judged: Option<&Judgement>) {
        let Some(line) = self.lines.get(exercise) else { return };
        line.bar.finish_and_clear();
        let took = format!("finished in {}", human::duration(at.since(line.started)));
        let Some((judged, verdict)) = judged.and_then(|judged| Some((judged, judged.verdict?))) else {
            return self.say_of(exercise, &[(Paint::Plain, &took)]);
        };
        for (number, check) in (1..).zip(&judged.checks) {
            if line.told.get(&(check.step, check.index)) != Some(&check.verdict) {
                self.check(exercise, &format!("{number}/{}", judged.checks.len()), check);
            }
        }
        let causes = judged.findings.iter().filter(|finding| is_cause(finding));
        let causes: Vec<_> = causes.map(|finding| finding.name.as_str()).collect();
        let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) };
        let took = format!("{took}: ");
        self.say_of(exercise, &[(Paint::Plain, &took), of_verdict(verdict), (Paint::Plain, &causes)]);
    }

    fn check(&self, exercise: &Exercise, number: &str, check: &CheckJudgement) {
        let name = format!("check {number} {}: ", check.check.describe());
        let verdict = of_verdict(check.verdict);
        let message = format!(", {}", check.message);
        let message = match check.verdict {
            // What is as it has to be takes one line, like a step.
            Verdict::Pass if self.live.is_some() => {
                let taken = self.whose(exercise).chars().count() + name.chars().count() + verdict.1.len();
                shortened(&message, usize::from(terminal::width()).saturating_sub(taken))
            }
            Verdict::Pass | Verdict::Inconclusive | Verdict::Fail => message,
        };
        self.say_of(exercise, &[(Paint::Plain, &name), verdict, (Paint::Plain, &message)]);
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        match paint.code().filter(|_| self.colour) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }

    fn end(&self) {
        for line in self.lines.values() {
            line.bar.finish_and_clear();
        }
        if self.live.is_some() {
            // The summary follows.
            self.say(&[(Paint::Plain, " ")]);
        }
    }
}

/// How a part of a line looks where there is colour.
#[derive(Clone, Copy)]
enum Paint {
    Plain,
    Good,
    Unclear,
    Bad,
}

impl Paint {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("32"),
            Self::Unclear => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

/// The word of a verdict.
const fn of_verdict(verdict: Verdict) -> (Paint, &'static str) {
    match verdict {
        Verdict::Pass => (Paint::Good, "PASS"),
        Verdict::Inconclusive => (Paint::Unclear, "INCONCLUSIVE"),
        Verdict::Fail => (Paint::Bad, "FAIL"),
    }
}

/// Whether a finding is not good in itself.
fn is_cause(finding: &Finding) -> bool {
    finding.verdict != Verdict::Pass && !finding.follows
}

/// A text in at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}
