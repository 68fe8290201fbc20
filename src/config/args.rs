//! The command line and the environment, as they were given: [`Args`].

use std::env;
use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::FalseyValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, Parser, ValueEnum};
use log::LevelFilter;

use super::values::{
    parse_bytes, parse_name, parse_place, parse_room, parse_web_host, parse_web_origin, whole,
};
use crate::net::listener::Place;
use crate::net::sys;
use crate::wire::Protocols;
use crate::wire::http::WebRules;

// The lines of the help are broken here by hand, at 80 columns: to have it done costs users a crate
// that asks for the size of the terminal, and what that one needs.

/// Chat rooms on one TCP port, for browsers, netcat, IRC clients and other programs
#[derive(Debug, Clone, Parser)]
#[command(
    version,
    after_help = "\
Each option can be set in the environment instead: --max-line as CHATD_MAX_LINE,
several addresses in CHATD_BIND with commas between them. The command line wins,
and a variable that is empty counts as not set."
)]
pub struct Args {
    /// Where to listen: ADDR:PORT, localhost:PORT, or PORT
    /// alone for all addresses, IPv4 and IPv6; 0 picks a
    /// free one. May be repeated
    #[arg(short, long, env = "CHATD_BIND", hide_env = true, value_name = "ADDR:PORT")]
    #[arg(verbatim_doc_comment, value_delimiter = ',', value_parser = parse_place)]
    #[arg(default_value = "0.0.0.0:55555")]
    pub bind: Vec<Place>,

    /// The server's name in the greeting
    #[arg(long, env = "CHATD_NAME", hide_env = true, value_name = "NAME")]
    #[arg(default_value = "chatd", value_parser = parse_name)]
    pub name: String,

    /// Text shown to every newcomer
    #[arg(long, env = "CHATD_MOTD", hide_env = true, value_name = "FILE")]
    pub motd: Option<PathBuf>,

    /// Messages shown to a newcomer. A room keeps the last
    /// 1000, and no more than fit into 256 KiB; 0 = none
    /// are kept
    #[arg(long, env = "CHATD_HISTORY", hide_env = true, value_name = "N", default_value_t = 20)]
    #[arg(verbatim_doc_comment, value_parser = |text: &str| whole::<usize>(text, 0, None))]
    pub history: usize,

    /// The room where everybody begins
    #[arg(long, env = "CHATD_HOME", hide_env = true, value_name = "#NAME")]
    #[arg(default_value = "#lobby", value_parser = parse_room)]
    pub home: String,

    /// Leave IRC clients in no room that join none
    #[arg(long, env = "CHATD_NO_AUTOJOIN", hide_env = true)]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub no_autojoin: bool,

    /// Speak only these protocols: text, irc, web
    #[arg(long, env = "CHATD_ONLY", hide_env = true, value_name = "PROTOCOLS")]
    #[arg(value_delimiter = ',', hide_possible_values = true)]
    pub only: Vec<Protocol>,

    /// A name of this server in the addresses of browsers,
    /// such as chat.example.org. May be repeated
    #[arg(long, env = "CHATD_WEB_HOST", hide_env = true, value_name = "NAME")]
    #[arg(verbatim_doc_comment, value_delimiter = ',', value_parser = parse_web_host)]
    pub web_host: Vec<String>,

    /// A site whose pages may talk to this server, with
    /// https:// or http:// before it. May be repeated
    #[arg(long, env = "CHATD_WEB_ORIGIN", hide_env = true, value_name = "ORIGIN")]
    #[arg(verbatim_doc_comment, value_delimiter = ',', value_parser = parse_web_origin)]
    pub web_origin: Vec<String>,

    /// Rooms at once
    #[arg(long, env = "CHATD_ROOMS_MAX", hide_env = true, value_name = "N")]
    #[arg(default_value = "1024", value_parser = |text: &str| whole::<usize>(text, 1, None))]
    pub rooms_max: usize,

    /// Connections at once [default: what the descriptor
    /// limit allows]
    #[arg(long, env = "CHATD_MAX_CLIENTS", hide_env = true, value_name = "N")]
    #[arg(verbatim_doc_comment, value_parser = |text: &str| whole::<usize>(text, 1, None))]
    pub max_clients: Option<usize>,

    /// Connections at once from one IPv4 address or IPv6
    /// /64; 0 = no limit
    #[arg(long, env = "CHATD_MAX_PER_IP", hide_env = true, value_name = "N", default_value_t = 0)]
    #[arg(verbatim_doc_comment, value_parser = |text: &str| whole::<usize>(text, 0, None))]
    pub max_per_ip: usize,

    /// Longest line; suffixes K, M
    #[arg(long, env = "CHATD_MAX_LINE", hide_env = true, value_name = "BYTES")]
    #[arg(default_value = "4096", value_parser = |text: &str| parse_bytes(text, 64, 1 << 20))]
    pub max_line: usize,

    /// Unsent bytes a client may fall behind; suffixes K,
    /// M
    #[arg(long, env = "CHATD_MAX_BACKLOG", hide_env = true, value_name = "BYTES")]
    #[arg(verbatim_doc_comment, default_value = "1M")]
    #[arg(value_parser = |text: &str| parse_bytes(text, 128 << 10, 1 << 30))]
    pub max_backlog: usize,

