//! What stands on the screen: lines that were shown, and the live area.

use std::time::Instant;

use super::Interactive;
use super::link::{Link, Place};
use crate::client::screen::wrap;
use crate::client::style::{self, Painted};
use crate::client::visible::{truncated, visible, width};

/// What stands between the parts of a row of status.
const BETWEEN: &str = " | ";

/// How many lines of a paste are shown when asking about it.
const PASTE_ROWS_MAX: usize = 3;

impl Interactive {
    /// Shows what the client itself has to say.
    pub(super) fn notice(&mut self, text: &str) {
        self.show(style::notice(text));
    }

    /// Shows a line of this moment, with the time.
    pub(super) fn show(&mut self, line: Painted) {
        let time = self.options.zone.as_ref().map(|zone| format!("{} ", zone.time(self.time)));
        self.show_after(&time.unwrap_or_default(), line);
    }

    /// Shows a line of the past. When it was said only the server knows, and tells in its own way.
    pub(super) fn show_earlier(&mut self, line: Painted) {
        let blank = if self.options.zone.is_some() { "      " } else { "" };
        self.show_after(blank, line);
    }

    fn show_after(&mut self, time: &str, line: Painted) {
        self.shown.push(style::plain(&line.text));
        let text = if time.is_empty() { line.text } else { style::time(time) + &line.text };
        self.screen.print(&text, width(time) + line.indent);
    }

    pub(super) fn prompt(&self) -> String {
        if !self.is_asking_nick() {
            return self.nick.as_ref().map_or_else(String::new, |nick| format!("{nick}> "));
        }
        let offered = self.nick_default().map(|default| format!("nickname [{default}]: "));
        offered.filter(|prompt| self.screen.has_room_for(prompt)).unwrap_or("nickname: ".to_owned())
    }

    /// The rows above the line being typed: where one is, and what can be done about it.
    pub(crate) fn status(&mut self, now: Instant) -> Vec<String> {
        let mut rows = vec![self.standing(now)];
        rows.extend(self.link.why().map(|why| vec![why.to_owned()]));
        if self.keys.is_pasting() {
            rows.push(vec!["pasting …, Ctrl-C drops it".to_owned()]);
        }
        if let Some(paste) = self.editor.pending_paste() {
            let count = paste.lines.len();
            let yes = if self.link == Link::Named { "Enter sends, " } else { "" };
            rows.push(vec![format!("{count} lines pasted: {yes}Esc drops")]);
            if paste.truncated {
                rows.push(vec!["they are not all: there were too many".to_owned()]);
            }
            let shown = paste.lines.iter().take(PASTE_ROWS_MAX);
            let mut shown: Vec<_> = shown.map(|line| format!("| {line}")).collect();
            if count > PASTE_ROWS_MAX {
                shown.push(format!("| … and {} more", count - PASTE_ROWS_MAX));
            }
            let columns = self.screen.columns();
            let shown = shown.iter().map(|row| truncated(&visible(row), columns).to_owned());
            rows.extend(shown.map(|row| vec![row]));
        }
        rows.iter().flat_map(|parts| fit(parts, self.screen.columns())).collect()
    }

    /// The room, the people, the connection.
    fn standing(&mut self, now: Instant) -> Vec<String> {
        let mut parts = Vec::new();
        if self.is_leaving() {
            parts.push("leaving when all is sent, Ctrl-C: now".to_owned());
        }
        match self.outgoing.len() {
            0 => {}
            1 => parts.push("1 line waiting, Esc drops it".to_owned()),
            count => parts.push(format!("{count} lines waiting, Esc drops them")),
        }
        if self.link == Link::Named {
            parts.push(match &self.place {
                Place::Room(room) if !self.is_elsewhere => room.clone(),
                Place::Nowhere => "in no room".to_owned(),
                Place::Home | Place::Room(_) => "home room".to_owned(),
            });
            parts.extend(self.roster.people().map(|people| match people {
                1 => "1 person".to_owned(),
                people => format!("{people} people"),
            }));
        }
        if self.link == Link::Unnamed {
            parts.push("no nickname yet".to_owned());
        }
        parts.push(self.link.status(&self.options.server, now));
        parts
    }
}

/// A row of status in rows of the window. The first part, which may be advice, is there in full; of
/// the others those from the end are left out that would not fit.
fn fit(parts: &[String], columns: usize) -> Vec<String> {
    let shown = |count| visible(&parts[..count].join(BETWEEN));
    let fitting = (1..=parts.len()).rev().find(|&count| width(&shown(count)) <= columns);
    wrap(&shown(fitting.unwrap_or(1)), columns, 0)
}
