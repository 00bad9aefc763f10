//! `feedmill man`: one page with every command on it.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::exit::{Exit, Failure};
use crate::cli::Cli;
use crate::terminal::Terminal;

pub fn run(terminal: &Terminal) -> Result<Exit, Failure> {
    terminal.print(&String::from_utf8_lossy(&page()?))?;
    Ok(Exit::Done)
}

fn page() -> io::Result<Vec<u8>> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let main = Man::new(cli.clone());
    let mut page = Vec::new();
    main.render_title(&mut page)?;
    let mut body = Vec::new();
    main.render_name_section(&mut body)?;
    main.render_synopsis_section(&mut body)?;
    main.render_description_section(&mut body)?;
    main.render_options_section(&mut body)?;
    append(&mut page, &body, ".SH ")?;
    for command in cli.get_subcommands() {
        // The global flags stand above, once.
        let own = command.clone().mut_args(|argument| {
            let everywhere = argument.is_global_set();
            argument.hide(everywhere)
        });
        let man = Man::new(own);
        let mut body = Vec::new();
        man.render_synopsis_section(&mut body)?;
        man.render_description_section(&mut body)?;
        man.render_options_section(&mut body)?;
        writeln!(page, ".SH \"FEEDMILL {}\"", command.get_name().to_uppercase())?;
        append(&mut page, &body, ".SS ")?;
    }
    let mut end = Vec::new();
    main.render_extra_section(&mut end)?;
    main.render_version_section(&mut end)?;
    append(&mut page, &end, ".SH ")?;
    Ok(page)
}

/// Appends sections, their headings as `heading`. Each was rendered as if it were a page of its own, with the definition
/// of an apostrophe that the title has already.
fn append(page: &mut Vec<u8>, sections: &[u8], heading: &str) -> io::Result<()> {
    let sections = String::from_utf8_lossy(sections);
    for line in sections.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el ")) {
        match line.strip_prefix(".SH ") {
            Some("EXTRA") => writeln!(page, "{heading}\"EXIT CODES\"")?,
            Some(title) => writeln!(page, "{heading}{title}")?,
            None => writeln!(page, "{line}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_flag_has_its_place() {
        let page = String::from_utf8(page().unwrap()).unwrap();
        for command in Cli::command().get_subcommands() {
            assert!(page.contains(&format!(".SH \"FEEDMILL {}\"", command.get_name().to_uppercase())), "{page}");
        }
        assert!(page.contains("allow\\-deletes"), "{page}");
        assert_eq!(page.matches("How log lines are written").count(), 1, "{page}");
        assert!(page.matches("\n.ie ").count() <= 1, "{page}");
        assert!(page.contains("Exit codes"), "{page}");
    }
}
