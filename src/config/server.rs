//! URLs of database servers: `postgres://`, `postgresql://`, `mysql://`, `mariadb://`.
//!
//! Options are libpq's, with MySQL's words beside them. As with libpq, `sslmode` is `prefer` where nothing is said: TLS
//! where the server offers it, nobody's certificate checked, plain text otherwise; `require` does not check either. Unlike
//! libpq, who names a root certificate gets it used: then `verify-full` is the default, `require` means `verify-ca`, and
//! the modes that would pass over the certificate are refused. Without a root certificate the `verify` modes go by the
//! system's.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use super::Secret;
use super::database::UrlFault;
use crate::definition::problem::suggestion;

/// Where a database is on a server, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    pub host: Host,
    pub port: u16,
    /// None: the name of the operating system's user.
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub database: String,
    pub tls: TlsMode,
    /// A root certificate in PEM form instead of the system's; only where the mode verifies.
    pub ca_file: Option<PathBuf>,
    pub connect_timeout: Duration,
    pub(crate) location: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name or address.
    Name(String),
    /// PostgreSQL: the folder that the socket lies in. MySQL: the socket.
    Socket(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    Disable,
    /// TLS where the server has it, with any certificate.
    Prefer,
    /// TLS with any certificate.
    Require,
    /// A certificate that the roots vouch for, of whatever name.
    VerifyCa,
    /// A certificate that the roots vouch for, of the host that was asked for.
    VerifyFull,
}

/// What the configuration says beside the URL.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    pub password: Option<Secret>,
    pub ca_file: Option<PathBuf>,
}

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Postgres,
    MySql,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// In seconds; longer waits are a slip of the hand.
const LONGEST_CONNECT_TIMEOUT: u64 = 600;

const MODES: [(&str, TlsMode); 9] = [
    ("disable", TlsMode::Disable),
    ("prefer", TlsMode::Prefer),
    ("require", TlsMode::Require),
    ("verify-ca", TlsMode::VerifyCa),
    ("verify-full", TlsMode::VerifyFull),
    ("disabled", TlsMode::Disable),
    ("preferred", TlsMode::Prefer),
    ("required", TlsMode::Require),
    ("verify-identity", TlsMode::VerifyFull),
];

impl Server {
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "postgres" | "postgresql" => Some(Server::Postgres),
            "mysql" | "mariadb" => Some(Server::MySql),
            _ => None,
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Server::Postgres => "postgres",
            Server::MySql => "mysql",
        }
    }

    fn port(self) -> u16 {
        match self {
            Server::Postgres => 5432,
            Server::MySql => 3306,
        }
    }

    /// The options of a URL, by the names that are shown.
    fn options(self) -> &'static [&'static str] {
        match self {
            Server::Postgres => {
                &["sslmode", "sslrootcert", "connect_timeout", "host", "port", "user", "password", "dbname"]
            }
            Server::MySql => &["ssl-mode", "ssl-ca", "connect-timeout", "socket", "user", "password"],
        }
    }

    fn form(self) -> String {
        let option = match self {
            Server::Postgres => "host=/FOLDER",
            Server::MySql => "socket=/FILE",
        };
        let scheme = self.scheme();
        format!("write \"{scheme}://USER:PASSWORD@HOST/DATABASE\", or \"{scheme}:///DATABASE?{option}\" for a socket")
    }
}

impl ServerUrl {
    /// For people: without user, password and options.
    pub fn location(&self) -> &str {
        &self.location
    }
}

/// What a URL's options say.
#[derive(Default)]
struct Options {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    mode: Option<TlsMode>,
    /// Of `sslrootcert`; `system` are the system's.
    roots: Option<String>,
    connect_timeout: Option<Duration>,
}

