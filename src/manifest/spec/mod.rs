//! Owns the description of the format: keys, AWS's own settings, and the JSON Schema.

pub(crate) mod aws_settings;
pub(crate) mod json_schema;
pub(crate) mod keys;
