//! `apply` under `strace`: at every system call it may die, fail, or be overtaken by another program, and never is a file
//! lost or torn. `tests/run` installs strace; a missing one fails these tests.

mod crash;
mod edits;
mod strace;
mod system;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{SMALL, SMALL_BODY, block};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

/// Where the link in the config file's place leads.
const DOTFILE: &str = "dotfiles/aws/config";
/// The mode of the config file, and of the credentials file.
const MODES: [u32; 2] = [0o640, 0o400];

/// The config file around awsauth's block: the person's own, with all that a careless writer would mend.
fn config(region: &str) -> String {
    let block = block(&SMALL_BODY.replace("eu-west-1", region));
    format!("# mine\r\n[profile own]\nregion=us-east-1 # here\n\n{block}\n; after\n[profile last]\noutput = text")
}

/// The credentials file without the section that `apply` removes, or with it.
fn credentials(gone: &str) -> String {
    format!(
        "[main-long-term]\naws_access_key_id = AKIAMAIN\naws_secret_access_key = x # y\n\n{gone}[mine]\naws_access_key_id = AKIAMINE\n"
    )
}

/// The section of a profile that is gone.
const GONE: &str = "[gone]\naws_access_key_id = ASIAGONE\nawsauth_expiration = 2026-01-01T00:00:00Z\n\n";

/// A HOME in which `apply` has both files to change; the config file is a link into a dotfiles directory.
fn both_to_change() -> Sandbox {
    let home = Sandbox::in_memory();
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    home.write(DOTFILE, config("eu-west-1"));
    home.write(CREDENTIALS, credentials(GONE));
    symlink("../dotfiles/aws/config", home.path(CONFIG)).unwrap();
    for (file, mode) in [CONFIG, CREDENTIALS].into_iter().zip(MODES) {
        fs::set_permissions(home.path(file), fs::Permissions::from_mode(mode)).unwrap();
    }
    home
}

/// The two files as `apply` finds them.
fn old() -> [String; 2] {
    [config("eu-west-1"), credentials(GONE)]
}

/// The two files as it leaves them.
fn new() -> [String; 2] {
    [config("eu-west-2"), credentials("")]
}

/// The two files as they are; the link must still be one, and the modes what they were.
#[track_caller]
fn found(home: &Sandbox) -> [String; 2] {
    assert_eq!(fs::read_link(home.path(CONFIG)).unwrap(), Path::new("../dotfiles/aws/config"));
    let mode = |file: &str| home.path(file).symlink_metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!([DOTFILE, CREDENTIALS].map(mode), MODES);
    [DOTFILE, CREDENTIALS].map(|file| home.read(file))
}

/// Every file below `dir`, but not what awsauth keeps for itself.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() && !path.is_symlink() { files(&path) } else { vec![path] }).collect()
}

/// The temporary files that are left in HOME.
fn leftovers(home: &Sandbox) -> Vec<PathBuf> {
    let is_temp = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "awsauth-tmp");
    files(&home.path("")).into_iter().filter(is_temp).collect()
}

/// Runs `apply` again, which must do all that is left to do, and sweep.
#[track_caller]
fn heals(home: &Sandbox) {
    // What is half-written must not be taken for data.
    for path in leftovers(home) {
        fs::write(path, "[torn\nx").unwrap();
    }
    home.run(["apply"]).ok();
    assert_eq!(found(home), new());
    assert_eq!(leftovers(home), [""; 0].map(PathBuf::from));
}

/// Does `work` for each item, on all cores.
pub(crate) fn for_each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}
