//! The one integration binary.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests set up files and programs by themselves"))]
#![cfg_attr(windows, expect(dead_code, reason = "some of what the tests share is used by those alone that need Unix"))]

#[path = "../support/mod.rs"]
mod support;

#[cfg(test)]
mod apply;
#[cfg(test)]
mod architecture;
#[cfg(test)]
#[cfg(unix)]
mod at_tty;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod check;
#[cfg(test)]
#[cfg(all(unix, feature = "real-clients"))]
mod chromium;
#[cfg(test)]
mod circles;
#[cfg(test)]
#[cfg(unix)]
mod console;
#[cfg(test)]
#[cfg(unix)]
mod control_characters;
#[cfg(test)]
mod credential_process;
#[cfg(test)]
#[cfg(unix)]
mod diff;
#[cfg(test)]
#[cfg(unix)]
mod discover;
#[cfg(test)]
#[cfg(unix)]
mod doctor;
#[cfg(test)]
#[cfg(unix)]
mod documents;
#[cfg(test)]
#[cfg(unix)]
mod env;
#[cfg(test)]
#[cfg(unix)]
mod exec;
#[cfg(test)]
#[cfg(unix)]
mod exec_json;
#[cfg(test)]
#[cfg(unix)]
mod exec_many;
#[cfg(test)]
mod external;
#[cfg(test)]
mod fake_aws;
#[cfg(test)]
mod files;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod import;
#[cfg(test)]
#[cfg(unix)]
mod init;
#[cfg(test)]
#[cfg(all(unix, feature = "real-clients"))]
mod integrations;
#[cfg(test)]
#[cfg(unix)]
mod join;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod keys;
#[cfg(test)]
#[cfg(unix)]
mod layers;
#[cfg(test)]
#[cfg(unix)]
mod leaks;
#[cfg(test)]
mod list;
#[cfg(test)]
#[cfg(unix)]
mod local;
#[cfg(test)]
mod login;
#[cfg(test)]
mod logout;
#[cfg(test)]
#[cfg(unix)]
mod messages;
#[cfg(test)]
#[cfg(unix)]
mod mfa;
#[cfg(test)]
#[cfg(unix)]
mod mfa_process;
#[cfg(test)]
mod names;
#[cfg(test)]
mod network;
#[cfg(test)]
#[cfg(unix)]
mod output;
#[cfg(test)]
mod packaging;
#[cfg(test)]
mod partly_wrong;
#[cfg(test)]
#[cfg(all(unix, feature = "real-clients"))]
mod pictures;
#[cfg(test)]
mod portals;
#[cfg(test)]
#[cfg(unix)]
mod pty;
#[cfg(test)]
#[cfg(all(unix, feature = "real-clients"))]
mod readers;
#[cfg(test)]
#[cfg(all(unix, feature = "real-clients"))]
mod repository;
#[cfg(test)]
#[cfg(unix)]
mod routing;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod schema;
#[cfg(test)]
#[cfg(unix)]
mod serve;
#[cfg(test)]
#[cfg(unix)]
mod shells;
#[cfg(test)]
mod show;
#[cfg(test)]
#[cfg(unix)]
mod signals;
#[cfg(test)]
mod single_flight;
#[cfg(test)]
#[cfg(unix)]
mod state_dir;
#[cfg(test)]
mod status;
#[cfg(unix)]
#[cfg(test)]
mod team;
#[cfg(unix)]
#[cfg(test)]
mod terminal;
#[cfg(unix)]
#[cfg(test)]
mod transcripts;
#[cfg(unix)]
#[cfg(test)]
mod update;
#[cfg(unix)]
#[cfg(test)]
mod vars;
#[cfg(test)]
mod warm;
#[cfg(test)]
#[cfg(unix)]
mod watch;
