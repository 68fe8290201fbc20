//! The text for newcomers: a file that is read at start, and again when the operator asks for it.
//!
//! A file may lie on a disk that does not answer, and the one thread must not wait for it. So it is
//! read again by a thread of its own.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::{fmt, thread};

use crate::chat::text::Text;

/// What stands around each line when it is shown.
const LINE_MARKS_BYTES: usize = 6;

/// What some editors put before the first character. It is not part of the text ([RFC 3629, section
/// 6](https://www.rfc-editor.org/rfc/rfc3629#section-6)).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The file of `--motd`.
#[derive(Debug, Clone)]
pub struct MotdFile {
    /// What names it: the option, or the variable.
    pub setter: String,
    /// Where it is.
    pub path: PathBuf,
    /// What its text may take to show it, in bytes.
    pub bytes_max: usize,
}

/// The text cannot be shown.
#[derive(Debug)]
pub struct MotdError {
    /// What names the file: the option, or the variable.
    pub setter: String,
    /// Its file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub source: io::Error,
}

/// The text for newcomers while it is read again.
#[derive(Debug)]
pub struct Rereading(Receiver<Result<String, MotdError>>);

impl MotdFile {
    /// Reads the text, and makes it harmless.
    ///
    /// # Errors
    ///
    /// The system's, and if it is no regular file, or takes more than it may.
    pub fn read(&self) -> Result<String, MotdError> {
        self.try_read().map_err(|source| self.error(source))
    }

    /// Reads it in a thread of its own, which calls `wake` when it is done.
    ///
    /// # Errors
    ///
    /// The system's, if there is no thread to be had.
    pub fn reread(&self, wake: impl FnOnce() + Send + 'static) -> Result<Rereading, MotdError> {
        let (sender, receiver) = channel();
        let file = self.clone();
        let read = move || {
            // Nobody waits for it any more if the server has stopped.
            let _ = sender.send(file.read());
            wake();
        };
        match thread::Builder::new().name("motd".into()).spawn(read) {
            Ok(_) => Ok(Rereading(receiver)),
            Err(source) => Err(self.error(source)),
        }
    }

    fn error(&self, source: io::Error) -> MotdError {
        MotdError { setter: self.setter.clone(), path: self.path.clone(), source }
    }

    fn try_read(&self) -> io::Result<String> {
        // Before it is opened, and that decides: to open a pipe waits for somebody to write.
        let kind = fs::metadata(&self.path)?.file_type();
        if !kind.is_file() {
            let message = format!("it is {}, and only a regular file is read", name_of(kind));
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut bytes = Vec::new();
        // Not all of it, whatever it is: a file may grow while it is read.
        File::open(&self.path)?.take(self.bytes_max as u64 + 1).read_to_end(&mut bytes)?;
        let text = harmless(&bytes);
        let shown = text.len() + text.lines().count() * LINE_MARKS_BYTES;
        if shown > self.bytes_max || bytes.len() > self.bytes_max {
            let message = format!(
                "with this --max-backlog it may take {} bytes, and it takes more",
                self.bytes_max
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(text)
    }
}

impl Rereading {
    /// The text, or why there is none; `None` while it is still read.
    #[must_use]
    pub fn finished(&self) -> Option<Result<String, MotdError>> {
        self.0.try_recv().ok()
    }
}

impl fmt::Display for MotdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setter, path, source } = self;
        write!(
            f,
            "cannot show {setter} {}: {source}; give a readable text file, or leave it out",
            path.display()
        )
    }
}

impl std::error::Error for MotdError {}

/// Its lines, as a terminal may see them.
fn harmless(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        text.push_str(Text::parse(line, &mut String::new()).as_str());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// What else than a regular file it is.
fn name_of(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
    }
    if kind.is_dir() { "a directory" } else { "a device or the like" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these bytes, as long as it is looked at.
    fn with_file<T>(name: &str, bytes: &[u8], look: impl FnOnce(&MotdFile) -> T) -> T {
        let path = std::env::temp_dir().join(format!("chatd-{name}-{}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        let result =
            look(&MotdFile { setter: "--motd".into(), path: path.clone(), bytes_max: 9 + 1 + 12 });
        fs::remove_file(&path).unwrap();
        result
    }

    #[test]
    fn it_is_bounded_as_it_is_shown() {
        with_file("bounded", b"be\r\nkind\x1b\n\n", |file| {
            assert_eq!(file.read().unwrap(), "be\nkind␛");
            let smaller = MotdFile { bytes_max: file.bytes_max - 1, ..file.clone() };
            assert!(smaller.read().is_err());
        });
    }

    #[test]
    fn a_byte_order_mark_is_not_shown() {
        let read = |bytes| with_file("mark", bytes, MotdFile::read).unwrap();
        assert_eq!(read(b"\xef\xbb\xbfhi\n".as_slice()), "hi");
        assert_eq!(read(b"hi \xef\xbb\xbf!\n"), "hi \u{feff}!", "only at the beginning");
        assert_eq!(read(b"\xef\xbb\xbf"), "");
    }

    #[test]
    fn what_is_no_regular_file_is_not_read() {
        let setter = || "--motd".into();
        let read =
            |path: &str| MotdFile { setter: setter(), path: path.into(), bytes_max: 99 }.read();
        let error = read(".").unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot show --motd .: it is a directory, and only a regular file is read; \
             give a readable text file, or leave it out"
        );
        assert!(read("/nonexistent/motd").unwrap_err().to_string().contains("/nonexistent/motd: "));
    }

    #[test]
    fn it_is_read_again_and_somebody_is_woken() {
        with_file("again", b"hi\n", |file| {
            let (sender, woken) = channel();
            let rereading = file.reread(move || sender.send(()).unwrap()).unwrap();
            woken.recv().unwrap();
            assert_eq!(rereading.finished().unwrap().unwrap(), "hi");
            assert!(rereading.finished().is_none());
        });
    }
}
