//! stub
use crate::diagnostic::Diagnostic;
use crate::source::Source;
pub(crate) fn diagnostics_text(_: &Source, _: &[Diagnostic], _: bool) -> String {
    String::new()
}
pub(crate) fn diagnostics_json(_: &Source, _: &[Diagnostic]) -> serde_json::Value {
    serde_json::Value::Null
}
