//! As much HTTP/1.1 as the parts of the bench speak to each other: requests with a length, answers
//! with a length, in chunks or until the connection closes. It knows no TLS and no streaming.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A request as it stood on the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// Headers in their order, looked up without regard to case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl Headers {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn without(&self, names: &[&str]) -> impl Iterator<Item = &(String, String)> {
        self.0.iter().filter(move |(known, _)| !names.iter().any(|name| known.eq_ignore_ascii_case(name)))
    }
}

impl Response {
    pub(crate) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Headers(vec![("Content-Type".into(), kind.into())]), body: body.into() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.0.push((name.into(), value.into()));
        self
    }
}

/// Serves `answer` on a free port of the loopback interface until the process ends.
pub(crate) fn serve(answer: impl Fn(Request) -> Response + Send + Sync + 'static) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A peer that goes away in the middle of something has ended its own business only.
            thread::spawn(move || converse(stream, answer.as_ref()).ok());
        }
    });
    Ok(address)
}

fn converse(stream: TcpStream, answer: &(impl Fn(Request) -> Response + ?Sized)) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    while let Some(request) = read_request(&mut input)? {
        let head = request.method == "HEAD";
        let close = request.headers.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let response = answer(request);
        let mut text = format!("HTTP/1.1 {} -\r\n", response.status);
        let dropped: &[&str] =
            if head { &["connection", "transfer-encoding"] } else { &["connection", "transfer-encoding", "content-length"] };
        for (name, value) in response.headers.without(dropped) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !head {
            text.push_str(&format!("Content-Length: {}\r\n", response.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if !head {
            bytes.extend(response.body);
        }
        out.write_all(&bytes)?;
        if close {
            break;
        }
    }
    Ok(())
}

/// Sends `request` to `address` on a connection of its own.
pub(crate) fn call(address: SocketAddr, request: &Request) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in request.headers.without(&["connection", "content-length", "transfer-encoding", "expect"]) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if request.headers.get("host").is_none() {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", request.body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend(&request.body);
    stream.write_all(&bytes)?;
    read_response(&mut BufReader::new(stream), request.method == "HEAD")
}

fn read_request(input: &mut impl BufRead) -> io::Result<Option<Request>> {
    let Some(line) = read_line(input)? else { return Ok(None) };
    let mut words = line.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Err(malformed("request line")) };
    let headers = read_headers(input)?;
    let body = if chunked(&headers) { read_chunks(input)? } else { read_exactly(input, length(&headers)?.unwrap_or(0))? };
    Ok(Some(Request { method, path, headers, body }))
}

fn read_response(input: &mut impl BufRead, head: bool) -> io::Result<Response> {
    let line = read_line(input)?.ok_or_else(|| malformed("status line"))?;
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(|| malformed("status line"))?;
    let headers = read_headers(input)?;
    let body = if head || status == 204 || status == 304 {
        Vec::new()
    } else if chunked(&headers) {
        read_chunks(input)?
    } else if let Some(length) = length(&headers)? {
        read_exactly(input, length)?
    } else {
        let mut body = Vec::new();
        input.read_to_end(&mut body)?;
        body
    };
    Ok(Response { status, headers, body })
}

/// The next line without its end; `None` where the peer has closed the connection.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}

fn read_headers(input: &mut impl BufRead) -> io::Result<Headers> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(input)?.ok_or_else(|| malformed("headers"))?;
        if line.is_empty() {
            return Ok(Headers(headers));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
}

fn chunked(headers: &Headers) -> bool {
    headers.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
}

fn length(headers: &Headers) -> io::Result<Option<usize>> {
    headers.get("content-length").map(|value| value.parse().map_err(|_| malformed("length"))).transpose()
}

fn read_exactly(input: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(input)?.ok_or_else(|| malformed("chunk"))?;
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16).map_err(|_| malformed("chunk"))?;
        body.extend(read_exactly(input, size)?);
        read_line(input)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}"))
}
