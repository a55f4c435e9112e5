//! Any manifest, and a config file in which some of its sections were written by hand.
#![no_main]

use awsauth::laws::{AdoptCase, Unstructured, adopt_holds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    adopt_holds(&AdoptCase::draw(&mut Unstructured::new(data), &[]));
});
