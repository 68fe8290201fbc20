use super::say::{Asked, understand};
use super::*;

/// A session that hears these lines, what it answers, and the news.
fn after(lines: &[&str]) -> (Session, String, Vec<News>) {
    let mut session = Session::new(Some("ana".to_owned()));
    let mut out = String::new();
    let news = lines.iter().filter_map(|line| session.hear(line, &mut out)).collect();
    (session, out, news)
}

const REGISTERED: [&str; 7] = [
    ":s.x CAP * LS * :batch sasl=PLAIN",
    ":s.x CAP * LS :echo-message labeled-response message-tags draft/chathistory",
    ":s.x CAP * ACK :message-tags batch echo-message labeled-response draft/chathistory",
    ":s.x 001 ana :Welcome",
    ":s.x 005 ana CHATD_HOME=#lobby NETWORK=x :are supported",
    ":s.x 372 ana :- /join #lobby goes where everybody is.",
    ":s.x 376 ana :End",
];

#[test]
fn it_registers_with_what_is_offered() {
    let (session, out, news) = after(&REGISTERED);
    assert_eq!(
        out,
        "CAP REQ :message-tags batch echo-message labeled-response draft/chathistory\r\n\
         NICK :ana\r\nUSER chatd 0 * :ana\r\nCAP END\r\n"
    );
    assert_eq!(news, [News::Welcome { motd: vec![] }]);
    assert_eq!(session.home(), Some("#lobby"));
    let (_, out, news) = after(&[":s.x CAP * LS :", ":s.x 433 * ana :ana is taken."]);
    assert_eq!(out, "NICK :ana\r\nUSER chatd 0 * :ana\r\nCAP END\r\n");
    assert_eq!(news, [News::NickRefused { why: "ana is taken.".to_owned() }]);
}

#[test]
fn a_nickname_that_comes_late_is_asked_for_then() {
    let mut session = Session::new(None);
    let mut out = String::new();
    session.hear(":s.x CAP * LS :", &mut out);
    assert_eq!(out, "CAP END\r\n");
    out.clear();
    session.choose_nick("bia", &mut out);
    session.choose_nick("two words", &mut out);
    assert_eq!(out, "NICK :bia\r\nUSER chatd 0 * :bia\r\nNICK :two words\r\n");
}

#[test]
fn irc_is_told_from_text() {
    for line in [":s.x CAP * LS :", "PING :x", "ERROR :Closing link", "@time=x :a!u@h JOIN #a"] {
        assert!(Session::is_spoken_in(line), "{line}");
    }
    for line in ["*** Welcome to chatd. Choose a nickname:", ":) hi", "ana: hi", "", "* ana waves"]
    {
        assert!(!Session::is_spoken_in(line), "{line}");
    }
}

#[test]
fn what_happens_is_told_in_the_words_of_the_text_protocol() {
    for (line, told) in [
        (":bia!u@h JOIN #a", "*** bia joined"),
        (":bia!u@h PART #a", "*** bia left the room"),
        (":bia!u@h PART #a :bye", "*** bia left the room: bye"),
        (":bia!u@h KICK #a caio :bia", "*** caio was kicked out by bia"),
        (":bia!u@h KICK #a caio :spam", "*** caio was kicked out by bia: spam"),
        (":bia!u@h TOPIC #a :news", "*** bia changed the topic: news"),
        (":bia!u@h TOPIC #a :", "*** bia removed the topic"),
        (":bia!u@h MODE #a +o caio", "*** bia made caio an operator"),
        (":bia!u@h MODE #a +k x", "*** bia set mode +k x"),
    ] {
        match &after(&[line]).2[..] {
            [News::Happened { room, line: shown, .. } | News::Topic { room, line: shown, .. }] => {
                assert_eq!((room.as_str(), shown.as_str()), ("#a", told));
            }
            other => panic!("{line}: {other:?}"),
        }
    }
    for (reason, told) in [
        ("Quit", " (quit)"),
        ("Connection closed", ""),
        ("Connection lost", " (connection lost)"),
        ("bye", ": bye"),
    ] {
        let line = format!("*** bia left{told}");
        let news = News::Quit { nick: "bia".to_owned(), line, at: None };
        assert_eq!(after(&[&format!(":bia!u@h QUIT :{reason}")]).2, [news]);
    }
}

