//! The event loop: waits for sockets, signals and the time, and lets the server work.
//!
//! This is the only place that knows mio, and the only one that reads the clock.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{debug, info, warn};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use crate::chat::ChatConfig;
use crate::clock::Now;
use crate::limits::Limits;
use crate::log_once::LogOnce;
use crate::motd::{MotdFile, Rereading};
use crate::net::sys::{self, Asked, Signals, Spare};
use crate::server::{Readiness, Server, TurnedAway};
use crate::stream::Stream;

/// Events taken from the system at once; more wait for the next round.
const EVENTS_PER_POLL: usize = 1024;

/// Connections accepted in one tick: a rush at the door must not stop the talk inside.
const ACCEPTS_PER_TICK: usize = 256;

/// When accepting fails for a reason that will pass, no event says when: try again after this long.
const ACCEPT_RETRY: Duration = Duration::from_secs(1);

/// How often the log says, at the most, that the server is full.
const FULL_TOLD_EVERY: Duration = Duration::from_secs(60);

/// A signal so soon after the first is the same request: a terminal, a shell and `timeout(1)` may
/// each pass it on.
const SAME_REQUEST_WITHIN: Duration = Duration::from_millis(250);

/// Failures to accept that are not the listener's: Linux passes on what befell the one connection
/// (accept(2)).
const OF_ONE_CONNECTION: [ErrorKind; 6] = [
    ErrorKind::Interrupted,
    ErrorKind::ConnectionAborted,
    ErrorKind::ConnectionReset,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkDown,
    ErrorKind::NetworkUnreachable,
];

/// Tokens from here down are listeners, by their index; connections have their key, from 0 up.
const LISTENER_LAST: usize = usize::MAX - 3;
const SIGNALS: Token = Token(usize::MAX - 1);
/// A helping thread is done.
const HELPER: Token = Token(usize::MAX - 2);

/// One thread, one poll, all sockets.
#[derive(Debug)]
pub struct Reactor {
    poll: Poll,
    signals: Signals,
    door: Door,
    notice: Notice,
    server: Server<TcpStream>,
}

/// The text for newcomers, as a file that may change.
#[derive(Debug)]
struct Notice {
    file: Option<MotdFile>,
    rereading: Option<Rereading>,
    /// It was asked for while it was read: it may have changed after that.
    is_asked_again: bool,
    waker: Arc<Waker>,
}

/// The listeners, and what is known of who waits there.
#[derive(Debug)]
struct Door {
    listeners: Vec<Listener>,
    spare: Spare,
    /// Accepting failed; there is no use in trying before this, unless there are fewer connections
    /// than then.
    retry: Option<(Instant, usize)>,
    /// The server is full, and nobody was let in since.
    full_log: LogOnce,
    /// It does not say so again before this: somebody may leave and come without end.
    full_told_again_at: Option<Instant>,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    /// Somebody may wait.
    is_pending: bool,
}

impl Reactor {
    /// Registers listeners and signals. `motd` is the file of the text in `chat`.
    ///
    /// # Errors
    ///
    /// The system's, when it refuses to watch one of them.
    pub fn new(
        listeners: Vec<TcpListener>,
        chat: ChatConfig,
        motd: Option<MotdFile>,
        limits: Limits,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let signals = Signals::install(poll.registry(), SIGNALS)?;
        let waker = Arc::new(Waker::new(poll.registry(), HELPER)?);
        let notice = Notice { file: motd, rereading: None, is_asked_again: false, waker };
        let mut door = Door {
            listeners: Vec::new(),
            spare: Spare::hold(),
            retry: None,
            full_log: LogOnce::default(),
            full_told_again_at: None,
        };
        for (index, mut socket) in listeners.into_iter().enumerate() {
            poll.registry().register(
                &mut socket,
                Token(LISTENER_LAST - index),
                Interest::READABLE,
            )?;
            door.listeners.push(Listener { socket, is_pending: true });
        }
        Ok(Self { poll, signals, door, notice, server: Server::new(chat, limits) })
    }

