//! What a run is doing, on standard error: live lines at a terminal, plain ones elsewhere.

use std::{collections::BTreeMap, io::IsTerminal, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::{sync::broadcast, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::terminal;
use crate::{
    action::recorder::Recorder,
    drill::Drill,
    human,
    journal::{Entry, Event, Exercise, Moment, Outcome},
    report::escape::line::visible,
};

/// Somebody who shows progress until the run is over.
pub(super) struct Shown {
    task: JoinHandle<()>,
    over: CancellationToken,
}

/// Shows what the journal tells from now on, of so many drills jobs.
pub(super) fn show(recorder: &Recorder, jobs: u16) -> Shown {
    let mut entries = recorder.listen();
    let over = CancellationToken::new();
    let ended = over.clone();
    let task = tokio::spawn(async move {
        let mut view = View::new(jobs);
        loop {
            let entry = tokio::select! {
                biased;
                entry = entries.recv() => entry,
                () = ended.cancelled() => break,
            };
            match entry {
                Ok(entry) => view.tell(&entry),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "progress output is behind")
                }
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
        view.end();
    });
    Shown { task, over }
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
}

struct View {
    live: Option<MultiProgress>,
    lines: BTreeMap<Exercise, Line>,
    colour: bool,
    /// Whether a line belongs to the drill whose heading was the last: a person sees that, whoever searches a log does not.
    one_at_a_time: bool,
}

impl View {
    fn new(jobs: u16) -> Self {
        let live = std::io::stderr().is_terminal().then(MultiProgress::new);
        let one_at_a_time = live.is_some() && jobs == 1;
        Self { live, lines: BTreeMap::new(), colour: terminal::colour_on_stderr(), one_at_a_time }
    }

    /// A line about a drill that has begun.
    fn say_of(&self, exercise: &Exercise, text: &str) {
        self.say(&if self.one_at_a_time { format!("  {text}") } else { format!("{exercise}  {text}") });
    }

    /// A line that stays.
    fn say(&self, text: &str) {
        let text = visible_but_colour(text);
        match &self.live {
            Some(live) if live.println(&text).is_ok() => {}
            _ => terminal::say(&text),
        }
    }

    fn tell(&mut self, entry: &Entry) {
        let Some(exercise) = &entry.exercise else { return };
        match &entry.event {
            Event::Planned { drill, .. } => {
                let bar = ProgressBar::hidden();
                let line = Line {
                    bar,
                    drill: (**drill).clone(),
                    title: String::new(),
                    began: entry.at,
                    started: entry.at,
                };
                self.lines.insert(exercise.clone(), line);
            }
            Event::Skipped { reason } => self.say(&format!("{exercise}  skipped: {reason}")),
            Event::DrillStarted { postgres, .. } => {
                self.begin(exercise, entry.at, &format!("PostgreSQL {postgres}"))
            }
            Event::StepStarted { title, .. } => self.step(exercise, entry.at, title),
            Event::Progress { text } => self.part(exercise, text),
            Event::StepEnded { step, outcome, error } => {
                let error = error.as_ref().map(ToString::to_string);
                self.step_ended(exercise, entry.at, *step, *outcome, error.as_deref());
            }
            Event::SetUpFailed { error } => self.say_of(exercise, &format!("set-up failed: {error}")),
            Event::Kept { node, reach } => self.say_of(exercise, &format!("kept {node}: {reach}")),
            Event::DrillEnded { .. } => self.drill_ended(exercise, entry.at),
            _ => {}
        }
    }

    fn begin(&mut self, exercise: &Exercise, at: Moment, what: &str) {
        let Some(line) = self.lines.get_mut(exercise) else { return };
        line.started = at;
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
        let heading = format!("{exercise}  {title} ({what})");
        self.say(&if self.live.is_some() { shortened(&heading, terminal::width().into()) } else { heading });
        if self.live.is_some() {
            self.part(exercise, "building the cluster");
        }
    }

    fn step(&mut self, exercise: &Exercise, at: Moment, title: &str) {
        if let Some(line) = self.lines.get_mut(exercise) {
            title.clone_into(&mut line.title);
            line.began = at;
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
            self.say_of(exercise, &format!("  {text}"));
        }
    }

    fn step_ended(
        &self,
        exercise: &Exercise,
        at: Moment,
        step: usize,
        outcome: Outcome,
        error: Option<&str>,
    ) {
        let Some(line) = self.lines.get(exercise) else { return };
        let (of, number) = (line.drill.steps.len(), step + 1);
        let took = human::duration(at.since(line.began));
        let text = match outcome {
            Outcome::Completed => format!("{} ({took})", line.title),
            Outcome::Skipped => return,
            Outcome::Failed => {
                format!("{}: failed after {took}: {}", line.title, error.unwrap_or("no reason was given"))
            }
            Outcome::TimedOut => format!("{}: timed out after {took}", line.title),
            Outcome::Cancelled => format!("{}: interrupted after {took}", line.title),
        };
        let mark = match outcome {
            Outcome::Completed => self.paint("32", "✓"),
            _ => self.paint("31", "✗"),
        };
        self.say_of(exercise, &format!("{mark} {number}/{of} {text}"));
    }

    fn drill_ended(&self, exercise: &Exercise, at: Moment) {
        let Some(line) = self.lines.get(exercise) else { return };
        line.bar.finish_and_clear();
        self.say_of(exercise, &format!("over after {}", human::duration(at.since(line.started))));
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn end(&self) {
        for line in self.lines.values() {
            line.bar.finish_and_clear();
        }
        if self.live.is_some() {
            // The summary follows.
            self.say(" ");
        }
    }
}

/// A text in at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A line without control characters but the colours that this module has put there itself.
fn visible_but_colour(text: &str) -> String {
    const COLOURS: [&str; 3] = ["\u{1b}[32m", "\u{1b}[31m", "\u{1b}[0m"];
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some(at) = rest.find('\u{1b}') {
        let (before, after) = rest.split_at(at);
        clean += &visible(before);
        let colour = COLOURS.iter().find(|colour| after.starts_with(**colour));
        clean += colour.copied().unwrap_or("");
        rest = after.get(colour.map_or(1, |colour| colour.len())..).unwrap_or_default();
    }
    clean + &visible(rest)
}
