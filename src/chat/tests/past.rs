//! What was said is shown in parts, and taken back.

use super::rooms::dev;
use super::*;
use crate::chat::command::Question;
use crate::chat::history::{Point, Span};

/// The id of the last message.
fn last(scene: &Scene) -> MessageId {
    scene.chat.last_message
}

fn take_back(scene: &mut Scene, id: usize, message: MessageId, reason: Option<&str>) -> String {
    scene.told.0.clear();
    let reason = reason.map(text);
    let ask = Ask::TakeBack { message, reason };
    scene.apply(id, Command::In { room: Some(text("#dev")), ask });
    scene.told(id)
}

#[test]
fn an_author_takes_back_its_own_message_and_all_are_told_who_did() {
    let mut scene = dev();
    scene.type_in(1, "oops");
    let oops = last(&scene);
    scene.type_in(1, "hi");
    assert_eq!(
        take_back(&mut scene, 2, oops, None),
        "*** You did not say that: only operators of #dev can take it back.\n"
    );
    // Whoever has taken its nickname is not the one who said it.
    scene.type_in(1, "/nick bia");
    scene.type_in(2, "/nick bruno");
    assert!(take_back(&mut scene, 2, oops, None).starts_with("*** You did not say that"));
    scene.type_in(0, "/join lobby");
    assert_eq!(take_back(&mut scene, 1, oops, Some("wrong room")), {
        "*** bia took back a message: wrong room\n"
    });
    assert_eq!(scene.told(0), "*** (#dev) bia took back a message: wrong room\n");
    assert_eq!(scene.told(4), "", "dora is not there");
    let history = scene.type_in(2, "/history");
    assert_eq!(history, "*** 1 earlier message, 0 seconds ago:\nbruno: hi\n");
    assert_eq!(
        take_back(&mut scene, 1, oops, None),
        "*** There is no such message in #dev, or it is no longer kept.\n"
    );
}

#[test]
fn an_operator_takes_back_what_others_said_and_it_is_told_whose() {
    let mut scene = dev();
    scene.type_in(1, "spam");
    let spam = last(&scene);
    assert_eq!(take_back(&mut scene, 0, spam, None), "*** ana took back a message of bruno\n");
    assert_eq!(scene.type_in(1, "/history"), "*** No earlier messages.\n");
    assert!(take_back(&mut scene, 4, spam, None).starts_with("*** You are not in #dev"));
    scene.type_in(0, "/mute bruno!*@*");
    scene.type_in(0, "hi");
    scene.type_in(0, "/part lobby");
    scene.type_in(0, "/unmute bruno!*@*");
    scene.type_in(1, "mine");
    let mine = last(&scene);
    scene.type_in(0, "/mute bruno!*@*");
    assert_eq!(take_back(&mut scene, 1, mine, Some("BUY")), "*** bruno took back a message\n");
}

#[test]
fn what_all_rooms_keep_is_less_by_what_is_taken_back() {
    let mut scene = dev();
    scene.type_in(1, "one");
    let one = last(&scene);
    scene.type_in(1, "two");
    take_back(&mut scene, 1, one, None);
    let rooms = &scene.chat.rooms;
    let kept: usize = rooms.iter().map(|room| room.history.bytes()).sum();
    assert_eq!(rooms.history_bytes, kept);
}

#[test]
fn where_something_was_said_last_in_a_time() {
    let mut scene = dev();
    let begin = scene.now.utc;
    let talked = |scene: &mut Scene, from: u64, to: u64, most| {
        let at = |millis: u64| Timestamp(begin.0 + 1000 * millis);
        let (from, to) = (at(from), at(to));
        scene.told.0.clear();
        scene.apply(0, Command::Ask(Question::Talked { from, to, most }));
        scene.told(0)
    };
    scene.now += Duration::from_millis(10);
    scene.type_in(0, "in #dev");
    scene.now += Duration::from_millis(10);
    scene.type_in(4, "in #lobby");
    scene.type_in(3, "/join other");
    scene.type_in(3, "where ana is not");
    for (from, to, most, rooms) in [
        (0, 30, 9, "#dev\n#lobby\n"),
        (30, 0, 9, "#dev\n#lobby\n"),
        (0, 30, 1, "#dev\n"),
        (30, 0, 1, "#lobby\n"),
        (10, 30, 9, "#lobby\n"),
        (0, 20, 9, "#dev\n"),
        (20, 20, 9, ""),
    ] {
        assert_eq!(talked(&mut scene, from, to, most), rooms, "{from} {to} {most}");
    }
    scene.type_in(0, "/join dev");
    scene.type_in(1, "later");
    assert_eq!(talked(&mut scene, 0, 15, 9), "", "the last message in #dev is not within");
}

#[test]
fn a_part_of_the_past_is_for_members_and_has_no_silent_gap() {
    let mut scene = dev();
    let past = |scene: &mut Scene, id: usize, span| {
        scene.told.0.clear();
        let ask = Ask::Past { span, most: 100 };
        scene.apply(id, Command::In { room: Some(text("#dev")), ask });
        scene.told(id)
    };
    scene.type_in(0, "one");
    let one = last(&scene);
    for said in ["two", "three"] {
        scene.type_in(0, said);
    }
    let after_one = Span::After(Point::Message(one));
    assert_eq!(
        past(&mut scene, 1, after_one),
        "*** 2 earlier messages, the last one 0 seconds ago:\nana: two\nana: three\n"
    );
    assert!(past(&mut scene, 4, after_one).starts_with("*** You are not in #dev"));
    scene.type_in(0, "four");
    assert_eq!(
        past(&mut scene, 1, after_one),
        "*** There is no such message in #dev, or it is no longer kept.\n",
        "three are kept"
    );
}
