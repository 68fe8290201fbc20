//! The windows: one for each room and each private talk. One of them is shown.

use super::Interactive;
use super::past::Fetch;
use crate::client::editor::Line;
use crate::client::frontend::Actions;
use crate::client::irc::{Said, is_room, is_same};
use crate::client::keys::Key;
use crate::client::roster::Roster;
use crate::client::screen::Scrollback;

/// One of the windows.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The room, or with whom it is a private talk; nothing as long as there is neither.
    pub(super) name: String,
    /// What was said, while another window is shown. The screen has it while this one is.
    pub(super) scrollback: Scrollback,
    /// What is half typed, likewise.
    draft: Line,
    pub(super) roster: Roster,
    pub(super) topic: String,
    /// How many messages came while another window was shown.
    pub(super) unread: usize,
    /// How many of them speak to this user.
    pub(super) mentions: usize,
    /// Whether this client is in the room.
    pub(super) is_joined: bool,
    /// Whether it is, or was when the connection was lost.
    pub(super) is_member: bool,
    /// The server has not told yet who else is in the room.
    pub(super) is_new: bool,
    /// The part of the past that was asked for.
    pub(super) fetch: Option<Fetch>,
    /// What is said meanwhile: it belongs below that.
    pub(super) held: Vec<Said>,
}

/// See the module's documentation. There is always one.
#[derive(Debug)]
pub(super) struct Windows {
    pub(super) all: Vec<Window>,
    pub(super) shown: usize,
}

impl Default for Windows {
    fn default() -> Self {
        Self { all: vec![Window::default()], shown: 0 }
    }
}

impl Windows {
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|window| is_same(&window.name, name))
    }

    /// The window with this name: that which has none yet becomes it, or a new one.
    pub(super) fn open(&mut self, name: &str) -> usize {
        if let Some(index) = self.find(name).or_else(|| self.find("").filter(|_| is_room(name))) {
            name.clone_into(&mut self.all[index].name);
            return index;
        }
        self.all.push(Window { name: name.to_owned(), ..Window::default() });
        self.all.len() - 1
    }

    pub(super) fn shown(&self) -> &Window {
        &self.all[self.shown]
    }

    pub(super) fn shown_mut(&mut self) -> &mut Window {
        &mut self.all[self.shown]
    }

    /// Those in which somebody is known to be, by their numbers.
    pub(super) fn with(&self, nick: &str) -> Vec<usize> {
        let is_with = |window: &Window| window.roster.has(nick) || is_same(&window.name, nick);
        (0..self.all.len()).filter(|&index| is_with(&self.all[index])).collect()
    }

    /// All of them in a row, if there are several: `[1:#lobby] 2:#dev(3) 3:bruno(1, 1!)`.
    pub(super) fn list(&self) -> Option<String> {
        let entry = |(index, window): (usize, &Window)| {
            let name = if window.name.is_empty() { "-" } else { &window.name };
            let name = format!("{}:{name}", index + 1);
            match (window.unread, window.mentions) {
                _ if index == self.shown => format!("[{name}]"),
                (0, _) => name,
                (unread, 0) => format!("{name}({unread})"),
                (unread, mentions) => format!("{name}({unread}, {mentions}!)"),
            }
        };
        let entries: Vec<String> = self.all.iter().enumerate().map(entry).collect();
        (entries.len() > 1).then(|| entries.join(" "))
    }
}

impl Interactive {
    /// Follows a key that is about windows; whether it is one.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other keys are for the line")]
    pub(super) fn window_key(&mut self, key: &Key, actions: &mut Actions) -> bool {
        let (shown, count) = (self.windows.shown, self.windows.all.len());
        self.windows.shown_mut().mentions = 0;
        let is_switch = matches!(key, Key::AltUp | Key::AltDown | Key::Alt('1'..='9'));
        match key {
            // What is typed now is for no window.
            _ if is_switch && self.is_asking_nick() => self.screen.ring(),
            Key::AltUp => self.show_window((shown + count - 1) % count),
            Key::AltDown => self.show_window((shown + 1) % count),
            Key::Alt(digit @ '1'..='9') => self.show_window(usize::from(*digit as u8 - b'1')),
            Key::PageUp => self.page_up(actions),
            Key::PageDown if self.screen.page_down() => {}
            Key::PageDown => self.screen.ring(),
            Key::Escape if self.screen.rows_below() > 0 => self.screen.go_to_bottom(),
            _ => return false,
        }
        true
    }

    /// Shows another window, each with its own half-typed line.
    pub(super) fn show_window(&mut self, index: usize) {
        if index == self.windows.shown {
            return self.screen.go_to_bottom();
        }
        if index >= self.windows.all.len() {
            return self.screen.ring();
        }
        let Self { windows, screen, editor, .. } = self;
        let window = &mut windows.all[index];
        let typed = editor.replace_line(std::mem::take(&mut window.draft));
        (window.unread, window.mentions) = (0, 0);
        let before = windows.shown_mut();
        before.draft = typed;
        // The first one takes what the screen has, and leaves it without anything.
        screen.exchange(&mut before.scrollback);
        windows.shown = index;
        screen.exchange(&mut windows.all[index].scrollback);
    }

    /// Closes a window, but for the only one, which loses its name.
    pub(super) fn close_window(&mut self, index: usize) {
        if self.windows.all.len() == 1 {
            let window = self.windows.shown_mut();
            (window.is_joined, window.is_member) = (false, false);
            window.roster = Roster::default();
            window.name.clear();
            window.topic.clear();
            return;
        }
        if index == self.windows.shown {
            self.show_window(if index == 0 { 1 } else { index - 1 });
        }
        self.windows.all.remove(index);
        if self.windows.shown > index {
            self.windows.shown -= 1;
        }
    }
}
