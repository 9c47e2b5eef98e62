//! Asking networks what they say about pages. A question under way is given up at once when the server ends: it is asked
//! again later.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::{AFTER_FAILURE, failed};
use crate::{domain::error::Result, service::Services};

const NAME: &str = "external";
/// How often to look for questions that are due.
const REST: Duration = Duration::from_secs(1);

/// Asks until `stop` holds `true`.
pub(super) async fn run(services: Services, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rest = match ask(&services, &stop).await {
            // As long as something is due, the networks' own pauses say when to ask again.
            Ok(true) => services.pause_of_networks().min(REST),
            Ok(false) => REST,
            Err(error) => {
                failed(&services, NAME, &error);
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Asks every network that may be asked; gives whether there was one.
async fn ask(services: &Services, stop: &watch::Receiver<bool>) -> Result<bool> {
    let due = services.due_questions().await?;
    let any = !due.is_empty();
    let asked = due.into_iter().map(|due| async {
        let mut stop = stop.clone();
        let answered = tokio::select! {
            answered = services.ask_network(due) => Some(answered),
            _ = stop.changed() => None,
        };
        match answered {
            Some(answered) => services.note_answer(answered).await,
            None => Ok(()),
        }
    });
    join_all(asked).await.into_iter().collect::<Result<()>>()?;
    Ok(any)
}
