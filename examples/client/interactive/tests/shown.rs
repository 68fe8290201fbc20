//! Which lines are shown, and how.

use super::*;

#[test]
fn who_is_ignored_is_not_heard() {
    let mut talk = Talk::named();
    talk.frontend.options.bell = true;
    talk.press("/ignore bruno\r/help\r");
    assert_eq!(talk.sent(), "/help\n", "the server hears nothing of it");
    assert!(
        talk.rows().iter().any(|row| row.starts_with("*** Of this client: /ignore NICK hides "))
    );
    let before = talk.rows();
    talk.hear("*** 1 earlier message, 3 minutes ago:");
    for line in ["bruno: oi ana", "* bruno waves", "(private) bruno: oi", "(#dev) bruno: oi"] {
        talk.hear(line);
        assert!(!talk.output.contains(['\x07']) && !talk.rows().concat().contains("oi"), "{line}");
    }
    talk.hear("bia: bruno: oi");
    assert_eq!(talk.rows()[before.len() - 2..], ["bia: bruno: oi", "ana>"]);
    talk.press("/r psst\r");
    assert_eq!(talk.sent(), "", "who is ignored does not hear what is meant for another");
    talk.press("/unignore bruno\r");
    talk.hear("bruno: oi");
    assert_eq!(talk.rows()[talk.rows().len() - 2..], ["bruno: oi", "ana>"]);
}

#[test]
fn the_time_stands_before_what_arrives_but_not_before_the_past() {
    let mut talk = Talk::named();
    talk.frontend.options.zone = Some(Zone::of_the_system());
    let time = Zone::of_the_system().time(talk.now.utc);
    talk.press("oi\r");
    for line in ["bruno: oi", "*** 1 earlier message, 3 minutes ago:", "bia: old", "bia: new"] {
        talk.hear(line);
    }
    assert_eq!(
        talk.rows()[2..],
        [
            &*format!("{time} ana: oi"),
            &*format!("{time} bruno: oi"),
            &*format!("{time} *** 1 earlier message, 3 minutes ago:"),
            "      bia: old",
            &*format!("{time} bia: new"),
            "ana>"
        ]
    );
    talk.hear("bruno: a line that is longer than the window and hangs below what is said");
    let rows = talk.rows();
    let hanging = [
        &*format!("{time} bruno: a line that is longer than the window and hangs"),
        "             below what is said",
        "ana>",
    ];
    assert_eq!(rows[rows.len() - 3..], hanging);
}

#[test]
fn the_log_has_every_line_as_text() {
    let mut talk = Talk::new(Some("ana"));
    talk.frontend.options.zone = Some(Zone::of_the_system());
    talk.connect();
    talk.hear("*** You are ana. Here now: bruno. /help lists the commands, /quit leaves.");
    talk.frontend.shown();
    talk.hear("(private) bruno: oi ana");
    talk.press("oi\r");
    talk.tell(Event::LogFailed("the log ends here".to_owned()));
    let expected = ["(private) bruno: oi ana", "ana: oi", "*** the log ends here"];
    assert_eq!(talk.frontend.shown(), expected);
    assert_eq!(talk.frontend.shown(), [""; 0]);
}
