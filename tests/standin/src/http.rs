//! HTTP/1.1 as the SDK's client speaks it: one request after another on a connection that is kept.
//!
//! It knows bodies with a length, chunked bodies and the chunks that S3 signs; nothing of pipelining,
//! compression or HTTP/2.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// Security Hub takes 6 MB in a call; what is larger must still be read to be refused.
const MOST_BODY: usize = 64 << 20;
const MOST_HEAD: usize = 64 << 10;

/// A request that was read completely.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path, percent-encoded as it came.
    pub(crate) path: String,
    pub(crate) query: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is sent back.
#[derive(Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The length to announce where there is no body to go with it (`HEAD`).
    pub(crate) length: Option<usize>,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into(), length: None }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A client's connection.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::with_capacity(64 << 10, stream) })
    }

    /// The next request; `None` once the client has closed the connection.
    pub(crate) fn read(&mut self) -> io::Result<Option<Request>> {
        let mut head = Vec::new();
        loop {
            let before = head.len();
            let read = self.reader.by_ref().take(MOST_HEAD as u64).read_until(b'\n', &mut head)?;
            if read == 0 {
                return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
            if head.len() > MOST_HEAD {
                return Err(broken("head too long"));
            }
            if matches!(head.get(before..), Some(b"\r\n" | b"\n")) {
                break;
            }
        }
        let mut request = parse_head(&head)?;
        if request.header("expect").eq_ignore_ascii_case("100-continue") {
            self.reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = self.body(&request)?;
        if request.header("content-encoding").contains("aws-chunked") || request.header("x-amz-content-sha256").starts_with("STREAMING-") {
            let mut inner = request.body.as_slice();
            request.body = chunks(&mut inner)?;
        }
        Ok(Some(request))
    }

    fn body(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        if request.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
            return chunks(&mut self.reader);
        }
        let length: usize = match request.header("content-length") {
            "" => 0,
            text => text.parse().map_err(|_| broken("content-length is no number"))?,
        };
        if length > MOST_BODY {
            return Err(broken("body too long"));
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(body)
    }

    /// Sends `response`.
    pub(crate) fn write(&mut self, response: &Response) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status)).into_bytes();
        for (name, value) in &response.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let length = response.length.unwrap_or(response.body.len());
        bytes.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
        bytes.extend_from_slice(&response.body);
        self.reader.get_mut().write_all(&bytes)
    }
}

fn parse_head(head: &[u8]) -> io::Result<Request> {
    let mut headers = [httparse::EMPTY_HEADER; 96];
    let mut parsed = httparse::Request::new(&mut headers);
    if !parsed.parse(head).is_ok_and(|status| status.is_complete()) {
        return Err(broken("not an HTTP request"));
    }
    let (path, query) = parsed.path.unwrap_or_default().split_once('?').unwrap_or((parsed.path.unwrap_or_default(), ""));
    let headers = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned()))
        .collect();
    Ok(Request { method: parsed.method.unwrap_or_default().into(), path: path.into(), query: query.into(), headers, body: Vec::new() })
}

/// Chunked coding, with or without extensions (`;chunk-signature=…`) and trailers.
fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken("chunk size is no number"))?;
        if body.len() + size > MOST_BODY {
            return Err(broken("body too long"));
        }
        if size == 0 {
            // Trailers end with an empty line.
            while reader.read_line(&mut line)? > 2 {}
            return Ok(body);
        }
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(body.get_mut(start..).unwrap_or_default())?;
        reader.read_line(&mut line)?;
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        412 => "Precondition Failed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
