//! Names.

use serde_json::{Value as Json, json};

use super::{Shape, Value, mismatch};
use crate::{
    drill::{DatabaseName, ExtensionName, Label, NodeName, RestorePointName, RoleName, TableName},
    syntax::{diagnostic::Diagnostic, visible::quoted},
};

/// The pattern of the names that are one word, as in `drill::name`; a test holds both together.
pub(super) const WORD: &str = "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$";
pub(super) const NODE: &str = "^[a-z][a-z0-9-]{0,38}[a-z0-9]$";
const IDENTIFIER: &str = r"^[\s\S]{1,63}$";
const TABLE: &str = r"^[^.]{1,63}\.[\s\S]{1,63}$";

macro_rules! name {
    ($($type:ident $what:literal $example:literal $pattern:expr;)*) => {
        $(
            impl Shape for $type {
                fn what() -> String {
                    format!("the {}, a string", $what)
                }

                fn example() -> String {
                    format!("{:?}", $example)
                }

                fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
                    let Some(text) = value.get_ref().as_str() else { return mismatch(value, diagnostics) };
                    match text.parse::<Self>() {
                        Ok(name) => Some(name),
                        Err(no) => {
                            diagnostics.push(Diagnostic::value(value.span(), format!("{} is not a valid \
                                {}", quoted(text), no.what)).help(no.rule));
                            None
                        }
                    }
                }

                fn schema() -> Json {
                    json!({ "type": "string", "pattern": $pattern })
                }
            }
        )*
    };
}

name! {
    NodeName "name of a node" "primary" NODE;
    Label "label of a backup" "nightly" WORD;
    RestorePointName "name of a restore point" "release" WORD;
    TableName "name of a table" "shop.customer" TABLE;
    DatabaseName "name of a database" "shop" IDENTIFIER;
    RoleName "name of a role" "app" IDENTIFIER;
    ExtensionName "name of an extension" "postgis" IDENTIFIER;
}
