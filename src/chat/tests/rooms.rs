//! Rooms as people meet them, through the words that they type and read.

use super::*;
use crate::chat::rules::{List, Rank};
use crate::wire::Step;
use crate::wire::text::TextDecoder;

impl Scene {
    /// Types a line, and returns what the one who typed it is told then.
    pub(super) fn type_in(&mut self, id: usize, line: &str) -> String {
        let (mut decoder, mut scratch) = (TextDecoder::default(), String::new());
        self.told(id);
        let line = format!("{line}\n");
        let (step, _) = decoder.step(&mut line.as_bytes(), true, 4096, &mut scratch);
        let Step::Command(command) = step else { panic!("{step:?}") };
        self.apply(id, command);
        self.told(id)
    }
}

/// In `#dev`: ana, its operator, bruno and carla, all in `#lobby` too, where dora is alone.
pub(super) fn dev() -> Scene {
    let mut scene = Scene::with(&["ana", "bruno", "carla", "x", "dora"]);
    for id in 0..3 {
        scene.type_in(id, "/join #dev");
    }
    scene.told.0.clear();
    scene
}

#[test]
fn one_goes_to_a_room_and_talks_there_and_still_hears_the_other() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    assert_eq!(
        scene.type_in(0, "/join dev"),
        "*** You talk in #dev now, and still hear #lobby. It is new, and you are its operator: /help room.\n"
    );
    assert_eq!(scene.told(1), "", "nothing has happened in the lobby");
    scene.type_in(0, "anybody?");
    assert_eq!(scene.told(1), "");
    assert_eq!(
        scene.type_in(1, "/join #Dev"),
        "*** You talk in #dev now, and still hear #lobby. Here now: @ana.\n*** 1 earlier message, 0 seconds ago:\nana: anybody?\n"
    );
    assert_eq!(scene.told(0), "*** bruno joined\n");
    scene.type_in(1, "me");
    assert_eq!(scene.told(0), "bruno: me\n");
    assert_eq!(scene.type_in(0, "/join lobby"), "*** You talk in #lobby now.\n");
    scene.type_in(1, "/me waves");
    assert_eq!(scene.told(0), "(#dev) * bruno waves\n");
    scene.type_in(0, "hello");
    assert_eq!(scene.told(1), "(#lobby) ana: hello\n");
    assert_eq!(scene.type_in(0, "/msg #dev hi"), "(#dev) ana: hi\n");
    assert_eq!(scene.told(1), "ana: hi\n");
    assert_eq!(scene.type_in(0, "/who #dev"), "*** (#dev) 2 here: @ana, bruno\n");
    assert_eq!(scene.type_in(0, "/who"), "*** 2 here: ana, bruno\n");
    assert_eq!(
        scene.type_in(1, "/part #dev bye all"),
        "*** bruno left the room: bye all\n*** You talk in #lobby now.\n"
    );
    assert_eq!(scene.told(0), "*** (#dev) bruno left the room: bye all\n");
}

#[test]
fn what_happens_to_a_person_is_told_once_and_without_a_mark() {
    let mut scene = dev();
    scene.type_in(0, "/nick bia");
    assert_eq!(
        (scene.told(1), scene.told(3)),
        ("*** ana is now bia\n".into(), "*** ana is now bia\n".into())
    );
    assert_eq!(
        scene.type_in(0, "/away lunch"),
        "*** You are away. /away says that you are back.\n"
    );
    assert_eq!(scene.told(1), "*** bia is away: lunch\n");
    assert_eq!(
        scene.type_in(1, "/msg bia hi"),
        "(private to bia) bruno: hi\n*** bia is away: lunch\n"
    );
    scene.told.0.clear();
    assert_eq!(scene.type_in(0, "/away"), "*** You are back.\n");
    assert_eq!(scene.told(1), "*** bia is back\n");
    assert_eq!(scene.type_in(0, "/away"), "*** You are back.\n");
    assert_eq!(scene.told(1), "", "it was back already");
    scene.leave(0, Farewell::Lost);
    assert_eq!(scene.told(1), "*** bia left (connection lost)\n");
    assert_eq!(scene.told(4), "*** bia is back\n*** bia left (connection lost)\n");
}

