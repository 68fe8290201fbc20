//! What the chat does, as people would read it.

mod operators;
mod past;
mod rooms;
mod watching;

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::event::Farewell;
use super::message::{Kind, Speech};
use super::outbound::Audience;
use super::room::{CROWD, TRAFFIC_EVERY};
use super::session::Cloak;
use super::*;
use crate::wire::text::{self as written, LineEnd};

/// All characters but those of planes where Unicode has none, or only private ones.
pub(super) fn every_character() -> impl Iterator<Item = char> {
    ('\0'..='\u{3ffff}').chain('\u{e0000}'..='\u{e0fff}')
}

/// Everything that sessions were told, as a person would read it.
#[derive(Default)]
struct Told(BTreeMap<SessionId, String>);

impl Outbound for Told {
    fn deliver(&mut self, event: &Event<'_>, to: &Audience<'_>) {
        for member in to.hearers() {
            let mut bytes = Vec::new();
            written::event(event, !member.is_focused(), LineEnd::Lf, &mut bytes);
            self.hear(member.session(), &bytes);
        }
    }

    fn answer(&mut self, answer: &Answer<'_>, to: SessionId) {
        if let Answer::Talked(rooms) = answer {
            // People are not told of it.
            rooms.iter().for_each(|(room, _)| self.hear(to, format!("{room}\n").as_bytes()));
        }
        let mut bytes = Vec::new();
        written::answer(answer, LineEnd::Lf, &mut bytes);
        bytes.extend(watching::written(answer).bytes());
        self.hear(to, &bytes);
    }

    fn expel(&mut self, who: SessionId, why: Farewell<'_>) {
        self.hear(who, format!("{why:?}\n").as_bytes());
    }

    fn contest(&mut self, _holder: SessionId, _who: SessionId) {}

    fn toil(&mut self, _: u64) {}

    fn nameless(&self) -> usize {
        0
    }

    fn cloak(&self, who: SessionId) -> Cloak {
        // Four to an address.
        Cloak::Hashed { address: who.key() as u64 / 4, network: 0 }
    }

    fn is_behind(&self, id: SessionId) -> bool {
        self.0.get(&id).is_some_and(|told| told.len() > 1000)
    }
}

impl Told {
    fn hear(&mut self, who: SessionId, bytes: &[u8]) {
        self.0.entry(who).or_default().push_str(std::str::from_utf8(bytes).unwrap());
    }
}

struct Scene {
    chat: Chat,
    told: Told,
    now: Now,
}

impl Scene {
    fn new() -> Self {
        let config = ChatConfig {
            name: "test".into(),
            motd: "be\nkind\x1b".into(),
            home: RoomName::parse("lobby").unwrap(),
            rooms_max: 5,
            messages_shown: 3,
            messages_kept: 3,
            history_bytes_max: 1500,
            names_bytes_max: 1000,
            exact_names_bytes_max: 16_000,
            history_bytes_at_once: 100,
            nicknames_refused_max: 20,
        };
        Self { chat: Chat::new(config), told: Told::default(), now: Now::read() }
    }

    fn with(names: &[&str]) -> Self {
        let mut scene = Self::new();
        for (id, name) in names.iter().enumerate() {
            scene.apply(id, Command::Nick(text(name)));
        }
        scene.told.0.clear();
        scene
    }

    fn apply(&mut self, id: usize, command: Command<'_>) {
        self.chat.apply(SessionId::new(id, 0), command, self.now, &mut self.told);
    }

    fn leave(&mut self, id: usize, reason: Farewell<'_>) {
        self.chat.leave(SessionId::new(id, 0), reason, self.now, &mut self.told);
    }

    fn told(&mut self, id: usize) -> String {
        self.told.0.remove(&SessionId::new(id, 0)).unwrap_or_default()
    }
}

fn text(text: &str) -> Text<'_> {
    // Only harmless text is given, so nothing needs to be held.
    Text::parse(text.as_bytes(), Box::leak(Box::default()))
}