/// Never quotes the URL: it may hold a password.
pub fn parse(server: Server, text: &str, folder: &Path, beside: &Beside) -> Result<ServerUrl, UrlFault> {
    let fault = |message: &str, help: &str| UrlFault { message: message.to_owned(), help: Some(help.to_owned()) };
    let of_form = |message: &str| fault(message, &server.form());
    let url = Url::parse(text).map_err(|error| {
        let escape = "`/`, `?`, `#`, `@` and `%` of a user or password are written `%2F`, `%3F`, `%23`, `%40`, `%25`, \
                      or the password stands in `password_file`";
        fault(&format!("not a database's URL: {error}"), &format!("{}; {escape}", server.form()))
    })?;
    if url.cannot_be_a_base() {
        return Err(of_form("not a database's URL: `//` is missing"));
    }
    let options = options(server, url.query().unwrap_or_default())?;

    let of_url = decoded(url.path().strip_prefix('/').unwrap_or(url.path()), "database's name")?;
    if of_url.contains('/') && !url.path().contains('%') {
        return Err(of_form("the name of a database does not have several parts"));
    }
    let database = if of_url.is_empty() { options.database } else { Some(of_url.into_owned()) };
    let database = database.filter(|name| !name.is_empty()).ok_or_else(|| of_form("the database's name is missing"))?;

    let written = url.host_str().unwrap_or_default();
    let of_url = decoded(written.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(written), "host")?;
    let host = options.host.unwrap_or(of_url.into_owned());
    if host.contains(',') {
        return Err(fault("several hosts", "name one host"));
    }
    if host.is_empty() {
        return Err(of_form("the host is missing"));
    }
    let port = options.port.or(url.port()).unwrap_or(server.port());
    let host = if host.starts_with('/') { Host::Socket(host.into()) } else { Host::Name(host) };

    let user = Some(decoded(url.username(), "user")?.into_owned()).filter(|user| !user.is_empty()).or(options.user);
    let password = match url.password() {
        Some(password) => Some(decoded(password, "password")?.into_owned()),
        None => options.password,
    };
    let password = match (password.map(Secret::new), &beside.password) {
        (Some(_), Some(_)) => return Err(fault("the password is given twice", "leave it out of the URL")),
        (password, beside) => password.or_else(|| beside.clone()),
    };

    let (ca_file, has_roots) = match (options.roots.as_deref(), &beside.ca_file) {
        (Some(_), Some(_)) => {
            return Err(fault("the root certificate is given twice", "leave it out of the URL"));
        }
        (Some("system"), None) => (None, true),
        (Some(file), None) => (Some(folder.join(file)), true),
        (None, ca_file) => (ca_file.clone(), ca_file.is_some()),
    };
    let tls = match options.mode {
        None if has_roots => TlsMode::VerifyFull,
        None => TlsMode::Prefer,
        Some(TlsMode::Require) if has_roots => TlsMode::VerifyCa,
        Some(TlsMode::Disable | TlsMode::Prefer) if has_roots => {
            let help = "leave the certificate out, or write `sslmode=verify-full`";
            return Err(fault("a root certificate that this `sslmode` does not check", help));
        }
        Some(mode) => mode,
    };
    let location = location(server, &host, port, &database);
    let connect_timeout = options.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    Ok(ServerUrl { host, port, user, password, database, tls, ca_file, connect_timeout, location })
}

fn location(server: Server, host: &Host, port: u16, database: &str) -> String {
    let scheme = server.scheme();
    let port = if port == server.port() { String::new() } else { format!(":{port}") };
    match host {
        Host::Name(name) if name.contains(':') => format!("{scheme}://[{name}]{port}/{database}"),
        Host::Name(name) => format!("{scheme}://{name}{port}/{database}"),
        Host::Socket(path) => format!("{scheme}:///{database} at {}", path.display()),
    }
}

fn options(server: Server, query: &str) -> Result<Options, UrlFault> {
    let mut options = Options::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value, "option's value")?.into_owned();
        let fault = |message: &str, help: String| Err(UrlFault { message: message.to_owned(), help: Some(help) });
        match (name, server) {
            ("sslmode" | "ssl-mode" | "ssl_mode", _) => {
                let word = value.to_ascii_lowercase().replace('_', "-");
                let Some((_, mode)) = MODES.into_iter().find(|(known, _)| *known == word) else {
                    let help = "known: disable, prefer, require, verify-ca, verify-full";
                    return fault(&format!("`{name}` has an unknown value"), help.to_owned());
                };
                options.mode = Some(mode);
            }
            ("sslrootcert" | "ssl-ca" | "ssl_ca", _) => options.roots = Some(value),
            ("connect_timeout" | "connect-timeout", _) => match value.parse() {
                Ok(seconds @ 1..=LONGEST_CONNECT_TIMEOUT) => {
                    options.connect_timeout = Some(Duration::from_secs(seconds));
                }
                _ => {
                    let help = format!("write a number of seconds from 1 to {LONGEST_CONNECT_TIMEOUT}");
                    return fault(&format!("`{name}` is no time to wait"), help);
                }
            },
            ("host", Server::Postgres) => options.host = Some(value),
            ("socket", Server::MySql) => {
                if !value.starts_with('/') {
                    return fault("`socket` is no path", "write the whole path of the socket".to_owned());
                }
                options.host = Some(value);
            }
            ("port", Server::Postgres) => match value.parse() {
                Ok(port @ 1..) => options.port = Some(port),
                _ => return fault("`port` is no port", "write a number from 1 to 65535".to_owned()),
            },
            ("user", _) => options.user = Some(value),
            ("password", _) => options.password = Some(value),
            ("dbname", Server::Postgres) => options.database = Some(value),
            _ => {
                let known = server.options();
                let help = suggestion(name, known.iter().copied());
                return Err(UrlFault { message: format!("`{name}` is not an option of the URL"), help });
            }
        }
    }
    Ok(options)
}

