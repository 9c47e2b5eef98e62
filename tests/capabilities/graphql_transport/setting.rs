//! Each limit on documents is a setting of its own: what is taken at one value is refused at a lower one, by its own code.

use serde_json::json;
use support::{Engine, Tidemark};

/// A setting with a low value, a document that is just taken then, and one that is too much by one.
struct Bound {
    flag: &'static str,
    value: usize,
    fits: String,
    over: String,
    code: &'static str,
}

/// Levels of fields below one another; four or more.
fn deep(levels: usize) -> String {
    let inner = levels - 4;
    let (open, close) = ("ofType { ".repeat(inner), "} ".repeat(inner));
    format!("{{ __type(name: \"Query\") {{ fields {{ type {{ {open} name {close} }} }} }} }}")
}

fn wide(fields: usize) -> String {
    format!("{{ {} }}", "__typename ".repeat(fields))
}

fn aliased(aliases: usize) -> String {
    let fields: String = (0..aliases).map(|number| format!("a{number}: __typename ")).collect();
    format!("{{ __typename {fields} }}")
}

fn directed(directives: usize) -> String {
    let fields = "... @include(if: true) { __typename } ".repeat(directives);
    format!("{{ __typename {fields} }}")
}

/// A document that makes the body of its request, which has no variables, so many bytes long.
fn long(bytes: usize) -> String {
    let around = json!({"query": "", "variables": {}}).to_string().len();
    format!(
        "{{ __typename {} }}",
        " ".repeat(bytes - around - "{ __typename  }".len())
    )
}

fn bounds() -> Vec<Bound> {
    let bound = |flag, value, fits, over, code| Bound {
        flag,
        value,
        fits,
        over,
        code,
    };
    vec![
        bound("--graphql-depth", 5, deep(5), deep(6), "QUERY_TOO_DEEP"),
        bound("--graphql-complexity", 50, wide(50), wide(51), "QUERY_TOO_COMPLEX"),
        bound("--graphql-aliases", 3, aliased(3), aliased(4), "TOO_MANY_ALIASES"),
        bound(
            "--graphql-directives",
            2,
            directed(2),
            directed(3),
            "TOO_MANY_DIRECTIVES",
        ),
        // The two braces are tokens, too.
        bound("--graphql-tokens", 100, wide(98), wide(99), "TOO_MANY_TOKENS"),
        bound("--max-body-bytes", 2_000, long(2_000), long(2_001), "BODY_TOO_LARGE"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_moves_with_its_setting() {
    let bounds = bounds();
    let mut higher = Tidemark::builder(Engine::Sqlite);
    for bound in &bounds {
        higher = higher.flag(bound.flag, &(bound.value * 2).to_string());
    }
    let higher = higher.start().await;
    for bound in &bounds {
        let lower = Tidemark::builder(Engine::Sqlite).flag(bound.flag, &bound.value.to_string());
        let lower = lower.start().await;
        let ask = async |tidemark: &Tidemark, document: &str| tidemark.client().graphql(document, json!({})).await;
        for (tidemark, document) in [(&lower, &bound.fits), (&higher, &bound.over)] {
            let answer = ask(tidemark, document).await;
            assert!(answer.body["errors"].is_null(), "{}: {}", bound.flag, answer.text);
            assert!(answer.body["data"].is_object(), "{}: {}", bound.flag, answer.text);
        }
        let refused = ask(&lower, &bound.over).await;
        assert_eq!(refused.error_code(), bound.code, "{}: {}", bound.flag, refused.text);
        assert!(refused.body.get("data").is_none(), "{}: {}", bound.flag, refused.text);
    }
}
