//! Nobody can keep the server to itself.

use std::time::Instant;

use chatd::limits::Limits;

use crate::table::{join, send, start};

#[test]
#[expect(clippy::disallowed_methods, reason = "a simulation starts its clock somewhere")]
fn a_line_is_heard_beside_somebody_who_talks_without_end() {
    let now = Instant::now();
    // The shorter the flooder's lines, the more a byte of theirs costs: each gets the nickname,
    // once for each format.
    for flood in ["x\n".repeat(100_000), "x".repeat(1000) + "\n"] {
        let mut server = start(Limits { rate: None, ..Limits::default() });
        let flooder = join(&mut server, now, &("f".repeat(24) + "\n"));
        let talker = join(&mut server, now, "talker\n");
        let listener = join(&mut server, now, "listener\r\n");
        server.tick(now);
        send(&mut server, &flooder, &flood.repeat(20));
        server.tick(now);
        send(&mut server, &talker, "heard?\n");
        let ticks = (1..10).find(|_| {
            send(&mut server, &flooder, &flood);
            server.tick(now);
            let heard = &listener.1.borrow().to_client;
            heard.windows(15).any(|line| line == b"talker: heard?\r")
        });
        assert!(ticks.is_some_and(|ticks| ticks <= 3), "heard after {ticks:?} ticks");
    }
}
