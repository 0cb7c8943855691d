//! Why a token was refused: precise for the operator, and no more for the caller than is safe.
//! Neither text ever holds a value of the token.

/// Why a token was refused. [`std::fmt::Display`] is for the operator's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`crate::TOKEN_BYTES_MAX`].
    #[error("the token is longer than any that is looked at")]
    TooLong,
    /// Not three base64url parts, a header or claims that are not plain JSON objects.
    #[error("the token is not a JWT in compact form")]
    Malformed,
    /// `alg` is missing, unknown, `none` or symmetric.
    #[error("the token's `alg` is not an asymmetric algorithm that is known here")]
    Algorithm,
    /// `crit`, `b64`, `zip`, `enc` or `cty`: the token asks for what is not done here.
    #[error("the token's header asks for what is not done here (crit, b64, zip, enc, cty)")]
    Extension,
    /// `typ` names something that is no access token.
    #[error("the token's `typ` is not that of an access token")]
    Type,
    /// No configured issuer.
    #[error("the token's `iss` is not a configured issuer")]
    Issuer,
    /// The issuer's `algorithms` do not list it.
    #[error("the token's `alg` is not among the issuer's `algorithms`")]
    AlgorithmNotAllowed,
    /// The issuer publishes no such key.
    #[error("the token's `kid` is not among the issuer's keys")]
    UnknownKey,
    /// The key is of another type, or for another algorithm or use.
    #[error("the issuer's key of this `kid` is not for the token's `alg`")]
    KeyMismatch,
    /// Several keys would do.
    #[error("the issuer publishes different keys that the token could mean")]
    AmbiguousKey,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// No `exp`, or one that is no time.
    #[error("the token has no usable `exp`, or an unusable `nbf`")]
    Times,
    /// `exp` is over.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is to come.
    #[error("the token's `nbf` is in the future")]
    NotYetValid,
    /// `aud` holds none of the configured audiences.
    #[error("the token's `aud` has none of the issuer's configured audiences")]
    Audience,
    /// A claim that the configuration demands is missing or another.
    #[error("the token lacks a claim that the issuer's configuration demands")]
    Claim,
    /// An identity or logout token: for the client, not for a resource.
    #[error("the token is an identity or logout token, not an access token")]
    NotAnAccessToken,
    /// `cnf`: only the holder of a key may use it, which is not checked here.
    #[error("the token is bound to a key (`cnf`), which is not checked here")]
    Bound,
    /// The issuer's keys cannot be had now.
    #[error("the issuer's keys cannot be fetched")]
    Unavailable,
}

impl Refusal {
    /// Whether it is not the token's fault: trying again later may help.
    pub fn is_unavailable(self) -> bool {
        self == Refusal::Unavailable
    }

    /// What the caller may know. What only a verified token shows is told to whoever holds one;
    /// everything else looks the same.
    pub fn told(self) -> &'static str {
        match self {
            Refusal::Expired => "The token has expired",
            Refusal::NotYetValid => "The token is not valid yet",
            Refusal::Audience => "The token is meant for another audience",
            Refusal::NotAnAccessToken | Refusal::Type => "The token is not an access token",
            Refusal::Bound => "Tokens that are bound to a key are not accepted",
            Refusal::Unavailable => "The token cannot be checked now",
            _ => "The token is not valid",
        }
    }
}
