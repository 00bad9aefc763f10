//! As much of HTTP/1.1 as a client under test may use: heads, bodies by length or in chunks, gzip.

use std::io::{BufRead, Read, Result, Write};

pub struct Head {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn is(&self, name: &str, wanted: &str) -> bool {
        self.header(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    }

    pub fn closes(&self) -> bool {
        self.is("connection", "close")
    }
}

/// The next request's head; None when the client has hung up.
pub fn read_head(stream: &mut impl BufRead) -> Result<Option<Head>> {
    let Some(line) = read_line(stream)? else { return Ok(None) };
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, path) = (word(), word());
    let mut headers = Vec::new();
    while let Some(line) = read_line(stream)? {
        if line.is_empty() {
            return Ok(Some(Head { method, path, headers }));
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(None)
}

fn read_line(stream: &mut impl BufRead) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned()))
}

/// The body as sent; None when the client hung up within it.
pub fn read_body(stream: &mut impl BufRead, head: &Head, answer: &mut impl Write) -> Result<Option<Vec<u8>>> {
    if head.is("expect", "100-continue") {
        answer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    if head.is("transfer-encoding", "chunked") {
        return read_chunks(stream);
    }
    let length = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    read_exactly(stream, length)
}

fn read_exactly(stream: &mut impl BufRead, length: usize) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    stream.take(length as u64).read_to_end(&mut body)?;
    Ok((body.len() == length).then_some(body))
}

fn read_chunks(stream: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(line) = read_line(stream)? {
        let Ok(length) = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16) else { break };
        let Some(chunk) = read_exactly(stream, length)? else { break };
        body.extend(chunk);
        if read_line(stream)?.is_none() {
            break;
        }
        if length == 0 {
            return Ok(Some(body));
        }
    }
    Ok(None)
}

/// The body as meant, by the Content-Encoding.
pub fn decode(head: &Head, body: Vec<u8>) -> std::result::Result<Vec<u8>, String> {
    match head.header("content-encoding") {
        None | Some("identity") => Ok(body),
        Some("gzip") => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(body.as_slice())
                .read_to_end(&mut plain)
                .map_err(|error| format!("the body is no gzip: {error}"))?;
            Ok(plain)
        }
        Some(other) => Err(format!("content-encoding {other} is unknown")),
    }
}

/// An answer's head and body.
pub fn answer(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status} Scripted\r\n");
    // These have no body, so no length either.
    let bodiless = status == 204 || status == 304;
    let length = [("Content-Length".to_owned(), body.len().to_string())];
    let ours = length.iter().filter(|_| !bodiless && !headers.iter().any(|(name, _)| name == "Content-Length"));
    for (name, value) in ours.chain(headers) {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str("\r\n");
    let mut answer = answer.into_bytes();
    if !bodiless {
        answer.extend(body);
    }
    answer
}
