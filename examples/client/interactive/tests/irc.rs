//! With a server that speaks IRC, which is this test.

use super::*;

pub(super) const JOINED: &[&str] = &[
    ":s.x CAP * LS :message-tags server-time batch echo-message labeled-response draft/chathistory",
    ":s.x CAP * ACK :message-tags server-time batch echo-message labeled-response draft/chathistory",
    ":s.x 001 ana :Welcome",
    ":s.x 005 ana CHATD_HOME=#lobby :are supported",
    ":s.x 372 ana :- Be kind.",
    ":s.x 372 ana :- /join #lobby goes where everybody is.",
    ":s.x 376 ana :End",
    ":ana!u@h JOIN #lobby",
    ":s.x 353 ana = #lobby :ana @bruno",
    ":s.x 366 ana #lobby :End",
    ":s.x BATCH +1 chathistory #lobby",
    ":s.x BATCH -1",
];

/// The end of a fetch in which these messages came.
pub(super) fn past(talk: &mut Talk, room: &str, lines: &[&str]) {
    talk.hear(&format!(":s.x BATCH +p chathistory {room}"));
    for line in lines {
        talk.hear(&format!("@batch=p;{line}"));
    }
    talk.hear(":s.x BATCH -p");
}

/// In the home room as `ana`, with nothing sent.
pub(super) fn joined() -> Talk {
    let mut talk = Talk::new(Some("ana"));
    talk.tell(Event::Connected);
    talk.hear_all(JOINED);
    talk.sent();
    talk
}

/// Also in `#dev`, which is shown.
pub(super) fn in_two_rooms() -> Talk {
    let mut talk = joined();
    talk.press("/join #dev\r");
    for line in
        [":ana!u@h JOIN #dev", ":s.x 353 ana = #dev :ana bia caio", ":s.x 366 ana #dev :End"]
    {
        talk.hear(line);
    }
    past(&mut talk, "#dev", &[]);
    talk.sent();
    talk
}

pub(super) fn has(talk: &Talk, row: &str) -> bool {
    talk.all_rows().iter().any(|shown| shown == row)
}

#[test]
fn it_goes_to_the_home_room_at_once_and_asks_for_the_past() {
    let mut talk = Talk::new(Some("ana"));
    talk.tell(Event::Connected);
    assert_eq!(talk.sent(), "CAP LS 302\r\n");
    talk.hear_all(JOINED);
    let sent = talk.sent();
    assert!(
        sent.ends_with("CAP END\r\nJOIN #lobby\r\nCHATHISTORY LATEST #lobby * 20\r\n"),
        "{sent}"
    );
    assert_eq!(
        talk.all_rows(),
        [
            "*** You are ana. Here now: bruno. /help lists the commands,",
            "    /quit leaves.",
            "*** Be kind.",
            "#lobby | 2 people | connected",
            "ana>"
        ]
    );
}

#[test]
fn what_is_typed_before_it_is_there_waits() {
    // The nickname is accepted, and then the room is entered.
    for typed_after in [7, 8] {
        let mut talk = Talk::new(Some("ana"));
        talk.tell(Event::Connected);
        talk.hear_all(&JOINED[..typed_after]);
        talk.press("oi\r");
        assert_eq!(talk.frontend.deadline(), None);
        talk.hear_all(&JOINED[typed_after..8]);
        talk.sent();
        talk.hear_all(&JOINED[8..10]);
        assert_eq!(talk.sent(), "@label=1 PRIVMSG #lobby :oi\r\n");
    }
}

#[test]
fn what_waits_for_somebody_follows_a_new_nickname() {
    let mut talk = joined();
    talk.press("/query bia\r");
    for _ in 0..99 {
        talk.press("a\r");
    }
    talk.press("b\r");
    talk.sent();
    talk.hear(":bia!u@h NICK bea");
    talk.wait();
    assert!(talk.sent().ends_with(" PRIVMSG bea :b\r\n"));
}

