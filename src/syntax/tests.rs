//! Files in, snapshots out.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::pg::Major;

/// What people get for a text: the drill as JSON, or the diagnostics as plain text.
fn check(text: &str) -> Result<String, String> {
    let name = "some/drill".parse().expect("a name");
    match parse(&name, "drill.toml", text) {
        Ok(drill) => Ok(serde_json::to_string_pretty(&drill).expect("a drill can be written")),
        Err(diagnostics) => Err(diagnostics.plain()),
    }
}

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                files.push((entry.clone(), std::fs::read_to_string(&entry).expect("text")));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a file").to_string_lossy().into_owned()
}

#[test]
fn every_shipped_drill_parses_under_its_own_name() {
    for (path, text) in files("drills") {
        let name = name_of(&path).unwrap_or_else(|no| panic!("{no}"));
        let drill =
            parse(&name, &path.to_string_lossy(), &text).unwrap_or_else(|no| panic!("{}", no.plain()));
        assert_eq!(drill.name, name);
        let again: Drill = serde_json::from_str(&serde_json::to_string(&drill).expect("JSON"))
            .expect("a drill survives JSON");
        assert_eq!(again, drill);
    }
}

#[test]
fn a_heal_as_earlier_versions_wrote_it_is_refused_and_read_again_from_a_journal() {
    let name = "x".parse().expect("a name");
    let text = |heal: &str| {
        format!(
            "title = \"x\"\n[objectives]\nrto = \"1h\"\n[[nodes]]\nname = \"primary\"\n\
             [[steps]]\nfault = {{ freeze = \"primary\" }}\n[[steps]]\nheal = {heal}\n\
             [[steps]]\nfault = {{ kill-postmaster = \"primary\" }}\n[[steps]]\nrecover = {{ restart = \
             \"primary\" }}\n\
             [[steps]]\ncheck = [\"ledger\"]\n"
        )
    };
    let now = parse(&name, "x.toml", &text("{ freeze = \"primary\" }"))
        .unwrap_or_else(|no| panic!("{}", no.plain()));
    let then = text("\"primary\"");
    let refused = parse(&name, "x.toml", &then).expect_err("an old form").plain();
    assert!(refused.contains("write `heal = { freeze = \"primary\" }`"), "{refused}");
    assert_eq!(recorded(&name, "x.toml", &then).unwrap_or_else(|no| panic!("{}", no.plain())), now);
}

#[test]
fn good_files_become_drills() {
    for (path, text) in files("fixtures/drills/good") {
        let drill = check(&text).unwrap_or_else(|no| panic!("{}\n{no}", path.display()));
        insta::assert_snapshot!(format!("good-{}", stem(&path)), drill);
    }
}

#[test]
fn what_a_version_lacks_is_known_of_a_drill_that_names_none() {
    const SMALLEST: &str = include_str!("../../fixtures/drills/good/smallest.toml");
    let lacking = |extra: &str| {
        let drill =
            parse(&"x".parse().expect("a name"), "x.toml", &format!("{SMALLEST}\n{extra}")).expect("a drill");
        [15, 17].map(|major| drill.lacking(Major(major)))
    };
    assert_eq!(lacking(""), [None, None]);
    let summaries = lacking("[postgres]\nsettings = { summarize_wal = \"on\" }\n");
    assert_eq!(summaries, [Some("PostgreSQL 15 has no `summarize_wal`: it came with 17".into()), None]);
    let packed =
        lacking("[[steps]]\nbackup = { method = \"dump\", label = \"small\", compress = \"zstd\" }\n");
    assert_eq!(packed, [Some("pg_dump 15 can't pack with zstd: that came with 16".into()), None]);
}

#[test]
fn bad_files_are_told_what_is_wrong_and_how_to_mend_it() {
    for (path, text) in files("fixtures/drills/bad") {
        let Err(diagnostics) = check(&text) else { panic!("{} is a drill", path.display()) };
        insta::assert_snapshot!(format!("bad-{}", stem(&path)), diagnostics);
    }
}

