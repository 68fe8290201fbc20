//! Several people talk at once, and all hear one order.

use std::io::Write;
use std::thread;

use crate::Client;
use crate::sentences::MARK;

/// What somebody hears until so many lines have ended with `last`, but for what the server says.
fn hear(client: &mut Client, last: &str, mut talkers: usize) -> Vec<String> {
    let mut said = Vec::new();
    while talkers > 0 {
        let line = client.line();
        talkers -= usize::from(line.ends_with(last));
        if !line.starts_with(MARK) {
            said.push(line);
        }
    }
    said
}

/// Everybody says what `line` gives for 0, 1 and so on until there is nothing more, and then `last`;
/// `meanwhile` something else happens. What each of the talkers hears must be, without its own lines,
/// what `silent` hears: all that was said, once, and that of each in its order. Returns how much it
/// was.
pub fn all_hear_one_order(
    talkers: &mut [(String, Client)],
    silent: &mut Client,
    last: &str,
    line: impl Fn(usize) -> Option<String> + Sync,
    meanwhile: impl FnOnce(),
) -> usize {
    let count = talkers.len();
    let (order, said) = thread::scope(|scope| {
        let order = scope.spawn(|| hear(silent, last, count));
        let mut said = Vec::new();
        for (nick, talker) in talkers {
            let (mut sender, line) = (talker.sender(), &line);
            let words = scope.spawn(move || {
                let words: Vec<String> = (0..)
                    .map_while(line)
                    .chain([last.to_owned()])
                    .inspect(|words| {
                        let line = format!("{words}\n");
                        sender.write_all(line.as_bytes()).expect("the server reads");
                    })
                    .collect();
                words
            });
            said.push((nick, words, scope.spawn(move || hear(talker, last, count - 1))));
        }
        meanwhile();
        let order = order.join().expect("it hears");
        let said: Vec<_> = said
            .into_iter()
            .map(|(nick, words, heard)| {
                (nick, words.join().expect("it talks"), heard.join().expect("it hears"))
            })
            .collect();
        (order, said)
    });
    for (nick, words, heard) in said {
        let is_own = |line: &&String| line.starts_with(&format!("{nick}: "));
        let (own, others): (Vec<_>, Vec<_>) = order.iter().partition(is_own);
        let words = words.into_iter().map(|words| format!("{nick}: {words}"));
        assert!(own.into_iter().cloned().eq(words), "{nick} is heard as it talks");
        assert!(heard.iter().eq(others), "{nick} hears the same, in the same order");
    }
    order.len()
}