#[test]
fn a_room_ends_with_its_last_member_and_made_again_it_is_new() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    scene.type_in(0, "/join dev");
    scene.type_in(0, "secret plans");
    scene.type_in(0, "/room key word");
    scene.type_in(0, "/part");
    assert_eq!(scene.type_in(0, "/rooms"), "*** #lobby: 2 people, you too\n");
    assert_eq!(
        scene.type_in(1, "/join dev"),
        "*** You talk in #dev now, and still hear #lobby. It is new, and you are its operator: /help room.\n"
    );
    assert_eq!(scene.type_in(1, "/history"), "*** No earlier messages.\n");
    // The same with one who quits, in the middle of what it is shown.
    scene.leave(1, Farewell::Lost);
    assert_eq!(scene.type_in(0, "/rooms"), "*** #lobby: 1 person, you too\n");
}

#[test]
fn whoever_left_a_room_is_shown_no_more_of_it() {
    let mut scene = dev();
    for number in 0..3 {
        scene.type_in(0, &format!("{number}{}", "x".repeat(60)));
    }
    scene.type_in(1, "/history");
    assert!(scene.chat.has_more(SessionId::new(1, 0)));
    scene.type_in(1, "/part");
    assert!(!scene.chat.go_on(SessionId::new(1, 0), scene.now, &mut scene.told));
    assert_eq!(scene.told(1), "");
}

#[test]
fn rooms_that_look_alike_are_refused_with_the_name_of_the_one_there_is() {
    let mut scene = dev();
    assert_eq!(scene.type_in(4, "/join L0bby"), "*** That looks too much like #lobby.\n");
    assert_eq!(scene.type_in(4, "/join d\u{435}v"), "*** That looks too much like #dev.\n");
    assert_eq!(
        scene.type_in(4, "/join a,b"),
        "*** A room's name cannot have “,”: only letters, digits and -_.+&'~=[]{}|^`.\n"
    );
}

#[test]
fn whoever_is_in_no_room_is_told_so() {
    let mut scene = Scene::with(&["ana"]);
    let none = "*** You are in no room now. /rooms lists them, /join goes to one.\n";
    assert_eq!(scene.type_in(0, "/part"), format!("*** ana left the room\n{none}"));
    let refused = "*** You are in no room. /join #lobby goes to one, /rooms lists all.\n";
    for line in ["hi", "/who", "/history", "/part"] {
        assert_eq!(scene.type_in(0, line), refused, "{line}");
    }
    let again = scene.type_in(0, "/join lobby");
    assert_eq!(again, "*** You talk in #lobby now. Nobody else is here.\n");
}

#[test]
fn only_operators_do_what_operators_do() {
    let mut scene = dev();
    let refused = "*** Only operators of #dev can do that.\n";
    for line in [
        "/kick carla",
        "/ban carla",
        "/unban carla",
        "/mute carla",
        "/unmute carla",
        "/op bruno",
        "/deop ana",
        "/voice bruno",
        "/unvoice bruno",
        "/topic mine",
        "/room moderated on",
    ] {
        assert_eq!(scene.type_in(1, line), refused, "{line}");
    }
    assert_eq!(
        scene.type_in(4, "/topic x"),
        "*** Only operators of #lobby can do that, and it has none.\n"
    );
    scene.type_in(0, "/op bruno");
    assert_eq!(scene.told(1), "*** ana made bruno an operator\n");
    scene.type_in(1, "/deop ana");
    assert_eq!(scene.told(0), "*** bruno took the rank of operator from ana\n");
    assert_eq!(scene.type_in(0, "/kick bruno"), refused);
}

#[test]
fn whoever_is_kicked_out_talks_elsewhere_and_may_come_back() {
    let mut scene = dev();
    assert_eq!(scene.type_in(0, "/kick bruno no ads"), "*** bruno was kicked out by ana: no ads\n");
    assert_eq!(
        scene.told(1),
        "*** bruno was kicked out by ana: no ads\n*** You talk in #lobby now.\n"
    );
    assert_eq!(scene.told(2), "*** bruno was kicked out by ana: no ads\n");
    assert_eq!(scene.type_in(0, "/kick bruno"), "*** bruno is not in #dev.\n");
    assert_eq!(scene.type_in(0, "/kick ana"), "*** You cannot do that to yourself.\n");
    assert!(scene.type_in(1, "/join dev").starts_with("*** You talk in #dev now, "));
}

