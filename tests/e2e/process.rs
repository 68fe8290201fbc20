//! The program and its operator: arguments, environment, addresses, exit codes.

use std::net::{Ipv6Addr, TcpListener};
use std::process::Command;

use chatd_support::sentences::{FULL, greeting, here, joined, notice, read_earlier, why, you_are};
use chatd_support::{Client, Process, Server, eventually};

use crate::CHATD;

fn with_env(args: &str, env: &[(&str, &str)]) -> Command {
    let mut command = CHATD.command(args);
    command.envs(env.iter().copied());
    command
}

/// The one sentence on stderr with which it does not start.
#[track_caller]
fn expect_failure(command: Command) -> String {
    let (code, stdout, stderr) = Process::run(command);
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    let sentence = stderr.strip_prefix("error: ").and_then(|rest| rest.strip_suffix('\n'));
    let sentence = sentence.unwrap_or_else(|| panic!("{stderr:?} is no error line"));
    assert!(!sentence.contains('\n'), "{stderr}");
    sentence.to_owned()
}

#[track_caller]
fn expect_usage_error(command: Command, about: &str) {
    let (code, stdout, stderr) = Process::run(command);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains(about), "{about}: {stderr}");
}

#[test]
fn stdout_tells_where_it_listens_and_how_to_join() {
    let server = CHATD.start("");
    let (addr, port) = (server.addr(), server.addr().port());
    assert_ne!(port, 0);
    server.expect_stdout(&format!(
        "listening on {addr}\n\nTo join, open http://127.0.0.1:{port}/ in a browser\n\
         or run one of:\n    nc 127.0.0.1 {port}\n\
         or take any IRC client: server 127.0.0.1, port {port}, no TLS\n\
         or run, in chatd's source: cargo run --example client -- {addr}\n\
         Others cannot join. To let them, pass --bind 0.0.0.0:{port}\n"
    ));
    server.join("ana");
}

#[test]
fn a_server_for_the_network_tells_of_the_firewall_or_that_there_is_no_network() {
    let server = Server::launch(CHATD.command("--bind 0.0.0.0:0"));
    let port = server.addr().port();
    let ways = [
        format!("let TCP {port} inbound through this machine's firewall.\n"),
        "Others cannot join: this machine has no address in a network.\n".to_owned(),
    ];
    eventually("one of two ends", || {
        ways.iter().any(|way| server.stdout().ends_with(way)).then_some(())
    });
    Client::connect(([127, 0, 0, 1], port).into()).named("ana");
}

#[cfg(unix)]
#[test]
fn quiet_says_only_where_it_listens() {
    let mut server = CHATD.start("--quiet");
    server.join("ana");
    server.stop();
    assert_eq!(server.stdout(), format!("listening on {}\n", server.addr()));
    assert_eq!(server.log(), "");
}

#[test]
fn it_listens_in_several_places_for_one_room() {
    let mut ways = vec!["-b 127.0.0.1:0 -b 127.0.0.1:0 -b 127.0.0.1:0"];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        Ok(_) => ways.push("--bind [::1]:0 --bind 127.0.0.1:0"),
        Err(error) => eprintln!("not tested, there is no IPv6 here: {error}"),
    }
    for way in ways {
        let server = Server::launch(CHATD.command(way));
        let mut people: Vec<Client> = Vec::new();
        for (addr, nick) in server.addrs(way.matches(":0").count()).into_iter().zip(["a", "b", "c"])
        {
            let newcomer = Client::connect(addr).named(nick);
            for other in &mut people {
                other.expect(joined(nick));
            }
            people.push(newcomer);
        }
    }
}

