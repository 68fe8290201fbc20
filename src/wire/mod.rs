//! Which protocol a peer speaks, and the way from its bytes to [`Command`]s and from [`Event`]s and
//! [`Answer`](crate::chat::answer::Answer)s to bytes.
//!
//! Nothing here knows a socket or a clock. A new protocol is a variant of [`Decoder`], one of
//! [`Format`], and a module.
#![deny(clippy::disallowed_types)]

pub mod detect;
pub mod http;
pub mod irc;
pub mod page;
mod refusal;
pub mod text;
mod time;
pub mod websocket;

use std::mem;
use std::sync::Arc;

use crate::chat::answer::Refusal;
use crate::chat::command::Command;
use crate::chat::event::Event;
use crate::chat::text::Text;
use detect::{Detector, Foreign, Look};
use http::{RequestDecoder, WebRules};
use irc::caps::Caps;
use irc::decode::IrcDecoder;
use irc::own::Own;
use irc::{Framing, Identity, IrcVariant};
use text::{LineEnd, TextDecoder};

/// What a decoder makes of the bytes it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// All bytes are taken; more are needed.
    Incomplete,
    /// The protocol is known now, and with it how to answer.
    Detected,
    /// Somebody asks for something.
    Command(Command<'a>),
    /// Somebody wants to leave, perhaps saying why.
    Quit(Option<Text<'a>>),
    /// What was asked for is no command that the chat could follow.
    Refused(Refusal<'a>),
    /// The protocol itself wants these bytes sent back.
    Reply(&'a [u8]),
    /// A line means something to the protocol alone.
    Irc(Own<'a>),
    /// A line that means nothing.
    Skip,
    /// Nothing is asked for, but the peer shows that it is there.
    Alive,
    /// A request has begun: its peer is a browser, or something like that.
    Requested,
    /// A request for the page, and so the last thing that counts.
    Page {
        /// What is sent before the page.
        head: &'a [u8],
        /// Whether the page itself is sent.
        has_body: bool,
    },
    /// The protocol ends here. The peer is sent these bytes, and nothing that it sends counts from here on.
    End {
        /// An answer in its own protocol, if it is to have one.
        reply: &'a [u8],
        /// Why.
        why: Ending,
    },
}

/// Why a protocol ends, and the connection with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The protocol is not spoken here.
    Foreign(Foreign),
    /// The only request is answered, with this status.
    Answered(u16),
    /// The peer has closed, as its protocol has it.
    Closed,
    /// The peer sent what its protocol forbids.
    Violation,
}

/// Which protocols are spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocols {
    /// Lines of text.
    pub text: bool,
    /// Lines of IRC.
    pub irc: bool,
    /// HTTP, for the page, and IRC in a WebSocket, for those whom these rules allow.
    pub web: Option<Arc<WebRules>>,
}

impl Default for Protocols {
    /// All.
    fn default() -> Self {
        Self { text: true, irc: true, web: Some(Arc::default()) }
    }
}

/// One peer's decoder: its state between two reads.
#[derive(Debug)]
pub enum Decoder {
    /// Before the end of the first line: the peer may speak any protocol. Boxed, as it takes more
    /// than what comes after it, and soon goes.
    Detect(Box<Detector>),
    /// Lines of text, as a person types them into netcat or telnet.
    Text(TextDecoder),
    /// Lines of IRC. Boxed, as it takes more than text does.
    Irc(Box<IrcDecoder>),
    /// The head of a request.
    Http(Box<RequestDecoder>),
    /// Nothing that counts.
    Ended,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::Detect(Box::default())
    }
}

impl Decoder {
    /// The decoder of a peer that may speak one of these protocols.
    #[must_use]
    pub fn new(spoken: Protocols) -> Self {
        Self::Detect(Box::new(Detector::new(spoken)))
    }

    /// Takes bytes from the front of `input`, up to the next step. Also tells how to answer from
    /// here on.
    ///
    /// However the same bytes are split over calls, the steps are the same ([`Step::Incomplete`]
    /// left out). `named` tells whether the session has a nickname: a line of one who has none
    /// is one. `scratch` may come to hold what the step borrows.
    pub fn step<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        named: bool,
        line_bytes_max: usize,
        scratch: &'a mut String,
    ) -> (Step<'a>, Format) {
        if let Self::Detect(detector) = self {
            let look = detector.look(input, line_bytes_max);
            let format = if let Look::Irc { .. } = look {
                Format::Irc { caps: Caps::NONE, framing: Framing::Line }
            } else {
                Format::Text(detector.text().lines.end())
            };
            match self.conclude(look) {
                Some(step @ Step::End { .. }) => return (step, Format::default()),
                Some(step) => return (step, format),
                None => {}
            }
        }
        if let Self::Http(request) = self
            && let Some(kind) = request.upgraded()
        {
            let decoder = IrcDecoder::in_messages(kind);
            let format = decoder.format();
            *self = Self::Irc(Box::new(decoder));
            return (Step::Detected, format);
        }
        let (step, end) = match self {
            Self::Detect(detector) => {
                // What follows the line end is still to be looked at.
                let (mut line_end, rest) = input.split_at(1);
                *input = rest;
                detector.text().step(&mut line_end, named, line_bytes_max, scratch)
            }
            Self::Text(decoder) => decoder.step(input, named, line_bytes_max, scratch),
            Self::Irc(decoder) => {
                let known = decoder.advance(input, named);
                let format = decoder.format();
                return (known.unwrap_or_else(|| decoder.step(named, scratch)), format);
            }
            Self::Http(request) => (request.step(input), LineEnd::default()),
            Self::Ended => {
                *input = &[];
                (Step::Incomplete, LineEnd::default())
            }
        };
        (step, Format::Text(end))
    }

    /// What follows from what was found. `None` if lines of text do.
    fn conclude(&mut self, look: Look) -> Option<Step<'static>> {
        Some(match look {
            Look::Incomplete => Step::Incomplete,
            Look::Detected => Step::Detected,
            Look::TooLong(limit) => Step::Refused(Refusal::LineTooLong(limit)),
            Look::Answer(bytes) => Step::Reply(bytes),
            Look::Blank => return None,
            Look::Irc { is_greeted } => {
                if let Self::Detect(detector) = self {
                    let lines = mem::take(&mut detector.text().lines);
                    *self = Self::Irc(Box::new(IrcDecoder::in_lines(lines.without_telnet())));
                }
                return (!is_greeted).then_some(Step::Detected);
            }
            Look::Request => {
                if let Self::Detect(detector) = self
                    && let Some(request) = detector.request()
                {
                    *self = Self::Http(Box::new(request));
                }
                return None;
            }
            Look::Over => {
                if let Self::Detect(detector) = self {
                    *self = Self::Text(mem::take(detector.text()));
                }
                return None;
            }
            Look::End { reply, why } => {
                *self = Self::Ended;
                Step::End { reply, why: Ending::Foreign(why) }
            }
        })
    }

    /// The peer speaks text: it was silent for so long that it is a person, waiting to be spoken
    /// to. If its first line shows that it does not, it still ends.
    pub fn assume_text(&mut self) {
        if let Self::Detect(detector) = self {
            detector.assume_text();
        }
    }

    /// Whether it has the beginning of a line, which the end of the stream makes a whole one.
    #[must_use]
    pub fn is_within_line(&self) -> bool {
        match self {
            Self::Detect(detector) => detector.is_within_line(),
            Self::Text(decoder) => decoder.lines.is_within_line(),
            Self::Irc(decoder) => decoder.is_within_line(),
            Self::Http(_) | Self::Ended => false,
        }
    }

    /// The peer will send no more: what it sent without an end counts as a line. To be called until
    /// it is [`Step::Incomplete`].
    pub fn finish<'a>(&'a mut self, named: bool, scratch: &'a mut String) -> Step<'a> {
        if let Self::Detect(detector) = self
            && let Some(step) = detector.finish().and_then(|look| self.conclude(look))
        {
            return step;
        }
        match self {
            Self::Detect(detector) => detector.text().finish(named, scratch),
            Self::Text(decoder) => decoder.finish(named, scratch),
            Self::Irc(decoder) => {
                decoder.advance(&mut &[][..], named).unwrap_or_else(|| decoder.step(named, scratch))
            }
            Self::Http(_) | Self::Ended => Step::Incomplete,
        }
    }
}

