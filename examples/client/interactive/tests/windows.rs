//! Rooms and private talks, and what was said there before.

use super::irc::{JOINED, has, in_two_rooms, joined, past};
use super::*;

#[test]
fn rooms_and_private_talks_are_windows() {
    let mut talk = in_two_rooms();
    assert!(has(&talk, "1:#lobby [2:#dev]") && has(&talk, "#dev | 3 people | connected"));
    talk.press("half");
    talk.hear("@msgid=1 :bruno!u@h PRIVMSG #lobby :um");
    talk.hear("@msgid=2 :bruno!u@h PRIVMSG #lobby :ana?");
    talk.hear("@msgid=3 :eva!u@h PRIVMSG ana :psst");
    assert!(has(&talk, "1:#lobby(2, 1!) [2:#dev] 3:eva(1, 1!)"), "{:?}", talk.all_rows());
    assert!(talk.output.contains("\x1b]2;(2) #dev\x07"), "{:?}", talk.output);
    talk.press("\x1b[1;3A");
    let rows = talk.all_rows();
    let last = ["──── unread ────", "bruno: um", "bruno: ana?"];
    assert_eq!(rows[rows.len() - 6..rows.len() - 3], last, "{rows:?}");
    assert_eq!(talk.last_row(), "ana>");
    talk.press("oi\r");
    assert_eq!(talk.sent(), "@label=1 PRIVMSG #lobby :oi\r\n");
    talk.press("\x1b3");
    assert!(has(&talk, "eva: psst") && has(&talk, "private talk with eva | connected"));
    talk.press("oi\r");
    assert_eq!(talk.sent(), "@label=2 PRIVMSG eva :oi\r\n");
    talk.press("\x1b2");
    assert_eq!(talk.last_row(), "ana> half");
    talk.press("\x1b9");
    assert!(talk.output.contains('\x07') && has(&talk, "1:#lobby [2:#dev] 3:eva"));
}

#[test]
fn who_comes_and_goes_is_told_where_it_matters() {
    let mut talk = in_two_rooms();
    talk.hear(":bruno!u@h QUIT :Quit");
    talk.hear(":bia!u@h NICK bea");
    talk.hear(":eva!u@h JOIN #dev");
    talk.hear(":caio!u@h PART #dev :tchau");
    talk.hear(":bea!u@h TOPIC #dev :novidades");
    assert_eq!(
        talk.frontend.shown()[4..],
        [
            "(#lobby) *** bruno left (quit)",
            "*** bia is now bea",
            "*** eva joined",
            "*** caio left the room: tchau",
            "*** bea changed the topic: novidades"
        ]
    );
    assert!(has(&talk, "#dev | 3 people | connected | novidades"), "{:?}", talk.all_rows());
    talk.hear(":bea!u@h KICK #dev ana :bea");
    assert!(has(&talk, "not in #dev | connected | novidades"), "{:?}", talk.all_rows());
    talk.lose(None, 0);
    talk.wait();
    talk.tell(Event::Connected);
    talk.hear_all(&JOINED[..7]);
    assert!(talk.sent().ends_with("CAP END\r\nJOIN #lobby\r\n"), "not where one was kicked out");
}

#[test]
fn looking_back_goes_through_what_is_kept_and_then_to_the_server() {
    let mut talk = joined();
    for number in 10..30 {
        talk.hear(&format!("@msgid={number} :bruno!u@h PRIVMSG #lobby :{number}"));
    }
    for _ in 0..4 {
        talk.press("\x1b[5~");
    }
    assert_eq!(talk.rows()[0], "*** You are ana. Here now: bruno. /help lists the commands,");
    assert!(talk.sent().is_empty());
    talk.press("\x1b[5~");
    assert_eq!(talk.sent(), "CHATHISTORY BEFORE #lobby msgid=10 100\r\n");
    past(
        &mut talk,
        "#lobby",
        &["msgid=8 :bruno!u@h PRIVMSG #lobby :8", "msgid=9 :bruno!u@h PRIVMSG #lobby :9"],
    );
    assert_eq!(talk.rows()[..2], ["bruno: 8", "bruno: 9"]);
    talk.hear("@msgid=30 :bruno!u@h PRIVMSG #lobby :30");
    assert_eq!(talk.rows()[..2], ["bruno: 8", "bruno: 9"], "what comes does not move it");
    talk.press("\x1b");
    talk.wait();
    let rows = talk.rows();
    assert_eq!(rows[rows.len() - 3..], ["bruno: 29", "bruno: 30", "ana>"]);
}
