//! Bluesky: `GET /xrpc/app.bsky.feed.searchPosts?url=`
//! (<https://docs.bsky.app/docs/api/app-bsky-feed-search-posts>).

use reqwest::RequestBuilder;

use super::{Connector, Question, count, json, sum};
use crate::domain::external::Figures;

/// Posts with a link to a page, how often they were passed on, liked and answered; of the hundred foremost.
pub(super) struct Bluesky;

impl Connector for Bluesky {
    fn ask(&self, question: Question<'_>) -> RequestBuilder {
        let parameters = [("q", "*"), ("url", question.page), ("sort", "top"), ("limit", "100")];
        question.get("/xrpc/app.bsky.feed.searchPosts", &parameters)
    }

    fn read(&self, _page: &str, answer: &[u8]) -> Option<Figures> {
        let answer = json(answer)?;
        let posts = answer["posts"].as_array()?;
        let passed_on = sum(posts, "repostCount").saturating_add(sum(posts, "quoteCount"));
        let all = answer["hitsTotal"].as_i64().unwrap_or(0).max(count(posts.len()));
        Some(Figures {
            shares: Some(all.saturating_add(passed_on)),
            likes: Some(sum(posts, "likeCount")),
            comments: Some(sum(posts, "replyCount")),
        })
    }
}
