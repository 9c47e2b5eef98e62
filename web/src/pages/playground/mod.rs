//! The playground: GraphQL by hand, with all that the schema says of itself. Both are in the program; nothing is fetched
//! from elsewhere.

mod docs;
mod schema;

use leptos::{ev::KeyboardEvent, prelude::*};
use serde_json::{Value, json};

use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        socket::{Stream, Told},
    },
    components::{
        button::{Button, Submit},
        field::{FormError, Lines},
        form::Form,
        page::{Card, PageFrame},
    },
    text::{fill, playground as words, t},
};

/// What stands there at first.
const FIRST: &str = "{\n  viewer { name kind permissions }\n  sites { name timeZone }\n}";
/// The most that is kept of what a subscription tells.
const MOST: usize = 200;

/// What was answered, as text.
type Answered = RwSignal<String>;

/// The page.
#[component]
pub(super) fn PlaygroundPage() -> impl IntoView {
    let client = use_client();
    let query = RwSignal::new(FIRST.to_owned());
    let variables = RwSignal::new(String::new());
    let answered: Answered = RwSignal::new(String::new());
    let stream = StoredValue::new_local(None::<Stream>);
    let watching = RwSignal::new(false);
    on_cleanup(move || stream.set_value(None));
    let send = Action::new_unsync(move |(): &()| {
        let (query, variables) = (query.get_untracked(), read(&variables.get_untracked()));
        stream.set_value(None);
        watching.set(false);
        async move {
            let variables = variables?;
            if query.trim_start().starts_with("subscription") {
                answered.set(String::new());
                watching.set(true);
                stream.set_value(Some(watch(client, &query, &variables, answered)));
                return Ok(());
            }
            let text = client.ask_written(&query, &variables).await?;
            answered.set(pretty(&text));
            Ok(())
        }
    });
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send.dispatch_local(());
        }
    };
    let stop = move || {
        stream.set_value(None);
        watching.set(false);
    };
    let shown = move || match answered.with(String::is_empty) {
        true if watching.get() => t(words::WATCHING).to_owned(),
        true => t(words::NO_ANSWER).to_owned(),
        false => answered.get(),
    };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO)>
            <div class="playground">
                <section class="card" on:keydown=on_key>
                    <Form on_submit=move || {
                        send.dispatch_local(());
                    }>
                        <Lines id="query" label=t(words::QUERY) hint=t(words::QUERY_HINT) value=query required=true/>
                        <Lines id="variables" label=t(words::VARIABLES) hint=t(words::VARIABLES_HINT) value=variables/>
                        <FormError failure=Signal::derive(move || send.value().get().and_then(Result::err))/>
                        <div class="tools">
                            <Submit disabled=send.pending()>{t(words::SEND)}</Submit>
                            <Show when=move || watching.get()>
                                <Button on_click=stop>{t(words::STOP)}</Button>
                            </Show>
                        </div>
                    </Form>
                </section>
                <Card id="answer-title" title=t(words::ANSWER)>
                    <pre class="answer" tabindex="0" role="status" aria-labelledby="answer-title">{shown}</pre>
                </Card>
            </div>
            <docs::Docs/>
        </PageFrame>
    }
}

/// Variables as they were typed; none are an empty object.
fn read(text: &str) -> Result<Value, Failure> {
    if text.trim().is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_str(text).map_err(|error| Failure::Refused {
        code: String::new(),
        message: fill(words::VARIABLES_WRONG, &[&error.to_string()]),
        path: None,
    })
}

/// An answer, line by line; what is no JSON stays as it came.
fn pretty(text: &str) -> String {
    let value = serde_json::from_str::<Value>(text).ok();
    let written = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    written.unwrap_or_else(|| text.to_owned())
}

/// Shows what a subscription tells, the latest first.
fn watch(client: Client, query: &str, variables: &Value, answered: Answered) -> Stream {
    let add = move |text: String| {
        answered.update(|answered| {
            let told: Vec<_> = [text]
                .into_iter()
                .chain(answered.split("\n\n").map(str::to_owned))
                .collect();
            *answered = told
                .into_iter()
                .filter(|one| !one.is_empty())
                .take(MOST)
                .collect::<Vec<_>>()
                .join("\n\n");
        });
    };
    let tell = move |told: Told<Value>| match told {
        Told::Next(data) => add(serde_json::to_string_pretty(&data).unwrap_or_default()),
        Told::Refused(failure) => add(failure.message()),
        Told::Running | Told::Broken => {}
    };
    client.stream_written(json!({"query": query, "variables": variables}), Box::new(tell))
}