fn say(text: Text<'_>) -> Command<'_> {
    here(Ask::Say(Speech::plain(Kind::Say, text)))
}

fn act(text: Text<'_>) -> Command<'_> {
    here(Ask::Say(Speech::plain(Kind::Act, text)))
}

fn tell<'a>(to: &'a str, said: &'a str) -> Command<'a> {
    Command::Tell { to: text(to), speech: Speech::plain(Kind::Say, text(said)) }
}

fn here(ask: Ask<'_>) -> Command<'_> {
    Command::In { room: None, ask }
}

#[test]
fn the_past_is_shown_in_parts_and_what_is_forgotten_meanwhile_is_left_out() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    let long = "x".repeat(60);
    for number in 1..=3 {
        scene.apply(0, say(text(&format!("{number}{long}"))));
    }
    scene.told.0.clear();
    scene.apply(1, here(Ask::History(None)));
    assert!(scene.chat.has_more(SessionId::new(1, 0)));
    let told = scene.told(1);
    assert!(told.starts_with("*** 1 earlier message, 0 seconds ago:\nana: 1x"), "{told}");
    assert_eq!(told.lines().count(), 2, "{told}");
    // With it the oldest but one is forgotten, too.
    scene.apply(0, say(text("4")));
    scene.apply(0, say(text("5")));
    scene.told.0.clear();
    assert!(scene.chat.go_on(SessionId::new(1, 0), scene.now, &mut scene.told), "it asked for it");
    let told = scene.told(1);
    assert!(told.starts_with("*** 1 earlier message, 0 seconds ago:\nana: 3x"), "{told}");
    assert!(!scene.chat.has_more(SessionId::new(1, 0)), "what was said meanwhile it has heard");
    scene.apply(2, Command::Nick(text("carla")));
    scene.chat.go_on(SessionId::new(2, 0), scene.now, &mut scene.told);
    assert!(!scene.chat.go_on(SessionId::new(2, 0), scene.now, &mut scene.told), "nothing is left");
    scene.apply(1, here(Ask::History(None)));
    scene.leave(1, Farewell::Lost);
    assert!(!scene.chat.has_more(SessionId::new(1, 0)));
}

#[test]
fn nobody_is_told_more_privately_than_it_reads() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    let long = "x".repeat(990);
    scene.apply(0, tell("bruno", &long));
    scene.apply(0, tell("bruno", "psst"));
    let told = scene.told(0);
    let refused = "*** bruno has not read what it was sent before: try again later.\n";
    assert!(told.ends_with(refused), "{told}");
    assert!(!scene.told(1).contains("psst"));
}

#[test]
fn a_newcomer_is_welcomed_and_announced() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    scene.apply(0, say(text("hi")));
    scene.apply(1, act(text("waves")));
    scene.now += Duration::from_secs(180);
    scene.told.0.clear();
    scene.apply(2, Command::Nick(text("carla")));
    assert_eq!(
        scene.told(2),
        "*** You are carla. Here now: ana, bruno. /help lists the commands, /quit leaves.\n\
         *** be\n*** kind␛\n\
         *** 2 earlier messages, the last one 3 minutes ago:\nana: hi\n* bruno waves\n"
    );
    assert_eq!(
        (scene.told(0), scene.told(1)),
        ("*** carla joined\n".into(), "*** carla joined\n".into())
    );
}

#[test]
fn whoever_has_no_nickname_is_neither_heard_nor_listed() {
    let mut scene = Scene::with(&["ana"]);
    for command in [say(text("hi")), act(text("hi")), here(Ask::Who), here(Ask::History(None))] {
        scene.apply(7, command);
        assert_eq!(scene.told(7), "*** First you need a nickname. Choose a nickname:\n");
    }
    scene.apply(7, tell("ana", "hi"));
    scene.leave(7, Farewell::Lost);
    assert_eq!(scene.told(0), "");
    scene.apply(0, here(Ask::Who));
    assert_eq!(scene.told(0), "*** 1 here: ana\n");
}

