//! Guesses which fields hold personal data, by their names and by what their values look like. A
//! guess is for a person to check: it says how it came about, and keeps no value.

use serde_json::{Value, json};

use super::looks;
use crate::model::Classification;

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Personal {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The number of a payment card.
    Card,
    /// The number of a bank account (ISO 13616).
    Iban,
    /// A person's name.
    PersonName,
    /// An IP address.
    IpAddress,
    /// A day of birth.
    BirthDate,
    /// A number that a state gives to a person.
    NationalId,
    /// Where somebody lives.
    Address,
}

use Personal::{Address, BirthDate, Card, Email, Iban, IpAddress, NationalId, PersonName, Phone};

/// How a guess came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuessedBy {
    /// By the field's name.
    Name,
    /// By what its values look like.
    Shape,
    /// By both.
    Both,
}

impl GuessedBy {
    /// As it is written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Shape => "shape",
            Self::Both => "nameAndShape",
        }
    }
}

impl Personal {
    /// As it is written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Email => "email",
            Phone => "phone",
            Card => "card",
            Iban => "iban",
            PersonName => "personName",
            IpAddress => "ipAddress",
            BirthDate => "birthDate",
            NationalId => "nationalId",
            Address => "address",
        }
    }

    /// How confidential events with it are.
    pub fn classification(self) -> Classification {
        match self {
            Card | Iban | NationalId => Classification::Restricted,
            _ => Classification::Confidential,
        }
    }

    /// A rule that hides it, as policies have it. Texts keep what people need to recognise them.
    pub fn redaction(self, path: &str, is_text: bool) -> Value {
        match self {
            _ if !is_text => json!({ "remove": { "path": path } }),
            Email => json!({ "mask": { "path": path, "keepFirst": 2 } }),
            Phone => json!({ "mask": { "path": path, "keepLast": 2 } }),
            Card | Iban => json!({ "mask": { "path": path, "keepLast": 4 } }),
            PersonName => json!({ "mask": { "path": path, "keepFirst": 1 } }),
            BirthDate => json!({ "truncate": { "path": path, "length": 4 } }),
            IpAddress | Address => json!({ "replace": { "path": path, "value": "hidden" } }),
            NationalId => json!({ "remove": { "path": path } }),
        }
    }

    /// What a text looks like.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            _ if looks::is_email(text) => Some(Email),
            _ if looks::is_ip(text) => Some(IpAddress),
            _ if looks::is_iban(text) => Some(Iban),
            _ if looks::is_card(text) => Some(Card),
            _ if looks::is_phone(text) => Some(Phone),
            _ => None,
        }
    }
}

/// Ends of names, in small letters and without separators, and what such fields hold.
const ENDS: &[(&str, Personal)] = &[
    ("email", Email),
    ("mail", Email),
    ("emailaddress", Email),
    ("phone", Phone),
    ("phonenumber", Phone),
    ("mobile", Phone),
    ("mobilenumber", Phone),
    ("telephone", Phone),
    ("msisdn", Phone),
    ("fax", Phone),
    ("cardnumber", Card),
    ("cardno", Card),
    ("creditcard", Card),
    ("pan", Card),
    ("iban", Iban),
    ("accountnumber", Iban),
    ("firstname", PersonName),
    ("lastname", PersonName),
    ("givenname", PersonName),
    ("familyname", PersonName),
    ("middlename", PersonName),
    ("maidenname", PersonName),
    ("fullname", PersonName),
    ("surname", PersonName),
    ("cardholder", PersonName),
    ("cardholdername", PersonName),
    ("ip", IpAddress),
    ("ipaddress", IpAddress),
    ("ipaddr", IpAddress),
    ("remoteaddr", IpAddress),
    ("birthdate", BirthDate),
    ("dateofbirth", BirthDate),
    ("dob", BirthDate),
    ("birthday", BirthDate),
    ("ssn", NationalId),
    ("socialsecuritynumber", NationalId),
    ("nationalid", NationalId),
    ("passport", NationalId),
    ("passportnumber", NationalId),
    ("taxid", NationalId),
    ("street", Address),
    ("postcode", Address),
    ("postalcode", Address),
    ("zip", Address),
    ("zipcode", Address),
];

