//! The README and the pages beside it, taken at their word: what they show is so, and what they tell
//! to type works.

use std::fs;
use std::path::{Path, PathBuf};

use chatd_support::example::client;
use chatd_support::sentences::{notice, why};
use chatd_support::{Process, Program};

use crate::CHATD;

const ENGLISH: &str = include_str!("../../README.md");
const PORTUGUESE: &str = include_str!("../../README.pt-BR.md");
const OPTIONS: &str = include_str!("../../docs/options.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The blocks between fences: the language that is said to be in each, and the block.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a fence has a line of its own")).collect()
}

/// What stands between single backticks, outside of blocks.
fn spans(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2))
}

#[test]
fn both_languages_have_the_same_sections_and_blocks() {
    let sections = |page: &str| page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(sections(ENGLISH), sections(PORTUGUESE));
    assert_eq!(blocks(ENGLISH), blocks(PORTUGUESE));
}

#[test]
fn help_is_as_it_is_shown_and_fits_into_eighty_columns() {
    let client = Program(client().to_str().expect("UTF-8"));
    for (program, (_, shown)) in [CHATD, client].into_iter().zip(blocks(OPTIONS)) {
        let run = Process::run(program.command("--help"));
        assert_eq!(run, (0, shown.to_owned(), String::new()));
        let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

/// Commands of IRC clients, which they do not send.
const OF_IRC_CLIENTS: [&str; 2] = ["connect", "server"];

#[test]
fn each_command_and_option_exists() {
    let server = CHATD.start("--rate 0");
    for span in spans(ENGLISH).chain(spans(PORTUGUESE)) {
        let word = span.split(' ').next().unwrap_or_default();
        // The client has commands of its own, which its help explains.
        let is_explained = OPTIONS.contains(&format!(" {word} "));
        if word.starts_with("--") {
            assert!(is_explained, "{span}");
        } else if let Some(command) = word.strip_prefix('/')
            && !command.starts_with('/')
            && !is_explained
            && !OF_IRC_CLIENTS.contains(&command)
        {
            let mut ana = server.join("ana");
            ana.send(format!("/{command}\n/quit\n"));
            assert!(!ana.rest().contains(&notice(why::unknown(command))), "{span}");
        }
    }
}

#[test]
fn each_link_leads_somewhere() {
    let docs = fs::read_dir(Path::new(ROOT).join("docs")).expect("the folder");
    let docs = docs.map(|entry| entry.expect("a file").path());
    let pages = ["README.md", "README.pt-BR.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    for page in pages.map(|page| Path::new(ROOT).join(page)).into_iter().chain(docs.filter(is_page))
    {
        let text = fs::read_to_string(&page).expect("a page");
        let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        for target in targets.filter(|target| !target.starts_with("https://")) {
            let (file, section) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            assert!(path.exists(), "{target} in {}", page.display());
            if !section.is_empty() {
                let text = fs::read_to_string(path).expect("a page");
                let mut headings = text.lines().filter(|line| line.starts_with('#')).map(slug);
                assert!(headings.any(|slug| slug == section), "{target} in {}", page.display());
            }
        }
    }
}

/// How a heading is called in a link, as GitHub and others make it.
fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-");
    heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn each_dependency_is_named() {
    let manifest = include_str!("../../Cargo.toml");
    let (_, rest) = manifest.split_once("[dependencies]").expect("the section");
    let (dependencies, _) = rest.split_once("[dev-dependencies]").expect("the section");
    for (name, _) in dependencies.lines().filter_map(|line| line.split_once(" = ")) {
        for page in [ENGLISH, PORTUGUESE, include_str!("../../docs/dependencies.md")] {
            assert!(page.contains(name), "{name}");
        }
    }
}

/// Those that are run: they need a shell with netcat, and Python.
#[cfg(unix)]
mod run {
    use std::env;
    use std::io::{self, Write};
    use std::process::{Command, Stdio};

    use chatd_support::sentences::{joined, private_sent, said};
    use chatd_support::{Process, Server};

    use super::{ENGLISH, blocks, client};
    use crate::CHATD;

    /// The only block in this language, to be run by this program, about this server.
    fn block(language: &str, program: &[&str], server: &Server) -> Command {
        let mut blocks = blocks(ENGLISH).into_iter().filter(|(name, _)| *name == language);
        let (Some((_, block)), None) = (blocks.next(), blocks.next()) else {
            panic!("there is one block of {language}");
        };
        let folders = env::var("PATH").expect("somewhere to find programs");
        let of_client = client().parent().expect("a folder").display();
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).arg(block.replace("55555", &server.addr().port().to_string()));
        command.env("PATH", format!("{of_client}:{folders}"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Whether this program is here. If not, the test that asks says so and is not run.
    fn is_here(program: &str) -> bool {
        let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output();
        let is_here = found.is_ok_and(|found| found.status.success());
        if !is_here {
            // Not with `eprintln`, which is not shown for a test that passes.
            let _ = writeln!(io::stderr(), "\n*** SKIPPED, NOT TESTED: there is no {program} here");
        }
        is_here
    }

    #[test]
    fn the_script_says_it_twice() {
        if !is_here("nc") {
            return;
        }
        let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
        let (code, stdout, stderr) = Process::run(block("sh", &["sh", "-ec"], &server));
        assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
        for _ in 0..2 {
            bruno.expect(joined("bot"));
            bruno.expect(said("bot", "the backup is done"));
            bruno.expect_start("*** bot left");
        }
    }

    #[test]
    fn the_bot_answers_what_is_said_after_it_came() {
        if !is_here("python3") {
            return;
        }
        let (server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
        ana.say("!ping");
        bruno.expect(said("ana", "!ping"));
        let _bot = Process::spawn(block("python", &["python3", "-c"], &server));
        bruno.expect(joined("bot"));
        bruno.say("/msg bot !ping");
        bruno.expect(private_sent("bot", "bruno", "!ping"));
        bruno.say("!ping");
        bruno.expect(said("bot", "pong, bruno"));
    }
}
