//! The line editor: keys in, [`Outcome`]s out. It knows no terminal, no socket and no clock.

mod completion;
mod history;
mod line;

use std::mem;

use completion::Completion;
use history::History;
pub(crate) use line::{Line, Motion};

use crate::client::keys::{Key, Paste};

/// What a key led to, beyond the change of the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The line, the cursor or the question about a paste may have changed.
    Edited,
    /// The key means nothing here.
    Ignored,
    /// What was pasted does not fit into the line.
    TooLong,
    /// Enter: the line is to be sent. It may be empty.
    Submit(String),
    /// Several pasted lines, which the user agreed to send.
    SubmitPaste(Vec<String>),
    /// Ctrl-D or Ctrl-C on an empty line.
    Leave,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Redraw,
}

/// Lines that were pasted and wait for the user to say whether they are to be sent.
#[derive(Debug)]
pub(crate) struct PendingPaste {
    pub(crate) lines: Vec<String>,
    /// Whether the first one goes on with what was typed before.
    begins_typed: bool,
    /// Whether the end of the paste is missing because it was too long.
    pub(crate) truncated: bool,
}

impl PendingPaste {
    /// The lines as text to be said: a path or a comment that begins with a slash is no command. What
    /// was typed before is what it was typed for.
    fn into_text(self) -> Vec<String> {
        let mut lines = self.lines;
        let slashes = lines.iter_mut().skip(self.begins_typed.into());
        slashes.filter(|line| line.starts_with('/')).for_each(|line| line.insert(0, '/'));
        lines
    }
}

/// One line being typed, and all that helps to type it.
#[derive(Debug, Default)]
pub(crate) struct Editor {
    line: Line,
    history: History,
    /// What Ctrl-Y puts back.
    killed: String,
    /// Whether the last key killed text, so that the next one adds to it.
    killing: bool,
    completion: Option<Completion>,
    paste: Option<PendingPaste>,
}

impl Editor {
    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// The paste that is being asked about, if one is.
    pub(crate) fn pending_paste(&self) -> Option<&PendingPaste> {
        self.paste.as_ref()
    }

    /// Puts `line` into the editor and gives what was in it.
    pub(crate) fn replace_line(&mut self, line: Line) -> Line {
        self.completion = None;
        mem::replace(&mut self.line, line)
    }

    /// Keeps `line` for Up and Ctrl-P to find.
    pub(crate) fn remember(&mut self, line: &str) {
        self.history.push(line);
    }

    /// Applies one key. `names` are the nicknames that Tab may complete, the likeliest first.
    pub(crate) fn handle(&mut self, key: Key, names: &[String]) -> Outcome {
        if self.paste.is_some() {
            return self.answer_paste(&key);
        }
        let was_killing = mem::take(&mut self.killing);
        if key == Key::Tab {
            return self.complete(names);
        }
        self.completion = None;
        match key {
            Key::Char(c) => edited(self.line.insert(c.encode_utf8(&mut [0; 4]))),
            Key::Paste(paste) => self.paste(&paste),
            Key::Enter => {
                self.history.rewind();
                Outcome::Submit(mem::take(&mut self.line).into_text())
            }
            Key::Backspace => edited(!self.line.cut(Motion::Left).is_empty()),
            Key::Delete => edited(!self.line.cut(Motion::Right).is_empty()),
            Key::Left => self.go(Motion::Left),
            Key::Right => self.go(Motion::Right),
            Key::Home => self.go(Motion::Start),
            Key::End => self.go(Motion::End),
            Key::WordLeft | Key::Alt('b') => self.go(Motion::WordLeft),
            Key::WordRight | Key::Alt('f') => self.go(Motion::WordRight),
            Key::Up => self.older(),
            Key::Down => self.newer(),
            Key::Ctrl(letter) => self.control(letter, was_killing),
            Key::Alt(_)
            | Key::AltUp
            | Key::AltDown
            | Key::PageUp
            | Key::PageDown
            | Key::Escape
            | Key::Tab => Outcome::Ignored,
        }
    }