#[test]
fn an_objective_that_configuration_does_not_guarantee_is_said_before_the_run() {
    const OBJECTIVE: &str = "[objectives]\nrpo = \"1m\"\n";
    let cautions = |objectives: &str, rest: &str| {
        let text = format!(
            "title = \"x\"\n{objectives}[[nodes]]\nname = \"primary\"\n{rest}[[steps]]\ncheck = \
             [\"ledger\"]\n"
        );
        let name = "x".parse().expect("a name");
        let (_, cautions) =
            parse_with_cautions(&name, "x.toml", &text).unwrap_or_else(|no| panic!("{}", no.plain()));
        cautions
            .iter()
            .flat_map(Diagnostics::iter)
            .map(|caution| caution.message().to_owned())
            .collect::<Vec<_>>()
    };
    let promoted = "[[nodes]]\nname = \"standby\"\nrole = \"standby\"\n[[steps]]\nfault = \
        { kill-node = \"primary\" }\n\
                    [[steps]]\nrecover = { promote = \"standby\" }\n";
    let no_bound =
        "warning: objective at risk: configuration sets no bound: asynchronous replication sets no bound";
    assert_eq!(cautions(OBJECTIVE, promoted), [no_bound]);
    let accepted = OBJECTIVE.replace("1m\"", "1m\"\nrpo-at-worst = \"unbounded\"");
    assert_eq!(cautions(&accepted, promoted), [] as [&str; 0]);
    assert_eq!(cautions("", promoted), [] as [&str; 0]);
    let restored = |timeout: &str| {
        format!(
            "[postgres]\nsettings = {{ archive_timeout = \"{timeout}\" }}\n[archive]\nmethod = \"command\"\n\
             [[steps]]\nbackup = {{ method = \"basebackup\", label = \"nightly\" }}\n[[steps]]\nfault = {{ \
             lose-volume = \"primary\" }}\n\
             [[steps]]\nrecover = {{ from = \"nightly\" }}\n"
        )
    };
    assert_eq!(cautions(OBJECTIVE, &restored("58s")), [] as [&str; 0]);
    assert!(
        cautions(OBJECTIVE, &restored("59s"))[0]
            .contains("not guaranteed by configuration: worst-case RPO 1 min 1 s, objective 1 min")
    );
    let dump = restored("1s").replace("basebackup", "dump");
    assert!(cautions(OBJECTIVE, &dump)[0].contains("no backup schedule is declared"));
    let scheduled = format!("backup-interval = \"1m\"\n{OBJECTIVE}");
    assert!(cautions(&scheduled, &dump)[0].ends_with("backup interval 1 min + the duration of a backup"));
}

#[test]
fn a_long_text_does_not_flood_the_terminal() {
    let text = format!("title = \"{0}\"\ntags = \"{0}\"\n", "x".repeat(100_000));
    assert!(check(&text).expect_err("no drill").len() < 5000);
}

/// Everything that a terminal could take for a command.
fn is_raw(c: char) -> bool {
    c != '\n'
        && (c.is_control()
            || ('\u{200b}'..='\u{200f}').contains(&c)
            || ('\u{202a}'..='\u{202e}').contains(&c))
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let name = "x".parse().expect("a name");
    for (path, text) in files("fixtures/drills/bad") {
        let diagnostics = parse(&name, "a\u{1b}[31m\n.toml", &text).expect_err("a bad file");
        for shown in [diagnostics.plain(), diagnostics.graphical(false, 80), diagnostics.to_string()] {
            assert!(!shown.contains(is_raw), "{}: {shown:?}", path.display());
        }
    }
}

#[test]
fn mistakes_are_drawn_for_a_terminal() {
    let name = "x".parse().expect("a name");
    let text = include_str!("../../fixtures/drills/bad/names-given-twice.toml");
    let diagnostics = parse(&name, "drills/x.toml", text).expect_err("a bad file");
    insta::assert_snapshot!("drawn", diagnostics.graphical(false, 100));
    let coloured = diagnostics.graphical(true, 100);
    assert!(coloured.contains("\u{1b}[") && coloured.contains("two nodes are called `standby`"));
}

