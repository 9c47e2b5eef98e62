//! Taking turns to renew the session. The tabs of a browser share the cookie that renews it, and each cookie is good once:
//! of two tabs that sent the same, the second would look like a thief, and end the session for all. Whoever waited for
//! its turn sends the cookie that the one before was given.
//!
//! Where the browser has locks for pages, on HTTPS and on the person's own machine, tabs queue up for one. A mark in the
//! browser's storage does the same where there are none; beside a lock it tells a page that was loaded amid a renewal
//! that the one before it asked a moment ago, and that the new cookie is on its way.

use js_sys::{Array, Function, Math, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

use crate::browser::{now, pause, remember, remembered, window};

/// The name of the lock, and of the mark.
const NAME: &str = "tidemark.renewal";
/// A mark that is older than this was left by a page that is gone, or says nothing: milliseconds. Beside a lock it only
/// has to outlast the answer to a page that was left; by itself it has to outlast every answer.
const LIFE_BESIDE_LOCK: f64 = 2_000.0;
const LIFE_ALONE: f64 = 5_000.0;
/// How often a mark of another tab is looked at: milliseconds.
const POLL: i32 = 50;
/// By then every tab sees what one of them has written: milliseconds.
const SETTLED: i32 = 150;

/// The turn to renew; it ends when this is dropped.
pub(crate) struct Turn {
    mark: String,
    _lock: Option<Lock>,
}

impl Turn {
    /// Waits for the turn.
    pub(crate) async fn take() -> Self {
        let lock = Lock::take().await;
        let life = if lock.is_some() { LIFE_BESIDE_LOCK } else { LIFE_ALONE };
        loop {
            while is_marked(life) {
                pause(POLL).await;
            }
            let mark = format!("{} {}", now(), Math::random());
            remember(NAME, Some(&mark));
            // A browser that remembers nothing has nothing by which tabs could agree.
            let cannot_tell = remembered(NAME).is_none();
            if lock.is_none() && !cannot_tell {
                // Another tab may have found no mark at the same moment: who wrote last has the turn.
                pause(SETTLED).await;
                if remembered(NAME).as_ref() != Some(&mark) {
                    continue;
                }
            }
            return Self { mark, _lock: lock };
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if remembered(NAME).as_ref() == Some(&self.mark) {
            remember(NAME, None);
        }
    }
}

/// Whether there is a mark that counts.
fn is_marked(life: f64) -> bool {
    let mark = remembered(NAME);
    let left = mark.and_then(|mark| mark.split(' ').next()?.parse::<f64>().ok());
    // A clock that was put back leaves marks of the future.
    left.is_some_and(|left| (0.0..life).contains(&(now() - left)))
}

/// What one tab holds at a time (Web Locks); the browser takes it from a page that is gone.
struct Lock(Function);

impl Lock {
    /// Waits for the lock; none where the browser has no locks.
    async fn take() -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let mut release = None;
        // It is held until this is resolved.
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let mut asked = None;
        let granted = Promise::new(&mut |resolve, _| {
            let held = held.clone();
            let grant = Closure::once_into_js(move || {
                let _ = resolve.call0(&JsValue::UNDEFINED);
                held
            });
            asked = request.call2(&locks, &NAME.into(), &grant).ok();
        });
        // What was asked for is settled first where it is refused.
        JsFuture::from(Promise::race(&Array::of2(&granted, &asked?)))
            .await
            .ok()?;
        release.map(Self)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}
