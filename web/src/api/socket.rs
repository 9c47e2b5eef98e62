//! What goes on, over a WebSocket: `graphql-transport-ws`. A stream that breaks begins anew by itself, and says so, so
//! that whoever listens can ask for what came meanwhile.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use cynic::StreamingOperation;
use leptos::prelude::{IntervalHandle, TimeoutHandle, set_interval_with_handle, set_timeout_with_handle};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::{client::Client, failure::Failure};
use crate::browser::window;

const PROTOCOL: &str = "graphql-transport-ws";
/// The pauses before each further attempt, in seconds; the last one is kept to.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 15];
/// The server closes with it where a token is too old, or not wanted any more.
const REFUSED: u16 = 4_403;
/// How often it is asked whether the server is still there, as a line that is cut somewhere on the way says nothing.
const BEAT: Duration = Duration::from_secs(15);

/// What a stream tells.
#[derive(Debug, Clone)]
pub(crate) enum Told<T> {
    /// It runs; whatever was stored before may have to be asked for.
    Running,
    /// Something happened.
    Next(T),
    /// It broke, and begins anew by itself.
    Broken,
    /// The server will not have it; where that passes, `Broken` follows.
    Refused(Failure),
}

/// A stream. Dropping it ends it.
pub(crate) struct Stream {
    state: Rc<State>,
}

/// What is written in the messages, and who is told.
struct State {
    client: Client,
    payload: Value,
    tell: Box<dyn Fn(Told<Value>)>,
    line: RefCell<Option<Line>>,
    attempt: RefCell<usize>,
    again: RefCell<Option<TimeoutHandle>>,
    /// Whether the server has said anything since the last beat.
    heard: Cell<bool>,
    over: RefCell<bool>,
}

/// A connection with those who listen to it.
struct Line {
    socket: WebSocket,
    beat: Option<IntervalHandle>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
    _open: Closure<dyn FnMut()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(beat) = self.beat.take() {
            beat.clear();
        }
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        if self.socket.ready_state() == WebSocket::CONNECTING {
            // Browsers complain of a connection that is closed before it stands.
            let socket = self.socket.clone();
            let close = Closure::once_into_js(move || {
                let _ = socket.close();
            });
            self.socket.set_onopen(Some(close.unchecked_ref()));
            return;
        }
        self.socket.set_onopen(None);
        let _ = self.socket.close();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        *self.state.over.borrow_mut() = true;
        self.state.line.borrow_mut().take();
        if let Some(again) = self.state.again.borrow_mut().take() {
            again.clear();
        }
    }
}

impl Client {
    /// Begins a stream.
    pub(crate) fn stream<Q, V>(self, operation: &StreamingOperation<Q, V>, tell: impl Fn(Told<Q>) + 'static) -> Stream
    where
        Q: DeserializeOwned + 'static,
        V: Serialize,
    {
        let payload = json!({"query": operation.query(), "variables": operation.variables()});
        let tell = move |told: Told<Value>| match told {
            Told::Running => tell(Told::Running),
            Told::Broken => tell(Told::Broken),
            Told::Refused(failure) => tell(Told::Refused(failure)),
            Told::Next(data) => match serde_json::from_value(data) {
                Ok(data) => tell(Told::Next(data)),
                Err(_) => tell(Told::Refused(Failure::Outdated)),
            },
        };
        self.stream_written(payload, Box::new(tell))
    }

    /// Begins a stream of an operation as somebody wrote it: `query` and `variables`.
    pub(crate) fn stream_written(self, payload: Value, tell: Box<dyn Fn(Told<Value>)>) -> Stream {
        let state = Rc::new(State {
            client: self,
            payload,
            tell,
            line: RefCell::new(None),
            attempt: RefCell::new(0),
            again: RefCell::new(None),
            heard: Cell::new(false),
            over: RefCell::new(false),
        });
        leptos::task::spawn_local(connect(state.clone()));
        Stream { state }
    }
}

/// Opens a connection; its messages are answered where they arrive.
async fn connect(state: Rc<State>) {
    let token = match state.client.token().await {
        Ok(token) => token,
        Err(Failure::Unreachable) => return retry(&state),
        Err(failure) => return refuse(&state, failure),
    };
    if *state.over.borrow() {
        return;
    }
    let Ok(socket) = WebSocket::new_with_str(&address(), PROTOCOL) else {
        return retry(&state);
    };
    let init = json!({"type": "connection_init", "payload": {"Authorization": format!("Bearer {token}")}}).to_string();
    let opened = socket.clone();
    let open = Closure::<dyn FnMut()>::new(move || {
        let _ = opened.send_with_str(&init);
    });
    let (of_message, of_close) = (state.clone(), state.clone());
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            answer(&of_message, &text);
        }
    });
    let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
        let state = of_close.clone();
        if event.code() == REFUSED {
            // The token was refused; a fresh one tells whether its owner is.
            let renewed = state.clone();
            leptos::task::spawn_local(async move {
                match renewed.client.renew().await {
                    Ok(_) | Err(Failure::Unreachable) => retry(&renewed),
                    Err(failure) => refuse(&renewed, failure),
                }
            });
            return;
        }
        retry(&state);
    });
    socket.set_onopen(Some(open.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(close.as_ref().unchecked_ref()));
    state.heard.set(false);
    let of_beat = state.clone();
    let beat = set_interval_with_handle(move || listen(&of_beat), BEAT).ok();
    *state.line.borrow_mut() = Some(Line {
        socket,
        beat,
        _message: message,
        _close: close,
        _open: open,
    });
}

