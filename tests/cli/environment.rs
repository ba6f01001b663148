//! What the user's own PostgreSQL is set to is none of the drill's business.

use crate::support::{Harness, RUN_WITHIN, drills, running::Running, text};

#[test]
fn variables_for_another_server_change_nothing() {
    let user = Harness::from_scratch();
    let drill = user.drill("pitr", &drills::pitr().text());
    let mut command = user.command(&["run", text(&drill)]);
    let hostile = [
        ("PGHOST", "production.example"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGDATABASE", "nowhere"),
        ("PGPASSWORD", "wrong"),
        ("PGPASSFILE", "/nonexistent/pgpass"),
        ("PGOPTIONS", "-c statement_timeout=1 -c default_transaction_read_only=on"),
        ("PGSERVICE", "production"),
        ("PGSERVICEFILE", "/nonexistent/service"),
        ("PGSSLMODE", "verify-full"),
        ("PGDATA", "/nonexistent/data"),
        ("PGTZ", "Asia/Kathmandu"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGDATESTYLE", "German"),
        ("TZ", "Asia/Kathmandu"),
        ("LC_ALL", "de_DE.UTF-8"),
        ("LANG", "tr_TR.UTF-8"),
    ];
    Running::start(command.envs(hostile)).wait(RUN_WITHIN).exits(0);
    let ledger = std::fs::read_dir(user.latest())
        .unwrap()
        .flatten()
        .find(|entry| entry.path().is_dir())
        .unwrap()
        .path();
    let log = std::fs::read_to_string(ledger.join("evidence/primary.log")).unwrap();
    assert!(log.contains("database system is ready to accept connections") && log.contains(" UTC "), "{log}");
    user.assert_nothing_is_left();
}
