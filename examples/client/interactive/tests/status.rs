//! The row that says where one is, and what can be done about it.

use super::*;

/// The sizes at which advice must be readable in full.
const SIZES: [(u16, u16); 2] = [(80, 24), (40, 10)];

/// The rows from the one that begins like this, without the one being typed.
fn status(talk: &Talk, start: &str) -> String {
    let mut rows = talk.all_rows();
    rows.pop();
    let from = rows.iter().rposition(|row| row.starts_with(start));
    rows[from.unwrap_or_else(|| panic!("no {start:?} in {rows:?}"))..].join(" ")
}

#[test]
fn the_room_and_the_people_are_known() {
    let mut talk = Talk::named();
    assert_eq!(status(&talk, "home"), "home room | 2 people | connected");
    talk.hear("*** bruno left (quit)");
    assert_eq!(status(&talk, "home"), "home room | 1 person | connected");
    talk.hear("*** You talk in #dev now, and still hear #lobby. Here now: @bruno, carla.");
    assert_eq!(status(&talk, "#dev"), "#dev | 3 people | connected");
    talk.hear("*** You talk in #lobby now.");
    assert_eq!(status(&talk, "#lobby"), "#lobby | connected", "nobody tells how many");
    talk.hear("*** You are in no room now. /rooms lists them, /join goes to one.");
    assert_eq!(status(&talk, "in no"), "in no room | connected");
    let long = format!("#{}", "x".repeat(50));
    talk.hear(&format!("*** You talk in {long} now. Here now: bruno."));
    assert_eq!(status(&talk, "#x"), long, "what matters less is left out");
}

#[test]
fn advice_is_readable_in_full() {
    for (columns, rows) in SIZES {
        let mut talk = Talk::new(Some("ana"));
        talk.resize(columns, rows);
        assert_eq!(status(&talk, "connecting"), "connecting to host:1 …");
        talk.connect();
        talk.hear("*** You are ana. Here now: bruno. /help lists the commands, /quit leaves.");
        talk.press("\x1b[200~one");
        assert_eq!(status(&talk, "pasting"), "pasting …, Ctrl-C drops it");
        talk.press("\ntwo\x1b[201~");
        assert!(status(&talk, "2 lines").starts_with("2 lines pasted: Enter sends, Esc drops |"));
        talk.press("\x1b");
        talk.wait();
        talk.press(&format!("\x1b[200~{}\x1b[201~\r", "oi\n".repeat(12_345)));
        assert!(status(&talk, "12245").starts_with("12245 lines waiting, Esc drops them"));
        talk.press(CTRL_D);
        assert!(status(&talk, "leaving").starts_with("leaving when all is sent, Ctrl-C: now"));

        let mut talk = Talk::new(Some("ana"));
        talk.resize(columns, rows);
        talk.connect();
        talk.hear("*** You are ana. Here now: bruno. /help lists the commands, /quit leaves.");
        let why = "host:1 does not answer; wrong address, another network, or a firewall?";
        let mut seconds = 0;
        talk.lose(None, 0);
        while seconds < 30 {
            talk.tell(Event::Unreachable(why.to_owned()));
            seconds = (seconds * 2).clamp(2, 30);
            let advice = format!("offline, next try in {seconds} s, Enter: now {why}");
            assert_eq!(status(&talk, "offline"), advice);
        }
        talk.press("\x1b");
        talk.wait();
        talk.tell(Event::Unreachable(why.to_owned()));
        assert_eq!(status(&talk, "offline"), format!("offline, Enter connects again {why}"));
    }
}

#[test]
fn a_window_that_is_too_narrow_for_the_advice_gets_more_rows() {
    let mut talk = Talk::named();
    talk.resize(20, 10);
    talk.lose(None, 0);
    let shown = "offline, next try in 1 s, Enter: now connection closed by the server";
    assert_eq!(status(&talk, "offline"), shown);
}

#[test]
fn lines_above_the_rate_wait_and_can_be_dropped() {
    let mut talk = Talk::named();
    let paste = format!("\x1b[200~{}\x1b[201~\r", "oi\n".repeat(103));
    talk.press(&paste);
    assert_eq!(talk.sent(), "oi\n".repeat(100));
    assert_eq!(status(&talk, "3 lines"), "3 lines waiting, Esc drops them | home room | 2 people");
    talk.wait();
    assert_eq!(talk.sent(), "oi\n");
    talk.press("last\r");
    talk.wait();
    talk.wait();
    assert_eq!(talk.sent(), "oi\noi\n", "in order");
    assert!(status(&talk, "1 line").starts_with("1 line waiting, Esc drops it | "));
    talk.wait();
    assert_eq!(talk.sent(), "last\n");
    assert_eq!(talk.frontend.deadline(), None);

    talk.press("dropped\r\x1b");
    talk.wait();
    assert_eq!(talk.sent(), "");
    assert!(talk.rows().contains(&"*** 1 line dropped, not sent".to_owned()), "{:?}", talk.rows());

    talk.press("kept\r");
    talk.press(CTRL_D);
    assert!(!talk.actions.half_close, "one waits");
    talk.wait();
    assert_eq!(talk.sent(), "kept\n/quit\n");
    assert!(talk.actions.half_close);
}

#[test]
fn lines_that_wait_are_not_sent_when_the_connection_is_lost() {
    let mut talk = Talk::named();
    talk.press(&format!("\x1b[200~{}\x1b[201~\r", "oi\n".repeat(103)));
    talk.lose(None, 1);
    let told = "*** connection closed by the server; the last 4 lines were";
    assert!(talk.rows().iter().any(|row| row.starts_with(told)), "{:?}", talk.rows());
}
