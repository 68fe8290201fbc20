//! Bytes into lines, and telnet out of the way.

/// Begins a telnet command.
pub(in crate::wire) const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// Carriage return and line feed, as RFC 854 wants it; also until something else is seen.
    #[default]
    CrLf,
    /// A line feed alone.
    Lf,
    /// A carriage return alone.
    Cr,
}

impl LineEnd {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
            Self::Cr => b"\r",
        }
    }
}

/// What [`Lines::next`] finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// All bytes are taken; more are needed.
    Incomplete,
    /// A line, without its end.
    Complete(&'a [u8]),
    /// A line has grown over the limit; the rest of it will be left out.
    TooLong,
    /// A telnet option is asked for, and this refuses it.
    Answer(&'static [u8]),
}

/// Splits received bytes into lines, whatever they end with, and takes telnet commands (RFC 854)
/// out of them.
///
/// Holds at most one line, and memory only while a line is incomplete.
#[derive(Debug, Default)]
pub struct Lines {
    /// The part of the line that came with earlier bytes.
    partial: Vec<u8>,
    state: State,
    end: LineEnd,
    /// `partial` was returned as a line and is to be emptied.
    is_spent: bool,
    /// The line is too long, and left out up to its end.
    is_skipping: bool,
    /// All bytes are data but for line ends: there are no telnet commands.
    is_plain: bool,
}

/// Where in the stream the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Data,
    /// After a CR that has ended a line: a LF or NUL still belongs to it.
    Cr,
    /// After IAC.
    Command,
    /// After IAC and WILL, WONT, DO or DONT.
    Option(u8),
    /// Between IAC SB and IAC SE.
    Subnegotiation,
    /// After IAC within a subnegotiation.
    SubnegotiationCommand,
}

