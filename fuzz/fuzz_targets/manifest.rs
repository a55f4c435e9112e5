//! Any text as a manifest, any value in any of its keys, and matrices. The first byte says which.
#![no_main]

use awsauth::laws::{Unstructured, MatrixCase, ValueCase, check_holds, matrix_holds, value_holds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut draw = Unstructured::new(data);
    match draw.below(4) {
        0 => _ = value_holds(&ValueCase::draw(&mut draw)),
        1 => {
            let field = usize::from(draw.byte());
            _ = value_holds(&ValueCase { field, text: String::from_utf8_lossy(draw.rest()).into_owned() });
        }
        2 => _ = matrix_holds(&MatrixCase::draw(&mut draw)),
        _ => check_holds(&String::from_utf8_lossy(draw.rest())),
    }
});