#[test]
fn a_private_message_reaches_one_and_is_confirmed() {
    let mut scene = Scene::with(&["ana", "bruno", "carla"]);
    scene.apply(0, tell("BRUNO", "psst"));
    assert_eq!(scene.told(0), "(private to bruno) ana: psst\n");
    assert_eq!(scene.told(1), "(private) ana: psst\n");
    assert_eq!(scene.told(2), "");
    scene.apply(0, tell("dora", "psst"));
    assert_eq!(scene.told(0), "*** Nobody here is called dora. /who lists who is here.\n");
    scene.apply(0, here(Ask::History(None)));
    assert_eq!(scene.told(0), "*** No earlier messages.\n");
}

#[test]
fn an_answer_goes_to_who_wrote_last_and_to_nobody_else_of_that_name() {
    let mut scene = Scene::with(&["ana", "bruno", "carla"]);
    let nobody = "*** Nobody here has written to you alone: /msg NICK TEXT does that.\n";
    let reply = Command::Reply(text("yes?"));
    scene.apply(0, reply);
    assert_eq!(scene.told(0), nobody);
    scene.apply(1, tell("ana", "psst"));
    scene.apply(2, tell("ana", "psst"));
    scene.apply(0, tell("bruno", "psst"));
    scene.apply(2, Command::Nick(text("dora")));
    scene.told.0.clear();
    scene.apply(0, reply);
    assert_eq!(scene.told(0), "(private to dora) ana: yes?\n");
    assert_eq!((scene.told(1), scene.told(2)), (String::new(), "(private) ana: yes?\n".into()));
    scene.leave(2, Farewell::Ended);
    scene.apply(1, Command::Nick(text("dora")));
    scene.told.0.clear();
    scene.apply(0, reply);
    assert_eq!((scene.told(0), scene.told(1)), (nobody.into(), String::new()));
}

#[test]
fn a_nickname_changes_hands() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    scene.apply(1, Command::Nick(text("Ana")));
    assert_eq!(scene.told(1), "*** Ana is taken, or looks too much like a nickname that is.\n");
    scene.apply(0, Command::Nick(text("bia")));
    assert_eq!(
        (scene.told(0), scene.told(1)),
        ("*** You are now bia.\n".into(), "*** ana is now bia\n".into())
    );
    scene.apply(1, Command::Nick(text("ana")));
    assert_eq!(scene.told(0), "*** bruno is now ana\n");
    scene.leave(0, Farewell::Quit(Some(text("bye"))));
    assert_eq!(scene.told(1), "*** You are now ana.\n*** bia left: bye\n");
    scene.apply(5, Command::Nick(text("bia")));
    assert!(scene.told(5).starts_with("*** You are bia."));
}

#[test]
fn nobody_is_called_as_the_server_is() {
    let mut scene = Scene::with(&["ana"]);
    for nick in ["server", "Chatd", "t\u{435}st"] {
        scene.apply(0, Command::Nick(text(nick)));
        let refusal = format!("*** {nick} is the server itself, or looks too much like it.\n");
        assert_eq!(scene.told(0), refusal);
    }
}

#[test]
fn whoever_is_told_something_is_called_so() {
    let mut scene = Scene::with(&["ana", "Iana", "João"]);
    for (to, told) in [
        ("lana", "*** Nobody here is called lana. /who lists who is here.\n"),
        ("iana", "(private to Iana) ana: hi\n"),
        ("JOAO", "(private to João) ana: hi\n"),
    ] {
        scene.apply(0, tell(to, "hi"));
        assert_eq!(scene.told(0), told);
    }
}

#[test]
fn every_way_to_leave_is_told() {
    for (reason, words) in [
        (Farewell::Quit(None), " (quit)"),
        (Farewell::Quit(Some(text("até já"))), ": até já"),
        (Farewell::Ended, ""),
        (Farewell::Lost, " (connection lost)"),
        (Farewell::TooSlow, " (too slow)"),
        (Farewell::TimedOut, " (timed out)"),
    ] {
        let mut scene = Scene::with(&["ana", "bruno"]);
        scene.leave(0, reason);
        assert_eq!(scene.told(1), format!("*** ana left{words}\n"));
    }
}

