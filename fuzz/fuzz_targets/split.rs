//! However the same bytes are split over reads, a decoder makes the same steps of them.
#![no_main]

use chatd::chat::command::Command;
use chatd::wire::{Decoder, Format, Step};
use chatd_fuzz::{choice, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let setup = choice(&mut data);
    let line_bytes_max = [1, 8, 60, 4096][usize::from(setup & 3)];
    // The session gets its nickname with so many commands: never, from the start or in between.
    let nameless = if setup & 4 == 0 { usize::MAX } else { usize::from(setup >> 3) };
    let cut = pieces(&mut data);
    let whole = steps(&[cut.concat().as_slice()], nameless, line_bytes_max);
    assert_eq!(steps(&cut, nameless, line_bytes_max), whole);
    let bytes = cut.concat();
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(steps(&single, nameless, line_bytes_max), whole);
});

/// All steps, each with how it is to be answered, and the end.
fn steps(
    reads: &[&[u8]],
    mut nameless: usize,
    line_bytes_max: usize,
) -> (Vec<(String, Format)>, Format, String) {
    let mut decoder = Decoder::default();
    let mut steps = Vec::new();
    let mut format = Format::default();
    for mut input in reads.iter().copied() {
        loop {
            let mut scratch = String::new();
            let named = nameless == 0;
            let step;
            (step, format) = decoder.step(&mut input, named, line_bytes_max, &mut scratch);
            if step == Step::Incomplete {
                break;
            }
            if matches!(step, Step::Command(Command::Nick(_) | Command::Enter(_))) {
                nameless = nameless.saturating_sub(1);
            }
            steps.push((format!("{step:?}"), format));
        }
    }
    let mut finish = || format!("{:?}", decoder.finish(nameless == 0, &mut String::new()));
    let last = [finish(), finish(), finish()].join(", ");
    (steps, format, last)
}
