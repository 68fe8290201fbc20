//! What befalls the process from outside: it is stopped and continued, killed and started again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chatd_support::sentences::{GREETING, here, joined, left, quit, you_are};
use chatd_support::talk::all_hear_one_order;
use chatd_support::{Client, Server, eventually, now, proc};

use crate::CHATD;

/// The process does nothing for so long. Meanwhile some take their nickname, and some come.
fn pause(server: &Server, pause: Duration, patience: Duration) {
    let connect = || server.connect().with_patience(patience);
    let mut nameless = [connect(), connect(), connect()];
    for client in &mut nameless {
        client.expect(GREETING);
    }
    server.signal("STOP");
    let nicks = ["ana", "bruno", "carla"];
    for (client, nick) in nameless.iter_mut().zip(nicks) {
        client.say(nick);
    }
    let mut late = connect();
    late.say("late");
    thread::sleep(pause);
    server.signal("CONT");
    let start = now();
    late.expect_welcome("late");
    for (client, nick) in nameless.iter_mut().zip(nicks) {
        client.expect_start(you_are(nick));
    }
    eprintln!("it serves again after {:?}", start.elapsed());
    // Nobody who is here any longer leaves before the end.
    thread::sleep(Duration::from_secs(1));
    assert!(!server.log().contains(" left "), "{}", server.log());
}

/// Nobody who behaves may notice more than that nothing happens for so long.
fn stop_and_continue(stopped_for: Duration) {
    let server = CHATD.start("--rate 0 --history 0");
    let patience = stopped_for + Duration::from_secs(30);
    let join = |nick: String| {
        let client = server.join(&nick).with_patience(patience);
        (nick, client)
    };
    let (_, mut silent) = join("silent".to_owned());
    let mut talkers: Vec<_> = (0..8).map(|number| join(format!("talker{number}"))).collect();
    let memory = proc::memory_peak(server.pid());
    let is_over = AtomicBool::new(false);
    let number = |number: usize| {
        thread::sleep(Duration::from_millis(5));
        (!is_over.load(Ordering::Relaxed)).then(|| number.to_string())
    };
    let count = all_hear_one_order(&mut talkers, &mut silent, "end", number, || {
        thread::sleep(Duration::from_secs(1));
        pause(&server, stopped_for, patience);
        is_over.store(true, Ordering::Relaxed);
    });
    let grown = proc::memory_peak(server.pid()) - memory;
    eprintln!("{count} messages; the memory's peak grew by {grown} bytes");
    assert!(grown < 4 << 20, "{grown} bytes");
}

#[test]
fn a_process_stopped_for_a_while_loses_nobody_and_nothing() {
    stop_and_continue(Duration::from_secs(3));
}

#[test]
#[ignore = "takes more than a minute: longer than anything a peer is given time for"]
fn a_process_stopped_for_more_than_a_minute_loses_nobody_and_nothing() {
    stop_and_continue(Duration::from_secs(65));
}

#[test]
#[ignore = "waits for more than a minute, as the kernel does"]
fn who_takes_nothing_for_a_minute_is_timed_out_and_who_has_room_left_is_not() {
    let server = CHATD.start("--rate 0 --history 0");
    let mut ana = server.join("ana").with_patience(Duration::from_secs(90));
    let mut paused = server.join("paused");
    let _full = Client::connect_with_small_buffer(server.addr(), 4096).named("full");
    ana.expect(joined("paused"));
    ana.expect(joined("full"));
    let start = now();
    // More than fits into the small buffer, and much less than a backlog.
    let line = "x".repeat(3000);
    ana.send(format!("{line}\n").repeat(20));
    ana.expect(left("full", "timed out"));
    eprintln!("dropped after {:?}", start.elapsed());
    assert!((55..80).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    // It has not read for longer than anybody who vanished is waited for.
    thread::sleep(Duration::from_secs(20));
    paused.expect(joined("full"));
    assert_eq!(paused.lines(20), vec![format!("ana: {line}"); 20]);
    paused.expect(left("full", "timed out"));
    ana.ask("/who", here(&["ana", "paused"]));
}

#[test]
fn readers_that_stop_fit_into_a_part_of_the_memory_that_their_backlog_promises() {
    const STALLED: usize = 30;
    const BACKLOG: usize = 1 << 20;
    // An idle server maps 140 MB, most of which it never touches; the allocator rounds up what each
    // of the stalled keeps.
    let limit = (160_000_000 + STALLED * BACKLOG / 8) / 1024;
    let script = format!("ulimit -v {limit}; exec \"$0\" --bind 127.0.0.1:0 --rate 0");
    let server = Server::launch(CHATD.in_shell(&script));
    let mut ana = server.join("ana");
    let memory = proc::memory_peak(server.pid());
    let nicks: Vec<String> = (0..STALLED).map(|number| format!("stalled{number}")).collect();
    let stalled: Vec<Client> = nicks.iter().map(|nick| server.join_stalled(nick)).collect();
    let grown = proc::memory_peak(server.pid()) - memory;
    eprintln!("{STALLED} stalled readers: {grown} bytes");
    assert!(grown > STALLED * BACKLOG / 64, "{grown} bytes: they are not stalled");
    assert!(grown < STALLED * BACKLOG / 8, "{grown} bytes");
    for nick in &nicks {
        ana.expect(joined(nick));
    }
    let all: Vec<&str> = ["ana"].into_iter().chain(nicks.iter().map(String::as_str)).collect();
    ana.ask("/who", here(&all));
    drop(stalled);
}

/// What `/proc` calls the states of a connection: its own side closed and not the other's, and
/// both.
const FIN_WAIT: [&str; 2] = ["04", "05"];
const TIME_WAIT: &str = "06";

#[test]
fn after_a_kill_the_port_is_free_at_once_and_everybody_can_come_back() {
    let mut server = CHATD.start("--rate 0");
    let addr = server.addr();
    let [mut ana, bruno] = server.room(["ana", "bruno"]);
    // One that the server closed: its end stays in the kernel for a minute.
    bruno.quit();
    ana.expect(quit("bruno"));
    eventually("its end", || proc::states(addr).contains(TIME_WAIT).then_some(()));
    // Some with unread bytes on both sides, one of which has closed its own; one that has not
    // spoken; one in the middle of a line.
    let stalled = server.join_stalled("stalled");
    let half_closed = server.join_stalled("carla");
    half_closed.close_sending();
    let mut nameless = server.connect();
    nameless.expect(GREETING);
    ana.expect(joined("stalled"));
    ana.expect(joined("carla"));
    ana.send("half a li");
    eventually("all is read", || (proc::queued(addr, ana.addr()).1 == 0).then_some(()));
    server.signal("KILL");
    eventually("the end of the process", || server.has_ended().then_some(()));
    let states = proc::states(addr);
    assert!(
        states.contains(TIME_WAIT) && FIN_WAIT.iter().any(|it| states.contains(*it)),
        "{states:?}"
    );
    let next = Server::launch(CHATD.command(&format!("--bind {addr}")));
    ana.expect_end();
    nameless.expect_end();
    next.room(["ana", "bruno", "carla", "stalled"]);
    drop((stalled, half_closed));
}
