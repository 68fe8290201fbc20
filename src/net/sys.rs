//! What differs between operating systems: descriptors, signals, socket options. Elsewhere than on
//! Unix there is less of it: no limit to raise, no descriptor to spare, and an interrupt ends the
//! process without a goodbye.

use std::io;
#[cfg(unix)]
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{SockRef, TcpKeepalive};

/// A silent peer is probed after this long …
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
/// … this often …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// … so many times, before it is given up.
const KEEPALIVE_RETRIES: u32 = 3;
/// What was sent is given so long to be acknowledged (RFC 5482): as long as the probes take
/// together. Linux gives a peer that answers, but has no room, no longer than that either (since
/// 5.11): who stops reading and has its own buffer full is timed out, however little waits.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(60);
/// The kernel takes so much that it cannot send yet, and asks for more when half is gone. Left
/// alone it takes megabytes for a peer that reads slowly, and asks only when a third is free: for
/// seconds nobody could see that the peer reads.
#[cfg(target_os = "linux")]
const NOTSENT_LOWAT_BYTES: u32 = 128 * 1024;

/// Sets the options of a peer's connection: no delay for small messages, and an end for a peer that
/// vanished.
///
/// # Errors
///
/// The system's. The connection works all the same.
pub fn tune(stream: &TcpStream) -> io::Result<()> {
    // Without this Nagle's algorithm and delayed acknowledgements together hold messages back for
    // 40 ms.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    // Telnet sends its Synch as urgent data, at which reads would stop short (RFC 6093).
    socket.set_out_of_band_inline(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
        socket.set_tcp_notsent_lowat(NOTSENT_LOWAT_BYTES)?;
    }
    Ok(())
}

/// Lets the peer have no room for as long as it answers. It is for whoever sends more than the peer
/// may want to take soon. A peer that vanished meanwhile is given up when the system does by
/// itself, which may take a quarter of an hour.
///
/// # Errors
///
/// The system's. The connection works all the same.
pub fn wait_for_window(stream: &TcpStream) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_user_timeout(None)?;
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
    Ok(())
}

/// Raises the soft limit of open descriptors to the hard one, and returns it. `None` where there is
/// none to speak of.
#[must_use]
pub fn raise_descriptor_limit() -> Option<usize> {
    #[cfg(unix)]
    let limit =
        rlimit::increase_nofile_limit(u64::MAX).ok().and_then(|limit| usize::try_from(limit).ok());
    #[cfg(not(unix))]
    let limit = None;
    limit
}

/// What this machine calls itself, where that can be asked (uname(2)).
#[must_use]
pub fn host_name() -> Option<String> {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
    #[cfg(not(unix))]
    let name = None;
    name
}

/// Lets writing to a file that may grow no further (`ulimit -f`) fail, as on a full disk. Otherwise
/// a signal would end the process.
///
/// # Errors
///
/// The system's, if the signal cannot be caught.
pub fn survive_full_files() -> io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    Ok(())
}

/// Whether an error says that there is no descriptor left, in the process (`EMFILE`) or in the
/// system (`ENFILE`).
#[must_use]
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    // The numbers are the same on all Unix systems that mio knows; std has no name for them.
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

pub use os::{Signals, Spare};

/// What signals have asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// To stop: SIGINT, SIGTERM, or the terminal is gone.
    pub stop: bool,
    /// To read again what can be read again: SIGHUP where there was no terminal to lose.
    pub reread: bool,
}

#[cfg(unix)]
mod os {
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::unix::net::UnixStream as StdUnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use mio::net::UnixStream;
    use mio::{Interest, Registry, Token};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::{flag, low_level::pipe};

    use super::Asked;

    /// Signals as something that a poll can wait for.
    ///
    /// A signal that was ignored when the program started stays ignored, as POSIX asks of a shell's
    /// background jobs, and as nohup(1) means it.
    #[derive(Debug)]
    pub struct Signals {
        receiver: UnixStream,
        stop: Arc<AtomicBool>,
        reread: Arc<AtomicBool>,
        ends_at_once: Arc<AtomicBool>,
    }

