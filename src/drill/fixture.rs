//! The datasets that Lifeboat carries, and its own tables.

use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DatabaseName, TableName};

static SHOP: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/shop");

/// The tables that belong to Lifeboat; they are beside those of every dataset.
pub const OWN_TABLES: &str = "
create schema lifeboat;
comment on schema lifeboat is 'what the drill itself writes';
create table lifeboat.commits (writer int not null, seq bigint not null, note text not null, primary key \
(writer, seq));
create table lifeboat.marker (like lifeboat.commits including all);
create table lifeboat.nonce (nonce text primary key);
";

/// What scale 1 of [`Fixture::Shop`] takes on disk, and what each further one adds:
/// `fixtures/shop/README.md`.
const SHOP_BYTES: (u64, u64) = (42_000_000, 30_000_000);

/// The largest scale: its numbers of rows still fit an `int`.
pub const LARGEST_SCALE: u64 = 5_000;

/// A dataset that Lifeboat carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fixture {
    /// Nothing but the workload's own table.
    Empty,
    /// A web shop with everything that a recovery can lose: `fixtures/shop`.
    Shop,
}

impl Fixture {
    /// The database that it makes and that the workload uses.
    #[must_use]
    pub fn database(self) -> DatabaseName {
        match self {
            Self::Empty => DatabaseName::postgres(),
            Self::Shop => DatabaseName::known("shop"),
        }
    }

    /// Its name, which is its folder's below `fixtures/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Shop => "shop",
        }
    }

    /// The least scale at which it takes at least so many bytes on disk.
    #[must_use]
    pub const fn scale_for(self, bytes: u64) -> u64 {
        let (first, each) = SHOP_BYTES;
        match self {
            Self::Empty => 1,
            Self::Shop => 1 + bytes.saturating_sub(first).div_ceil(each),
        }
    }

    /// The SQL that makes it, its files in the order of their names.
    #[must_use]
    pub fn sql(self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Shop => {
                let mut files: Vec<_> = SHOP
                    .files()
                    .filter(|file| file.path().extension().is_some_and(|end| end == "sql"))
                    .collect();
                files.sort_by_key(|file| file.path());
                files.iter().filter_map(|file| file.contents_utf8()).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// The tables that are there before a drill, Lifeboat's own among them.
    #[must_use]
    pub fn tables(self) -> Vec<TableName> {
        self.relations(&["table", "unlogged table"])
    }

    /// The views.
    #[must_use]
    pub fn views(self) -> Vec<TableName> {
        self.relations(&["view", "materialized view"])
    }

    fn relations(self, kinds: &[&str]) -> Vec<TableName> {
        let sql = format!("{}{OWN_TABLES}", self.sql());
        let created =
            |line: &str| kinds.iter().find_map(|kind| relation(after(line, &format!("create {kind} "))?));
        sql.lines().filter_map(created).collect()
    }
}

/// The rest of a line that begins so, in letters of either case.
fn after<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.get(..start.len())
        .filter(|begin| begin.eq_ignore_ascii_case(start))
        .and_then(|_| line.get(start.len()..))
}

/// The name at the beginning of a text, `schema.name`.
fn relation(text: &str) -> Option<TableName> {
    let (schema, rest) = identifier(text)?;
    let (name, _) = identifier(rest.strip_prefix('.')?)?;
    Some(TableName { schema, name })
}

/// An identifier, as the catalogue spells it, and what follows.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (name, rest) =
            text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()));
        return Some((name.to_lowercase(), rest));
    };
    // A quote within is doubled.
    let end = quoted.replace("\"\"", "\0\0").find('"')?;
    let (name, rest) = quoted.split_at(end);
    Some((name.replace("\"\"", "\""), rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_reached_by_the_least_scale_that_has_it() {
        let scales = [0, 42_000_000, 42_000_001, 20_000_000_000].map(|bytes| Fixture::Shop.scale_for(bytes));
        assert_eq!(scales, [1, 1, 2, 667]);
    }

    #[test]
    fn a_dataset_knows_its_tables_by_the_names_of_the_catalogue() {
        let names = |tables: Vec<TableName>| tables.iter().map(TableName::to_string).collect::<Vec<_>>();
        assert_eq!(names(Fixture::Empty.tables()), ["lifeboat.commits", "lifeboat.marker", "lifeboat.nonce"]);
        let shop = names(Fixture::Shop.tables());
        for table in [
            "shop.receipt",
            "shop.session",
            "shop.orders_2026_q4",
            r#"shop.Price List "B2B""#,
            "audit.event",
            "lifeboat.commits",
        ] {
            assert!(shop.contains(&table.to_owned()), "{table} is not in {shop:?}");
        }
        assert_eq!(
            shop.len(),
            Fixture::Shop.sql().to_lowercase().matches("\ncreate table").count() + 4,
            "one unlogged, and Lifeboat's three"
        );
        assert_eq!(
            names(Fixture::Shop.views()),
            ["shop.sales_by_month", "shop.customer_public", "shop.my_orders", "shop.category_path"]
        );
    }
}
