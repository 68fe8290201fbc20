//! The processes of a benchmark, which is one program in several roles: the one that measures starts
//! the others, each at its place.

use std::env;
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::machine::{Place, pinned};
use crate::process::forget_variables;
use crate::{Process, Result, Server};

/// So long a run may take in all; what stands still within is found much sooner.
const RUN: Duration = Duration::from_secs(120);

/// The role in which this program was started by itself, and what else it was told.
pub fn mine(roles: &[&str]) -> Option<(String, Vec<String>)> {
    let mut arguments = env::args().skip(1);
    let role = arguments.next().filter(|role| roles.contains(&role.as_str()))?;
    Some((role, arguments.collect()))
}

/// This program once more, in a role of its own.
pub fn myself(role: &str) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(role);
    Ok(command)
}

/// Starts a server at its place. Returns whether it is pinned there as well.
pub fn serve(mut command: Command) -> (Server, bool) {
    forget_variables(command.stdin(Stdio::null()).stdout(Stdio::piped()));
    pinned(Place::Server, || Server::launch(command))
}

/// Plays `plan` in a process in the role `generate`, and returns what [`tell`] told. Returns whether
/// it was pinned as well.
pub fn generate<R: DeserializeOwned>(plan: &impl Serialize) -> Result<(R, bool)> {
    let mut command = myself("generate")?;
    command.arg(serde_json::to_string(plan)?).stdin(Stdio::null()).stdout(Stdio::piped());
    let (process, is_pinned) = pinned(Place::Generator, || Process::spawn(command));
    let (status, found) = process.output(RUN).ok_or("no answer in time")?;
    if !status.success() {
        return Err("the generator refused the run".into());
    }
    Ok((serde_json::from_str(&found)?, is_pinned))
}

/// What a generator found.
pub fn tell(found: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(found)?);
    Ok(())
}

/// Sees to it that this process ends with the one that started it, however that ends.
#[cfg_attr(not(target_os = "linux"), expect(clippy::unnecessary_wraps, reason = "only there"))]
pub fn end_with_parent() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

/// Becomes another program: what holds for this process holds for that one. Returns why it could
/// not.
pub fn become_program(command: &mut Command) -> io::Error {
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(command);
    #[cfg(not(unix))]
    return io::Error::new(io::ErrorKind::Unsupported, format!("{command:?}"));
}
