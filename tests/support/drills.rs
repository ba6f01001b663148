//! Drills that take seconds: an empty dataset, little work.

/// A crash of the server and its restart.
#[must_use]
pub(crate) fn crash() -> Draft {
    Draft::of(&[
        "work = \"500ms\"",
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"check = ["ledger"]"#,
    ])
}

/// A loss of the server and its recovery from a base backup and archived WAL.
#[must_use]
pub(crate) fn pitr() -> Draft {
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        "work = \"1s\"",
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly", target = "latest" }"#,
        r#"check = ["ledger"]"#,
    ];
    Draft { archive: true, rpo: "1m", ..Draft::of(&steps) }
}

/// A drill file in the making.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    title: String,
    rto: &'static str,
    /// The promise about loss; none where it is empty.
    rpo: &'static str,
    /// The worst case that is accepted above it; none where it is empty.
    at_worst: &'static str,
    archive: bool,
    /// The section of the dataset; nothing where it is empty.
    dataset: &'static str,
    /// The keys of a standby, where there is one.
    standby: Option<&'static str>,
    steps: Vec<String>,
}

impl Draft {
    /// A drill with these steps.
    #[must_use]
    pub(crate) fn of(steps: &[&str]) -> Self {
        let steps = steps.iter().map(|step| (*step).to_owned()).collect();
        Self {
            title: "A drill of the tests".to_owned(),
            rto: "1m",
            rpo: "0s",
            at_worst: "",
            archive: false,
            dataset: "",
            standby: None,
            steps,
        }
    }

    /// With another title.
    #[must_use]
    pub(crate) fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// With another promise of time.
    #[must_use]
    pub(crate) fn rto(mut self, rto: &'static str) -> Self {
        self.rto = rto;
        self
    }

    /// With the shop.
    #[must_use]
    pub(crate) fn shop(mut self) -> Self {
        self.dataset = "[dataset]\nfixture = \"shop\"\n";
        self
    }

    /// Without a promise about loss, which only a `ledger` check can measure.
    #[must_use]
    pub(crate) fn rpo_unmeasured(mut self) -> Self {
        self.rpo = "";
        self
    }

    /// With a worst case that is accepted above the promise about loss.
    #[must_use]
    pub(crate) fn at_worst(mut self, accepted: &'static str) -> Self {
        self.at_worst = accepted;
        self
    }

    /// With a standby.
    #[must_use]
    pub(crate) fn standby(mut self) -> Self {
        self.standby = Some("");
        self
    }

    /// With a standby for which the primary waits.
    #[must_use]
    pub(crate) fn synchronous_standby(mut self) -> Self {
        self.standby = Some("synchronous = true\n");
        self
    }

    /// With other steps.
    #[must_use]
    pub(crate) fn steps(mut self, steps: &[&str]) -> Self {
        self.steps = steps.iter().map(|step| (*step).to_owned()).collect();
        self
    }

    /// With another step in the place of one, counted from 1.
    #[must_use]
    pub(crate) fn step(mut self, number: usize, step: &str) -> Self {
        step.clone_into(&mut self.steps[number - 1]);
        self
    }

    /// The file.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let archive = if self.archive {
            "[postgres]\nsettings = { archive_timeout = \"1s\" }\n[archive]\nmethod = \"command\"\n"
        } else {
            ""
        };
        let standby = self
            .standby
            .map(|keys| format!("[[nodes]]\nname = \"standby\"\nrole = \"standby\"\n{keys}"))
            .unwrap_or_default();
        let key = |name: &str, value: &str| match value {
            "" => String::new(),
            value => format!("{name} = \"{value}\"\n"),
        };
        let rpo = key("rpo", self.rpo) + &key("rpo-at-worst", self.at_worst);
        let steps: String = self.steps.iter().map(|step| format!("[[steps]]\n{step}\n")).collect();
        format!(
            "title = \"{}\"\ntags = [\"test\"]\n[objectives]\nrto = \"{}\"\n{rpo}{archive}[[nodes]]\nname = \
             \"primary\"\n{standby}{}\
             [workload]\nwriters = 2\nrate = \"100/s\"\n{steps}",
            self.title, self.rto, self.dataset
        )
    }
}
