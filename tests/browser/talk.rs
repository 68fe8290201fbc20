//! People at the page and people with netcat talk.

use std::thread;
use std::time::Duration;

use chatd_support::browser::{ALT, CONTROL, DOWN, ENTER, SHIFT, TAB};
use chatd_support::sentences::{acted, joined, quit, said};
use chatd_support::{Client, eventually};
use serde_json::json;

use crate::{CHATD, Page};

/// Longer than Chromium needs to open a spare connection, and to be greeted there if it were.
const SPARE_CONNECTION: Duration = Duration::from_millis(1200);

/// Reads what somebody with netcat hears, but for what the server says, until there are so many lines.
fn hear(client: &mut Client, count: usize) -> Vec<String> {
    let lines = std::iter::repeat_with(|| client.line());
    lines.filter(|line| !line.starts_with("*** ")).take(count).collect()
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn the_page_and_netcat_talk_both_ways() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::join(server.addr(), "ana");
    bruno.expect(joined("ana"));
    page.say("olá, 日本");
    bruno.expect(said("ana", "olá, 日本"));
    bruno.say("oi <ana> & \u{1f44b}");
    page.say("/me acena");
    bruno.expect(acted("ana", "acena"));
    page.until_said(&["ana: olá, 日本", "bruno: oi <ana> & \u{1f44b}", "ana: acena"]);
    assert_eq!(page.count(".line.sending, .line.failed, .gap"), 0);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn it_can_be_loaded_again_and_again() {
    let server = CHATD.start("");
    let page = Page::open(server.addr());
    for _ in 0..12 {
        // With each load Chromium opens a connection that it uses for the next one.
        thread::sleep(SPARE_CONNECTION);
        page.reload();
        assert_eq!(page.count("#join"), 1);
    }
    page.enter("ana");
    thread::sleep(SPARE_CONNECTION);
    page.reload();
    page.until_state("connected");
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn a_nickname_that_somebody_has_is_refused_beside_the_field() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::open(server.addr());
    let shown = "document.getElementById('nick-error').textContent";
    // The last one has a Cyrillic letter in it.
    for taken in ["bruno", "BRUNO", "brun\u{43e}"] {
        page.run("document.getElementById('nick').value = ''");
        page.type_into("#nick", &format!("{taken}{ENTER}"));
        page.until(&format!("{shown}.includes('{taken}')"));
    }
    assert_eq!(page.eval("document.getElementById('app').hidden"), true);
    page.run("document.getElementById('nick').value = ''");
    page.enter("ana");
    bruno.expect(joined("ana"));
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn two_tabs_are_two_people() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::join(server.addr(), "ana");
    let (first, second) = (page.tab(), page.new_tab());
    page.switch_to(&second);
    page.open(&format!("http://{}/", server.addr()));
    page.run("document.getElementById('nick').value = ''");
    page.enter("bia");
    page.say("da segunda");
    page.switch_to(&first);
    page.until_said(&["bia: da segunda"]);
    page.say("da primeira");
    assert_eq!(hear(&mut bruno, 2), ["bia: da segunda", "ana: da primeira"]);
    page.switch_to(&second);
    page.until_said(&["bia: da segunda", "ana: da primeira"]);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn enter_does_not_send_what_is_being_composed() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::join(server.addr(), "ana");
    bruno.expect(joined("ana"));
    page.click("#say");
    let composed = json!({ "text": "にほん", "selectionStart": 3, "selectionEnd": 3 });
    page.devtools("Input.imeSetComposition", &composed);
    page.type_keys(ENTER);
    page.devtools("Input.insertText", &json!({ "text": "日本" }));
    page.until("document.getElementById('say').value.trim() === '日本'");
    page.type_keys(ENTER);
    bruno.expect(said("ana", "日本"));
    page.until_said(&["ana: 日本"]);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn a_paste_of_many_lines_is_asked_about_once() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::join(server.addr(), "ana");
    bruno.expect(joined("ana"));
    let lines: Vec<String> = (0..20).map(|number| format!("linha {number}")).collect();
    page.run(&format!("document.getElementById('say').value = {:?}", lines.join("\n")));
    page.type_into("#say", &format!("{CONTROL}ax"));
    assert_eq!(page.eval("document.getElementById('say').value"), "");
    page.type_into("#say", &format!("{CONTROL}v"));
    page.until("!document.getElementById('paste-bar').hidden");
    assert_eq!(
        page.text("document.getElementById('paste-words').textContent"),
        "Send these 20 lines?"
    );
    // Nothing is sent before.
    page.until_count(".line .who", 0);
    // Its first button has the focus.
    page.type_keys(ENTER);
    let heard = lines.iter().map(|line| said("ana", line));
    assert!(hear(&mut bruno, lines.len()).into_iter().eq(heard.clone()));
    page.until_said(&heard.collect::<Vec<_>>());
    page.until("document.getElementById('paste-bar').hidden");
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn the_keyboard_is_enough() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::open(server.addr());
    let go_to = |id: &str, key: &str| {
        eventually(id, || {
            let is_there = page.text("document.activeElement.id") == id;
            if !is_there {
                page.type_keys(key);
            }
            is_there.then_some(())
        });
    };
    go_to("nick", TAB);
    page.type_keys(&format!("ana{ENTER}"));
    page.until_state("connected");
    bruno.expect(joined("ana"));
    // A browser that knows of no mouse leaves the focus where it was.
    go_to("say", TAB);
    page.type_keys(&format!("bru{TAB}oi{ENTER}"));
    bruno.expect(said("ana", "bruno: oi"));
    let title = |name: &str| {
        page.until(&format!("document.getElementById('title').textContent === '{name}'"));
    };
    page.type_keys(&format!("/join #dev{ENTER}"));
    title("#dev");
    bruno.say("onde está?");
    page.until("document.querySelector('.badge:not([hidden])')?.textContent === '1'");
    page.type_keys(&format!("{ALT}{DOWN}"));
    title("#lobby");
    page.until_count(".unread + .line", 1);
    page.until_count(".badge:not([hidden])", 0);
    page.type_keys(&format!("{ALT}{DOWN}"));
    title("#dev");
    go_to("leave", &format!("{SHIFT}{TAB}"));
    page.type_keys(ENTER);
    title("#lobby");
    page.until_count("#rooms .room", 1);
    page.type_into("#say", &format!("/quit{ENTER}"));
    page.until("!document.getElementById('welcome').hidden");
    bruno.expect(quit("ana"));
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn it_speaks_english_and_portuguese() {
    let server = CHATD.start("");
    for (languages, language, join) in
        [("en-US,en", "en", "Join"), ("pt-BR,pt,en", "pt", "Entrar"), ("fr-FR,fr", "en", "Join")]
    {
        let page = Page::open_with(languages, server.addr(), &[]);
        assert_eq!(page.text("document.documentElement.lang"), language);
        assert_eq!(page.text("document.getElementById('enter').textContent"), join);
    }
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn on_the_narrowest_screen_nothing_is_beside_it() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::open(server.addr());
    let fits = "document.scrollingElement.scrollWidth <= innerWidth";
    page.resize(320, 568);
    page.until("innerWidth === 320");
    assert_eq!(page.eval(fits), true);
    page.enter("ana");
    bruno.say("/join #dev");
    page.say("/join #dev");
    page.until_count("#members li", 2);
    bruno.say("w".repeat(400));
    bruno.say(format!("https://example.org/{}", "a/".repeat(150)));
    bruno
        .say("/topic um tópico que não cabe em uma linha, nem em duas, nem em três, nem em quatro");
    page.until("document.getElementById('topic').textContent.startsWith('um')");
    page.until_count(".line[data-msgid]", 2);
    assert_eq!(page.eval(fits), true);
    for drawer in ["side", "people"] {
        page.click(&format!("#open-{drawer}"));
        page.until(&format!("document.getElementById('{drawer}').classList.contains('open')"));
        assert_eq!(page.eval(fits), true, "{drawer}");
        page.click(&format!("#{drawer} .close"));
    }
    page.say("cabe");
    page.until_count(".line[data-msgid]", 3);
}
