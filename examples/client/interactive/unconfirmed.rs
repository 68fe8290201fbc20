//! What the user said and the server has not sent back yet. It is shown dim until then; what is left
//! when the connection is lost is offered to be said again.

use crate::client::irc::say::Piece;
use crate::client::irc::{Kind, is_same, spoken};

/// Something said, whose lines have not all come back.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// The window where it was typed.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) kind: Kind,
    pub(super) text: String,
    /// The lines that have not come back, in order.
    pub(super) pieces: Vec<Piece>,
    /// The connection on which it was said is lost.
    is_lost: bool,
}

impl Pending {
    pub(super) fn new(from: &str, to: &str, kind: Kind, text: &str, pieces: Vec<Piece>) -> Self {
        let (from, to, text) = (from.to_owned(), to.to_owned(), text.to_owned());
        Self { from, to, kind, text, pieces, is_lost: false }
    }

    /// Something that waited to be sent when the connection was lost.
    pub(super) fn unsent(from: &str, to: &str, kind: Kind, text: &str) -> Self {
        Self::new(from, to, kind, text, vec![Piece { label: 0, text: text.to_owned() }])
    }

    /// What is left to be said.
    pub(super) fn rest(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// As it is shown in the window where it was typed.
    pub(super) fn line(&self, me: &str) -> String {
        if is_same(&self.from, &self.to) {
            return spoken(self.kind, me, &self.text);
        }
        let mark = if self.to.starts_with('#') { "" } else { "private to " };
        format!("({mark}{}) {}", self.to, spoken(self.kind, me, &self.text))
    }
}

/// What an echo confirms.
#[derive(Debug)]
pub(super) enum Echo {
    /// All that was said, at last.
    Whole(Pending),
    /// A part of it.
    Part,
    /// Nothing that is known here.
    Unknown,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Unconfirmed {
    lines: Vec<Pending>,
    /// Whether the user is asked about those that are lost.
    is_offered: bool,
}

impl Unconfirmed {
    pub(super) fn push(&mut self, pending: Pending) {
        self.lines.push(pending);
    }

    pub(super) fn lines(&self) -> &[Pending] {
        &self.lines
    }

    /// A line came back: known by its label, or else by what it says to whom.
    pub(super) fn confirm(&mut self, label: Option<u32>, to: &str, text: &str) -> Echo {
        let is_it = |piece: &Piece| match label {
            Some(label) => piece.label == label,
            None => piece.text == text,
        };
        self.take(|pending| !pending.is_lost && is_same(&pending.to, to), is_it)
    }

    /// A line was refused.
    pub(super) fn refuse(&mut self, label: u32) -> Option<Pending> {
        let is_it = |pending: &Pending| pending.pieces.iter().any(|piece| piece.label == label);
        let at = self.lines.iter().position(|pending| !pending.is_lost && is_it(pending))?;
        Some(self.lines.remove(at))
    }

    /// A line that was said on a lost connection had arrived after all.
    pub(super) fn arrived(&mut self, to: &str, text: &str) {
        let text = text.trim_end();
        self.take(
            |pending| pending.is_lost && is_same(&pending.to, to),
            |piece| piece.text.trim_end() == text,
        );
        self.is_offered &= self.lost() > 0;
    }

    fn take(
        &mut self,
        is_candidate: impl Fn(&Pending) -> bool,
        is_it: impl Fn(&Piece) -> bool,
    ) -> Echo {
        for index in 0..self.lines.len() {
            let pending = &mut self.lines[index];
            if let Some(at) =
                is_candidate(pending).then(|| pending.pieces.iter().position(&is_it)).flatten()
            {
                pending.pieces.remove(at);
                let is_whole = pending.pieces.is_empty();
                return if is_whole { Echo::Whole(self.lines.remove(index)) } else { Echo::Part };
            }
        }
        Echo::Unknown
    }

    /// The connection is lost, and nobody knows what came through.
    pub(super) fn lose(&mut self) {
        self.lines.iter_mut().for_each(|pending| pending.is_lost = true);
        self.is_offered = false;
    }

    pub(super) fn lost(&self) -> usize {
        self.lines.iter().filter(|pending| pending.is_lost).count()
    }

    /// Asks about what is lost: everything that may tell that it arrived is known.
    pub(super) fn offer(&mut self) {
        self.is_offered = self.lost() > 0;
    }

    pub(super) fn is_offered(&self) -> bool {
        self.is_offered
    }

    /// What was offered, which the user answers for.
    pub(super) fn take_offered(&mut self) -> Vec<Pending> {
        self.is_offered = false;
        let (lost, others) =
            std::mem::take(&mut self.lines).into_iter().partition(|pending| pending.is_lost);
        self.lines = others;
        lost
    }
}
