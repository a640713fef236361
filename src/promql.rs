//! The words of PromQL and LogQL: which metrics an expression reads, and which labels its stream
//! selectors ask for. This is no parser: it knows as much of the grammar as tells a metric from a
//! function, an operator, a label and a duration (Prometheus: `promql/parser/lex.go`).

/// What an expression reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads<'a> {
    /// The metrics, each once, in written order.
    pub metrics: Vec<&'a str>,
    /// Patterns in the place of a metric's name (`{__name__=~"..."}`): nothing can be said of them.
    pub patterns: Vec<&'a str>,
    /// The labels that selectors ask for, each once, in written order.
    pub labels: Vec<&'a str>,
    /// Whether there is a range such as `[5m]`.
    pub range: bool,
    /// Whether there is a selector in braces.
    pub selector: bool,
}

/// Operators that are words, and the words that change them.
const OPERATORS: [&str; 6] = ["and", "or", "unless", "atan2", "bool", "offset"];

/// Words that labels in parentheses may follow.
const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// How a label is compared.
const MATCHING: [&str; 4] = ["=", "!=", "=~", "!~"];

/// Numbers that are words.
const NUMBERS: [&str; 2] = ["inf", "nan"];

/// What `expression` reads, or why it is none. Brackets and quotes are all that is checked.
pub fn reads(expression: &str) -> Result<Reads<'_>, String> {
    let tokens = tokens(expression)?;
    if tokens.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut reads = Reads::default();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index = match token {
            Token::Open('{') => selector(&tokens, index, &mut reads),
            Token::Open('[') => {
                reads.range = true;
                end_of(&tokens, index)
            }
            Token::Word(word) if is_one_of(word, &GROUPING) && may_group(&tokens, index) => {
                match tokens.get(index + 1) {
                    Some(Token::Open('(')) => end_of(&tokens, index + 1),
                    _ => index + 1,
                }
            }
            Token::Word(word) => {
                if is_metric(&tokens, index, word) {
                    note(&mut reads.metrics, word);
                }
                index + 1
            }
            _ => index + 1,
        };
    }
    Ok(reads)
}

/// Whether the word at `index` is a metric: no operator, no number, no function or aggregation. A
/// metric may have the name of an aggregation, which is one only with what follows.
fn is_metric(tokens: &[Token<'_>], index: usize, word: &str) -> bool {
    if is_one_of(word, &OPERATORS) || is_one_of(word, &NUMBERS) {
        return false;
    }
    match tokens.get(index + 1) {
        Some(Token::Open('(')) => false,
        Some(Token::Word(next)) => !is_one_of(next, &GROUPING[..2]),
        _ => true,
    }
}

/// Whether a word of grouping stands where one may: behind an operand, an operator or a name.
/// `on(x)` at the start of an expression would be a function's name, and there is none.
fn may_group(tokens: &[Token<'_>], index: usize) -> bool {
    index > 0 && matches!(tokens.get(index + 1), Some(Token::Open('(') | Token::Word(_)))
}

/// Reads the matchers of the selector at `open`; returns the position behind it.
fn selector<'a>(tokens: &[Token<'a>], open: usize, reads: &mut Reads<'a>) -> usize {
    reads.selector = true;
    let end = end_of(tokens, open);
    let mut index = open + 1;
    while index + 1 < end {
        match (&tokens[index], tokens.get(index + 1), tokens.get(index + 2)) {
            (Token::Word("__name__"), Some(Token::Operator("=")), Some(Token::Text(name))) => {
                note(&mut reads.metrics, name);
                index += 3;
            }
            (Token::Word("__name__"), Some(Token::Operator(by)), Some(Token::Text(pattern)))
                if MATCHING.contains(by) =>
            {
                note(&mut reads.patterns, pattern);
                index += 3;
            }
            (Token::Word(label) | Token::Text(label), Some(Token::Operator(by)), Some(Token::Text(_)))
                if MATCHING.contains(by) =>
            {
                note(&mut reads.labels, label);
                index += 3;
            }
            // A quoted name: `{"http.requests", code="500"}`.
            (Token::Text(name), ..) => {
                note(&mut reads.metrics, name);
                index += 1;
            }
            _ => index += 1,
        }
    }
    end
}

