//! One thing with its fields, line by line.

use leptos::prelude::*;

/// The fields; those without a value are left out.
#[component]
pub(crate) fn Fields(
    /// Short ones: name and value.
    lines: Vec<(&'static str, Option<String>)>,
    /// Those of several lines, such as JSON.
    #[prop(optional)]
    blocks: Vec<(&'static str, Option<String>)>,
) -> impl IntoView {
    let line = |(name, value): (&'static str, Option<String>)| {
        let value = value?;
        Some(view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        })
    };
    let block = |(name, value): (&'static str, Option<String>)| {
        let value = value?;
        Some(view! {
            <div>
                <dt>{name}</dt>
                <dd><pre tabindex="0">{value}</pre></dd>
            </div>
        })
    };
    view! {
        <dl class="fields">
            {lines.into_iter().filter_map(line).collect_view()}
            {blocks.into_iter().filter_map(block).collect_view()}
        </dl>
    }
}
