//! Owns text for other programs and for people: environment lines, the JSON of `credential_process`, tables, a web page,
//! graphs of chains, QR codes. Must not print.

mod completion;
mod credential_process;
mod graph;
mod hook;
mod identity;
mod lines;
mod markdown;
mod page;
mod qr;
mod quote;
mod table;
mod terminal_text;

pub(crate) use completion::{COMPLETE_VARIABLE, Completion, CompletionShell};
pub(crate) use credential_process::{container_json, process_json};
pub(crate) use graph::{Graph, GraphNode};
pub(crate) use hook::{HOOK_VARIABLE, HOOKED_VARIABLE, HookShell};
pub(crate) use identity::{
    CARRIED_SETTINGS, EnvChange, IDENTITY_VARIABLES, InheritedVariables, OWN_REGION, REGION_VARIABLES,
    SECRET_VARIABLES, is_bearer_token,
};
pub(crate) use lines::Shell;
pub(crate) use markdown::{markdown_code, markdown_table};
pub(crate) use page::{PageStatus, PageText, page, page_policy};
pub(crate) use qr::QrCode;
pub(crate) use table::{
    Cell, duration, exact_duration, header, table, table_or_paragraphs, table_within, table_wrapped,
};
pub(crate) use terminal_text::TerminalText;
