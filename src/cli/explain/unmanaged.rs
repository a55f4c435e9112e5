//! Owns telling of profiles in AWS's files that an empty manifest could have. Must not fail.

use crate::cli::app::App;
use crate::cli::import::files::AwsSnapshots;
use crate::cli::ui::names;

/// Says how many profiles there are, and the next step. Says nothing if there are none.
pub(crate) fn say(app: App<'_>) {
    if let Some((found, _)) = found(app) {
        app.out.say(&format!(
            "{found} that the manifest does not have; add those that awsauth should manage to the manifest (`awsauth import` \
             prints their tables), then run `awsauth apply --adopt`"
        ));
    }
}

/// `~/.aws/config has 3 profiles`, of those that an import would take, and their number; none without any.
pub(crate) fn found(app: App<'_>) -> Option<(String, usize)> {
    let files = AwsSnapshots::read(app).ok()?;
    let number = files.importable();
    let places = files.existing();
    let verb = if places.len() > 1 { "have" } else { "has" };
    (number > 0).then(|| (format!("{} {verb} {}", places.join(" and "), names::count(number, "profile")), number))
}
