//! A consumer in a process of its own for the yardstick: reads each request to its end, and answers 200.
//!
//! `receiver [DELAY_MS]` prints its address, and ends with its standard input. It looks at nothing: what a receiver does
//! with the items is not the sender's time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Of a connection: a few requests' worth would be no faster.
const BUFFER_BYTES: usize = 256 << 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let delay = Duration::from_millis(std::env::args().nth(1).map_or(Ok(0), |text| text.parse())?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A sender that hangs up ends its connection's thread, nothing else.
            thread::spawn(move || serve(stream, delay));
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn serve(mut stream: TcpStream, delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, stream.try_clone()?);
    while let Some(length) = content_length(&mut reader)? {
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        thread::sleep(delay);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
    }
    Ok(())
}

/// Reads a request's head; `None` when there is no further request.
fn content_length(reader: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let header = line.trim_end();
        if header.is_empty() {
            return Ok(Some(length));
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
}
