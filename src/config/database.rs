//! URLs of databases.

use std::path::Path;

use percent_encoding::percent_decode_str;
use url::Url;

use super::DatabaseUrl;
use super::server::{self, Beside, Server};
use crate::definition::problem::suggestion;

/// Why a URL names no database that can be used.
#[derive(Debug, PartialEq)]
pub struct UrlFault {
    pub message: String,
    pub help: Option<String>,
}

/// Never quotes the URL: it may hold a password.
pub fn parse(url: &str, folder: &Path, beside: &Beside) -> Result<DatabaseUrl, UrlFault> {
    let fault = |message: String, help: &str| Err(UrlFault { message, help: Some(help.to_owned()) });
    let Some((scheme, path)) = url.split_once(':') else {
        return fault("not a database's URL".to_owned(), "write \"sqlite:PATH\" or \"postgres://...\"");
    };
    if let Some(server) = Server::of_scheme(scheme) {
        let url = server::parse(server, url, folder, beside)?;
        return Ok(match server {
            Server::Postgres => DatabaseUrl::Postgres(url),
            Server::MySql => DatabaseUrl::MySql(url),
        });
    }
    if scheme != "sqlite" {
        let help = suggestion(scheme, ["sqlite", "postgres", "mysql"]);
        return Err(UrlFault { message: format!("`{scheme}` is not a kind of database"), help });
    }
    if beside.password.is_some() || beside.ca_file.is_some() {
        let help = "leave out `password`, `password_file` and `ca_file`";
        return fault("an SQLite file has neither password nor certificate".to_owned(), help);
    }
    if path.trim().is_empty() {
        return fault("the path is missing".to_owned(), "write \"sqlite:PATH\"");
    }
    if path.starts_with(":memory:") || path.starts_with("file:") {
        return fault("not a path".to_owned(), "a database lives in a file: \"sqlite:PATH\"");
    }
    match path.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => fault(
            "the path of a file does not start with `//`".to_owned(),
            "write \"sqlite:PATH\", relative to this file or absolute",
        ),
        Some(rest) => Ok(DatabaseUrl::Sqlite(rest.into())),
        None => Ok(DatabaseUrl::Sqlite(folder.join(path))),
    }
}

/// The passwords of a URL, as they are written and as they are meant.
pub fn passwords(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    let options = url.query().unwrap_or_default().split('&').filter_map(|pair| pair.strip_prefix("password="));
    let written = url.password().into_iter().chain(options);
    written.flat_map(|text| [text.to_owned(), percent_decode_str(text).decode_utf8_lossy().into_owned()]).collect()
}

/// The passwords of all URLs in a text.
pub fn passwords_within(text: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '/' | '?' | '#');
    text.split("://")
        .skip(1)
        .filter_map(|after| {
            let authority = after.split(ends).next()?;
            let (user, _) = authority.rsplit_once('@')?;
            user.split_once(':').map(|(_, password)| password.to_owned())
        })
        .filter(|password| !password.starts_with("${"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::Secret;

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = Path::new("/etc/shop");
        for (url, path) in [
            ("sqlite:shop.db", "/etc/shop/shop.db"),
            ("sqlite:../x.db", "/etc/shop/../x.db"),
            ("sqlite:/srv/x.db", "/srv/x.db"),
            ("sqlite:///srv/x.db", "/srv/x.db"),
        ] {
            let parsed = parse(url, folder, &Beside::default());
            assert_eq!(parsed, Ok(DatabaseUrl::Sqlite(PathBuf::from(path))), "{url}");
        }
        for url in ["shop.db", "sqlite:", "sqlite://shop.db", "sqlite::memory:", "postgres://h", "oracle:x"] {
            assert!(parse(url, folder, &Beside::default()).is_err(), "{url}");
        }
        let beside = Beside { password: Some(Secret::new("x")), ca_file: None };
        assert!(parse("sqlite:x.db", folder, &beside).is_err());
    }

    #[test]
    fn passwords_are_known_in_both_forms() {
        assert_eq!(passwords("postgres://me:p%40ss%2Bw@host/db"), ["p%40ss%2Bw", "p@ss+w"]);
        assert_eq!(passwords("mysql://me@host/db?password=a%2Fb&x=y"), ["a%2Fb", "a/b"]);
        assert_eq!(passwords("sqlite:shop.db"), [] as [&str; 0]);
        let text = "url = \"https://a:one@x/y@z\nb = 'ftp://u@h' c = pg://:t:w@o@h \"";
        assert_eq!(passwords_within(text), ["one", "t:w@o"]);
    }
}
