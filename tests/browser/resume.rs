//! Connections are lost, and the page goes on: each message is shown once and in order, or a gap is.

use std::iter;
use std::thread;
use std::time::Duration;

use chatd_support::relay::Relay;
use chatd_support::sentences::{joined, left, said};
use chatd_support::{Client, Server, eventually};

use crate::page::{GAP, NO_SOCKET};
use crate::{CHATD, Page};

/// A room with somebody who uses netcat, and somebody at a page whose network can be cut.
struct Scene {
    _server: Server,
    bruno: Client,
    relay: Relay,
    page: Page,
}

impl Scene {
    /// Both have said something and heard it.
    fn begin(args: &str) -> Self {
        let (server, [mut bruno]) = CHATD.room(args, ["bruno"]);
        let relay = Relay::to(server.addr());
        let page = Page::join(relay.addr, "ana").forgive(&[NO_SOCKET]);
        bruno.expect(joined("ana"));
        bruno.say("antes");
        page.say("antes");
        bruno.expect(said("ana", "antes"));
        page.until_said(&["bruno: antes", "ana: antes"]);
        Self { _server: server, bruno, relay, page }
    }

    /// The page has lost its connection, and gets no other one.
    fn disconnect(&mut self) {
        self.relay.refuse(true);
        self.relay.cut();
        self.page.until(AWAY);
        self.bruno.until("*** ana left");
    }

    fn reconnect(&mut self) {
        self.relay.refuse(false);
        self.page.until_state("connected");
        self.bruno.until(joined("ana"));
    }
}

/// The page knows that it is not connected.
const AWAY: &str = "document.getElementById('state').dataset.state !== 'connected'";

/// What is said while the page is away.
fn meanwhile(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("durante {number}")).collect()
}

/// All that was said in a scene, as the page shows it.
fn all(later: &[String]) -> Vec<String> {
    let before = ["bruno: antes", "ana: antes"].map(str::to_owned);
    [&before, later].concat()
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn nothing_is_lost_nor_doubled_while_it_is_away() {
    let mut scene = Scene::begin("");
    scene.page.set_offline(true);
    scene.relay.cut();
    scene.page.until_state("offline");
    scene.bruno.until("*** ana left");
    let mut said = Vec::new();
    for words in meanwhile(10) {
        scene.bruno.say(&words);
        said.push(format!("bruno: {words}"));
        // Meanwhile it tries to come back, in vain.
        thread::sleep(Duration::from_millis(300));
    }
    scene.page.set_offline(false);
    scene.page.until_state("connected");
    scene.bruno.until(joined("ana"));
    scene.bruno.say("depois");
    said.push("bruno: depois".to_owned());
    scene.page.until_said(&all(&said));
    assert_eq!(scene.page.count(".gap"), 0);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn what_it_says_while_it_is_away_is_said_once_when_it_is_back() {
    let mut scene = Scene::begin("");
    scene.disconnect();
    for words in ["um", "dois"] {
        scene.page.say(words);
    }
    // It tries to come back, in vain.
    scene.page.complaints();
    eventually("another try", || (!scene.page.complaints().is_empty()).then_some(()));
    scene.page.until_count(".line.sending", 2);
    scene.bruno.say("durante");
    scene.reconnect();
    for words in ["um", "dois"] {
        scene.bruno.expect(said("ana", words));
    }
    scene.page.say("depois");
    scene.bruno.expect(said("ana", "depois"));
    let later = ["bruno: durante", "ana: um", "ana: dois", "ana: depois"].map(str::to_owned);
    scene.page.until_said(&all(&later));
    assert_eq!(scene.page.count(".line.sending, .line.failed, .gap"), 0);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn what_arrived_although_its_receipt_did_not_is_not_said_again() {
    let mut scene = Scene::begin("");
    scene.relay.mute_server();
    scene.page.say("chegou");
    scene.bruno.expect(said("ana", "chegou"));
    assert_eq!(scene.page.count(".line.sending"), 1);
    scene.disconnect();
    scene.reconnect();
    scene.page.say("depois");
    scene.bruno.expect(said("ana", "depois"));
    scene.page.until_said(&all(&["ana: chegou".to_owned(), "ana: depois".to_owned()]));
    assert_eq!(scene.page.count(".line.sending, .line.failed, .gap"), 0);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn a_server_that_was_started_again_is_a_gap() {
    let (mut server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::join(server.addr(), "ana").forgive(&[NO_SOCKET]);
    bruno.say("antes");
    page.until_said(&["bruno: antes"]);
    server.stop();
    page.until(AWAY);
    let server = Server::launch(CHATD.command(&format!("--bind {}", server.addr())));
    let mut bruno = server.join("bruno");
    page.until_state("connected");
    page.until_count(".gap", 1);
    bruno.say("depois");
    page.until_said(&["bruno: antes", GAP, "bruno: depois"]);
    page.say("também");
    bruno.until(said("ana", "também"));
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn what_the_server_does_not_keep_is_a_gap() {
    // Messages said meanwhile, and of how many the server keeps some at least. It keeps a thousand, if they are small.
    for (args, count, kept_min) in [("--rate 0 --history 0", 3, 0), ("--rate 0", 1100, 500)] {
        let mut scene = Scene::begin(args);
        scene.disconnect();
        scene.bruno.send(meanwhile(count).join("\n") + "\n");
        // An answer comes after all of it was said.
        scene.bruno.ask("/who", "*** 1 here: bruno");
        scene.reconnect();
        scene.bruno.say("depois");
        scene.page.until_last("bruno: depois");
        let kept = scene.page.said().len() - all(&[]).len() - 2;
        assert!((kept_min..=1000).contains(&kept), "{args}: {kept}");
        let missed = meanwhile(count).into_iter().map(|words| said("bruno", &words));
        let later = iter::once(GAP.to_owned()).chain(missed.skip(count - kept));
        scene.page.until_said(&all(&later.chain([said("bruno", "depois")]).collect::<Vec<_>>()));
    }
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn it_gets_its_nickname_back_from_its_own_ghost() {
    let mut scene = Scene::begin("");
    scene.relay.go_dark();
    // The browser is told of another network, so the page asks whether its connection is alive.
    scene.page.run("dispatchEvent(new Event('online'))");
    scene.page.until(AWAY);
    scene.bruno.say("durante");
    scene.page.until_state("connected");
    scene.bruno.expect(left("ana", "timed out"));
    scene.bruno.expect(joined("ana"));
    scene.page.until_said(&all(&["bruno: durante".to_owned()]));
    scene.page.say("voltei");
    scene.bruno.expect(said("ana", "voltei"));
}
