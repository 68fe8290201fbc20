//! What was asked for ([`Args`]), and what the server needs ([`Config`]), checked once.

mod args;
mod values;

use std::fmt;
use std::net::SocketAddr;

use clap::CommandFactory;
use clap::error::ErrorKind;

pub use args::Args;
use values::in_units;

use crate::chat::ChatConfig;
use crate::chat::name::RoomName;
use crate::limits::{LINES_PER_BACKLOG_MIN, Limits};
use crate::motd::{MotdError, MotdFile};
use crate::net::listener::Place;
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

/// What the server needs to start.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub bind: Vec<Place>,
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

impl Config {
    /// Checks the arguments against each other, and against what the system allows: `descriptors`
    /// at once.
    ///
    /// # Errors
    ///
    /// When limits contradict each other or the system, or the file of `--motd` cannot be shown.
    pub fn new(args: Args, descriptors: Option<usize>) -> Result<Self, ConfigError> {
        if args.max_backlog < args.max_line * LINES_PER_BACKLOG_MIN {
            let [backlog, line] = ["max_backlog", "max_line"].map(|field| args.setter(field));
            return Err(usage(format!(
                "{backlog} {} is too small for {line} {}: at least {LINES_PER_BACKLOG_MIN} times",
                in_units(args.max_backlog),
                in_units(args.max_line)
            )));
        }
        check_places(&args.bind, &args.setter("bind"))?;
        let listeners: usize = args.bind.iter().map(|place| place.addrs().count()).sum();
        let reserved = DESCRIPTORS_RESERVED + listeners;
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
            spoken: args.spoken(),
            home_after: Limits::default().home_after.filter(|_| !args.no_autojoin),
            ..Limits::default()
        };
        if let (Some(wanted), Some(allowed)) = (args.max_clients, allowed)
            && wanted > allowed
        {
            log::warn!(
                "{} {wanted} needs more descriptors than there are: {allowed} will fit; see ulimit -n",
                args.setter("max_clients")
            );
        }
        let setter = args.setter("motd");
        let bytes_max = limits.answer_bytes_max();
        let motd = args.motd.map(|path| MotdFile { setter, path, bytes_max });
        let text = motd.as_ref().map(MotdFile::read).transpose().map_err(ConfigError::Motd)?;
        let home = RoomName::parse(&args.home)
            .map_err(|_| usage(format!("--home {} is no name of a room", args.home)))?;
        let chat = ChatConfig {
            name: args.name,
            motd: text.unwrap_or_default(),
            home,
            rooms_max: args.rooms_max,
            messages_shown: args.history.min(MESSAGES_KEPT),
            history_bytes_max: HISTORY_BYTES_MAX,
            messages_kept: if args.history == 0 { 0 } else { MESSAGES_KEPT },
            names_bytes_max: limits.own_bytes_max(),
            exact_names_bytes_max: limits.answer_bytes_max(),
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

fn usage(message: impl fmt::Display) -> ConfigError {
    ConfigError::Usage(Args::command().error(ErrorKind::ValueValidation, message))
}

/// Checks that no address is among these twice. Ports that the system picks differ.
fn check_places(places: &[Place], setter: &str) -> Result<(), ConfigError> {
    let addrs: Vec<SocketAddr> = places.iter().flat_map(|place| place.addrs()).collect();
    for (number, one) in addrs.iter().enumerate() {
        let others = addrs[..number].iter().chain(&addrs[number + 1..]);
        let is_same_port = |other: &&SocketAddr| {
            other.port() == one.port() && one.port() != 0 && other.is_ipv4() == one.is_ipv4()
        };
        for other in others.filter(is_same_port) {
            if other == one {
                return Err(usage(format!("{setter}: {one} is given twice")));
            }
            if other.ip().is_unspecified() {
                return Err(usage(format!("{setter}: {one} is among {other}, give one of them")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configure(args: &[&str], descriptors: usize) -> Result<Config, ConfigError> {
        let words = ["chatd"].iter().chain(args);
        Config::new(Args::read_from(words).map_err(ConfigError::Usage)?, Some(descriptors))
    }

    fn config(args: &[&str]) -> Result<Config, ConfigError> {
        configure(args, 1000)
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
    fn an_address_given_twice_is_said_to_be() {
        for (args, about) in [
            (&["-b", "127.0.0.1:7000,7001", "-b", "127.0.0.1:7000"][..], "127.0.0.1:7000 is given"),
            (&["-b", "7000", "-b", ":7000"], "0.0.0.0:7000 is given twice"),
            (&["-b", "127.0.0.1:7000,0.0.0.0:7000"], "127.0.0.1:7000 is among 0.0.0.0:7000"),
            (&["-b", "7000,localhost:7000"], "127.0.0.1:7000 is among 0.0.0.0:7000"),
            (&["-b", "7000,[::1]:7000"], "[::1]:7000 is among [::]:7000"),
        ] {
            let error = config(args).unwrap_err();
            assert!(matches!(&error, ConfigError::Usage(error) if error.exit_code() == 2));
            assert!(error.to_string().contains(&format!("--bind: {about}")), "{error}");
        }
        for args in ["127.0.0.1:0,127.0.0.1:0", "0.0.0.0:7000,[::]:7000", "7000,7001", "0,0"] {
            assert!(config(&["-b", args]).is_ok(), "{args}");
        }
    }

    #[test]
    fn without_descriptors_nobody_could_come_in() {
        let few = |args: &[&str]| configure(args, 33);
        assert!(matches!(few(&[]), Err(ConfigError::Descriptors { limit: 33, needed: 34 })));
        assert_eq!(few(&["--max-clients", "5"]).unwrap().limits.clients_max, 5);
    }

    #[test]
    fn the_text_for_newcomers_must_be_readable_and_fit() {
        let error = config(&["--motd", "/nonexistent/motd"]).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/motd"), "{error}");
    }
}
