//! Owns what the format has: keys in general, AWS's own settings, and the JSON Schema of it all.

pub(crate) mod aws_settings;
pub(crate) mod json_schema;
pub(crate) mod keys;
