//! Owns text that other programs, or people, read: environment lines, the JSON of `credential_process`, tables. Must not
//! print.

mod env;
mod process;
mod table;

pub(crate) use env::{IDENTITY_VARIABLES, REGION_VARIABLES, Shell, environment, set_lines, unset_lines};
pub(crate) use process::process_json;
pub(crate) use table::{duration, table};