    /// Lines a client may send per second, sustained;
    /// 0 = no limit
    #[arg(long, env = "CHATD_RATE", hide_env = true, value_name = "LINES/S", default_value_t = 10)]
    #[arg(verbatim_doc_comment, value_parser = |text: &str| whole::<u32>(text, 0, Some(1_000_000)))]
    pub rate: u32,

    /// Lines it may send at once first
    #[arg(long, env = "CHATD_BURST", hide_env = true, value_name = "LINES", default_value_t = 100)]
    #[arg(value_parser = |text: &str| whole::<u32>(text, 1, Some(u32::MAX)))]
    pub burst: u32,

    /// More log (RUST_LOG wins)
    // Somebody may be used to saying it twice.
    #[arg(short, long, env = "CHATD_VERBOSE", hide_env = true, overrides_with = "verbose")]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub verbose: bool,

    /// No words on how to join, and, without -v, less log
    #[arg(short, long, env = "CHATD_QUIET", hide_env = true)]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// The fields that a variable has set.
    #[arg(skip)]
    from_environment: Vec<String>,
}

/// What a client may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Lines of text.
    Text,
    /// IRC.
    Irc,
    /// The web page.
    Web,
}

impl Args {
    /// Which protocols are spoken: all, if none is named.
    pub(super) fn spoken(&self) -> Protocols {
        let is = |protocol| self.only.is_empty() || self.only.contains(&protocol);
        let rules = || Arc::new(WebRules { hosts: self.hosts(), origins: self.web_origin.clone() });
        Protocols {
            text: is(Protocol::Text),
            irc: is(Protocol::Irc),
            web: is(Protocol::Web).then(rules),
        }
    }

    /// The names of this server: those that were passed, and that of the machine.
    fn hosts(&self) -> Vec<String> {
        self.web_host.iter().cloned().chain(sys::host_name()).collect()
    }

    /// Reads the command line and the environment.
    ///
    /// # Errors
    ///
    /// When they ask for what there is not, or only for help; in sentences for the user, with the
    /// exit code.
    pub fn read() -> Result<Self, clap::Error> {
        Self::read_from(env::args_os())
    }

    pub(super) fn read_from(
        words: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Result<Self, clap::Error> {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let matches =
            command().try_get_matches_from(&words).map_err(|error| with_variable(error, &words))?;
        let mut args = Self::from_arg_matches(&matches)?;
        let is_from_environment =
            |id: &&str| matches.value_source(id) == Some(ValueSource::EnvVariable);
        let ids = matches.ids().map(clap::Id::as_str);
        args.from_environment = ids.filter(is_from_environment).map(str::to_owned).collect();
        Ok(args)
    }

    /// What has set a field: the option, or the variable.
    pub(super) fn setter(&self, field: &str) -> String {
        if self.from_environment.iter().any(|it| it == field) {
            format!("CHATD_{}", field.to_ascii_uppercase())
        } else {
            format!("--{}", field.replace('_', "-"))
        }
    }

    /// How much to log.
    #[must_use]
    pub fn log_level(&self) -> LevelFilter {
        match (self.verbose, self.quiet) {
            (true, _) => LevelFilter::Debug,
            (false, true) => LevelFilter::Warn,
            (false, false) => LevelFilter::Info,
        }
    }
}

/// The options. A variable that is empty is as if it were not set, and a negative number is a wrong
/// value, not an unknown option.
fn command() -> Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    Args::command().mut_args(|arg| {
        let takes_values = arg.get_action().takes_values();
        let arg = if takes_values { arg.allow_negative_numbers(true) } else { arg };
        if arg.get_env().is_some_and(is_empty) { without_variable(arg) } else { arg }
    })
}

fn without_variable(arg: Arg) -> Arg {
    arg.env(None::<&'static str>)
}

/// The same error, but with the name of the variable if the wrong value came from one: whoever typed
/// no such option would look for it in vain.
fn with_variable(error: clap::Error, words: &[OsString]) -> clap::Error {
    let option = |error: &clap::Error| match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) => Some(option.clone()),
        _ => None,
    };
    let Some(wrong) = option(&error) else { return error };
    let (mut built, command) = (command(), command());
    // Only then an option knows how it is written.
    built.build();
    let is_wrong = |arg: &&Arg| arg.to_string() == wrong;
    let Some(arg) = built.get_arguments().find(is_wrong).cloned() else { return error };
    let typed = command.mut_arg(arg.get_id(), without_variable).try_get_matches_from(words);
    let is_typed = typed.is_err_and(|typed| option(&typed).is_some_and(|option| option == wrong));
    match (arg.get_env(), error.get(ContextKind::InvalidValue), error.source()) {
        (Some(variable), Some(value), Some(why)) if !is_typed => {
            let variable = variable.display();
            let message = format!("invalid value '{value}' of {variable}: {why}");
            built.error(ErrorKind::ValueValidation, message)
        }
        _ => error,
    }
}