    /// Serves until a signal ends it.
    ///
    /// # Errors
    ///
    /// The system's, when waiting for events fails. No peer can cause that.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_PER_POLL);
        let mut now = Now::read();
        let mut is_stopping = false;
        // When another signal will be meant.
        let mut same_request_until = None;
        while !(is_stopping && self.server.is_empty()) {
            let meant =
                same_request_until.map(|until: Instant| until.saturating_duration_since(now.at));
            let timeouts = [self.server.timeout(now), self.door.timeout(now.at), meant];
            let timeout = timeouts.into_iter().flatten().min();
            self.wait(&mut events, timeout)?;
            now = Now::read();
            for event in &events {
                self.note(event);
            }
            let is_signal = events.iter().any(|event| event.token() == SIGNALS);
            let asked = if is_signal { self.signals.take() } else { Asked::default() };
            if asked.stop && !is_stopping {
                info!("stopping: {} connections", self.server.len());
                is_stopping = true;
                same_request_until = Some(now.at + SAME_REQUEST_WITHIN);
                // Nobody new: the port is free for a successor from here on.
                self.door.listeners.clear();
                self.server.stop(now);
            }
            if same_request_until.take_if(|until| *until <= now.at).is_some() {
                self.signals.end_at_once();
            }
            if asked.reread {
                self.notice.reread();
            }
            self.notice.show(&mut self.server);
            self.door.accept(&self.poll, &mut self.server, now);
            self.server.tick(now);
        }
        Ok(())
    }

    /// Waits for events, or until something is due. A signal that is caught ends it early, without
    /// events: what is due by the clock is done even if signals come all the time.
    fn wait(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            result => result,
        }
    }

    /// Notes what an event says. Nothing is done yet: later events of the same round may concern
    /// the same connection.
    fn note(&mut self, event: &Event) {
        match event.token() {
            SIGNALS | HELPER => {}
            Token(token) if token > LISTENER_LAST - self.door.listeners.len() => {
                self.door.listeners[LISTENER_LAST - token].is_pending = true;
            }
            Token(key) => self.server.ready(
                key,
                Readiness {
                    readable: event.is_readable() || event.is_read_closed(),
                    ended: event.is_read_closed(),
                    writable: event.is_writable(),
                    broken: event.is_error() || (event.is_read_closed() && event.is_write_closed()),
                },
            ),
        }
    }
}

impl Notice {
    /// Begins to read it again.
    fn reread(&mut self) {
        let Some(file) = &self.file else {
            return info!("SIGHUP: there is no --motd to read again");
        };
        if self.rereading.is_some() {
            self.is_asked_again = true;
            return;
        }
        let waker = Arc::clone(&self.waker);
        let wake = move || {
            // Without it the text is shown when something else happens.
            let _ = waker.wake();
        };
        match file.reread(wake) {
            Ok(rereading) => self.rereading = Some(rereading),
            Err(error) => warn!("{error}; the old text stays"),
        }
    }

    /// Shows it from now on, if it was read.
    fn show(&mut self, server: &mut Server<TcpStream>) {
        let Some(result) = self.rereading.as_ref().and_then(Rereading::finished) else { return };
        self.rereading = None;
        match result {
            Ok(text) => {
                info!("--motd was read again, for whoever comes from now on");
                server.set_motd(&text);
            }
            Err(error) => warn!("{error}; the old text stays"),
        }
        if std::mem::take(&mut self.is_asked_again) {
            self.reread();
        }
    }
}

impl Door {
    fn timeout(&self, now: Instant) -> Option<Duration> {
        let is_pending = self.listeners.iter().any(|listener| listener.is_pending);
        is_pending
            .then(|| self.retry.map_or(Duration::ZERO, |(at, _)| at.saturating_duration_since(now)))
    }

