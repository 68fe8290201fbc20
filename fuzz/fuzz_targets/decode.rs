//! Any bytes, to a decoder: it gets on, keeps no more than it may, and whatever text it lets
//! through is harmless.
#![no_main]

use chatd::chat::answer::Refusal;
use chatd::chat::command::{Ask, Command};
use chatd::chat::message::Speech;
use chatd::chat::text::Text;
use chatd::wire::detect::Detector;
use chatd::wire::irc::own::{Bye, CapReply, Own};
use chatd::wire::{Decoder, Ending, Format, Protocols, Step};
use chatd_fuzz::{allocated, assert_harmless, choice};
use libfuzzer_sys::fuzz_target;

/// The longest line of IRC, with its tags.
const IRC_LINE_BYTES_MAX: usize = 4096 + 510;
/// A line of IRC may ask for so many things; and it is told when it begins, and when all is answered.
const IRC_STEPS_MAX: usize = 20 + 2;
/// What is kept of a client of IRC: the line that it asks with, which may become three times as long, and
/// what it has told of itself.
const IRC_KEPT_MAX: usize = 12 * IRC_LINE_BYTES_MAX;

/// What is kept of a request, and the answer to it.
const REQUEST_KEPT_MAX: usize = 3 * 8192;

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let setup = choice(&mut data);
    let line_bytes_max = [1, 8, 60, 4096][usize::from(setup & 3)];
    let named = setup & 4 != 0;
    let piece_length = match setup >> 3 {
        0 => data.len().max(1),
        length => usize::from(length),
    };
    // All decoders share these.
    let spoken = Protocols::default();
    let before = allocated();
    let mut decoder = Decoder::new(spoken.clone());
    let (mut has_ended, mut told_in_place, mut is_request) = (false, 0, false);
    for mut input in data.chunks(piece_length) {
        loop {
            let left = input.len();
            let mut scratch = String::new();
            let (step, format) = decoder.step(&mut input, named, line_bytes_max, &mut scratch);
            let is_irc = matches!(format, Format::Irc { .. });
            check(&step, named, line_bytes_max, is_irc);
            let is_done = step == Step::Incomplete;
            assert!(is_done || !has_ended, "something behind the end");
            has_ended |= matches!(step, Step::End { .. } | Step::Page { .. });
            is_request |= step == Step::Requested;
            if input.len() == left && !is_done {
                told_in_place += 1;
                if is_irc {
                    assert!(told_in_place <= IRC_STEPS_MAX + 2, "it does not get on");
                } else {
                    // What is said of a line before its end is taken.
                    let is_early = |step| {
                        matches!(step, &Step::Detected | &Step::Refused(Refusal::LineTooLong(_)))
                    };
                    let is_early = is_early(&step) || is_request;
                    assert!(is_early && told_in_place <= 3, "it does not get on");
                }
            } else if is_irc {
                told_in_place = 0;
            }
            drop(scratch);
            // A vector that grows may take twice what it holds, and never less than 8 bytes; and up
            // to the end of the first line there is what looks at it.
            let kept_max = if is_irc {
                IRC_KEPT_MAX
            } else if is_request {
                REQUEST_KEPT_MAX
            } else {
                size_of::<Detector>() + (2 * line_bytes_max).max(8)
            };
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
        check(&step, named, line_bytes_max, false);
    }
    assert_eq!(decoder.finish(named, &mut String::new()), Step::Incomplete);
});

fn check(step: &Step<'_>, named: bool, line_bytes_max: usize, is_irc: bool) {
    let line_bytes_max = if is_irc { IRC_LINE_BYTES_MAX } else { line_bytes_max };
    match *step {
        Step::Irc(ref own) => {
            assert!(is_irc);
            check_own(own);
        }
        Step::Reply(bytes) => {
            let is_refusal = matches!(bytes, [255, 252 | 254, _]);
            let is_pong =
                matches!(bytes, [0x8a, length, ..] if bytes.len() == usize::from(*length) + 2);
            assert!(is_refusal || is_pong || bytes.starts_with(b"HTTP/1.1 101 "), "{bytes:?}");
        }
        Step::Refused(Refusal::LineTooLong(limit)) => assert_eq!(limit, line_bytes_max),
        Step::Refused(Refusal::UnknownCommand(text)) => check_text(text, line_bytes_max),
        Step::Refused(ref refusal) => {
            assert!(matches!(refusal, Refusal::Usage(_)), "{refusal:?}");
        }
        Step::End { reply, why } => {
            assert_eq!(reply.starts_with(b"HTTP/1.1 "), matches!(why, Ending::Answered(_)));
            let is_close = matches!(reply, [0x88, ..]);
            assert_eq!(is_close, matches!(why, Ending::Closed | Ending::Violation));
        }
        Step::Skip => assert!(named || is_irc, "nothing is skipped of one who has no nickname"),
        Step::Quit(reason) => check_text(reason.unwrap_or_default(), line_bytes_max),
        Step::Command(command) => {
            if let Some(text) = command.text_heard() {
                check_text(text, line_bytes_max);
                // Only a topic is taken away by saying nothing.
                let is_topic = matches!(command, Command::In { ask: Ask::Topic(_), .. });
                assert!(is_irc || is_topic || !text.is_blank());
            }
            if let Command::Tell { to, .. } = command {
                check_text(to, line_bytes_max);
                assert!(is_irc || !to.as_str().contains(char::is_whitespace));
            }
            if let Command::Tell { speech, .. }
            | Command::In { ask: Ask::Say(speech) | Ask::SayRanked { speech, .. }, .. } = command
            {
                check_speech(&speech);
            }
        }
        Step::Page { head, .. } => assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n")),
        Step::Incomplete | Step::Detected | Step::Alive | Step::Requested => {}
    }
}

/// Nothing breaks a line in what may be sent back.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest has no text of its line")]
fn check_own(own: &Own<'_>) {
    let parts = match *own {
        Own::Begin { name, label, line, .. } => [name, label, line],
        Own::Numeric { about, .. } => [about, "", ""],
        Own::BadMode { room, value, .. } => [room, value, ""],
        Own::UnknownCommand(part)
        | Own::Pong(part)
        | Own::Tell(part)
        | Own::Cap(CapReply::Granted(part) | CapReply::Refused(part) | CapReply::Unknown(part))
        | Own::Bye(Bye::Quit(part)) => [part, "", ""],
        _ => [""; 3],
    };
    assert!(!parts.concat().contains(['\r', '\n', '\0']), "{own:?}");
}

/// What programs may be shown beside the text does no more than style it, and stays in its place.
fn check_speech(speech: &Speech<'_>) {
    if let Some(styled) = speech.styled {
        let styles = |c| matches!(c, '\x01'..='\x04' | '\x0f' | '\x11' | '\x16' | '\x1d'..='\x1f');
        assert_harmless(&styled.as_str().replace(styles, ""));
    }
    assert!(!speech.extras.0.contains([' ', '\r', '\n']), "{:?}", speech.extras);
}

fn check_text(text: Text<'_>, line_bytes_max: usize) {
    assert_harmless(text.as_str());
    // One byte that is no text is shown as a character of three.
    assert!(text.as_str().len() <= 3 * line_bytes_max);
}
