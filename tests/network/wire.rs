//! Three namespaces in a row: the test's own, where the clients are; the relay's; the server's.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, thread};

use chatd_support::{Client, Server};

use crate::CHATD;

/// Where the clients are: a wire may be dark for one, and not for the other.
pub(crate) const HERE: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 55, 0, 2), Ipv4Addr::new(10, 55, 0, 3)];
const THERE: Ipv4Addr = Ipv4Addr::new(10, 55, 0, 1);

/// Set in the run of a test that is in a namespace of its own.
const INSIDE: &str = "CHATD_TEST_NETWORK";
const RELAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/impair.py");

/// Runs the calling test once more, in a namespace of its own, with a wire there.
pub(crate) fn with_wire(test: impl FnOnce(&mut Wire)) {
    in_namespace(|| test(&mut Wire::lay()));
}

/// Runs the calling test once more, in a namespace of its own. All that it makes there is gone when
/// it ends, however it ends.
pub(crate) fn in_namespace(test: impl FnOnce()) {
    let name = thread::current().name().expect("a test has a name").to_owned();
    if env::var_os(INSIDE).is_some() {
        return test();
    }
    let isolation = match isolation() {
        Ok(isolation) => isolation,
        Err(why) => {
            // Not with `eprintln`, which is not shown for a test that passes.
            let _ = writeln!(io::stderr(), "\n*** SKIPPED, NOT TESTED: {name}: {why}");
            return;
        }
    };
    let status = Command::new("unshare")
        .args(isolation)
        .arg(env::current_exe().expect("this program"))
        .args(["--exact", &name, "--include-ignored", "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .expect("unshare runs");
    assert!(status.success(), "{name} fails in its namespace: {status}");
}

/// How to get a namespace, if all that the tests need is there.
fn isolation() -> Result<&'static [&'static str], String> {
    // As root of a user namespace anybody may make network namespaces; where users may not make
    // those, root may still make the others.
    const WAYS: [&[&str]; 2] = [&["--user", "--map-root-user", "--net", "--"], &["--net", "--"]];
    const NEEDED: &str = "ip link add one type veth peer name two && nsenter --version \
                          && python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'";
    let mut why = Vec::new();
    for way in WAYS {
        match Command::new("unshare").args(way).args(["sh", "-c", NEEDED]).output() {
            Ok(output) if output.status.success() => return Ok(way),
            Ok(output) => why.push(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => why.push(format!("unshare: {error}")),
        }
    }
    Err(why.join("; "))
}

/// The wire between the clients and a server.
pub(crate) struct Wire {
    relay: Helper,
    there: Helper,
}

impl Wire {
    fn lay() -> Self {
        let relay = Helper::start(&["python3", RELAY, "relay", "left", "right", "1"]);
        let mut wire = Self { relay, there: Helper::start(&["sh", "-c", "echo ready; exec cat"]) };
        let (middle, there) = (wire.relay.pid(), wire.there.pid());
        run("ip link set lo up");
        run(&format!("ip link add here type veth peer name left netns {middle}"));
        run(&format!("ip link add right netns {middle} type veth peer name there netns {there}"));
        run(&format!("nsenter --net=/proc/{middle}/ns/net ip link set left up"));
        run(&format!("nsenter --net=/proc/{middle}/ns/net ip link set right up"));
        for address in HERE {
            run(&format!("ip addr add {address}/24 dev here"));
        }
        run("ip link set here up");
        run(&format!("python3 {RELAY} plain here"));
        for part in [
            "ip link set lo up",
            &format!("ip addr add {THERE}/24 dev there"),
            "ip link set there up",
            &format!("python3 {RELAY} plain there"),
        ] {
            run(&format!("nsenter --net=/proc/{there}/ns/net {part}"));
        }
        assert_eq!(wire.tell("begin"), "done");
        wire
    }

    /// A server at the other end.
    pub(crate) fn serve(&self, args: &str) -> Server {
        self.serve_at(&format!("{THERE}:0"), args)
    }

    /// The same, at this address.
    pub(crate) fn serve_at(&self, bind: &str, args: &str) -> Server {
        let program = CHATD.command("");
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.there.pid())).arg(program.get_program());
        command.args(args.split_whitespace()).args(["--bind", bind]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Server::launch(command)
    }

    /// What the relay is to do from now on, and its answer: see `impair.py`.
    pub(crate) fn tell(&mut self, command: &str) -> String {
        writeln!(self.relay.child.stdin.as_mut().expect("a pipe"), "{command}").expect("it reads");
        self.relay.line()
    }

    /// Pulls the cable of those who are at this address.
    pub(crate) fn pull(&mut self, address: Ipv4Addr) {
        assert_eq!(self.tell(&format!("dark {address}")), "done");
    }

    /// Puts it in again.
    pub(crate) fn plug_in(&mut self) {
        assert_eq!(self.tell("light"), "done");
    }
}

/// Somebody at this address takes a nickname.
pub(crate) fn join(server: &Server, from: Ipv4Addr, nick: &str) -> Client {
    Client::connect_from(&from.to_string(), server.addr()).named(nick)
}

/// Runs a command, such as `ip link set lo up`.
pub(crate) fn run(command: &str) {
    let mut words = command.split_whitespace();
    let status = Command::new(words.next().expect("a program")).args(words).status();
    assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{command}: {status:?}");
}

/// A process that has a network namespace of its own, and ends with its input.
struct Helper {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Helper {
    fn start(command: &[&str]) -> Self {
        let mut child = Command::new("unshare")
            .args(["--net", "--"])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut helper = Self { child, output };
        assert_eq!(helper.line(), "ready");
        helper
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a pipe");
        line.trim_end().to_owned()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
