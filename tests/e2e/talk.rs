//! What people do in the room, and who sees it.

use std::fmt::Write as _;
use std::thread;

use crate::support::{Client, Server, now};

#[test]
fn the_room_as_a_newcomer_sees_it() {
    let server = Server::start("");
    let [mut bruno, mut carla] = server.room(["bruno", "carla"]);
    bruno.say("bom dia!");
    carla.expect("bruno: bom dia!");
    carla.say("olá, alguém viu a chave da sala 4?");
    bruno.expect("carla: olá, alguém viu a chave da sala 4?");

    let mut ana = server.connect();
    ana.expect("*** Welcome to chatd. Choose a nickname:");
    let welcome =
        "*** You are ana. Here now: bruno, carla. /help lists the commands, /quit leaves.";
    ana.ask("ana", welcome);
    let history = ana.line();
    let ago = history.strip_prefix("*** 2 earlier messages, the last one ");
    let ago = ago.and_then(|ago| ago.strip_suffix(" ago:")).expect("when");
    assert!(ago.ends_with(" second") || ago.ends_with(" seconds"), "{history}");
    ana.expect("bruno: bom dia!");
    ana.expect("carla: olá, alguém viu a chave da sala 4?");
    ana.say("olá! está comigo");
    for other in [&mut bruno, &mut carla] {
        other.expect("*** ana joined");
        other.expect("ana: olá! está comigo");
    }
    let _davi = server.join("davi");
    ana.expect("*** davi joined");
}

