//! A server that the environment names, as `tests/servers` starts them. Without it a test fails; it never passes for want
//! of one.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use ureq::Agent;
use ureq::http::Request;
use url::Url;

/// The URL of `FEEDMILL_TEST_NAME_URL`.
pub fn named(name: &str) -> Url {
    let variable = format!("FEEDMILL_TEST_{name}_URL");
    let url = std::env::var(&variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run tests/run, or start servers with: eval \"$(tests/servers start)\"")
    });
    Url::parse(&url).unwrap_or_else(|error| panic!("{variable}: {error}"))
}

/// A server that is spoken to over HTTP.
pub struct HttpServer {
    url: Url,
    headers: Vec<(&'static str, String)>,
    agent: Agent,
}

impl HttpServer {
    pub fn named(name: &str) -> HttpServer {
        let mut url = named(name);
        let mut headers = Vec::new();
        if !url.username().is_empty() {
            let user = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            headers.push(("authorization", format!("Basic {}", BASE64_STANDARD.encode(user))));
        }
        url.set_path("");
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        HttpServer { url, headers, agent: settings.into() }
    }

    /// With another header in each request.
    pub fn with_header(mut self, name: &'static str, value: &str) -> HttpServer {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Status and body of the answer. `place` is a path with a query.
    #[track_caller]
    pub fn ask(&self, method: &str, place: &str, body: &str) -> (u16, String) {
        let url = self.url.join(place).unwrap_or_else(|error| panic!("{place}: {error}"));
        let mut request =
            Request::builder().method(method).uri(url.as_str()).header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).unwrap_or_else(|error| panic!("{method} {place}: {error}"));
        let answer = self.agent.run(request).unwrap_or_else(|error| panic!("{method} {place}: {error}"));
        let status = answer.status().as_u16();
        let body = answer.into_body().into_with_config().limit(u64::MAX).read_to_string();
        (status, body.unwrap_or_else(|error| panic!("{method} {place}: {error}")))
    }

    /// The body of an answer that says yes.
    #[track_caller]
    pub fn get(&self, method: &str, place: &str, body: &str) -> String {
        let (status, answer) = self.ask(method, place, body);
        assert!((200..300).contains(&status), "{method} {place}: {status} {answer}");
        answer
    }
}

/// A name for a database, a feed or whatever a server keeps: no other process, and no other machine that uses the server,
/// takes it too. Feeds may have no longer one.
pub fn unused_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("feedmill_test_{:x}_{:x}_{count}", since.as_nanos(), std::process::id())
}
