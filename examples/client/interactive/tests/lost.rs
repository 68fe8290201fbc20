//! Without the server, and at the end.

use super::*;

#[test]
fn a_lost_connection_is_taken_up_with_the_same_name_and_line() {
    let mut talk = Talk::named();
    talk.hear("*** You are now bia.");
    talk.press("half");
    talk.lose(Some(io::ErrorKind::BrokenPipe), 1);
    assert_eq!(talk.rows()[3], "*** connection lost: broken pipe; the last line was not sent");
    assert_eq!(talk.rows()[4], "offline, next try in 1 s, Enter: now");
    assert_eq!(talk.last_row(), "bia> half");
    talk.wait();
    assert!(talk.actions.connect);
    talk.tell(Event::Unreachable("host:1 refuses".to_owned()));
    assert_eq!(talk.rows()[4..6], ["offline, next try in 2 s, Enter: now", "host:1 refuses"]);
    talk.wait();
    assert_eq!(talk.rows()[4], "offline, next try in 1 s, Enter: now");
    talk.actions.connect = false;
    talk.press(ENTER);
    assert!(talk.actions.connect, "Enter tries at once");
    talk.connect();
    assert_eq!(talk.sent(), "bia\n");
    talk.hear("*** You are bia. Nobody else is here.");
    assert_eq!(talk.last_row(), "bia> half");
    assert_eq!(talk.frontend.deadline(), None);
    assert_eq!(talk.actions.exit, None);
}

#[test]
fn a_lost_connection_is_taken_up_in_the_room_where_one_talked() {
    let mut talk = Talk::named();
    talk.hear("*** You talk in #dev now, and still hear #lobby. Here now: @bruno.");
    talk.press("half");
    talk.lose(None, 0);
    talk.press(ENTER);
    talk.connect();
    assert_eq!(talk.sent(), "ana\n");
    talk.hear("*** You are ana. Nobody else is here.");
    assert_eq!(talk.sent(), "/join #dev\n");
    assert_eq!(talk.last_row(), "ana> half");
    talk.hear("*** It takes the key to come into #dev: /join #dev KEY.");
    talk.press(ENTER);
    assert_eq!(talk.sent(), "", "it was not meant for the others");
    talk.press(ENTER);
    assert_eq!(talk.sent(), "half\n");
}

#[test]
fn a_nickname_that_the_lost_connection_still_has_is_waited_for() {
    let mut talk = Talk::named();
    talk.press("half");
    talk.lose(None, 0);
    for seconds in [2, 4, 8, 16, 30, 30, 30] {
        talk.actions = Actions::default();
        while !talk.actions.connect {
            talk.wait();
        }
        talk.connect();
        talk.hear(REFUSED);
        let status = format!("offline, next try in {seconds} s, Enter: now");
        let (rows, why) = (talk.rows(), "ana is still taken (Esc: another)".to_owned());
        assert!(rows.contains(&status) && rows.contains(&why), "{rows:?}");
        assert_eq!(talk.last_row(), "ana> half");
    }
    talk.press(ENTER);
    talk.connect();
    talk.hear(REFUSED);
    assert_eq!(talk.last_row(), "nickname [ana]:", "it is not that of the lost connection");
    talk.press("bia\r");
    talk.hear("*** You are bia. Nobody else is here.");
    assert_eq!(talk.last_row(), "bia> half", "what was being typed is back");
}

#[test]
fn another_nickname_can_be_chosen_instead_of_waiting() {
    let mut talk = Talk::named();
    talk.press("half");
    talk.lose(None, 0);
    talk.press("\x1b");
    talk.wait();
    assert_eq!(talk.last_row(), "nickname [ana]:");
    talk.press("bia\r");
    assert!(talk.actions.connect);
    talk.connect();
    assert_eq!(talk.sent(), "bia\n");
    talk.hear(&REFUSED.replace("ana", "bia"));
    assert_eq!(talk.last_row(), "nickname [bia]:", "no lost connection has this one");
    talk.lose(None, 0);
    assert_eq!(talk.frontend.deadline(), None, "no name to come back with");
    talk.actions.connect = false;
    talk.press(ENTER);
    assert!(talk.actions.connect);
    assert_eq!(talk.last_row(), "bia> half");
}

#[test]
fn quit_leaves_without_a_server_too() {
    let mut offline = Talk::named();
    offline.lose(None, 0);
    offline.press("/quit\r");
    assert_eq!(offline.actions.exit, Some(Ok(())));
    let mut unwelcome = Talk::new(Some("ana"));
    unwelcome.connect();
    unwelcome.press("/quit\r");
    assert!(unwelcome.actions.half_close);
}

#[test]
fn the_first_failure_is_final_and_so_is_any_without_reconnecting() {
    let mut talk = Talk::new(Some("ana"));
    talk.tell(Event::Unreachable("why".to_owned()));
    assert_eq!(talk.actions.exit, Some(Err("why".to_owned())));

    let mut talk = Talk::named();
    talk.frontend.options.reconnect = false;
    talk.lose(None, 0);
    assert_eq!(talk.actions.exit, Some(Err("connection closed by the server".to_owned())));
}

#[test]
fn leaving_waits_for_the_server_but_not_against_the_users_will() {
    for by in [CTRL_C, CTRL_D] {
        let mut talk = Talk::named();
        talk.press("oi\r");
        talk.press(by);
        assert_eq!(talk.sent(), "oi\n/quit\n");
        assert!(talk.actions.half_close);
        assert_eq!(talk.actions.exit, None);
        talk.lose(None, 0);
        assert_eq!(talk.actions.exit, Some(Ok(())));
    }
    let mut impatient = Talk::named();
    impatient.press("/QUIT bye\r");
    assert_eq!(impatient.actions.exit, None);
    impatient.press(CTRL_D);
    assert_eq!(impatient.actions.exit, Some(Ok(())));
    let mut unlucky = Talk::named();
    unlucky.press(CTRL_D);
    unlucky.lose(None, 1);
    let error = "connection closed by the server; the last line was not sent";
    assert_eq!(unlucky.actions.exit, Some(Err(error.to_owned())));
}
