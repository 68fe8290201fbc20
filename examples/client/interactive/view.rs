//! What stands on the screen: lines that were shown, and the live area.

use std::time::Instant;

use chatd::clock::Timestamp;

use super::Interactive;
use super::link::{Link, Place, Speech};
use crate::client::irc::is_room;
use crate::client::screen::{Kept, wrap};
use crate::client::style::{self, Painted};
use crate::client::visible::{truncated, visible, width, without_tabs};

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
        self.show_in(self.windows.shown, Some(self.time), line, None);
    }

    /// Shows a line of the past. When it was said only the server knows, and tells in its own way.
    pub(super) fn show_earlier(&mut self, line: Painted) {
        self.show_in(self.windows.shown, None, line, None);
    }

    /// Shows a line in one of the windows.
    pub(super) fn show_in(
        &mut self,
        index: usize,
        at: Option<Timestamp>,
        line: Painted,
        id: Option<String>,
    ) {
        let plain = style::plain(&line.text);
        let kept = self.kept(at, line, id);
        let window = &mut self.windows.all[index];
        if index == self.windows.shown {
            self.shown.push(plain);
            return self.screen.print(kept);
        }
        let mark = if is_room(&window.name) { &window.name } else { "private" };
        self.shown.push(format!("({mark}) {plain}"));
        window.scrollback.push(kept, 0);
    }

    /// The line as it is kept, with the time of day.
    pub(super) fn kept(&self, at: Option<Timestamp>, line: Painted, id: Option<String>) -> Kept {
        let time = match (&self.options.zone, at) {
            (None, _) => String::new(),
            (Some(_), None) => "      ".to_owned(),
            (Some(zone), Some(at)) => format!("{} ", zone.time(at)),
        };
        let indent = width(&time) + line.indent;
        let text = if time.is_empty() { line.text } else { style::dim(&time) + &line.text };
        Kept { text: without_tabs(&text), indent, id }
    }

    pub(super) fn prompt(&self) -> String {
        if !self.is_asking_nick() {
            return self.nick.as_ref().map_or_else(String::new, |nick| format!("{nick}> "));
        }
        let offered = self.nick_default().map(|default| format!("nickname [{default}]: "));
        offered.filter(|prompt| self.screen.has_room_for(prompt)).unwrap_or("nickname: ".to_owned())
    }

    /// What is said and not confirmed: as it will stand above, and dim.
    pub(super) fn pending(&self) -> Vec<String> {
        let me = self.nick.as_deref().unwrap_or_default();
        let lines = self.unconfirmed.lines().iter().map(|pending| visible(&pending.line(me)));
        lines.flat_map(|line| wrap(&line, self.screen.columns(), 0)).collect()
    }

    /// The title of the terminal's window: how often this user was spoken to, and where one is.
    pub(super) fn title(&self) -> String {
        let mentions: usize = self.windows.all.iter().map(|window| window.mentions).sum();
        let shown = &self.windows.shown().name;
        let place = if shown.is_empty() { &self.options.server } else { shown };
        if mentions == 0 { place.clone() } else { format!("({mentions}) {place}") }
    }

    /// The rows above the line being typed: where one is, and what can be done about it.
    pub(crate) fn status(&mut self, now: Instant) -> Vec<String> {
        let mut rows: Vec<Vec<String>> =
            self.windows.list().map(|list| vec![list]).into_iter().collect();
        let lost = self.unconfirmed.lost();
        if self.unconfirmed.is_offered() {
            let lines = if lost == 1 { "1 line is" } else { &format!("{lost} lines are") };
            rows.push(vec![format!("{lines} not confirmed: Enter says it again, Esc drops it")]);
        }
        let below = self.screen.rows_below();
        if below > 0 {
            rows.push(vec![format!("{below} rows below, PageDown: on, Esc: to the end")]);
        }
        rows.push(self.standing(now));
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
            let window = self.windows.shown();
            parts.push(match &self.place {
                _ if is_room(&window.name) && !window.is_joined => {
                    format!("not in {}", window.name)
                }
                _ if is_room(&window.name) => window.name.clone(),
                _ if !window.name.is_empty() => format!("private talk with {}", window.name),
                _ if matches!(self.speech, Speech::Irc(_)) => "in no room".to_owned(),
                Place::Room(room) if !self.is_elsewhere => room.clone(),
                Place::Nowhere => "in no room".to_owned(),
                Place::Home | Place::Room(_) => "home room".to_owned(),
            });
            parts.extend(window.roster.people().map(|people| match people {
                1 => "1 person".to_owned(),
                people => format!("{people} people"),
            }));
        }
        if self.link == Link::Unnamed {
            parts.push("no nickname yet".to_owned());
        }
        parts.push(self.link.status(&self.options.server, now));
        let topic = &self.windows.shown().topic;
        if !topic.is_empty() {
            let used = width(&visible(&parts.join(BETWEEN))) + width(BETWEEN);
            let left = self.screen.columns().saturating_sub(used);
            parts.extend(
                Some(truncated(&visible(topic), left).to_owned()).filter(|it| !it.is_empty()),
            );
        }
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
