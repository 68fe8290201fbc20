//! What stands in the live area of the screen.

use std::time::Instant;

use super::Interactive;
use super::link::Link;

/// How many lines of a paste are shown when asking about it.
const PASTE_ROWS_MAX: usize = 3;

impl Interactive {
    pub(super) fn prompt(&self) -> String {
        if !self.is_asking_nick() {
            return self.nick.as_ref().map_or_else(String::new, |nick| format!("{nick}> "));
        }
        let offered = self.nick_default().map(|default| format!("nickname [{default}]: "));
        offered.filter(|prompt| self.screen.has_room_for(prompt)).unwrap_or("nickname: ".to_owned())
    }

    pub(super) fn status(&mut self, now: Instant) -> Vec<String> {
        let mut rows = Vec::new();
        if self.leaving {
            rows.push("leaving when all is sent, Ctrl-C leaves at once".to_owned());
        } else {
            rows.extend(self.link.status(&self.options.server, now));
        }
        if self.keys.is_pasting() {
            rows.push("pasting …, Ctrl-C drops it".to_owned());
        }
        if let Some(paste) = self.editor.pending_paste() {
            let cut = if paste.truncated { ", cut because there were more" } else { "" };
            let count = paste.lines.len();
            let yes = if self.link == Link::Named { "Enter sends them, " } else { "" };
            rows.push(format!("{count} lines pasted{cut}: {yes}Esc drops them"));
            rows.extend(paste.lines.iter().take(PASTE_ROWS_MAX).map(|line| format!("| {line}")));
            if count > PASTE_ROWS_MAX {
                rows.push(format!("| … and {} more", count - PASTE_ROWS_MAX));
            }
        }
        rows
    }
}
