//! The code to put into pages, and whether something arrives.

use std::time::Duration;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        condition::EventFilter,
        event::{Event, EventOrder, EventsVariables, events},
    },
    browser,
    components::{
        load::{Answer, Load, again},
        page::Card,
        secret::Copied,
    },
    format::moment,
    state::surroundings::use_place,
    text::{fill, settings as words, t},
};

/// How often it is looked whether something has arrived.
const AGAIN: Duration = Duration::from_secs(2);

/// Logs what happens on a page; `{0}` is where the server is, `{1}` the script's name.
const CODE: &str = r#"<script defer src="{0}/{1}.js" data-key="YOUR-KEY"></script>
<noscript><img src="{0}/{1}.gif?key=YOUR-KEY" alt="" width="1" height="1" referrerpolicy="no-referrer-when-downgrade"></noscript>"#;

/// The section.
#[component]
pub(super) fn Snippet(
    /// What the site calls its script, where it does.
    script: Option<String>,
) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let script = script.unwrap_or_else(|| "script".to_owned());
    let code = CODE.replace("{0}", &browser::origin()).replace("{1}", &script);
    let answer: Answer<Option<Event>> = Answer::new(move || {
        let asked = EventsVariables {
            site: place.site_name(),
            filter: EventFilter {
                from: None,
                to: None,
                conditions: None,
            },
            order: EventOrder::ArrivalDescending,
            first: 1,
            after: None,
        };
        async move {
            let found = client.ask(events(asked)).await?.events;
            Ok(found.edges.into_iter().next().map(|edge| edge.node))
        }
    });
    let reload = Callback::new(move |()| answer.refetch());
    view! {
        <Card id="snippet-title" title=t(words::SNIPPET) hint=t(words::SNIPPET_HINT)>
            <Copied id="snippet-code" label=t(words::SNIPPET_CODE) text=code/>
            <div role="status" class="arrival">
                <Show when=move || place.may("Query.events")>
                    <Load answer let:last>
                        {match last {
                            Some(event) => {
                                let text = fill(words::ARRIVED, &[&event.action, &moment::ago(&event.time)]);
                                Either::Left(view! { <span class="state good">{text}</span> })
                            }
                            None => {
                                again(AGAIN, reload);
                                Either::Right(view! { <span class="state">{t(words::WAITING)}</span> })
                            }
                        }}
                    </Load>
                </Show>
            </div>
        </Card>
    }
}