#[test]
fn a_line_goes_to_all_others_and_not_back() {
    let server = Server::start("");
    let [mut ana, mut bruno, mut carla] = server.room(["ana", "bruno", "carla"]);
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
    let server = Server::start("--rate 0");
    let nicks = ["a", "b", "c", "d", "e", "f"];
    let mut talkers = server.room(nicks);
    let mut witness = server.join("witness");
    for talker in &mut talkers {
        talker.expect("*** witness joined");
    }
    thread::scope(|scope| {
        for talker in &mut talkers {
            scope.spawn(|| (0..EACH).for_each(|number| talker.say(&number.to_string())));
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
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.ask("/who", "*** 2 here: ana, bruno");
    ana.ask("/WhO", "*** 2 here: ana, bruno");
    ana.say("/me waves");
    bruno.expect("* ana waves");
    ana.say("//who is a command");
    bruno.expect("ana: /who is a command");
    ana.ask("/nick Ana-Maria", "*** You are now Ana-Maria.");
    bruno.expect("*** ana is now Ana-Maria");
    for (line, answer) in [
        ("/me", "*** Usage: /me TEXT"),
        ("/nick", "*** Usage: /nick NEW"),
        ("/msg bruno", "*** Usage: /msg NICK TEXT"),
        ("/history much", "*** Usage: /history [NUMBER]"),
    ] {
        ana.ask(line, answer);
    }
    bruno.ask("/who", "*** 2 here: Ana-Maria, bruno");
}

#[test]
fn help_names_every_command() {
    let server = Server::start("");
    let mut ana = server.join("ana");
    ana.say("/help");
    ana.expect("*** Whatever you type goes to everybody in your room. Lines that start with / are commands:");
    for command in [
        "/who [#ROOM]",
        "/nick NEW",
        "/me TEXT",
        "/msg NICK TEXT",
        "/history [N]",
        "/rooms",
        "/join #ROOM [KEY]",
        "/part [#ROOM]",
        "/topic [TEXT]",
        "/whois NICK",
        "/away [TEXT]",
        "/help room",
        "/help",
        "/quit [REASON]",
        "//TEXT",
    ] {
        ana.expect_start(&format!("*** {command} "));
    }
}

#[test]
fn an_unknown_command_is_answered_and_never_broadcast() {
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.ask(
        "/qiut now",
        "*** There is no command /qiut. /help lists the commands; to say /qiut, type //qiut.",
    );
    ana.say("oops");
    bruno.expect("ana: oops");
}

#[test]
fn a_private_message_is_for_one() {
    let server = Server::start("");
    let [mut ana, mut bruno, mut carla] = server.room(["ana", "bruno", "carla"]);
    ana.ask("/msg BRUNO between  us", "(private to bruno) ana: between  us");
    bruno.expect("(private) ana: between  us");
    ana.ask("/msg nobody hi", "*** Nobody here is called nobody. /who lists who is here.");
    ana.say("for all");
    carla.expect("ana: for all");
}

#[test]
fn who_leaves_says_why() {
    let server = Server::start("");
    let [mut ana, mut bruno, mut carla, davi] = server.room(["ana", "bruno", "carla", "davi"]);
    bruno.say("/quit");
    bruno.expect_end();
    ana.expect("*** bruno left (quit)");
    carla.say("/quit see you tomorrow");
    carla.expect("*** bruno left (quit)");
    carla.expect_end();
    ana.expect("*** carla left: see you tomorrow");
    drop(davi);
    ana.expect("*** davi left (connection lost)");
    ana.ask("/who", "*** 1 here: ana");
}

#[test]
fn what_is_queued_comes_before_the_connection_closes() {
    let server = Server::start("");
    let mut ana = server.join("ana");
    ana.send("/who\n/help\n/who\n/quit\n");
    let lines = ana.rest();
    assert_eq!(lines.first().unwrap(), "*** 1 here: ana");
    assert_eq!(lines.last().unwrap(), "*** 1 here: ana");
    assert_eq!(lines.len(), 18);
}

#[test]
fn the_operator_names_the_server_and_has_a_word_for_newcomers() {
    let motd = std::env::temp_dir().join(format!("chatd-motd-{}", std::process::id()));
    std::fs::write(&motd, "Be kind.\nRoom \u{1b}[31m4\u{1b}[0m is locked.\n").unwrap();
    let server = Server::start(&format!("--name our-house --motd {}", motd.display()));
    std::fs::remove_file(&motd).unwrap();
    let mut ana = server.connect();
    ana.ask("ana", "*** Welcome to our-house. Choose a nickname:");
    ana.expect_start("*** You are ana. ");
    ana.expect("*** Be kind.");
    ana.expect("*** Room ␛[31m4␛[0m is locked.");
    ana.ask("/who", "*** 1 here: ana");
}

#[test]
fn the_list_of_names_in_the_welcome_stops_at_ten() {
    let server = Server::start("");
    let mut crowd: Vec<Client> =
        (1..=11).map(|number| server.join(&format!("p{number}"))).collect();
    for (nick, rest) in [("x", " … and 1 other"), ("y", " … and 2 others")] {
        let mut client = server.connect();
        client.ask(nick, "*** Welcome to chatd. Choose a nickname:");
        let ten = "p1, p2, p3, p4, p5, p6, p7, p8, p9, p10";
        client.expect(&format!(
            "*** You are {nick}. Here now: {ten}{rest}. /help lists the commands, /quit leaves."
        ));
        crowd.push(client);
    }
}

#[test]
fn comings_and_goings_of_a_crowd_are_gathered_once_a_second() {
    let server = Server::start("");
    let mut crowd: Vec<Client> =
        (1..=100).map(|number| server.join(&format!("p{number}"))).collect();
    let mut first = crowd.remove(0);
    for number in 2..=100 {
        first.expect(&format!("*** p{number} joined"));
    }
    let start = now();
    crowd.extend((101..=105).map(|number| server.join(&format!("p{number}"))));
    let mut told: Vec<(usize, usize, usize)> = Vec::new();
    while told.iter().map(|&(joined, ..)| joined).sum::<usize>() < 5 {
        told.push(traffic(&first.line()));
    }
    let &(_, left, here) = told.last().unwrap();
    assert_eq!((left, here), (0, 105));
    for mut client in crowd.drain(..3) {
        client.say("/quit");
    }
    crowd.push(server.join("late"));
    while told.iter().map(|&(joined, left, _)| joined + left).sum::<usize>() < 9 {
        told.push(traffic(&first.line()));
    }
    assert_eq!(told.last().unwrap().2, 103);
    assert!(told.len() <= usize::try_from(start.elapsed().as_secs()).unwrap(), "{told:?}");
}

/// Joined, left, here.
fn traffic(line: &str) -> (usize, usize, usize) {
    let parse = || {
        let (changes, here) = line.strip_prefix("*** ")?.strip_suffix(" here")?.split_once("; ")?;
        let (mut joined, mut left) = (0, 0);
        for change in changes.split(", ") {
            match change.split_once(' ')? {
                (count, "joined") => joined = count.parse().ok()?,
                (count, "left") => left = count.parse().ok()?,
                _ => return None,
            }
        }
        Some((joined, left, here.parse().ok()?))
    };
    parse().unwrap_or_else(|| panic!("{line:?} does not tell how many came and went"))
}

#[test]
fn the_history_has_the_last_messages_and_actions_but_nothing_private() {
    let server = Server::start("--history 3");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.send("one\ntwo\nthree\n/me waves\n/msg bruno secret\n/who\n");
    ana.until("*** 2 here: ana, bruno");
    let mut carla = server.join("carla");
    let mut expect_last = |ask: &str, lines: &[&str]| {
        carla.send(ask);
        let count = lines.len();
        let plural = if count == 1 { "" } else { "s, the last one" };
        carla.expect_start(&format!("*** {count} earlier message{plural}"));
        for line in lines {
            carla.expect(line);
        }
    };
    expect_last("", &["ana: two", "ana: three", "* ana waves"]);
    expect_last("/history 2\n", &["ana: three", "* ana waves"]);
    expect_last("/history 1\n", &["* ana waves"]);
    expect_last("/history\n", &["ana: two", "ana: three", "* ana waves"]);
    expect_last("/history 99\n", &["ana: one", "ana: two", "ana: three", "* ana waves"]);
    bruno.until("(private) ana: secret");
}

#[test]
fn no_history_if_the_operator_wants_none() {
    let server = Server::start("--history 0");
    let mut ana = server.join("ana");
    ana.send("one\n/who\n");
    ana.expect("*** 1 here: ana");
    let mut bruno = server.join("bruno");
    bruno.ask("/history", "*** No earlier messages.");
}

#[test]
fn a_long_list_of_names_is_broken_into_lines() {
    let server = Server::start("");
    let nick = |number| format!("somebody-with-a-name-{number:02}");
    let mut crowd: Vec<Client> = (1..=30).map(|number| server.join(&nick(number))).collect();
    let newest = crowd.last_mut().unwrap();
    newest.send("/who\n/history\n");
    let list = newest.until("*** No earlier messages.");
    let mut names = String::new();
    for line in &list {
        assert!(line.len() < 500, "{line}");
        let _ = write!(names, "{} ", line.strip_prefix("*** ").unwrap());
    }
    let expected: Vec<String> = (1..=30).map(nick).collect();
    assert_eq!(names.trim(), format!("30 here: {}", expected.join(", ")));
}
