//! A page whose code is fetched as it is first opened.

use futures_util::FutureExt;
use leptos::{either::EitherOf3, prelude::*};

use super::situation::{Failed, Loading};
use crate::{api::failure::Failure, browser};

/// Fetches code, once, and then shows what it shows.
pub(crate) fn later<F, S>(fetch: impl Fn() -> F + 'static, show: impl Fn() -> S + Send + 'static) -> impl IntoView
where
    F: Future<Output = Result<(), Failure>> + 'static,
    S: Future<Output = Result<AnyView, Failure>> + 'static,
{
    let fetched = RwSignal::new(None);
    let fetching = fetch();
    leptos::task::spawn_local(async move { fetched.set(Some(fetching.await)) });
    // Once the code is there, nothing is waited for: what is shown belongs where it is shown.
    let show = move || show().now_or_never().unwrap_or(Err(Failure::Unreachable));
    plain(fetched, Box::new(show))
}

/// The same of one type, so that it is in the program once and not once for each page.
fn plain(
    fetched: RwSignal<Option<Result<(), Failure>>>,
    show: Box<dyn Fn() -> Result<AnyView, Failure> + Send>,
) -> impl IntoView {
    move || match fetched.get().map(|fetched| fetched.and_then(|()| show())) {
        None => EitherOf3::A(view! { <Loading/> }),
        Some(Ok(page)) => EitherOf3::B(page),
        // Code that is not there any more is another version's by now: the page is loaded anew.
        Some(Err(failure)) => EitherOf3::C(view! { <Failed failure retry=browser::reload/> }),
    }
}