#[test]
fn a_crowd_is_told_once_a_second() {
    let names: Vec<String> = (0..CROWD).map(|number| format!("n{number}")).collect();
    let mut scene = Scene::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(scene.chat.due(), None);
    for number in 0..3 {
        scene.apply(1000 + number, Command::Nick(text(&format!("m{number}"))));
    }
    scene.leave(1, Farewell::Lost);
    assert_eq!(scene.told(0), "");
    let welcome = scene.told(1001);
    assert!(
        welcome.contains("Here now: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 … and 91 others."),
        "{welcome}"
    );
    let due = scene.chat.due().unwrap();
    assert_eq!(due, scene.now.at + TRAFFIC_EVERY);
    scene.chat.tick(scene.now + TRAFFIC_EVERY * 999 / 1000, &mut scene.told);
    assert_eq!(scene.told(0), "");
    scene.chat.tick(scene.now + TRAFFIC_EVERY, &mut scene.told);
    assert_eq!(scene.told(0), "*** 3 joined, 1 left; 102 here\n");
    assert_eq!(scene.chat.due(), None);
    for number in 0..2 {
        scene.leave(1000 + number, Farewell::Lost);
    }
    assert_eq!(scene.chat.due(), Some(scene.now.at + TRAFFIC_EVERY));
    scene.chat.tick(scene.now + TRAFFIC_EVERY, &mut scene.told);
    assert_eq!(scene.told(0), "*** 2 left; 100 here\n");
    scene.leave(2, Farewell::Lost);
    assert_eq!(scene.told(0), "*** n2 left (connection lost)\n", "no crowd any more");
}

#[test]
fn an_answer_is_bounded() {
    let names: Vec<String> = (0..90).map(|number| format!("a_rather_long_name_{number}")).collect();
    let mut scene = Scene::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.apply(0, here(Ask::Who));
    let answer = scene.told(0);
    assert!(answer.starts_with("*** 90 here: a_rather_long_name_0, "), "{answer}");
    assert!(answer.ends_with(" … and 46 others\n"), "{answer}");
    assert!(answer.len() < 1100, "{} bytes", answer.len());
    for _ in 0..3 {
        scene.apply(0, say(text(&"x".repeat(600))));
    }
    scene.apply(0, here(Ask::History(None)));
    assert!(scene.told(0).starts_with("*** 1 earlier message, 0 seconds ago:\n"));
}

fn any_command() -> impl Strategy<Value = (usize, usize, &'static str)> {
    (0..6usize, 0..8usize, prop::sample::select(vec!["ana", "ANA", "bia", "b1a", "Ив", "1", ""]))
}

proptest! {
    #[test]
    fn names_and_members_agree_whatever_is_asked_for(commands in prop::collection::vec(any_command(), 0..80)) {
        let mut scene = Scene::new();
        for (id, kind, name) in commands {
            match kind {
                0..3 => scene.apply(id, Command::Nick(text(name))),
                3 => scene.apply(id, say(text("hi"))),
                4 => scene.apply(id, tell(name, "hi")),
                5 => scene.leave(id, Farewell::Quit(None)),
                6 => scene.leave(id, Farewell::TooSlow),
                _ => scene.apply(id, here(Ask::Who)),
            }
            let chat = &scene.chat;
            let named = (0..6).filter(|&id| chat.nick(SessionId::new(id, 0)).is_some()).count();
            let members = chat.rooms[chat.rooms.home()].members();
            prop_assert_eq!(members.len(), named);
            for member in members {
                let nick = chat.nick(member.session());
                prop_assert_eq!(nick.and_then(|nick| chat.people.owner(nick.as_str())), Some(member.session()));
            }
            for name in ["ana", "bia", "Ив"] {
                let owner = chat.people.owner(name);
                prop_assert!(owner.is_none_or(|owner| chat.nick(owner).is_some()), "{name} is not free");
            }
        }
    }
}
