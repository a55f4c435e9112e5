//! Any manifest and any config file. The first byte says whether both are drawn, or the rest is the file itself, or
//! two manifests and a file with `\n---\n` between them.
#![no_main]

use awsauth::laws::{ApplyCase, Unstructured, File, apply_holds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut draw = Unstructured::new(data);
    let case = match draw.below(3) {
        0 => ApplyCase::draw(&mut draw, &[]),
        1 => {
            let drawn = ApplyCase::draw(&mut Unstructured::new(&data[..data.len().min(80)]), &[]);
            ApplyCase { file: File(data.get(80..).unwrap_or_default().to_vec()), ..drawn }
        }
        _ => {
            let (first, rest) = split(draw.rest());
            let (second, file) = split(rest);
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            ApplyCase { first: text(first), second: text(second), file: File(file.to_vec()) }
        }
    };
    apply_holds(&case);
});

/// What stands before and after the first separator.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    const SEPARATOR: &[u8] = b"\n---\n";
    match bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        Some(at) => (&bytes[..at], &bytes[at + SEPARATOR.len()..]),
        None => (bytes, b""),
    }
}
