//! Hacker News, by Algolia's search: `GET /api/v1/search?restrictSearchableAttributes=url` (<https://hn.algolia.com/api>).

use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Connector, Question, count, json, sum};
use crate::domain::external::Figures;

/// Stories that link to a page, their points and their comments; of the hundred that fit best.
pub(super) struct HackerNews;

impl Connector for HackerNews {
    fn ask(&self, question: Question<'_>) -> RequestBuilder {
        let parameters = [
            ("query", question.page),
            ("restrictSearchableAttributes", "url"),
            ("typoTolerance", "false"),
            ("tags", "story"),
            ("hitsPerPage", "100"),
        ];
        question.get("/api/v1/search", &parameters)
    }

    fn read(&self, page: &str, answer: &[u8]) -> Option<Figures> {
        let answer = json(answer)?;
        // The search finds addresses with the same words, too.
        let is_page = |story: &&Value| story["url"].as_str().is_some_and(|url| bare(url) == bare(page));
        let stories: Vec<&Value> = answer["hits"].as_array()?.iter().filter(is_page).collect();
        Some(Figures {
            shares: Some(count(stories.len())),
            likes: Some(sum(stories.iter().copied(), "points")),
            comments: Some(sum(stories, "num_comments")),
        })
    }
}

/// What of an address says which page it is.
fn bare(url: &str) -> &str {
    let url = url.split_once('#').map_or(url, |(page, _)| page);
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.trim_end_matches('/')
}
