//! The commands between the faults: of every kind, with every flag that a person or cron might use.

use super::random::Random;

/// One command line, its words apart.
pub struct CommandLine {
    pub words: Vec<String>,
}

impl CommandLine {
    pub fn random(random: &mut Random) -> CommandLine {
        let words = match random.below(24) {
            0 => "retry products".to_owned(),
            1 | 2 => "retry products --now".to_owned(),
            3 => "retry --parked".to_owned(),
            4..=6 => format!("reindex products --ids {}", ids(random, "")),
            7 => format!("reindex products --id-field sku --ids {}", ids(random, "SKU-")),
            8 | 9 => "reindex products --continue".to_owned(),
            10 => "reindex products --force".to_owned(),
            11 => "reindex products --dry-run".to_owned(),
            12 => format!("reindex products --dry-run --ids {}", ids(random, "")),
            13 => format!("reindex products --allow-deletes {}", random.below(10)),
            14 => "status products".to_owned(),
            15 => "purge products --retention 0s".to_owned(),
            _ => "reindex products".to_owned(),
        };
        let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        if is_run(&words[0]) {
            let most = random.pick(&[3, 10, 50]);
            let (threads, batch) = (random.between(1, 8), random.between(1, most));
            words.extend([
                "--thread-count".to_owned(),
                threads.to_string(),
                "--batch-size".to_owned(),
                batch.to_string(),
            ]);
        }
        CommandLine { words }
    }

    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// It builds items and says what became of them.
    pub fn is_run(&self) -> bool {
        is_run(&self.words[0])
    }

    /// It reads the feed store and no more.
    pub fn changes_nothing(&self) -> bool {
        self.words[0] == "status" || self.words.iter().any(|word| word == "--dry-run")
    }
}

fn is_run(command: &str) -> bool {
    ["reindex", "retry"].contains(&command)
}

fn ids(random: &mut Random, prefix: &str) -> String {
    let ids: Vec<String> = (0..random.between(1, 8)).map(|_| format!("{prefix}{}", random.between(1, 50))).collect();
    ids.join(",")
}
