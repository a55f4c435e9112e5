//! Any manifest and any credentials file. The first byte says whether the file is drawn, or is what follows byte 80.
#![no_main]

use awsauth::laws::{CredentialsCase, Unstructured, File, credentials_hold};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut draw = Unstructured::new(data);
    let is_raw = draw.one_in(2);
    let mut case = CredentialsCase::draw(&mut draw, &[]);
    if is_raw {
        case.file = File(data.get(80..).unwrap_or_default().to_vec());
    }
    credentials_hold(&case);
});
