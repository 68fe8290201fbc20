//! Chromium, driven by [WebDriver](https://www.w3.org/TR/webdriver2/): JSON over HTTP, to a `chromedriver` that is
//! started for it. Both end with the handle.

mod driver;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process, thread};

use serde_json::{Value, json};

use super::{PATIENCE, eventually};
use driver::Driver;

/// How the Enter key is typed.
pub const ENTER: &str = "\u{e007}";
/// How the tabulator key is typed.
pub const TAB: &str = "\u{e004}";
/// Held down for the rest of what is typed.
pub const SHIFT: &str = "\u{e008}";
/// Held down for the rest of what is typed.
pub const CONTROL: &str = "\u{e009}";
/// Held down for the rest of what is typed.
pub const ALT: &str = "\u{e00a}";
/// How the key with an arrow upwards is typed.
pub const UP: &str = "\u{e013}";
/// How the key with an arrow downwards is typed.
pub const DOWN: &str = "\u{e015}";

/// How `WebDriver` names a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// No window, nothing that moves, and nothing that Chromium does in the background or asks its maker for.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    session: String,
    #[cfg(unix)]
    pid: u64,
    profile: PathBuf,
}

impl Browser {
    /// Starts it for somebody who reads these languages, such as `pt-BR,en`, with more flags if they are needed.
    pub fn start(languages: &str, flags: &[&str]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = env::temp_dir().join(format!("chatd-browser-{}-{number}", process::id()));
        let own = [format!("--user-data-dir={}", profile.display()), format!("--lang={languages}")];
        let flags: Vec<&str> =
            FLAGS.iter().chain(flags).copied().chain(own.iter().map(String::as_str)).collect();
        let driver = Driver::start();
        let millis = PATIENCE.as_millis();
        let wish = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": flags, "prefs": { "intl.accept_languages": languages } },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "pageLoad": millis, "script": millis },
        } } });
        let granted = driver.ask("POST", "/session", &wish).expect("Chromium starts");
        Self {
            driver,
            session: format!("/session/{}", granted["sessionId"].as_str().expect("an id")),
            #[cfg(unix)]
            pid: granted["capabilities"]["goog:processID"].as_u64().expect("a number"),
            profile,
        }
    }

    /// Opens a page, and waits until it is loaded.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Loads the page again.
    #[track_caller]
    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// What a function with this body returns in the page. A promise is waited for.
    #[track_caller]
    pub fn run(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"))
    }

    /// The same, which is a text.
    #[track_caller]
    pub fn text(&self, expression: &str) -> String {
        let value = self.eval(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn until(&self, expression: &str) {
        eventually(expression, || (self.eval(expression) == true).then_some(()));
    }

    /// Clicks on the first element that this selector finds.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.find(selector)), &json!({}));
    }

    /// Types into the first element that this selector finds.
    #[track_caller]
    pub fn type_into(&self, selector: &str, keys: &str) {
        self.post(&format!("/element/{}/value", self.find(selector)), &json!({ "text": keys }));
    }

    /// Types into the element that has the focus.
    #[track_caller]
    pub fn type_keys(&self, keys: &str) {
        let focused = self.ask("GET", "/element/active", &Value::Null).expect("an element");
        let id = focused[ELEMENT].as_str().expect("its id");
        self.post(&format!("/element/{id}/value"), &json!({ "text": keys }));
    }

    /// A command of the [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/).
    #[track_caller]
    pub fn devtools(&self, command: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// Takes its network away, or gives it back. A WebSocket that is open does not notice.
    #[track_caller]
    pub fn set_offline(&self, is_offline: bool) {
        self.devtools("Network.enable", &json!({}));
        let conditions = json!({
            "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.devtools("Network.emulateNetworkConditions", &conditions);
    }

    /// Shows the page at this size, in CSS pixels.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Prefers dark colours, or light ones.
    #[track_caller]
    pub fn set_dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// A picture of what is shown, as PNG in base64.
    #[track_caller]
    pub fn screenshot(&self) -> String {
        let picture = self.ask("GET", "/screenshot", &Value::Null).expect("a picture");
        picture.as_str().expect("base64").to_owned()
    }

    /// Opens another tab, and returns its name. What is asked for goes on in the one before.
    #[track_caller]
    pub fn new_tab(&self) -> String {
        let tab = self.post("/window/new", &json!({ "type": "tab" }));
        tab["handle"].as_str().expect("its handle").to_owned()
    }

    /// The tab in which it does what is asked for.
    #[track_caller]
    pub fn tab(&self) -> String {
        let tab = self.ask("GET", "/window", &Value::Null).expect("a tab");
        tab.as_str().expect("its handle").to_owned()
    }

    /// From now on, what is asked for happens in this tab, which is shown.
    #[track_caller]
    pub fn switch_to(&self, tab: &str) {
        self.post("/window", &json!({ "handle": tab }));
    }

    /// What all its pages have complained of since this was asked last: errors and warnings in the console, loads
    /// that failed, and what a policy did not allow.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().expect("a list").iter();
        let text = |entry: &Value| entry["message"].as_str().expect("a text").to_owned();
        let is_complaint =
            |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        entries.filter(is_complaint).map(text).collect()
    }

    fn find(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let element = self.post("/element", &by);
        element[ELEMENT].as_str().expect("its id").to_owned()
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask("POST", path, body);
        answer.unwrap_or_else(|why| panic!("{path} {:.200}: {why}", body.to_string()))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.driver.ask(method, &format!("{}{path}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let shown = json!({ "script": "return document.body.innerText", "args": [] });
        if thread::panicking()
            && let Ok(text) = self.ask("POST", "/execute/sync", &shown)
        {
            eprintln!("--- the page:\n{}\n---", text.as_str().unwrap_or_default());
        }
        let end = self.ask("DELETE", "", &Value::Null);
        #[cfg(unix)]
        if end.is_err() {
            use rustix::process::{Pid, Signal, kill_process};
            let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
            pid.map(|pid| kill_process(pid, Signal::KILL));
        }
        drop(end);
        // The system deletes what is left.
        let _ = fs::remove_dir_all(&self.profile);
    }
}
