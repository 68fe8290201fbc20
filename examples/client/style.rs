//! How lines look: a colour per nickname, dim server lines, marked mentions and private messages.

use chatd::chat::text::Text;

use crate::client::commands::command;
use crate::client::protocol::ServerLine;
use crate::client::visible::{visible, width};

/// Colours of the 256-colour palette that stand out from black and from white alike.
const NICK_COLORS: [u8; 12] = [27, 28, 30, 31, 62, 64, 99, 130, 133, 161, 164, 166];

const ESC: char = '\x1b';
const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const REVERSE: &str = "\x1b[7m";

/// How lines begin that nobody in the room says.
const MARK: &str = "*** ";

/// A line ready for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Painted {
    /// The text with our own attributes, and no other control characters but tabs.
    pub(crate) text: String,
    /// The columns before what is said: where the next row of a long line begins.
    pub(crate) indent: usize,
    /// Whether it speaks to this user: a mention or a private message.
    pub(crate) alert: bool,
}

/// Colours or not; bold, dim and reverse mark things in either case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) color: bool,
}

impl Style {
    /// Paints a line from the server, which means `parsed`, for the user called `me`.
    pub(crate) fn server_line(
        self,
        line: Text<'_>,
        parsed: &ServerLine<'_>,
        me: Option<&str>,
    ) -> Painted {
        let concerns_me = |text| me.is_some_and(|me| mentions(text, me));
        match *parsed {
            ServerLine::Said { nick, text } => {
                self.message("", nick, ": ", text, concerns_me(text))
            }
            ServerLine::Acted { nick, text } => {
                self.message("* ", nick, " ", text, concerns_me(text))
            }
            ServerLine::Elsewhere { room, is_action, nick, text } => {
                let (star, between) = if is_action { ("* ", " ") } else { ("", ": ") };
                let mark = format!("{DIM}({room}){RESET} {star}");
                self.message(&mark, nick, between, text, concerns_me(text))
            }
            ServerLine::Private { nick, text } => {
                let mark = format!("{REVERSE}(private){RESET} ");
                self.message(&mark, nick, ": ", text, true)
            }
            ServerLine::PrivateSent { nick, to, text } => {
                let mark = format!("{REVERSE}(private to {to}){RESET} ");
                self.message(&mark, nick, ": ", text, false)
            }
            ServerLine::Unknown => {
                Painted { text: line.as_str().to_owned(), indent: 0, alert: false }
            }
            ServerLine::Greeting
            | ServerLine::Refused { .. }
            | ServerLine::Welcome { .. }
            | ServerLine::Joined(_)
            | ServerLine::Left(_)
            | ServerLine::Renamed { .. }
            | ServerLine::Counted(_)
            | ServerLine::TalksIn { .. }
            | ServerLine::Earlier(_)
            | ServerLine::Notice => {
                let text = format!("{DIM}{}{RESET}", line.as_str());
                Painted { text, indent: width(MARK), alert: false }
            }
        }
    }

    /// Paints what the user typed and the server sends to the others only.
    pub(crate) fn echo(self, typed: &str, me: &str) -> Painted {
        let typed = visible(typed);
        let (mark, between, text) = match command(&typed) {
            Some(word) if word.eq_ignore_ascii_case("me") => {
                ("* ", " ", typed["/me".len()..].trim())
            }
            Some(_) => {
                return Painted { text: format!("{DIM}{typed}{RESET}"), indent: 0, alert: false };
            }
            // `//text` says `/text`.
            None => ("", ": ", typed.strip_prefix('/').unwrap_or(&typed)),
        };
        self.message(mark, me, between, text, false)
    }

    fn message(self, mark: &str, nick: &str, between: &str, text: &str, alert: bool) -> Painted {
        let (color, color_end) = if self.color {
            (format!("\x1b[38;5;{}m", nick_color(nick)), RESET)
        } else {
            (String::new(), "")
        };
        let (bold, bold_end) = if alert { (BOLD, RESET) } else { ("", "") };
        let indent = width(&plain(mark)) + width(nick) + width(between);
        let text = format!("{mark}{color}{nick}{color_end}{between}{bold}{text}{bold_end}");
        Painted { text, indent, alert }
    }
}

/// Paints what the client itself has to say.
pub(crate) fn notice(text: &str) -> Painted {
    let text = format!("{BOLD}{MARK}{}{RESET}", visible(text));
    Painted { text, indent: width(MARK), alert: false }
}

/// Paints what matters less: the time of day, or what is not confirmed.
pub(crate) fn dim(text: &str) -> String {
    format!("{DIM}{text}{RESET}")
}

/// The text that was painted, without our attributes.
pub(crate) fn plain(painted: &str) -> String {
    pieces(painted).filter(|piece| !piece.starts_with(ESC)).collect()
}

