//! The messages of `graphql-transport-ws`.

use actix_ws::CloseReason;
use async_graphql::Value;
use serde::{Deserialize, Serialize};

use super::request::Operation;

/// The sub-protocol's name.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// What a client says.
pub(super) enum ClientMessage {
    /// `connection_init`, with an object or null.
    Init(Value),
    Ping(Option<Value>),
    Pong,
    Subscribe {
        id: String,
        operation: Operation,
    },
    Complete {
        id: String,
    },
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    payload: Option<Value>,
}

impl ClientMessage {
    /// Reads a text frame; `None` when it is no message that a client may send.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Wire { kind, id, payload } = serde_json::from_str(text).ok()?;
        let is_object = matches!(payload, None | Some(Value::Object(_)));
        let id = id.filter(|id| !id.is_empty());
        match kind.as_str() {
            "connection_init" if is_object => Some(Self::Init(payload.unwrap_or_default())),
            "ping" if is_object => Some(Self::Ping(payload)),
            "pong" if is_object => Some(Self::Pong),
            "subscribe" => Some(Self::Subscribe {
                id: id?,
                operation: Operation::from_value(payload?)?,
            }),
            "complete" => Some(Self::Complete { id: id? }),
            _ => None,
        }
    }
}

/// What the server says.
#[derive(Serialize)]
pub(super) struct ServerMessage<'a, P> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

impl<'a, P: Serialize> ServerMessage<'a, P> {
    /// A message of the connection.
    pub(super) fn of_connection(kind: &'static str, payload: Option<P>) -> Self {
        Self {
            id: None,
            kind,
            payload,
        }
    }

    /// A message of one operation.
    pub(super) fn of_operation(id: &'a str, kind: &'static str, payload: Option<P>) -> Self {
        Self {
            id: Some(id),
            kind,
            payload,
        }
    }

    /// The text frame.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why the server ends a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closing {
    /// The client left, or cannot be reached: there is nobody to tell.
    Gone,
    /// The client closed and waits for the echo.
    Answered(Option<u16>),
    GoingAway,
    ProtocolError,
    NotText,
    TooBig,
    InvalidMessage,
    Unauthorized,
    Forbidden,
    Subprotocol,
    InitTimeout,
    SubscriberExists(String),
    TooManyInits,
    Internal(String),
}

impl Closing {
    /// The close frame; `None` where none is to be sent.
    pub(super) fn reason(&self) -> Option<CloseReason> {
        let (code, text): (u16, &str) = match self {
            Self::Gone => return None,
            Self::Answered(code) => (code.unwrap_or(1000), ""),
            Self::GoingAway => (1001, "Going away"),
            Self::ProtocolError => (1002, "Protocol error"),
            Self::NotText => (1007, "Text is not UTF-8"),
            Self::TooBig => (1009, "Message too big"),
            Self::InvalidMessage => (4400, "Invalid message received"),
            Self::Unauthorized => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::Subprotocol => (4406, "Subprotocol not acceptable"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::SubscriberExists(id) => {
                return Some((4409_u16.into(), format!("Subscriber for {id} already exists")).into());
            }
            Self::TooManyInits => (4429, "Too many initialisation requests"),
            Self::Internal(message) => (4500, message),
        };
        Some((code.into(), text).into())
    }
}