    /// Lets in who waits.
    fn accept(&mut self, poll: &Poll, server: &mut Server<TcpStream>, now: Now) {
        if self.retry.is_some_and(|(at, connections)| now.at < at && server.len() >= connections) {
            return;
        }
        self.retry = None;
        for index in 0..self.listeners.len() {
            for _ in 0..ACCEPTS_PER_TICK {
                if !self.listeners[index].is_pending || self.retry.is_some() {
                    break;
                }
                match self.listeners[index].socket.accept() {
                    Ok((stream, peer)) => match server.admits(peer, now) {
                        Ok(()) => {
                            self.full_log.forget();
                            admit(stream, peer, poll, server, now);
                            self.spare.refill();
                        }
                        Err(why) => {
                            if why == TurnedAway::AtAll {
                                self.log_full(peer, now);
                            }
                            turn_away(stream, why, server.is_browser(peer, now));
                        }
                    },
                    Err(error) => {
                        if !self.recover(index, &error, server, now) {
                            self.retry = Some((now.at + ACCEPT_RETRY, server.len()));
                        }
                    }
                }
            }
        }
    }

    /// Deals with a failure to accept. `false` if the next try has to wait.
    fn recover(
        &mut self,
        index: usize,
        error: &io::Error,
        server: &Server<TcpStream>,
        now: Now,
    ) -> bool {
        let kind = error.kind();
        if kind == ErrorKind::WouldBlock {
            self.listeners[index].is_pending = false;
        } else if sys::is_out_of_descriptors(error) {
            return self.turn_away_with_spare(index, server, now);
        } else if !OF_ONE_CONNECTION.contains(&kind) {
            warn!("cannot accept a connection: {error}; trying again");
            return false;
        }
        true
    }

    /// Whoever waits in the kernel can be neither told nor closed without a descriptor: the spare
    /// one serves for that.
    fn turn_away_with_spare(&mut self, index: usize, server: &Server<TcpStream>, now: Now) -> bool {
        if !self.spare.release() {
            return false;
        }
        let accepted = self.listeners[index].socket.accept();
        let is_done = match accepted {
            Ok((stream, peer)) => {
                self.log_full(peer, now);
                turn_away(stream, TurnedAway::AtAll, server.is_browser(peer, now));
                true
            }
            Err(error) => {
                // Nobody waits: that there is no descriptor was said before looking. Whoever comes
                // makes a new event.
                let is_empty = error.kind() == ErrorKind::WouldBlock;
                self.listeners[index].is_pending &= !is_empty;
                is_empty
            }
        };
        self.spare = Spare::hold();
        is_done
    }

    fn log_full(&mut self, peer: SocketAddr, now: Now) {
        let may_be_told = self.full_told_again_at.is_none_or(|at| at <= now.at);
        if self.full_log.is_first() && may_be_told {
            self.full_told_again_at = Some(now.at + FULL_TOLD_EVERY);
            warn!(
                "full: {peer} and whoever comes is turned away; see --max-clients and the limit of descriptors"
            );
        }
        debug!("{peer} turned away");
    }
}

/// Tells a newcomer why there is no room.
fn turn_away(mut stream: TcpStream, why: TurnedAway, is_browser: bool) {
    // One try each: what does not fit into a new connection's buffer is not worth waiting for.
    // Reading first, since closing with unread bytes would reset the connection and may
    // eat the notice.
    let mut received = [0; 4096];
    let count = stream.read(&mut received).unwrap_or(0);
    let _ = stream.write(&why.notice(&received[..count], is_browser));
    let _ = stream.shutdown_write();
}

fn admit(
    mut stream: TcpStream,
    peer: SocketAddr,
    poll: &Poll,
    server: &mut Server<TcpStream>,
    now: Now,
) {
    if let Err(error) = sys::tune(&stream) {
        debug!("{peer}: cannot set socket options: {error}");
    }
    let token = Token(server.next_key());
    match poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE) {
        Ok(()) => {
            server.accept(stream, peer, now);
        }
        Err(error) => warn!("{peer} turned away: cannot watch its connection: {error}"),
    }
}