fn decoded<'t>(text: &'t str, what: &str) -> Result<Cow<'t, str>, UrlFault> {
    percent_decode_str(text).decode_utf8().map_err(|_| UrlFault {
        message: format!("the {what} is not UTF-8"),
        help: Some("write its bytes in UTF-8, those beyond ASCII as `%` and two digits".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<ServerUrl, UrlFault> {
        parsed_beside(text, &Beside::default())
    }

    fn parsed_beside(text: &str, beside: &Beside) -> Result<ServerUrl, UrlFault> {
        let (scheme, _) = text.split_once(':').unwrap();
        parse(Server::of_scheme(scheme).unwrap(), text, Path::new("/etc/shop"), beside)
    }

    #[test]
    fn a_url_in_its_parts() {
        let url = parsed("postgresql://m%40x:p%2Fw%3A@db.example:6543/my%20shop?sslmode=require&connect_timeout=3");
        let url = url.unwrap();
        assert_eq!(url.host, Host::Name("db.example".into()));
        assert_eq!((url.port, url.database.as_str(), url.user.as_deref()), (6543, "my shop", Some("m@x")));
        assert_eq!(url.password.as_ref().map(Secret::expose), Some("p/w:"));
        assert_eq!((url.tls, url.connect_timeout), (TlsMode::Require, Duration::from_secs(3)));
        assert_eq!(url.location(), "postgres://db.example:6543/my shop");
        assert!(!format!("{url:?}").contains("p/w"), "{url:?}");

        let url = parsed("mariadb://root@[::1]/shop").unwrap();
        assert_eq!((url.host.clone(), url.port), (Host::Name("::1".into()), 3306));
        assert_eq!((url.password.clone(), url.tls), (None, TlsMode::Prefer));
        assert_eq!(url.location(), "mysql://[::1]/shop");
    }

    #[test]
    fn sockets() {
        for text in ["postgres:///shop?host=/run/pg&user=me", "postgres://me@%2Frun%2Fpg/shop"] {
            let url = parsed(text).unwrap();
            assert_eq!((&url.host, url.user.as_deref()), (&Host::Socket("/run/pg".into()), Some("me")), "{text}");
            assert_eq!((url.port, url.location()), (5432, "postgres:///shop at /run/pg"));
        }
        let url = parsed("mysql://me:pw@localhost/shop?socket=/run/my%2Bsql.sock").unwrap();
        assert_eq!(url.host, Host::Socket("/run/my+sql.sock".into()));
    }

    #[test]
    fn a_root_certificate_is_used() {
        let mode = |text: &str| parsed(text).map(|url| (url.tls, url.ca_file));
        let file = || Some(PathBuf::from("/etc/shop/ca.pem"));
        for (text, expected) in [
            ("postgres://h/d", (TlsMode::Prefer, None)),
            ("postgres://h/d?sslmode=verify-full", (TlsMode::VerifyFull, None)),
            ("postgres://h/d?sslrootcert=ca.pem", (TlsMode::VerifyFull, file())),
            ("postgres://h/d?sslrootcert=system", (TlsMode::VerifyFull, None)),
            ("postgres://h/d?sslrootcert=ca.pem&sslmode=require", (TlsMode::VerifyCa, file())),
            ("mysql://h/d?ssl-mode=VERIFY_CA&ssl-ca=/etc/shop/ca.pem", (TlsMode::VerifyCa, file())),
            ("mysql://h/d?ssl_mode=VERIFY_IDENTITY", (TlsMode::VerifyFull, None)),
            ("mysql://h/d?ssl-mode=DISABLED", (TlsMode::Disable, None)),
        ] {
            assert_eq!(mode(text), Ok(expected), "{text}");
        }
        let beside = Beside { password: Some(Secret::new("pw")), ca_file: file() };
        let url = parsed_beside("postgres://me@h/d", &beside).unwrap();
        assert_eq!((url.tls, url.ca_file), (TlsMode::VerifyFull, file()));
        assert_eq!(url.password, Some(Secret::new("pw")));
        for text in ["postgres://me:pw@h/d", "postgres://me@h/d?sslrootcert=x.pem", "postgres://h/d?sslmode=disable"] {
            assert!(parsed_beside(text, &beside).is_err(), "{text}");
        }
    }

    #[test]
    fn faults_say_what_to_write_and_quote_no_password() {
        for (text, message) in [
            ("postgres:shop", "`//` is missing"),
            ("postgres://h", "the database's name is missing"),
            ("postgres://h/", "the database's name is missing"),
            ("postgres:///shop", "the host is missing"),
            ("postgres://h/a/b", "several parts"),
            ("postgres://a,b/shop", "several hosts"),
            ("postgres://me:p/w@h/shop", "invalid port number"),
            ("postgres://me:%ff@h/shop", "the password is not UTF-8"),
            ("postgres://h/d?sslmode=maybe", "`sslmode` has an unknown value"),
            ("postgres://h/d?ssl_mod=require", "`ssl_mod` is not an option of the URL"),
            ("postgres://h/d?socket=/x", "`socket` is not an option of the URL"),
            ("mysql://h/d?socket=x", "`socket` is no path"),
            ("mysql://h/d?port=1", "`port` is not an option of the URL"),
            ("postgres://h/d?port=0", "`port` is no port"),
            ("postgres://h/d?connect_timeout=0", "`connect_timeout` is no time to wait"),
        ] {
            let fault = parsed(text).unwrap_err();
            assert!(fault.message.contains(message), "{text}: {fault:?}");
            assert!(!format!("{fault:?}").contains("p/w"), "{fault:?}");
        }
        let fault = parsed("postgres://h/d?sslmod=require").unwrap_err();
        assert_eq!(fault.help.as_deref(), Some("did you mean `sslmode`?"));
    }
}
