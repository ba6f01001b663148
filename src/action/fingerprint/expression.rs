//! How a row becomes a number.
//!
//! Values of a few types are hashed as they are: types whose equality is identity and whose hash depends on
//! nothing else. All others are hashed by what their output function writes, as a dump would. Their own
//! hashes depend on OIDs (enums, privileges), are missing (json, points), or take for equal what a user tells
//! apart (1.0 and 1.00, 0 and -0, a month and 30 days, `citext`, trailing blanks, letters of either case
//! where a collation is not deterministic). A cast to text is no way to that: a user may have defined it.
//!
//! To a table's hash those of its columns' names are added, in their order: values that change places with
//! another column's are others.

use crate::{journal::hash_of, pg::quote::identifier};

/// The types whose values are hashed as they are.
pub(super) const HASHED_AS_THEY_ARE: &str = "'bool', 'int2', 'int4', 'int8', 'oid', 'text', 'varchar', \
    'bytea', 'uuid', \
    'date', 'time', 'timestamp', 'timestamptz', 'char', 'name', 'macaddr', 'pg_lsn'";

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// Whether its values are hashed as they are.
    pub(super) as_it_is: bool,
    /// Whether it is generated.
    pub(super) generated: bool,
}

impl Column {
    /// Its value in table `t`. `concat` calls the output function, and makes an empty text of NULL.
    fn value(&self) -> String {
        let column = format!("t.{}", identifier(&self.name));
        if self.as_it_is {
            column
        } else {
            // `is distinct from null` needs no equality, and takes a row of NULLs for a value.
            format!(
                r#"case when {column} is distinct from null then pg_catalog.concat({column}) collate "C" end"#
            )
        }
    }
}

/// The sum of the hashes of all rows of table `t`.
pub(super) fn hash<'a>(columns: impl IntoIterator<Item = &'a Column>) -> String {
    let columns: Vec<&Column> = columns.into_iter().collect();
    if columns.is_empty() {
        "0".to_owned()
    } else {
        let values: Vec<String> = columns.iter().map(|column| column.value()).collect();
        // A row constructor takes at most 1,664 expressions, and a table has at most 1,600 columns.
        format!("coalesce(sum(hash_record_extended(row({}), 0)), 0) + {}", values.join(", "), names(&columns))
    }
}

/// A number for the names of columns.
fn names(columns: &[&Column]) -> u32 {
    let names: Vec<String> = columns.iter().map(|column| identifier(&column.name)).collect();
    let hash = hash_of(names.join(",").as_bytes());
    hash.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

/// The large objects of a database: how many there are, and a hash.
///
/// By value and not by page: a hole in one has no page before it is dumped, and pages of zeros after it is
/// restored. Pages are read one by one, so that the size of an object is bounded by nothing; what is no zero
/// counts, and the whole length.
pub(super) const LARGE_OBJECTS: &str = "
select 0, (select count(*) from pg_largeobject_metadata),
       coalesce((select sum(hash_record_extended(row(loid, pageno, data), 0))
                 from (select loid, pageno, rtrim(data, '\\x00'::bytea) as data from pg_largeobject) pages
                 where data <> ''), 0)
     + coalesce((select sum(hash_record_extended(row(m.oid, coalesce(size, 0)), 0))
                 from pg_largeobject_metadata m
                 left join (select loid, max(pageno::bigint * 2048 + length(data)) as size
                            from pg_largeobject group by loid) sizes on sizes.loid = m.oid), 0)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_hashed_as_it_is_or_by_its_output_function() {
        let column = |name: &str, as_it_is| Column { name: name.into(), as_it_is, generated: false };
        assert_eq!(
            hash(&[column("a", true), column("b \"c\"", false)]),
            format!(
                "coalesce(sum(hash_record_extended(row(t.\"a\", case when t.\"b \"\"c\"\"\" is distinct from \
                 null \
                 then pg_catalog.concat(t.\"b \"\"c\"\"\") collate \"C\" end), 0)), 0) + {}",
                names(&[&column("a", true), &column("b \"c\"", false)])
            )
        );
        let (a, b) = (column("a", true), column("b", true));
        assert_ne!(names(&[&a, &b]), names(&[&b, &a]), "values that change places are others");
        assert_eq!(hash([]), "0", "a table without columns has rows, and nothing in them");
    }
}