#[test]
fn a_ban_says_first_whom_else_it_concerns_and_holds_for_its_time() {
    let mut scene = dev();
    // Four sessions have one address: ana to x, of whom ana is the operator.
    let also = scene.type_in(0, "/ban bruno");
    assert_eq!(
        also,
        "*** 1 other is here from the same address. /ban *!*@aaaaaaaaaaaaa.aaaa.ip concerns them all, /ban bruno!*@* the nickname alone.\n"
    );
    assert_eq!(
        scene.type_in(0, "/ban bruno!*@* 10m"),
        "*** bruno!*@* is banned for 10 minutes.\n*** bruno was banned by ana\n"
    );
    scene.told.0.clear();
    assert_eq!(scene.type_in(1, "/join dev"), "*** You are banned from #dev for 10 minutes.\n");
    assert_eq!(scene.type_in(0, "/bans"), "*** bruno!*@* is banned for 10 minutes, by ana\n");
    scene.now += Duration::from_secs(599);
    assert_eq!(scene.type_in(1, "/join dev"), "*** You are banned from #dev for 1 second.\n");
    scene.now += Duration::from_secs(1);
    assert!(scene.type_in(1, "/join dev").starts_with("*** You talk in #dev"));
    assert_eq!(scene.type_in(0, "/bans"), "*** Nobody is banned or muted.\n");
    // By address, under any name.
    scene.type_in(4, "/join dev");
    scene.told.0.clear();
    scene.type_in(0, "/ban dora");
    scene.type_in(4, "/nick eva");
    assert!(scene.type_in(4, "/join dev").starts_with("*** You are banned from #dev for as long"));
    assert_eq!(scene.type_in(0, "/unban eva"), "*** No longer banned.\n");
    assert!(scene.type_in(4, "/join dev").starts_with("*** You talk in #dev"));
    assert_eq!(
        scene.type_in(0, "/unban eva"),
        "*** Nothing there concerns eva. /bans lists all.\n"
    );
}

#[test]
fn whoever_is_muted_is_not_heard_also_under_another_name() {
    let mut scene = dev();
    scene.type_in(0, "/mute bruno!*@*");
    let refused = "*** That was not said: you are muted in #dev.\n";
    assert_eq!(scene.type_in(1, "hi"), refused);
    scene.type_in(1, "/nick bob");
    assert_eq!(scene.type_in(1, "hi"), "");
    scene.type_in(1, "/nick bruno");
    assert_eq!(scene.type_in(1, "hi"), refused);
    scene.type_in(1, "/part");
    scene.type_in(1, "/join dev");
    assert_eq!(scene.type_in(1, "hi"), refused);
    assert_eq!(scene.type_in(0, "/unmute bruno"), "*** No longer muted.\n");
    assert_eq!(scene.type_in(1, "hi"), "");
    scene.type_in(0, "/mute *!*@*");
    assert_eq!(scene.type_in(1, "hi"), refused);
    assert_eq!(scene.type_in(0, "I may"), "");
    scene.type_in(0, "/voice bruno");
    assert_eq!(scene.type_in(1, "may I?"), refused, "a voice is no pardon");
}

#[test]
fn the_rules_of_a_room_hold() {
    let mut scene = dev();
    scene.type_in(0, "/room moderated on");
    assert!(scene.told(1).contains("*** ana made the room moderated"), "who is there may go on");
    assert_eq!(scene.type_in(1, "I have a voice"), "");
    scene.type_in(4, "/join dev");
    assert_eq!(
        scene.type_in(4, "and I?"),
        "*** That was not said: only operators and those with a voice talk in #dev.\n"
    );
    scene.type_in(0, "/room moderated off");
    scene.type_in(0, "/room slow 10");
    scene.told.0.clear();
    assert_eq!(scene.type_in(4, "one"), "");
    assert_eq!(
        scene.type_in(4, "two"),
        "*** That was not said: #dev is slow. Say it again in 10 seconds.\n"
    );
    scene.now += Duration::from_secs(10);
    assert_eq!(scene.type_in(4, "three"), "");
    scene.type_in(0, "/room limit 4");
    assert_eq!(scene.type_in(3, "/join dev"), "*** #dev is full.\n");
    scene.type_in(0, "/room limit off");
    scene.type_in(0, "/room key sesame");
    assert_eq!(
        scene.type_in(3, "/join dev"),
        "*** It takes the key to come into #dev: /join #dev KEY.\n"
    );
    scene.type_in(0, "/room invite-only on");
    scene.type_in(0, "/room secret on");
    assert_eq!(
        scene.type_in(3, "/join dev sesame"),
        "*** #dev is invite-only: one of its operators can /invite you.\n"
    );
    assert_eq!(scene.type_in(3, "/rooms"), "*** #lobby: 5 people, you too\n");
    assert_eq!(
        scene.type_in(3, "/who #dev"),
        "*** There is no room #dev. /rooms lists them, /join #dev makes it.\n"
    );
    assert!(!scene.type_in(3, "/whois ana").contains("#dev"));
    assert_eq!(
        scene.type_in(1, "/whois ana"),
        "*** ana comes from aaaaaaaaaaaaa.aaaa.ip and is in @#dev, #lobby.\n"
    );
    assert_eq!(
        scene.type_in(0, "/room"),
        "*** Rules of #dev: invite-only, secret, the key is sesame, one message every 10 seconds, operators may change the topic.\n"
    );
    assert!(scene.type_in(1, "/room").contains("with a key"), "only operators may know it");
    scene.told.0.clear();
    assert_eq!(scene.type_in(0, "/invite x"), "*** x is invited to #dev.\n");
    assert_eq!(scene.told(3), "*** ana invites you to #dev: /join #dev goes there.\n");
    assert!(scene.type_in(3, "/join dev").starts_with("*** You talk in #dev"));
    scene.type_in(3, "/part");
    assert!(scene.type_in(3, "/join dev").starts_with("*** #dev is invite-only"), "once");
}