/// What [`Lines::advance`] finds: as [`Line`], but without a borrow of the `Lines`.
enum Found<'a> {
    Incomplete,
    /// A line that stands whole in the input.
    Whole(&'a [u8]),
    /// A line whose bytes are in `partial`.
    Assembled,
    TooLong,
    Answer(&'static [u8]),
}

impl Lines {
    /// Takes bytes from the front of `input` up to the end of the next line. Also tells the line
    /// end last seen.
    ///
    /// An option that telnet asks for is refused (RFC 854: `DO` with `WONT`, `WILL` with `DONT`),
    /// and a refusal is never answered, so there is no loop. Silence would freeze a telnet that
    /// waits for the answer, as after an interrupt.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        line_bytes_max: usize,
    ) -> (Line<'a>, LineEnd) {
        if self.is_spent {
            self.partial = Vec::new();
            self.is_spent = false;
        }
        let found = self.advance(input, line_bytes_max);
        let end = self.end;
        let line = match found {
            Found::Incomplete => Line::Incomplete,
            Found::Whole(line) => Line::Complete(line),
            Found::Assembled => {
                self.is_spent = true;
                Line::Complete(&self.partial)
            }
            Found::TooLong => Line::TooLong,
            Found::Answer(bytes) => Line::Answer(bytes),
        };
        (line, end)
    }

    /// The same lines, but what would begin a telnet command is data from here on: the peer is no telnet.
    pub(in crate::wire) fn without_telnet(self) -> Self {
        Self { is_plain: true, ..self }
    }

    /// The part of a line that is there already.
    pub(in crate::wire) fn partial(&self) -> &[u8] {
        if self.is_spent { &[] } else { &self.partial }
    }

    /// The line that the end of the stream ends, if there is one.
    pub fn finish(&mut self) -> Option<&[u8]> {
        if self.is_spent || self.partial.is_empty() {
            return None;
        }
        self.is_spent = true;
        Some(&self.partial)
    }

    /// Whether `next` would be data or end a line, and neither belongs to a telnet command nor to a
    /// line end that has begun.
    pub(in crate::wire) fn is_data(&self, next: u8) -> bool {
        match self.state {
            State::Data => true,
            State::Cr => !matches!(next, b'\n' | 0),
            State::Command
            | State::Option(_)
            | State::Subnegotiation
            | State::SubnegotiationCommand => false,
        }
    }

    /// Whether the line is over the limit, which [`Line::TooLong`] has told.
    pub(in crate::wire) fn is_too_long(&self) -> bool {
        self.is_skipping
    }

    /// Whether a line has begun and not ended.
    pub(in crate::wire) fn is_within_line(&self) -> bool {
        self.is_skipping || !(self.is_spent || self.partial.is_empty())
    }

    /// Whether telnet's two sides are about to agree on something, which takes any bytes.
    pub(in crate::wire) fn is_negotiating(&self) -> bool {
        self.state == State::Subnegotiation
    }

    /// The line end last seen.
    #[must_use]
    pub fn end(&self) -> LineEnd {
        self.end
    }

    fn advance<'a>(&mut self, input: &mut &'a [u8], line_bytes_max: usize) -> Found<'a> {
        while let Some((&byte, rest)) = input.split_first() {
            let found = match self.state {
                State::Data => self.data(input, line_bytes_max),
                State::Cr if !matches!(byte, b'\n' | 0) => {
                    (self.state, self.end) = (State::Data, LineEnd::Cr);
                    None
                }
                State::Cr
                | State::Command
                | State::Option(_)
                | State::Subnegotiation
                | State::SubnegotiationCommand => {
                    *input = rest;
                    self.control(byte, line_bytes_max)
                }
            };
            if let Some(found) = found {
                return found;
            }
        }
        Found::Incomplete
    }

    /// Takes data up to a line end or a telnet command, and that.
    fn data<'a>(&mut self, input: &mut &'a [u8], line_bytes_max: usize) -> Option<Found<'a>> {
        let length = data_bytes(input);
        let (run, rest) = input.split_at(length);
        *input = rest;
        let is_whole = self.partial.is_empty() && !self.is_skipping && run.len() <= line_bytes_max;
        let mark = rest.first();
        if !(is_whole && matches!(mark, Some(b'\n' | b'\r'))) && self.append(run, line_bytes_max) {
            // The line end is left for the next call, which ends the skipping.
            return Some(Found::TooLong);
        }
        let (mark, rest) = (mark?, &rest[1..]);
        *input = rest;
        match mark {
            b'\n' => self.end = LineEnd::Lf,
            b'\r' => self.state = State::Cr,
            _ if self.is_plain => {
                return self.append(&[IAC], line_bytes_max).then_some(Found::TooLong);
            }
            _ => {
                self.state = State::Command;
                return None;
            }
        }
        if std::mem::take(&mut self.is_skipping) {
            None
        } else if is_whole {
            Some(Found::Whole(run))
        } else {
            Some(Found::Assembled)
        }
    }

    /// Takes a byte that is not data.
    #[expect(clippy::match_same_arms, reason = "a table of transitions, a row each")]
    fn control(&mut self, byte: u8, line_bytes_max: usize) -> Option<Found<'static>> {
        let (next, found) = match (self.state, byte) {
            (State::Command, IAC) => {
                let is_too_long = self.append(&[IAC], line_bytes_max);
                (State::Data, is_too_long.then_some(Found::TooLong))
            }
            (State::Command, SB) => (State::Subnegotiation, None),
            (State::Command, WILL..=DONT) => (State::Option(byte), None),
            (State::Option(DO), option) => {
                (State::Data, Some(Found::Answer(refusal(WONT, option))))
            }
            (State::Option(WILL), option) => {
                (State::Data, Some(Found::Answer(refusal(DONT, option))))
            }
            (State::Subnegotiation, IAC) => (State::SubnegotiationCommand, None),
            (State::Subnegotiation, _) => (State::Subnegotiation, None),
            (State::SubnegotiationCommand, SE) => (State::Data, None),
            (State::SubnegotiationCommand, _) => (State::Subnegotiation, None),
            (State::Cr, _) => {
                // LF, or the NUL that telnet sends after a CR that stands alone; it wants CR LF
                // back all the same.
                self.end = LineEnd::CrLf;
                (State::Data, None)
            }
            (State::Data | State::Command | State::Option(_), _) => (State::Data, None),
        };
        self.state = next;
        found
    }

    /// Adds to the incomplete line. `true` if that makes it too long; then nothing of it is kept.
    fn append(&mut self, bytes: &[u8], line_bytes_max: usize) -> bool {
        if self.is_skipping {
            return false;
        }
        if self.partial.len() + bytes.len() > line_bytes_max {
            self.partial = Vec::new();
            self.is_skipping = true;
            return true;
        }
        self.partial.extend_from_slice(bytes);
        false
    }
}

/// How an option of telnet is refused (RFC 854).
fn refusal(verb: u8, option: u8) -> &'static [u8] {
    /// All refusals, so that one can be sent from where it stands: WONT, then DONT.
    static ALL: [[[u8; 3]; 256]; 2] = {
        let mut all = [[[IAC, WONT, 0]; 256], [[IAC, DONT, 0]; 256]];
        let mut option = u8::MAX;
        while option > 0 {
            all[0][option as usize][2] = option;
            all[1][option as usize][2] = option;
            option -= 1;
        }
        all
    };
    &ALL[usize::from(verb == DONT)][usize::from(option)]
}

