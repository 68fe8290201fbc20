//! What the log says, what it never says, and that nobody ever waits for it.

use chatd_support::Server;
use chatd_support::sentences::{
    FULL, GREETING, ended, left_saying, notice, quit, renamed, why, you_are_now,
};

use crate::CHATD;

#[test]
fn who_came_took_a_name_and_left_and_why() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut ana = server.join("ana");
    let addr = ana.addr();
    ana.ask("/nick bia", you_are_now("bia"));
    ana.say("/quit");
    ana.expect_end();
    for line in ["connected", "is ana", "is bia", "left (bia): quit"] {
        server.expect_log(&format!("] {addr} {line}\n"));
    }
    let nameless = server.connect();
    let addr = nameless.addr();
    drop(nameless);
    server.expect_log(&format!("{addr} left (no nickname): connection closed by peer\n"));
    let addr = bruno.addr();
    bruno.until(quit("bia"));
    bruno.reset();
    server.expect_log(&format!("{addr} left (bruno): connection reset"));
}

#[test]
fn never_what_people_say() {
    let (server, [mut ana, mut bruno]) =
        CHATD.room("-vv --max-line 64 --history 5", ["ana", "bruno"]);
    let mut nameless = server.connect();
    nameless.send("hush hush\n/me hush\n//hush\n");
    ana.send(format!("hush\n/me hush\n/msg bruno hush\n/hush\n/msg hush hush\n{:x<99}\n", "hush"));
    ana.send("/quit hush\n");
    bruno.until(left_saying("ana", "hush"));
    nameless.send("hu");
    nameless.reset();
    let addr = ana.addr();
    server.expect_log(&format!("{addr} left (ana): quit\n"));
    server.expect_log(&format!("{addr}: line too long, left out\n"));
    server.expect_log("left (no nickname)");
    assert!(!server.log().contains("hush"), "{}", server.log());
}

#[cfg(unix)]
#[test]
fn more_or_less_of_it_and_rust_log_wins() {
    for (args, env, says) in [
        ("", None, [true, false]),
        ("-v", None, [true, true]),
        ("-q", None, [false, false]),
        ("-q", Some("debug"), [true, true]),
        ("-vv", Some("warn"), [false, false]),
    ] {
        let mut command = CHATD.command(args);
        command.args(["--bind", "127.0.0.1:0", "--max-line", "64"]);
        command.envs(env.map(|filter| ("RUST_LOG", filter)));
        let mut server = Server::launch(command);
        let mut ana = server.join("ana");
        for _ in 0..2 {
            ana.ask("x".repeat(65), notice(why::too_long(64)));
        }
        server.stop();
        let log = server.log();
        assert_eq!([" INFO", " DEBUG"].map(|level| log.contains(level)), says, "{args} {env:?}");
    }
}

/// The most that is told of one address since then.
#[cfg(unix)]
fn told_max(since: std::time::Instant) -> usize {
    20 + 5 * (usize::try_from(since.elapsed().as_secs()).expect("not years") + 1)
}

#[cfg(target_os = "linux")]
#[test]
fn thousands_that_come_and_go_are_one_line_of_it() {
    const CONNECTIONS: usize = 2000;
    let mut server = CHATD.start("");
    let start = chatd_support::now();
    let first = server.connect();
    for _ in 2..CONNECTIONS {
        server.connect().reset();
    }
    // Who comes last is heard when all before have come.
    let _last = server.join("ana");
    let addr = first.addr();
    drop(first);
    server.expect_log(&format!("{addr} connected\n"));
    server.expect_log(&format!("{addr} left (no nickname): "));
    let told_max = told_max(start);
    server.stop();
    let log = server.log();
    let told = log.matches(" connected\n").count();
    assert!((20..=told_max).contains(&told), "{told}, not up to {told_max}");
    let line = log.lines().find(|line| line.contains(" 127.0.0.1: ")).expect("one for the others");
    let (_, rest) = line.split_once(" 127.0.0.1: ").unwrap();
    let (more, rest) = rest.split_once(' ').unwrap();
    assert_eq!(rest, "more connections in the last minute; -v tells of each");
    assert_eq!(told + more.replace(',', "").parse::<usize>().unwrap(), CONNECTIONS);
    let bytes_max = 300 + 200 * told_max;
    assert!(log.len() < bytes_max, "{} bytes, not less than {bytes_max}", log.len());
}

#[cfg(unix)]
#[test]
fn that_it_is_full_is_told_once_however_often_somebody_comes_and_goes() {
    let mut server = CHATD.start("--max-clients 1");
    for _ in 0..5 {
        // It may take a moment until there is room again.
        let _inside = chatd_support::eventually("room for one", || {
            let mut next = server.connect();
            (next.line() == GREETING).then_some(next)
        });
        server.connect().expect(FULL);
    }
    server.stop();
    assert_eq!(server.log().matches(" full: ").count(), 1, "{}", server.log());
}

#[cfg(unix)]
#[test]
fn nicknames_changed_without_end_are_one_line_of_it() {
    let (mut server, [mut ana]) = CHATD.room("--rate 0", ["ana"]);
    let start = chatd_support::now();
    for number in 0..500 {
        ana.ask(format!("/nick ana{number}"), you_are_now(&format!("ana{number}")));
    }
    let told_max = told_max(start);
    server.stop();
    let log = server.log();
    let told = log.matches(" is ana").count();
    assert!((20..=told_max).contains(&told), "{told}, not up to {told_max}");
    assert!(
        log.contains(&format!(" {} more new nicknames in the last minute", 501 - told)),
        "{log}"
    );
}

