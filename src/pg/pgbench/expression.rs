//! The expressions of `\set`: whole numbers.

use std::{collections::BTreeMap, iter::Peekable, str::Chars, str::FromStr};

/// So deep may parentheses be nested.
const DEEPEST: usize = 50;

/// An expression of whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number.
    Number(i64),
    /// The value of a variable.
    Variable(String),
    /// `-x`.
    Negative(Box<Self>),
    /// Two expressions and what is done with them: one of `+ - * / %`.
    Operation(Box<Self>, char, Box<Self>),
    /// A whole number from the first to the second, each as likely as any other.
    Random(Box<Self>, Box<Self>),
}

impl Expression {
    /// The variables in it.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Variable(name) => vec![name],
            Self::Negative(inner) => inner.variables(),
            Self::Operation(left, _, right) | Self::Random(left, right) => {
                let mut all = left.variables();
                all.extend(right.variables());
                all
            }
        }
    }

    /// Its value.
    ///
    /// # Errors
    /// Returns an error if it has none.
    pub fn value(
        &self,
        values: &BTreeMap<String, i64>,
        random: &mut dyn FnMut(i64, i64) -> i64,
    ) -> Result<i64, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Variable(name) => values.get(name).copied().ok_or_else(|| super::not_set(name)),
            Self::Negative(inner) => {
                inner.value(values, random)?.checked_neg().ok_or_else(|| "the number is too large".into())
            }
            Self::Random(low, high) => {
                let (low, high) = (low.value(values, random)?, high.value(values, random)?);
                if low > high {
                    return Err(format!("random({low}, {high}) has no numbers to choose from"));
                }
                Ok(random(low, high))
            }
            Self::Operation(left, operator, right) => {
                let (left, right) = (left.value(values, random)?, right.value(values, random)?);
                let value = match operator {
                    '+' => left.checked_add(right),
                    '-' => left.checked_sub(right),
                    '*' => left.checked_mul(right),
                    '/' => left.checked_div(right),
                    _ => left.checked_rem(right),
                };
                value.ok_or_else(|| format!("{left} {operator} {right} has no value that fits"))
            }
        }
    }
}

impl FromStr for Expression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.chars().peekable(), depth: 0 };
        let value = reader.sum()?;
        match reader.next_visible() {
            None => Ok(value),
            Some(found) => {
                Err(format!("`{found}` has no place here; write a value such as `random(1, 100)`"))
            }
        }
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    depth: usize,
}

impl Reader<'_> {
    fn next_visible(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.next_visible().filter(|found| wanted.contains(found))?;
        self.rest.next()
    }

    fn word(&mut self, part: fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.rest.next_if(|c| part(*c))).collect()
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut value = self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            value = Expression::Operation(Box::new(value), operator, Box::new(self.product()?));
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut value = self.factor()?;
        while let Some(operator) = self.take(&['*', '/', '%']) {
            value = Expression::Operation(Box::new(value), operator, Box::new(self.factor()?));
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("an expression that is nested more than {DEEPEST} times"));
        }
        let value = self.value();
        self.depth -= 1;
        value
    }

    fn value(&mut self) -> Result<Expression, String> {
        if self.take(&['-']).is_some() {
            return Ok(Expression::Negative(Box::new(self.factor()?)));
        }
        if self.take(&['(']).is_some() {
            let value = self.sum()?;
            return self.closed(value);
        }
        if self.take(&[':']).is_some() {
            return Ok(Expression::Variable(self.word(super::is_part_of_a_name)));
        }
        match self.next_visible() {
            Some(digit) if digit.is_ascii_digit() => {
                let digits = self.word(|c| c.is_ascii_alphanumeric() || c == '.');
                digits
                    .parse()
                    .map(Expression::Number)
                    .map_err(|_| format!("`{digits}` is no whole number that fits"))
            }
            Some(letter) if letter.is_alphabetic() => {
                let name = self.word(super::is_part_of_a_name);
                if name != "random" {
                    return Err(format!(
                        "`{name}` is no function that can be used here: only `random(a, b)` is"
                    ));
                }
                let missing = || "write `random(low, high)`".to_owned();
                self.take(&['(']).ok_or_else(missing)?;
                let low = self.sum()?;
                self.take(&[',']).ok_or_else(missing)?;
                let high = self.sum()?;
                self.closed(Expression::Random(Box::new(low), Box::new(high)))
            }
            Some(found) => Err(format!("`{found}` begins no value")),
            None => Err("a value is missing at the end".into()),
        }
    }

    fn closed(&mut self, value: Expression) -> Result<Expression, String> {
        self.take(&[')']).map(|_| value).ok_or_else(|| "a `)` is missing".into())
    }
}
