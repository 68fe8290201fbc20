//! What those in charge of a room do, and what nobody can do around them.

use super::rooms::dev;
use super::*;

const MUTED: &str = "*** That was not said: you are muted in #dev.\n";

#[test]
fn no_voice_is_a_pardon_and_lent_ones_are_taken_back() {
    let mut scene = dev();
    scene.type_in(0, "/mute bruno!*@*");
    scene.type_in(0, "/room moderated on");
    assert_eq!(scene.type_in(1, "hi"), MUTED);
    assert_eq!(scene.type_in(2, "I have a voice"), "");
    scene.type_in(4, "/join dev");
    scene.type_in(0, "/room moderated on");
    assert!(scene.type_in(4, "and I?").starts_with("*** That was not said"), "it was on already");
    scene.type_in(0, "/room moderated off");
    scene.type_in(0, "/room slow 60");
    assert_eq!(scene.type_in(2, "one"), "");
    assert!(scene.type_in(2, "two").contains("Say it again in 1 minute."), "no voice is left");
}

#[test]
fn who_may_not_talk_says_nothing_in_other_ways() {
    let mut scene = dev();
    scene.type_in(0, "/room topic all");
    scene.type_in(0, "/mute bruno!*@*");
    scene.type_in(2, "/part lobby");
    scene.told.0.clear();
    scene.type_in(1, "/away BUY");
    scene.type_in(1, "/away BUY MORE");
    assert_eq!(scene.type_in(1, "/topic BUY"), MUTED);
    assert_eq!(scene.told(2), "");
    assert_eq!(scene.told(4), "*** bruno is away: BUY\n", "once, where it may talk");
    scene.type_in(1, "/part BUY");
    assert_eq!(scene.told(2), "*** bruno left the room\n");
    scene.type_in(1, "/join dev");
    scene.told.0.clear();
    scene.leave(1, Farewell::Quit(Some(text("BUY"))));
    assert_eq!(scene.told(2), "*** bruno left (quit)\n");
}

#[test]
fn slow_mode_is_not_escaped_by_going_out_and_in() {
    let mut scene = dev();
    scene.type_in(0, "/room slow 60");
    scene.type_in(1, "one");
    scene.type_in(1, "/part");
    scene.type_in(1, "/join dev");
    assert!(scene.type_in(1, "two").contains("Say it again"));
}

#[test]
fn lists_concern_no_operator_but_whoever_is_one_no_longer() {
    let mut scene = dev();
    scene.type_in(0, "/op bruno");
    let first = "*** bruno is an operator of #dev: /deop bruno first.\n";
    assert_eq!(scene.type_in(0, "/mute bruno"), first);
    assert_eq!(scene.type_in(0, "/ban bruno"), first);
    scene.type_in(0, "/mute bruno!*@*");
    assert_eq!(scene.type_in(1, "hi"), "");
    scene.type_in(0, "/deop bruno");
    assert_eq!(scene.type_in(1, "hi"), MUTED);
}

#[test]
fn an_operator_who_dropped_out_comes_back_past_the_rules_and_when_it_has_its_name_again() {
    let mut scene = dev();
    scene.type_in(0, "/room invite-only on");
    scene.type_in(0, "/room key word");
    scene.leave(0, Farewell::Lost);
    scene.apply(0, Command::Nick(text("Ana")));
    assert!(scene.type_in(0, "/join dev").ends_with("*** Ana is an operator again\n"));
    assert!(scene.told(1).ends_with("*** Ana joined\n*** Ana is an operator again\n"));
    scene.type_in(0, "/room invite-only off");
    scene.type_in(0, "/room key off");
    // The old connection lingers while the new one comes by another name.
    scene.apply(3, Command::Nick(text("ana_")));
    scene.type_in(3, "/join dev");
    scene.leave(0, Farewell::TimedOut);
    scene.type_in(3, "/nick ana");
    assert_eq!(scene.type_in(1, "/who"), "*** 3 here: bruno, carla, @ana\n");
    // What was taken meanwhile does not come back.
    scene.type_in(3, "/op bruno");
    scene.leave(3, Farewell::Lost);
    scene.type_in(1, "/deop ana");
    scene.apply(3, Command::Nick(text("ana")));
    scene.type_in(3, "/join dev");
    assert_eq!(scene.type_in(1, "/who"), "*** 3 here: @bruno, carla, ana\n");
}

#[test]
fn many_leave_at_once_and_are_told_of_in_one_line() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let mut scene = Scene::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for id in 0..20 {
        scene.type_in(id, "/join dev");
    }
    scene.type_in(0, "/op n1");
    scene.told.0.clear();
    assert_eq!(
        scene.type_in(0, "/ban *!*@* 1h"),
        "*** *!*@* is banned for 1 hour.\n*** n0 kicked 18 people out\n"
    );
    assert_eq!(scene.told(1), "*** n0 kicked 18 people out\n");
    assert_eq!(scene.told(7), "*** n7 was banned by n0\n*** You talk in #lobby now.\n");
    assert_eq!(scene.type_in(0, "/who"), "*** 2 here: @n0, @n1\n");
}