#[test]
fn a_port_alone_is_all_addresses_and_localhost_is_a_name() {
    for (bind, [ipv4, ipv6]) in [
        (":0", ["0.0.0.0", "[::]"]),
        ("0", ["0.0.0.0", "[::]"]),
        ("localhost:0", ["127.0.0.1", "[::1]"]),
    ] {
        let server = Server::launch(CHATD.command(&format!("--bind {bind}")));
        let port = server.addr().port();
        assert_eq!(server.addr().to_string(), format!("{ipv4}:{port}"));
        Client::connect(([127, 0, 0, 1], port).into()).named("ana");
        match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
            Ok(_) => {
                server.expect_stdout(&format!("listening on {ipv6}:{port}\n"));
                Client::connect((Ipv6Addr::LOCALHOST, port).into()).named("bruno");
            }
            Err(error) => eprintln!("not tested, there is no IPv6 here: {error}"),
        }
    }
}

#[test]
fn an_address_in_use_is_one_sentence_with_what_to_try() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = holder.local_addr().unwrap();
    let sentence = expect_failure(CHATD.command(&format!("--bind 127.0.0.1:0 --bind {addr}")));
    let start = format!("cannot listen on {addr}: address in use; ");
    assert!(sentence.starts_with(&start), "{sentence}");
    assert!(sentence.contains("try --bind 127.0.0.1:"), "{sentence}");
}

#[test]
fn an_address_of_another_machine_is_one_sentence_with_what_to_try() {
    assert_eq!(
        expect_failure(CHATD.command("--bind 203.0.113.1:0")),
        "cannot listen on 203.0.113.1:0: this machine has no such address; \
         try --bind 0.0.0.0:0 for all that it has"
    );
}

#[test]
fn a_port_without_permission_is_one_sentence_with_what_to_try() {
    let Err(error) = TcpListener::bind("127.0.0.1:1") else {
        return eprintln!("not tested, this user may listen on any port");
    };
    if error.kind() != std::io::ErrorKind::PermissionDenied {
        return eprintln!("not tested: {error}");
    }
    assert_eq!(
        expect_failure(CHATD.command("--bind 127.0.0.1:1")),
        "cannot listen on 127.0.0.1:1: permission denied; ports below 1024 need privileges: \
         try --bind 127.0.0.1:55555"
    );
}

#[test]
fn a_text_for_newcomers_that_cannot_be_read_is_one_sentence() {
    let sentence = expect_failure(CHATD.command("--motd /nonexistent/motd"));
    assert!(sentence.starts_with("cannot show --motd /nonexistent/motd: "), "{sentence}");
}

#[cfg(unix)]
#[test]
fn a_text_for_newcomers_that_is_a_pipe_is_refused_and_not_waited_for() {
    let path = format!("{}/pipe-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let sentence = expect_failure(CHATD.command(&format!("--motd {path}")));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        sentence,
        format!(
            "cannot show --motd {path}: it is a pipe, and only a regular file is read; \
             give a readable text file, or leave it out"
        )
    );
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    for (args, about) in [
        ("--frobnicate", "--frobnicate"),
        ("anything", "anything"),
        ("--bind nonsense", "such as 0.0.0.0:55555"),
        ("--bind 127.0.0.1", "such as 0.0.0.0:55555"),
        ("--bind 127.0.0.1:65536", "such as 0.0.0.0:55555"),
        ("--name", "--name"),
        ("--bind 7000x", "a port alone for all addresses"),
        ("--bind 127.0.0.1:7000 --bind 127.0.0.1:7000", "127.0.0.1:7000 is given twice"),
        ("--history -1", "expected a whole number from 0 up"),
        ("--rate 0.5", "expected a whole number from 0 to 1000000"),
        ("--rate -0.5", "expected a whole number from 0 to 1000000"),
        ("--max-backlog 1", "expected a number of bytes from 128K to 1024M"),
        ("--max-clients 0", "from 1 up"),
        ("--max-line 63", "from 64 to"),
        ("--max-line 2M", "from 64 to"),
        ("--max-backlog 1T", "from 128K to"),
        ("--max-line 64K --max-backlog 128K", "too small for --max-line"),
        ("--rate fast", "--rate"),
        ("--burst 0", "--burst"),
    ] {
        expect_usage_error(CHATD.command(args), about);
    }
}

