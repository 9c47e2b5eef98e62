//! The `graphql-transport-ws` protocol.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::{Engine, Tidemark};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{MESSAGE_LIMIT, Server, TYPENAME};

/// One side of a WebSocket, as a client sees it.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Server {
    async fn socket(&self, protocol: Option<&'static str>) -> Socket {
        let url = self.0.server().url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().expect("a request");
        if let Some(protocol) = protocol {
            request
                .headers_mut()
                .insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
        }
        Socket(connect_async(request).await.expect("a socket").0)
    }

    /// A socket that is past its greeting.
    async fn greeted(&self) -> Socket {
        let mut socket = self.socket(Some("graphql-transport-ws")).await;
        socket.say(json!({"type": "connection_init"})).await;
        assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
        socket
    }
}

impl Socket {
    async fn say(&mut self, message: Value) {
        self.write(Message::text(message.to_string())).await;
    }

    async fn write(&mut self, message: Message) {
        self.0.send(message).await.expect("the socket is open");
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}}))
            .await;
    }

    async fn next(&mut self) -> Message {
        let message = timeout(MESSAGE_LIMIT, self.0.next()).await.expect("soon");
        message.expect("not the end").expect("a message")
    }

    async fn hear(&mut self) -> Value {
        let message = self.next().await;
        serde_json::from_str(message.to_text().expect("text")).unwrap_or_else(|_| panic!("no message: {message:?}"))
    }

    async fn closes(mut self, code: u16, reason: &str) {
        loop {
            match self.next().await {
                Message::Close(Some(frame)) => {
                    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (code, reason));
                    return;
                }
                Message::Close(None) => panic!("closed without a reason, instead of {code}"),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_socket_is_greeted_first() {
    let server = Server::start().await;
    server
        .socket(None)
        .await
        .closes(4406, "Subprotocol not acceptable")
        .await;

    let protocol = Some("graphql-transport-ws");
    let mut early = server.socket(protocol).await;
    early.subscribe("1", TYPENAME).await;
    early.closes(4401, "Unauthorized").await;

    let mut twice = server.greeted().await;
    twice.say(json!({"type": "connection_init"})).await;
    twice.closes(4429, "Too many initialisation requests").await;

    for payload in [
        json!({"Authorization": "Bearer bad"}),
        json!({"APIKEY": "bad"}),
        json!({"apiKey": 7}),
    ] {
        let mut wrong = server.socket(protocol).await;
        wrong.say(json!({"type": "connection_init", "payload": payload})).await;
        wrong.closes(4403, "Forbidden").await;
    }
    let key = server.key("log,query").await;
    let mut known = server.socket(protocol).await;
    known
        .say(json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {key}")}}))
        .await;
    assert_eq!(known.hear().await["type"], "connection_ack");
    known.subscribe("1", "{ viewer { __typename } }").await;
    assert_eq!(
        known.hear().await["payload"],
        json!({"data": {"viewer": {"__typename": "Viewer"}}, "extensions": {"cost": 1}})
    );

    let silent = server.socket(protocol).await;
    silent.closes(4408, "Connection initialisation timeout").await;
}

#[tokio::test]
async fn a_socket_takes_no_message_that_the_protocol_does_not_know() {
    let server = Server::start().await;
    for message in [
        Message::text("nonsense"),
        Message::text("[]"),
        Message::text("{}"),
        Message::text(r#"{"type": "start"}"#),
        Message::text(r#"{"type": "next", "id": "1"}"#),
        Message::text(r#"{"type": "complete"}"#),
        Message::text(r#"{"type": "subscribe", "payload": {"query": "{ __typename }"}}"#),
        Message::text(r#"{"type": "subscribe", "id": "1", "payload": {}}"#),
        Message::text(r#"{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}"#),
        Message::text(r#"{"type": "ping", "payload": 7}"#),
        Message::text("[".repeat(10_000)),
        Message::binary("{}"),
    ] {
        let mut socket = server.greeted().await;
        socket.write(message).await;
        socket.closes(4400, "Invalid message received").await;
    }
    let mut large = server.greeted().await;
    if let MaybeTlsStream::Plain(stream) = large.0.get_mut() {
        // The header of a frame of 4 GiB: it must not be waited for.
        let header = [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
        stream.write_all(&header).await.expect("the socket is open");
    }
    large.closes(1009, "Message too big").await;
}

#[tokio::test]
async fn a_socket_runs_operations() {
    let server = Server::start().await;
    let mut socket = server.greeted().await;
    socket.say(json!({"type": "ping", "payload": {"n": 1}})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong", "payload": {"n": 1}}));
    // An id is free again once its operation has ended, and unknown ids are nobody's.
    for _ in 0..2 {
        socket.say(json!({"type": "complete", "id": "unknown"})).await;
        socket.subscribe("1", TYPENAME).await;
        let next = json!({"id": "1", "type": "next", "payload": {"data": {"__typename": "Query"}}});
        assert_eq!(socket.hear().await, next);
        assert_eq!(socket.hear().await, json!({"id": "1", "type": "complete"}));
    }
    socket.subscribe("2", "{ nothingLikeThat }").await;
    let failed = socket.hear().await;
    assert_eq!((&failed["type"], &failed["id"]), (&json!("error"), &json!("2")));
    assert_eq!(failed["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");

    let key = server.key("log,query").await;
    let mut watcher = server.socket(Some("graphql-transport-ws")).await;
    watcher
        .say(json!({"type": "connection_init", "payload": {"apiKey": key}}))
        .await;
    assert_eq!(watcher.hear().await["type"], "connection_ack");
    watcher
        .subscribe("3", "subscription { eventLogged { __typename } }")
        .await;
    watcher
        .subscribe("3", "subscription { eventLogged { __typename } }")
        .await;
    watcher.closes(4409, "Subscriber for 3 already exists").await;
}

#[tokio::test]
async fn a_socket_runs_so_many_operations_at_once() {
    let builder = Tidemark::builder(Engine::Sqlite).flag("--graphql-subscriptions", "2");
    let server = Server(builder.start().await);
    let key = server.key("log,query").await;
    let mut socket = server.socket(Some("graphql-transport-ws")).await;
    socket
        .say(json!({"type": "connection_init", "payload": {"apiKey": key}}))
        .await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    let watch = "subscription { eventLogged { __typename } }";
    for id in ["1", "2"] {
        socket.subscribe(id, watch).await;
    }
    // Nothing more runs beside them, whatever it is; and it ends for itself alone.
    let log = "mutation { logEvent(input: {action: \"a\"}) { outcome } }";
    for (id, query) in [("3", watch), ("4", TYPENAME), ("5", log)] {
        socket.subscribe(id, query).await;
        let refused = socket.hear().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!(id)));
        let error = &refused["payload"][0];
        assert_eq!(error["extensions"]["code"], "TOO_MANY_SUBSCRIPTIONS", "{refused:#}");
        assert_eq!(error["message"], "A connection may run 2 operations at once.");
    }
    // One that ends makes room for another, under any id.
    socket.say(json!({"type": "complete", "id": "2"})).await;
    socket.subscribe("3", TYPENAME).await;
    let next = json!({"id": "3", "type": "next", "payload": {"data": {"__typename": "Query"}}});
    assert_eq!(socket.hear().await, next);
    assert_eq!(socket.hear().await, json!({"id": "3", "type": "complete"}));
    // The bound is that of one connection alone.
    let mut other = server.socket(Some("graphql-transport-ws")).await;
    other
        .say(json!({"type": "connection_init", "payload": {"apiKey": key}}))
        .await;
    assert_eq!(other.hear().await["type"], "connection_ack");
    other.subscribe("1", log).await;
    assert_eq!(
        other.hear().await["payload"]["data"],
        json!({"logEvent": {"outcome": "ACCEPTED"}})
    );
    // What ran before goes on.
    socket.subscribe("1", watch).await;
    socket.closes(4409, "Subscriber for 1 already exists").await;
}