fn answer(state: &Rc<State>, text: &str) {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    state.heard.set(true);
    match message["type"].as_str() {
        Some("connection_ack") => {
            say(
                state,
                &json!({"type": "subscribe", "id": "1", "payload": state.payload}),
            );
            (state.tell)(Told::Running);
        }
        Some("ping") => say(state, &json!({"type": "pong"})),
        // What has stood that long is no attempt any more.
        Some("pong") => *state.attempt.borrow_mut() = 0,
        Some("next") => match message["payload"]["errors"].get(0) {
            Some(error) => refuse(state, failure(error)),
            None => {
                *state.attempt.borrow_mut() = 0;
                (state.tell)(Told::Next(message["payload"]["data"].clone()));
            }
        },
        Some("error") => refuse(state, failure(&message["payload"][0])),
        // The server ended the stream, as it does before it stops, or when this browser falls too far behind.
        Some("complete") => retry(state),
        _ => {}
    }
}

fn say(state: &State, message: &Value) {
    if let Some(line) = state.line.borrow().as_ref() {
        let _ = line.socket.send_with_str(&message.to_string());
    }
}

/// Asks whether the server is still there; where it has not answered since the last time, it is not. What the server asks
/// of browsers by itself they answer without telling any program.
fn listen(state: &Rc<State>) {
    if state.heard.replace(false) {
        say(state, &json!({"type": "ping"}));
    } else {
        retry(state);
    }
}

/// Tells why the server will not have it, and begins anew where that passes.
fn refuse(state: &Rc<State>, failure: Failure) {
    let passes = failure.is_passing();
    (state.tell)(Told::Refused(failure));
    if passes {
        retry(state);
    }
}

fn failure(error: &Value) -> Failure {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Failure::Refused {
        code: text(&error["extensions"]["code"]),
        message: text(&error["message"]),
        path: None,
    }
}

/// Begins anew after a pause.
fn retry(state: &Rc<State>) {
    // An end that is told twice, by a message and by the connection, begins one attempt.
    if *state.over.borrow() || state.again.borrow().is_some() {
        return;
    }
    (state.tell)(Told::Broken);
    let mut attempt = state.attempt.borrow_mut();
    let pause = PAUSES[(*attempt).min(PAUSES.len() - 1)];
    *attempt += 1;
    let next = state.clone();
    let again = set_timeout_with_handle(
        move || {
            next.again.borrow_mut().take();
            // Not before now: whoever listens to the old one called this.
            next.line.borrow_mut().take();
            leptos::task::spawn_local(connect(next.clone()));
        },
        Duration::from_secs(pause),
    );
    *state.again.borrow_mut() = again.ok();
}

fn address() -> String {
    let location = window().location();
    let origin = location.origin().unwrap_or_default();
    // http becomes ws, and https wss.
    format!("{}/graphql", origin.replacen("http", "ws", 1))
}
