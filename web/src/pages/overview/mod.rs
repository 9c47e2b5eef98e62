//! The overview of a site: how much happens, by whom, and what; against the period before, and filtered by a press.

mod board;
mod export;
mod file;

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        overview::{Asked, FindOutcome, Ranking, UniqueResult, finds, overview},
        scalar::Count,
    },
    browser,
    components::{
        filter::Filters,
        load::{Answer, Load},
        page::PageFrame,
        period::Period,
    },
    state::{
        question::{use_question, use_zone},
        surroundings::use_place,
    },
    text::{Text, overview as words, t},
};

/// The rankings of the page: name in the document, title, and what is asked.
const RANKINGS: [(&str, Text, Ranking); 8] = [
    ("actions", words::TOP_ACTIONS, ranking("actions", "action")),
    (
        "pages",
        words::PAGES,
        Ranking {
            actions: &["pageview", "page.visit"],
            ..ranking("pages", "url.path")
        },
    ),
    ("sources", words::SOURCES, ranking("referrers", "traffic_source")),
    ("referrers", words::REFERRERS, ranking("referrers", "referrer.host")),
    ("networks", words::NETWORKS, ranking("networks", "tag.network")),
    ("devices", words::DEVICES, ranking("devices", "device")),
    ("browsers", words::BROWSERS, ranking("devices", "browser")),
    ("countries", words::COUNTRIES, ranking("countries", "country")),
];
const ASKED: [Ranking; 8] = {
    let mut asked = [RANKINGS[0].2; 8];
    let mut index = 0;
    while index < asked.len() {
        asked[index] = RANKINGS[index].2;
        index += 1;
    }
    asked
};

const fn ranking(view: &'static str, dimension: &'static str) -> Ranking {
    Ranking {
        view,
        dimension,
        actions: &[],
    }
}

/// How often what is shown is asked for anew.
const AGAIN: Duration = Duration::from_secs(30);

/// Everything on the page, of one moment.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    asked: Asked,
    finds: Vec<FindOutcome>,
    /// The actors and how many there were before; none where no scope has the fields of these filters.
    actors: Option<(UniqueResult, Count)>,
}

/// The page.
#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let zone = use_zone(question);
    let answer: Answer<Answered> = Answer::new(move || {
        let (question, zone, now) = (question.get(), zone.get(), browser::now());
        let (range, before) = question.ranges(&zone, now);
        let asked = Asked {
            site: place.site_name(),
            zone,
            question,
            range,
            before,
            now,
            rankings: &ASKED,
        };
        ask(client, asked)
    });
    follow(answer);
    view! {
        <PageFrame title=t(words::TITLE) tools=move || view! { <export::Export answer/> }>
            <div class="tools">
                <Period question change/>
            </div>
            <Filters question change/>
            <Load answer let:answered>
                <board::Board answered change/>
            </Load>
        </PageFrame>
    }
}

/// Asks anew after a while, and again, unless somebody would be disturbed.
fn follow(answer: Answer<Answered>) {
    let timer = set_interval_with_handle(
        move || {
            if !browser::is_busy() {
                answer.refetch();
            }
        },
        AGAIN,
    );
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
}

/// Asks for everything; without the actors where these filters form no scope.
async fn ask(client: Client, asked: Asked) -> Result<Answered, Failure> {
    match client.ask(overview(&asked)).await {
        Ok(found) => Ok(Answered {
            finds: found.find_batch,
            actors: Some((found.actors, found.actors_before.count)),
            asked,
        }),
        Err(failure) if failure.code() == Some("UNSUPPORTED_SCOPE") => {
            let found = client.ask(finds(&asked)).await?;
            Ok(Answered {
                finds: found.find_batch,
                actors: None,
                asked,
            })
        }
        Err(failure) => Err(failure),
    }
}
