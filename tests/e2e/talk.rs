//! What people do in the room, and who sees it.

use std::fmt::Write as _;
use std::thread;

use chatd_support::sentences::{
    CROWD, GREETING, HELP, HELP_COMMANDS, HELP_LINES, MARK, NOTHING_EARLIER, greeting, here,
    joined, left_saying, lost, notice, private, private_sent, quit, read_earlier, read_traffic,
    renamed, welcome, why, you_are, you_are_now,
};
use chatd_support::{Client, now};

use crate::CHATD;

#[test]
fn the_room_as_a_newcomer_sees_it() {
    let (server, [mut bruno, mut carla]) = CHATD.room("", ["bruno", "carla"]);
    bruno.say("bom dia!");
    carla.expect("bruno: bom dia!");
    carla.say("olá, alguém viu a chave da sala 4?");
    bruno.expect("carla: olá, alguém viu a chave da sala 4?");

    let mut ana = server.connect();
    ana.expect(GREETING);
    ana.ask("ana", welcome("ana", "bruno, carla"));
    let history = ana.line();
    let (count, ago) = read_earlier(&history).expect("how many, and when");
    assert!(count == 2 && (ago.ends_with(" second") || ago.ends_with(" seconds")), "{history}");
    ana.expect("bruno: bom dia!");
    ana.expect("carla: olá, alguém viu a chave da sala 4?");
    ana.say("olá! está comigo");
    for other in [&mut bruno, &mut carla] {
        other.expect(joined("ana"));
        other.expect("ana: olá! está comigo");
    }
    let _davi = server.join("davi");
    ana.expect(joined("davi"));
}

#[test]
fn a_line_goes_to_all_others_and_not_back() {
    let (_server, [mut ana, mut bruno, mut carla]) = CHATD.room("", ["ana", "bruno", "carla"]);
    ana.say("hi");
    bruno.expect("ana: hi");
    carla.expect("ana: hi");
    bruno.say("hello");
    ana.expect("bruno: hello");
    carla.expect("bruno: hello");
}

#[test]
fn everybody_sees_one_and_the_same_order() {
    const EACH: usize = 50;
    let server = CHATD.start("--rate 0");
    let nicks = ["a", "b", "c", "d", "e", "f"];
    let mut talkers = server.room(nicks);
    let mut witness = server.join("witness");
    for talker in &mut talkers {
        talker.expect(joined("witness"));
    }
    thread::scope(|scope| {
        for talker in &mut talkers {
            scope.spawn(|| (0..EACH).for_each(|number| talker.say(number.to_string())));
        }
    });
    let order = witness.lines(nicks.len() * EACH);
    for (nick, mut talker) in nicks.into_iter().zip(talkers) {
        let (own, others): (Vec<String>, Vec<String>) =
            order.iter().cloned().partition(|line| line.starts_with(&format!("{nick}: ")));
        let said: Vec<String> = (0..EACH).map(|number| format!("{nick}: {number}")).collect();
        assert_eq!(own, said, "as they were said");
        assert_eq!(talker.lines(others.len()), others, "as {nick} sees them");
    }
}

#[test]
fn commands_answer_as_told() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    ana.ask("/who", here(&["ana", "bruno"]));
    ana.ask("/WhO", here(&["ana", "bruno"]));
    ana.say("/me waves");
    bruno.expect("* ana waves");
    ana.say("//who is a command");
    bruno.expect("ana: /who is a command");
    ana.ask("/nick Ana-Maria", you_are_now("Ana-Maria"));
    bruno.expect(renamed("ana", "Ana-Maria"));
    for (line, answer) in [
        ("/me", notice(why::usage("/me TEXT"))),
        ("/nick", notice(why::usage("/nick NEW"))),
        ("/msg bruno", notice(why::usage("/msg NICK TEXT"))),
        ("/history much", notice(why::usage("/history [NUMBER]"))),
    ] {
        ana.ask(line, answer);
    }
    bruno.ask("/who", here(&["Ana-Maria", "bruno"]));
}

#[test]
fn help_names_every_command() {
    let (_server, [mut ana]) = CHATD.room("", ["ana"]);
    ana.say("/help");
    ana.expect(HELP);
    for command in HELP_COMMANDS {
        ana.expect_start(notice(format!("{command} ")));
    }
}

#[test]
fn an_unknown_command_is_answered_and_never_broadcast() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    ana.ask("/qiut now", notice(why::unknown("qiut")));
    ana.say("oops");
    bruno.expect("ana: oops");
}

#[test]
fn a_private_message_is_for_one() {
    let (_server, [mut ana, mut bruno, mut carla]) = CHATD.room("", ["ana", "bruno", "carla"]);
    ana.ask("/msg BRUNO between  us", private_sent("bruno", "ana", "between  us"));
    bruno.expect(private("ana", "between  us"));
    ana.ask("/msg nobody hi", notice(why::nobody("nobody")));
    ana.say("for all");
    carla.expect("ana: for all");
}

#[test]
fn who_leaves_says_why() {
    let (_server, [mut ana, mut bruno, mut carla, davi]) =
        CHATD.room("", ["ana", "bruno", "carla", "davi"]);
    bruno.say("/quit");
    bruno.expect_end();
    ana.expect(quit("bruno"));
    carla.say("/quit see you tomorrow");
    carla.expect(quit("bruno"));
    carla.expect_end();
    ana.expect(left_saying("carla", "see you tomorrow"));
    drop(davi);
    ana.expect(lost("davi"));
    ana.ask("/who", here(&["ana"]));
}

