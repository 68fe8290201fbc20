//! What a step of a peer's takes: of its rate, and of the tick.

use crate::chat::command::{Ask, Command};
use crate::limits::Limits;
use crate::pace::Rate;
use crate::wire::Step;
use crate::wire::irc::own::Own;

/// A request counts as one line, and as one more for so many bytes that it is answered with:
/// a short line must not buy much work at the price of a little.
const ANSWER_BYTES_PER_LINE: usize = 1024;

/// For so many lines it counts to make a room.
pub(in crate::server) const LINES_PER_ROOM: u32 = 10;

/// See [`lines_of_toil`].
const TOIL_BYTES_PER_LINE: u64 = 8192;

/// What stands around a nickname and what it says, in a line.
const LINE_MARKS_BYTES: usize = 4;

/// What a step takes that queues little or nothing, in bytes of talk that take as long: an empty
/// line, a refusal, and a command, of which a new nickname takes longest (`cargo bench --bench
/// hostile -- nick flood`).
const EFFORT_OF_NOTHING: u64 = 8;
const EFFORT_OF_REFUSAL: u64 = 64;
const EFFORT_OF_COMMAND: u64 = 512;

/// For how many lines a step counts that is made of so many bytes, if it comes from somebody with so
/// long a nickname: one, and one more for every so many bytes that it has or that others hear of it.
pub(in crate::server) fn lines(
    step: &Step<'_>,
    line_bytes: usize,
    nick_bytes: usize,
    limits: &Limits,
) -> u32 {
    let mut extras = 0;
    let heard = match step {
        // Only known now, and nothing asked for yet.
        Step::Incomplete | Step::Detected | Step::Requested | Step::Irc(Own::Finish) => return 0,
        // Each thing that it asks for counts as a line of its own; a long line as more.
        Step::Irc(Own::Begin { price, .. }) => {
            return count(price + limits.lines_of_talk(line_bytes) - 1);
        }
        Step::Command(command) => {
            extras = command.speech().map_or(0, |speech| speech.extras.0.len());
            command.text_heard()
        }
        Step::Quit(reason) => *reason,
        Step::Irc(_)
        | Step::Refused(_)
        | Step::Reply(_)
        | Step::Skip
        | Step::Alive
        | Step::Page { .. }
        | Step::End { .. } => None,
    };
    let said = heard.map_or(0, |text| nick_bytes + LINE_MARKS_BYTES + text.as_str().len() + extras);
    count(limits.lines_of_talk(line_bytes.max(said)))
}

/// For how many lines an answer of so many bytes counts.
pub(in crate::server) fn lines_of_answer(bytes: usize) -> u32 {
    count(bytes / ANSWER_BYTES_PER_LINE)
}

/// For how many lines work counts that queues little or nothing, and takes as long as to queue so
/// many bytes of talk: a single command of an operator may look at everybody in a room. That is never
/// more than half of what may come at once: nobody is to be silent for long after one command.
pub(in crate::server) fn lines_of_toil(bytes: u64, limits: &Limits) -> u32 {
    let lines = u32::try_from(bytes / TOIL_BYTES_PER_LINE).unwrap_or(u32::MAX);
    lines.min(limits.rate.map_or(0, Rate::burst) / 2)
}

/// For how many lines so many bytes count that are no line yet, and how many are left to count: an
/// endless line must not be free.
pub(in crate::server) fn lines_of_part(bytes: usize, limits: &Limits) -> (u32, u32) {
    (count(bytes / limits.line_bytes_max), count(bytes % limits.line_bytes_max))
}

/// What a step takes beside the bytes that it queues, in bytes of talk that take as long.
pub(in crate::server) fn effort(step: &Step<'_>) -> u64 {
    match step {
        Step::Incomplete | Step::Detected | Step::Requested => 0,
        // Talk is counted as it is queued, but somebody may be alone in a room.
        Step::Command(Command::In { ask: Ask::Say { .. }, .. })
        | Step::Skip
        | Step::Alive
        | Step::Reply(_)
        | Step::Irc(Own::Begin { .. } | Own::Finish) => EFFORT_OF_NOTHING,
        Step::Irc(_) | Step::Refused(_) | Step::Page { .. } | Step::End { .. } => EFFORT_OF_REFUSAL,
        Step::Command(_) | Step::Quit(_) => EFFORT_OF_COMMAND,
    }
}

/// The same for so many bytes that are no line yet.
pub(in crate::server) fn effort_of_part(bytes: usize) -> u64 {
    bytes as u64 / EFFORT_OF_NOTHING
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::message::{Extras, Kind, Speech};
    use crate::chat::text::Text;

    /// Each of those whom a line names is sent the tags of it.
    #[test]
    fn tags_count_for_each_who_gets_them() {
        let of = |extras| {
            let speech =
                Speech { extras: Extras(extras), ..Speech::plain(Kind::Mark, Text::default()) };
            let step = Step::Command(Command::Tell { to: Text::default(), speech });
            lines(&step, 0, 0, &Limits::default())
        };
        assert_eq!(of("+a"), 1);
        assert_eq!(of(&"x".repeat(4000)), 8);
    }
}
