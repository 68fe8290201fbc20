//! The answers to what a client asks: each as asked for, in the order of the questions, in between
//! what the room says.

use crate::hearing::{Answer, Asked, Hearing, Rest, Stage};
use crate::lines::{STOPPING, block, here_count, history_count, line_breaks, shown, whole_line};
use crate::transcript::{Transcript, hash};

impl Hearing {
    /// Looks for the answer to what was asked.
    pub(crate) fn answered(
        &mut self,
        line: &[u8],
        bytes: &[u8],
        room: &mut Transcript,
    ) -> Result<Answer, String> {
        if line.starts_with(b"(private) ") {
            room.hear_private(self.seat, line)
                .map_err(|wrong| format!("got {wrong}: {}", shown(line)))?;
            return Ok(Answer::Bytes(line.len()));
        }
        if line == STOPPING {
            self.stage = Stage::Stopped;
            return Ok(Answer::Bytes(line.len()));
        }
        let here = here_count(line);
        let is_answer = line.starts_with(b"(private to ")
            || line.starts_with(b"*** You are now ")
            || here.is_some()
            || history_count(line).is_some();
        if !is_answer {
            return Ok(Answer::No);
        }
        let answer = match (self.asked.front(), here) {
            (Some(Asked::Who), Some(count)) => self.check_who(bytes, count),
            (Some(Asked::History(most)), None) => self.check_history(bytes, *most, room),
            (Some(Asked::Private(due)), None) if *due == hash(line) => {
                Ok(Answer::Bytes(line.len()))
            }
            (Some(Asked::Name(nick)), None)
                if line == format!("*** You are now {nick}.").as_bytes() =>
            {
                Ok(Answer::Bytes(line.len()))
            }
            _ => Err(format!("it did not ask for {}", shown(line))),
        }?;
        if let Answer::Bytes(_) = answer {
            self.asked.pop_front();
        }
        Ok(answer)
    }

    /// As many names as are announced, and its own among them.
    fn check_who(&self, bytes: &[u8], count: usize) -> Result<Answer, String> {
        let (mut names, mut own, mut used) = (0, 0, 0);
        loop {
            used += line_breaks(&bytes[used..]);
            let Some(line) = whole_line(&bytes[used..]) else {
                return Ok(Answer::Rest(Rest::Incomplete));
            };
            let text = String::from_utf8_lossy(line);
            let list = text.split_once(" here: ").map_or(&text["*** ".len()..], |(_, list)| list);
            let mut shown = list.trim_end_matches(',').split(", ");
            names += shown.clone().count();
            own += usize::from(shown.any(|name| name == self.nick));
            used += line.len();
            if !text.ends_with(',') {
                break;
            }
        }
        if names == count && own == 1 {
            Ok(Answer::Bytes(used))
        } else {
            Err(format!("/who names {names} of {count}, and {own} times itself"))
        }
    }

    /// The last messages before this point, its own included.
    fn check_history(
        &mut self,
        bytes: &[u8],
        most: usize,
        room: &Transcript,
    ) -> Result<Answer, String> {
        let Some(line) = whole_line(bytes) else { return Ok(Answer::Rest(Rest::Incomplete)) };
        let Some(count) = history_count(line) else {
            return Err(format!("/history is answered with {}", shown(line)));
        };
        let Some((lines, length)) = block(bytes, count) else {
            return Ok(Answer::Rest(Rest::Incomplete));
        };
        if count == 0 || count > most {
            return Err(format!("/history shows {count} messages instead of {most}"));
        }
        let mut end = self.position;
        while !room.is_history(end, &lines) {
            let Some(line) = room.get(end) else { return Ok(Answer::Rest(Rest::Ahead)) };
            if !self.is_own(line) && (self.is_synced || !line.is_notice()) {
                return Err("/history shows other messages than were said last".into());
            }
            end += 1;
        }
        self.position = end;
        Ok(Answer::Bytes(length))
    }
}
