//! The bytes that whoever stays in the home room is told, as they were promised.

use std::collections::HashMap;

use chatd_support::Client;

use crate::CHATD;

#[test]
fn whoever_never_leaves_the_lobby_is_told_what_it_always_was() {
    let server = CHATD.start("--rate 0 --history 3");
    let mut people: HashMap<&str, Client> = HashMap::new();
    for (number, line) in include_str!("golden.txt").lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_suffix('+') {
            people.insert(name, server.connect());
        } else if let Some(name) = line.strip_suffix('-') {
            people.remove(name);
        } else if let Some((name, typed)) = line.split_once("> ").filter(|(name, _)| is_name(name))
        {
            let person = people.get_mut(name).expect("connected before");
            person.say(typed.replace("\\e", "\u{1b}"));
        } else if let Some((name, told)) = line.split_once("< ") {
            let line = people.get_mut(name).expect("connected before").line();
            assert_eq!(without_seconds(&line), told, "line {} of golden.txt", number + 1);
        }
    }
    // Nothing was told beside that.
    for person in people.values_mut() {
        person.say("/quit");
        let rest: Vec<String> = person.rest();
        assert!(rest.iter().all(|line| line.contains(" left (quit)")), "{rest:?}");
    }
}

fn is_name(word: &str) -> bool {
    word.chars().all(char::is_alphanumeric)
}

/// How long ago something was said depends on the machine.
fn without_seconds(line: &str) -> String {
    match line.split_once(" ago:") {
        Some((before, "")) if before.starts_with("*** ") => {
            let words: Vec<&str> = before.split(' ').collect();
            let [start @ .., _, _] = words.as_slice() else { return line.to_owned() };
            format!("{} N seconds ago:", start.join(" "))
        }
        _ => line.to_owned(),
    }
}
