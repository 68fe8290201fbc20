//! Whether a peer speaks a protocol that is not spoken here, by its first line that is not blank.
//!
//! Whatever opens a connection may take the port for another one. Browsers do so for any web page
//! that tells them to, from inside the firewall, and what follows the first line is up to the page:
//! it must count for nothing. Behind the first line everything is talk, whatever it looks like.

use std::fmt;
use std::mem;

use super::Protocols;
use super::http::RequestDecoder;
use super::irc;
use super::text::{IAC, Line, TextDecoder};

/// A protocol that is not spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A request line ([RFC 9112, 3](https://www.rfc-editor.org/rfc/rfc9112#section-3)), or how
    /// HTTP/2 begins ([RFC 9113, 3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
    Http,
    /// A request line ([RFC 7826, 20.3](https://www.rfc-editor.org/rfc/rfc7826#section-20.3)).
    Rtsp,
    /// A request line ([RFC 3261, 7.1](https://www.rfc-editor.org/rfc/rfc3261#section-7.1)).
    Sip,
    /// A version ([RFC 4253, 4.2](https://www.rfc-editor.org/rfc/rfc4253#section-4.2)).
    Ssh,
    /// What a proxy says of whom it connects
    /// ([version 1](https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt)).
    Proxy,
    /// A client's greeting
    /// ([RFC 5321, 4.1.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1)).
    Smtp,
    /// The record of a handshake
    /// ([RFC 8446, 5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)): a browser at an
    /// `https` address.
    Tls,
    /// Lines of text, where only other protocols are spoken.
    Text,
    /// A NUL, which nobody types and no text has. Nearly all binary protocols have one in their
    /// first bytes: in a length, a version or an identifier. Other control characters may come from
    /// a keyboard.
    Binary,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "HTTP",
            Self::Rtsp => "RTSP",
            Self::Sip => "SIP",
            Self::Ssh => "SSH",
            Self::Proxy => "the PROXY protocol",
            Self::Smtp => "SMTP",
            Self::Tls => "TLS",
            Self::Text => "plain text",
            Self::Binary => "a binary protocol",
        })
    }
}

/// The answer to HTTP ([RFC 9112, 4](https://www.rfc-editor.org/rfc/rfc9112#section-4)). No browser
/// takes it for anything but text.
const HTTP_ANSWER: &str = "HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 89\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Connection: close\r\n\
    \r\n\
    This is chatd, a chat room, and not a web server. Join it from a terminal: nc HOST PORT\r\n";

/// What a person is told where no text is spoken.
const TEXT_ANSWER: &str =
    "This port is for other programs. Whoever runs it knows which. Goodbye.\r\n";

/// TLS begins so: a handshake, of version 3.
const TLS: [u8; 2] = [0x16, 3];

/// Looks at bytes up to the end of the first line that is not blank, and lets them become lines.
#[derive(Debug, Default)]
pub struct Detector {
    spoken: Protocols,
    text: TextDecoder,
    line: FirstLine,
    /// It was said that the peer may be spoken to.
    is_detected: bool,
    /// The line is over this limit, and its sender not told yet: it may be a request with a long
    /// address.
    too_long: Option<usize>,
}

