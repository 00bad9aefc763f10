//! The proxy that the environment names for a URL, as other programs read it: `HTTPS_PROXY` or `HTTP_PROXY` by the URL's
//! scheme, else `ALL_PROXY`, but for the hosts in `NO_PROXY`; each in small letters too, which go first.

use ureq::Proxy;
use ureq::http::Uri;

#[derive(Debug)]
pub(super) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
}

impl Proxies {
    pub fn of_environment() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(&name.to_lowercase()).or_else(|| variable(name));
        let exempt = value("NO_PROXY").unwrap_or_default();
        let named = |name: &str| {
            let url = value(name).filter(|url| !url.is_empty())?;
            let proxy = with_exempt(&url, &exempt);
            if proxy.is_none() {
                // Not its value, which may hold a password.
                tracing::warn!(variable = name, "left out: it is not the URL of a proxy");
            }
            proxy
        };
        let http = named("HTTP_PROXY").or_else(|| named("ALL_PROXY"));
        let https = named("HTTPS_PROXY").or_else(|| named("ALL_PROXY"));
        Proxies { http, https }
    }

    /// None for this machine's own loopback, whatever the environment says: no proxy can reach that.
    pub fn of_url(&self, uri: &Uri) -> Option<&Proxy> {
        let proxy = if uri.scheme_str() == Some("https") { &self.https } else { &self.http };
        proxy.as_ref().filter(|proxy| !proxy.is_no_proxy(uri) && !is_loopback(uri))
    }
}

fn with_exempt(url: &str, exempt: &str) -> Option<Proxy> {
    let named = Proxy::new(url).ok()?;
    let mut proxy = Proxy::builder(named.protocol()).host(named.host()).port(named.port());
    if let Some(username) = named.username() {
        proxy = proxy.username(username);
    }
    if let Some(password) = named.password() {
        proxy = proxy.password(password);
    }
    for host in exempt.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        proxy = proxy.no_proxy(host);
    }
    proxy.build().ok()
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_variable() {
        const ALL: (&str, &str) = ("ALL_PROXY", "http://all:1");
        const HTTP: (&str, &str) = ("HTTP_PROXY", "http://plain:2");
        const HTTPS: (&str, &str) = ("HTTPS_PROXY", "me:p%40ss@tls:3");
        for (set, http, https) in [
            (&[][..], None, None),
            (&[HTTP], Some("plain:2"), None),
            (&[HTTPS], None, Some("tls:3")),
            (&[ALL], Some("all:1"), Some("all:1")),
            (&[ALL, HTTPS], Some("all:1"), Some("tls:3")),
            (&[HTTP, ("http_proxy", "small:4")], Some("small:4"), None),
            (&[HTTP, ("http_proxy", "")], None, None),
            (&[HTTP, ("NO_PROXY", "other.example, shop.example")], None, None),
            (&[HTTP, HTTPS, ("no_proxy", "*")], None, None),
            (&[("HTTP_PROXY", "what://is this"), ALL], Some("all:1"), Some("all:1")),
        ] {
            let proxies = Proxies::of(|name| set.iter().find(|(set, _)| *set == name).map(|(_, url)| url.to_string()));
            let of = |url: &'static str| {
                let proxy = proxies.of_url(&Uri::from_static(url))?;
                Some(format!("{}:{}", proxy.host(), proxy.port()))
            };
            assert_eq!(of("http://shop.example/x").as_deref(), http, "{set:?}");
            assert_eq!(of("https://shop.example/x").as_deref(), https, "{set:?}");
            for own in ["http://localhost:80/", "https://127.0.0.1/", "http://[::1]:9200/"] {
                assert_eq!(of(own), None, "{set:?} {own}");
            }
        }
    }

    #[test]
    fn who_asks_is_kept() {
        let proxy = with_exempt("http://me:p%40ss@proxy:3", "").unwrap();
        assert_eq!((proxy.username(), proxy.password()), (Some("me"), Some("p@ss")));
    }
}
