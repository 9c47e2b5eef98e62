//! A caller that costs next to nothing, as it shares two cores with the server: one connection, HTTP/1.1, bodies
//! that are put together from prepared parts, and of an answer only its status, length and body.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Result, server::Server};

/// No answer may take longer.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// One connection, kept alive.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    /// The head of a POST up to the length of its body.
    head: Vec<u8>,
    key: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(server: &Server, key: &str) -> Result<Self> {
        Self::connect_to(server, key, "/graphql", "Authorization: Bearer KEY").await
    }

    /// Connects to a path that is shown the key by a header, in which it is written `KEY`, or `BASIC` for the name of
    /// basic authentication.
    pub(crate) async fn connect_to(server: &Server, key: &str, path: &str, header: &str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).await?;
        stream.set_nodelay(true)?;
        let basic = BASE64_STANDARD.encode(format!("{key}:"));
        let header = header.replace("KEY", key).replace("BASIC", &basic);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\nContent-Type: application/json\r\nContent-Length: "
        );
        Ok(Self {
            stream,
            head: head.into_bytes(),
            key: key.to_owned(),
            request: Vec::new(),
            answer: Vec::with_capacity(16 << 10),
        })
    }

    /// Sends a body made of parts and returns the body of the answer, whose status must be one of success.
    pub(crate) async fn post(&mut self, parts: &[&[u8]]) -> Result<&[u8]> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.request.clear();
        self.request.extend_from_slice(&self.head);
        self.request.extend_from_slice(length.to_string().as_bytes());
        self.request.extend_from_slice(b"\r\n\r\n");
        for part in parts {
            self.request.extend_from_slice(part);
        }
        self.exchange().await
    }

    /// The text at a path such as `/metrics`.
    pub(crate) async fn get(&mut self, path: &str) -> Result<String> {
        let key = &self.key;
        let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n");
        self.request = head.into_bytes();
        Ok(String::from_utf8(self.exchange().await?.to_vec())?)
    }

    /// Runs a GraphQL operation and returns its data.
    pub(crate) async fn ask(&mut self, query: &str, variables: &Value) -> Result<Value> {
        let body = json!({"query": query, "variables": variables}).to_string();
        let answer = self.post(&[body.as_bytes()]).await?;
        data(answer)
    }

    async fn exchange(&mut self) -> Result<&[u8]> {
        match tokio::time::timeout(ANSWER_LIMIT, self.exchange_all()).await {
            Ok(body) => Ok(&self.answer[body?..]),
            Err(_) => Err(format!("no answer within {} s", ANSWER_LIMIT.as_secs()).into()),
        }
    }

    /// Sends what is in `request` and reads to the end of the answer; says where its body begins.
    async fn exchange_all(&mut self) -> Result<usize> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let (body, length) = loop {
            self.read().await?;
            if let Some(at) = find(&self.answer, b"\r\n\r\n") {
                break (at + 4, content_length(&self.answer[..at])?);
            }
        };
        while self.answer.len() < body + length {
            self.read().await?;
        }
        if self.answer.starts_with(b"HTTP/1.1 2") {
            return Ok(body);
        }
        Err(start(&self.answer).into())
    }

    async fn read(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.answer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

/// The data of an answer without errors.
pub(crate) fn data(answer: &[u8]) -> Result<Value> {
    let mut body: Value = serde_json::from_slice(answer)?;
    match body["errors"].is_null() {
        true => Ok(body["data"].take()),
        false => Err(start(answer).into()),
    }
}

/// As much of an answer as a person reads.
pub(crate) fn start(answer: &[u8]) -> String {
    String::from_utf8_lossy(&answer[..answer.len().min(600)]).into_owned()
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = length.ok_or("an answer does not tell its length")?;
    Ok(length.trim().parse()?)
}

pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
