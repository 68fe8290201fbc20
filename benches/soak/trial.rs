//! A check that cannot fail proves nothing: shows it each fault once, before every run.

use crate::hearing::{Hearing, Rest, Tally};
use crate::transcript::Transcript;
use hdrhistogram::Histogram;

const SAID: [&str; 4] = ["ana: ~~1 0 a", "bia: ~~2 0 b", "* ana ~~1 1 c", "bia: ~~2 1 d"];
const HELLO: &str =
    "*** Welcome to chatd. Choose a nickname:\r\n*** You are caio. Nobody else …\r\n";

/// What the checks say of a stream.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Wrong,
    /// Nothing is wrong so far, but not all has come, or more than there is.
    Unfinished,
}

pub(crate) fn self_check() -> Result<(), String> {
    let heard = |said: &[usize]| said.iter().map(|&index| SAID[index]).collect::<Vec<_>>();
    for (fault, lines, verdict) in [
        ("all lines in order", heard(&[0, 1, 2, 3]), Verdict::Right),
        ("a lost line", heard(&[0, 2, 3]), Verdict::Wrong),
        ("a lost first line", heard(&[1, 2, 3]), Verdict::Wrong),
        ("a lost last line", heard(&[0, 1, 2]), Verdict::Unfinished),
        ("a doubled line", heard(&[0, 0, 1, 2, 3]), Verdict::Wrong),
        ("lines of two speakers in reverse", heard(&[0, 2, 1, 3]), Verdict::Wrong),
        ("a broken line", vec![SAID[0], "bia: ~~2 0 c"], Verdict::Wrong),
        (
            "a line that nobody said",
            [&heard(&[0, 1, 2, 3])[..], &["x: y"]].concat(),
            Verdict::Unfinished,
        ),
        ("an answer that nobody asked for", vec![SAID[0], "*** 2 here: ana, bia"], Verdict::Wrong),
        ("somebody else's private line", vec!["(private) ana: ~~1 2 e"], Verdict::Wrong),
    ] {
        expect(fault, &member(&lines)?, &verdict)?;
    }
    for (fault, lines, verdict) in [
        ("what was said", heard(&[0, 1, 2, 3]), Verdict::Right),
        ("what was said, in another order", heard(&[1, 0, 3, 2]), Verdict::Right),
        ("a speaker in reverse", heard(&[1, 2, 0, 3]), Verdict::Wrong),
        ("a speaker twice", heard(&[0, 0, 1, 2, 3]), Verdict::Wrong),
        ("a speaker's last line lost", heard(&[0, 1, 2]), Verdict::Unfinished),
        ("a line under another name", vec!["bia: ~~1 0 a"], Verdict::Wrong),
        ("an unknown speaker", vec!["ana: ~~7 0 a"], Verdict::Wrong),
    ] {
        expect(fault, &listener(&lines).0, &verdict)?;
    }
    expect("an end before its own last line", &left_early(), &Verdict::Wrong)
}

fn expect(fault: &str, verdict: &Verdict, right: &Verdict) -> Result<(), String> {
    if verdict == right { Ok(()) } else { Err(format!("{fault} is judged {verdict:?}")) }
}

/// What the listener makes of these lines, when all was said.
fn listener(lines: &[&str]) -> (Verdict, Transcript) {
    let mut room = Transcript::default();
    let (ana, bia) = (room.open(0), room.open(1));
    for (session, line) in [ana, bia, ana, bia].into_iter().zip(SAID) {
        room.promise(session, line.as_bytes(), 0);
    }
    let is_wrong = lines.iter().any(|line| room.hear(line.as_bytes()).is_err());
    let verdict = match (is_wrong, room.due()) {
        (true, _) => Verdict::Wrong,
        (false, 0) => Verdict::Right,
        (false, _) => Verdict::Unfinished,
    };
    (verdict, room)
}

/// What is made of a member who hears these lines, when the listener has heard all.
fn member(lines: &[&str]) -> Result<Verdict, String> {
    let (_, mut room) = listener(&SAID);
    let latency = Histogram::new(3).map_err(|error| error.to_string())?;
    let mut tally = Tally { deliveries: 0, latency };
    let mut caio = Hearing::new(9, room.open(9), "caio".into(), true);
    let bytes = HELLO.to_owned() + &lines.join("\n") + "\n";
    Ok(match caio.take(bytes.as_bytes(), &mut room, &mut tally, 0) {
        Err(_) => Verdict::Wrong,
        Ok((_, Rest::Incomplete)) if caio.is_caught_up(&room) => Verdict::Right,
        Ok(_) => Verdict::Unfinished,
    })
}

/// Ana leaves after her second line, but has not heard Bia's first.
fn left_early() -> Verdict {
    let (_, mut room) = listener(&SAID);
    if room.close(1, 1).is_err() { Verdict::Wrong } else { Verdict::Right }
}
