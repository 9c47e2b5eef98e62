//! Asking networks about pages: one question at a time each, all servers of a database together, and none while a network
//! wants to be left alone.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::{Response, header};
use url::Url;

use super::network::{Connector, Question, Trouble, connector};
use crate::{
    clock,
    domain::{
        error::Result,
        external::{Figures, Network, wait_after},
    },
    service::{
        Services,
        outbound::{self, Unread},
    },
    store::{
        self, Priority,
        external::{Errand, Noted},
    },
};

/// Bytes of an answer; none comes near.
const MOST_BYTES: usize = 4 << 20;
/// Who asks has so long until somebody else may ask the same, as one that ended meanwhile would keep it for ever.
const LEASE: Duration = Duration::from_secs(15 * 60);

/// A question that is to be asked.
#[derive(Debug)]
pub struct Due {
    network: Network,
    errand: Errand,
}

/// What came of it.
#[derive(Debug)]
pub struct Answered {
    due: Due,
    said: std::result::Result<Figures, Trouble>,
}

impl Services {
    /// How long each network is left alone between two questions.
    #[must_use]
    pub fn pause_of_networks(&self) -> Duration {
        self.external.config.pause
    }

    /// Takes the questions that are due, one for each network at most.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn due_questions(&self) -> Result<Vec<Due>> {
        let mut waiting = Vec::new();
        if !self.external.networks.is_empty() {
            let tx = self.database.read(self.question.deadline).await?;
            for (network, _) in &self.external.networks {
                if store::external::is_due(&tx, network.name(), clock::now_nanoseconds()).await? {
                    waiting.push(*network);
                }
            }
        }
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.database.write(Priority::Fold).await?;
        let times = (self.external.config.pause, LEASE);
        let mut due = Vec::with_capacity(waiting.len());
        for network in waiting {
            let claimed = store::external::claim(&tx, network.name(), clock::now_nanoseconds(), times).await?;
            due.extend(claimed.map(|errand| Due { network, errand }));
        }
        tx.commit().await?;
        Ok(due)
    }

    /// Asks. Nothing is lost where this is given up; somebody asks again later.
    pub async fn ask_network(&self, due: Due) -> Answered {
        let base = self
            .external
            .networks
            .iter()
            .find(|(network, _)| *network == due.network);
        let said = match base {
            Some((_, base)) => self.ask(due.network, base, &due.errand.url).await,
            None => Err(Trouble::Down("It is not asked any more.".to_owned())),
        };
        Answered { due, said }
    }

    async fn ask(&self, network: Network, base: &Url, page: &str) -> std::result::Result<Figures, Trouble> {
        let connector = connector(network);
        let question = Question {
            http: &self.external.http,
            base,
            token: self.external.tokens.get(&network).map(String::as_str),
            page,
        };
        let response = connector.ask(question).send().await;
        let response = response.map_err(|error| Trouble::Down(unanswered(&error)))?;
        read(connector, page, response).await
    }

    /// Notes what a network said, and when it is asked next.
    ///
    /// # Errors
    /// Whatever the database says; then it is asked again.
    pub async fn note_answer(&self, answered: Answered) -> Result<()> {
        let Answered {
            due: Due { network, errand },
            said,
        } = answered;
        let now = clock::now_nanoseconds();
        let config = &self.external.config;
        let failures = errand.failures.saturating_add(1);
        let (failures, network_wait, page_wait, fault) = match &said {
            Ok(_) => (0, None, config.interval, None),
            Err(Trouble::Refused(fault)) => (0, None, config.interval, Some(fault.clone())),
            Err(Trouble::Busy(asked)) => {
                let wait = wait_after(failures, config.back_off, *asked);
                (
                    failures,
                    Some(wait),
                    wait,
                    Some("It wants to be left alone for a while.".to_owned()),
                )
            }
            Err(Trouble::Down(fault)) => {
                let wait = wait_after(failures, config.back_off, None);
                (failures, Some(wait), wait, Some(fault.clone()))
            }
        };
        if let Some(fault) = &fault {
            tracing::warn!(
                network = network.name(),
                page = errand.url,
                fault,
                "a network says nothing of a page"
            );
        }
        let later = |wait: Duration| now.saturating_add(i64::try_from(wait.as_nanos()).unwrap_or(i64::MAX));
        let noted = Noted {
            page: errand.page,
            now,
            page_next: later(page_wait),
            network_next: network_wait.map(later),
            failures,
            fault: fault.as_deref(),
        };
        let tx = self.database.write(Priority::Fold).await?;
        store::external::note(&tx, network.name(), noted).await?;
        if let Ok(figures) = said {
            store::external::keep_news(&tx, errand.page, network.name(), now, figures).await?;
        }
        tx.commit().await
    }
}

async fn read(connector: &dyn Connector, page: &str, response: Response) -> std::result::Result<Figures, Trouble> {
    let status = response.status();
    let wait = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    let wait = wait.and_then(retry_after);
    let answer = outbound::read(response, MOST_BYTES).await.map_err(|unread| {
        Trouble::Down(match unread {
            Unread::Broken(error) => unanswered(&error),
            Unread::TooLong => "Its answer is too long.".to_owned(),
        })
    })?;
    if !status.is_success() {
        return Err(match connector.trouble(status, &answer) {
            Trouble::Busy(None) => Trouble::Busy(wait),
            other => other,
        });
    }
    let figures = connector.read(page, &answer).map(Figures::bounded);
    figures.ok_or_else(|| Trouble::Down("Its answer is not what it should be.".to_owned()))
}

/// What a header says of when to come back: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(then.duration_since(clock::now())).ok()
}

/// Why there is no answer, in words without the address, which may hold a token.
fn unanswered(error: &reqwest::Error) -> String {
    let why = if error.is_timeout() {
        "It did not answer in time."
    } else if error.is_connect() {
        "It cannot be reached."
    } else {
        "Its answer broke off."
    };
    why.to_owned()
}