/// How many bytes of data there are before the next line end or telnet command.
fn data_bytes(input: &[u8]) -> usize {
    let is_mark = |&byte: &u8| matches!(byte, b'\n' | b'\r' | IAC);
    // Whole blocks without an early end: the compiler makes vector instructions of that.
    let blocks = input.as_chunks::<16>().0.iter();
    let is_data =
        |block: &&[u8; 16]| !block.iter().fold(false, |found, byte| found | is_mark(byte));
    let start = 16 * blocks.take_while(is_data).count();
    start + input[start..].iter().position(is_mark).unwrap_or(input.len() - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 8;

    /// Feeds chunks, and returns lines as text, `!` for too long, `?` for an answer.
    fn feed(lines: &mut Lines, chunks: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        for mut input in chunks.iter().copied() {
            loop {
                found.push(match lines.next(&mut input, MAX).0 {
                    Line::Incomplete => break,
                    Line::Complete(line) => String::from_utf8_lossy(line).into_owned(),
                    Line::TooLong => "!".into(),
                    Line::Answer(bytes) => format!("?{bytes:?}"),
                });
            }
        }
        found
    }

    fn all(chunks: &[&[u8]]) -> (Vec<String>, LineEnd) {
        let mut lines = Lines::default();
        let mut found = feed(&mut lines, chunks);
        let end = lines.end();
        found.extend(lines.finish().map(|line| format!("{}$", String::from_utf8_lossy(line))));
        (found, end)
    }

    #[test]
    fn line_ends() {
        assert_eq!(all(&[b"a\nb\n"]).1, LineEnd::Lf);
        assert_eq!(
            all(&[b"a\r\n\r\nb"]),
            (vec!["a".into(), String::new(), "b$".into()], LineEnd::CrLf)
        );
        assert_eq!(all(&[b"a\rb\rc\r"]), (vec!["a".into(), "b".into(), "c".into()], LineEnd::Cr));
        assert_eq!(all(&[b"a\r", b"\0b\r\0"]), (vec!["a".into(), "b".into()], LineEnd::CrLf));
        assert_eq!(
            all(&[b"a\r"]),
            (vec!["a".into()], LineEnd::CrLf),
            "unknown until the next byte"
        );
        assert_eq!(all(&[b""]), (vec![], LineEnd::CrLf));
    }

    #[test]
    fn the_longest_line_and_one_byte_more() {
        assert_eq!(all(&[b"12345678\nx\n"]).0, ["12345678", "x"]);
        assert_eq!(all(&[b"123456789\nx\n"]).0, ["!", "x"]);
        assert_eq!(all(&[b"12345678", b"9", b"9999999999", b"\nx\n"]).0, ["!", "x"]);
        assert_eq!(all(&[b"1234567\xff\xff\xff\xff\nx"]).0, ["!", "x$"]);
    }

    #[test]
    fn memory_is_held_only_for_an_incomplete_line() {
        let mut lines = Lines::default();
        feed(&mut lines, &[b"123", b"45\n"]);
        assert_eq!(lines.partial.capacity(), 0);
        feed(&mut lines, &[b"123", b"456789", &vec![b'x'; 100_000]]);
        assert_eq!(lines.partial.capacity(), 0);
    }

    #[test]
    fn telnet_commands_are_taken_out() {
        assert_eq!(all(&[b"a\xff\xf1b\xff\xf8c\n"]).0, ["abc"], "NOP, EL");
        assert_eq!(all(&[b"a\xff\xff\n"]).0, ["a\u{fffd}"], "an escaped 255");
        assert_eq!(
            all(&[b"\xff\xfa\x18\x00x\n\xff\xff\xff\xf0ok\n"]).0,
            ["ok"],
            "a subnegotiation with a line feed"
        );
        assert_eq!(all(&[b"\xff\xfc\x01\xff\xfe\x01ok\n"]).0, ["ok"], "refusals are not answered");
        assert_eq!(
            all(&[b"a\xff", b"\xfd", b"\x06b\n"]).0,
            ["?[255, 252, 6]", "ab"],
            "DO TIMING-MARK"
        );
        assert_eq!(all(&[b"\xff\xfb\x1fok\n"]).0, ["?[255, 254, 31]", "ok"], "WILL NAWS");
    }
    /// In Latin-1, which old clients of IRC write, these are letters.
    #[test]
    fn without_telnet_all_bytes_are_data_but_for_line_ends() {
        let mut lines = Lines::default().without_telnet();
        let chunks: [&[u8]; 3] =
            [b"a\xff\xfd\x06\n\xff", b"\xfab\r\nc\xff", b"\n12345678\xff\nd\n"];
        let mended = ["a\u{fffd}\u{fffd}\u{6}", "\u{fffd}\u{fffd}b", "c\u{fffd}", "!", "d"];
        assert_eq!(feed(&mut lines, &chunks), mended);
    }
}