    fn control(&mut self, letter: char, was_killing: bool) -> Outcome {
        match letter {
            'a' => self.go(Motion::Start),
            'b' => self.go(Motion::Left),
            'c' | 'd' if self.line.is_empty() => Outcome::Leave,
            'c' => {
                self.line = Line::default();
                self.history.rewind();
                Outcome::Edited
            }
            'd' => edited(!self.line.cut(Motion::Right).is_empty()),
            'e' => self.go(Motion::End),
            'f' => self.go(Motion::Right),
            'k' => self.kill(Motion::End, was_killing),
            'l' => Outcome::Redraw,
            'n' => self.newer(),
            'p' => self.older(),
            't' => edited(self.line.transpose()),
            'u' => self.kill(Motion::Start, was_killing),
            'w' => self.kill(Motion::BlankLeft, was_killing),
            'y' => edited(self.line.insert(&self.killed)),
            'z' => Outcome::Suspend,
            _ => Outcome::Ignored,
        }
    }

    fn go(&mut self, motion: Motion) -> Outcome {
        self.line.go(motion);
        Outcome::Edited
    }

    /// Cuts into the kill buffer; kills in a row are yanked back as one.
    fn kill(&mut self, motion: Motion, was_killing: bool) -> Outcome {
        self.killing = true;
        let backwards = motion != Motion::End;
        let cut = self.line.cut(motion);
        match (was_killing, backwards) {
            (false, _) => self.killed = cut,
            (true, true) => self.killed.insert_str(0, &cut),
            (true, false) => self.killed.push_str(&cut),
        }
        Outcome::Edited
    }

    fn older(&mut self) -> Outcome {
        let line = self.history.back(self.line.text());
        self.recall(line)
    }

    fn newer(&mut self) -> Outcome {
        let line = self.history.forward();
        self.recall(line)
    }

    fn recall(&mut self, line: Option<String>) -> Outcome {
        let Some(line) = line else { return Outcome::Ignored };
        self.line = Line::from(line);
        Outcome::Edited
    }

    fn complete(&mut self, names: &[String]) -> Outcome {
        let completion = match self.completion.take() {
            Some(completion) => completion,
            None => match Completion::new(&self.line, names) {
                Some(completion) => completion,
                None => return Outcome::Ignored,
            },
        };
        self.completion = Some(completion.apply_next(&mut self.line));
        Outcome::Edited
    }

    /// A paste of one line is typed text; one of several lines is asked about first, since each of
    /// them would be sent at once and a slip of the mouse cannot be taken back.
    fn paste(&mut self, paste: &Paste) -> Outcome {
        let text = paste.text.replace("\r\n", "\n").replace('\r', "\n");
        let begins_typed = self.line.cursor() > 0;
        let mut lines: Vec<String> = text
            .split('\n')
            .map(|line| line.chars().filter(|&c| c == '\t' || !c.is_control()).collect())
            .collect();
        if lines.len() > 1 {
            // A blank one would not be sent.
            lines.retain(|line| !line.trim().is_empty());
        }
        match lines.as_mut_slice() {
            [] => return Outcome::Ignored,
            [line] if line.is_empty() => return Outcome::Ignored,
            [line] if self.line.insert(line) => return Outcome::Edited,
            [_] => return Outcome::TooLong,
            [first, .., last] => {
                let (before, after) = self.line.text().split_at(self.line.cursor());
                first.insert_str(0, before);
                last.push_str(after);
            }
        }
        self.paste = Some(PendingPaste { lines, begins_typed, truncated: paste.truncated });
        Outcome::Edited
    }

    fn answer_paste(&mut self, key: &Key) -> Outcome {
        let (agreed, refused) =
            (*key == Key::Enter, matches!(key, Key::Escape | Key::Ctrl('c' | 'd')));
        match self.paste.take_if(|_| agreed || refused) {
            Some(paste) if agreed => {
                self.line = Line::default();
                Outcome::SubmitPaste(paste.into_text())
            }
            Some(_) => Outcome::Edited,
            None => Outcome::Ignored,
        }
    }
}

fn edited(changed: bool) -> Outcome {
    if changed { Outcome::Edited } else { Outcome::Ignored }
}

#[cfg(test)]
mod tests;
