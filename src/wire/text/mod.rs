//! Lines of text: what netcat, telnet (RFC 854) and the terminal client speak.

mod encode;
mod help;
mod lines;
mod notice;
mod parse;

pub use encode::{answer, event};
pub(super) use lines::IAC;
pub use lines::{Line, LineEnd, Lines};

use parse::parse;

use super::Step;
use crate::chat::answer::Refusal;
use crate::chat::text::Text;

/// Decodes lines into commands.
#[derive(Debug, Default)]
pub struct TextDecoder {
    pub(super) lines: Lines,
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
            Line::Answer(bytes) => Step::Reply(bytes),
            Line::Complete(bytes) => parse(Text::parse(bytes, scratch), named),
        };
        (step, end)
    }

    /// See [`super::Decoder::finish`].
    pub fn finish<'a>(&'a mut self, named: bool, scratch: &'a mut String) -> Step<'a> {
        self.lines
            .finish()
            .map_or(Step::Incomplete, |line| parse(Text::parse(line, scratch), named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pieces;
    use proptest::prelude::*;

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

    #[test]
    fn what_was_erased_asks_for_nothing() {
        assert_eq!(steps(&[b"/quix\x7ft\n"]).0[0], format!("{:?}", Step::Quit(None)));
        assert_eq!(steps(&[b"/\x08\x7f\n"]).0[0], "Skip");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_steps(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0), Just(8), Just(0x7f), 240..=255u8, Just(b'/'), b'a'..b'd'], 0..60),
            cuts in prop::collection::vec(0..60usize, 0..6),
        ) {
            let chunks = pieces(&bytes, cuts);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(steps(&chunks), steps(&[&bytes]));
            prop_assert_eq!(steps(&single), steps(&[&bytes]));
        }
    }
}