#[test]
fn a_topic_is_shown_to_whoever_comes() {
    let mut scene = dev();
    assert_eq!(scene.type_in(0, "/topic the tests"), "*** ana changed the topic: the tests\n");
    assert_eq!(
        scene.type_in(4, "/join dev"),
        "*** You talk in #dev now, and still hear #lobby. Here now: @ana, bruno, carla.\n*** Topic: the tests\n"
    );
    assert_eq!(
        scene.type_in(4, "/rooms"),
        "*** #lobby: 5 people, you too\n*** #dev: 4 people, you too: the tests\n"
    );
    scene.type_in(0, "/room topic all");
    scene.told.0.clear();
    assert_eq!(scene.type_in(4, "/topic mine"), "*** dora changed the topic: mine\n");
    assert_eq!(
        scene.type_in(4, &format!("/topic {}", "x".repeat(391))),
        "*** That topic is too long: at most 390 bytes.\n"
    );
    assert_eq!(scene.type_in(0, "/topic"), "*** Topic: mine\n");
}

#[test]
fn the_rank_of_one_who_dropped_out_waits_for_it_and_for_nobody_else() {
    let mut scene = dev();
    scene.leave(0, Farewell::Lost);
    scene.told.0.clear();
    // The same name from elsewhere, and the same place by another name.
    scene.apply(5, Command::Nick(text("ana")));
    scene.type_in(5, "/join dev");
    scene.apply(0, Command::Nick(text("zoe")));
    scene.type_in(0, "/join dev");
    assert_eq!(scene.type_in(1, "/who"), "*** 4 here: bruno, carla, ana, zoe\n");
    scene.leave(5, Farewell::Lost);
    scene.leave(0, Farewell::Lost);
    scene.now += Duration::from_secs(599);
    scene.apply(0, Command::Nick(text("ana")));
    scene.type_in(0, "/join dev");
    assert_eq!(scene.type_in(1, "/who"), "*** 3 here: bruno, carla, @ana\n");
    scene.leave(0, Farewell::Lost);
    scene.now += Duration::from_secs(600);
    scene.apply(0, Command::Nick(text("ana")));
    scene.type_in(0, "/join dev");
    assert_eq!(scene.type_in(1, "/who"), "*** 3 here: bruno, carla, ana\n");
}

#[test]
fn there_are_only_so_many_rooms() {
    // With the home room, five.
    let mut scene = Scene::with(&["ana"]);
    for number in 0..4 {
        assert!(scene.type_in(0, &format!("/join {number}")).contains("It is new"));
    }
    assert_eq!(
        scene.type_in(0, "/join 4"),
        "*** There are as many rooms as there may be. /rooms lists them.\n"
    );
    scene.type_in(0, "/part #2");
    assert!(scene.type_in(0, "/join 4").contains("It is new"));
}

#[test]
fn nobody_is_in_more_rooms_or_makes_more_than_it_may() {
    let mut scene = Scene::new();
    let config = ChatConfig { rooms_max: 1024, ..scene.chat.config.clone() };
    scene.chat = Chat::new(config);
    for id in 0..4 {
        scene.apply(id, Command::Nick(text(&format!("n{id}"))));
        scene.told.0.clear();
        // One is the home room.
        for number in 0..49 {
            let made = scene.type_in(id, &format!("/join r{id}-{number}"));
            if id * 49 + number < 100 {
                assert!(made.contains("It is new"), "{made}");
            } else {
                assert_eq!(
                    made,
                    "*** From your address 100 rooms were made, and there may be no more.\n"
                );
            }
        }
    }
    assert_eq!(
        scene.type_in(0, "/join one-more"),
        "*** You are in 50 rooms, and may be in no more: /part #ROOM leaves one.\n"
    );
}

