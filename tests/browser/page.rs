//! The page, as whoever sits before it uses it.

use std::net::SocketAddr;
use std::ops::Deref;
use std::thread;

use chatd_support::browser::{Browser, ENTER};
use chatd_support::eventually;

/// How [`Page::said`] tells that the page shows a gap.
pub(crate) const GAP: &str = "(gap)";
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

    /// What was said in the room that is shown, as `ana: text`, as far as the server has confirmed it, and [`GAP`]
    /// where something is missing.
    #[track_caller]
    pub(crate) fn said(&self) -> Vec<String> {
        let lines = self.eval(
            "[...document.querySelectorAll('.line:has(.who):not(.sending, .failed), .gap')].map((line) => \
             line.className === 'gap' ? '(gap)' \
             : ['.who', '.text'].map((part) => line.querySelector(part).textContent).join(': '))",
        );
        serde_json::from_value(lines).expect("texts")
    }

    /// Waits until this was said last.
    #[track_caller]
    pub(crate) fn until_last(&self, line: &str) {
        eventually(&format!("{line:?} on the page"), || {
            (self.said().last()? == line).then_some(())
        });
    }

    /// Waits until all that was said is these lines, once and in this order.
    #[track_caller]
    pub(crate) fn until_said(&self, lines: &[impl AsRef<str>]) {
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        self.until_last(lines.last().expect("a line"));
        let said = self.said();
        let alike = said.iter().zip(&lines).take_while(|(said, line)| said == line).count();
        assert!(
            said == lines,
            "after {alike} lines the page shows {:#?} and so on",
            &said[alike..said.len().min(alike + 5)]
        );
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

    /// Waits until this selector finds so many elements.
    #[track_caller]
    pub(crate) fn until_count(&self, selector: &str, count: u64) {
        self.until(&format!("document.querySelectorAll({selector:?}).length === {count}"));
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