/// Whose `name` is a person's, and who is one by that word alone.
const PEOPLE: &[&str] = &[
    "customer",
    "user",
    "person",
    "contact",
    "employee",
    "patient",
    "passenger",
    "recipient",
    "sender",
    "holder",
    "owner",
    "author",
    "guest",
    "member",
    "driver",
    "buyer",
    "subscriber",
    "client",
    "user",
    "name",
];

/// What a field holds by its name and that of the object around it.
pub(super) fn by_name(parent: &str, name: &str) -> Option<Personal> {
    let (words, parents) = (words(name), words(parent));
    // `emailStatus` is no e-mail: the end counts, whole words of it.
    let end = |most: usize| {
        let from = words.len().saturating_sub(most);
        words.get(from..).map(<[String]>::concat).unwrap_or_default()
    };
    let ends: [String; 3] = [end(1), end(2), end(3)];
    let found = ENDS.iter().rev().find(|(of, _)| ends.iter().any(|end| end == of));
    if let Some((_, personal)) = found {
        return Some(*personal);
    }
    let last = |words: &[String]| words.last().cloned().unwrap_or_default();
    let around = last(&parents);
    match last(&words).as_str() {
        "number" if around == "card" => Some(Card),
        "name" | "holder" => {
            let before = words.len().checked_sub(2).and_then(|at| words.get(at));
            let whose = before.unwrap_or(&around).as_str();
            let person = PEOPLE.contains(&whose) || whose == "card";
            person.then_some(PersonName)
        }
        _ => None,
    }
}

/// Whether a field is somebody, or about somebody, by its name: its values are never kept.
pub(super) fn is_about_people(parent: &str, name: &str) -> bool {
    let about = |name: &str| words(name).iter().any(|word| PEOPLE.contains(&word.as_str()));
    by_name(parent, name).is_some() || about(name) || about(parent)
}

/// The words of a name, in small letters: `customerEMail_2` is customer, e, mail, 2.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        let begins = c.is_uppercase() && !before.is_uppercase()
            || c.is_alphanumeric() && !before.is_alphanumeric()
            || c.is_ascii_digit() != before.is_ascii_digit();
        if c.is_alphanumeric() {
            match words.last_mut().filter(|_| !begins) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_fields_hold() {
        for (parent, name, expected) in [
            ("", "email", Some(Email)),
            ("", "customerEmail", Some(Email)),
            ("", "customer_e_mail", Some(Email)),
            ("", "emailStatus", None),
            ("", "phone_number", Some(Phone)),
            ("card", "number", Some(Card)),
            ("order", "number", None),
            ("", "pan", Some(Card)),
            ("", "japan", None),
            ("customer", "name", Some(PersonName)),
            ("product", "name", None),
            ("product", "ownerName", Some(PersonName)),
            ("", "firstName", Some(PersonName)),
            ("card", "holder", Some(PersonName)),
            ("", "clientIp", Some(IpAddress)),
            ("", "zip", Some(Address)),
            ("", "dateOfBirth", Some(BirthDate)),
            ("", "IBAN", Some(Iban)),
            ("", "total", None),
        ] {
            assert_eq!(by_name(parent, name), expected, "{parent}.{name}");
        }
    }

    #[test]
    fn every_redaction_is_a_rule_that_compiles() {
        for kind in
            [Email, Phone, Card, Iban, PersonName, IpAddress, BirthDate, NationalId, Address]
        {
            for (path, is_text) in [("$.a.b", true), ("$['odd name'][*].b", false)] {
                let rule = kind.redaction(path, is_text);
                let rule: policies::Rule = serde_json::from_value(rule).unwrap();
                policies::compile(&[rule], &policies::CompileContext::default()).unwrap();
            }
        }
    }
}
