//! Subscriptions, over either of the two ways to stream.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::client::Client;

/// No message takes this long.
const MESSAGE_LIMIT: Duration = Duration::from_secs(30);

/// How a subscription comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// The protocol `graphql-transport-ws`.
    WebSocket,
    /// Server-sent events, one connection for each subscription.
    EventStream,
}

/// A subscription. It ends when it is dropped.
#[derive(Debug)]
pub struct Subscription {
    answers: UnboundedReceiver<Value>,
    reader: JoinHandle<()>,
}

impl Client {
    /// Subscribes. Whether the server has begun to watch shows only in what comes.
    ///
    /// # Panics
    /// When the server refuses the connection.
    pub async fn subscribe(&self, transport: Transport, query: &str, variables: Value) -> Subscription {
        let (sender, answers) = unbounded_channel();
        let payload = json!({"query": query, "variables": variables});
        let reader = match transport {
            Transport::WebSocket => self.over_socket(payload, sender).await,
            Transport::EventStream => self.over_events(payload, sender).await,
        };
        Subscription { answers, reader }
    }

    async fn over_socket(&self, payload: Value, sender: UnboundedSender<Value>) -> JoinHandle<()> {
        let url = self.url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().expect("a request");
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.expect("a socket");
        let credential = self.key().map(|key| json!({"authorization": format!("Bearer {key}")}));
        for message in [
            json!({"type": "connection_init", "payload": credential}),
            json!({"type": "subscribe", "id": "1", "payload": payload}),
        ] {
            socket
                .send(Message::text(message.to_string()))
                .await
                .expect("the socket is open");
        }
        tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                let Ok(mut message) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else {
                    continue;
                };
                let payload = message["payload"].take();
                let sent = match message["type"].as_str() {
                    Some("next") => sender.send(payload),
                    Some("error") => {
                        // It is the operation's last message.
                        let _ = sender.send(json!({ "errors": payload }));
                        break;
                    }
                    Some("complete") => break,
                    _ => Ok(()),
                };
                if sent.is_err() {
                    break;
                }
            }
        })
    }

    async fn over_events(&self, payload: Value, sender: UnboundedSender<Value>) -> JoinHandle<()> {
        let request = self.request(Method::POST, "/graphql");
        let request = request.header("accept", "text/event-stream").json(&payload);
        let mut response = request.send().await.expect("a stream");
        tokio::spawn(async move {
            let mut text = Vec::new();
            while let Ok(Some(chunk)) = response.chunk().await {
                text.extend_from_slice(&chunk);
                while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
                    let event: Vec<u8> = text.drain(..end + 2).collect();
                    let event = String::from_utf8_lossy(&event);
                    let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                    if let Some(answer) = data.and_then(|data| serde_json::from_str(data).ok())
                        && sender.send(answer).is_err()
                    {
                        return;
                    }
                }
            }
        })
    }
}

impl Subscription {
    /// The next answer, with `data` or `errors`; none once the stream has ended.
    ///
    /// # Panics
    /// When nothing comes.
    pub async fn next(&mut self) -> Option<Value> {
        timeout(MESSAGE_LIMIT, self.answers.recv())
            .await
            .expect("something comes")
    }

    /// What the field of the next answer holds.
    ///
    /// # Panics
    /// When there is an error, or the stream has ended.
    pub async fn field(&mut self, name: &str) -> Value {
        let mut answer = self.next().await.expect("the stream goes on");
        assert!(answer["errors"].is_null(), "{answer:#}");
        answer["data"][name].take()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
