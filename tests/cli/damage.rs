//! Pages that are damaged on the disk of a recovered server.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::support::{Harness, RUN_WITHIN, drills, leftovers};

const PAGE: usize = 8192;

/// What the metapage of a B-tree begins with, after its header; source: `BTREE_MAGIC` in
/// `src/include/access/nbtree.h`.
const BTREE: [u8; 4] = 0x0005_3162_u32.to_le_bytes();

/// The relations of every cluster whose data directory is below a folder.
fn relations(folder: &Path) -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let folders = below(folder).into_iter().filter(|path| path.is_dir() && !path.is_symlink());
    folders
        .flat_map(|path| {
            if path.join("PG_VERSION").exists() {
                below(&path.join("base")).iter().flat_map(|database| below(database)).collect()
            } else {
                relations(&path)
            }
        })
        .collect()
}

/// Changes the key of an entry in the first leaf of every larger B-tree that a user made; says how many there
/// were.
fn damage_indexes(user: &Harness) -> usize {
    let of_a_user = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
        name.is_some_and(|number| number >= 16384)
    };
    let files = leftovers::runs(&user.work()).into_iter().flat_map(|run| relations(&run));
    let mut damaged = 0;
    for path in files.filter(of_a_user) {
        let bytes = fs::read(&path).expect("a relation");
        if bytes.len() < 8 * PAGE || bytes.get(24..28) != Some(&BTREE) {
            continue;
        }
        // Entries are laid down from the end of the page, before the 16 bytes that every page of a B-tree
        // ends with.
        let at = 2 * PAGE - 16 - 8;
        let changed: Vec<u8> = bytes[at..at + 4].iter().map(|byte| byte ^ 0x55).collect();
        let file = File::options().write(true).open(&path).expect("a relation");
        file.write_all_at(&changed, at as u64).expect("it is written");
        damaged += 1;
    }
    damaged
}

/// A server that was started again, with a page of its indexes damaged under it.
fn with_damaged_indexes(checksums: bool) -> (i32, String) {
    let user = Harness::local();
    let steps = [
        "work = \"500ms\"",
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        "work = \"1s\"",
        r#"check = ["amcheck"]"#,
    ];
    let text = drills::crash().rpo_unmeasured().shop().steps(&steps).text();
    let text = text
        .replace("[[nodes]]", &format!("[postgres]\ninitdb = {{ data-checksums = {checksums} }}\n[[nodes]]"));
    let running = user.start(&user.drill("crash", &text));
    user.wait_for_step(4);
    assert!(damage_indexes(&user) > 0, "there is no index");
    let told = running.wait(RUN_WITHIN);
    user.assert_nothing_is_left();
    (told.code, told.stdout)
}

#[test]
fn an_index_with_a_damaged_page_fails_without_checksums() {
    let (code, said) = with_damaged_indexes(false);
    assert!(code == 1 && said.contains("btree index"), "{code}: {said}");
}

#[test]
fn an_index_with_a_damaged_page_fails_with_checksums() {
    let (code, said) = with_damaged_indexes(true);
    assert!(code == 1 && said.contains("invalid page in block 1"), "{code}: {said}");
}