/// What [`Detector::look`] finds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// All bytes are taken; more are needed.
    Incomplete,
    /// Nothing speaks against text so far.
    Detected,
    /// Something else: see [`super::Step::End`].
    End { reply: &'static [u8], why: Foreign },
    /// Telnet is to be answered.
    Answer(&'static [u8]),
    /// The line has more bytes than this.
    TooLong(usize),
    /// Next comes the end of a blank line.
    Blank,
    /// Next comes the end of the first line: from here on everything is text.
    Over,
    /// The same, and everything is IRC. The peer may have been greeted as a person, late as it was.
    Irc { is_greeted: bool },
    /// Next comes the end of the first line of a request, with whose answer everything ends, or goes on as a
    /// WebSocket.
    Request,
}

impl Detector {
    /// A detector of those protocols that are spoken.
    pub(super) fn new(spoken: Protocols) -> Self {
        Self { spoken, ..Self::default() }
    }

    /// Takes bytes from the front of `input` as far as it can tell what they are.
    pub(super) fn look(&mut self, input: &mut &[u8], line_bytes_max: usize) -> Look {
        while let Some(&next) = input.first() {
            let length = input.iter().position(|&byte| is_mark(byte)).unwrap_or(input.len());
            let is_data = self.text.lines.is_data(next);
            let run = if is_data { &input[..length] } else { &input[..1] };
            if is_data && let Some(look) = self.look_at(run, next) {
                if matches!(look, Look::End { .. }) {
                    *input = &[];
                }
                return look;
            }
            // A telnet command is one byte after the other: what follows it is to be looked at.
            let (mut taken, rest) = input.split_at(run.len().max(1));
            *input = rest;
            match self.text.lines.next(&mut taken, line_bytes_max).0 {
                Line::Answer(bytes) => return Look::Answer(bytes),
                Line::TooLong => self.too_long = Some(line_bytes_max),
                Line::Incomplete | Line::Complete(_) => {}
            }
            if self.text.lines.is_negotiating() && !self.line.is_blank() {
                // No telnet begins that in a line; it could hide what the line is.
                *input = &[];
                return self.end(Foreign::Binary);
            }
        }
        Look::Incomplete
    }

    /// What follows from the next bytes of a line, or from its end or a telnet command if there are
    /// none. Nothing, if they are only to be taken.
    ///
    /// What is clear before the line ends is told before: who types is answered at once. But to a
    /// browser whatever it is sent is the answer, so what begins with a capital, as its request
    /// does, has to wait for the end.
    fn look_at(&mut self, run: &[u8], next: u8) -> Option<Look> {
        let is_line_end = run.is_empty() && next != IAC;
        if run.is_empty() && next == IAC {
            // It may take a blank with it: then what follows is a word of its own all the same.
            self.line.is_in_word = false;
        }
        if is_line_end && let Some(foreign) = self.line.whole() {
            let is_served = foreign == Foreign::Http && self.spoken.web.is_some();
            return Some(if is_served { Look::Request } else { self.end(foreign) });
        }
        if is_line_end && self.spoken.irc && irc::line::is_first(self.text.lines.partial()) {
            return Some(Look::Irc { is_greeted: self.is_detected });
        }
        let is_text = run.is_empty() || self.line.is_begun_as_text(run);
        if is_text && !self.spoken.text && (!run.is_empty() || !self.line.is_blank()) {
            return Some(self.end(Foreign::Text));
        }
        if !self.is_detected && is_text {
            self.is_detected = true;
            return Some(Look::Detected);
        }
        if let Some(foreign) = self.line.take(run) {
            return Some(self.end(foreign));
        }
        if !is_line_end {
            return None;
        }
        if let Some(limit) = self.too_long.take() {
            return Some(Look::TooLong(limit));
        }
        let line = mem::take(&mut self.line);
        let is_blank = line.is_blank() && !self.text.lines.is_too_long();
        Some(if is_blank { Look::Blank } else { Look::Over })
    }

    /// What the end of the stream makes of a line without an end; nothing, if it is just a line.
    pub(super) fn finish(&mut self) -> Option<Look> {
        if !self.is_within_line() {
            return None;
        }
        self.look_at(&[], b'\n').filter(|look| !matches!(look, Look::Blank | Look::Over))
    }

    /// Whether a line has begun.
    pub(super) fn is_within_line(&self) -> bool {
        self.text.lines.is_within_line()
    }

    /// The peer may be spoken to: it was silent for so long that it is a person.
    pub(super) fn assume_text(&mut self) {
        self.is_detected = true;
    }

    /// What is to become lines of text.
    pub(super) fn text(&mut self) -> &mut TextDecoder {
        &mut self.text
    }

    /// What goes on as a request, if those are answered.
    pub(super) fn request(&mut self) -> Option<RequestDecoder> {
        let rules = self.spoken.web.clone()?;
        let line = self.too_long.is_none().then(|| self.text.lines.partial());
        Some(RequestDecoder::new(line, self.is_detected, rules))
    }

    /// Something else is spoken, and perhaps answered. Whatever that would choke on is left unsaid.
    fn end(&self, why: Foreign) -> Look {
        let answer = match why {
            Foreign::Http => HTTP_ANSWER,
            Foreign::Text => TEXT_ANSWER,
            Foreign::Rtsp
            | Foreign::Sip
            | Foreign::Ssh
            | Foreign::Proxy
            | Foreign::Smtp
            | Foreign::Tls
            | Foreign::Binary => "",
        };
        // The answer to HEAD has no body (RFC 9110, 9.3.2).
        let is_head = self.line.first.whole() == Some(b"HEAD");
        let head = answer.find("\r\n\r\n").map_or(0, |head| head + "\r\n\r\n".len());
        let reply = if is_head { &answer[..head] } else { answer };
        Look::End { reply: reply.as_bytes(), why }
    }
}

/// Whether data does not go on here: a line ends, or telnet has something to say.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | IAC)
}