/// The attributes in what was painted and the text between them, in turn.
pub(crate) fn pieces(painted: &str) -> impl Iterator<Item = &str> {
    let mut rest = painted;
    std::iter::from_fn(move || {
        let end = match rest.find(ESC) {
            Some(0) => rest.find('m').map_or(rest.len(), |last| last + 1),
            at => at.unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Paints a row of status.
pub(crate) fn status(text: &str) -> String {
    format!("{BOLD}{text}{RESET}")
}

/// The same colour for the same name, today and tomorrow: FNV-1a, not the standard hasher.
fn nick_color(nick: &str) -> u8 {
    let hash = nick.to_lowercase().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of FNV alone spread short names poorly.
    let folded = usize::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or(0);
    NICK_COLORS[folded % NICK_COLORS.len()]
}

/// Whether `text` has `me` in it as a word of its own.
fn mentions(text: &str, me: &str) -> bool {
    let (text, me) = (text.to_lowercase(), me.to_lowercase());
    !me.is_empty()
        && text.match_indices(&me).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + me.len()..].chars().next();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOR: Style = Style { color: true };
    const PLAIN: Style = Style { color: false };

    fn painted(style: Style, line: &str, me: Option<&str>) -> Painted {
        let mut scratch = String::new();
        let line = Text::parse(line.as_bytes(), &mut scratch);
        style.server_line(line, &ServerLine::parse(line.as_str()), me)
    }

    /// Relative luminance of a colour of the 6×6×6 cube, by WCAG 2.
    fn luminance(color: u8) -> f64 {
        let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
        let cube = color - 16;
        let linear = |n: u8| {
            let c = f64::from(level(n)) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(cube / 36) + 0.7152 * linear(cube / 6 % 6) + 0.0722 * linear(cube % 6)
    }

    #[test]
    fn nick_colors_are_readable_on_black_and_on_white() {
        for color in NICK_COLORS {
            let luminance = luminance(color);
            let (on_black, on_white) = ((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05));
            assert!(on_black >= 3.6 && on_white >= 3.6, "{color}: {on_black:.1} {on_white:.1}");
        }
    }

    #[test]
    fn nick_colors_are_stable_and_differ() {
        assert_eq!(nick_color("ana"), nick_color("ANA"));
        let used: std::collections::HashSet<u8> =
            (0..200).map(|n| nick_color(&format!("user{n}"))).collect();
        assert_eq!(used.len(), NICK_COLORS.len());
    }

    #[test]
    fn mentions_are_whole_words() {
        for text in ["ana: oi", "oi, Ana!", "(ana)", "ana"] {
            assert!(mentions(text, "ana"), "{text}");
        }
        for text in ["banana", "anabel", "oi"] {
            assert!(!mentions(text, "ana"), "{text}");
        }
    }

    #[test]
    fn what_concerns_the_user_is_marked() {
        let me = Some("ana");
        let mention = painted(PLAIN, "bia: oi ana", me);
        let text = "bia: \x1b[1moi ana\x1b[0m".into();
        assert_eq!(mention, Painted { text, indent: 5, alert: true });
        let elsewhere = painted(PLAIN, "(#dev) * bia pokes ana", me);
        assert_eq!(elsewhere.text, "\x1b[2m(#dev)\x1b[0m * bia \x1b[1mpokes ana\x1b[0m");
        assert_eq!((elsewhere.indent, elsewhere.alert), (13, true));
        let private = painted(PLAIN, "(private) bia: oi", me);
        assert_eq!(private.text, "\x1b[7m(private)\x1b[0m bia: \x1b[1moi\x1b[0m");
        assert!(private.alert);
        let sent = painted(PLAIN, "(private to bia) ana: oi", me);
        assert_eq!(
            sent,
            Painted {
                text: "\x1b[7m(private to bia)\x1b[0m ana: oi".into(),
                indent: 22,
                alert: false
            }
        );
        assert_eq!(painted(PLAIN, "*** bia joined", me).text, "\x1b[2m*** bia joined\x1b[0m");
        assert!(!painted(PLAIN, "*** ana is now x", me).alert);
    }

    #[test]
    fn without_colour_a_message_is_just_its_text() {
        assert_eq!(painted(PLAIN, "bia: oi", None).text, "bia: oi");
        assert!(painted(COLOR, "bia: oi", None).text.starts_with("\x1b[38;5;"));
    }

    #[test]
    fn an_echo_looks_as_the_others_see_it() {
        assert_eq!(PLAIN.echo("oi", "ana").text, "ana: oi");
        assert_eq!(PLAIN.echo("/ME waves", "ana").text, "* ana waves");
        assert_eq!(PLAIN.echo("//shrug", "ana").text, "ana: /shrug");
        assert_eq!(PLAIN.echo(" /who", "ana").text, "ana:  /who");
        assert_eq!(PLAIN.echo("/who", "ana").text, "\x1b[2m/who\x1b[0m");
    }
}
