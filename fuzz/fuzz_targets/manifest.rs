//! Any text as a manifest, and any value in any of its keys. The first byte says which.
#![no_main]

use awsauth::laws::{Draw, ValueCase, check_holds, value_holds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut draw = Draw::new(data);
    match draw.below(3) {
        0 => _ = value_holds(&ValueCase::draw(&mut draw)),
        1 => {
            let field = usize::from(draw.byte());
            _ = value_holds(&ValueCase { field, text: String::from_utf8_lossy(draw.rest()).into_owned() });
        }
        _ => check_holds(&String::from_utf8_lossy(draw.rest())),
    }
});