#[test]
fn mistakes_are_sorted_and_counted() {
    for (path, text) in files("fixtures/drills/bad") {
        let diagnostics = parse(&"x".parse().expect("a name"), "x.toml", &text).expect_err("a bad file");
        let starts: Vec<usize> = diagnostics.iter().map(|diagnostic| diagnostic.span().start).collect();
        assert!(
            starts.is_sorted() && starts.len() == diagnostics.count() && diagnostics.count() > 0,
            "{}",
            path.display()
        );
        let silent: Vec<&str> =
            diagnostics.iter().filter(|it| it.mend().is_none()).map(Diagnostic::message).collect();
        assert!(silent.is_empty(), "{}: no mend for {silent:?}", path.display());
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistakes() {
    let text = include_str!("../../drills/crash/postmaster.toml");
    assert_eq!(check(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), check(text));
    let Err(diagnostics) = check(&format!(
        "\u{feff}{}",
        text.replace('\n', "\r\n").replace("writers", "writer").replace("title", "titel")
    )) else {
        panic!("no diagnostic")
    };
    assert!(
        diagnostics.contains("unknown key `writer`")
            && diagnostics.contains("| writer = 4\n")
            && diagnostics.contains(":2:1: unknown key `titel`"),
        "{diagnostics}"
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*|[\\x00-\\x7f]*") {
        shown(&text);
    }

    #[test]
    fn no_document_panics(text in "([\\[\\]{}=,.\"'\n#a-c0-9_ \
        -]|title|steps|nodes|recover|target|backup|\\[\\[|\\]\\]| = ){0,60}") {
        shown(&text);
    }

    #[test]
    fn no_edit_of_a_good_file_panics(
        at in 0..GOOD.len(),
        length in 0..40_usize,
        insert in "\\PC{0,3}|[\\x00-\\x7f]{0,6}",
    ) {
        let mut bytes = GOOD.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, insert.bytes());
        shown(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_long_line_panics(
        before in 0..200_000_usize,
        at in 0..GOOD.len(),
        insert in "\\PC{0,3}|[\\x00-\\x7f]{0,6}",
    ) {
        let (head, tail) = GOOD.split_at(GOOD.floor_char_boundary(at));
        shown(&format!("{head}{}{insert}{tail}", " ".repeat(before)));
    }

    #[test]
    fn no_beginning_of_a_good_file_panics(length in 0..GOOD.len()) {
        shown(&String::from_utf8_lossy(&GOOD.as_bytes()[..length]));
    }
}

/// Files that are wrong throughout, each near the largest that is read, and what the first diagnostic says of
/// them.
fn huge() -> Vec<(&'static str, String, &'static str)> {
    let fill = |piece: &str| piece.repeat((LARGEST - 100) / piece.len());
    let numbered = |of: &dyn Fn(usize) -> String| (0..10_000).map(of).collect::<String>();
    vec![
        ("too large", "#".repeat(LARGEST + 1), "larger than 1 MiB"),
        ("a long line", format!("title = \"{}\"\nwrong", fill("x")), "key with no value"),
        ("a place far to the right", format!("x = [{}wrong]", fill("1, ")), "string without quotes"),
        ("deep brackets", format!("x = {}", fill("[")), "nested too deep"),
        ("deep tables", format!("x = {}", fill("{a=")), "nested too deep"),
        ("a deep key", format!("{}a = 1", fill("a.")), "nested too deep"),
        ("a deep header", format!("[{}a]", fill("a.")), "nested too deep"),
        ("many keys", numbered(&|n| format!("key-{n} = {n}\n")), "unknown key"),
        (
            "many settings",
            format!("[postgres.settings]\n{}", numbered(&|n| format!("A{n} = 1\n"))),
            "upper case",
        ),
        ("many steps", fill("[[steps]]\nwork=\"1s\"\n"), "a list of"),
        ("many wrong items", format!("steps = [{}]", fill("1,")), "a list of"),
        ("many broken lines", fill("a b\n"), "key with no value"),
        ("one broken line", fill("= "), "cannot be empty"),
        ("a long word", fill("x"), "key with no value"),
        ("quotes", fill("\"\" "), ""),
        ("a text over many lines", format!("title = 1\ntags = \"\"\"{}\"\"\"", fill("x\n")), ""),
        ("blank lines before the end", format!("x = [{}", fill("\n")), ""),
    ]
}

#[test]
fn huge_files_are_refused_in_bounded_time_with_few_words() {
    for (what, text, expected) in huge() {
        let began = std::time::Instant::now();
        let diagnostics = parse(&"x".parse().expect("a name"), "x.toml", &text).expect_err(what);
        assert!(diagnostics.count() <= 2 * MOST, "{what}: {}", diagnostics.count());
        for shown in [diagnostics.plain(), diagnostics.graphical(false, 80)] {
            assert!(shown.len() < 100_000, "{what}: {} bytes", shown.len());
            assert!(shown.contains(expected), "{what}: {}", shown.get(..300).unwrap_or(&shown));
        }
        // A debug build on a busy machine: quadratic work would take minutes.
        assert!(began.elapsed().as_secs() < 30, "{what}: {:?}", began.elapsed());
        println!("{what}: {:?}", began.elapsed());
    }
}

const GOOD: &str = include_str!("../../fixtures/drills/good/everything.toml");

/// Reads a text and draws what is wrong with it in every way.
fn shown(text: &str) {
    if let Err(diagnostics) = parse(&"x".parse().expect("a name"), "x.toml", text) {
        assert!(diagnostics.count() > 0);
        assert!(
            !diagnostics.iter().any(|diagnostic| diagnostic.message().contains("should have said why")),
            "{text}"
        );
        for shown in [diagnostics.plain(), diagnostics.graphical(false, 40)] {
            assert!(!shown.contains(is_raw), "{shown:?}");
        }
    }
}
