//! Reddit: `GET /api/info.json?url=` (<https://www.reddit.com/dev/api#GET_api_info>). With a token it is asked at
//! `https://oauth.reddit.com`.

use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Connector, Question, count, json, sum};
use crate::domain::external::Figures;

/// Posts of a page, their score and their comments; of the hundred newest.
pub(super) struct Reddit;

impl Connector for Reddit {
    fn ask(&self, question: Question<'_>) -> RequestBuilder {
        question.get(
            "/api/info.json",
            &[("url", question.page), ("limit", "100"), ("raw_json", "1")],
        )
    }

    fn read(&self, _page: &str, answer: &[u8]) -> Option<Figures> {
        let answer = json(answer)?;
        let posts: Vec<&Value> = answer["data"]["children"]
            .as_array()?
            .iter()
            .map(|post| &post["data"])
            .collect();
        Some(Figures {
            shares: Some(count(posts.len())),
            likes: Some(sum(posts.iter().copied(), "score")),
            comments: Some(sum(posts, "num_comments")),
        })
    }
}
