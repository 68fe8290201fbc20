//! What the client prints through pipes, as it was promised: scripts read it.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::CHATD;
use crate::lines::command;

#[test]
fn through_pipes_the_lines_are_those_of_the_text_protocol() {
    let (server, [mut bruno]) = CHATD.room("--rate 0", ["bruno"]);
    let mut bot = command(server.addr(), "--nick bot", Stdio::piped()).spawn().expect("the client");
    let mut input = bot.stdin.take().expect("a pipe");
    let mut output = BufReader::new(bot.stdout.take().expect("a pipe")).lines();
    for (number, line) in include_str!("golden.txt").lines().enumerate() {
        if let Some(typed) = line.strip_prefix("bot> ") {
            input.write_all(format!("{typed}\n").as_bytes()).expect("a reader");
        } else if let Some((_, typed)) = line.split_once("> ") {
            bruno.say(typed);
        } else if let Some((_, printed)) = line.split_once("< ") {
            let told = output.next().expect("a line").expect("UTF-8");
            assert_eq!(told, printed, "line {} of golden.txt", number + 1);
        }
    }
    drop(input);
    assert_eq!(output.next().map(|line| line.expect("UTF-8")), None);
    assert_eq!(bot.wait().expect("its end").code(), Some(0));
}
