//! Lines of text: what netcat, telnet (RFC 854) and the terminal client speak.

mod encode;
mod lines;

pub use encode::{answer, event};
pub(super) use lines::IAC;
pub use lines::{Line, LineEnd, Lines};

use super::Step;
use crate::chat::answer::Refusal;
use crate::chat::command::{Command, Kind};
use crate::chat::text::Text;

/// Decodes lines into commands.
#[derive(Debug, Default)]
pub struct TextDecoder {
    pub(super) lines: Lines,
    /// What is sent back next.
    reply: [u8; 3],
}

impl TextDecoder {
    /// See [`super::Decoder::step`].
    pub fn step<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        named: bool,
        line_bytes_max: usize,
        scratch: &'a mut String,
    ) -> (Step<'a>, LineEnd) {
        let (line, end) = self.lines.next(input, line_bytes_max);
        let step = match line {
            Line::Incomplete => Step::Incomplete,
            Line::TooLong => Step::Refused(Refusal::LineTooLong(line_bytes_max)),
            Line::Answer(bytes) => {
                self.reply = bytes;
                Step::Reply(&self.reply)
            }
            Line::Complete(bytes) => parse(Text::parse(bytes, scratch), named),
        };
        (step, end)
    }

    /// What telnet is to be answered.
    pub(super) fn reply(&mut self, bytes: [u8; 3]) -> Step<'_> {
        self.reply = bytes;
        Step::Reply(&self.reply)
    }

    /// See [`super::Decoder::finish`].
    pub fn finish<'a>(&'a mut self, named: bool, scratch: &'a mut String) -> Step<'a> {
        self.lines
            .finish()
            .map_or(Step::Incomplete, |line| parse(Text::parse(line, scratch), named))
    }
}

/// What a line asks for. `//text` says `/text`.
fn parse(line: Text<'_>, named: bool) -> Step<'_> {
    let Some(command) = line.strip_prefix('/') else {
        return match named {
            false => Step::Command(Command::Nick(line)),
            true if line.is_blank() => Step::Skip,
            true => say(line, Kind::Say),
        };
    };
    if command.strip_prefix('/').is_some() {
        return say(command, Kind::Say);
    }
    let (name, rest) = if command.as_str().starts_with(char::is_whitespace) {
        (Text::default(), command)
    } else {
        command.split_word()
    };
    let text = rest.trim();
    let usage = |usage| Step::Refused(Refusal::Usage(usage));
    Step::Command(match name.as_str().to_ascii_lowercase().as_str() {
        "nick" if text.is_blank() => return usage("/nick NEW"),
        "nick" => Command::Nick(text),
        "me" if text.is_blank() => return usage("/me TEXT"),
        "me" => return say(text, Kind::Act),
        "msg" => match text.split_word() {
            (_, text) if text.is_blank() => return usage("/msg NICK TEXT"),
            (to, text) => Command::Tell { to, text },
        },
        "who" => Command::Who,
        "history" if text.is_blank() => Command::History(None),
        "history" => match text.as_str().parse() {
            Ok(count) => Command::History(Some(count)),
            Err(_) => return usage("/history [NUMBER]"),
        },
        "help" => Command::Help,
        "quit" => return Step::Quit((!text.is_blank()).then_some(text)),
        _ => return Step::Refused(Refusal::UnknownCommand(name)),
    })
}

fn say(text: Text<'_>, kind: Kind) -> Step<'_> {
    Step::Command(Command::Say { kind, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Text<'_> {
        // Only harmless text is given, so nothing needs to be held.
        Text::parse(text.as_bytes(), Box::leak(Box::default()))
    }

    #[test]
    fn commands() {
        for (line, step) in [
            ("hi", say(text("hi"), Kind::Say)),
            ("  hi ", say(text("  hi "), Kind::Say)),
            (" \t", Step::Skip),
            ("\u{3164}\u{200b}", Step::Skip),
            ("/me \u{2800}", Step::Refused(Refusal::Usage("/me TEXT"))),
            ("/msg bia \u{fe0f}", Step::Refused(Refusal::Usage("/msg NICK TEXT"))),
            ("//who", say(text("/who"), Kind::Say)),
            ("/WHO", Step::Command(Command::Who)),
            ("/nick  bia ", Step::Command(Command::Nick(text("bia")))),
            ("/nick ", Step::Refused(Refusal::Usage("/nick NEW"))),
            ("/me  waves ", say(text("waves"), Kind::Act)),
            ("/me", Step::Refused(Refusal::Usage("/me TEXT"))),
            (
                "/msg bia  a  b",
                Step::Command(Command::Tell { to: text("bia"), text: text("a  b") }),
            ),
            ("/msg bia", Step::Refused(Refusal::Usage("/msg NICK TEXT"))),
            ("/history", Step::Command(Command::History(None))),
            ("/history 3", Step::Command(Command::History(Some(3)))),
            ("/history x", Step::Refused(Refusal::Usage("/history [NUMBER]"))),
            ("/help me", Step::Command(Command::Help)),
            ("/quit", Step::Quit(None)),
            ("/quit bye ", Step::Quit(Some(text("bye")))),
            ("/etc/passwd", Step::Refused(Refusal::UnknownCommand(text("etc/passwd")))),
            ("/ me", Step::Refused(Refusal::UnknownCommand(text("")))),
            ("/", Step::Refused(Refusal::UnknownCommand(text("")))),
        ] {
            assert_eq!(parse(text(line), true), step, "{line}");
        }
        assert_eq!(parse(text("ana"), false), Step::Command(Command::Nick(text("ana"))));
        assert_eq!(parse(text(""), false), Step::Command(Command::Nick(text(""))));
        assert_eq!(parse(text("/nick ana"), false), Step::Command(Command::Nick(text("ana"))));
    }

    fn steps(chunks: &[&[u8]]) -> (Vec<String>, LineEnd) {
        let mut decoder = TextDecoder::default();
        let mut steps = Vec::new();
        for mut input in chunks.iter().copied() {
            loop {
                let mut scratch = String::new();
                let (step, _) = decoder.step(&mut input, true, 8, &mut scratch);
                if step == Step::Incomplete {
                    break;
                }
                steps.push(format!("{step:?}"));
            }
        }
        let end = decoder.lines.end();
        steps.push(format!("{:?}", decoder.finish(true, &mut String::new())));
        (steps, end)
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_steps(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0), 240..=255u8, Just(b'/'), b'a'..b'd'], 0..60),
            cuts in prop::collection::vec(0..60usize, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(steps(&chunks), steps(&[&bytes]));
            prop_assert_eq!(steps(&single), steps(&[&bytes]));
        }
    }
}
