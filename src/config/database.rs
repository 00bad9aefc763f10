//! URLs of databases.

use std::path::Path;

use url::Url;

use super::DatabaseUrl;
use crate::definition::problem::suggestion;

/// Why a URL names no database that can be used.
#[derive(Debug, PartialEq)]
pub struct UrlFault {
    pub message: String,
    pub help: Option<String>,
}

/// Schemes of databases that later versions read.
const LATER: [&str; 4] = ["postgres", "postgresql", "mysql", "mariadb"];

/// Never quotes the URL: it may hold a password.
pub fn parse(url: &str, folder: &Path) -> Result<DatabaseUrl, UrlFault> {
    let fault = |message: String, help: &str| Err(UrlFault { message, help: Some(help.to_owned()) });
    let Some((scheme, path)) = url.split_once(':') else {
        return fault("not a database's URL".to_owned(), "write \"sqlite:PATH\"");
    };
    if LATER.contains(&scheme) {
        return fault(
            format!("{scheme} is not supported by this version"),
            "sources and stores are SQLite: \"sqlite:PATH\"",
        );
    }
    if scheme != "sqlite" {
        let help = suggestion(scheme, ["sqlite"]);
        return Err(UrlFault { message: format!("`{scheme}` is not a kind of database"), help });
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

/// The password of a URL, as it is written and as it is meant.
pub fn passwords(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    url.password().map(|password| vec![password.to_owned(), decoded(password)]).unwrap_or_default()
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

/// `%41` as `A`; what is then no UTF-8 becomes a replacement character.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        match escape {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = Path::new("/etc/shop");
        for (url, path) in [
            ("sqlite:shop.db", "/etc/shop/shop.db"),
            ("sqlite:../x.db", "/etc/shop/../x.db"),
            ("sqlite:/srv/x.db", "/srv/x.db"),
            ("sqlite:///srv/x.db", "/srv/x.db"),
        ] {
            assert_eq!(parse(url, folder), Ok(DatabaseUrl::Sqlite(PathBuf::from(path))), "{url}");
        }
        for url in ["shop.db", "sqlite:", "sqlite://shop.db", "sqlite::memory:", "postgres://h/d", "oracle:x"] {
            assert!(parse(url, folder).is_err(), "{url}");
        }
    }

    #[test]
    fn passwords_are_known_in_both_forms() {
        assert_eq!(passwords("postgres://me:p%40ss%2Bw@host/db"), ["p%40ss%2Bw", "p@ss+w"]);
        assert_eq!(passwords("sqlite:shop.db"), [] as [&str; 0]);
        let text = "url = \"https://a:one@x/y@z\nb = 'ftp://u@h' c = pg://:t:w@o@h \"";
        assert_eq!(passwords_within(text), ["one", "t:w@o"]);
    }
}
