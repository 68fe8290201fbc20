//! The command line: what was typed ([`Args`]), and what the server needs ([`Config`]), checked
//! once.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser};
use log::LevelFilter;

use crate::chat::ChatConfig;
use crate::chat::name::RoomName;
use crate::chat::text::Text;
use crate::limits::{LINES_PER_BACKLOG_MIN, Limits};
use crate::motd::{MotdError, MotdFile};
use crate::pace::Rate;

/// Descriptors that are not for clients: standard streams, poll, signals, listeners, the spare one,
/// and some for the system.
const DESCRIPTORS_RESERVED: usize = 32;

/// How many clients are let in where the system does not say how many descriptors there are.
const CLIENTS_FALLBACK: usize = 1024;

/// A room keeps so many messages …
const MESSAGES_KEPT: usize = 1000;

/// … in so many bytes of memory at the most.
const HISTORY_BYTES_MAX: usize = 256 * 1024;

/// A program that answers each question for a nickname with something else does not know what it
/// talks to.
const NICKNAMES_REFUSED_MAX: u32 = 20;

/// Chat rooms on one TCP port: join with netcat, telnet or any program that sends lines.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Args {
    /// Where to listen; may be repeated; port 0 picks one
    #[arg(short, long, env = "CHATD_BIND", hide_env_values = true, value_name = "ADDR:PORT")]
    #[arg(value_delimiter = ',', value_parser = parse_addr)]
    #[arg(default_value = "0.0.0.0:55555")]
    pub bind: Vec<SocketAddr>,

    /// What the greeting calls this server
    #[arg(long, env = "CHATD_NAME", hide_env_values = true, value_name = "NAME")]
    #[arg(default_value = "chatd", value_parser = parse_name)]
    pub name: String,

    /// Text shown to every newcomer
    #[arg(long, env = "CHATD_MOTD", hide_env_values = true, value_name = "FILE")]
    pub motd: Option<PathBuf>,

    /// Messages shown to a newcomer; 0 = none, and none are kept
    #[arg(
        long,
        env = "CHATD_HISTORY",
        hide_env_values = true,
        value_name = "N",
        default_value_t = 20
    )]
    pub history: usize,

    /// The room where everybody begins
    #[arg(long, env = "CHATD_HOME", hide_env_values = true, value_name = "#NAME")]
    #[arg(default_value = "#lobby", value_parser = parse_room)]
    pub home: String,

    /// Rooms at once
    #[arg(long, env = "CHATD_ROOMS_MAX", hide_env_values = true, value_name = "N")]
    #[arg(default_value = "1024", value_parser = parse_count)]
    pub rooms_max: usize,

    /// Connections at once [default: what the descriptor limit allows]
    #[arg(long, env = "CHATD_MAX_CLIENTS", hide_env_values = true, value_name = "N")]
    #[arg(value_parser = parse_count)]
    pub max_clients: Option<usize>,

    /// Connections at once from one IPv4 address or IPv6 /64; 0 = no limit
    #[arg(
        long,
        env = "CHATD_MAX_PER_IP",
        hide_env_values = true,
        value_name = "N",
        default_value_t = 0
    )]
    pub max_per_ip: usize,

    /// Longest line accepted; suffixes K, M
    #[arg(
        long,
        env = "CHATD_MAX_LINE",
        hide_env_values = true,
        value_name = "BYTES",
        default_value = "4096"
    )]
    #[arg(value_parser = |text: &str| parse_bytes(text, 64, 1 << 20))]
    pub max_line: usize,

    /// Unsent bytes a client may fall behind; suffixes K, M
    #[arg(
        long,
        env = "CHATD_MAX_BACKLOG",
        hide_env_values = true,
        value_name = "BYTES",
        default_value = "1M"
    )]
    #[arg(value_parser = |text: &str| parse_bytes(text, 128 << 10, 1 << 30))]
    pub max_backlog: usize,

    /// Lines a client may send per second, sustained; 0 = no limit
    #[arg(
        long,
        env = "CHATD_RATE",
        hide_env_values = true,
        value_name = "LINES/S",
        default_value_t = 10
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub rate: u32,

    /// Lines it may send at once before that
    #[arg(
        long,
        env = "CHATD_BURST",
        hide_env_values = true,
        value_name = "LINES",
        default_value_t = 100
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub burst: u32,

    /// More log; twice for even more (RUST_LOG wins)
    #[arg(short, long, env = "CHATD_VERBOSE", hide_env_values = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// No words on how to join, and, without -v, less log
    #[arg(short, long, env = "CHATD_QUIET", hide_env_values = true)]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub quiet: bool,
}