    impl Signals {
        /// Catches them: SIGINT, SIGTERM and SIGHUP to tell of, SIGUSR1 and SIGUSR2, which would end
        /// the process, to do nothing.
        ///
        /// SIGHUP is two signals in one: that the terminal is gone, and, to a process that has none,
        /// that its files are to be read again. Which it is has to be known before it comes: a
        /// terminal that is gone cannot be opened (tty(4)).
        ///
        /// # Errors
        ///
        /// The system's, if the handlers cannot be set.
        pub fn install(registry: &Registry, token: Token) -> io::Result<Self> {
            let (receiver, sender) = StdUnixStream::pair()?;
            receiver.set_nonblocking(true)?;
            let [stop, reread, ends_at_once]: [Arc<AtomicBool>; 3] = Default::default();
            let is_kept = ignored();
            for signal in [SIGINT, SIGTERM].into_iter().filter(|&signal| !is_kept.has(signal)) {
                flag::register_conditional_shutdown(signal, 1, Arc::clone(&ends_at_once))?;
                flag::register(signal, Arc::clone(&stop))?;
                pipe::register(signal, sender.try_clone()?)?;
            }
            if !is_kept.has(SIGHUP) {
                // It is never a second request to stop: when a terminal closes, the shell and the
                // kernel each send one, whenever they come to it.
                let asked = if File::open("/dev/tty").is_ok() { &stop } else { &reread };
                flag::register(SIGHUP, Arc::clone(asked))?;
                pipe::register(SIGHUP, sender)?;
            }
            for signal in [SIGUSR1, SIGUSR2].into_iter().filter(|&signal| !is_kept.has(signal)) {
                flag::register(signal, Arc::default())?;
            }
            let mut receiver = UnixStream::from_std(receiver);
            registry.register(&mut receiver, token, Interest::READABLE)?;
            Ok(Self { receiver, stop, reread, ends_at_once })
        }

        /// From now on a signal to stop ends the process at once, with exit code 1.
        pub fn end_at_once(&self) {
            self.ends_at_once.store(true, Ordering::Relaxed);
        }

        /// What signals have asked for since the last call.
        pub fn take(&mut self) -> Asked {
            // All of it: there is no event for what comes on top of something unread.
            while matches!(self.receiver.read(&mut [0; 64]), Ok(count) if count > 0) {}
            Asked {
                stop: self.stop.swap(false, Ordering::Relaxed),
                reread: self.reread.swap(false, Ordering::Relaxed),
            }
        }
    }

    /// Signals as a mask: that of number n has the bit n - 1.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    struct Mask(u64);

    impl Mask {
        fn has(self, signal: i32) -> bool {
            u32::try_from(signal - 1).is_ok_and(|bit| self.0.checked_shr(bit).unwrap_or(0) & 1 == 1)
        }
    }

    /// Which signals are ignored now, by what Linux tells (`SigIgn` in `proc_pid_status(5)`).
    ///
    /// Elsewhere, and without `/proc`, none: to ask the system itself takes `sigaction(2)`, which
    /// nobody wraps without `unsafe`. There a signal that was ignored is caught like any other.
    fn ignored() -> Mask {
        let status = if cfg!(target_os = "linux") {
            std::fs::read_to_string("/proc/self/status").unwrap_or_default()
        } else {
            String::new()
        };
        parse_ignored(&status).unwrap_or_default()
    }

    fn parse_ignored(status: &str) -> Option<Mask> {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok().map(Mask)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ignored_signals_are_read_from_their_mask() {
            let status = "SigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
            let mask = parse_ignored(status).unwrap();
            assert!(mask.has(SIGHUP) && mask.has(13));
            assert!(!mask.has(SIGINT) && !mask.has(SIGTERM) && !mask.has(0) && !mask.has(65));
            assert_eq!(parse_ignored("SigIgn:\tx\n"), None);
            assert_eq!(parse_ignored(""), None);
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn this_process_ignores_what_rust_does() {
            assert!(ignored().has(signal_hook::consts::SIGPIPE), "std does so before main");
        }
    }

    /// A descriptor held back. When there is no other left, it is given up for a moment to tell a
    /// newcomer so.
    #[derive(Debug)]
    pub struct Spare {
        file: Option<File>,
    }

    impl Spare {
        /// Takes a descriptor.
        #[must_use]
        pub fn hold() -> Self {
            Self { file: File::open("/dev/null").ok() }
        }

        /// Takes it again if it could not be taken the last time: the limit was lowered, or the
        /// whole system was short of descriptors.
        pub fn refill(&mut self) {
            if self.file.is_none() {
                *self = Self::hold();
            }
        }

        /// Gives the descriptor up, if there is one.
        pub fn release(&mut self) -> bool {
            self.file.take().is_some()
        }
    }
}

#[cfg(not(unix))]
mod os {
    use std::io;

    use mio::{Registry, Token};

    use super::Asked;

    /// No signals here.
    #[derive(Debug)]
    pub struct Signals;

    impl Signals {
        /// Does nothing.
        ///
        /// # Errors
        ///
        /// None.
        pub fn install(_: &Registry, _: Token) -> io::Result<Self> {
            Ok(Self)
        }

        /// Does nothing.
        pub fn end_at_once(&self) {}

        /// Nothing.
        pub fn take(&mut self) -> Asked {
            Asked::default()
        }
    }

    /// No descriptor to spare here.
    #[derive(Debug)]
    pub struct Spare;

    impl Spare {
        /// Does nothing.
        #[must_use]
        pub fn hold() -> Self {
            Self
        }

        /// Does nothing.
        pub fn refill(&mut self) {}

        /// `false`.
        pub fn release(&mut self) -> bool {
            false
        }
    }
}