/// As much of a line as tells what it is, however long it is and however it comes.
#[derive(Debug, Default)]
struct FirstLine {
    first: Word,
    last: Word,
    is_in_word: bool,
    has_more_words: bool,
}

impl FirstLine {
    /// Takes more of the line. Tells if that is no line of text, however it goes on.
    fn take(&mut self, bytes: &[u8]) -> Option<Foreign> {
        bytes.iter().find_map(|&byte| self.take_byte(byte))
    }

    fn take_byte(&mut self, byte: u8) -> Option<Foreign> {
        if byte == 0 {
            return Some(Foreign::Binary);
        }
        let was_in_word = mem::replace(&mut self.is_in_word, !is_space(byte));
        if !self.is_in_word {
            return None;
        }
        if !was_in_word {
            self.has_more_words = !self.is_blank();
            self.last = Word::default();
        }
        self.last.push(byte);
        if !self.has_more_words {
            self.first.push(byte);
        }
        (self.first.whole() == Some(&TLS)).then_some(Foreign::Tls)
    }

    /// What the whole line is, if it is not text.
    fn whole(&self) -> Option<Foreign> {
        let first = self.first.start();
        if first.starts_with(b"SSH-") {
            return Some(Foreign::Ssh);
        }
        if !self.has_more_words {
            return None;
        }
        match first {
            b"PROXY" => Some(Foreign::Proxy),
            b"EHLO" | b"HELO" => Some(Foreign::Smtp),
            _ => requested(self.last.start()),
        }
    }

    /// Whether it is clear that these bytes begin a line of text: neither a request nor TLS.
    fn is_begun_as_text(&self, bytes: &[u8]) -> bool {
        let first = bytes.iter().find(|&&byte| !is_space(byte));
        self.is_blank()
            && first.is_some_and(|byte| !matches!(byte, 0 | 0x16 | b':' | b'@' | b'A'..=b'Z'))
    }

    fn is_blank(&self) -> bool {
        self.first.length == 0
    }
}