/// What the server needs to start.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub bind: Vec<SocketAddr>,
    /// Whether to say as little as possible.
    pub quiet: bool,
    /// What the operator decides about the chat.
    pub chat: ChatConfig,
    /// Where the text for newcomers is, to read it again.
    pub motd: Option<MotdFile>,
    /// Every bound.
    pub limits: Limits,
}

/// Why there is no [`Config`].
#[derive(Debug)]
pub enum ConfigError {
    /// The arguments contradict each other.
    Usage(clap::Error),
    /// There are too few descriptors to let anybody in.
    Descriptors {
        /// How many the system allows.
        limit: usize,
        /// How many it takes for one client.
        needed: usize,
    },
    /// The text for newcomers cannot be shown.
    Motd(MotdError),
}

impl Args {
    /// How much to log.
    #[must_use]
    pub fn log_level(&self) -> LevelFilter {
        match (self.verbose, self.quiet) {
            (0, true) => LevelFilter::Warn,
            (0, false) => LevelFilter::Info,
            (1, _) => LevelFilter::Debug,
            (_, _) => LevelFilter::Trace,
        }
    }
}

impl Config {
    /// Checks the arguments against each other, and against what the system allows: `descriptors`
    /// at once.
    ///
    /// # Errors
    ///
    /// When limits contradict each other or the system, or the file of `--motd` cannot be shown.
    pub fn new(args: Args, descriptors: Option<usize>) -> Result<Self, ConfigError> {
        if args.max_backlog < args.max_line * LINES_PER_BACKLOG_MIN {
            let message = format!(
                "--max-backlog {} is too small for --max-line {}: at least {LINES_PER_BACKLOG_MIN} times",
                args.max_backlog, args.max_line
            );
            return Err(ConfigError::Usage(
                Args::command().error(ErrorKind::ValueValidation, message),
            ));
        }
        let reserved = DESCRIPTORS_RESERVED + args.bind.len();
        let allowed = descriptors.map(|limit| limit.saturating_sub(reserved));
        if let (None, Some(0), Some(limit)) = (args.max_clients, allowed, descriptors) {
            return Err(ConfigError::Descriptors { limit, needed: reserved + 1 });
        }
        let limits = Limits {
            clients_max: args.max_clients.or(allowed).unwrap_or(CLIENTS_FALLBACK),
            per_address_max: (args.max_per_ip > 0).then_some(args.max_per_ip),
            line_bytes_max: args.max_line,
            backlog_bytes_max: args.max_backlog,
            rate: Rate::new(args.rate, args.burst),
            ..Limits::default()
        };
        if let (Some(wanted), Some(allowed)) = (args.max_clients, allowed)
            && wanted > allowed
        {
            log::warn!(
                "--max-clients {wanted} needs more descriptors than there are: {allowed} will fit; see ulimit -n"
            );
        }
        let motd = args.motd.map(|path| MotdFile { path, bytes_max: limits.answer_bytes_max() });
        let text = motd.as_ref().map(MotdFile::read).transpose().map_err(ConfigError::Motd)?;
        let home = RoomName::parse(&args.home).map_err(|_| {
            let message = format!("--home {} is no name of a room", args.home);
            ConfigError::Usage(Args::command().error(ErrorKind::ValueValidation, message))
        })?;
        let chat = ChatConfig {
            name: args.name,
            motd: text.unwrap_or_default(),
            home,
            rooms_max: args.rooms_max,
            messages_shown: args.history.min(MESSAGES_KEPT),
            history_bytes_max: HISTORY_BYTES_MAX,
            messages_kept: if args.history == 0 { 0 } else { MESSAGES_KEPT },
            names_bytes_max: limits.own_bytes_max(),
            history_bytes_at_once: limits.history_bytes_at_once(),
            nicknames_refused_max: NICKNAMES_REFUSED_MAX,
        };
        Ok(Self { bind: args.bind, quiet: args.quiet, chat, motd, limits })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => error.fmt(f),
            Self::Descriptors { limit, needed } => {
                write!(
                    f,
                    "the limit of open files is {limit}, and it takes {needed}: raise it with ulimit -n {needed}"
                )
            }
            Self::Motd(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConfigError {}

fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| {
        "expected an IP address and a port, such as 0.0.0.0:55555 or [::1]:55555".to_owned()
    })
}

/// The name stands in the greeting, which is one line.
fn parse_name(text: &str) -> Result<String, String> {
    let mut scratch = String::new();
    let is_harmless = Text::parse(text.as_bytes(), &mut scratch).as_str() == text;
    if text.trim().is_empty() || text.chars().count() > 64 || !is_harmless || text.contains('\t') {
        return Err("expected 1 to 64 printable characters".to_owned());
    }
    Ok(text.to_owned())
}

fn parse_room(text: &str) -> Result<String, String> {
    RoomName::parse(text).map(|name| name.to_string()).map_err(|_| {
        "expected letters, digits and -_.+&'~=[]{}|^`, in at most 32 columns with its #, such as #lobby".to_owned()
    })
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|&count| count > 0)
        .ok_or_else(|| "expected a number from 1 up".to_owned())
}