#[test]
fn a_ban_ends_an_invitation_and_an_invitation_passes_a_ban() {
    let mut scene = dev();
    scene.type_in(0, "/invite dora");
    scene.type_in(0, "/ban dora");
    assert_eq!(
        scene.type_in(4, "/join dev"),
        "*** You are banned from #dev for as long as the room exists.\n"
    );
    scene.type_in(0, "/invite dora");
    assert!(scene.type_in(4, "/join dev").starts_with("*** You talk in #dev"));
    assert_eq!(scene.type_in(4, "hi"), "");
}

#[test]
fn who_is_pardoned_is_who_was_meant() {
    let mut scene = dev();
    scene.type_in(0, "/ban b*!*@*");
    assert_eq!(
        scene.type_in(0, "/unban bruno"),
        "*** Nothing was made for bruno alone; b*!*@* concerns them: /unban b*!*@*.\n"
    );
    scene.type_in(0, "/unban b*!*@*");
    scene.type_in(0, "/ban dora");
    scene.leave(4, Farewell::Lost);
    let entry =
        "*** dora (*!*@baaaaaaaaaaaa.aaaa.ip) is banned for as long as the room exists, by ana\n";
    assert_eq!(scene.type_in(0, "/bans"), entry);
    assert_eq!(scene.type_in(0, "/unban Dora"), "*** No longer banned.\n");
    assert_eq!(scene.type_in(0, "/bans"), "*** Nobody is banned or muted.\n");
}

#[test]
fn a_list_of_masks_is_bounded() {
    let mut scene = dev();
    for number in 0..101 {
        scene.type_in(0, &format!("/mute {}{number}!*@*", "x".repeat(100)));
    }
    assert_eq!(scene.told(0), "");
    assert_eq!(scene.type_in(0, "/mute y!*@*"), "*** That list of #dev is full.\n");
    let told = scene.type_in(0, "/bans");
    assert!(told.ends_with("*** … and 98 more\n"), "{told}");
}

#[test]
fn a_crowd_is_not_told_of_each_that_parts() {
    let names: Vec<String> = (0..CROWD + 2).map(|number| format!("n{number}")).collect();
    let mut scene = Scene::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.chat.tick(scene.now + TRAFFIC_EVERY, &mut scene.told);
    scene.told.0.clear();
    assert!(scene.type_in(5, "/part SPAM").starts_with("*** n5 left the room"));
    assert_eq!(scene.told(0), "");
    scene.type_in(5, "/join lobby");
    scene.chat.tick(scene.now + TRAFFIC_EVERY, &mut scene.told);
    assert_eq!(scene.told(0), "*** 1 joined, 1 left; 102 here\n");
}

#[test]
fn what_is_left_to_show_is_shown_though_something_before_it_is_forgotten() {
    let mut scene = dev();
    for room in ["lobby", "dev"] {
        scene.type_in(0, &format!("/join {room}"));
        for _ in 0..3 {
            scene.type_in(0, &"x".repeat(90));
        }
    }
    scene.type_in(1, "/join lobby");
    scene.type_in(1, "/history");
    scene.type_in(1, "/join dev");
    scene.type_in(1, "/history");
    scene.type_in(0, "/join lobby");
    for _ in 0..3 {
        scene.type_in(0, "new");
    }
    scene.told.0.clear();
    let id = SessionId::new(1, 0);
    assert!(scene.chat.awaits_more(id));
    assert!(scene.chat.go_on(id, scene.now, &mut scene.told));
    assert!(scene.told(1).contains("earlier message"), "else nobody would ever go on");
}

#[test]
fn a_key_that_is_named_in_making_a_room_is_its_key() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    let made = scene.type_in(0, "/join dev word");
    assert!(made.ends_with("*** ana gave the room a key\n"), "{made}");
    assert!(scene.type_in(1, "/join dev").starts_with("*** It takes the key"));
    assert!(scene.type_in(1, "/join dev word").starts_with("*** You talk in #dev now"));
    let long = "x".repeat(33);
    let refused = "*** That key is too long: at most 32 bytes.\n";
    assert_eq!(scene.type_in(1, &format!("/join ops {long}")), refused);
}

#[test]
fn the_last_operator_stays_one_and_leaves_no_rank_in_quitting() {
    let mut scene = dev();
    assert_eq!(
        scene.type_in(0, "/deop ana"),
        "*** You are the only operator of #dev: /op somebody else first.\n"
    );
    scene.leave(0, Farewell::Quit(None));
    scene.apply(3, Command::Nick(text("ana")));
    scene.type_in(3, "/join dev");
    let refused = "*** Only operators of #dev can do that, and it has none.\n";
    assert_eq!(scene.type_in(3, "/kick bruno"), refused);
}

#[test]
fn who_goes_to_a_third_room_is_told_what_it_still_hears() {
    let mut scene = dev();
    assert!(
        scene.type_in(0, "/join ops").starts_with(
            "*** You talk in #ops now, and still hear #dev and 1 other room. It is new"
        )
    );
}
