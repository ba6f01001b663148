//! Whether a server lives, and what its end is told as.

use std::time::Duration;

use tokio::time::Instant;

use super::Node;
use crate::{
    journal::ErrorChain,
    lab::{Command, LabError, command::words, session::Session},
};

/// How often a server that is relied on is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// How long a signal 0 to a process may take on a machine that is busy: whoever waits for a server looks at
/// its process meanwhile, and must not wait for the look instead.
pub(super) const A_LOOK: Duration = Duration::from_mins(1);

/// How long a server that has closed a session may take to end: its log is written by then, its process gone
/// a little later.
const ENDING: Duration = Duration::from_secs(3);

impl Node {
    /// Asks the server one thing, for at most `within` to connect and as much to answer.
    ///
    /// # Errors
    /// Returns an error if it does not answer.
    pub async fn answers(&self, within: Duration) -> Result<(), LabError> {
        let what = || format!("get an answer of {}", self.name);
        let address = self.address().await?;
        let options = self.own_options();
        let session = Session::connect_with(&options, &address, &self.secrets.superuser, "postgres", within)
            .await
            .map_err(LabError::sql(what()))?;
        session.run("select 1").await.map_err(LabError::sql(what()))
    }

    /// Does something that needs the server to live.
    ///
    /// # Errors
    /// Returns an error if it can't be done; where the server dies first, its death and what its log says of
    /// it.
    pub async fn while_alive<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, LabError>>,
    ) -> Result<T, LabError> {
        let done = tokio::select! {
            done = work => done,
            death = self.death(what) => return Err(death),
        };
        match done {
            Ok(done) => Ok(done),
            Err(error) => Err(self.blame(error).await),
        }
    }

    /// The death of the server, where that is what an error comes from; else the error.
    pub async fn blame(&self, error: LabError) -> LabError {
        let patience = if error.is_disconnect() { ENDING } else { Duration::ZERO };
        let deadline = Instant::now() + patience;
        loop {
            if let Some(death) = self.died(&error.to_string()).await {
                return death;
            }
            if Instant::now() >= deadline {
                return error;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends when the server has died, with what its log says.
    pub(super) async fn death(&self, what: &str) -> LabError {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(death) = self.died(what).await {
                return death;
            }
        }
    }

    /// The death of the server, or of the node that it is in; `None` while its process is there.
    async fn died(&self, what: &str) -> Option<LabError> {
        let run = self.paths().run;
        // A dead process that nobody has collected can still be signalled.
        let script = format!("p=$(cat {run}/pid); kill -0 $p; ! grep -qs '^State:.*Z' /proc/$p/status");
        let alive = Command::shell("look for the server's process", script).deadline(A_LOOK);
        let unreached = match self.exec(alive).await {
            Ok(output) if output.code == 0 => return None,
            Ok(_) => None,
            Err(error) => Some(ErrorChain::of(&error)),
        };
        let whole = self.log_tail(50).await.unwrap_or_else(|error| error.to_string());
        let log = words::digest(&whole);
        let told = |how: &str| format!("the server on {} {how}; its log says: {log}", self.name);
        Some(match unreached {
            None => LabError::Died { what: what.to_owned(), why: told("died"), whole },
            Some(error) => LabError::state(what, told(&format!("is out of reach ({error})"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lab::{
        Provision, Runtime, TimeLeft, fake::Fake, node::Secrets, repository, session::Credentials,
    };

    async fn node(fake: Fake) -> (Node, Arc<Fake>) {
        let fake = Arc::new(fake);
        let credentials =
            |role: &str| Credentials { role: role.into(), password: "secret".into(), authority: None };
        let secrets =
            Secrets { superuser: credentials("postgres"), application: credentials("lifeboat_app") };
        let name = "primary".parse().expect("a name");
        fake.create(&repository(), Provision::Empty).await.expect("a node");
        fake.create(&name, Provision::Empty).await.expect("a node");
        (Node::new(Arc::clone(&fake) as Arc<dyn Runtime>, name, secrets, TimeLeft::default()), fake)
    }

    fn dead() -> Fake {
        Fake::default().answer("look for the server's process", 1, "").answer(
            "read the log of primary",
            0,
            "PANIC:  out of luck",
        )
    }

    const DIED: &str = "see it: the server on primary died; its log says: PANIC:  out of luck";

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_the_death_of_the_server_it_waits_for() {
        let (node, _) = node(dead()).await;
        let waited: Result<(), _> = node.while_alive("see it", std::future::pending()).await;
        assert_eq!(waited.expect_err("a death").to_string(), DIED);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_is_the_servers_death_where_it_died_and_itself_where_it_lives() {
        let failed = || async { Err::<(), _>(LabError::state("see it", "nobody there")) };
        let (corpse, _) = node(dead()).await;
        assert_eq!(
            corpse.while_alive("wait", failed()).await.expect_err("a death").to_string(),
            DIED.replace("see it", "see it: nobody there")
        );
        let (living, _) = node(Fake::default()).await;
        assert_eq!(
            living.while_alive("wait", failed()).await.expect_err("an error").to_string(),
            "see it: nobody there"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_log_of_a_server_whose_node_was_killed_is_read_elsewhere() {
        let (node, fake) =
            node(Fake::default().answer("exec repository: read the log of primary", 0, "its last words"))
                .await;
        fake.kill(node.name()).await.expect("a node that lives");
        let error = node.blame(LabError::state("see it", "nobody there")).await.to_string();
        assert!(
            error.contains("the server on primary is out of reach (")
                && error.ends_with("its log says: its last words"),
            "{error}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_does_not_answer_is_told_so() {
        let (node, _) = node(Fake::default()).await;
        assert_eq!(
            node.answers(Duration::from_secs(5)).await.expect_err("nobody").to_string(),
            "get an answer of primary"
        );
    }
}
