//! What the consumer does with the next requests: rules that may answer one, and cuts before there is an answer.

use super::reply::Reply;
use super::request::{Item, Request};
use std::collections::VecDeque;

#[derive(Default)]
pub struct Script {
    rules: Vec<Rule>,
    breaks: VecDeque<Break>,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug)]
pub enum Break {
    /// After the head, before the body was read.
    Unread,
    /// In the middle of the body.
    HalfRead,
    /// After the body.
    Unanswered,
}

type Answerer = Box<dyn FnMut(&Request) -> Option<Reply> + Send>;

/// Gives an answer to some requests.
pub struct Rule {
    left: Option<usize>,
    answer: Answerer,
}

impl Rule {
    pub fn new(answer: impl FnMut(&Request) -> Option<Reply> + Send + 'static) -> Rule {
        Rule { left: None, answer: Box::new(answer) }
    }

    pub fn always(reply: Reply) -> Rule {
        Rule::new(move |_| Some(reply.clone()))
    }

    /// Requests with such an item are answered so.
    pub fn containing(mut wanted: impl FnMut(&Item) -> bool + Send + 'static, reply: Reply) -> Rule {
        Rule::new(move |request| request.items.iter().any(&mut wanted).then(|| reply.clone()))
    }

    /// A request with such items is refused whole, and the answer does not say which they are.
    pub fn refuse_unlisted(status: u16, refused: impl FnMut(&Item) -> bool + Send + 'static) -> Rule {
        Rule::containing(refused, Reply::status(status).body("something in it is wrong"))
    }

    /// A request with such items is answered with a list of them: in a 2xx the others are taken over, in any other
    /// status nothing is.
    pub fn refuse_listed(
        status: u16,
        item_status: Option<u16>,
        mut refused: impl FnMut(&Item) -> bool + Send + 'static,
    ) -> Rule {
        Rule::new(move |request| {
            let places = request.items.iter().enumerate().filter(|(_, item)| refused(item));
            let failed: Vec<_> = places.map(|(place, _)| (place, item_status, "refused by the consumer")).collect();
            (!failed.is_empty()).then(|| Reply::item_errors(status, &failed))
        })
    }

    /// Only so many requests.
    pub fn times(mut self, times: usize) -> Rule {
        self.left = Some(times);
        self
    }
}

impl Script {
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub fn add_first(&mut self, rule: Rule) {
        self.rules.insert(0, rule);
    }

    pub fn break_next(&mut self, times: usize, how: Break) {
        self.breaks.extend(std::iter::repeat_n(how, times));
    }

    pub fn next_break(&mut self) -> Option<Break> {
        self.breaks.pop_front()
    }

    pub fn answer(&mut self, request: &Request) -> Reply {
        for rule in &mut self.rules {
            if rule.left == Some(0) {
                continue;
            }
            if let Some(reply) = (rule.answer)(request) {
                rule.left = rule.left.map(|left| left - 1);
                return reply;
            }
        }
        Reply::accept()
    }
}
