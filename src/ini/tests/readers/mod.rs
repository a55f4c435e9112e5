//! The readers of AWS, as the oracle for `Document::lint`. Tests compare them with the real parsers.
//!
//! Each reader is followed line by line ([`trace`]); folded up, that is what it knows of the file (`reading`).

mod botocore;
mod go;
mod javascript;
mod reading;
mod rust;
mod trace;

pub(super) use reading::{LoadError, Reading, Settings};
pub(super) use trace::{Name, Reader, SectionType};
