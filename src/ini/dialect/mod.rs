//! Owns the reading of a whole file by each of AWS's parsers, which is also the oracle for `Document::lint`. Tests compare it with
//! the real parsers.
//!
//! Each parser is followed line by line ([`trace`]); folded up, that is what it knows of the file (`reading`).

mod botocore;
mod go;
mod javascript;
mod reading;
mod rust;
mod trace;

pub(crate) use reading::{LoadError, Reading, Settings};
pub(crate) use trace::{Dialect, Name, SectionType};
