//! The page, as whoever sits before it uses it.

use std::ops::Deref;
use std::thread;

use chatd_support::browser::{Browser, ENTER};
use chatd_support::eventually;
use std::net::SocketAddr;

/// What Chromium says when a WebSocket cannot be opened.
pub(crate) const NO_SOCKET: &str = "WebSocket connection to ";

/// A browser that shows the page. At the end of its test it must have complained of nothing: no error, no warning,
/// nothing that the page's policy forbids.
pub(crate) struct Page {
    browser: Browser,
    /// What its complaints may have in them.
    forgiven: &'static [&'static str],
}

impl Page {
    /// The first screen, in English.
    pub(crate) fn open(server: SocketAddr) -> Self {
        Self::open_with("en-US,en", server, &[])
    }

    /// The first screen, in a browser with these languages and flags.
    pub(crate) fn open_with(languages: &str, server: SocketAddr, flags: &[&str]) -> Self {
        let browser = Browser::start(languages, flags);
        browser.open(&format!("http://{server}/"));
        Self { browser, forgiven: &[] }
    }

    /// Somebody who came in with this nickname.
    pub(crate) fn join(server: SocketAddr, nick: &str) -> Self {
        let page = Self::open(server);
        page.enter(nick);
        page
    }

    /// What this test makes the browser complain of.
    pub(crate) fn forgive(mut self, forgiven: &'static [&'static str]) -> Self {
        self.forgiven = forgiven;
        self
    }

    /// Takes a nickname on the first screen, and waits for the room.
    #[track_caller]
    pub(crate) fn enter(&self, nick: &str) {
        self.type_into("#nick", &format!("{nick}{ENTER}"));
        self.until("document.querySelectorAll('#members li').length > 0");
        self.until_state("connected");
    }

    /// Types a line and sends it.
    #[track_caller]
    pub(crate) fn say(&self, text: &str) {
        self.type_into("#say", &format!("{text}{ENTER}"));
    }

    /// What was said in the room that is shown, as `ana: text`: what the server has confirmed.
    #[track_caller]
    pub(crate) fn said(&self) -> Vec<String> {
        let lines = self.eval(
            "[...document.querySelectorAll('.line[data-msgid]')].map((line) => \
             `${line.querySelector('.who').textContent}: ${line.querySelector('.text').textContent}`)",
        );
        serde_json::from_value(lines).expect("texts")
    }

    /// Waits until all that was said is these lines, once and in this order.
    #[track_caller]
    pub(crate) fn until_said(&self, lines: &[impl AsRef<str>]) {
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        let last = lines.last().expect("a line");
        eventually(&format!("{last:?} on the page"), || {
            self.said().iter().any(|said| said == last).then_some(())
        });
        assert_eq!(self.said(), lines);
    }

    /// Waits until it says that this is the state of its connection.
    #[track_caller]
    pub(crate) fn until_state(&self, state: &str) {
        self.until(&format!("document.getElementById('state').dataset.state === '{state}'"));
    }

    /// How many elements this selector finds.
    #[track_caller]
    pub(crate) fn count(&self, selector: &str) -> u64 {
        let count = self.eval(&format!("document.querySelectorAll({selector:?}).length"));
        count.as_u64().expect("a number")
    }
}

impl Deref for Page {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let mut complaints = self.browser.complaints();
        complaints.retain(|complaint| !self.forgiven.iter().any(|it| complaint.contains(it)));
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }
}
