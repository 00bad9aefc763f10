//! Masks hide what a consumer must not know.

use super::Workshop;

fn masked(mask: &str, key: &str) -> Vec<String> {
    let workshop = Workshop::new(
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, mail TEXT);
         INSERT INTO thing VALUES (1, 'anna@example.org'), (2, 'anna@example.org'), (3, 'bob@example.org'), (4, NULL)",
        &format!(
            "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nmail = {{ column = \"mail\", mask = \"{mask}\" }}\n"
        ),
    );
    let config = workshop.project.read("feedmill.toml");
    workshop.project.write("feedmill.toml", &format!("{config}[masks]\nkey = \"{key}\"\n"));
    let documents = workshop.documents(&[]);
    let mail = |document: &String| {
        let document: serde_json::Value = serde_json::from_str(document).expect("a document");
        document["mail"].as_str().unwrap_or("null").to_owned()
    };
    let mails: Vec<String> = documents.iter().map(mail).collect();
    assert!(!mails.concat().contains("anna") && !mails.concat().contains("bob"), "{mails:?}");
    assert_eq!(mails[3], "null");
    mails
}

#[test]
fn hmac_is_the_same_for_the_same_value_and_key_only() {
    let (one, again, other) = (masked("hmac", "first key"), masked("hmac", "first key"), masked("hmac", "second key"));
    assert_eq!(one, again);
    assert_eq!(one[0], one[1]);
    assert!(one[0] != one[2] && one[0] != other[0]);
}

#[test]
fn redact_says_nothing() {
    let mails = masked("redact", "any key");
    assert!(mails[0] == mails[2] && !mails[0].contains("example"));
}

#[test]
fn email_keeps_the_domain() {
    let mails = masked("email", "any key");
    assert!(mails[..3].iter().all(|mail| mail.ends_with("@example.org")), "{mails:?}");
}

#[test]
fn hmac_needs_a_key() {
    let workshop = Workshop::new(
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, mail TEXT)",
        "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nmail = { column = \"mail\", mask = \"hmac\" }\n",
    );
    workshop.project.run(&["reindex", "things"]).exits(2).says("masks");
}
