//! `keys`: long-term keys of IAM users, from the first one to the next.

mod add;
mod list;
