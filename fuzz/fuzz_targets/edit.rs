//! Any file: its parse, and any changes to it. The first byte says whether the rest is the file itself.
#![no_main]

use awsauth::laws::{EditStep, Unstructured, EditCase, File, FileSort, edits_hold, parse_is_identity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut draw = Unstructured::new(data);
    let case = if draw.one_in(2) {
        let sort = draw.pick(&[FileSort::Config, FileSort::Credentials]);
        let changes = (0..4).map(|_| EditStep::draw(&mut draw)).collect();
        EditCase { sort, changes, file: File(draw.rest().to_vec()) }
    } else {
        EditCase::draw(&mut draw, &[])
    };
    parse_is_identity(&case.file);
    edits_hold(&case);
});