#[test]
fn all_rooms_together_keep_no_more_than_they_may() {
    let mut scene = Scene::new();
    let config = ChatConfig {
        rooms_max: 1024,
        messages_kept: 1000,
        history_bytes_max: 1 << 20,
        ..scene.chat.config.clone()
    };
    scene.chat = Chat::new(config);
    let line = "x".repeat(4000);
    for id in 0..4 {
        scene.apply(id * 4, Command::Nick(text(&format!("n{id}"))));
        for number in 0..40 {
            scene.type_in(id * 4, &format!("/join r{id}-{number}"));
            for _ in 0..300 {
                scene.apply(id * 4, say(text(&line)));
            }
            scene.told.0.clear();
        }
    }
    let kept = || scene.chat.rooms.iter().map(|room| room.history.bytes());
    assert!(kept().sum::<usize>() <= crate::chat::rooms::HISTORY_BYTES_OF_ALL_MAX);
    // None is emptied for another.
    let full: Vec<usize> = kept().filter(|&bytes| bytes > 0).collect();
    assert!(full.iter().min().unwrap() * 2 > *full.iter().max().unwrap(), "{full:?}");
}

#[test]
fn each_room_has_its_own_crowd() {
    let names: Vec<String> = (0..CROWD + 2).map(|number| format!("n{number}")).collect();
    let mut scene = Scene::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.chat.tick(scene.now + TRAFFIC_EVERY, &mut scene.told);
    for id in 0..3 {
        scene.type_in(id, "/join dev");
    }
    scene.told.0.clear();
    scene.leave(2, Farewell::Lost);
    assert_eq!(scene.told(0), "*** n2 left (connection lost)\n");
    assert_eq!(scene.told(5), "", "a crowd");
    scene.chat.tick(scene.now + TRAFFIC_EVERY, &mut scene.told);
    assert_eq!(scene.told(0), "*** (#lobby) 1 left; 101 here\n");
    assert_eq!(scene.told(5), "*** 1 left; 101 here\n");
}

proptest! {
    /// Whatever is typed, people and rooms agree about who is where, and nobody talks where it is not.
    #[test]
    fn people_and_rooms_agree(lines in prop::collection::vec((0..5usize, any_line()), 0..60)) {
        let mut scene = Scene::with(&["ana", "bruno", "carla", "dora", "eva"]);
        for (id, line) in lines {
            if line == "LEAVE" {
                scene.leave(id, Farewell::Lost);
                scene.apply(id, Command::Nick(text(["ana", "bruno", "carla", "dora", "eva"][id])));
            } else {
                scene.type_in(id, line);
            }
            let chat = &scene.chat;
            for room in chat.rooms.iter() {
                prop_assert!(room.id() == chat.rooms.home() || !room.members().is_empty());
                for member in room.members() {
                    let person = &chat.people[member.session()];
                    prop_assert!(person.is_in(room.id()));
                    prop_assert_eq!(member.is_focused(), person.is_focused(room.id()));
                    let is_listed = |list| {
                        let lists = room.lists.as_ref();
                        let identity = person.identity();
                        lists.is_some_and(|it| it.concerns(list, &identity, scene.now.at))
                    };
                    let is_silenced = is_listed(List::Mutes)
                        || (is_listed(List::Bans) && !member.is_invited());
                    prop_assert!(
                        member.is(Rank::Operator) || member.is_silenced() == is_silenced,
                        "{} {is_silenced}", person.who()
                    );
                }
            }
            for id in 0..5 {
                let person = &chat.people[SessionId::new(id, 0)];
                for room in person.rooms() {
                    prop_assert!(chat.rooms[room].member(SessionId::new(id, 0)).is_some());
                }
            }
        }
    }
}

fn any_line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "/join dev",
        "/join dev key",
        "/join ops",
        "/join lobby",
        "/part",
        "/part #dev",
        "/part #lobby",
        "/kick bruno",
        "/ban bruno!*@*",
        "/ban *!*@*",
        "/unban bruno",
        "/op bruno",
        "/deop bruno",
        "/mute carla",
        "/room limit 2",
        "/room limit off",
        "/room key key",
        "/room key off",
        "/room invite-only on",
        "/room invite-only off",
        "/invite dora",
        "/nick zoe",
        "hi",
        "/msg #dev hi",
        "/away gone",
        "/away",
        "LEAVE",
        "/history",
        "/room moderated on",
    ])
}