#[test]
fn a_wrong_value_of_a_variable_is_said_to_come_from_there() {
    for (env, args, about) in [
        (&[("CHATD_HISTORY", "-1")][..], "", "of CHATD_HISTORY: expected a whole number from 0 up"),
        (&[("CHATD_HISTORY", "-1")], "--history -2", "'-2' for '--history <N>'"),
        (&[("CHATD_BIND", "x")], "--rate 1", "'x' of CHATD_BIND: expected an address"),
        (&[("CHATD_BIND", "7000,7000")], "", "CHATD_BIND: 0.0.0.0:7000 is given twice"),
        (&[("CHATD_MAX_LINE", "8K")], "--max-backlog 128K", "128K is too small for CHATD_MAX_LINE"),
    ] {
        expect_usage_error(with_env(args, env), about);
    }
    let sentence = expect_failure(with_env("", &[("CHATD_MOTD", "/nonexistent")]));
    assert!(sentence.starts_with("cannot show CHATD_MOTD /nonexistent: "), "{sentence}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_memory_for_a_thread_it_says_what_to_look_at() {
    let sentence = expect_failure(CHATD.in_shell("ulimit -d 1000; exec \"$0\" --bind 127.0.0.1:0"));
    assert!(sentence.contains("ulimit"), "{sentence}");
}

#[test]
fn what_the_environment_asks_for_is_done() {
    let server = Server::launch(with_env(
        "",
        &[
            ("CHATD_BIND", "127.0.0.1:0,127.0.0.1:0"),
            ("CHATD_NAME", "our house"),
            ("CHATD_HISTORY", "1"),
            ("CHATD_MAX_CLIENTS", "2"),
            ("CHATD_MAX_LINE", "64"),
            ("CHATD_MAX_BACKLOG", "128K"),
            ("CHATD_RATE", "1000"),
            ("CHATD_BURST", "2"),
            ("CHATD_VERBOSE", "1"),
        ],
    ));
    assert_eq!(server.addrs(2).len(), 2);
    let mut ana = server.connect();
    ana.ask("ana", greeting("our house"));
    ana.expect_start(you_are("ana"));
    let long = "x".repeat(65);
    ana.ask(&long, notice(why::too_long(64)));
    ana.send("one\ntwo\nthree\n/who\n");
    ana.expect(here(&["ana"]));
    server.expect_log("over its rate, read later");
    let mut bruno = server.join("bruno");
    assert_eq!(read_earlier(&bruno.line()).map(|(count, _)| count), Some(1));
    bruno.expect("ana: three");
    server.connect().expect(FULL);
    server.expect_log(" DEBUG");
}

#[test]
fn an_empty_variable_is_as_if_it_were_not_set() {
    let names = ["HISTORY", "HOME", "MAX_CLIENTS", "MAX_LINE", "MOTD", "NAME", "RATE", "VERBOSE"];
    let names = names.map(|name| format!("CHATD_{name}"));
    let env: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let server = Server::launch(with_env("--bind 127.0.0.1:0", &env));
    server.connect().expect(greeting("chatd"));
    // It gets further than to what CHATD_BIND may be.
    let command = with_env("--max-line 64K --max-backlog 128K", &[("CHATD_BIND", "")]);
    expect_usage_error(command, "too small for --max-line");
}

#[test]
fn the_command_line_wins_over_the_environment() {
    let env = [("CHATD_NAME", "theirs"), ("CHATD_BIND", "203.0.113.1:0")];
    let server = Server::launch(with_env("--name ours --bind 127.0.0.1:0", &env));
    server.connect().expect(greeting("ours"));
}

#[test]
fn a_switch_that_the_environment_turns_off_is_off() {
    for off in ["0", "false", "no", "off", ""] {
        let env = [("CHATD_QUIET", off)];
        let server = Server::launch(with_env("--verbose --bind 127.0.0.1:0", &env));
        server.expect_stdout("To join");
    }
}

#[test]
fn version_goes_to_stdout() {
    let version = concat!("chatd ", env!("CARGO_PKG_VERSION"), "\n").to_owned();
    assert_eq!(Process::run(CHATD.command("--version")), (0, version, String::new()));
}
