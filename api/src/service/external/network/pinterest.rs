//! Pinterest: `GET /v1/urls/count.json?url=`, what its own button asks. The answer is a call of a function.

use reqwest::RequestBuilder;

use super::{Connector, Question, json};
use crate::domain::external::Figures;

/// How often a page was saved.
pub(super) struct Pinterest;

impl Connector for Pinterest {
    fn ask(&self, question: Question<'_>) -> RequestBuilder {
        let parameters = [("callback", "receiveCount"), ("url", question.page)];
        question.get("/v1/urls/count.json", &parameters)
    }

    fn read(&self, _page: &str, answer: &[u8]) -> Option<Figures> {
        let text = std::str::from_utf8(answer).ok()?.trim().trim_end_matches(';');
        let inside = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        let answer = json(inside.unwrap_or(text).as_bytes())?;
        Some(Figures {
            shares: Some(answer["count"].as_i64()?),
            ..Figures::default()
        })
    }
}
