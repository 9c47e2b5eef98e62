//! A filter as a tree. What is printed of one is read as the same.

use std::fmt;

/// A part of a filter, and where it begins, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Where it begins.
    pub(super) at: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// Where it stands does not make it another.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a part of a filter is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A value.
    Literal(Literal),
    /// A field, by the names on the way to it.
    Path(Vec<String>),
    /// A function of something.
    Call(Function, Vec<Node>),
    /// The contrary.
    Not(Box<Node>),
    /// All of these, two at least.
    And(Vec<Node>),
    /// One of these at least, two at least.
    Or(Vec<Node>),
    /// A comparison.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// Whether it is one of a list.
    In(Box<Node>, Vec<Node>),
}

/// A value as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// A text in quotes.
    Text(String),
    /// A bare word: a number, a time, `true`, `false` or `null`, or else a text.
    Word(String),
}

macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($(#[doc = $doc])+ $variant,)+ }

        impl $name {
            /// The word for it.
            #[must_use]
            pub(super) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What a word stands for, in small letters or capitals.
            #[must_use]
            pub(super) fn find(word: &str) -> Option<Self> {
                [$(Self::$variant),+].into_iter().find(|one| one.word().eq_ignore_ascii_case(word))
            }
        }
    };
}

words! {
    /// How two values are compared.
    Comparison {
        /// Equal.
        Eq = "eq",
        /// Not equal.
        Ne = "ne",
        /// Greater.
        Gt = "gt",
        /// Greater or equal.
        Ge = "ge",
        /// Less.
        Lt = "lt",
        /// Less or equal.
        Le = "le",
    }
}

words! {
    /// A function.
    Function {
        /// Whether the first text contains the second.
        Contains = "contains",
        /// Whether the first text begins with the second.
        StartsWith = "startswith",
        /// Whether the first text ends with the second.
        EndsWith = "endswith",
        /// The text with small letters for A to Z.
        ToLower = "tolower",
        /// The text with capitals for a to z.
        ToUpper = "toupper",
    }
}

impl Function {
    /// Whether it says yes or no.
    #[must_use]
    pub(super) fn is_test(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    /// How many values it is of.
    #[must_use]
    pub(super) fn arity(self) -> usize {
        if self.is_test() { 2 } else { 1 }
    }
}

impl Node {
    /// How deep it nests.
    #[must_use]
    pub(super) fn depth(&self) -> usize {
        let deepest = |list: &[Self]| list.iter().map(Self::depth).max().unwrap_or(0);
        1 + match &self.kind {
            Kind::Literal(_) | Kind::Path(_) => 0,
            Kind::Call(_, list) | Kind::And(list) | Kind::Or(list) => deepest(list),
            Kind::Not(inner) | Kind::In(inner, _) => inner.depth(),
            Kind::Compare(_, left, right) => left.depth().max(right.depth()),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Literal(literal) => write!(f, "{literal}"),
            Kind::Path(names) => f.write_str(&names.join("/")),
            Kind::Call(function, arguments) => {
                write!(f, "{}(", function.word())?;
                list(f, arguments)?;
                f.write_str(")")
            }
            Kind::Not(inner) => write!(f, "not {}", Framed(inner)),
            Kind::And(parts) => joined(f, parts, " and "),
            Kind::Or(parts) => joined(f, parts, " or "),
            Kind::Compare(comparison, left, right) => {
                write!(f, "{} {} ", Framed(left), comparison.word())?;
                match right.kind {
                    // Bare, it would be a word.
                    Kind::Path(_) => write!(f, "({right})"),
                    _ => write!(f, "{}", Framed(right)),
                }
            }
            Kind::In(left, values) => {
                write!(f, "{} in (", Framed(left))?;
                list(f, values)?;
                f.write_str(")")
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, nodes: &[Node]) -> fmt::Result {
    for (index, node) in nodes.iter().enumerate() {
        // What follows a bare word must not be taken for a part of it.
        write!(f, "{}{node}", if index > 0 { " , " } else { "" })?;
    }
    Ok(())
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Node], between: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        write!(f, "{}{}", if index > 0 { between } else { "" }, Framed(part))?;
    }
    Ok(())
}

/// A part of something larger, in parentheses where it has parts itself.
struct Framed<'a>(&'a Node);

impl fmt::Display for Framed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Literal(_) | Kind::Path(_) | Kind::Call(..) => write!(f, "{}", self.0),
            _ => write!(f, "({})", self.0),
        }
    }
}