fn note<'a>(known: &mut Vec<&'a str>, name: &'a str) {
    if !known.contains(&name) {
        known.push(name);
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The position behind the bracket that closes the one at `open`. All brackets are closed.
fn end_of(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// The text between quotes, as written.
    Text(&'a str),
    Open(char),
    Close,
    Operator(&'a str),
    /// A number or a duration.
    Number,
}

fn tokens(expression: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut open: Vec<char> = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if c.is_whitespace() => first.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' | '`' => {
                let inner = quoted(rest, first)?;
                tokens.push(Token::Text(inner));
                inner.len() + 2
            }
            '(' | '[' | '{' => {
                open.push(first);
                tokens.push(Token::Open(first));
                1
            }
            ')' | ']' | '}' => {
                let opened = open.pop();
                if opened.map(closing) != Some(first) {
                    return Err(match opened {
                        Some(opened) => format!("`{opened}` is closed by `{first}`"),
                        None => format!("`{first}` closes nothing"),
                    });
                }
                tokens.push(Token::Close);
                1
            }
            c if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) => {
                tokens.push(Token::Number);
                number(rest)
            }
            c if c.is_ascii_alphabetic() || c == '_' || c == ':' => {
                let word = word(rest);
                tokens.push(Token::Word(word));
                word.len()
            }
            c if c.is_ascii_punctuation() => {
                let length = operator(rest);
                tokens.push(Token::Operator(&rest[..length]));
                length
            }
            other => return Err(format!("`{other}` has no meaning outside of quotes")),
        };
        rest = &rest[length..];
    }
    match open.pop() {
        Some(left) => Err(format!("`{left}` is never closed")),
        None => Ok(tokens),
    }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The text between the quotes at the start of `rest`. Back quotes know no escapes.
fn quoted(rest: &str, quote: char) -> Result<&str, String> {
    let inner = &rest[1..];
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return Ok(&inner[..at]),
            _ => {}
        }
    }
    Err(format!("a text in {quote} is never closed"))
}

/// The name at the start of `rest`. Recording rules have colons in their names.
fn word(rest: &str) -> &str {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    &rest[..end.unwrap_or(rest.len())]
}

/// The length of the number or duration at the start of `rest`: `1`, `0x1F`, `1.5e-3`, `1h30m`.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut end = 1;
    while let Some(byte) = bytes.get(end) {
        let is_exponent = matches!(bytes[end - 1], b'e' | b'E') && !rest.starts_with("0x");
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'_' => end += 1,
            b'+' | b'-' if is_exponent => end += 1,
            _ => break,
        }
    }
    end
}

fn operator(rest: &str) -> usize {
    const LONG: [&str; 9] = ["==", "!=", "=~", "!~", "<=", ">=", "|=", "|~", "|>"];
    LONG.iter().find(|known| rest.starts_with(**known)).map_or(1, |known| known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(expression: &str) -> Vec<&str> {
        reads(expression).unwrap_or_else(|said| panic!("{expression}: {said}")).metrics
    }

    #[test]
    fn metrics_are_told_from_functions_operators_labels_and_durations() {
        for (expression, expected) in [
            ("up", vec!["up"]),
            ("up == 0", vec!["up"]),
            ("job:http_errors:rate5m > 0.05", vec!["job:http_errors:rate5m"]),
            ("rate(http_requests_total{code=~\"5..\", job!=\"x\"}[5m] offset 1h)", vec!["http_requests_total"]),
            ("a + on(instance) group_left(version) b", vec!["a", "b"]),
            ("a * ignoring (x, y) group_right b", vec!["a", "b"]),
            ("a / on() b", vec!["a", "b"]),
            ("sum by (code, le) (rate(x_bucket[1h30m]))", vec!["x_bucket"]),
            ("sum(rate(x[5m])) by (code) / sum without(code) (y)", vec!["x", "y"]),
            ("SUM BY (code) (x) OR vector(0) UNLESS y", vec!["x", "y"]),
            ("histogram_quantile(0.99, sum(rate(h_bucket[5m])) by (le)) > 1e-3", vec!["h_bucket"]),
            ("x > bool 1 and y < +Inf or z != NaN", vec!["x", "y", "z"]),
            ("max_over_time(rate(x[5m])[1h:1m])", vec!["x"]),
            ("x @ start() - x @ 1609746000", vec!["x"]),
            ("absent(x{job=\"a\"}) or absent(y)", vec!["x", "y"]),
            ("{__name__=\"x\", job=\"a\"}", vec!["x"]),
            ("{\"http.requests\", \"service.name\"=\"a\"}", vec!["http.requests"]),
            ("time() - process_start_time_seconds", vec!["process_start_time_seconds"]),
            ("x # and y\n+ z", vec!["x", "z"]),
            ("label_replace(x, \"a\", \"$1\", \"b\", \"(y)\")", vec!["x"]),
            ("count_values('version', build_info)", vec!["build_info"]),
            ("x offset -5m ^ 0x1F % .5 atan2 y", vec!["x", "y"]),
            ("count + sum", vec!["count", "sum"]),
            ("topk(5, x) - on (a) group_left () y", vec!["x", "y"]),
            ("-x + -5 * (y)", vec!["x", "y"]),
            ("quantile by(a)(0.9, inflight)", vec!["inflight"]),
            ("on_call_total > 1 and by_hand > 2", vec!["on_call_total", "by_hand"]),
            ("vector(1)", vec![]),
        ] {
            assert_eq!(metrics(expression), expected, "{expression}");
        }
    }

    #[test]
    fn a_pattern_of_names_is_no_name() {
        let reads = reads("sum({__name__=~\"a|b\", job=\"x\"})").unwrap();
        assert_eq!((reads.metrics, reads.patterns, reads.labels), (vec![], vec!["a|b"], vec!["job"]));
    }

    #[test]
    fn selectors_of_logs_are_read() {
        let text = "sum by (app) (count_over_time({namespace=\"n\", app=~\"s|t\"} |= `level=error` |~ \"a{b\" \
                    | json | status >= 500 | line_format \"{{.x}}\" [5m])) > 3";
        let reads = reads(text).unwrap();
        assert_eq!(reads.labels, ["namespace", "app"]);
        assert!(reads.range && reads.selector);
        assert!(!super::reads("up > 1").unwrap().range);
    }

    #[test]
    fn what_is_no_expression_says_why() {
        for (expression, why) in [
            ("", "it is empty"),
            ("  # x", "it is empty"),
            ("sum(x", "`(` is never closed"),
            ("x)", "`)` closes nothing"),
            ("x[5m)", "`[` is closed by `)`"),
            ("x{a=\"b}", "a text in \" is never closed"),
            ("x{a='\\'}", "a text in ' is never closed"),
            ("x > ½", "`½` has no meaning outside of quotes"),
        ] {
            assert_eq!(reads(expression), Err(why.to_owned()), "{expression}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let pieces =
            ["{", "}", "(", ")", "[", "]", "\"", "`", "\\", "=", "x", "by", "__name__", "5m", "é", ".", "#", "\n"];
        let mut seed = 7usize;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(seed >> 33) % pieces.len()]);
            }
            drop(reads(&text));
        }
    }
}