#[test]
fn what_is_said_is_harmless_and_continues() {
    let (_, _, news) = after(&[
        ":bia!u@h PRIVMSG #a :\x02oi\x02 \x1b[2J",
        ":bia!u@h PRIVMSG ana :\x01ACTION waves\x01",
        ":bia!u@h PRIVMSG ana :\x01VERSION\x01",
        "@time=2026-11-24T09:30:00.001Z;msgid=1 :bia!u@h PRIVMSG #a :one ",
        "@time=2026-11-24T09:30:00.001Z :bia!u@h PRIVMSG #a :two",
    ]);
    let said: Vec<(String, &str, bool)> = news
        .iter()
        .map(|news| {
            let News::Said(said) = news else { panic!("{news:?}") };
            (said.line(), said.with.as_str(), said.continues)
        })
        .collect();
    assert_eq!(
        said[0],
        ("bia: \u{2}oi\u{2} \u{1b}[2J".replace('\u{1b}', "␛").replace('\u{2}', "␂"), "#a", false)
    );
    assert_eq!(said[1], ("* bia waves".to_owned(), "bia", false));
    assert_eq!(said[2], ("bia: one ".to_owned(), "#a", false));
    assert_eq!(said[3], ("bia: two".to_owned(), "#a", true));
}

#[test]
fn answers_are_known_by_their_labels() {
    let mut lines = REGISTERED.to_vec();
    lines.extend([
        "@label=1 :s.x BATCH +1 labeled-response",
        "@batch=1;msgid=7 :ana!u@h PRIVMSG bia :oi",
        "@batch=1 :s.x 301 ana bia :asleep",
        ":s.x BATCH -1",
        "@label=2 :s.x 401 ana x :Nobody here is called x.",
        "@label=3 :s.x BATCH +2 labeled-response",
        "@batch=2 :s.x BATCH +3 chathistory #a",
        "@batch=3;msgid=5 :ana!u@h PRIVMSG #a :before",
        "@batch=2 :s.x BATCH -3",
        ":s.x BATCH -2",
        ":s.x FAIL CHATHISTORY UNKNOWN_MSGID AFTER #a msgid=1 :no",
    ]);
    let news = after(&lines).2;
    assert!(matches!(&news[1], News::Said(said) if said.label == Some(1) && said.with == "bia"));
    assert!(matches!(&news[2], News::Told { text, .. } if text == "bia is away: asleep"));
    assert!(matches!(&news[3], News::Undelivered { label: 2, .. }));
    assert!(matches!(&news[4], News::Said(said) if said.is_past && said.is_mine));
    assert_eq!(news[5], News::Past { room: "#a".to_owned(), count: 1 });
    assert_eq!(news[6], News::NoPast { room: "#a".to_owned(), is_forgotten: true });
}

#[test]
fn commands_become_verbs() {
    for (line, sent) in [
        ("/join dev", "JOIN #dev"),
        ("/join #dev key", "JOIN #dev key"),
        ("/part bye", "PART #a :bye"),
        ("/topic -", "TOPIC #a :"),
        ("/KICK bia two words", "KICK #a bia :two words"),
        ("/room limit off", "MODE #a -l"),
        ("/quote WHO #a", "WHO #a"),
    ] {
        assert_eq!(understand(line, "#a", None), Asked::Lines(vec![sent.to_owned()]), "{line}");
    }
    let said = |to: &str, text: &str| Asked::Say {
        to: to.to_owned(),
        kind: Kind::Say,
        text: text.to_owned(),
    };
    assert_eq!(understand("//x", "#a", None), said("#a", "/x"));
    assert_eq!(understand("/msg bia a  b", "#a", None), said("bia", "a  b"));
    assert_eq!(understand("/r oi", "#a", Some("caio")), said("caio", "oi"));
    for wrong in ["/wat", "/me", "/r oi", "/ban bia 30m"] {
        assert!(matches!(understand(wrong, "#a", None), Asked::Wrong(_)), "{wrong}");
    }
    assert!(matches!(understand("oi", "", None), Asked::Wrong(_)));
}

#[test]
fn what_is_too_long_is_said_in_pieces_that_are_the_whole() {
    let mut session = after(&REGISTERED).0;
    let mut out = String::new();
    let text = "uma frase qualquer, e\u{301} 👋 ".repeat(60);
    let pieces = session.say("#a", Kind::Act, &text, &mut out);
    assert!(pieces.len() > 2);
    assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
    for line in out.lines() {
        let (_, line) = line.split_once(' ').expect("a label");
        assert!(line.len() + ":".len() + " ".len() + 160 + "\r\n".len() <= 512, "{line}");
    }
}
