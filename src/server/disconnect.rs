//! Why connections end.

use std::fmt;
use std::io::{self, ErrorKind};

use crate::chat::event::Farewell;
use crate::chat::text::TextBuf;
use crate::stream::Stream;
use crate::wire::Ending;
use crate::wire::websocket::CloseCode;

/// Whether a stream broke, and how that was noticed.
///
/// The system tells an error once, to whichever call comes first. After that a read shows the end of
/// a stream that the peer never ended, and a write a broken pipe. So why a stream broke depends on
/// who was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Failure {
    /// As far as is known it works.
    #[default]
    None,
    /// An event said so. Nobody was told why.
    Event,
    /// A write was told this.
    Write(ErrorKind),
}

impl Failure {
    /// Whether the stream is broken: there is at most something left to read.
    pub(crate) fn is_noticed(self) -> bool {
        self != Self::None
    }

    /// What the end of the stream means that a read shows; nothing, if the peer ended it. A broken
    /// pipe is what a write meets behind the end of the peer's stream.
    pub(crate) fn cut_off(self) -> Option<ErrorKind> {
        match self {
            Self::Write(kind) if kind != ErrorKind::BrokenPipe => Some(kind),
            Self::None | Self::Event | Self::Write(_) => None,
        }
    }

    /// Why the stream broke, for whoever will neither read nor write any more.
    pub(crate) fn reason(self, stream: &mut impl Stream) -> Option<ErrorKind> {
        let noticed = match self {
            Self::None => None,
            Self::Event => Some(ErrorKind::ConnectionReset),
            Self::Write(kind) => Some(kind),
        };
        stream.take_error().or(noticed)
    }
}

/// Why a connection ends: what the log says, and what the others are told, come from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Disconnect {
    /// It asked to, perhaps saying why.
    Quit(Option<TextBuf>),
    /// It ended its stream.
    EndOfStream,
    /// The stream failed.
    Failed(ErrorKind),
    /// It did not read what was sent: so many bytes wait.
    TooSlow(usize),
    /// It took no nickname.
    Nameless,
    /// Its protocol ends so.
    Protocol(Ending),
    /// The chat wanted it to leave.
    Expelled {
        /// Why, without the text.
        why: Farewell<'static>,
        /// The text that belongs to it.
        text: Option<TextBuf>,
    },
}

impl Disconnect {
    /// The chat wants somebody to leave.
    pub(crate) fn expelled(why: Farewell<'_>) -> Self {
        let (why, text) = match why {
            Farewell::Quit(text) => (Farewell::Quit(None), text.map(TextBuf::from)),
            Farewell::Ended => (Farewell::Ended, None),
            Farewell::Lost => (Farewell::Lost, None),
            Farewell::TooSlow => (Farewell::TooSlow, None),
            Farewell::TimedOut => (Farewell::TimedOut, None),
            Farewell::NicknamesRefused(count) => (Farewell::NicknamesRefused(count), None),
        };
        Self::Expelled { why, text }
    }

    /// Whether what is queued is still sent.
    pub(crate) fn is_polite(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::TooSlow(_))
    }

    /// What the last frame says, if it is a WebSocket that ends so. Nothing, if nothing more is sent, or its
    /// protocol has said goodbye already.
    pub(crate) fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Protocol(_) | Self::Failed(_) | Self::TooSlow(_) => None,
            Self::Quit(_) | Self::EndOfStream => Some(CloseCode::NORMAL),
            Self::Nameless | Self::Expelled { .. } => Some(CloseCode::POLICY),
        }
    }

    /// What the others are told.
    pub(crate) fn farewell(&self) -> Farewell<'_> {
        match self {
            Self::Quit(text) | Self::Expelled { why: Farewell::Quit(_), text } => {
                Farewell::Quit(text.as_ref().map(TextBuf::as_text))
            }
            Self::Expelled { why, .. } => *why,
            Self::Failed(
                ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable,
            ) => Farewell::TimedOut,
            Self::EndOfStream | Self::Protocol(Ending::Closed) => Farewell::Ended,
            // Nobody is told of those who had no nickname.
            Self::Failed(_) | Self::Nameless | Self::Protocol(_) => Farewell::Lost,
            Self::TooSlow(_) => Farewell::TooSlow,
        }
    }
}

impl From<io::Error> for Disconnect {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.kind())
    }
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Why somebody quits is something said, and does not belong in a log.
            Self::Quit(_) => f.write_str("quit"),
            Self::EndOfStream => f.write_str("connection closed by peer"),
            Self::Failed(kind) => write!(f, "{kind}"),
            Self::TooSlow(bytes) => write!(f, "too slow: {bytes} bytes unsent"),
            Self::Nameless => f.write_str("no nickname in time"),
            Self::Protocol(Ending::Foreign(protocol)) => write!(f, "speaks {protocol}, not chat"),
            Self::Protocol(Ending::Answered(status)) => write!(f, "HTTP {status}"),
            Self::Protocol(Ending::Closed) => f.write_str("closed its WebSocket"),
            Self::Protocol(Ending::Violation) => f.write_str("no WebSocket is spoken like that"),
            Self::Expelled { why: Farewell::NicknamesRefused(count), .. } => {
                write!(f, "{count} nicknames refused")
            }
            Self::Expelled { .. } => f.write_str("expelled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::text::Text;

    #[test]
    fn whoever_is_expelled_leaves_as_the_chat_said() {
        let mut scratch = String::new();
        let text = Some(Text::parse(b"go away", &mut scratch));
        for why in [
            Farewell::Quit(text),
            Farewell::Quit(None),
            Farewell::Ended,
            Farewell::Lost,
            Farewell::TooSlow,
            Farewell::TimedOut,
            Farewell::NicknamesRefused(20),
        ] {
            let disconnect = Disconnect::expelled(why);
            assert_eq!(disconnect.farewell(), why);
            assert!(disconnect.is_polite(), "what is queued for it is sent");
        }
    }
}
