//! The file of `--log`: the lines that were shown, with date and time.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use chatd::clock::Timestamp;

use crate::client::local_time::Zone;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: PathBuf,
    zone: Zone,
}

impl Log {
    /// Opens the file, or makes it. The error is for the user to read.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let file = File::options().append(true).create(true).open(path).map_err(|error| {
            let advice = "is there such a directory, and may you write there?";
            format!("cannot open the log \"{}\" ({error}); {advice}", path.display())
        })?;
        Ok(Self { file, path: path.to_owned(), zone: Zone::of_the_system() })
    }

    /// Appends lines that were shown at this time, in one write.
    pub(crate) fn append(&mut self, lines: &[String], at: Timestamp) -> Result<(), String> {
        let time = self.zone.date_and_time(at);
        let text = lines.iter().fold(String::new(), |text, line| text + &time + " " + line + "\n");
        self.file.write_all(text.as_bytes()).map_err(|error| {
            format!("the log \"{}\" ends here, it cannot be written: {error}", self.path.display())
        })
    }
}
