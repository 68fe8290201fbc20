//! The example client's program.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The example's program. Cargo does not build it for a test that is run alone, so this does.
pub fn client() -> &'static PathBuf {
    static CLIENT: OnceLock<PathBuf> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let test = std::env::current_exe().expect("this test");
        let directory = test.ancestors().nth(2).expect("the profile's directory");
        let profile = match directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "client", "--profile", profile])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status();
        assert!(status.is_ok_and(|status| status.success()), "the example is not built");
        directory.join("examples/client")
    })
}
