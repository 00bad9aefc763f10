//! The README's examples of consumers.

use toml::Table;
use url::Url;

const README: &str = include_str!("../../README.md");

/// The table of a consumer as the README has it, comments and all, without its name.
pub fn of_readme(consumer: &str) -> String {
    let head = format!("\n[consumers.{consumer}]");
    let mut after = README.split(head.as_str()).skip(1);
    let (Some(after), None) = (after.next(), after.next()) else {
        panic!("the README has not one section [consumers.{consumer}]")
    };
    let lines = after.lines().skip(1).take_while(|line| !line.is_empty() && !line.starts_with(['[', '`']));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The same with some of the settings that stand in it as comments.
pub fn uncommented(example: &str, keys: &[&str]) -> String {
    let mut missing = keys.to_vec();
    let mut line = |line: &str| {
        let setting = line.trim_start_matches(['#', ' ']);
        let key = setting.split('=').next().unwrap_or_default().trim();
        let asked = line.starts_with('#') && keys.contains(&key);
        missing.retain(|other| *other != key);
        format!("{}\n", if asked { setting } else { line })
    };
    let text = example.lines().map(&mut line).collect();
    assert!(missing.is_empty(), "the README's example does not have {missing:?}:\n{example}");
    text
}

/// The section for a configuration file: at `server`, with `options` beside or instead of what the example says.
pub fn at(consumer: &str, example: &str, server: &Url, options: &str) -> String {
    let parse = |text: &str| text.parse::<Table>().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut table = parse(example);
    let url = table["url"].as_str().expect("a consumer has a URL");
    let mut url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    // The scheme first: a port may be usual for one of them.
    url.set_scheme(server.scheme()).expect("HTTP and HTTPS may be exchanged");
    url.set_host(server.host_str()).expect("a server has a host");
    url.set_port(server.port()).expect("a URL with a host may have a port");
    url.set_username(server.username()).expect("a URL with a host may have a user");
    url.set_password(server.password()).expect("a URL with a host may have a user");
    // Braces are templates.
    let url = url.as_str().replace("%7B", "{").replace("%7D", "}");
    table.insert("url".into(), url.into());
    table.extend(parse(options));
    let consumers = Table::from_iter([(consumer.to_owned(), table.into())]);
    Table::from_iter([("consumers".to_owned(), consumers.into())]).to_string()
}
