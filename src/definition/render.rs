//! Problems as a compiler shows them: the place, the text underlined, what is wrong, what would be right.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::problem::{Problem, Problems, SourceFile, printable};

/// All problems of a file, a blank line between them, a line feed at the end.
pub fn render(problems: &Problems, color: bool) -> String {
    render_as(Level::ERROR, problems, color)
}

/// The same of what is no problem, but may not be meant so.
pub fn render_notices(notices: &Problems, color: bool) -> String {
    render_as(Level::NOTE, notices, color)
}

fn render_as(level: Level<'static>, problems: &Problems, color: bool) -> String {
    let mut text = String::new();
    for problem in &problems.list {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&render_one(level.clone(), &problems.file, problem, color));
        text.push('\n');
    }
    text
}

fn render_one(level: Level<'static>, file: &SourceFile, problem: &Problem, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let message = printable(&problem.message);
    let title = if problem.path.is_empty() { message } else { format!("{}: {message}", printable(&problem.path)) };
    let help = problem.help.as_deref().map(printable);
    let path = file.path.display().to_string();
    let snippet =
        Snippet::source(&*file.text).path(&*path).annotation(AnnotationKind::Primary.span(visible(file, problem)));
    let mut group = level.primary_title(&*title).element(snippet);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(&**help));
    }
    renderer.render(&[group])
}

/// What is underlined: without line ends at its edges, and of many lines only the first, which says enough.
fn visible(file: &SourceFile, problem: &Problem) -> std::ops::Range<usize> {
    let span = file.clamp(&problem.span);
    let text = &file.text[span.clone()];
    let first_line = text.split(['\n', '\r']).next().unwrap_or(text);
    span.start..span.start + first_line.len()
}
