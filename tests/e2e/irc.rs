//! Clients of IRC, and people with netcat, in one room of the real program. What clients are told in any order
//! is in the simulation, and how the lines are written in `src/wire/irc`.

use std::time::Duration;

use chatd_support::sentences::rooms::{changed_topic, kicked};
use chatd_support::sentences::{GREETING, joined, left_saying, refused, renamed, why};
use chatd_support::{Client, Server, now};

use crate::CHATD;

/// Longer than a client waits until it is put in the home room.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that is registered, and has read all that it is told then.
fn register(server: &Server, nick: &str) -> Client {
    let mut client = server.connect().with_patience(PATIENCE);
    client.send(format!("NICK {nick}\r\nUSER {nick} 0 * :{nick} of IRC\r\n"));
    client.expect(format!(":chatd.chat 001 {nick} :Welcome to the chatd network, {}", full(nick)));
    client.until(format!(":chatd.chat 376 {nick} :End of /MOTD command"));
    client
}

fn full(nick: &str) -> String {
    format!("{nick}!~{nick}@localhost")
}

/// Nothing was told to the client that it has not read.
#[track_caller]
fn expect_nothing(client: &mut Client) {
    client.send("PING :still there\r\n");
    client.expect(":chatd.chat PONG chatd.chat :still there");
}

#[test]
fn a_client_and_somebody_with_netcat_hear_each_other() {
    let server = CHATD.start("");
    let mut ana = server.join("ana");
    let mut bia = register(&server, "bia");
    bia.send("JOIN #lobby\r\n");
    bia.expect(":bia!~bia@localhost JOIN #lobby");
    bia.expect(":chatd.chat 353 bia = #lobby :ana bia");
    bia.expect(":chatd.chat 366 bia #lobby :End of /NAMES list");
    ana.expect(joined("bia"));

    ana.say("olá, 日本 👋");
    bia.expect(":ana!~plain@localhost PRIVMSG #lobby :olá, 日本 👋");
    bia.send("PRIVMSG #lobby :oi \x02ana\x02\r\n");
    ana.expect("bia: oi ana");
    ana.say("/me waves");
    bia.expect(":ana!~plain@localhost PRIVMSG #lobby :\x01ACTION waves\x01");
    bia.send("PRIVMSG #lobby :\x01ACTION waves back\x01\r\n");
    ana.expect("* bia waves back");
    ana.say("/nick joão");
    ana.line();
    bia.expect(":ana!~plain@localhost NICK joão");
    bia.send("NICK beatriz\r\n");
    bia.expect(":bia!~bia@localhost NICK beatriz");
    ana.expect(renamed("bia", "beatriz"));

    // Where nobody else is, whoever makes a room is its operator.
    bia.send("JOIN #dev\r\n");
    bia.until(":chatd.chat 366 beatriz #dev :End of /NAMES list");
    ana.say("/join #dev");
    ana.line();
    bia.expect(":joão!~plain@localhost JOIN #dev");
    bia.send("TOPIC #dev :the server\r\n");
    bia.expect(":beatriz!~bia@localhost TOPIC #dev :the server");
    ana.expect(changed_topic("beatriz", "the server"));
    bia.send("KICK #dev joão :no shouting\r\n");
    bia.expect(":beatriz!~bia@localhost KICK #dev joão :no shouting");
    ana.expect(kicked("joão", "beatriz", Some("no shouting")));
    ana.expect_start("*** You talk in #lobby now");
    bia.send("QUIT :até já\r\n");
    ana.expect(left_saying("beatriz", "até já"));
    assert!(bia.line().starts_with("ERROR :"));
    bia.expect_end();
}

#[test]
fn members_who_asked_for_it_hear_who_is_invited() {
    let server = CHATD.start("");
    let mut ana = register(&server, "ana");
    ana.send("JOIN #dev\r\n");
    ana.until(":chatd.chat 366 ana #dev :End of /NAMES list");
    let [mut asks, mut other] = ["bia", "carla"].map(|nick| register(&server, nick));
    asks.send("CAP REQ :invite-notify\r\n");
    asks.expect(":chatd.chat CAP bia ACK :invite-notify");
    for (client, nick) in [(&mut asks, "bia"), (&mut other, "carla")] {
        client.send("JOIN #dev\r\n");
        client.until(format!(":chatd.chat 366 {nick} #dev :End of /NAMES list"));
    }
    let mut davi = server.join("davi");
    ana.send("INVITE davi #dev\r\n");
    davi.expect("*** ana invites you to #dev: /join #dev goes there.");
    asks.until(":ana!~ana@localhost INVITE davi #dev");
    expect_nothing(&mut other);
}

#[test]
fn a_client_that_goes_nowhere_is_put_in_the_home_room() {
    let (server, other) = (CHATD.start(""), CHATD.start("--no-autojoin"));
    let mut kept_out = register(&other, "ana");
    let mut elsewhere = register(&server, "bia");
    elsewhere.send("JOIN #dev\r\n");
    elsewhere.until(":chatd.chat 366 bia #dev :End of /NAMES list");
    let began = now();
    let mut nowhere = register(&server, "carla");
    nowhere.expect(":carla!~carla@localhost JOIN #lobby");
    assert!(began.elapsed() >= Duration::from_secs(6), "{:?}", began.elapsed());
    for client in [&mut kept_out, &mut elsewhere] {
        expect_nothing(client);
    }
}

#[test]
fn a_first_line_is_of_irc_only_if_it_is_one_that_clients_begin_with() {
    let server = CHATD.start("");
    for first in ["QUIT", "QUIT :checking the port"] {
        let mut client = server.connect();
        client.send(format!("{first}\r\n"));
        client.expect_start("ERROR :Closing link: Quit: ");
        client.expect_end();
    }
    // What is not quite such a line is what somebody types who is asked for a nickname.
    for first in ["NICK ana bia", "JOIN #dev", "nick ana"] {
        let mut person = server.connect();
        person.send(format!("{first}\r\n"));
        person.expect(GREETING);
        person.expect(refused(why::TWO_WORDS));
    }
    let mut person = server.connect();
    person.send("CAP\r\n");
    person.expect_welcome("CAP");
    // What is no client's first line in the midst of a session is answered as a client expects.
    let mut client = server.connect();
    client.send("CAP LS 302\r\nJOIN #dev\r\nNICK :\r\nNICK 1st\r\nUSER a\r\n");
    client.expect_start(":chatd.chat CAP * LS :");
    for code in ["451", "431", "432", "461"] {
        client.expect_start(format!(":chatd.chat {code} * "));
    }
}
