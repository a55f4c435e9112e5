//! Owns the tests of plans.
