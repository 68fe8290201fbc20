//! What a client got, line by line.

use super::client::Client;

/// A line, or what telnet is told between lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Line(String),
    Telnet([u8; 3]),
}

#[derive(Debug)]
pub(crate) struct Transcript {
    /// What came, each with the position of its end.
    pub(crate) items: Vec<(Item, usize)>,
    /// The last line is not whole.
    pub(crate) is_cut: bool,
}

impl Transcript {
    /// # Panics
    ///
    /// If something is there that could harm a terminal, or a line has neither the client's end nor
    /// the one of telnet.
    pub(crate) fn new(bytes: &[u8], client: &Client) -> Self {
        let mut items = Vec::new();
        let mut rest = bytes;
        let mut is_own_end_known = false;
        while let Some(&first) = rest.first() {
            if let (255, Some(&telnet)) = (first, rest.first_chunk()) {
                rest = &rest[3..];
                items.push((Item::Telnet(telnet), bytes.len() - rest.len()));
                continue;
            }
            let Some(length) = rest.iter().position(|byte| b"\r\n".contains(byte)) else { break };
            let (line, after) = rest.split_at(length);
            let end = if after.starts_with(b"\r\n") { 2 } else { 1 };
            let is_cut_end = after == b"\r";
            let is_own_end = &after[..end] == client.line_end;
            let is_right = is_own_end || (&after[..end] == b"\r\n" && !is_own_end_known);
            is_own_end_known |= is_own_end;
            assert!(
                is_right || is_cut_end || client.is_garbled || client.foreign().is_some(),
                "a line ends with {:?} for a client that ends its own with {:?}",
                &after[..end],
                client.line_end
            );
            let line = std::str::from_utf8(line).expect("UTF-8");
            assert!(!line.contains(is_harmful), "harmful text: {line:?}");
            rest = &after[end..];
            items.push((Item::Line(line.into()), bytes.len() - rest.len()));
        }
        Self { items, is_cut: !rest.is_empty() }
    }
}

fn is_harmful(c: char) -> bool {
    let is_bidi =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\t') || is_bidi
}
