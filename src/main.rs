//! The `chatd` program: arguments, log, listeners, banner, and the exit code.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use chatd::config::{Args, Config, ConfigError};
use chatd::net::reactor::Reactor;
use chatd::net::{listener, sys};
use chatd::{banner, logging};

/// The last log lines get so long to be written.
const LOG_FLUSH: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let args = Args::read().unwrap_or_else(|error| error.exit());
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(ConfigError::Usage(error)) = error.downcast_ref() {
                error.exit();
            }
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let log = logging::start(args.log_level())?;
    let config = Config::new(args, sys::raise_descriptor_limit())?;
    let listeners = listener::listen(&config.bind)?;
    let bound = listeners
        .iter()
        .map(mio::net::TcpListener::local_addr)
        .collect::<io::Result<Vec<SocketAddr>>>()?;
    let spoken = config.limits.spoken.clone();
    let reactor = Reactor::new(listeners, config.chat, config.motd, config.limits)?;
    banner::print(&bound, &spoken, config.quiet);
    let result = reactor.run();
    log::info!("stopped");
    log.flush(LOG_FLUSH);
    Ok(result?)
}
