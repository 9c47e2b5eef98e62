//! A server of Mastodon: `GET /api/v1/timelines/link?url=`, which knows of pages that are much talked about, and with a
//! token `GET /api/v2/search` (<https://docs.joinmastodon.org/methods/timelines/#link>).

use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Connector, Question, count, json, sum};
use crate::domain::external::Figures;

/// Posts with a link to a page, how often they were passed on, favoured and answered; of the forty that come first.
pub(super) struct Mastodon;

impl Connector for Mastodon {
    fn ask(&self, question: Question<'_>) -> RequestBuilder {
        if question.token.is_some() {
            let parameters = [("q", question.page), ("type", "statuses"), ("limit", "40")];
            return question.get("/api/v2/search", &parameters);
        }
        question.get("/api/v1/timelines/link", &[("url", question.page), ("limit", "40")])
    }

    fn read(&self, _page: &str, answer: &[u8]) -> Option<Figures> {
        let answer = json(answer)?;
        let posts: &Vec<Value> = answer.as_array().or_else(|| answer["statuses"].as_array())?;
        Some(Figures {
            shares: Some(count(posts.len()).saturating_add(sum(posts, "reblogs_count"))),
            likes: Some(sum(posts, "favourites_count")),
            comments: Some(sum(posts, "replies_count")),
        })
    }
}