#[test]
fn what_is_queued_comes_before_the_connection_closes() {
    let (_server, [mut ana]) = CHATD.room("", ["ana"]);
    ana.send("/who\n/help\n/who\n/quit\n");
    let lines = ana.rest();
    assert_eq!(lines[0], here(&["ana"]));
    assert_eq!(lines[1 + HELP_LINES], here(&["ana"]));
    assert_eq!(lines.len(), 2 + HELP_LINES);
}

#[test]
fn the_operator_names_the_server_and_has_a_word_for_newcomers() {
    let motd = std::env::temp_dir().join(format!("chatd-motd-{}", std::process::id()));
    std::fs::write(&motd, "Be kind.\nRoom \u{1b}[31m4\u{1b}[0m is locked.\n").unwrap();
    let server = CHATD.start(&format!("--name our-house --motd {}", motd.display()));
    std::fs::remove_file(&motd).unwrap();
    let mut ana = server.connect();
    ana.ask("ana", greeting("our-house"));
    ana.expect_start(you_are("ana"));
    ana.expect(notice("Be kind."));
    ana.expect(notice("Room ␛[31m4␛[0m is locked."));
    ana.ask("/who", here(&["ana"]));
}

#[test]
fn the_list_of_names_in_the_welcome_stops_at_ten() {
    let server = CHATD.start("");
    let mut crowd: Vec<Client> =
        (1..=11).map(|number| server.join(&format!("p{number}"))).collect();
    for (nick, rest) in [("x", " … and 1 other"), ("y", " … and 2 others")] {
        let mut client = server.connect();
        client.ask(nick, GREETING);
        let ten = "p1, p2, p3, p4, p5, p6, p7, p8, p9, p10";
        client.expect(welcome(nick, &format!("{ten}{rest}")));
        crowd.push(client);
    }
}

#[test]
fn comings_and_goings_of_a_crowd_are_gathered_once_a_second() {
    let server = CHATD.start("");
    let mut crowd: Vec<Client> =
        (1..=CROWD).map(|number| server.join(&format!("p{number}"))).collect();
    let mut first = crowd.remove(0);
    for number in 2..=CROWD {
        first.expect(joined(&format!("p{number}")));
    }
    let start = now();
    crowd.extend((CROWD + 1..=CROWD + 5).map(|number| server.join(&format!("p{number}"))));
    let mut told: Vec<(usize, usize, usize)> = Vec::new();
    while told.iter().map(|&(joined, ..)| joined).sum::<usize>() < 5 {
        told.push(read_traffic(&first.line()).expect("how many came and went"));
    }
    let &(_, left, here) = told.last().unwrap();
    assert_eq!((left, here), (0, CROWD + 5));
    for mut client in crowd.drain(..3) {
        client.say("/quit");
    }
    crowd.push(server.join("late"));
    while told.iter().map(|&(joined, left, _)| joined + left).sum::<usize>() < 9 {
        told.push(read_traffic(&first.line()).expect("how many came and went"));
    }
    assert_eq!(told.last().unwrap().2, CROWD + 3);
    assert!(told.len() <= usize::try_from(start.elapsed().as_secs()).unwrap(), "{told:?}");
}

#[test]
fn the_history_has_the_last_messages_and_actions_but_nothing_private() {
    let (server, [mut ana, mut bruno]) = CHATD.room("--history 3", ["ana", "bruno"]);
    ana.send("one\ntwo\nthree\n/me waves\n/msg bruno secret\n/who\n");
    ana.until(here(&["ana", "bruno"]));
    let mut carla = server.join("carla");
    let mut expect_last = |ask: &str, lines: &[&str]| {
        carla.send(ask);
        assert_eq!(read_earlier(&carla.line()).map(|(count, _)| count), Some(lines.len()));
        for line in lines {
            carla.expect(line);
        }
    };
    expect_last("", &["ana: two", "ana: three", "* ana waves"]);
    expect_last("/history 2\n", &["ana: three", "* ana waves"]);
    expect_last("/history 1\n", &["* ana waves"]);
    expect_last("/history\n", &["ana: two", "ana: three", "* ana waves"]);
    expect_last("/history 99\n", &["ana: one", "ana: two", "ana: three", "* ana waves"]);
    bruno.until(private("ana", "secret"));
}

#[test]
fn no_history_if_the_operator_wants_none() {
    let (server, [mut ana]) = CHATD.room("--history 0", ["ana"]);
    ana.send("one\n/who\n");
    ana.expect(here(&["ana"]));
    let mut bruno = server.join("bruno");
    bruno.ask("/history", NOTHING_EARLIER);
}

#[test]
fn a_long_list_of_names_is_broken_into_lines() {
    let server = CHATD.start("");
    let nick = |number| format!("somebody-with-a-name-{number:02}");
    let mut crowd: Vec<Client> = (1..=30).map(|number| server.join(&nick(number))).collect();
    let newest = crowd.last_mut().unwrap();
    newest.send("/who\n/history\n");
    let list = newest.until(NOTHING_EARLIER);
    let mut names = String::new();
    for line in &list {
        assert!(line.len() < 500, "{line}");
        let _ = write!(names, "{} ", line.strip_prefix(MARK).unwrap());
    }
    let expected: Vec<String> = (1..=30).map(nick).collect();
    assert_eq!(names.trim(), format!("30 here: {}", expected.join(", ")));
}