/// The room is what it always is.
#[cfg(target_os = "linux")]
fn expect_a_room(server: &Server) {
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.say("hi");
    bruno.expect("ana: hi");
    ana.ask("/nick bia", you_are_now("bia"));
    bruno.expect(renamed("ana", "bia"));
    drop(ana);
    bruno.expect(ended("bia"));
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::fs::{self, OpenOptions};
    use std::io::{Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::process::Stdio;
    use std::sync::mpsc;
    use std::thread;

    use chatd_support::{PATIENCE, Server, eventually, now};

    use super::expect_a_room;
    use crate::CHATD;

    /// So many make more lines than may wait.
    const CONNECTIONS: usize = 2500;
    const LOST: &str = "lines of the log are lost";

    /// A stream into which nothing more fits, and the end that nobody reads.
    fn stuck() -> (Stdio, UnixStream) {
        let (mut full, unread) = UnixStream::pair().expect("two descriptors");
        full.set_nonblocking(true).expect("it is open");
        while full.write(&[b'\n'; 4096]).is_ok() {}
        while full.write(b"\n").is_ok() {}
        // Who writes now waits, as on a pipe: the mode goes with the stream.
        full.set_nonblocking(false).expect("it is open");
        (OwnedFd::from(full).into(), unread)
    }

    /// `reader` begins to read at the other end of the log only when more was written than may wait.
    fn loses_lines_and_counts_them<R: Read + Send + 'static>(
        stderr: impl Into<Stdio>,
        reader: impl FnOnce() -> R,
    ) {
        let mut command = CHATD.command("-vv --bind 127.0.0.1:0");
        command.stderr(stderr);
        let mut server = Server::launch(command);
        for _ in 0..CONNECTIONS {
            server.connect().reset();
        }
        expect_a_room(&server);
        // Reading may block. The thread ends with the server, which has the other end.
        let (sender, received) = mpsc::channel();
        let mut reader = reader();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        let start = now();
        let mut log = Vec::new();
        while !String::from_utf8_lossy(&log).contains(LOST) {
            log.extend(received.recv_timeout(PATIENCE).expect("what was held back"));
            assert!(start.elapsed() < PATIENCE, "{}", String::from_utf8_lossy(&log));
        }
        server.join("carla");
        server.stop();
    }

    #[test]
    fn a_stuck_log_loses_lines_counts_them_and_the_room_goes_on() {
        let (stderr, unread) = stuck();
        loses_lines_and_counts_them(stderr, || unread);
    }

    #[test]
    fn a_terminal_stopped_by_ctrl_s_loses_lines_counts_them_and_the_room_goes_on() {
        const CTRL_S: &[u8] = b"\x13";
        const CTRL_Q: &[u8] = b"\x11";
        let (mut pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.write_all(CTRL_S).unwrap();
        loses_lines_and_counts_them(pts.as_fd().try_clone_to_owned().unwrap(), move || {
            drop(pts);
            pty.write_all(CTRL_Q).unwrap();
            pty
        });
    }

    #[test]
    fn output_that_nobody_takes_neither_ends_the_room_nor_keeps_it_closed_or_open() {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (reader, broken) = std::io::pipe().unwrap();
        drop(reader);
        let ((stderr, _one), (stdout, _other)) = (stuck(), stuck());
        let closed = "exec \"$0\" -vv --bind 127.0.0.1:0 <&- >&- 2>&-";
        let mut commands = [(); 4].map(|()| CHATD.command("-vv --bind 127.0.0.1:0"));
        commands[0].stdout(full()).stderr(full());
        commands[1].stdout(broken.try_clone().unwrap()).stderr(broken);
        commands[2].stderr(stderr);
        commands[3].stdout(stdout);
        for command in commands.into_iter().chain([CHATD.in_shell(closed)]) {
            let mut server = Server::launch_silent(command);
            expect_a_room(&server);
            server.stop();
        }
    }

    #[test]
    fn a_log_file_that_may_grow_no_further_does_not_end_the_room() {
        let file = format!("{}/log-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let script = format!("ulimit -f 1; exec \"$0\" -vv --bind 127.0.0.1:0 2>'{file}'");
        let mut server = Server::launch(CHATD.in_shell(&script));
        // Each is two lines.
        for _ in 0..100 {
            server.connect().reset();
        }
        expect_a_room(&server);
        let bytes = || fs::metadata(&file).unwrap().len();
        eventually("a full file", || (bytes() == 512).then_some(()));
        fs::remove_file(file).unwrap();
        server.stop();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_says_anything_and_the_server_uses_no_processor() {
    use std::thread;
    use std::time::Duration;

    use chatd_support::{eventually, proc};

    let server = CHATD.start("");
    let _people = server.room(["ana", "bruno", "carla", "davi"]);
    server.connect().expect(GREETING);
    let work = || proc::work(server.pid());
    let still_for = |time| {
        let before = work();
        thread::sleep(time);
        work() == before
    };
    eventually("a quiet moment", || still_for(Duration::from_millis(100)).then_some(()));
    assert!(still_for(Duration::from_secs(1)), "something woke it");
}