/// Which protocol a request line is of, by its last word: a name and a version.
pub(super) fn requested(word: &[u8]) -> Option<Foreign> {
    let names: [(&[u8], _); 3] =
        [(b"HTTP/", Foreign::Http), (b"RTSP/", Foreign::Rtsp), (b"SIP/", Foreign::Sip)];
    names.into_iter().find_map(|(name, foreign)| {
        let mut numbers = word.strip_prefix(name)?.split(|&byte| byte == b'.');
        let is_version =
            numbers.all(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit));
        is_version.then_some(foreign)
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The start of a word, and how long it is.
#[derive(Debug, Default, Clone, Copy)]
struct Word {
    bytes: [u8; Word::KEPT],
    length: usize,
}

impl Word {
    /// As long as the longest that is looked for: `HTTP/` and a version.
    const KEPT: usize = 12;

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length += 1;
    }

    fn start(&self) -> &[u8] {
        &self.bytes[..self.length.min(Self::KEPT)]
    }

    fn whole(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Decoder, Ending, Step, pieces};
    use proptest::prelude::*;

    const MAX: usize = 64;

    /// One of a server without a page.
    fn decoder() -> Decoder {
        Decoder::new(Protocols { web: None, ..Protocols::default() })
    }

    /// The steps of these reads, and what is left at the end of the stream.
    fn steps(reads: &[&[u8]]) -> Vec<String> {
        let mut decoder = decoder();
        let mut steps = Vec::new();
        for mut input in reads.iter().copied() {
            loop {
                let mut scratch = String::new();
                let (step, format) = decoder.step(&mut input, false, MAX, &mut scratch);
                if step == Step::Incomplete {
                    assert!(input.is_empty(), "{reads:?}");
                    break;
                }
                steps.push(format!("{step:?} {format:?}"));
            }
        }
        for _ in 0..4 {
            steps.push(format!("{:?}", decoder.finish(false, &mut String::new())));
        }
        steps
    }

    /// What else than text these bytes are, perhaps at the end of the stream.
    fn foreign(bytes: &[u8]) -> Option<Foreign> {
        let mut decoder = decoder();
        let mut input = bytes;
        loop {
            let mut scratch = String::new();
            let (step, _) = decoder.step(&mut input, false, MAX, &mut scratch);
            if let Step::End { why: Ending::Foreign(why), .. } = step {
                assert_eq!(input, b"", "what follows counts for nothing");
                return Some(why);
            }
            if step == Step::Incomplete {
                break;
            }
        }
        let mut scratch = String::new();
        let step = decoder.finish(false, &mut scratch);
        if let Step::End { why: Ending::Foreign(why), .. } = step { Some(why) } else { None }
    }

    #[test]
    fn what_other_programs_say_first() {
        for (foreign_protocol, lines) in [
            (Foreign::Http, &["GET / HTTP/1.1", "POST /a?b HTTP/1.0", "PRI * HTTP/2.0"][..]),
            (
                Foreign::Http,
                &["get  /  HTTP/1.1  ", "OPTIONS * HTTP/2", " A b\tHTTP/10.25", "x HTTP/1"],
            ),
            (Foreign::Rtsp, &["OPTIONS rtsp://example.org RTSP/1.0"]),
            (Foreign::Sip, &["INVITE sip:ana@example.org SIP/2.0"]),
            (Foreign::Ssh, &["SSH-2.0-OpenSSH_9.6", "SSH-1.99-x y"]),
            (Foreign::Proxy, &["PROXY TCP4 192.0.2.1 192.0.2.2 1 2", "PROXY UNKNOWN"]),
            (Foreign::Smtp, &["EHLO example.org", "HELO x"]),
        ] {
            for line in lines {
                for end in ["\n", "\r\n", "\r", "\r\0", ""] {
                    let bytes = format!("{line}{end}");
                    assert_eq!(foreign(bytes.as_bytes()), Some(foreign_protocol), "{bytes:?}");
                }
                let late = format!("\n \t\r\n{line}\nana\n");
                assert_eq!(foreign(late.as_bytes()), Some(foreign_protocol), "behind blank lines");
                let later = format!("ana\n{line}\n");
                assert_eq!(foreign(later.as_bytes()), None, "{later:?} is talk");
            }
        }
    }

    #[test]
    fn what_is_no_text() {
        for (bytes, expected) in [
            (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], Foreign::Tls),
            (b"\x16\x03", Foreign::Tls),
            // An old hello of TLS, SMB, SOCKS 4 and 5, RDP, PostgreSQL, MQTT, LDAP, the PROXY
            // protocol's version 2.
            (b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00", Foreign::Binary),
            (b"\x00\x00\x00\x85\xffSMB", Foreign::Binary),
            (b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00", Foreign::Binary),
            (b"\x05\x01\x00", Foreign::Binary),
            (b"\x03\x00\x00\x13\x0e\xe0", Foreign::Binary),
            (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", Foreign::Binary),
            (b"\x10\x0e\x00\x04MQTT", Foreign::Binary),
            (b"0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00", Foreign::Binary),
            (b"\r\n\r\n\0\r\nQUIT\n", Foreign::Binary),
        ] {
            assert_eq!(foreign(bytes), Some(expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_people_and_telnet_say_is_text() {
        for line in [
            "ana",
            "Ana",
            "ANA MARIA",
            "HTTP/1.1",
            "GET /",
            "GET / HTTP/",
            "a HTTP/1.",
            "a HTTP/x",
            "aHTTP/1.1",
            "a http/1.1",
            "a HTTP/1.1!",
            "a HTTP/1.1 b",
            "SSH",
            "ssh-2.0",
            "PROXY",
            "EHLO",
            "HELO ",
            "ehlo x",
            "olá",
            "/nick GET",
            "\x16",
            "\x03\x16\x03",
            "\x04",
            "\x08\x08\t",
            "\x1b[A",
            "\x7f",
            "\x01\x05\x0c",
            "",
        ] {
            assert_eq!(foreign(format!("{line}\r\n").as_bytes()), None, "{line:?}");
        }
        for bytes in
            [&b"Jos\xe9\n"[..], b"\xff\xfd\x03\xff\xfb\x18ana\r\0", b"\xff\xfa\x18\0x\xff\xf0A\r\0"]
        {
            assert_eq!(foreign(bytes), None, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_request_longer_than_a_line_is_one_too() {
        let start = format!("POST /{} ", "x".repeat(3 * MAX));
        assert_eq!(
            foreign(format!("{start}HTTP/1.1\r\n\r\nana\nhi\n").as_bytes()),
            Some(Foreign::Http)
        );
        let told = steps(&[format!("{start}HTTP\r\nana\n").as_bytes()]);
        assert!(told[0].starts_with("Detected") && told[1].starts_with("Refused(LineTooLong"));
        assert!(told[2].starts_with("Command(Nick(Text(\"ana\")))"), "{told:?}");
    }

    #[test]
    fn a_person_is_greeted_with_the_first_character_and_a_browser_is_not() {
        for (bytes, detected) in
            [(&b"a"[..], 1), (b"\xff", 1), (b"\n", 2), (b"A", 0), (b"GET / H", 0), (b"\x16", 0)]
        {
            let steps = steps(&[bytes]);
            let greeted = steps.iter().filter(|step| step.starts_with("Detected Text")).count();
            assert_eq!(greeted, detected.min(1), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn http_is_answered_in_full() {
        let (head, body) = HTTP_ANSWER.split_once("\r\n\r\n").unwrap();
        let lines: Vec<&str> = head.split("\r\n").collect();
        assert_eq!(lines[0], "HTTP/1.1 400 Bad Request");
        assert!(
            lines.contains(&format!("Content-Length: {}", body.len()).as_str()),
            "{}",
            body.len()
        );
        let reply = |bytes: &[u8]| {
            let mut decoder = decoder();
            let mut scratch = String::new();
            let (step, _) = decoder.step(&mut &*bytes, false, MAX, &mut scratch);
            let Step::End { reply, .. } = step else { panic!("{step:?}") };
            String::from_utf8(reply.to_vec()).unwrap()
        };
        assert_eq!(reply(b"GET / HTTP/1.1\n"), HTTP_ANSWER);
        assert_eq!(reply(b"HEAD / HTTP/1.1\n"), format!("{head}\r\n\r\n"));
        assert_eq!(reply(b"SSH-2.0-x\r\n"), "");
    }

    /// What matters somewhere in a first line.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        const PIECES: [&[u8]; 17] = [
            b" ",
            b"\n",
            b"\r",
            b"\0",
            b"GET",
            b" HTTP/1.1",
            b"SSH-2",
            b"HELO x",
            b"\x16",
            b"\x03",
            b"\xff\xfd\x06",
            b"\xff\xfa\x18",
            b"\xff",
            b"\xf0",
            b"ana",
            &[b' '; MAX],
            &[b'X'; MAX],
        ];
        let piece = prop::sample::select(PIECES.as_slice());
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn telnet_does_not_hide_what_the_line_is() {
        for hidden in [&b"POST /?\xff HTTP/1.1\r\n"[..], b"POST /?\xff\xfb HTTP/1.1\r\n"] {
            let steps = steps(&[&[hidden, b"\r\nmallory\nhello\n"].concat()]).join(" ");
            assert!(steps.contains("why: Foreign(Http)") && !steps.contains("mallory"), "{steps}");
        }
        let steps =
            steps(&[b"POST /?\xff\xfa HTTP/1.1\r\n\r\n\xff\xf0\nmallory\nhello\n"]).join(" ");
        assert!(steps.contains("why: Foreign(Binary)") && !steps.contains("mallory"), "{steps}");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_steps(bytes in bytes(), cuts in prop::collection::vec(0..300usize, 0..6)) {
            let chunks = pieces(&bytes, cuts);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            let whole = steps(&[&bytes]);
            prop_assert_eq!(steps(&chunks), &*whole);
            prop_assert_eq!(steps(&single), &*whole);
            // The peer is spoken to once, before anything else, unless it is only sent away.
            let detected = whole.iter().position(|step| step.starts_with("Detected"));
            let first = whole.iter().position(|step| step != "Incomplete" && !step.starts_with("End"));
            prop_assert_eq!(detected, first);
            prop_assert!(whole.iter().filter(|step| step.starts_with("Detected")).count() <= 1);
        }
    }
}
