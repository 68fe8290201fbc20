//! Who is told of whom, without a room in common.

use super::*;
use crate::chat::answer::{News, Watched};
use crate::chat::command::{Question, Watch};
use crate::chat::watching::WATCHED_MAX;

/// What only programs are told: people have no words for it.
pub(super) fn written(answer: &Answer<'_>) -> String {
    if let Answer::Watching(list) = answer {
        let status = |it: &Watched<'_>| {
            format!("{}: {}", it.name.as_str(), it.who.map_or("-", |who| who.as_str()))
        };
        return format!("[{}]\n", list.iter().map(status).collect::<Vec<_>>().join(", "));
    }
    let Answer::News(news) = answer else { return String::new() };
    match news {
        News::Came(who) => format!("here: {who}\n"),
        News::Went(who) => format!("gone: {who}\n"),
        News::Did(event) => {
            let mut bytes = Vec::new();
            written::event(event, false, LineEnd::Lf, &mut bytes);
            format!("news: {}", String::from_utf8(bytes).unwrap())
        }
    }
}

fn watch(name: &str) -> Command<'_> {
    Command::Watch(Watch::Add(text(name)))
}

fn list() -> Command<'static> {
    Command::Ask(Question::Watched)
}

#[test]
fn whoever_watches_a_nickname_is_told_who_has_it_and_who_gave_it_up() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    scene.apply(0, here(Ask::Part(None)));
    scene.told(0);
    scene.apply(0, watch("JOÃO"));
    scene.apply(0, watch("Bruno"));
    assert_eq!(scene.told(0), "[JOÃO: -]\n[Bruno: bruno]\n");
    scene.apply(2, Command::Nick(text("joao")));
    assert_eq!(scene.told(0), "here: joao\n");
    scene.apply(2, Command::Nick(text("João")));
    assert_eq!(scene.told(0), "", "it is only written otherwise");
    scene.apply(2, Command::Nick(text("carla")));
    assert_eq!(scene.told(0), "gone: João\n", "as it was written last");
    scene.apply(1, Command::Nick(text("joão")));
    assert_eq!(scene.told(0), "gone: bruno\nhere: joão\n");
    scene.leave(1, Farewell::Lost);
    assert_eq!(scene.told(0), "gone: joão\n");
    scene.apply(0, list());
    assert_eq!(scene.told(0), "[JOÃO: -, Bruno: -]\n", "as it asked, in that order");
}

#[test]
fn a_list_has_an_end_and_holds_each_nickname_once() {
    let mut scene = Scene::with(&["ana", "bruno"]);
    for number in 0..WATCHED_MAX - 1 {
        scene.apply(0, watch(&format!("n{number}")));
    }
    scene.told(0);
    for name in ["a!*@*", "*"] {
        scene.apply(0, watch(name));
        assert_eq!(scene.told(0), format!("[{name}: -]\n"), "it takes no place");
    }
    scene.apply(0, watch("bruno"));
    scene.apply(0, watch("BRUNO"));
    assert_eq!(scene.told(0), "[bruno: bruno]\n[BRUNO: bruno]\n");
    scene.apply(0, watch("carla"));
    assert!(scene.told(0).contains(&WATCHED_MAX.to_string()), "it is refused, as the list is full");
    scene.apply(0, Command::Watch(Watch::Remove(text("Bruno"))));
    scene.apply(0, watch("carla"));
    assert_eq!(scene.told(0), "[carla: -]\n", "there is a place again");
    scene.leave(1, Farewell::Lost);
    assert!(!scene.told(0).contains("gone"), "it watches that one no longer");
}

#[test]
fn whoever_leaves_or_watches_nothing_leaves_nothing_behind() {
    let mut scene = Scene::with(&["ana", "bruno", "carla"]);
    for id in 0..3 {
        scene.apply(id, watch("dora"));
        scene.apply(id, watch("eva"));
    }
    scene.apply(0, Command::Watch(Watch::Clear));
    scene.apply(1, Command::Watch(Watch::Remove(text("dora"))));
    scene.apply(1, Command::Watch(Watch::Remove(text("eva"))));
    scene.leave(2, Farewell::Lost);
    assert!(scene.chat.watches.is_unused(), "{:?}", scene.chat.watches);
    scene.told.0.clear();
    scene.apply(3, Command::Nick(text("eva")));
    assert!(!scene.told(0).contains("here: eva"));
}

#[test]
fn what_a_watched_one_does_is_told_once() {
    let mut scene = Scene::with(&["ana", "bruno", "carla"]);
    for id in [0, 1, 2] {
        scene.apply(id, watch("carla"));
    }
    scene.apply(1, here(Ask::Part(None)));
    scene.told.0.clear();
    scene.apply(2, Command::Away(Some(text("lunch"))));
    scene.apply(2, Command::Away(Some(text("tea"))));
    scene.apply(2, Command::Describe(text("Carla C.")));
    scene.apply(2, Command::Away(None));
    let told = scene.told(1);
    assert_eq!(told.matches("news: ").count(), 3, "{told}");
    for id in [0, 2] {
        assert!(!scene.told(id).contains("news: "), "it hears that in a room, or did it");
    }
}
