//! Any bytes, to a decoder: it gets on, keeps no more than it may, and whatever text it lets
//! through is harmless.
#![no_main]

use chatd::chat::answer::Refusal;
use chatd::chat::command::Command;
use chatd::chat::text::Text;
use chatd::wire::detect::{Detector, Foreign};
use chatd::wire::{Decoder, Step};
use chatd_fuzz::{allocated, assert_harmless, choice};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let setup = choice(&mut data);
    let line_bytes_max = [1, 8, 60, 4096][usize::from(setup & 3)];
    let named = setup & 4 != 0;
    let piece_length = match setup >> 3 {
        0 => data.len().max(1),
        length => usize::from(length),
    };
    let before = allocated();
    let mut decoder = Decoder::default();
    let (mut has_ended, mut told_in_place) = (false, 0);
    for mut input in data.chunks(piece_length) {
        loop {
            let left = input.len();
            let mut scratch = String::new();
            let (step, _) = decoder.step(&mut input, named, line_bytes_max, &mut scratch);
            check(&step, named, line_bytes_max);
            let is_done = step == Step::Incomplete;
            assert!(is_done || !has_ended, "something behind the end");
            has_ended |= matches!(step, Step::End { .. });
            if input.len() == left && !is_done {
                // What is said of a line before its end is taken.
                assert!(matches!(step, Step::Detected | Step::Refused(Refusal::LineTooLong(_))));
                told_in_place += 1;
                assert!(told_in_place <= 2, "it does not get on");
            }
            drop(scratch);
            // A vector that grows may take twice what it holds, and never less than 8 bytes; and up
            // to the end of the first line there is what looks at it.
            let kept_max = size_of::<Detector>() + (2 * line_bytes_max).max(8);
            assert!(allocated() - before <= kept_max, "more than a line kept");
            if is_done {
                assert!(input.is_empty());
                break;
            }
        }
    }
    // That it may be spoken to, that the line is too long; or the line.
    for _ in 0..3 {
        let mut scratch = String::new();
        let step = decoder.finish(named, &mut scratch);
        assert!(step == Step::Incomplete || !has_ended, "something behind the end");
        check(&step, named, line_bytes_max);
    }
    assert_eq!(decoder.finish(named, &mut String::new()), Step::Incomplete);
});

fn check(step: &Step<'_>, named: bool, line_bytes_max: usize) {
    match *step {
        Step::Reply(bytes) => {
            assert!(matches!(bytes, [255, 252 | 254, _]), "telnet is only refused");
        }
        Step::Refused(Refusal::LineTooLong(limit)) => assert_eq!(limit, line_bytes_max),
        Step::Refused(Refusal::UnknownCommand(text)) => check_text(text, line_bytes_max),
        Step::Refused(ref refusal) => {
            assert!(matches!(refusal, Refusal::Usage(_)), "{refusal:?}");
        }
        Step::End { reply, why } => {
            assert_eq!(reply.starts_with(b"HTTP/1.1 400 "), why == Foreign::Http);
        }
        Step::Skip => assert!(named, "nothing is skipped of one who has no nickname"),
        Step::Quit(reason) => check_text(reason.unwrap_or_default(), line_bytes_max),
        Step::Command(command) => {
            if let Some(text) = command.text_heard() {
                check_text(text, line_bytes_max);
                assert!(!text.is_blank());
            }
            if let Command::Tell { to, .. } = command {
                check_text(to, line_bytes_max);
                assert!(!to.as_str().contains(char::is_whitespace));
            }
        }
        Step::Incomplete | Step::Detected => {}
    }
}

fn check_text(text: Text<'_>, line_bytes_max: usize) {
    assert_harmless(text.as_str());
    // One byte that is no text is shown as a character of three.
    assert!(text.as_str().len() <= 3 * line_bytes_max);
}
