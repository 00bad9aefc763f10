//! The source's URL as it is written into feedmill.toml: without its password, and with a path that means the same there.

use std::path::Path;

/// The environment variable that a password becomes.
pub const PASSWORD_VARIABLE: &str = "FEEDMILL_SOURCE_PASSWORD";

/// A URL for the file, and the password that stands in the environment from now on.
#[derive(Debug, PartialEq)]
pub struct Address {
    pub url: String,
    /// As it stood in the URL.
    pub password: Option<String>,
}

impl Address {
    /// `given` on the command line in the working directory `here`, for a configuration in `folder`; both absolute.
    pub fn of(given: &str, here: &Path, folder: &Path) -> Address {
        if let Some(path) = given.strip_prefix("sqlite:") {
            return Address { url: format!("sqlite:{}", sqlite_path(path, here, folder)), password: None };
        }
        let mut url = given.to_owned();
        let mut password = None;
        // From the back, so that the places of the first stay what they are.
        for place in [option(given), userinfo(given)].into_iter().flatten() {
            let secret = &given[place.clone()];
            // Written as a reference already, or empty: nothing that a file may not show.
            if secret.is_empty() || secret.starts_with("${") {
                continue;
            }
            password = Some(secret.to_owned());
            url.replace_range(place, &format!("${{{PASSWORD_VARIABLE}}}"));
        }
        Address { url, password }
    }
}

/// Paths of the command line are relative to the working directory, those of the file to its folder.
fn sqlite_path(path: &str, here: &Path, folder: &Path) -> String {
    let escaped = |path: &Path| path.to_string_lossy().replace("${", "$${");
    let bare = path.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    if here == folder || bare.trim().is_empty() || Path::new(bare).is_absolute() {
        return escaped(Path::new(path));
    }
    let absolute = here.join(bare);
    escaped(absolute.strip_prefix(folder).unwrap_or(&absolute))
}

/// Where the password stands in `scheme://user:password@host`.
fn userinfo(url: &str) -> Option<std::ops::Range<usize>> {
    let start = url.find("://")? + 3;
    let end = start + url[start..].find(['/', '?', '#']).unwrap_or(url.len() - start);
    let at = start + url[start..end].rfind('@')?;
    let colon = start + url[start..at].find(':')?;
    Some(colon + 1..at)
}

/// Where the password stands in `?password=...`.
fn option(url: &str) -> Option<std::ops::Range<usize>> {
    let query = url.find('?')? + 1;
    let starts = std::iter::once(query).chain(url[query..].match_indices('&').map(|(at, _)| query + at + 1));
    let start = starts.map(|start| (start, &url[start..])).find(|(_, rest)| rest.starts_with("password="))?.0;
    let start = start + "password=".len();
    let end = start + url[start..].find(['&', '#']).unwrap_or(url.len() - start);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_become_a_reference() {
        let reference = format!("${{{PASSWORD_VARIABLE}}}");
        for (given, written, password) in [
            ("postgres://me:p%40ss@host/shop", "postgres://me:SECRET@host/shop", Some("p%40ss")),
            ("mysql://me:p@ss:w@host:3306/shop?x=y", "mysql://me:SECRET@host:3306/shop?x=y", Some("p@ss:w")),
            (
                "postgres://me@host/shop?a=b&password=xy&c=d",
                "postgres://me@host/shop?a=b&password=SECRET&c=d",
                Some("xy"),
            ),
            ("postgres://me@host/shop", "postgres://me@host/shop", None),
            ("postgres://me:@host/shop", "postgres://me:@host/shop", None),
            ("postgres://host/shop?user=me:x@y", "postgres://host/shop?user=me:x@y", None),
            ("postgres://me:${PG}@host/shop", "postgres://me:${PG}@host/shop", None),
            ("nonsense", "nonsense", None),
        ] {
            let address = Address::of(given, Path::new("/here"), Path::new("/here"));
            assert_eq!(address.url, written.replace("SECRET", &reference), "{given}");
            assert_eq!(address.password.as_deref(), password, "{given}");
        }
    }

    #[test]
    fn paths_mean_the_same_file() {
        for (given, folder, written) in [
            ("sqlite:shop.db", "/here", "sqlite:shop.db"),
            ("sqlite:../shop.db", "/here", "sqlite:../shop.db"),
            ("sqlite:data/shop.db", "/here/data", "sqlite:shop.db"),
            ("sqlite:shop.db", "/there", "sqlite:/here/shop.db"),
            ("sqlite:/srv/shop.db", "/there", "sqlite:/srv/shop.db"),
            ("sqlite:///srv/shop.db", "/there", "sqlite:///srv/shop.db"),
            ("sqlite:a${b}.db", "/here", "sqlite:a$${b}.db"),
        ] {
            let address = Address::of(given, Path::new("/here"), Path::new(folder));
            assert_eq!(address, Address { url: written.to_owned(), password: None }, "{given}");
        }
    }
}
