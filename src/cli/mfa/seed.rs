//! Owns the person's consent to a seed in the keyring, and the words about one that is there.

use crate::cli::exit::Exit;
use crate::cli::mfa::codes::no_answer;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::model::SecretStore;
use crate::prompt;

/// Refuses to keep a seed in a file, and asks for a yes unless it was given.
pub(crate) fn agree_to_keep(store: SecretStore, is_agreed: bool, out: Out) -> Result<(), Failure> {
    if store != SecretStore::Keyring {
        let failure =
            Failure::new(Exit::Refused, "--keep-seed needs `store = \"keyring\"`: no seed is put into a file");
        return Err(failure.hint("`awsauth store move --to keyring` first, or leave out `--keep-seed`"));
    }
    out.warn(
        "with the seed in your keyring, both factors are on one machine. Whoever can use your unlocked keyring on this \
         machine, and every program that you run, can log in to AWS as you, without your phone",
    );
    if is_agreed || prompt::confirm("Keep the seed in the keyring?", false).map_err(|error| no_answer(&error))? {
        return Ok(());
    }
    Err(Failure::one_line(Exit::Refused, "nothing was made; without `--keep-seed` the seed is not kept"))
}