#[test]
fn a_room_that_lets_one_not_in_is_told() {
    let mut talk = Talk::new(Some("ana"));
    talk.tell(Event::Connected);
    talk.hear_all(&JOINED[..7]);
    talk.hear(":s.x 474 ana #lobby :You are banned from #lobby.");
    assert_eq!(
        talk.rows()[..3],
        [
            "*** You are banned from #lobby.",
            "*** You are ana. /rooms lists the rooms, /join goes to one.",
            "*** Be kind."
        ]
    );
    talk.press("oi\r");
    assert!(has(&talk, "*** You are in no room. /rooms lists them, /join goes to"));
}

#[test]
fn a_server_that_speaks_irc_no_more_is_spoken_to_in_text() {
    let mut talk = in_two_rooms();
    talk.press("um\r");
    talk.lose(None, 0);
    talk.wait();
    talk.connect();
    assert_eq!(talk.sent(), "ana\n");
    talk.hear("*** You are ana. Nobody else is here. /help lists the commands, /quit leaves.");
    assert!(has(&talk, "*** not confirmed: um") && has(&talk, "home room | 1 person | connected"));
    talk.press("oi\r");
    assert_eq!(talk.sent(), "oi\n");
}

#[test]
fn a_line_is_dim_until_its_echo_has_come() {
    let mut talk = joined();
    talk.press("oi\r");
    assert_eq!(talk.sent(), "@label=1 PRIVMSG #lobby :oi\r\n");
    assert!(talk.output.contains("\x1b[2mana: oi\x1b[0m"), "{:?}", talk.output);
    assert_eq!(talk.frontend.shown().last().map(String::as_str), Some("*** Be kind."));
    // What others said before stands above, wherever it was typed.
    talk.hear("@msgid=7 :bruno!u@h PRIVMSG #lobby :antes");
    talk.hear("@label=1;msgid=8 :ana!u@h PRIVMSG #lobby :oi");
    let rows = talk.all_rows();
    assert_eq!(
        rows[rows.len() - 4..],
        ["bruno: antes", "ana: oi", "#lobby | 2 people | connected", "ana>"]
    );
    assert!(talk.frontend.unconfirmed.lines().is_empty());
    assert_eq!(talk.frontend.shown(), ["bruno: antes", "ana: oi"]);
}

#[test]
fn a_line_that_is_refused_is_told_to_be_so() {
    let mut talk = joined();
    talk.press("/msg caio oi\r");
    assert!(has(&talk, "(private to caio) ana: oi"));
    talk.hear("@label=1 :s.x 401 ana caio :Nobody here is called caio.");
    assert!(has(&talk, "*** Nobody here is called caio.") && has(&talk, "*** Not said: oi"));
    assert!(talk.frontend.unconfirmed.lines().is_empty());
}

#[test]
fn what_was_not_confirmed_is_offered_again_unless_it_came_through() {
    let mut talk = joined();
    talk.hear("@msgid=7 :bruno!u@h PRIVMSG #lobby :antes");
    talk.press("um\rdois\rhalf");
    talk.lose(None, 0);
    assert!(has(&talk, "ana: um") && has(&talk, "ana: dois"), "{:?}", talk.rows());
    talk.wait();
    talk.tell(Event::Connected);
    talk.hear_all(&JOINED[..10]);
    let sent = talk.sent();
    assert!(sent.ends_with("CHATHISTORY AFTER #lobby msgid=7 100\r\n"), "{sent}");
    // What is said meanwhile stands below what was missed.
    talk.hear("@msgid=11 :bruno!u@h PRIVMSG #lobby :depois");
    talk.press("\r");
    assert_eq!(talk.sent(), "@label=1 PRIVMSG #lobby :half\r\n", "nothing is offered yet");
    talk.hear("@label=1;msgid=12 :ana!u@h PRIVMSG #lobby :half");
    past(
        &mut talk,
        "#lobby",
        &[
            "msgid=9 :ana!u@h PRIVMSG #lobby :um",
            "msgid=10 :bruno!u@h PRIVMSG #lobby :entre",
            "msgid=11 :bruno!u@h PRIVMSG #lobby :depois",
        ],
    );
    let shown = talk.frontend.shown();
    let missed =
        ["*** 2 missed messages:", "ana: um", "bruno: entre", "bruno: depois", "ana: half"];
    assert_eq!(shown[shown.len() - 5..], missed, "each of them once");
    let row = "1 line is not confirmed: Enter says it again, Esc drops it";
    assert!(has(&talk, row) && has(&talk, "ana: dois"), "{:?}", talk.all_rows());
    talk.press("x\r");
    assert_eq!(talk.sent(), "@label=2 PRIVMSG #lobby :dois\r\n");
    assert_eq!(talk.last_row(), "ana> x", "the line being typed was not meant");
    talk.hear("@label=2;msgid=13 :ana!u@h PRIVMSG #lobby :dois");
    assert!(!has(&talk, row) && talk.frontend.unconfirmed.lines().is_empty());
}

