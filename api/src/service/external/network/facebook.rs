//! Facebook: `GET /?id=…&fields=engagement` with an app's token
//! (<https://developers.facebook.com/docs/graph-api/reference/v23.0/url>).

use reqwest::{RequestBuilder, StatusCode};

use super::{Connector, Question, Trouble, json};
use crate::domain::external::Figures;

/// Codes of errors that say that too much was asked
/// (<https://developers.facebook.com/docs/graph-api/overview/rate-limiting>).
const BUSY: [i64; 5] = [4, 17, 32, 341, 613];
/// That of an error about a page, rather than about who asks.
const BAD_PARAMETER: i64 = 100;

/// How often a page was shared, reacted to and commented on.
pub(super) struct Facebook;

impl Connector for Facebook {
    fn ask(&self, question: Question<'_>) -> RequestBuilder {
        let mut parameters = vec![("id", question.page), ("fields", "engagement")];
        parameters.extend(question.token.map(|token| ("access_token", token)));
        question.http.get(question.address("/", &parameters))
    }

    fn read(&self, _page: &str, answer: &[u8]) -> Option<Figures> {
        let answer = json(answer)?;
        let told = answer["engagement"].as_object()?;
        let figure = |name: &str| told.get(name)?.as_i64();
        let comments = [figure("comment_count"), figure("comment_plugin_count")];
        Some(Figures {
            shares: figure("share_count"),
            likes: figure("reaction_count"),
            comments: comments.into_iter().flatten().reduce(i64::saturating_add),
        })
    }

    fn trouble(&self, status: StatusCode, answer: &[u8]) -> Trouble {
        let code = json(answer).and_then(|answer| answer["error"]["code"].as_i64());
        match code {
            Some(code) if BUSY.contains(&code) => Trouble::Busy(None),
            // Among them tokens that are no good any more, which it tells by 400.
            Some(code) if code != BAD_PARAMETER => Trouble::Down(format!("It answered with its error {code}.")),
            _ => Trouble::of(status),
        }
    }
}