/// How to write for a peer: all that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines of text with this end.
    Text(LineEnd),
    /// Lines of IRC.
    Irc {
        /// As was agreed.
        caps: Caps,
        /// What stands around them.
        framing: Framing,
    },
}

impl Default for Format {
    fn default() -> Self {
        Self::Text(LineEnd::default())
    }
}

impl Format {
    /// How events are written for it; `is_focused` tells whether they happen in the room where it
    /// talks.
    #[must_use]
    pub fn variant(self, is_focused: bool) -> Variant {
        match self {
            Self::Text(end) => Variant::Text { end, is_marked: !is_focused },
            Self::Irc { caps, framing } => Variant::Irc(IrcVariant::of(caps, framing)),
        }
    }

    /// Whether it is told of an event at all.
    #[must_use]
    pub fn wants(self, event: &Event<'_>) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Irc { caps, .. } => caps.has(irc::needs(event)),
        }
    }
}

/// The part of a [`Format`] that the bytes of an [`Event`] depend on: an event is written once for
/// all hearers with the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Lines of text.
    Text {
        /// How they end.
        end: LineEnd,
        /// They say in which room it happens.
        is_marked: bool,
    },
    /// Lines of IRC.
    Irc(IrcVariant),
}

impl Variant {
    const TEXTS: usize = 6;

    /// How many there are.
    pub const COUNT: usize = Self::TEXTS + IrcVariant::COUNT;

    /// A number of its own, below [`Variant::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Text { end, is_marked } => 2 * end as usize + usize::from(is_marked),
            Self::Irc(variant) => Self::TEXTS + variant.index(),
        }
    }

    /// Appends an event to `out`.
    pub fn event(self, event: &Event<'_>, identity: &Identity, out: &mut Vec<u8>) {
        match self {
            Self::Irc(variant) => variant.event(event, identity, out),
            Self::Text { end, is_marked } => text::event(event, is_marked, end, out),
        }
    }
}

/// Bytes as they may be received: cut at these places, as far as there are such.
#[cfg(test)]
fn pieces(bytes: &[u8], cuts: Vec<usize>) -> Vec<&[u8]> {
    let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect()
}