#[test]
fn what_was_not_confirmed_can_be_dropped() {
    let mut talk = joined();
    talk.press("um\r");
    talk.lose(None, 0);
    talk.wait();
    talk.tell(Event::Connected);
    talk.hear_all(JOINED);
    talk.sent();
    talk.press("\x1b");
    talk.wait();
    assert!(talk.frontend.unconfirmed.lines().is_empty());
    assert_eq!(talk.sent(), "");
    assert!(has(&talk, "*** 1 line dropped, which may have come through or not"));
}

#[test]
fn a_gap_in_what_is_kept_is_told() {
    let mut talk = joined();
    talk.hear("@msgid=7 :bruno!u@h PRIVMSG #lobby :antes");
    talk.lose(None, 0);
    talk.wait();
    talk.tell(Event::Connected);
    talk.hear_all(&JOINED[..10]);
    talk.sent();
    talk.hear(":s.x FAIL CHATHISTORY UNKNOWN_MSGID AFTER #lobby msgid=7 :no");
    assert!(has(&talk, "*** What was said meanwhile is no longer kept in full."));
    assert_eq!(talk.sent(), "CHATHISTORY LATEST #lobby * 100\r\n");
}

#[test]
fn long_lines_are_shown_as_one() {
    let mut talk = joined();
    let text = "palavra ".repeat(100);
    talk.press(&format!("{text}\r"));
    let sent = talk.sent();
    assert_eq!(sent.lines().count(), 2);
    for (number, line) in sent.lines().enumerate() {
        let text = line.split_once(" :").expect("a text").1;
        let label = number + 1;
        talk.hear(&format!("@label={label};msgid={label} :ana!u@h PRIVMSG #lobby :{text}"));
    }
    let shown = talk.frontend.shown();
    assert_eq!(shown.last(), Some(&format!("ana: {text}")));
    let time = "time=2026-11-24T09:30:00.001Z";
    // Both come in one turn.
    for line in [
        format!("@{time};msgid=5 :bruno!u@h PRIVMSG #lobby :um e "),
        format!("@{time} :bruno!u@h PRIVMSG #lobby :dois"),
    ] {
        talk.frontend.handle(Event::Line(line.as_bytes()), talk.now, &mut talk.actions);
    }
    assert_eq!(talk.frontend.shown(), ["bruno: um e dois"]);
}

#[test]
fn a_nickname_that_is_taken_is_asked_for_again() {
    let mut talk = Talk::new(Some("ana"));
    talk.tell(Event::Connected);
    talk.hear(":s.x CAP * LS :");
    talk.hear(":s.x 433 * ana :ana is taken.");
    assert!(has(&talk, "*** ana is taken. Choose a nickname:"));
    talk.sent();
    talk.press("bia\r");
    assert_eq!(talk.sent(), "NICK :bia\r\n");
}

#[test]
fn leaving_tells_the_server_and_not_the_user_what_it_answers() {
    let mut talk = joined();
    talk.press("tchau\r\x04");
    assert_eq!(talk.sent(), "@label=1 PRIVMSG #lobby :tchau\r\nQUIT\r\n");
    assert!(talk.actions.half_close);
    talk.hear("@label=1;msgid=1 :ana!u@h PRIVMSG #lobby :tchau");
    talk.hear("ERROR :Closing link");
    talk.lose(None, 0);
    assert_eq!(talk.actions.exit, Some(Ok(())));
    assert!(!talk.rows().concat().contains("Closing"));
    let mut unlucky = joined();
    unlucky.press("tchau\r\x04");
    unlucky.lose(None, 0);
    assert!(unlucky.actions.exit.is_some_and(|exit| exit.is_err()), "nobody knows whether it came");
}
