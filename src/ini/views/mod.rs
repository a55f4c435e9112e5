//! Owns how each AWS reader sees a file, and where they see different things. Must not know what to do about that.
//!
//! Each reader is followed line by line ([`trace`]). Folded up, that is what it knows of the file (`reading`); side by
//! side, it shows where readers part ([`compare`]), which is asked only of sections that are not plain ([`plain`]).

mod botocore;
mod compare;
mod disagreement;
mod go;
mod javascript;
mod names;
mod plain;
#[cfg(test)]
mod reading;
mod rust;
mod takes;
mod trace;

pub(crate) use disagreement::Disagreement;
#[cfg(test)]
pub(super) use reading::{LoadError, Reading, Settings};
#[cfg(test)]
pub(super) use trace::{Name, Reader, Sort};
