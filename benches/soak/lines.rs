//! Bytes into lines, whatever ends them, and what the lines of the server say.

/// What everybody is told at the end.
pub(crate) const STOPPING: &[u8] = b"*** server is stopping";

pub(crate) fn is_break(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'\r' | b'\n'))
}

pub(crate) fn is_notice(line: &[u8]) -> bool {
    line.starts_with(b"*** ")
}

/// How many bytes are ends of lines: whatever they are for this client, no line is empty.
pub(crate) fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_break(Some(byte))).count()
}

pub(crate) fn whole_line(bytes: &[u8]) -> Option<&[u8]> {
    let length = bytes.iter().position(|byte| is_break(Some(byte)))?;
    Some(&bytes[..length])
}

/// The `count` lines after the first, and the length of all.
pub(crate) fn block(bytes: &[u8], count: usize) -> Option<(Vec<&[u8]>, usize)> {
    let mut used = whole_line(bytes)?.len();
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        used += line_breaks(&bytes[used..]);
        let line = whole_line(&bytes[used..])?;
        used += line.len();
        lines.push(line);
    }
    Some((lines, used))
}

/// The number in `*** 20 earlier messages, …`.
pub(crate) fn history_count(line: &[u8]) -> Option<usize> {
    let text = str::from_utf8(line).ok()?.strip_prefix("*** ")?;
    if text == "No earlier messages." {
        return Some(0);
    }
    let (count, _) = text.split_once(" earlier message")?;
    count.parse().ok()
}

/// The number in `*** 20 here: …`.
pub(crate) fn here_count(line: &[u8]) -> Option<usize> {
    let text = str::from_utf8(line).ok()?.strip_prefix("*** ")?;
    let (count, _) = text.split_once(" here: ")?;
    count.parse().ok()
}

/// A line as it may stand in a message about it.
pub(crate) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let short: String = text.chars().take(100).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}
