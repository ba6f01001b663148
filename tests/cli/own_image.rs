//! A drill whose servers run in an image of the user's own, with an extension from Debian's packages.

use crate::{
    support::{
        Harness,
        docker::{docker, wanted},
        running::Running,
        text,
    },
    users::{changed, example},
};
use std::time::Duration;

/// What ci/test builds, beside the compilation, by `ci/image/derive lifeboat-postgis:15 fixtures/user`.
const IMAGE: &str = "lifeboat-postgis:15";

/// Two drills on containers, and their dataset loaded once.
const WITHIN: Duration = Duration::from_mins(5);

#[test]
fn a_users_database_in_an_image_with_postgis_survives_by_wal_and_by_a_dump() {
    if !wanted() {
        return;
    }
    let digest = docker(&["image", "inspect", "-f", "{{.Id}}", IMAGE]);
    let user = Harness::on("docker");
    let drills = [example("postgis-pitr.toml"), example("postgis-dump.toml")];
    let told = Running::start(&mut user.command(&["run", &drills[0], &drills[1]])).wait(WITHIN);
    told.exits(0).prints("postgis-pitr@15").prints("postgis-dump@15");
    let report = user.json();
    assert_eq!(report["drills"].as_array().map(Vec::len), Some(2));
    for exercise in report["drills"].as_array().expect("drills") {
        let software = &exercise["provenance"];
        assert_eq!(software["image"], IMAGE, "{software}");
        assert_eq!(software["image_digest"], digest.as_str(), "{software}");
    }
    // One place of a chart is moved after the restore: on the same image, from the same backup.
    let moved = r#"
[[steps]]
sql = { statements = """
  update "Piers & Co".chart set outline = ST_Translate(outline, 0, 0.00001) where berth = 7""" }

[[steps]]
check ="#;
    let drill = changed(&user, "postgis-pitr.toml", "[[steps]]\ncheck =", moved);
    let told = Running::start(&mut user.command(&["run", text(&drill)])).wait(WITHIN);
    told.exits(1).prints("Piers & Co.chart");
    let output = user.report("changed@15/evidence/step-05-sql.txt");
    assert!(output.ends_with("UPDATE 1\n"), "{output}");
    user.assert_nothing_is_left();
}