fn parse_bytes(text: &str, min: usize, max: usize) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" => Some(1),
        "K" | "KIB" => Some(1 << 10),
        "M" | "MIB" => Some(1 << 20),
        _ => None,
    };
    let bytes = unit.and_then(|unit: usize| digits.parse::<usize>().ok()?.checked_mul(unit));
    bytes.filter(|bytes| (min..=max).contains(bytes)).ok_or_else(|| {
        format!("expected a number of bytes from {min} to {max}, such as 4096, 256K or 1M")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(args: &[&str]) -> Result<Config, ConfigError> {
        let args = Args::try_parse_from([&["chatd"], args].concat()).map_err(ConfigError::Usage)?;
        Config::new(args, Some(1000))
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("64", 64, 1 << 20), Ok(64));
        assert_eq!(parse_bytes("4k", 64, 1 << 20), Ok(4096));
        assert_eq!(parse_bytes("1MiB", 64, 1 << 20), Ok(1 << 20));
        for wrong in ["", "K", "-1", "63", "2M", "1T", "1.5K", "99999999999999999999", "1é"] {
            assert!(parse_bytes(wrong, 64, 1 << 20).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_fit_each_other_and_the_system() {
        assert_eq!(config(&[]).unwrap().limits.clients_max, 1000 - DESCRIPTORS_RESERVED - 1);
        assert_eq!(config(&["--max-clients", "5"]).unwrap().limits.clients_max, 5);
        assert!(config(&["--max-line", "8K", "--max-backlog", "256K"]).is_ok());
        let error = config(&["--max-line", "8193", "--max-backlog", "256K"]).unwrap_err();
        assert!(matches!(&error, ConfigError::Usage(error) if error.exit_code() == 2), "{error}");
    }

    #[test]
    fn without_descriptors_nobody_could_come_in() {
        let few =
            |args: &[&str]| Config::new(Args::parse_from([&["chatd"], args].concat()), Some(33));
        assert!(matches!(few(&[]), Err(ConfigError::Descriptors { limit: 33, needed: 34 })));
        assert_eq!(few(&["--max-clients", "5"]).unwrap().limits.clients_max, 5);
    }

    #[test]
    fn the_text_for_newcomers_must_be_readable_and_fit() {
        let error = config(&["--motd", "/nonexistent/motd"]).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/motd"), "{error}");
    }
}
